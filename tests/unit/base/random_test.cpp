#include "base/random.h"

#include <gtest/gtest.h>

#include <array>
#include <deque>

namespace discovery {
namespace {

/// Gives out what it was told to, so that a test can put the rejected values in.
class ScriptedRandom final : public Random {
 public:
  explicit ScriptedRandom(std::deque<uint64_t> values) : values_(std::move(values)) {}
  uint64_t next() override {
    EXPECT_FALSE(values_.empty()) << "asked for more values than the test foresees";
    if (values_.empty()) return UINT64_MAX;
    const uint64_t value = values_.front();
    values_.pop_front();
    return value;
  }
  [[nodiscard]] size_t left() const { return values_.size(); }

 private:
  std::deque<uint64_t> values_;
};

TEST(Random, BelowStaysInRangeForAwkwardBounds) {
  SeededRandom random(7);
  for (const uint64_t bound :
       {uint64_t{1}, uint64_t{2}, uint64_t{3}, uint64_t{10}, uint64_t{1} << 32, (uint64_t{1} << 63) + 1, UINT64_MAX}) {
    for (int i = 0; i < 1000; ++i) ASSERT_LT(random.below(bound), bound);
  }
}

TEST(Random, BelowOneIsZeroAndTakesOneValue) {
  ScriptedRandom random({UINT64_MAX, 0});
  EXPECT_EQ(random.below(1), 0U);
  EXPECT_EQ(random.left(), 1U);
}

TEST(Random, BelowRejectsTheValuesThatWouldFavourSmallResults) {
  // 2^64 mod 3 is 1: exactly one value, 0, has to go. 2^64 mod 6 is 4: 0 to 3 have to.
  ScriptedRandom three({0, 5});
  EXPECT_EQ(three.below(3), 2U);
  EXPECT_EQ(three.left(), 0U);
  ScriptedRandom six({3, 0, 2, 1, 4});
  EXPECT_EQ(six.below(6), 4U);
  EXPECT_EQ(six.left(), 0U);
  // For a bound just above 2^63 nearly half of all values go.
  const uint64_t bound = (uint64_t{1} << 63) + 1;
  ScriptedRandom large({0, (uint64_t{1} << 63) - 2, (uint64_t{1} << 63) - 1});
  EXPECT_EQ(large.below(bound), (uint64_t{1} << 63) - 1);
  EXPECT_EQ(large.left(), 0U);
}

TEST(Random, BelowAPowerOfTwoRejectsNothing) {
  ScriptedRandom random({0, 8, 15});
  EXPECT_EQ(random.below(8), 0U);
  EXPECT_EQ(random.below(8), 0U);
  EXPECT_EQ(random.below(8), 7U);
}

TEST(Random, BelowIsUniform) {
  constexpr uint64_t kSeed = 20240607;
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  SeededRandom random(kSeed);
  std::array<int, 7> counts{};
  constexpr int kDraws = 70000;
  for (int i = 0; i < kDraws; ++i) ++counts[random.below(counts.size())];
  double chi_squared = 0;
  for (const int c : counts) chi_squared += (c - 10000.0) * (c - 10000.0) / 10000.0;
  EXPECT_LT(chi_squared, 22.46);  // 6 degrees of freedom, one in a thousand
}

TEST(SeededRandom, OneSeedIsOneSequence) {
  SeededRandom a(42), b(42), c(43);
  bool differs = false;
  for (int i = 0; i < 100; ++i) {
    const uint64_t x = a.next();
    EXPECT_EQ(x, b.next());
    differs |= x != c.next();
  }
  EXPECT_TRUE(differs);
}

TEST(SeededRandom, GivesTheSequenceOfSplitMix64) {
  SeededRandom random(1234567);  // the published check values of that seed
  EXPECT_EQ(random.next(), 6457827717110365317ULL);
  EXPECT_EQ(random.next(), 3203168211198807973ULL);
  EXPECT_EQ(random.next(), 9817491932198370423ULL);
}

}  // namespace
}  // namespace discovery
