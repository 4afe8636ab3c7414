// Waiting for what another thread brings about, without a fixed time: the test goes on as soon as it is there.
#pragma once

#include <chrono>
#include <functional>
#include <thread>

namespace discovery::node {

inline constexpr std::chrono::seconds kPatience{60};

/// Whether it became true within kPatience.
inline bool eventually(const std::function<bool()>& condition) {
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::yield();
  }
  return true;
}

}  // namespace discovery::node
