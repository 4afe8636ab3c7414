// The brake on an application that would lose most of its instances at once.
#include "registry/brake.h"

#include <gtest/gtest.h>

#include <string>

#include "unit/registry/node.h"

namespace discovery::registry {
namespace {

LeaseSettings with_brake() {
  LeaseSettings s;
  s.brake = true;
  return s;
}
/// One sweep in which `going` of `visible` would go.
bool held(Brake& brake, TimePoint now, size_t going, size_t visible) {
  brake.begin(now);
  for (size_t i = 0; i < going; ++i) brake.count(1, visible);
  brake.decide(now);
  EXPECT_EQ(brake.held(), brake.holds(1) ? 1 : 0);
  return brake.holds(1);
}

TEST(Brake, HoldsMoreThanHalfOfTenOrMore) {
  const auto first = [](size_t going, size_t visible) {
    Brake brake(with_brake());
    return held(brake, kStart, going, visible);
  };
  EXPECT_TRUE(first(6, 10));
  EXPECT_FALSE(first(5, 10));
  EXPECT_FALSE(first(9, 9));
  EXPECT_TRUE(first(10, 10));
  EXPECT_FALSE(first(0, 10));
}

TEST(Brake, IsOffUnlessAskedFor) {
  Brake brake(LeaseSettings{});
  EXPECT_FALSE(held(brake, kStart, 100, 100));
}

TEST(Brake, CountsWhatEarlierSweepsHidWithinOneTtl) {
  Brake brake(with_brake());
  EXPECT_FALSE(held(brake, kStart, 4, 10));
  for (int i = 0; i < 4; ++i) brake.hidden(1, kStart);
  EXPECT_TRUE(held(brake, kStart + seconds(60), 2, 6));
  EXPECT_TRUE(held(brake, kStart + seconds(90), 2, 6));
  EXPECT_FALSE(held(brake, kStart + seconds(91), 2, 6));
}

TEST(Brake, EndsAfterTenMinutesUntilItWasWellOnce) {
  Brake brake(with_brake());
  EXPECT_TRUE(held(brake, kStart, 8, 10));
  EXPECT_TRUE(held(brake, kStart + minutes(10) - nanoseconds(1), 8, 10));
  EXPECT_FALSE(held(brake, kStart + minutes(10), 8, 10));
  EXPECT_FALSE(held(brake, kStart + minutes(11), 8, 10));
  EXPECT_FALSE(held(brake, kStart + minutes(12), 0, 10));
  EXPECT_TRUE(held(brake, kStart + minutes(13), 8, 10));
}

// Two hundred others keep renewing, so nothing protects.
class BrakedSweep : public ::testing::Test {
 protected:
  void start(bool brake) {
    RegistrySettings s;
    s.lease.brake = brake;
    node = std::make_unique<Node>(s);
    for (int i = 0; i < 20; ++i) node->put(one(i));
    for (int i = 0; i < 200; ++i) node->put({std::to_string(i), "z", "others", "e"});
  }
  static Name one(int i) { return {std::to_string(i), "z", "one", "e"}; }
  size_t live(Duration d, int renewing) {
    size_t gone = 0;
    for (const TimePoint end = node->now + d; node->now < end;) {
      for (int i = 0; i < 200; ++i) node->renew({std::to_string(i), "z", "others", "e"});
      for (int i = 0; i < renewing; ++i) node->renew(one(i));
      gone += node->live(seconds(20)).size();
    }
    return gone;
  }
  std::unique_ptr<Node> node;
};

TEST_F(BrakedSweep, HoldsTheApplicationAndCountsIt) {
  start(true);
  EXPECT_EQ(live(minutes(8), 5), 0U);
  EXPECT_EQ(node->registry.lease_status().braked_applications, 1);
  EXPECT_EQ(node->registry.lease_status().held, 15);
  EXPECT_EQ(live(minutes(5), 5), 15U);
  EXPECT_EQ(node->registry.lease_status().braked_applications, 0);
  EXPECT_EQ(node->registry.lease_status().held, 0);
}

TEST_F(BrakedSweep, EndsWhenRenewalsReturn) {
  start(true);
  EXPECT_EQ(live(minutes(5), 5), 0U);
  EXPECT_EQ(live(minutes(4), 20), 0U);
  EXPECT_EQ(node->registry.lease_status().braked_applications, 0);
  EXPECT_EQ(node->registry.lease_status().held, 0);
}

TEST_F(BrakedSweep, WithoutItTheyGo) {
  start(false);
  EXPECT_EQ(live(minutes(5), 5), 15U);
}

}  // namespace
}  // namespace discovery::registry
