#include "base/key_range.h"

#include <gtest/gtest.h>

namespace discovery {
namespace {

const std::string kNoEnd(1, '\0');

TEST(KeyRange, HoldsWhatEtcdsDoes) {
  EXPECT_TRUE(KeyRange{"a"}.holds("a"));
  EXPECT_FALSE(KeyRange{"a"}.holds("aa"));
  const KeyRange some{"a", "c"};
  EXPECT_TRUE(some.holds("a") && some.holds("bzz"));
  EXPECT_FALSE(some.holds("c") || some.holds("A"));
  const KeyRange rest{"b", kNoEnd};
  EXPECT_TRUE(rest.holds("b") && rest.holds("\xFF"));
  EXPECT_FALSE(rest.holds("a"));
}

}  // namespace
}  // namespace discovery
