// SipHash-1-3 with a 128-bit key: names come from clients, so every table keyed by them hashes with a secret.
//
// The reference vectors of SipHash-2-4 (Aumasson, Bernstein 2012) check the round function in the unit test, which is
// why the numbers of rounds are template parameters.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace discovery {

struct HashKey {
  uint64_t k0 = 0;
  uint64_t k1 = 0;
};

namespace siphash_detail {
constexpr uint64_t rotl(uint64_t x, int b) { return (x << b) | (x >> (64 - b)); }

struct State {
  uint64_t v0, v1, v2, v3;
  void round() {
    v0 += v1, v1 = rotl(v1, 13), v1 ^= v0, v0 = rotl(v0, 32);
    v2 += v3, v3 = rotl(v3, 16), v3 ^= v2;
    v0 += v3, v3 = rotl(v3, 21), v3 ^= v0;
    v2 += v1, v1 = rotl(v1, 17), v1 ^= v2, v2 = rotl(v2, 32);
  }
};
}  // namespace siphash_detail

template <int kCompress = 1, int kFinalise = 3>
uint64_t siphash(const HashKey& key, std::string_view data) {
  siphash_detail::State s{key.k0 ^ 0x736f6d6570736575ULL, key.k1 ^ 0x646f72616e646f6dULL,
                          key.k0 ^ 0x6c7967656e657261ULL, key.k1 ^ 0x7465646279746573ULL};
  const char* p = data.data();
  size_t left = data.size();
  for (; left >= 8; left -= 8, p += 8) {
    uint64_t m;
    std::memcpy(&m, p, 8);
    s.v3 ^= m;
    for (int i = 0; i < kCompress; ++i) s.round();
    s.v0 ^= m;
  }
  uint64_t last = static_cast<uint64_t>(data.size()) << 56;
  for (size_t i = 0; i < left; ++i) last |= static_cast<uint64_t>(static_cast<unsigned char>(p[i])) << (8 * i);
  s.v3 ^= last;
  for (int i = 0; i < kCompress; ++i) s.round();
  s.v0 ^= last;
  s.v2 ^= 0xff;
  for (int i = 0; i < kFinalise; ++i) s.round();
  return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

}  // namespace discovery
