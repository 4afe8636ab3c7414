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

}  // namespace
}  // namespace discovery::registry
