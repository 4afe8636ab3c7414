#include "net/gathering.h"

#include <gtest/gtest.h>

#include <vector>

namespace discovery::net {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

/// Turns of one event each, at an even rate.
class Load {
 public:
  explicit Load(Gathering& gathering) : gathering_(gathering) {}

  void run(Duration whole, int connections, Duration every, Duration work) {
    std::vector<char> owners(static_cast<size_t>(connections) * 1000);  // their addresses are what counts
    const TimePoint end = now_ + whole;
    for (size_t i = 0; now_ < end; ++i) {
      gathering_.note_event(&owners[i % static_cast<size_t>(connections) * 1000]);
      gathering_.note_turn(now_, now_ + work);
      now_ += every;
    }
  }
  void quiet(Duration t) { now_ += t; }

 private:
  Gathering& gathering_;
  TimePoint now_{std::chrono::hours(1)};
};

TEST(Gathering, DoesNotPayBeforeAnythingWasSeen) {
  const Gathering gathering;
  EXPECT_FALSE(gathering.pays());
}

TEST(Gathering, PaysForManyConnectionsAtAHighRate) {
  Gathering gathering;
  Load load(gathering);
  load.run(milliseconds(40), 64, microseconds(30), microseconds(10));
  EXPECT_TRUE(gathering.pays());
}

TEST(Gathering, NotBelowTenThousandASecond) {
  Gathering gathering;
  Load load(gathering);
  load.run(milliseconds(40), 64, microseconds(110), microseconds(10));
  EXPECT_FALSE(gathering.pays());
  load.run(milliseconds(40), 64, microseconds(90), microseconds(10));
  EXPECT_TRUE(gathering.pays());
}

TEST(Gathering, NotForFewConnectionsEachOfWhichWaitsForItsAnswer) {
  Gathering gathering;
  Load load(gathering);
  load.run(milliseconds(40), Gathering::kMarksMin - 1, microseconds(30), microseconds(10));
  EXPECT_FALSE(gathering.pays());
}

TEST(Gathering, NotWhenTheThreadIsBusyAnyway) {
  Gathering gathering;
  Load load(gathering);
  load.run(milliseconds(40), 64, microseconds(30), microseconds(25));
  EXPECT_FALSE(gathering.pays());
}

TEST(Gathering, EndsWithTheRush) {
  Gathering gathering;
  Load load(gathering);
  load.run(milliseconds(40), 64, microseconds(30), microseconds(10));
  ASSERT_TRUE(gathering.pays());
  load.run(milliseconds(25), 64, microseconds(500), microseconds(10));
  EXPECT_FALSE(gathering.pays());
}

TEST(Gathering, WhatCameBeforeAPauseCountsForNothing) {
  Gathering gathering;
  Load load(gathering);
  load.run(milliseconds(9), 64, microseconds(30), microseconds(10));
  load.quiet(std::chrono::seconds(5));
  load.run(microseconds(30), 64, microseconds(30), microseconds(10));
  EXPECT_FALSE(gathering.pays()) << "300 events, but in five seconds";
}

}  // namespace
}  // namespace discovery::net
