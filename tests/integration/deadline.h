// How long a test waits, and waiting for a condition.
//
// Every wait ends as soon as what it waits for is there; kPatience only bounds a failing test, so it is generous.
#pragma once

#include <poll.h>

#include <algorithm>
#include <chrono>

namespace discovery::integration {

using SteadyTime = std::chrono::steady_clock::time_point;
using std::chrono::milliseconds;
using std::chrono::seconds;

inline constexpr seconds kPatience{30};

class Deadline {
 public:
  Deadline() : Deadline(kPatience) {}
  explicit Deadline(std::chrono::nanoseconds from_now) : at_(std::chrono::steady_clock::now() + from_now) {}

  [[nodiscard]] bool over() const { return std::chrono::steady_clock::now() >= at_; }
  /// For poll(): rounded up, 0 when it is over.
  [[nodiscard]] int remaining_ms() const {
    const auto left = std::chrono::ceil<milliseconds>(at_ - std::chrono::steady_clock::now());
    return static_cast<int>(std::max<int64_t>(left.count(), 0));
  }

 private:
  SteadyTime at_;
};

/// Time since its making.
class Stopwatch {
 public:
  [[nodiscard]] milliseconds elapsed() const {
    return std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - start_);
  }

 private:
  SteadyTime start_ = std::chrono::steady_clock::now();
};

/// True when one of `events` is there, false when the time is over.
inline bool wait_for_events(int fd, short events, const Deadline& deadline) {
  pollfd waited{fd, events, 0};
  while (::poll(&waited, 1, deadline.remaining_ms()) < 0) {
  }
  return waited.revents != 0;
}

/// Asks until `condition` holds; false when the time is over.
template <class Condition>
bool eventually(Condition condition, const Deadline& deadline = Deadline()) {
  constexpr int kAskAgainMs = 10;
  while (!condition()) {
    if (deadline.over()) return false;
    ::poll(nullptr, 0, std::min(kAskAgainMs, deadline.remaining_ms()));
  }
  return true;
}

}  // namespace discovery::integration
