// Where long polls wait: one hub per reactor (spec: discovery-api.md 7.7, D4 to D6, D25).
//
// A waiter joins one watch per application and then rests until an application it watches changed or its deadline came.
// Joining compares and enters in one step under the lock of the shard (Registry::watch), so no change falls between.
// A change only marks its application; flush() wakes the waiters once per loop turn, so a burst of changes is one
// answer, and in slices of bytes, so that waking thousands does not hold up the requests of the same reactor.
//
//   Registry write -> Wake{app, reactors} -> (to each reactor) mark_changed -> flush -> Waiter::wake
//
// Ownership: a waiter belongs to its session; destroying it takes it out of every list. The hub owns only its table of
// watched applications. Thread: all of a hub belongs to its reactor; PollBudget is shared by all hubs.
// Limits: polls and watches over all reactors, both in PollBudget; past them a poll is refused, never parked.
// Cost: a wait holds no timer and no buffer of its own, only a node in the reactor's wheel and one node per
// application.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include "base/function_ref.h"
#include "base/intrusive_list.h"
#include "base/result.h"
#include "base/time.h"
#include "base/timer_wheel.h"
#include "registry/registry.h"

namespace discovery::registry {

/// How many polls may wait, over all hubs of the process. Thread: any; the counts are atomic.
struct PollBudget {
  std::atomic<uint64_t> polls_max{10000};
  std::atomic<uint64_t> watches_max{1000000};
  std::atomic<uint64_t> polls{0};
  std::atomic<uint64_t> watches{0};
};

class PollHub {
 public:
  enum class Reason : uint8_t { kChange, kDeadline };
  static constexpr size_t kBytesPerFlush = 256 * 1024;

  class Waiter;
  struct WatchTag;
  struct ReadyTag;

  /// One reactor's view of one application that somebody waits for.
  struct WatchedApp : ListNode<ReadyTag> {
    AppKey key;
    uint64_t id = 0;
    TimePoint changed_at{};  ///< of the first change since the last flush
    IntrusiveList<struct Watch, WatchTag> watches;
    uint32_t waiting = 0;  ///< how many watches there are
  };

  /// The reactor's index is the bit by which Registry names this hub. Registry, deadlines and budget must outlive the
  /// hub.
  PollHub(Registry& registry, Deadlines& deadlines, PollBudget& budget, unsigned reactor);
  ~PollHub();
  PollHub(const PollHub&) = delete;
  PollHub& operator=(const PollHub&) = delete;

  /// Marks the application of a Wake that names this reactor. Ignored when nobody waits for it any more.
  void mark_changed(uint64_t app_id, TimePoint now);
  /// Wakes the waiters of marked applications, about kBytesPerFlush of answers. True: call again in the next turn.
  bool flush(TimePoint now);

  [[nodiscard]] bool has_marked() const { return !marked_.empty() || !ready_.empty(); }
  [[nodiscard]] size_t watched_applications() const { return apps_.size(); }
  /// Calls f with each application and how many polls wait for it.
  void for_each_watched(FunctionRef<void(const AppKey&, uint32_t)> f) const {
    for (const auto& [id, app] : apps_) f(app->key, app->waiting);
  }

 private:
  friend class Waiter;

  Result<WatchedApp*> enter(AppKeyView key, std::string_view zone, int64_t cursor_ns, TimePoint now, AppState& state);
  void leave_if_empty(WatchedApp& app);

  Registry& registry_;
  Deadlines& deadlines_;
  PollBudget& budget_;
  const unsigned reactor_;
  std::unordered_map<uint64_t, std::unique_ptr<WatchedApp>> apps_;
  IntrusiveList<WatchedApp, ReadyTag> marked_;
  IntrusiveList<Waiter, ReadyTag> ready_;
};

/// A waiter's interest in one application.
struct Watch : ListNode<PollHub::WatchTag> {
  PollHub::WatchedApp* app = nullptr;  ///< valid as long as the watch is
  PollHub::Waiter* waiter = nullptr;
  TimePoint changed_at{};  ///< zero: not changed while waiting
};

class PollHub::Waiter : private TimerEntry, private ListNode<PollHub::ReadyTag> {
 public:
  /// Takes room for `watches` watches; check admitted() before use. One for nothing is not admitted.
  Waiter(PollHub& hub, size_t watches);
  ~Waiter() override;
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;

  /// kExhausted: too many polls or watches already.
  [[nodiscard]] Result<void> admitted() const;
  /// Joins the next watch and tells what the application is like at that moment. At most as often as announced.
  Result<AppState> join(AppKeyView app, std::string_view zone, int64_t cursor_ns, TimePoint now);
  /// From now on wake() may come; the deadline is kept.
  void rest(TimePoint deadline) { hub_.deadlines_.schedule(*this, deadline); }
  [[nodiscard]] std::span<Watch> watches() { return {more_ ? more_.get() : &one_, joined_}; }

 protected:
  /// The waiter has left the hub's queues; its watches stay until it is destroyed, which may happen inside.
  /// Returns the bytes of the answer.
  virtual size_t wake(Reason reason, TimePoint now) = 0;
  /// False: it rests on. It clears the changed_at of those watches whose changes need not be seen again.
  virtual bool concerned(TimePoint now) = 0;

 private:
  friend class PollHub;
  friend class IntrusiveList<Waiter, ReadyTag>;
  friend class IntrusiveList<TimerEntry, TimerTag>;

  void on_deadline(TimePoint now) override;

  PollHub& hub_;
  Watch one_;  ///< of a waiter for one application, as most are
  std::unique_ptr<Watch[]> more_;
  uint32_t room_ = 0;  ///< 0: not admitted
  uint32_t joined_ = 0;
};

}  // namespace discovery::registry
