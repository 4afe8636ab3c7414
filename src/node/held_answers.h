// Answers that are ready and are held back for a while: how a client in a loop, or ahead of its rate, is slowed
// (guard/shield.h, guard/rate_limit.h).
//
// What falls due in one tick of the timers goes out one answer a turn, so that the requests of others are served in
// between: each answer brings its client's next request at once.
// Lifecycle: one per reactor; an answer is owned by its session, which it holds up. Thread: the reactor's.
// Memory: the answers.
#pragma once

#include <functional>
#include <utility>

#include "base/intrusive_list.h"
#include "base/timer_wheel.h"
#include "codec/http.h"

namespace discovery::node {

class HeldAnswers {
 public:
  /// `ask_turn` has send_one() called at the end of this turn.
  explicit HeldAnswers(std::function<void()> ask_turn) : ask_turn_(std::move(ask_turn)) {}
  HeldAnswers(const HeldAnswers&) = delete;
  HeldAnswers& operator=(const HeldAnswers&) = delete;

  /// Parks the request until then; takes what `reply` holds, which is empty afterwards.
  void hold(codec::HttpExchange& exchange, codec::HttpReply& reply, Deadlines& deadlines, TimePoint until);
  /// Once a turn: one that is due is sent. True: more are.
  bool send_one();

 private:
  class Held;
  const std::function<void()> ask_turn_;
  IntrusiveList<Held> due_;
};

}  // namespace discovery::node
