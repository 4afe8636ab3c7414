// What happened to the instances of this node, as far back as a bounded memory reaches: who did it, when and why, and
// what was there before. Heartbeats are not kept, gaps in them are.
//
//   Registry --changed()--> History (encodes, a ring of bytes) --find()--> events, newest first
//                                                              --state_at()--> what an application was at a moment
//
// A client that registers the same again and again fills no memory: what it repeats is counted in one event, as long as
// it is among the last kRecent names that did so.
//
// Lifecycle: outlives the registry's last change. Thread: any; changed() runs under the mutex of a shard, and no other
// function calls the registry while it holds the lock. Limits: `bytes_max`, in whole blocks of EventRing.
// Source: operations.md 6 (`history`, `state --at`).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/mutex.h"
#include "history/event.h"
#include "history/event_ring.h"
#include "registry/registry.h"

namespace discovery::history {

/// Which events are wanted; an empty text means any.
struct Filter {
  std::string env = {};
  std::string appid = {};
  std::string zone = {};
  std::string hostname = {};
  std::optional<EventKind> kind = {};
  TimePoint since{};                   ///< not older
  TimePoint until = TimePoint::max();  ///< older
  uint64_t below = UINT64_MAX;         ///< numbers smaller than that: how a next page is asked for
  size_t limit = 100;
};

struct Found {
  std::vector<Event> events;                 ///< newest first
  bool more = false;                         ///< there are older ones that match
  std::optional<TimePoint> reaches_back_to;  ///< of the oldest event of all that is kept; none: nothing is
};

/// An instance as it was.
struct PastInstance {
  std::string zone;
  std::string hostname;
  Past past;  ///< with content
};

struct PastState {
  std::vector<PastInstance> instances;  ///< by zone and hostname, hidden and cancelled ones included
  bool complete = false;                ///< the events reach back to that moment
  /// How often this node was started since then: what it lost while it was down is not known.
  uint64_t restarts = 0;
};

class History final : public registry::ChangeObserver {
 public:
  static constexpr size_t kRecent = 256;
  static constexpr size_t kAfterMax = 4096;

  /// 0: nothing is ever kept.
  explicit History(size_t bytes_max);

  void changed(const registry::RecordChange& change) override EXCLUDES(mutex_);
  /// kProtectionOn, kProtectionOff or kStarted.
  void note(EventKind kind, TimePoint at) EXCLUDES(mutex_);

  [[nodiscard]] bool enabled() const { return enabled_; }
  void set_bytes_max(size_t bytes_max) EXCLUDES(mutex_);
  /// As the newest: an event of an earlier process, whose number is not kept.
  void restore(const Event& event) EXCLUDES(mutex_);
  /// At most kAfterMax events of larger numbers than that, oldest first.
  [[nodiscard]] std::vector<Event> after(uint64_t number) const EXCLUDES(mutex_);
  [[nodiscard]] uint64_t last_number() const EXCLUDES(mutex_);
  [[nodiscard]] Found find(const Filter& filter) const EXCLUDES(mutex_);
  /// What the application was at `at`, by undoing what happened since. A register that was repeated counts as one: of
  /// its times only the last are known.
  [[nodiscard]] PastState state_at(const registry::Registry& registry, registry::AppKeyView app, TimePoint at) const
      EXCLUDES(mutex_);
  [[nodiscard]] uint64_t events() const EXCLUDES(mutex_);
  [[nodiscard]] size_t bytes() const EXCLUDES(mutex_);

 private:
  /// The last event of a name that only said the same again, by a hash of it.
  struct Recent {
    uint64_t name = 0;
    uint64_t number = 0;
    std::string by;
  };

  [[nodiscard]] std::optional<TimePoint> oldest() const REQUIRES(mutex_);

  const bool enabled_;
  mutable Mutex mutex_;
  EventRing ring_ GUARDED_BY(mutex_);
  std::array<Recent, kRecent> recent_ GUARDED_BY(mutex_);
};

}  // namespace discovery::history
