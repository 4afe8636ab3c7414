// Whether reads are answered yet. Two reasons, independent of each other, make a starting node refuse them, so that
// clients do not take its lists, empty or half full, for the truth:
//
//   `enableprotect`   for its first minute, or until a peer has delivered its registry (discovery-api.md 9)
//   warming           until it has learnt what its peers know, or has loaded it from disk (replication.md 3.3)
//
// Thread: any; the state is two atomic values. A node that is alone never warms.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/time.h"

namespace discovery::registry {

class StartProtection {
 public:
  static constexpr Duration kWindow = std::chrono::seconds(60);

  StartProtection(bool enabled, TimePoint start) : until_ns_(enabled ? to_wire_ns(start + kWindow) : 0) {}

  /// Reads are refused.
  [[nodiscard]] bool active(TimePoint now) const { return warming() || protecting(now); }
  [[nodiscard]] bool warming() const { return !ready_.load(std::memory_order_acquire); }
  /// The first minute.
  [[nodiscard]] bool protecting(TimePoint now) const {
    return to_wire_ns(now) < until_ns_.load(std::memory_order_relaxed);
  }
  /// Another node's registry was taken over: ends the first minute, not the warming.
  void synced() { until_ns_.store(0, std::memory_order_relaxed); }
  /// True at first. What was joined before set_ready(true) is seen by every read that it lets through.
  void set_ready(bool ready) { ready_.store(ready, std::memory_order_release); }

 private:
  std::atomic<int64_t> until_ns_;
  std::atomic<bool> ready_{true};
};

}  // namespace discovery::registry
