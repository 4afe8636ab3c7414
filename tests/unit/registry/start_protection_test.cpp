#include "registry/start_protection.h"

#include <gtest/gtest.h>

#include "unit/registry/node.h"

namespace discovery::registry {
namespace {

TEST(StartProtection, IsOffUnlessAskedFor) {
  const StartProtection off(false, kStart);
  EXPECT_FALSE(off.active(kStart));
  EXPECT_FALSE(off.active(kStart + seconds(30)));
}

TEST(StartProtection, LastsSixtySeconds) {
  const StartProtection on(true, kStart);
  EXPECT_TRUE(on.active(kStart));
  EXPECT_TRUE(on.active(kStart + seconds(60) - nanoseconds(1)));
  EXPECT_FALSE(on.active(kStart + seconds(60)));
  EXPECT_FALSE(on.active(kStart + hours(1)));
}

TEST(StartProtection, EndsEarlyWhenAPeerDelivered) {
  StartProtection on(true, kStart);
  on.synced();
  EXPECT_FALSE(on.active(kStart));
  EXPECT_FALSE(on.active(kStart + seconds(30)));
}

TEST(StartProtection, SyncingOneThatIsOffDoesNothing) {
  StartProtection off(false, kStart);
  off.synced();
  EXPECT_FALSE(off.active(kStart));
}

TEST(StartProtection, RefusesWhileWarmingWhateverElseIsSaid) {
  for (const bool enabled : {false, true}) {
    StartProtection gate(enabled, kStart);
    EXPECT_FALSE(gate.warming()) << "ready until it is said otherwise";
    gate.set_ready(false);
    gate.synced();
    EXPECT_TRUE(gate.active(kStart));
    EXPECT_TRUE(gate.active(kStart + hours(1))) << "no time ends it";
    EXPECT_FALSE(gate.protecting(kStart));
    gate.set_ready(true);
    EXPECT_FALSE(gate.active(kStart));
  }
}

TEST(StartProtection, ReadinessDoesNotEndTheFirstMinute) {
  StartProtection gate(true, kStart);
  gate.set_ready(false);
  gate.set_ready(true);
  EXPECT_TRUE(gate.active(kStart + seconds(59)));
  EXPECT_FALSE(gate.active(kStart + seconds(60)));
}

}  // namespace
}  // namespace discovery::registry
