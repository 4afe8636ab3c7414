#include <gtest/gtest.h>

#include "simulation/chance.h"
#include "simulation/event_queue.h"
#include "simulation/sim_time.h"

namespace discovery::simulation {
namespace {

TEST(NodeClock, DriftsFromWhereItsWallClockStoodAtTheStart) {
  NodeClock clock(2 * kSecond, 200);
  clock.start(10 * kSecond);
  EXPECT_EQ(to_wire_ns(clock.read(10 * kSecond)), kEpoch + 12 * kSecond);
  EXPECT_EQ(to_wire_ns(clock.read(1010 * kSecond)), kEpoch + 1012 * kSecond + 200 * kMillisecond);
}

TEST(NodeClock, AStepOfTheWallShowsAtTheNextStartOnly) {
  NodeClock clock;
  clock.start(0);
  clock.step_wall(-kMinute);
  EXPECT_EQ(to_wire_ns(clock.read(kSecond)), kEpoch + kSecond);
  clock.start(2 * kSecond);
  EXPECT_EQ(to_wire_ns(clock.read(2 * kSecond)), kEpoch + 2 * kSecond - kMinute);
}

TEST(NodeClock, WhenIsTheFirstMomentAtWhichTheClockReadsThat) {
  for (const int64_t ppm : {-200, 0, 137, 200}) {
    NodeClock clock(-kSecond, ppm);
    clock.start(5 * kSecond);
    for (const Ns ahead : {Ns{1}, Ns{999}, 30 * kSecond, 3600 * kSecond}) {
      const TimePoint wanted = clock.read(5 * kSecond) + Duration(ahead);
      const Ns when = clock.when(wanted);
      EXPECT_GE(clock.read(when), wanted);
      EXPECT_LE(clock.read(when - 2 * kMillisecond / 1000 - 2), wanted);
    }
  }
  EXPECT_EQ(NodeClock().when(TimePoint::max()), kNever);
}

TEST(EventQueue, GivesByTimeAndAtOneTimeInTheOrderOfPutting) {
  EventQueue queue;
  for (uint32_t i = 0; i < 1000; ++i) queue.put(static_cast<Ns>(i * 7919 % 10), EventKind::kLook, i);
  Event last = queue.take();
  while (!queue.empty()) {
    const Event next = queue.take();
    ASSERT_TRUE(last.at < next.at || (last.at == next.at && last.whom < next.whom));
    last = next;
  }
}

TEST(Chance, ExponentialHasTheMeanItIsAskedFor) {
  SeededRandom random(7);
  constexpr int kDraws = 200'000;
  Ns sum = 0;
  for (int i = 0; i < kDraws; ++i) {
    const Ns x = exponential(random, kSecond);
    ASSERT_GE(x, 0);
    ASSERT_LE(x, 50 * kSecond);
    sum += x;
  }
  EXPECT_NEAR(static_cast<double>(sum) / kDraws / 1e9, 1.0, 0.08);
}

TEST(Chance, HappensAsOftenAsItSays) {
  SeededRandom random(8);
  int times = 0;
  for (int i = 0; i < 100'000; ++i) times += happens(random, 20'000) ? 1 : 0;
  EXPECT_NEAR(times, 2000, 200);
  EXPECT_FALSE(happens(random, 0));
  EXPECT_TRUE(happens(random, 1'000'000));
}

}  // namespace
}  // namespace discovery::simulation
