#include "guard/rate_limit.h"

#include <gtest/gtest.h>

#include <string>

namespace discovery::guard {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr TimePoint kStart = from_wire_ns(1'700'000'000'000'000'000);
constexpr std::string_view kClient = "10.0.0.1";

class RateLimitTest : public testing::Test {
 protected:
  explicit RateLimitTest(const RateSettings& settings = {.reads_per_second = 10,
                                                         .writes_per_second = 2,
                                                         .burst = seconds(5)})
      : limit_(HashKey{1, 2}, settings) {}
  Duration charge(RateKind kind = RateKind::kRead, std::string_view client = kClient, int64_t expected = 0) {
    return limit_.charge(client, kind, expected, now_);
  }
  /// So many at once. How many were held.
  int send(int times, RateKind kind = RateKind::kRead, int64_t expected = 0) {
    int held = 0;
    for (int i = 0; i < times; ++i) held += charge(kind, kClient, expected) > Duration::zero();
    return held;
  }
  RateLimit limit_;
  TimePoint now_ = kStart;
};

TEST_F(RateLimitTest, LetsPassWhatKeepsToTheRate) {
  for (int i = 0; i < 1000; ++i, now_ += milliseconds(100)) ASSERT_EQ(charge(), Duration::zero()) << i;
}

TEST_F(RateLimitTest, LetsPassABurstAndHoldsTheNextOne) {
  EXPECT_EQ(send(50), 0) << "five seconds of ten";
  EXPECT_EQ(charge(), milliseconds(100));
  EXPECT_EQ(charge(), milliseconds(200)) << "each has its own turn";
}

TEST_F(RateLimitTest, ABurstComesBackAsTimePasses) {
  send(50);
  now_ += seconds(1);
  EXPECT_EQ(send(10), 0);
  EXPECT_EQ(send(1), 1);
  now_ += seconds(60);
  EXPECT_EQ(send(50), 0);
  EXPECT_EQ(send(1), 1) << "no more than one burst is saved up";
}

TEST_F(RateLimitTest, NobodyIsHeldLongerThanTheMaximumAndWhatWouldBeIsNotCharged) {
  Duration longest{};
  for (int i = 0; i < 1000; ++i) longest = std::max(longest, charge());
  EXPECT_EQ(longest, RateLimit::kHoldMax);
  now_ += RateLimit::kHoldMax + seconds(5);
  EXPECT_EQ(charge(), Duration::zero()) << "a flood does not lock its client out for longer";
}

TEST_F(RateLimitTest, EveryKindHasARateOfItsOwn) {
  send(60);
  EXPECT_EQ(send(10, RateKind::kWrite), 0) << "five seconds of two";
  EXPECT_EQ(charge(RateKind::kWrite), milliseconds(500));
  EXPECT_EQ(charge(RateKind::kRenew), Duration::zero());
}

TEST_F(RateLimitTest, OtherClientsAreNotCharged) {
  send(100);
  for (int i = 2; i < 100; ++i) {
    EXPECT_EQ(charge(RateKind::kRead, "10.0.0." + std::to_string(i)), Duration::zero()) << i;
  }
}

TEST_F(RateLimitTest, RenewalsPassUpToTwiceWhatAllInstancesShouldSend) {
  constexpr int64_t kExpected = 600;  // ten a second, so twenty are let pass
  EXPECT_EQ(send(100, RateKind::kRenew, kExpected), 0) << "five seconds of twenty";
  EXPECT_EQ(charge(RateKind::kRenew, kClient, kExpected), milliseconds(50));
}

TEST_F(RateLimitTest, AnEmptyNodeLetsPassAsManyRenewalsAsWrites) {
  EXPECT_EQ(send(10, RateKind::kRenew), 0);
  EXPECT_EQ(send(1, RateKind::kRenew), 1);
}

class NoLimitTest : public RateLimitTest {
 protected:
  NoLimitTest() : RateLimitTest(RateSettings{}) {}
};

TEST_F(NoLimitTest, HoldsNothingUntilToldTo) {
  for (const RateKind kind : {RateKind::kRead, RateKind::kWrite, RateKind::kRenew}) EXPECT_EQ(send(100, kind), 0);
  limit_.update({.reads_per_second = 1, .writes_per_second = 0, .burst = seconds(1)});
  EXPECT_EQ(send(2), 1);
  EXPECT_EQ(send(100, RateKind::kWrite), 0);
  EXPECT_EQ(send(100, RateKind::kRenew), 0) << "no limit of writes, none of renewals";
}

class NoBurstTest : public RateLimitTest {
 protected:
  NoBurstTest() : RateLimitTest(RateSettings{.reads_per_second = 10, .writes_per_second = 0, .burst = {}}) {}
};

TEST_F(NoBurstTest, StillLetsPassOne) {
  EXPECT_EQ(charge(), Duration::zero());
  EXPECT_EQ(charge(), milliseconds(100));
}

}  // namespace
}  // namespace discovery::guard
