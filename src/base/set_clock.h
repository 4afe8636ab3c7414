// A clock that stands still unless it is moved: for tests and for runs that must repeat to the instruction.
#pragma once

#include "base/time.h"

namespace discovery {

class SetClock final : public Clock {
 public:
  [[nodiscard]] TimePoint now() const override { return now_; }
  void advance(Duration by) { now_ += by; }

 private:
  TimePoint now_ = from_wire_ns(1'700'000'000'000'000'000);
};

}  // namespace discovery
