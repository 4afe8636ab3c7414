// What orders two states of one instance, on whichever node they were made (spec: replication.md 2.3).
//
// A version is (incarnation, set), compared in this order. An incarnation is (t, node, flag): t a hybrid clock in Unix
// nanoseconds that never falls on a node, node the 16-bit id of the writer, flag alive < tombstone. A set is the stamp
// of the last field-level change of status or metadata on that incarnation. One node of today's registry makes versions
// with its own id only; the shape is what its peers will exchange.
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
/// Thread: any; the state is one atomic number.
class VersionClock {
 public:
  /// max(now, last + 1, above + 1); `above` is the version being replaced, 0 when there is none.
  int64_t next(TimePoint now, int64_t above_ns = 0) {
    int64_t last = last_.load(std::memory_order_relaxed);
    int64_t t = 0;
    do {
      t = std::max({to_wire_ns(now), saturating_add(last, 1), saturating_add(above_ns, 1)});
    } while (!last_.compare_exchange_weak(last, t, std::memory_order_relaxed));
    return t;
  }
  [[nodiscard]] int64_t last() const { return last_.load(std::memory_order_relaxed); }

 private:
  std::atomic<int64_t> last_{0};
};

}  // namespace discovery::registry
