// A budget of things that a client may do, but not endlessly: a token bucket over a clock that is handed in.
//
// Thread: none of its own. Cost: 16 bytes, no timer.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/time.h"

namespace discovery::grpc {

struct BudgetLimit {
  uint32_t burst = 0;
  uint32_t per_second = 0;
};

class Budget {
 public:
  /// One thing more. False: the budget is used up.
  [[nodiscard]] bool spend(TimePoint now, const BudgetLimit& limit) {
    refill(now, limit.per_second);
    return ++used_ <= limit.burst;
  }
  /// Takes back what was spent, at most all of it.
  void earn(uint32_t n) { used_ -= std::min(used_, n); }

 private:
  void refill(TimePoint now, uint32_t per_second) {
    if (used_ == 0) {
      refilled_ = now;
      return;
    }
    if (per_second == 0) return;
    const Duration each = Duration(std::chrono::seconds(1)) / per_second;
    const int64_t n = (now - refilled_) / each;
    if (n <= 0) return;
    refilled_ += n * each;
    used_ -= static_cast<uint32_t>(std::min<int64_t>(used_, n));
  }

  TimePoint refilled_{};
  uint32_t used_ = 0;
};

}  // namespace discovery::grpc
