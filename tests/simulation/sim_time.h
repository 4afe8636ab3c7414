// Time in the simulator. One true time, in nanoseconds since the simulation began, which no node ever sees; and one
// clock per node that is wrong in its own way.
//
// A node reads its wall clock once, when it starts, and carries it on by a steady clock that drifts; steps of the wall
// clock show at the next start only. Pure arithmetic on integers: the same in every build.
#pragma once

#include <cstdint>

#include "base/time.h"

namespace discovery::simulation {

using Ns = int64_t;  ///< true time since the beginning, or a length of it

inline constexpr Ns kMillisecond = 1'000'000;
inline constexpr Ns kSecond = 1'000'000'000;
inline constexpr Ns kMinute = 60 * kSecond;
inline constexpr Ns kNever = INT64_MAX;
inline constexpr int64_t kEpoch = 1'700'000'000 * kSecond;  ///< what a right wall clock reads at the beginning

class NodeClock {
 public:
  NodeClock() = default;
  NodeClock(Ns wall_offset, int64_t drift_ppm) : wall_offset_(wall_offset), drift_ppm_(drift_ppm) {}

  /// The process starts: what the wall clock reads now is where its clock begins.
  void start(Ns now) {
    started_ = now;
    wall_at_start_ = kEpoch + now + wall_offset_;
  }
  void step_wall(Ns by) { wall_offset_ += by; }
  [[nodiscard]] Ns wall_offset() const { return wall_offset_; }
  [[nodiscard]] int64_t wall(Ns now) const { return kEpoch + now + wall_offset_; }

  [[nodiscard]] TimePoint read(Ns now) const {
    const Ns passed = now - started_;
    return from_wire_ns(wall_at_start_ + passed + passed / 1'000'000 * drift_ppm_);
  }
  /// The first true time at which read() gives at least t.
  [[nodiscard]] Ns when(TimePoint t) const {
    if (t == TimePoint::max()) return kNever;
    const Ns passed = to_wire_ns(t) - wall_at_start_;
    Ns now = started_ + passed - passed / 1'000'000 * drift_ppm_;
    while (read(now) < t) now += 1 + (to_wire_ns(t) - to_wire_ns(read(now))) / 2;
    return now;
  }

  /// When its clock read that, to the drift's precision; also for times before the start.
  [[nodiscard]] Ns about(int64_t wire_ns) const { return started_ + (wire_ns - wall_at_start_); }

 private:
  Ns wall_offset_ = 0;
  int64_t drift_ppm_ = 0;
  Ns started_ = 0;
  int64_t wall_at_start_ = kEpoch;
};

}  // namespace discovery::simulation
