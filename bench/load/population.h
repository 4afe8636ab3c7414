// How many applications and instances a run has, and in which order it asks for them.
#pragma once

#include <cstdint>

namespace discovery::load {

struct Population {
  uint64_t apps = 100;
  uint64_t per = 100;  ///< instances of each application

  [[nodiscard]] uint64_t instances() const { return apps * per; }
};

/// Of `count` things the one whose turn is number n: neighbours in time are far from each other in the registry, and no
/// two connections ask for the same.
[[nodiscard]] constexpr uint64_t spread(uint64_t n, uint64_t count) { return n * 7919 % count; }

}  // namespace discovery::load
