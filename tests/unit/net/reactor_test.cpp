#include "net/reactor.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <mutex>
#include <thread>

#include "net/steady_clock.h"
#include "unit/net/loopback.h"

namespace discovery::net {
namespace {

using std::chrono::milliseconds;

struct CountingHook final : public TurnHook {
  std::optional<TimePoint> on_turn(TimePoint now) override {
    ++turns;
    if (again_at_once > 0) {
      --again_at_once;
      return now;
    }
    if (again_later > 0) {
      --again_later;
      return now + milliseconds(5);
    }
    return std::nullopt;
  }
  std::atomic<int> turns{0};
  int again_at_once = 0;
  int again_later = 0;
};

struct FiringEntry final : public TimerEntry {
  void on_deadline(TimePoint now) override { fired.set_value(now); }
  std::promise<TimePoint> fired;
};

TEST(Reactor, RunsPostedWorkInOrderOnItsThread) {
  SteadyClock clock;
  Reactor reactor(clock, "test");
  reactor.start();
  std::vector<int> order;
  std::promise<bool> own_thread;
  for (int i = 0; i < 100; ++i) reactor.post([&order, i] { order.push_back(i); });
  reactor.post([&] { own_thread.set_value(reactor.on_own_thread()); });
  EXPECT_TRUE(own_thread.get_future().get());
  EXPECT_FALSE(reactor.on_own_thread());
  reactor.stop();
  ASSERT_EQ(order.size(), 100u);
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
}

TEST(Reactor, ManyRequestsOfATurnAreOneRun) {
  SteadyClock clock;
  Reactor reactor(clock, "test");
  CountingHook hook;
  reactor.add_hook(hook);
  reactor.start();
  std::promise<void> done;
  reactor.post([&] {
    for (int i = 0; i < 1000; ++i) reactor.request_turn();
    reactor.post([&] { done.set_value(); });
  });
  done.get_future().get();
  EXPECT_EQ(hook.turns, 1);
  reactor.request_turn();
  EXPECT_TRUE(eventually([&] { return hook.turns == 2; }));
}

TEST(Reactor, RequestsFromOtherThreadsAreNeverLost) {
  SteadyClock clock;
  Reactor reactor(clock, "test");
  CountingHook hook;
  reactor.add_hook(hook);
  reactor.start();
  for (int i = 1; i <= 1000; ++i) {
    const int before = hook.turns;
    reactor.request_turn();
    ASSERT_TRUE(eventually([&] { return hook.turns > before; })) << i;
  }
}

TEST(Reactor, HookIsCalledAgainWhenItSays) {
  SteadyClock clock;
  Reactor reactor(clock, "test");
  CountingHook hook;
  hook.again_at_once = 10;
  hook.again_later = 3;
  reactor.add_hook(hook);
  reactor.start();
  reactor.request_turn();
  EXPECT_TRUE(eventually([&] { return hook.turns == 14; }));
}

TEST(Reactor, DeadlinesFireInTimeAndNotBefore) {
  SteadyClock clock;
  Reactor reactor(clock, "test");
  FiringEntry entry;
  reactor.start();
  const TimePoint due = clock.now() + milliseconds(30);
  reactor.post([&] { reactor.schedule(entry, due); });
  EXPECT_GE(entry.fired.get_future().get(), due);
}

TEST(Reactor, DeadlineScheduledBeforeTheStartFires) {
  SteadyClock clock;
  Reactor reactor(clock, "test");
  FiringEntry entry;
  reactor.schedule(entry, clock.now());
  reactor.start();
  entry.fired.get_future().get();
}

TEST(Reactor, MeasuresHowLateItIs) {
  SteadyClock clock;
  Reactor reactor(clock, "test");
  reactor.start();
  const auto stall = Reactor::kLagProbe + milliseconds(50);
  std::promise<void> done;
  reactor.post([&] {
    const TimePoint until = clock.now() + stall;
    while (clock.now() < until) {
    }
    done.set_value();
  });
  done.get_future().get();
  // The probe was due within the stall, so it comes at least the difference late.
  Duration lag{};
  EXPECT_TRUE(eventually([&] {
    lag = std::max(lag, reactor.take_loop_lag());
    return lag >= milliseconds(45);
  }));
}

TEST(Reactor, StopWithoutStartAndTwiceIsFine) {
  SteadyClock clock;
  Reactor never(clock, "never");
  never.stop();
  Reactor twice(clock, "twice");
  twice.start();
  twice.stop();
  twice.stop();
  twice.post([] { FAIL() << "dropped"; });
}

}  // namespace
}  // namespace discovery::net
