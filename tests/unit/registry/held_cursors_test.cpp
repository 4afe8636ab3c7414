#include "registry/held_cursors.h"

#include <gtest/gtest.h>

#include "unit/registry/node.h"

namespace discovery::registry {
namespace {

TimePoint at(Duration d) { return kStart + d; }

TEST(HeldCursors, CountFromTheFirstPollOfEach) {
  HeldCursors held;
  EXPECT_EQ(held.hold(1, at(seconds(0))), at(seconds(0)));
  EXPECT_EQ(held.hold(2, at(seconds(1))), at(seconds(1)));
  EXPECT_EQ(held.hold(1, at(seconds(5))), at(seconds(0)));
}

TEST(HeldCursors, AreForgottenAfterABreak) {
  HeldCursors held;
  held.hold(1, kStart);
  EXPECT_EQ(held.hold(1, at(HeldCursors::kForgotten)), kStart);
  const TimePoint again = at(HeldCursors::kForgotten * 2 + nanoseconds(1));
  EXPECT_EQ(held.hold(1, again), again);
}

TEST(HeldCursors, BeginAnewWhenTheyWereTold) {
  HeldCursors held;
  held.hold(1, kStart);
  held.hold(2, kStart);
  held.told(1);
  held.told(3);  // never held
  EXPECT_EQ(held.hold(1, at(seconds(30))), at(seconds(30)));
  EXPECT_EQ(held.hold(2, at(seconds(30))), kStart);
}

TEST(HeldCursors, OneTooManyMakesTheStalestGo) {
  HeldCursors held;
  for (size_t i = 0; i < HeldCursors::kMax; ++i) held.hold(static_cast<int64_t>(i), at(seconds(i)));
  EXPECT_EQ(held.hold(0, at(seconds(8))), kStart);  // 1 is the stalest now
  held.hold(99, at(seconds(9)));
  EXPECT_EQ(held.hold(0, at(seconds(10))), kStart);
  EXPECT_EQ(held.hold(2, at(seconds(10))), at(seconds(2)));
  EXPECT_EQ(held.hold(1, at(seconds(10))), at(seconds(10)));
}

}  // namespace
}  // namespace discovery::registry
