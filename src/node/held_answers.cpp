#include "node/held_answers.h"

#include <memory>
#include <utility>

namespace discovery::node {

class HeldAnswers::Held final : public codec::ParkedRequest, public ListNode<>, private TimerEntry {
 public:
  Held(HeldAnswers& all, codec::HttpExchange& exchange, codec::HttpReply& reply)
      : all_(all), exchange_(exchange), kept_(std::exchange(reply, {})) {}

  void wait(Deadlines& deadlines, TimePoint until) { deadlines.schedule(*this, until); }
  /// Destroys it.
  void send() { exchange_.resume(); }

  void write_answer(codec::HttpReply& reply) override { reply = std::move(kept_); }
  void write_drain_answer(codec::HttpReply& reply) override {
    write_answer(reply);
    reply.close = true;
  }

 private:
  void on_deadline(TimePoint /*now*/) override {
    all_.due_.push_back(*this);
    all_.ask_turn_();
  }

  HeldAnswers& all_;
  codec::HttpExchange& exchange_;
  codec::HttpReply kept_;
};

void HeldAnswers::hold(codec::HttpExchange& exchange, codec::HttpReply& reply, Deadlines& deadlines, TimePoint until) {
  auto held = std::make_unique<Held>(*this, exchange, reply);
  held->wait(deadlines, until);
  exchange.park(std::move(held));
}

bool HeldAnswers::send_one() {
  if (due_.empty()) return false;
  due_.pop_front().send();
  return !due_.empty();
}

}  // namespace discovery::node
