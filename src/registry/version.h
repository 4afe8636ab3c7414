// What orders two states of one instance, on whichever node they were made (spec: replication.md 2.3).
//
// A version is (incarnation, set), compared in this order. An incarnation is (t, node, flag): t a hybrid clock in Unix
// nanoseconds that never falls on a node, node the 16-bit id of the writer, flag alive < tombstone. A set is the stamp
// of the last field-level change of status or metadata on that incarnation. A pair (t, node > 0) names exactly one
// payload; node 0 marks what was imported from an original, where a hash of the payload orders what t cannot.
#pragma once

#include <algorithm>
#include <atomic>
#include <compare>
#include <cstdint>
#include <limits>

#include "base/time.h"

namespace discovery::registry {

struct Incarnation {
  int64_t t_ns = 0;
  uint16_t node = 0;
  bool tombstone = false;
  uint32_t import_hash = 0;  ///< of the payload where node is 0, else 0
  auto operator<=>(const Incarnation&) const = default;
};

struct SetStamp {
  int64_t t_ns = 0;
  uint16_t node = 0;
  auto operator<=>(const SetStamp&) const = default;
};

struct Version {
  Incarnation incarnation;
  SetStamp set;
  auto operator<=>(const Version&) const = default;
};

/// Adds without passing the largest wire timestamp.
constexpr int64_t saturating_add(int64_t a, int64_t b) {
  int64_t sum = 0;
  return __builtin_add_overflow(a, b, &sum) ? std::numeric_limits<int64_t>::max() : sum;
}

/// The hybrid clock of one node: every t it gives is larger than every t it gave or heard of.
/// Thread: any; the state is two atomic numbers.
class VersionClock {
 public:
  /// max(now + offset, last + 1, above + 1); `above` is the version being replaced, 0 when there is none.
  int64_t next(TimePoint now, int64_t above_ns = 0) {
    int64_t last = last_.load(std::memory_order_relaxed);
    int64_t t = 0;
    do {
#if defined(DISCOVERY_PLANT_NO_HLC_STEP)
      t = std::max(here(now), saturating_add(above_ns, 1));
#else
      t = std::max({here(now), saturating_add(last, 1), saturating_add(above_ns, 1)});
#endif
    } while (!last_.compare_exchange_weak(last, t, std::memory_order_relaxed));
    return t;
  }
  /// Something as new as t was heard of.
  void observe(int64_t t_ns) {
#if defined(DISCOVERY_PLANT_NO_HLC_STEP)
    return;
#endif
    int64_t last = last_.load(std::memory_order_relaxed);
    while (last < t_ns && !last_.compare_exchange_weak(last, t_ns, std::memory_order_relaxed)) {
    }
  }
  [[nodiscard]] int64_t last() const { return last_.load(std::memory_order_relaxed); }
  /// By how much the cluster's clock is ahead of ours: the median over the peers (replication.md 2.3).
  void set_offset(Duration ahead) { offset_ns_.store(ahead.count(), std::memory_order_relaxed); }
  /// What the cluster's clock reads.
  [[nodiscard]] int64_t here(TimePoint now) const {
    return to_wire_ns(now) + offset_ns_.load(std::memory_order_relaxed);
  }

 private:
  std::atomic<int64_t> last_{0};
  std::atomic<int64_t> offset_ns_{0};
};

}  // namespace discovery::registry
