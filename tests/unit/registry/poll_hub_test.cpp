// Long polls: discovery-api.md 7.7, D4 to D6, D11, D25.
#include "registry/poll_hub.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "unit/registry/reactor.h"

namespace discovery::registry {
namespace {

const Name kName;
const Name kOther{"h", "z", "other", "dev"};
const Name kThird{"h", "z", "third", "dev"};

class PollHubWaking : public ::testing::Test {
 protected:
  Node node;
  PollBudget budget;
  Reactor reactor{node, budget};
};

// ---------------------------------------------------------------------------------------------------- what wakes

TEST_F(PollHubWaking, WakesOnEveryVisibleChange) {
  node.put({"keeper"});
  const std::vector<std::pair<const char*, std::function<std::vector<Wake>()>>> changes = {
      {"register", [&] { return std::vector{node.put(kName).wake}; }},
      {"identical register", [&] { return std::vector{node.put(kName).wake}; }},
      {"set", [&] { return std::vector{*node.set_status(kName, 2)}; }},
      {"scheduler",
       [&] {
         return node.registry.load_schedulers({{"dev", "shop.cart", "{}"}}, node.now);
       }},
      {"cancel", [&] { return std::vector{node.cancel(kName)->wake}; }},
      {"return", [&] { return std::vector{node.put(kName).wake}; }},
      {"cancel of one", [&] { return std::vector{node.cancel(kName)->wake}; }},
      {"cancel of the last", [&] { return std::vector{node.cancel({"keeper"})->wake}; }},
      {"return to the unknown", [&] { return std::vector{node.put(kName).wake}; }},
  };
  for (const auto& [what, change] : changes) {
    const auto waiter = park(reactor, {kName});
    const int64_t cursor = node.latest(kName);
    node.pass(seconds(1));
    for (const Wake& wake : change()) EXPECT_TRUE(reactor.deliver(wake)) << what;
    EXPECT_GT(node.latest(kName), cursor) << what;  // T is raised before anybody is released
    reactor.turn();
    ASSERT_EQ(waiter->woken.size(), 1U) << what;
    EXPECT_EQ(waiter->woken[0].reason, PollHub::Reason::kChange) << what;
    EXPECT_EQ(waiter->woken[0].at, node.now) << what;
  }
}

TEST_F(PollHubWaking, WakesOnAnEviction) {
  node.put(kName);
  const auto waiter = park(reactor, {kName});
  const auto gone = node.live(hours(2));
  ASSERT_EQ(gone.size(), 1U);
  EXPECT_TRUE(reactor.deliver(gone[0].wake));
  while (reactor.hub.flush(node.now)) {
  }
  ASSERT_EQ(waiter->woken.size(), 1U);
  EXPECT_EQ(waiter->woken[0].reason, PollHub::Reason::kChange);
}

TEST_F(PollHubWaking, DoesNotWakeOnWhatChangesNothing) {
  node.put(kName, dirty(1000));
  node.put({"dead"}, replica(500));
  const auto waiter = park(reactor, {kName});
  node.renew(kName);
  node.renew(kName, true, 1001);
  EXPECT_FALSE(reactor.deliver(node.put(kName, dirty(999)).wake));                // loses
  EXPECT_FALSE(reactor.deliver(node.put({"dead"}, replica(500)).wake));           // renews only
  EXPECT_FALSE(reactor.deliver(node.replica_cancel(kName, 999)->wake));           // late
  EXPECT_FALSE(node.set_status({"nobody"}, 1));                                   // refused
  EXPECT_FALSE(reactor.deliver(node.put(kOther).wake));                           // another application
  EXPECT_FALSE(reactor.deliver(node.put({"h", "z", "shop.cart", "prod"}).wake));  // another environment
  reactor.turn();
  EXPECT_TRUE(waiter->woken.empty());
  EXPECT_FALSE(reactor.hub.has_marked());
}

TEST_F(PollHubWaking, AnUnknownApplicationIsWatchedAndWakesWhenItComes) {
  auto waiter = std::make_unique<TestWaiter>(reactor, 1);
  const auto state = waiter->join(kName.app(), "", 0, kStart);
  ASSERT_TRUE(state);
  EXPECT_FALSE(state->known);
  EXPECT_EQ(state->latest_timestamp_ns, 0);
  waiter->rest(node.now + seconds(30));
  EXPECT_TRUE(reactor.deliver(node.put(kName).wake));
  reactor.turn();
  EXPECT_EQ(waiter->woken.size(), 1U);
}

TEST_F(PollHubWaking, JoinTellsOfTheZoneAskedFor) {
  node.put({"h", "zone-a"});
  TestWaiter waiter(reactor, 2);
  const auto known = waiter.join(kName.app(), "zone-a", 7, kStart);
  ASSERT_TRUE(known);
  EXPECT_TRUE(known->zone_known);
  EXPECT_TRUE(known->in_service);
  const auto unknown = waiter.join(kName.app(), "zone-b", 8, kStart);
  ASSERT_TRUE(unknown);
  EXPECT_TRUE(unknown->known);
  EXPECT_FALSE(unknown->zone_known);
  ASSERT_EQ(waiter.watches().size(), 2U);
  EXPECT_EQ(waiter.watches()[0].app->key, (AppKey{kName.appid, kName.env}));
}

// ---------------------------------------------------------------------------------------------------- who is woken

TEST_F(PollHubWaking, EveryWaiterOfAnApplicationIsWokenOnce) {
  node.put(kName);
  std::vector<std::unique_ptr<TestWaiter>> waiters;
  for (int i = 0; i < 50; ++i) waiters.push_back(park(reactor, {kName}));  // all under one hostname, so to say (D5)
  reactor.deliver(node.put(kName).wake);
  reactor.deliver(node.put(kName).wake);
  reactor.turn();
  for (const auto& w : waiters) EXPECT_EQ(w->woken.size(), 1U);
  reactor.turn();
  for (const auto& w : waiters) EXPECT_EQ(w->woken.size(), 1U);
}

TEST_F(PollHubWaking, TellsWhichApplicationsChanged) {
  for (const Name& n : {kName, kOther, kThird}) node.put(n);
  const auto all = park(reactor, {kName, kOther, kThird});
  const auto one = park(reactor, {kThird});
  reactor.deliver(node.put(kOther).wake);
  reactor.turn();
  ASSERT_EQ(all->woken.size(), 1U);
  EXPECT_EQ(all->woken[0].changed, std::vector<std::string>{"other"});
  EXPECT_TRUE(one->woken.empty());
}

TEST_F(PollHubWaking, ChangesOfOneTurnAreOneWake) {
  for (const Name& n : {kName, kOther}) node.put(n);
  const auto waiter = park(reactor, {kName, kOther});
  const TimePoint first = node.now;
  for (int i = 0; i < 10; ++i) {
    reactor.deliver(node.put(kName).wake);
    reactor.deliver(node.put(kOther).wake);
    node.pass(nanoseconds(1));
  }
  reactor.turn();
  ASSERT_EQ(waiter->woken.size(), 1U);
  EXPECT_EQ(waiter->woken[0].changed, (std::vector<std::string>{"shop.cart", "other"}));
  EXPECT_EQ(waiter->watches()[0].changed_at, first);  // of the first change: the delay is measured from it
}

TEST_F(PollHubWaking, TheSameApplicationTwiceInOneWaiterIsOneWake) {
  node.put(kName);
  auto waiter = park(reactor, {kName, kName});
  reactor.deliver(node.put(kName).wake);
  reactor.turn();
  EXPECT_EQ(waiter->woken.size(), 1U);
  waiter.reset();
  EXPECT_EQ(reactor.hub.watched_applications(), 0U);
}

TEST_F(PollHubWaking, ReactorsAreWokenOnlyForTheirOwnWaiters) {
  Reactor second(node, budget, 63);
  node.put(kName);
  node.put(kOther);
  const auto here = park(reactor, {kName});
  const auto there = park(second, {kName, kOther});
  const Wake both = node.put(kName).wake;
  EXPECT_EQ(both.reactors, (uint64_t{1} << 63) | 1);
  const Wake one = node.put(kOther).wake;
  EXPECT_EQ(one.reactors, uint64_t{1} << 63);
  for (const Wake& w : {both, one}) {
    reactor.deliver(w);
    second.deliver(w);
  }
  reactor.turn();
  second.turn();
  EXPECT_EQ(here->woken.size(), 1U);
  ASSERT_EQ(there->woken.size(), 1U);
  EXPECT_EQ(there->woken[0].changed.size(), 2U);
}

// ---------------------------------------------------------------------------------------------------- deadlines

TEST_F(PollHubWaking, AnswersAtTheDeadlineAndNotBefore) {
  node.put(kName);
  const auto waiter = park(reactor, {kName});
  node.pass(seconds(30) - nanoseconds(1));
  reactor.turn();
  EXPECT_TRUE(waiter->woken.empty());
  node.pass(TimerWheel::kTick);
  reactor.turn();
  ASSERT_EQ(waiter->woken.size(), 1U);
  EXPECT_EQ(waiter->woken[0].reason, PollHub::Reason::kDeadline);
  EXPECT_TRUE(waiter->woken[0].changed.empty());
}

TEST_F(PollHubWaking, AWokenWaiterHasNoDeadlineAnyMore) {
  node.put(kName);
  const auto waiter = park(reactor, {kName});
  reactor.deliver(node.put(kName).wake);
  reactor.turn();
  node.pass(minutes(5));
  reactor.turn();
  EXPECT_EQ(waiter->woken.size(), 1U);
  EXPECT_FALSE(reactor.wheel.next_wake().has_value());
}

TEST_F(PollHubWaking, AnExpiredWaiterIsNotWokenByAChangeOfTheSameTurn) {
  node.put(kName);
  auto waiter = park(reactor, {kName});
  int wakes = 0;
  waiter->then = [&] {
    ++wakes;
    waiter.reset();
  };
  reactor.deliver(node.put(kName).wake);
  node.pass(seconds(31));
  reactor.turn();  // deadlines first, then changes
  EXPECT_EQ(wakes, 1);
  EXPECT_EQ(waiter, nullptr);
}

TEST_F(PollHubWaking, ADeadlineBetweenTwoSlicesTakesTheWaiterOutOfTheQueue) {
  node.put(kName);
  const auto first = park(reactor, {kName});
  const auto second = park(reactor, {kName});
  first->answer_bytes = PollHub::kBytesPerFlush;
  reactor.deliver(node.put(kName).wake);
  EXPECT_TRUE(reactor.hub.flush(node.now));
  EXPECT_TRUE(second->woken.empty());
  node.pass(seconds(31));
  reactor.wheel.advance(node.now);
  ASSERT_EQ(second->woken.size(), 1U);
  EXPECT_EQ(second->woken[0].reason, PollHub::Reason::kDeadline);
  EXPECT_EQ(second->woken[0].changed.size(), 1U);  // it can tell that there is news after all
  EXPECT_FALSE(reactor.hub.flush(node.now));
  EXPECT_EQ(second->woken.size(), 1U);
}

// ---------------------------------------------------------------------------------------------------- not concerned

TEST_F(PollHubWaking, WhoIsNotConcernedRestsOn) {
  node.put(kName);
  const auto waiter = park(reactor, {kName});
  waiter->is_concerned = false;
  reactor.deliver(node.put(kName).wake);
  reactor.turn();
  EXPECT_EQ(waiter->asked, 1);
  EXPECT_TRUE(waiter->woken.empty());
  EXPECT_EQ(waiter->watches()[0].changed_at, TimePoint{});

  waiter->is_concerned = true;
  reactor.deliver(node.put(kName).wake);
  reactor.turn();
  EXPECT_EQ(waiter->woken.size(), 1U);
}

TEST_F(PollHubWaking, WhoIsNotConcernedKeepsItsDeadline) {
  node.put(kName);
  const auto waiter = park(reactor, {kName});
  waiter->is_concerned = false;
  node.pass(seconds(20));
  reactor.deliver(node.put(kName).wake);
  reactor.turn();
  node.pass(seconds(10) + TimerWheel::kTick);
  reactor.turn();
  ASSERT_EQ(waiter->woken.size(), 1U);
  EXPECT_EQ(waiter->woken[0].reason, PollHub::Reason::kDeadline);
}

}  // namespace
}  // namespace discovery::registry
