#include "node/delayed_answer.h"

#include <utility>

namespace discovery::node {

DelayedAnswer::DelayedAnswer(codec::HttpExchange& exchange, codec::HttpReply& reply)
    : exchange_(exchange), kept_(std::exchange(reply, {})) {}

void DelayedAnswer::on_deadline(TimePoint /*now*/) { exchange_.resume(); }

void DelayedAnswer::write_answer(codec::HttpReply& reply) { reply = std::move(kept_); }

void DelayedAnswer::write_drain_answer(codec::HttpReply& reply) {
  write_answer(reply);
  reply.close = true;
}

}  // namespace discovery::node
