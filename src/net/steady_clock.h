// The cluster clock (base/time.h): Unix nanoseconds read once, carried on by the steady clock.
//
// Thread: any. Steps of the system clock after construction are not followed, on purpose.
#pragma once

#include <chrono>

#include "base/time.h"

namespace discovery::net {

class SteadyClock final : public Clock {
 public:
  [[nodiscard]] TimePoint now() const override {
    return start_ + std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now() - steady_start_);
  }

 private:
  const std::chrono::steady_clock::time_point steady_start_ = std::chrono::steady_clock::now();
  const TimePoint start_ =
      TimePoint(std::chrono::duration_cast<Duration>(std::chrono::system_clock::now().time_since_epoch()));
};

}  // namespace discovery::net
