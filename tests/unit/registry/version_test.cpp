#include "registry/version.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <thread>
#include <vector>

namespace discovery::registry {
namespace {

constexpr int64_t kMax = std::numeric_limits<int64_t>::max();

TEST(Version, AnIncarnationIsOrderedByTimeThenNodeThenFlag) {
  const Incarnation base{100, 5, false};
  EXPECT_LT(base, (Incarnation{101, 1, false}));
  EXPECT_LT(base, (Incarnation{100, 6, false}));
  EXPECT_LT(base, (Incarnation{100, 5, true}));  // of one write, the tombstone is the later state
  EXPECT_GT(base, (Incarnation{99, 9, true}));
}

TEST(Version, ASetCountsOnlyWithinOneIncarnation) {
  const Version plain{{100, 1, false}, {}};
  const Version with_set{{100, 1, false}, {200, 2}};
  const Version next{{101, 1, false}, {}};
  EXPECT_LT(plain, with_set);
  EXPECT_LT(with_set, next);                           // a new registration ends what was set on the old one
  EXPECT_LT(with_set, (Version{{100, 1, true}, {}}));  // and no set revives a tombstone
  EXPECT_LT(with_set, (Version{{100, 1, false}, {200, 3}}));
}

TEST(Version, SaturatingAddStopsAtTheLargestTimestamp) {
  EXPECT_EQ(saturating_add(1, 2), 3);
  EXPECT_EQ(saturating_add(kMax - 1, 1), kMax);
  EXPECT_EQ(saturating_add(kMax, 1), kMax);
  EXPECT_EQ(saturating_add(kMax, kMax), kMax);
}

TEST(VersionClock, FollowsTheClockAndNeverFalls) {
  VersionClock clock;
  EXPECT_EQ(clock.next(from_wire_ns(1000)), 1000);
  EXPECT_EQ(clock.next(from_wire_ns(2000)), 2000);
  EXPECT_EQ(clock.next(from_wire_ns(2000)), 2001);
  EXPECT_EQ(clock.next(from_wire_ns(500)), 2002);
  EXPECT_EQ(clock.last(), 2002);
  EXPECT_EQ(clock.next(from_wire_ns(3000)), 3000);
}

TEST(VersionClock, PassesTheVersionItReplaces) {
  VersionClock clock;
  EXPECT_EQ(clock.next(from_wire_ns(1000), 5000), 5001);
  EXPECT_EQ(clock.next(from_wire_ns(1000), 0), 5002);  // and stays above it
  EXPECT_EQ(clock.next(from_wire_ns(1000), 4000), 5003);
}

TEST(VersionClock, Saturates) {
  VersionClock clock;
  EXPECT_EQ(clock.next(from_wire_ns(1), kMax - 1), kMax);
  EXPECT_EQ(clock.next(from_wire_ns(1), kMax), kMax);
  EXPECT_EQ(clock.next(from_wire_ns(2)), kMax);
}

TEST(VersionClock, ThreadsNeverGetTheSameValue) {
  VersionClock clock;
  constexpr size_t kThreads = 4;
  constexpr size_t kValues = 20000;
  std::vector<std::vector<int64_t>> given(kThreads);
  std::vector<std::thread> threads;
  for (size_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&clock, &mine = given[t]] {
      mine.reserve(kValues);
      for (size_t i = 0; i < kValues; ++i) mine.push_back(clock.next(from_wire_ns(static_cast<int64_t>(1000 + i / 3))));
    });
  }
  for (std::thread& t : threads) t.join();
  std::vector<int64_t> all;
  for (const auto& mine : given) {
    EXPECT_TRUE(std::is_sorted(mine.begin(), mine.end()));
    all.insert(all.end(), mine.begin(), mine.end());
  }
  std::sort(all.begin(), all.end());
  EXPECT_TRUE(std::adjacent_find(all.begin(), all.end()) == all.end());
  EXPECT_EQ(all.back(), clock.last());
}

}  // namespace
}  // namespace discovery::registry
