// Draws that the simulator needs, in integers only, so that every build draws the same.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>

#include "base/random.h"
#include "simulation/sim_time.h"

namespace discovery::simulation {

/// True `ppm` times in a million.
inline bool happens(Random& random, uint32_t ppm) { return ppm > 0 && random.below(1'000'000) < ppm; }

/// Uniform in [from, to]; from <= to.
inline Ns between(Random& random, Ns from, Ns to) {
  return from + static_cast<Ns>(random.below(static_cast<uint64_t>(to - from) + 1));
}

/// About exponential with that mean: -log2(u), the fraction taken as linear, times ln 2. At most 40 means.
inline Ns exponential(Random& random, Ns mean) {
  const uint64_t u = random.next() | 1;
  const int zeros = std::countl_zero(u);
  const uint64_t fraction = zeros >= 63 ? 0 : (u << (zeros + 1)) >> 48;  // 16 bits behind the leading one
  const int64_t log2_16 = (int64_t{zeros} + 1) * 65536 - static_cast<int64_t>(fraction);
  return mean / 65536 * (log2_16 * 45426 / 65536) + mean % 65536 * log2_16 / 65536;
}

/// A generator of its own for each purpose, so that one more draw here changes nothing there.
inline SeededRandom stream(uint64_t seed, uint64_t purpose, uint64_t number = 0) {
  SeededRandom mix(seed * 0x9e3779b97f4a7c15ULL ^ purpose << 48 ^ number);
  return SeededRandom(mix.next() ^ mix.next() << 1);
}

}  // namespace discovery::simulation
