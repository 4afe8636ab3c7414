#include "node/config_nearest.h"

#include <gtest/gtest.h>

namespace discovery::node {
namespace {

TEST(EditDistance, CountsSlipsOfTheHand) {
  EXPECT_EQ(edit_distance("", ""), 0U);
  EXPECT_EQ(edit_distance("", "abc"), 3U);
  EXPECT_EQ(edit_distance("abc", ""), 3U);
  EXPECT_EQ(edit_distance("zone", "Zone"), 0U);
  EXPECT_EQ(edit_distance("zone", "zones"), 1U);
  EXPECT_EQ(edit_distance("zone", "zoen"), 1U);
  EXPECT_EQ(edit_distance("zone", "bone"), 1U);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
  EXPECT_EQ(edit_distance("ca", "abc"), 3U);  // optimal string alignment: what was swapped is not edited again
}

TEST(Nearest, TakesTheBestThatIsNearEnough) {
  Nearest nearest("timeot");
  EXPECT_FALSE(nearest.offer("listen"));
  EXPECT_TRUE(nearest.offer("timeous"));
  EXPECT_TRUE(nearest.offer("timeout"));
  EXPECT_FALSE(nearest.offer("timeots"));
  EXPECT_EQ(nearest.best(), "timeout");
}

TEST(Nearest, KnowsWhenNothingIsNear) {
  Nearest shorter("a");
  EXPECT_FALSE(shorter.offer("b"));
  Nearest empty("");
  EXPECT_FALSE(empty.offer("a"));
  EXPECT_EQ(empty.best(), "");
}

TEST(Nearest, OverlongWordsHaveNoNeighbours) {
  const std::string word(Nearest::kWordBytesMax, 'a');
  EXPECT_TRUE(Nearest(word).offer(word));
  EXPECT_FALSE(Nearest(word + "a").offer(word));
}

}  // namespace
}  // namespace discovery::node
