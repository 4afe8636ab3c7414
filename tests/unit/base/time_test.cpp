#include "base/time.h"

#include <gtest/gtest.h>

#include "base/check.h"

namespace discovery {
namespace {

TEST(Time, WireFormIsUnixNanoseconds) {
  EXPECT_EQ(to_wire_ns(from_wire_ns(1700000000000000001)), 1700000000000000001);
  EXPECT_EQ(to_wire_ns(from_wire_ns(5) + std::chrono::seconds(30)), 30000000005);
  EXPECT_EQ(to_wire_ns(TimePoint{}), 0);
}

TEST(CheckDeathTest, StopsWithPlaceAndReason) {
  DISCOVERY_CHECK(true, "never seen");
  EXPECT_DEATH(DISCOVERY_CHECK(1 > 2, "one is less than two"), "time_test.cpp:.*one is less than two");
}

}  // namespace
}  // namespace discovery
