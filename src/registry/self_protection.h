// The arithmetic of mass silence (spec: discovery-api.md 8; the original's registry/guard.go and registry.go).
//
// Counted per minute: how many renewals are expected (two per instance) and how many came. When a whole minute brought
// fewer than `share` of the expected ones, the registry distrusts itself rather than its instances: only those beyond
// the ceiling may go. And however many are dead, one sweep takes at most the share that is left.
// Pure functions of numbers; the counting is in registry.h.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "base/time.h"

namespace discovery::registry {

struct LeaseSettings {
  Duration expire_after = std::chrono::seconds(90);        ///< since the last renewal
  Duration expire_after_max = std::chrono::seconds(3600);  ///< the ceiling, also while protected
  Duration sweep_interval = std::chrono::seconds(60);
  Duration recount_interval = std::chrono::minutes(15);
  double share = 0.85;                                 ///< in (0, 1]
  int64_t renewals_per_minute = 2;                     ///< of each instance
  Duration forget_after = std::chrono::seconds(4000);  ///< tombstones and hidden records (replication.md 2.3: K)
  bool brake = false;        ///< hold an application that would lose too much at once (replication.md 2.5)
  double brake_share = 0.5;  ///< of its visible instances, within expire_after
  int64_t brake_min = 10;    ///< smaller applications are never held
  Duration brake_max = std::chrono::minutes(10);   ///< how long at most
  Duration late_after = std::chrono::seconds(60);  ///< a renewal that came later than that is a gap for the observer
  Duration remember_timestamp = std::chrono::minutes(10);  ///< of an application that emptied (discovery-api.md 5)
};

/// floor(value * share), in the floating point of the original.
inline int64_t share_of(int64_t value, double share) {
  return static_cast<int64_t>(std::floor(static_cast<double>(value) * share));
}

/// What of the renewals expected in a minute should come between two sweeps.
inline int64_t expected_between_sweeps(int64_t per_minute, Duration interval) {
  const double minutes = std::chrono::duration<double, std::ratio<60>>(interval).count();
  return static_cast<int64_t>(std::floor(static_cast<double>(per_minute) * minutes));
}

/// True when the renewals of the last whole minute are too few to believe that the silent ones are dead.
inline bool is_protected(int64_t renewals_last_minute, int64_t expected, double share) {
  return renewals_last_minute < share_of(expected, share);
}

/// The most instances one sweep may take; `size` counts all of the node, its own included.
inline int64_t eviction_limit(int64_t size, double share) { return std::max<int64_t>(0, size - share_of(size, share)); }

}  // namespace discovery::registry
