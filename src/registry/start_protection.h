// Start-up protection: for its first minute a node that was told to refuses reads, so that clients do not take its
// empty lists for the truth (spec: discovery-api.md 9; `enableprotect`).
//
// Ends by time, or early when a peer has delivered its registry. Thread: any; the state is one atomic number.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/time.h"

namespace discovery::registry {

class StartProtection {
 public:
  static constexpr Duration kWindow = std::chrono::seconds(60);

  StartProtection(bool enabled, TimePoint start) : until_ns_(enabled ? to_wire_ns(start + kWindow) : 0) {}

  [[nodiscard]] bool active(TimePoint now) const { return to_wire_ns(now) < until_ns_.load(std::memory_order_relaxed); }
  /// Another node's registry was taken over.
  void synced() { until_ns_.store(0, std::memory_order_relaxed); }

 private:
  std::atomic<int64_t> until_ns_;
};

}  // namespace discovery::registry
