// The cluster clock (base/time.h): Unix nanoseconds read once, carried on by the steady clock.
//
// Thread: any. Steps of the system clock after construction are not followed, on purpose. Where a process takes over
// from another on the same machine it goes on with that one's clock: both read the same.
#pragma once

#include <chrono>

#include "base/time.h"

namespace discovery::net {

class SteadyClock final : public Clock {
 public:
  /// Which time it was at which moment of the steady clock.
  struct Anchor {
    TimePoint start;
    std::chrono::steady_clock::time_point steady;
  };

  SteadyClock()
      : SteadyClock(
            Anchor{TimePoint(std::chrono::duration_cast<Duration>(std::chrono::system_clock::now().time_since_epoch())),
                   std::chrono::steady_clock::now()}) {}
  explicit SteadyClock(const Anchor& anchor) : anchor_(anchor) {}

  [[nodiscard]] TimePoint now() const override {
    return anchor_.start + std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now() - anchor_.steady);
  }
  [[nodiscard]] const Anchor& anchor() const { return anchor_; }

 private:
  const Anchor anchor_;
};

}  // namespace discovery::net
