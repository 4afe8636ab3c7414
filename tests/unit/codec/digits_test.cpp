#include "codec/digits.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <string>

namespace discovery::codec {
namespace {

std::string digits(uint64_t value) {
  char text[kDigitsMax];
  return {text, put_digits(text, value)};
}

TEST(Digits, AroundEveryPowerOfTen) {
  uint64_t power = 1;
  for (int i = 0; i < 20; ++i, power *= 10) {
    for (const uint64_t value : {power - 1, power, power + 1, 2 * power - 1})
      EXPECT_EQ(digits(value), std::to_string(value));
  }
  EXPECT_EQ(digits(0), "0");
  EXPECT_EQ(digits(std::numeric_limits<uint64_t>::max()), "18446744073709551615");
}

TEST(Digits, EveryGroupOfEight) {
  for (uint32_t value = 0; value < 100'000'000; value += value % 10'000 == 0 ? 1U : 97U) {
    char text[8];
    put_8_digits(text, value);
    const std::string expected = std::to_string(value);
    ASSERT_EQ(std::string(text, 8), std::string(8 - expected.size(), '0') + expected);
  }
}

TEST(Digits, AnyNumber) {
  const uint64_t seed = 20261128;
  std::mt19937_64 random(seed);
  for (int i = 0; i < 100'000; ++i) {
    const uint64_t value = random() >> (random() % 64);
    ASSERT_EQ(digits(value), std::to_string(value)) << "seed " << seed;
  }
}

}  // namespace
}  // namespace discovery::codec
