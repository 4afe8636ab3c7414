#include "guard/shield.h"

#include <gtest/gtest.h>

#include <string>

namespace discovery::guard {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr TimePoint kStart = from_wire_ns(1'700'000'000'000'000'000);

class ShieldTest : public testing::Test {
 protected:
  Shield::Judgement judge(std::string_view query = "appid=a", std::string_view ip = "10.0.0.1") {
    return shield_.judge({Rule::kSpinningPoll, ip, "/discovery/polls", query, ""}, now_);
  }
  /// So often, evenly over a second. How many were slowed.
  int send(int times, std::string_view query = "appid=a", std::string_view ip = "10.0.0.1") {
    int slowed = 0;
    for (int i = 0; i < times; ++i) {
      slowed += judge(query, ip).delay > Duration::zero();
      now_ += Duration(seconds(1)) / times + std::chrono::nanoseconds(1);
    }
    return slowed;
  }
  Shield shield_{HashKey{1, 2}, ShieldSettings{.enabled = true, .repeats = 50, .delay = milliseconds(700)}};
  TimePoint now_ = kStart;
};

TEST_F(ShieldTest, LetsPassWhatComesLessOftenThanTheLimit) {
  for (int second = 0; second < 20; ++second) EXPECT_EQ(send(49), 0) << second;
}

TEST_F(ShieldTest, SlowsFromTheLimitOnAndSaysOnceThatItBegins) {
  for (int i = 1; i < 50; ++i) EXPECT_EQ(judge().delay, Duration::zero()) << i;
  const auto at_limit = judge();
  EXPECT_TRUE(at_limit.begins);
  EXPECT_EQ(at_limit.delay, milliseconds(700));
  EXPECT_EQ(at_limit.in_window, 50u);
  const auto after = judge();
  EXPECT_FALSE(after.begins);
  EXPECT_EQ(after.delay, milliseconds(700));
}

TEST_F(ShieldTest, GoesOnSlowingWhileTheLoopGoesOnHoweverSlowly) {
  send(50);
  for (int i = 0; i < 100; ++i) {
    now_ += seconds(1);
    EXPECT_GT(judge().delay, Duration::zero()) << i;
  }
}

TEST_F(ShieldTest, ForgivesTenSecondsAfterTheLast) {
  send(50);
  now_ += Shield::kForgiveAfter - seconds(1);
  EXPECT_GT(judge().delay, Duration::zero());
  now_ += Shield::kForgiveAfter;
  EXPECT_EQ(judge().delay, Duration::zero());
}

TEST_F(ShieldTest, SlowsNoOtherRequestAndNoOtherClient) {
  ASSERT_GT(send(60), 0);
  EXPECT_EQ(judge("appid=b").delay, Duration::zero());
  EXPECT_EQ(judge("appid=a", "10.0.0.2").delay, Duration::zero());
  EXPECT_EQ(shield_.judge({Rule::kRenewLoop, "10.0.0.1", "/discovery/polls", "appid=a", ""}, now_).delay,
            Duration::zero());
  EXPECT_EQ(shield_.judge({Rule::kSpinningPoll, "10.0.0.1", "/discovery/polls", "", "appid=a"}, now_).delay,
            Duration::zero());
  EXPECT_GT(judge().delay, Duration::zero());
}

// The hash takes words together: no length and no place of a byte may get lost.
TEST_F(ShieldTest, AnyByteOfAnyLengthMakesAnotherRequest) {
  for (size_t length = 1; length <= 100; ++length) {
    const std::string body(length, 'x');
    ASSERT_EQ(judge(body).in_window, 1u) << length;
    ASSERT_EQ(judge(body).in_window, 2u) << length;
    for (size_t at = 0; at < length; ++at) {
      std::string other = body;
      other[at] = 'y';
      ASSERT_EQ(judge(other).in_window, 1u) << length << ' ' << at;
    }
    now_ += seconds(5);
  }
}

TEST_F(ShieldTest, AThousandDifferentRequestsASecondAreNoLoop) {
  for (int i = 0; i < 5000; ++i) {
    EXPECT_EQ(judge("appid=" + std::to_string(i % 1000)).delay, Duration::zero());
    now_ += milliseconds(1);
  }
}

TEST_F(ShieldTest, KeepsALoopAmongManyOthers) {
  int slowed = 0;
  for (int i = 0; i < 20'000; ++i) {
    judge("appid=" + std::to_string(i));
    slowed += judge("loop").delay > Duration::zero();
    now_ += std::chrono::microseconds(100);
  }
  EXPECT_GT(slowed, 19'000);
}

TEST_F(ShieldTest, ARegisterMayBeOfALoopWhenItComesWithinTwiceTheMeanDistanceOfOne) {
  EXPECT_TRUE(shield_.may_loop(Duration::zero(), now_));
  EXPECT_TRUE(shield_.may_loop(milliseconds(-5), now_)) << "a lease that another node measured";
  EXPECT_TRUE(shield_.may_loop(milliseconds(40), now_));
  EXPECT_FALSE(shield_.may_loop(milliseconds(40) + Duration(1), now_));
  EXPECT_FALSE(shield_.may_loop(std::chrono::hours(24 * 365), now_));
}

// What is held back for a second comes a second later: it is still the loop.
TEST_F(ShieldTest, AnyRegisterMayBeOfALoopWhileOneIsSlowed) {
  send(49);
  EXPECT_FALSE(shield_.may_loop(seconds(1), now_));
  judge();
  EXPECT_FALSE(shield_.may_loop(seconds(1), now_)) << "the window of the others is over";
  for (int i = 0; i < 50; ++i) judge();
  EXPECT_TRUE(shield_.may_loop(seconds(1), now_));
  now_ += Shield::kForgiveAfter;
  EXPECT_FALSE(shield_.may_loop(seconds(1), now_));
}

TEST_F(ShieldTest, SwitchedOffItSlowsNobodyFromTheNextRequestOn) {
  send(60);
  shield_.update({.enabled = false, .repeats = 50, .delay = seconds(1)});
  EXPECT_EQ(judge().delay, Duration::zero());
}

}  // namespace
}  // namespace discovery::guard
