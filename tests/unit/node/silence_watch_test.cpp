#include "node/silence_watch.h"

#include <gtest/gtest.h>

namespace discovery::node {
namespace {

using cluster::LinkStatus;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Duration kPatience = seconds(180);
constexpr TimePoint kStart{seconds(1'000'000)};

LinkStatus link(std::string_view address, std::optional<Duration> silent_for = {}) {
  LinkStatus status;
  status.address = address;
  status.member = true;
  status.silent_for = silent_for;
  return status;
}

TEST(SilenceWatch, TellsOnceOfAMemberThatFellSilent) {
  SilenceWatch watch(kPatience);
  EXPECT_TRUE(watch.look({link("a:1", seconds(0)), link("b:1", seconds(0))}, kStart).empty());
  const Duration nearly = kPatience - milliseconds(1);
  EXPECT_TRUE(watch.look({link("a:1", nearly), link("b:1", seconds(0))}, kStart + nearly).empty());
  const auto found = watch.look({link("a:1", kPatience), link("b:1", seconds(0))}, kStart + kPatience);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].address, "a:1");
  EXPECT_EQ(found[0].since_ms, 180'000);
  const Duration later = kPatience + seconds(60);
  EXPECT_TRUE(watch.look({link("a:1", later), link("b:1", seconds(0))}, kStart + later).empty());
}

TEST(SilenceWatch, TellsAgainWhenItWasHeardInBetween) {
  SilenceWatch watch(kPatience);
  EXPECT_TRUE(watch.look({link("a:1", seconds(0))}, kStart).empty());
  EXPECT_EQ(watch.look({link("a:1", kPatience)}, kStart + kPatience).size(), 1U);
  EXPECT_TRUE(watch.look({link("a:1", seconds(1))}, kStart + 2 * kPatience).empty());
  EXPECT_EQ(watch.look({link("a:1", kPatience)}, kStart + 3 * kPatience).size(), 1U);
}

TEST(SilenceWatch, OneNeverHeardIsSilentSinceItWasKnown) {
  SilenceWatch watch(kPatience);
  EXPECT_TRUE(watch.look({link("a:1")}, kStart).empty());
  EXPECT_TRUE(watch.look({link("a:1")}, kStart + kPatience - seconds(1)).empty());
  EXPECT_EQ(watch.look({link("a:1")}, kStart + kPatience).size(), 1U);
}

TEST(SilenceWatch, ForgetsNodesThatAreNoMembers) {
  SilenceWatch watch(kPatience);
  EXPECT_TRUE(watch.look({link("a:1")}, kStart).empty());
  LinkStatus removed = link("a:1");
  removed.member = false;
  EXPECT_TRUE(watch.look({removed}, kStart + kPatience).empty());
  // It has joined again: its time begins anew.
  EXPECT_TRUE(watch.look({link("a:1")}, kStart + kPatience + seconds(1)).empty());
}

}  // namespace
}  // namespace discovery::node
