#include "base/timer_wheel.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "base/random.h"

namespace discovery {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr TimePoint kStart = from_wire_ns(1'700'000'000'000'000'000);
constexpr Duration kTick = TimerWheel::kTick;
constexpr Duration kHorizon = kTick * (TimerWheel::kSlots - 1);

struct Timer final : TimerEntry {
  std::vector<TimePoint> fired;
  std::function<void(TimePoint)> then;
  void on_deadline(TimePoint now) override {
    fired.push_back(now);
    if (then) {
      const auto run = then;  // it may destroy this timer
      run(now);
    }
  }
};

/// Advances in single ticks, as a reactor that wakes for each would.
void tick_until(TimerWheel& wheel, TimePoint from, TimePoint to) {
  for (TimePoint t = from; t <= to; t += kTick) wheel.advance(t);
}

TEST(TimerWheel, FiresOnceAndNeverEarly) {
  TimerWheel wheel(kStart);
  Timer t;
  const TimePoint deadline = kStart + milliseconds(50) + Duration(1);
  wheel.schedule(t, deadline);
  EXPECT_TRUE(t.linked());
  EXPECT_EQ(t.deadline(), deadline);
  wheel.advance(kStart + milliseconds(50));
  EXPECT_TRUE(t.fired.empty());
  wheel.advance(kStart + milliseconds(60));
  ASSERT_EQ(t.fired.size(), 1U);
  EXPECT_FALSE(t.linked());
  tick_until(wheel, kStart + milliseconds(80), kStart + seconds(200));
  EXPECT_EQ(t.fired.size(), 1U);
}

TEST(TimerWheel, AtMostOneTickLateForEveryOffset) {
  for (int64_t start_ns = 0; start_ns < kTick.count(); start_ns += 3'333'333) {
    for (int64_t offset_ns : {int64_t{0}, int64_t{1}, kTick.count() - 1, kTick.count(), kTick.count() + 1,
                              int64_t{7'654'321}, int64_t{1'234'567'890}}) {
      const TimePoint start = kStart + Duration(start_ns);
      const TimePoint deadline = start + Duration(offset_ns);
      TimerWheel wheel(start);
      Timer t;
      wheel.schedule(t, deadline);
      while (t.fired.empty()) {
        const auto wake = wheel.next_wake();
        ASSERT_TRUE(wake.has_value());
        ASSERT_LE(*wake, deadline + kTick);
        wheel.advance(*wake);
      }
      EXPECT_GE(t.fired[0], deadline);
      EXPECT_LE(t.fired[0], deadline + kTick);
    }
  }
}

TEST(TimerWheel, ADeadlineInThePastFiresAtTheNextTick) {
  TimerWheel wheel(kStart);
  wheel.advance(kStart + seconds(10));
  Timer past, long_ago;
  wheel.schedule(past, kStart + seconds(9));
  wheel.schedule(long_ago, TimePoint{});
  ASSERT_TRUE(wheel.next_wake().has_value());
  EXPECT_LE(*wheel.next_wake(), kStart + seconds(10) + kTick);
  wheel.advance(*wheel.next_wake());
  EXPECT_EQ(past.fired.size(), 1U);
  EXPECT_EQ(long_ago.fired.size(), 1U);
}

TEST(TimerWheel, AtTheHorizonAndOnePast) {
  for (const Duration d : {kHorizon - kTick, kHorizon, kHorizon + kTick, kHorizon + 2 * kTick}) {
    TimerWheel wheel(kStart);
    Timer t;
    wheel.schedule(t, kStart + d);
    tick_until(wheel, kStart, kStart + d - kTick);
    EXPECT_TRUE(t.fired.empty()) << d.count();
    wheel.advance(kStart + d);
    EXPECT_EQ(t.fired.size(), 1U) << d.count();
  }
}

TEST(TimerWheel, HoursBeyondTheHorizon) {
  TimerWheel wheel(kStart);
  Timer t;
  const TimePoint deadline = kStart + hours(5) + milliseconds(7);
  wheel.schedule(t, deadline);
  int wakes = 0;
  while (t.fired.empty()) {
    const auto wake = wheel.next_wake();
    ASSERT_TRUE(wake.has_value());
    wheel.advance(*wake);
    ++wakes;
  }
  EXPECT_GE(t.fired[0], deadline);
  EXPECT_LE(t.fired[0], deadline + kTick);
  EXPECT_LE(wakes, hours(5) / kHorizon + 2);  // touched once per horizon, not once per tick
}

TEST(TimerWheel, ALongPauseFiresEverythingDueAndNothingElse) {
  TimerWheel wheel(kStart);
  std::vector<std::unique_ptr<Timer>> timers;
  for (int s = 1; s <= 400; ++s) {
    timers.push_back(std::make_unique<Timer>());
    wheel.schedule(*timers.back(), kStart + seconds(s));
  }
  const TimePoint now = kStart + seconds(300) + milliseconds(3);  // far more than one turn of the wheel
  wheel.advance(now);
  for (int s = 1; s <= 400; ++s) EXPECT_EQ(timers[static_cast<size_t>(s - 1)]->fired.size(), s <= 300 ? 1U : 0U) << s;
  while (const auto wake = wheel.next_wake()) wheel.advance(*wake);
  for (const auto& t : timers) {
    ASSERT_EQ(t->fired.size(), 1U);
    EXPECT_LE(t->fired[0], std::max(t->deadline() + kTick, now));
  }
}

TEST(TimerWheel, PausesOfExactlyOneTurnMissNothing) {
  for (int64_t ticks = TimerWheel::kSlots - 2; ticks <= TimerWheel::kSlots + 2; ++ticks) {
    TimerWheel wheel(kStart);
    std::vector<std::unique_ptr<Timer>> timers;
    for (int64_t i = 0; i <= TimerWheel::kSlots + 3; ++i) {
      timers.push_back(std::make_unique<Timer>());
      wheel.schedule(*timers.back(), kStart + i * kTick);
    }
    wheel.advance(kStart + ticks * kTick);
    for (int64_t i = 0; i <= TimerWheel::kSlots + 3; ++i) {
      EXPECT_EQ(timers[static_cast<size_t>(i)]->fired.size(), i <= ticks ? 1U : 0U) << i << " of " << ticks;
    }
  }
}

TEST(TimerWheel, TimeThatStandsOrFallsBackDoesNothing) {
  TimerWheel wheel(kStart);
  Timer t;
  wheel.schedule(t, kStart + seconds(1));
  wheel.advance(kStart + milliseconds(500));
  wheel.advance(kStart + milliseconds(500));
  wheel.advance(kStart);
  EXPECT_TRUE(t.fired.empty());
  wheel.advance(kStart + seconds(1));
  EXPECT_EQ(t.fired.size(), 1U);
}

TEST(TimerWheel, CancelledTimersDoNotFire) {
  TimerWheel wheel(kStart);
  Timer t, other;
  wheel.schedule(t, kStart + seconds(1));
  wheel.schedule(other, kStart + seconds(1));
  TimerWheel::cancel(t);
  TimerWheel::cancel(t);  // not in the wheel any more: nothing to do
  EXPECT_FALSE(t.linked());
  wheel.advance(kStart + seconds(2));
  EXPECT_TRUE(t.fired.empty());
  EXPECT_EQ(other.fired.size(), 1U);
}

TEST(TimerWheel, ScheduleMovesAnEntry) {
  TimerWheel wheel(kStart);
  Timer t;
  wheel.schedule(t, kStart + seconds(1));
  wheel.schedule(t, kStart + seconds(3));
  wheel.advance(kStart + seconds(2));
  EXPECT_TRUE(t.fired.empty());
  wheel.schedule(t, kStart + seconds(2) + milliseconds(100));
  wheel.advance(kStart + milliseconds(2100));
  EXPECT_EQ(t.fired.size(), 1U);
  wheel.advance(kStart + seconds(4));
  EXPECT_EQ(t.fired.size(), 1U);
}

TEST(TimerWheel, DestroyedTimersLeave) {
  TimerWheel wheel(kStart);
  {
    Timer t;
    wheel.schedule(t, kStart + seconds(1));
  }
  wheel.advance(kStart + seconds(2));
  EXPECT_FALSE(wheel.next_wake().has_value());
}

TEST(TimerWheel, RescheduleInsideOnDeadline) {
  TimerWheel wheel(kStart);
  Timer t;
  t.then = [&](TimePoint now) { wheel.schedule(t, now + seconds(30)); };
  wheel.schedule(t, kStart + seconds(30));
  tick_until(wheel, kStart, kStart + seconds(301));
  ASSERT_EQ(t.fired.size(), 10U);
  EXPECT_TRUE(t.linked());
}

TEST(TimerWheel, CancelOfANeighbourInsideOnDeadline) {
  TimerWheel wheel(kStart);
  Timer a, b, c;
  a.then = [&](TimePoint) { TimerWheel::cancel(b); };
  for (Timer* t : {&a, &b, &c}) wheel.schedule(*t, kStart + seconds(1));
  wheel.advance(kStart + seconds(1));
  EXPECT_EQ(a.fired.size(), 1U);
  EXPECT_TRUE(b.fired.empty());
  EXPECT_EQ(c.fired.size(), 1U);
}

TEST(TimerWheel, DestroyingItselfAndNeighboursInsideOnDeadline) {
  TimerWheel wheel(kStart);
  auto a = std::make_unique<Timer>();
  auto b = std::make_unique<Timer>();
  auto later = std::make_unique<Timer>();
  Timer last;
  int fired = 0;
  a->then = [&](TimePoint) {
    ++fired;
    b.reset();
    later.reset();
    a.reset();
  };
  wheel.schedule(*a, kStart + seconds(1));
  wheel.schedule(*b, kStart + seconds(1));
  wheel.schedule(last, kStart + seconds(1));
  wheel.schedule(*later, kStart + seconds(9));
  wheel.advance(kStart + seconds(10));
  EXPECT_EQ(fired, 1);
  EXPECT_EQ(last.fired.size(), 1U);
  EXPECT_FALSE(wheel.next_wake().has_value());
}

TEST(TimerWheel, MovingANeighbourInsideOnDeadlineCountsItsNewTime) {
  TimerWheel wheel(kStart);
  Timer a, b;
  a.then = [&](TimePoint now) { wheel.schedule(b, now + seconds(5)); };
  wheel.schedule(a, kStart + seconds(1));
  wheel.schedule(b, kStart + seconds(1));
  wheel.advance(kStart + seconds(1));
  EXPECT_TRUE(b.fired.empty());
  wheel.advance(kStart + seconds(6));
  EXPECT_EQ(b.fired.size(), 1U);
}

// What is scheduled into the past while the wheel advances fires at the *next* advance: else a timer that always asks
// for the past would be called again and again within one turn of the loop.
TEST(TimerWheel, SchedulingIntoThePastInsideOnDeadlineWaitsForTheNextAdvance) {
  for (const Duration pause : {Duration(milliseconds(20)), Duration(seconds(10)), Duration(seconds(200))}) {
    TimerWheel wheel(kStart);
    Timer t, fresh;
    t.then = [&](TimePoint now) {
      wheel.schedule(t, now - seconds(1));
      if (!fresh.linked() && fresh.fired.empty()) wheel.schedule(fresh, kStart);
    };
    wheel.schedule(t, kStart + milliseconds(5));
    TimePoint now = kStart + pause;
    wheel.advance(now);
    EXPECT_EQ(t.fired.size(), 1U) << pause.count();
    EXPECT_TRUE(fresh.fired.empty()) << pause.count();
    for (size_t n = 2; n < 5; ++n) {
      const auto wake = wheel.next_wake();
      ASSERT_TRUE(wake.has_value());
      EXPECT_LE(*wake, now + kTick);
      now = std::max(*wake, now);
      wheel.advance(now);
      EXPECT_EQ(t.fired.size(), n) << pause.count();
    }
    EXPECT_EQ(fresh.fired.size(), 1U);
  }
}

TEST(TimerWheel, AnEmptyWheelNeedsNoWake) {
  TimerWheel wheel(kStart);
  EXPECT_FALSE(wheel.next_wake().has_value());
  Timer t;
  wheel.schedule(t, kStart + seconds(1));
  EXPECT_TRUE(wheel.next_wake().has_value());
  TimerWheel::cancel(t);
  EXPECT_FALSE(wheel.next_wake().has_value());
  wheel.advance(kStart + hours(1));
  EXPECT_FALSE(wheel.next_wake().has_value());
}

TEST(TimerWheel, NextWakeFindsEverySlotFromEveryHand) {
  for (const int64_t hand : {0, 1, 63, 64, 65, 4031, 4032, 4095}) {
    const TimePoint start = TimePoint(kTick * (TimerWheel::kSlots * 1000 + hand));
    for (int64_t ahead = 0; ahead < TimerWheel::kSlots; ahead += (ahead > 130 && ahead < 3900) ? 61 : 1) {
      TimerWheel wheel(start);
      Timer t;
      wheel.schedule(t, start + ahead * kTick);
      const auto wake = wheel.next_wake();
      ASSERT_TRUE(wake.has_value()) << hand << " " << ahead;
      ASSERT_EQ(*wake, start + ahead * kTick) << hand << " " << ahead;
    }
  }
}

// The wheel against a plain map of deadlines: who fires at each advance, and that next_wake is neither late (at most
// one tick after the earliest deadline) nor idle (never none while a timer waits).
void random_run(uint64_t seed) {
  SeededRandom random(seed);
  constexpr size_t kTimers = 60;
  TimePoint now = kStart + Duration(static_cast<int64_t>(random.below(40'000'000)));
  TimerWheel wheel(now);
  std::vector<std::unique_ptr<Timer>> timers(kTimers);
  std::map<size_t, TimePoint> model;  // scheduled, by timer; one in the past counts from when it was scheduled
  std::vector<size_t> fired;
  for (size_t i = 0; i < kTimers; ++i) {
    timers[i] = std::make_unique<Timer>();
    timers[i]->then = [&fired, i](TimePoint) { fired.push_back(i); };
  }
  const auto some_deadline = [&] {
    switch (random.below(4)) {
      case 0:
        return now + Duration(static_cast<int64_t>(random.below(100'000'000)));
      case 1:
        return now + Duration(static_cast<int64_t>(random.below(80'000'000'000)));
      case 2:
        return now + Duration(static_cast<int64_t>(random.below(10'000'000'000'000)));
      default:
        return now - Duration(static_cast<int64_t>(random.below(1'000'000'000)));
    }
  };
  for (int step = 0; step < 400; ++step) {
    const size_t i = random.below(kTimers);
    if (const uint64_t what = random.below(10); what < 5) {
      const TimePoint deadline = some_deadline();
      model[i] = std::max(deadline, now);
      wheel.schedule(*timers[i], deadline);
    } else if (what == 5) {
      model.erase(i);
      TimerWheel::cancel(*timers[i]);
    } else {
      TimePoint earliest = TimePoint::max();
      for (const auto& [timer, deadline] : model) earliest = std::min(earliest, deadline);
      const auto wake = wheel.next_wake();
      ASSERT_EQ(wake.has_value(), !model.empty());
      if (wake) {
        ASSERT_LE(*wake, std::max(earliest, now) + kTick);
      }
      if (what == 6 && wake) {
        now = std::max(now, *wake);
      } else {
        now += Duration(static_cast<int64_t>(random.below(what == 7 ? 300'000'000'000 : 500'000'000)));
      }
      fired.clear();
      wheel.advance(now);
      std::sort(fired.begin(), fired.end());
      ASSERT_TRUE(std::adjacent_find(fired.begin(), fired.end()) == fired.end()) << "one fired twice";
      for (const size_t f : fired) {
        ASSERT_EQ(model.count(f), 1U) << f;
        ASSERT_LE(model[f], now) << "early";
        model.erase(f);
      }
      for (const auto& [timer, deadline] : model) ASSERT_GT(deadline + kTick, now) << "late: " << timer;
    }
  }
}

TEST(TimerWheel, RandomisedAgainstAMap) {
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    random_run(seed);
    if (HasFatalFailure()) return;
  }
}

}  // namespace
}  // namespace discovery
