// Time as the pure folders see it: a value that is handed in, never read.
//
// There is one clock, the *cluster clock*: Unix nanoseconds read once when the process starts and carried on by the
// steady clock. It never steps, so leases and deadlines may be measured on it, and it still reads as a wire timestamp
// (spec: replication.md 2.3, "cluster clock"). Only src/node and src/net implement Clock.
#pragma once

#include <chrono>
#include <cstdint>

namespace discovery {

struct ClusterTime {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<ClusterTime, duration>;
  static constexpr bool is_steady = true;
  // No now(): ask a Clock.
};

using TimePoint = ClusterTime::time_point;
using Duration = std::chrono::nanoseconds;

/// Unix nanoseconds, as every timestamp stands on the wire.
constexpr int64_t to_wire_ns(TimePoint t) { return t.time_since_epoch().count(); }
constexpr TimePoint from_wire_ns(int64_t ns) { return TimePoint(Duration(ns)); }

/// Thread: now() may be called from any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual TimePoint now() const = 0;
};

}  // namespace discovery
