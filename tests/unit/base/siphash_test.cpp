#include "base/siphash.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"

namespace discovery {
namespace {

// The key and the inputs of the reference vectors: key bytes 00..0f, input bytes 00, 01, .. (length - 1).
constexpr HashKey kReferenceKey{0x0706050403020100ULL, 0x0f0e0d0c0b0a0908ULL};

std::string counting_bytes(size_t length) {
  std::string s;
  for (size_t i = 0; i < length; ++i) s.push_back(static_cast<char>(i));
  return s;
}

TEST(SipHash, ReferenceVectorsOfTwoFour) {
  // Aumasson, Bernstein 2012: the 15-byte one is the worked example of appendix A.
  const std::vector<uint64_t> expected = {
      0x726fdb47dd0e0e31ULL, 0x74f839c593dc67fdULL, 0x0d6c8009d9a94f5aULL, 0x85676696d7fb7e2dULL,
      0xcf2794e0277187b7ULL, 0x18765564cd99a68dULL, 0xcbc9466e58fee3ceULL, 0xab0200f58b01d137ULL,
      0x93f5f5799a932462ULL, 0x9e0082df0ba9e4b0ULL, 0x7a5dbbc594ddb9f3ULL, 0xf4b32f46226bada7ULL,
      0x751e8fbc860ee5fbULL, 0x14ea5627c0843d90ULL, 0xf723ca908e7af2eeULL, 0xa129ca6149be45e5ULL};
  for (size_t length = 0; length < expected.size(); ++length) {
    EXPECT_EQ((siphash<2, 4>(kReferenceKey, counting_bytes(length))), expected[length]) << length;
  }
  EXPECT_EQ((siphash<2, 4>(kReferenceKey, counting_bytes(63))), 0x958a324ceb064572ULL);
}

TEST(SipHash, OneThreeStaysTheSame) {
  // The vectors of SipHash-1-3 that other implementations publish, same key and inputs.
  EXPECT_EQ(siphash(kReferenceKey, counting_bytes(0)), 0xabac0158050fc4dcULL);
  EXPECT_EQ(siphash(kReferenceKey, counting_bytes(1)), 0xc9f49bf37d57ca93ULL);
  EXPECT_EQ(siphash(kReferenceKey, counting_bytes(2)), 0x82cb9b024dc7d44dULL);
  EXPECT_EQ(siphash(kReferenceKey, counting_bytes(7)), 0xd3927d989bb11140ULL);
  EXPECT_EQ(siphash(kReferenceKey, counting_bytes(8)), 0x369095118d299a8eULL);
}

TEST(SipHash, EveryLengthAndEveryBitCount) {
  std::set<uint64_t> seen;
  for (size_t length = 0; length <= 40; ++length) {
    const std::string zeros(length, '\0');  // only the length tells them apart
    EXPECT_TRUE(seen.insert(siphash(kReferenceKey, zeros)).second) << length;
    for (size_t bit = 0; bit < 8 * length; ++bit) {
      std::string flipped = zeros;
      flipped[bit / 8] = static_cast<char>(1U << (bit % 8));
      EXPECT_TRUE(seen.insert(siphash(kReferenceKey, flipped)).second) << length << " bit " << bit;
    }
  }
}

TEST(SipHash, DependsOnBothHalvesOfTheKey) {
  const std::string_view text = "shop.cart";
  EXPECT_NE(siphash({0, 0}, text), siphash({1, 0}, text));
  EXPECT_NE(siphash({0, 0}, text), siphash({0, 1}, text));
  EXPECT_NE(siphash({1, 0}, text), siphash({0, 1}, text));
}

TEST(SipHash, AlignmentOfTheInputDoesNotMatter) {
  const std::string text = counting_bytes(23);
  for (size_t offset = 0; offset < 8; ++offset) {
    const std::string shifted = std::string(offset, 'x') + text;
    EXPECT_EQ(siphash(kReferenceKey, std::string_view(shifted).substr(offset)), siphash(kReferenceKey, text));
  }
}

/// 2^bits names, each of them one of two blocks in every place.
std::vector<std::string> combined(std::string_view one, std::string_view other, int bits) {
  std::vector<std::string> names;
  for (unsigned n = 0; n < 1U << bits; ++n) {
    std::string& name = names.emplace_back();
    for (int bit = 0; bit < bits; ++bit) name.append((n >> bit & 1) != 0 ? other : one);
  }
  return names;
}

/// The longest run of taken places in a table of linear probing, three quarters full, as those of src/registry.
size_t longest_run(const std::vector<std::string>& names, const HashKey& key) {
  const size_t places = std::bit_ceil(names.size() * 4 / 3);
  std::vector<bool> taken(places);
  for (const std::string& name : names) {
    size_t at = siphash(key, name) & (places - 1);
    while (taken[at]) at = (at + 1) & (places - 1);
    taken[at] = true;
  }
  size_t longest = 0;
  size_t run = 0;
  for (const bool t : taken) longest = std::max(longest, run = t ? run + 1 : 0);
  return longest;
}

// An attacker knows what std::hash and polynomials make of a name (tests/attack/collisions.py), but not the secret.
TEST(SipHash, SpreadsNamesThatCollideUnderHashesWithoutASecret) {
  constexpr int kBits = 14;
  // Two blocks that differ in the top bit once std::hash has mixed them, twice each, so that the second takes it back.
  const auto of_std_hash = combined(" -Lauu\x1c- -Lauu\x1c-", " -\t{\x10[\xc4\xbb -\t{\x10[\xc4\xbb", kBits);
  const auto of_polynomial = combined("Aa", "BB", kBits);
  EXPECT_EQ(std::hash<std::string>()(of_std_hash.front()), std::hash<std::string>()(of_std_hash.back()))
      << "it is another std::hash than that of libstdc++ on 64 bits";
  SeededRandom random(1);
  std::vector<std::string> by_chance;
  for (size_t i = 0; i < of_polynomial.size(); ++i) by_chance.push_back(std::to_string(random.next()));
  const HashKey key{0x1234, 0x5678};
  const size_t usual = longest_run(by_chance, key);
  for (const auto& names : {of_std_hash, of_polynomial}) {
    std::set<uint64_t> hashes;
    for (const std::string& name : names) hashes.insert(siphash(key, name));
    EXPECT_EQ(hashes.size(), names.size());
    EXPECT_LT(longest_run(names, key), 3 * usual);
  }
}

}  // namespace
}  // namespace discovery
