// An answer that is ready and is held back for a while: how a client in a loop is slowed (guard/shield.h).
//
// Lifecycle: owned by its session, which it holds up. Thread: its reactor's. Memory: the answer.
#pragma once

#include "base/timer_wheel.h"
#include "codec/http.h"

namespace discovery::node {

class DelayedAnswer final : public codec::ParkedRequest, private TimerEntry {
 public:
  /// Takes what `reply` holds, which is empty afterwards.
  DelayedAnswer(codec::HttpExchange& exchange, codec::HttpReply& reply);

  /// To be called once it is parked, or just before.
  void hold_until(Deadlines& deadlines, TimePoint until) { deadlines.schedule(*this, until); }

  void write_answer(codec::HttpReply& reply) override;
  void write_drain_answer(codec::HttpReply& reply) override;

 private:
  void on_deadline(TimePoint now) override;

  codec::HttpExchange& exchange_;
  codec::HttpReply kept_;
};

}  // namespace discovery::node
