// Randomness as the pure folders see it: handed in. A seeded generator for simulations and tests; the daemon seeds one
// from the kernel (src/node).
#pragma once

#include <cstdint>

namespace discovery {

class Random {
 public:
  virtual ~Random() = default;
  /// 64 uniform bits.
  virtual uint64_t next() = 0;
  /// Uniform in [0, bound); bound > 0.
  uint64_t below(uint64_t bound) {
    const uint64_t reject = (0 - bound) % bound;  // 2^64 mod bound: values below it would favour small results
    uint64_t x = next();
    while (x < reject) x = next();
    return x % bound;
  }
};

/// SplitMix64 (Steele, Lea, Flood 2014): one seed is one sequence.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(uint64_t seed) : state_(seed) {}
  uint64_t next() override {
    uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }

 private:
  uint64_t state_;
};

}  // namespace discovery
