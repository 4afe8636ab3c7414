// One event loop and its thread: sockets, deadlines behind one timer, work posted by other threads, and hooks that run
// once at the end of a turn.
//
//     post(), request_turn() from any thread --> [ handlers of this turn ] --> [ hooks, if asked for or due ] --> wait
//
// Lifecycle: construct; prepare (sessions, hooks) from one thread; start(); ... stop(), which joins. What runs on it
// must outlive stop(). Never restarted.
// Thread: post(), request_turn(), stop(), take_*() and clock() from any thread; everything else on the reactor's
// own thread, or before start(). Time: deadlines fire up to one TimerWheel::kTick late. Asio stays hidden in the source
// (engineering.md 4).
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "base/timer_wheel.h"
#include "net/session_context.h"
#include "net/stats.h"

namespace boost::asio {
class io_context;
}

namespace discovery::net {

/// Work gathered over a turn and done at its end, such as waking long polls.
class TurnHook {
 public:
  /// Called after request_turn(), and no later than the time it returned last. Returns when it wants to be called
  /// again at the latest, `now` or earlier for the next turn (work left over), none for not before request_turn().
  virtual std::optional<TimePoint> on_turn(TimePoint now) = 0;

 protected:
  ~TurnHook() = default;
};

class Reactor final : public Deadlines {
 public:
  /// The loop is probed at least this often, which bounds what take_loop_lag() can miss.
  static constexpr Duration kLagProbe = std::chrono::milliseconds(100);

  /// `clock` outlives it. `name` is the thread's (15 characters are shown).
  Reactor(const Clock& clock, std::string name);
  ~Reactor();
  Reactor(const Reactor&) = delete;
  Reactor& operator=(const Reactor&) = delete;

  void start();
  /// Ends the loop after the handler that runs, and joins. Calling it again does nothing.
  void stop();
  [[nodiscard]] bool on_own_thread() const;

  /// Runs `work` on the reactor's thread, in order. Dropped when the reactor stops first.
  void post(std::function<void()> work);
  /// Runs the hooks behind what is ready now; any number of calls until then is one run.
  void request_turn();
  /// The hook outlives the loop.
  void add_hook(TurnHook& hook) { hooks_.push_back(&hook); }

  void schedule(TimerEntry& entry, TimePoint deadline) override;

  [[nodiscard]] const Clock& clock() const { return clock_; }
  [[nodiscard]] TimePoint now() const { return clock_.now(); }
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] ReactorStats& stats() { return stats_; }
  [[nodiscard]] const ReactorStats& stats() const { return stats_; }
  /// The most a timer fired late since the last call.
  [[nodiscard]] Duration take_loop_lag() { return stats_.lags.take(); }
  /// The longest turn since the last call: so long no other socket was served.
  [[nodiscard]] Duration take_longest_turn() { return stats_.turns.take(); }

  /// For src/net only.
  [[nodiscard]] boost::asio::io_context& io();

 private:
  struct Loop;

  void arm_timer(TimePoint when);
  void on_timer();
  void run_hooks();
  void arm_next();

  const Clock& clock_;
  const std::string name_;
  std::unique_ptr<Loop> loop_;
  TimerWheel wheel_;
  std::vector<TurnHook*> hooks_;
  ReactorStats stats_;
  std::optional<TimePoint> hooks_due_;
  TimePoint armed_ = TimePoint::max();  ///< when the timer fires
  bool in_timer_ = false;               ///< it is armed anew at the end anyway
  std::atomic<bool> turn_requested_{false};
};

}  // namespace discovery::net
