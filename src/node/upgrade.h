// Gives the node to a new process of the same program, without harm to anybody: what SIGUSR2 and POST /admin/upgrade
// do.
//
//   Idle --ask(), begin()--> Preparing: check, start, state, while serving --> Switching: everything stands still
//    ^                          |failed                                          |failed        |it serves
//    +--------------------------+------------------------------------------------+              v
//    +<----------------- the new one ended: serves again -------------------------------- Leaving --> Gone
//
// Until the new process serves nothing is given away, and whatever fails leaves this one as it was. Leaving, it gives
// its connections away as they come to rest, and what it still answers (TLS) both processes tell each other.
//
// Lifecycle: one per node, made before the main thread gives way: what its thread starts has the priority of that;
// end() before the node goes. Thread: ask() one that may wait for seconds; the rest any. Limits: the constants below.
// Errors: kConflict, one is under way; else why it did not come to it. Source: decision 0039.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/result.h"
#include "net/process_channel.h"
#include "net/steady_clock.h"
#include "node/handover_state.h"
#include "node/successor.h"

namespace discovery::node {

class Upgrade {
 public:
  static constexpr Duration kOpenWithin = std::chrono::seconds(30);  ///< the new process, until it has opened itself
  static constexpr Duration kSwitchWithin =
      std::chrono::seconds(3);                                     ///< each of its answers while this one stands still
  static constexpr Duration kPatience = std::chrono::seconds(40);  ///< with connections that cannot be moved

  struct Settings {
    Program program;
    net::SteadyClock::Anchor clock;
    std::string data_dir;
  };
  /// Called on the thread of the upgrade.
  struct Events {
    std::function<void()> leaves;          ///< another process is about to serve beside this one; all stands still
    std::function<void(bool ok)> settled;  ///< what was asked for has come to its end; before ask() returns
    std::function<void()> gone;            ///< the process has nothing left to do
    std::function<bool()> alone;           ///< no process before this one serves still; thread: any
  };

  Upgrade(Settings settings, const HandoverParts& parts, Events events);
  ~Upgrade() { end(); }
  Upgrade(const Upgrade&) = delete;
  Upgrade& operator=(const Upgrade&) = delete;

  /// Returns when the new process serves, with a JSON object that tells of both; or why it does not.
  Result<std::string> ask();
  /// The same, without waiting for it.
  void begin();
  /// Gives up what is under way, or leaves at once where another process serves already; then nothing can be begun.
  void end();

  /// Another process serves: this one only goes on with the connections that it has.
  [[nodiscard]] bool leaving() const { return leaving_.load(std::memory_order_acquire); }
  /// Held by whoever keeps house; the switch waits for that.
  [[nodiscard]] std::mutex& house() { return house_; }

 private:
  struct Attempt;

  /// Wakes the thread.
  Result<void> want();
  void run();
  void attempt();
  Result<void> start(Attempt& attempt, net::Descriptor channel);
  void leave_or_stay(Attempt& attempt);
  Result<void> prepare(Attempt& attempt);
  Result<void> receive(Attempt& attempt, handover::Kind kind, Duration within, std::string& bytes);
  Result<void> tell_events(Attempt& attempt);
  Result<std::unique_lock<std::mutex>> quiet_house();
  Result<void> switch_over(Attempt& attempt);
  Result<void> tell_rest(Attempt& attempt);
  Result<void> leave(Attempt& attempt);
  /// The new process has ended as it was told to, which it said with its last message.
  [[nodiscard]] bool other_has_ended(Attempt& attempt);
  Result<void> give_connections(Attempt& attempt);
  Result<bool> take_what_came(Attempt& attempt);
  void stay(Attempt& attempt);
  void settle(const Attempt& attempt, const Result<void>& how);

  const Settings settings_;
  const HandoverParts parts_;
  const Events events_;
  std::mutex house_;
  std::atomic<bool> leaving_{false};
  std::atomic<bool> ending_{false};
  std::mutex mutex_;
  std::condition_variable wanted_;
  std::condition_variable settled_;
  bool busy_ = false;  ///< under mutex_, as are the next three
  uint64_t attempts_ = 0;
  std::optional<Result<std::string>> result_;  ///< of the last attempt
  net::ProcessChannel* channel_ = nullptr;     ///< to wake it
  std::thread thread_;                         ///< the last, it uses all the others
};

}  // namespace discovery::node
