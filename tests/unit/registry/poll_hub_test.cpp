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

class PollHubTest : public ::testing::Test {
 protected:
  Node node;
  PollBudget budget;
  Reactor reactor{node, budget};
};

// ---------------------------------------------------------------------------------------------------- what wakes

TEST_F(PollHubTest, WakesOnEveryVisibleChange) {
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

TEST_F(PollHubTest, WakesOnAnEviction) {
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

TEST_F(PollHubTest, DoesNotWakeOnWhatChangesNothing) {
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

TEST_F(PollHubTest, AnUnknownApplicationIsWatchedAndWakesWhenItComes) {
  auto waiter = std::make_unique<TestWaiter>(reactor, 1);
  const auto state = waiter->join(kName.app(), "", 0);
  ASSERT_TRUE(state);
  EXPECT_FALSE(state->known);
  EXPECT_EQ(state->latest_timestamp_ns, 0);
  EXPECT_FALSE(waiter->watches()[0].known);
  waiter->rest(node.now + seconds(30));
  EXPECT_TRUE(reactor.deliver(node.put(kName).wake));
  reactor.turn();
  EXPECT_EQ(waiter->woken.size(), 1U);
}

TEST_F(PollHubTest, JoinTellsOfTheZoneAskedFor) {
  node.put({"h", "zone-a"});
  TestWaiter waiter(reactor, 2);
  const auto known = waiter.join(kName.app(), "zone-a", 7);
  ASSERT_TRUE(known);
  EXPECT_TRUE(known->zone_known);
  EXPECT_TRUE(known->in_service);
  const auto unknown = waiter.join(kName.app(), "zone-b", 8);
  ASSERT_TRUE(unknown);
  EXPECT_TRUE(unknown->known);
  EXPECT_FALSE(unknown->zone_known);
  ASSERT_EQ(waiter.watches().size(), 2U);
  EXPECT_TRUE(waiter.watches()[0].known);
  EXPECT_FALSE(waiter.watches()[1].known);
  EXPECT_EQ(waiter.watches()[0].cursor_ns, 7);
  EXPECT_EQ(waiter.watches()[1].cursor_ns, 8);
  EXPECT_EQ(waiter.watches()[0].app->key, (AppKey{kName.appid, kName.env}));
}

// ---------------------------------------------------------------------------------------------------- who is woken

TEST_F(PollHubTest, EveryWaiterOfAnApplicationIsWokenOnce) {
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

TEST_F(PollHubTest, TellsWhichApplicationsChanged) {
  for (const Name& n : {kName, kOther, kThird}) node.put(n);
  const auto all = park(reactor, {kName, kOther, kThird});
  const auto one = park(reactor, {kThird});
  reactor.deliver(node.put(kOther).wake);
  reactor.turn();
  ASSERT_EQ(all->woken.size(), 1U);
  EXPECT_EQ(all->woken[0].changed, std::vector<std::string>{"other"});
  EXPECT_TRUE(one->woken.empty());
}

TEST_F(PollHubTest, ChangesOfOneTurnAreOneWake) {
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

TEST_F(PollHubTest, TheSameApplicationTwiceInOneWaiterIsOneWake) {
  node.put(kName);
  auto waiter = park(reactor, {kName, kName});
  reactor.deliver(node.put(kName).wake);
  reactor.turn();
  EXPECT_EQ(waiter->woken.size(), 1U);
  waiter.reset();
  EXPECT_EQ(reactor.hub.watched_applications(), 0U);
}

TEST_F(PollHubTest, ReactorsAreWokenOnlyForTheirOwnWaiters) {
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

TEST_F(PollHubTest, AnswersAtTheDeadlineAndNotBefore) {
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

TEST_F(PollHubTest, AWokenWaiterHasNoDeadlineAnyMore) {
  node.put(kName);
  const auto waiter = park(reactor, {kName});
  reactor.deliver(node.put(kName).wake);
  reactor.turn();
  node.pass(minutes(5));
  reactor.turn();
  EXPECT_EQ(waiter->woken.size(), 1U);
  EXPECT_FALSE(reactor.wheel.next_wake().has_value());
}

TEST_F(PollHubTest, AnExpiredWaiterIsNotWokenByAChangeOfTheSameTurn) {
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

TEST_F(PollHubTest, ADeadlineBetweenTwoSlicesTakesTheWaiterOutOfTheQueue) {
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

TEST_F(PollHubTest, WhoIsNotConcernedRestsOn) {
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

TEST_F(PollHubTest, WhoIsNotConcernedKeepsItsDeadline) {
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

// ---------------------------------------------------------------------------------------------------- leaving

TEST_F(PollHubTest, ADestroyedWaiterIsForgottenEverywhere) {
  node.put(kName);
  auto parked = park(reactor, {kName});
  auto marked = park(reactor, {kName});
  parked.reset();
  reactor.deliver(node.put(kName).wake);
  marked.reset();  // after the mark, before the flush
  reactor.turn();
  EXPECT_EQ(reactor.hub.watched_applications(), 0U);
  EXPECT_FALSE(reactor.hub.has_marked());
  EXPECT_FALSE(reactor.wheel.next_wake().has_value());
  EXPECT_EQ(node.put(kName).wake.reactors, 0U);
  EXPECT_EQ(budget.polls, 0U);
  EXPECT_EQ(budget.watches, 0U);
}

TEST_F(PollHubTest, DestroyingItselfInsideWake) {
  node.put(kName);
  auto waiter = park(reactor, {kName, kOther});
  waiter->then = [&] { waiter.reset(); };
  reactor.deliver(node.put(kName).wake);
  reactor.turn();
  EXPECT_EQ(waiter, nullptr);
  EXPECT_EQ(reactor.hub.watched_applications(), 0U);
}

TEST_F(PollHubTest, DestroyingItselfAtTheDeadline) {
  auto waiter = park(reactor, {kName});
  waiter->then = [&] { waiter.reset(); };
  node.pass(seconds(31));
  reactor.turn();
  EXPECT_EQ(waiter, nullptr);
  EXPECT_EQ(node.registry.memory_bytes(), 0U);
}

TEST_F(PollHubTest, DestroyingAnyWaiterInsideAnothersWake) {
  // Five waiters of several applications, all ready; the one at `killer` destroys the one at `victim`.
  for (size_t killer = 0; killer < 5; ++killer) {
    for (size_t victim = 0; victim < 5; ++victim) {
      for (const Name& n : {kName, kOther, kThird}) node.put(n);
      std::vector<std::unique_ptr<TestWaiter>> waiters;
      for (size_t i = 0; i < 5; ++i)
        waiters.push_back(park(reactor, i % 2 ? std::vector{kName} : std::vector{kName, kOther, kThird}));
      waiters[killer]->then = [&] { waiters[victim].reset(); };
      reactor.deliver(node.put(kOther).wake);
      reactor.deliver(node.put(kName).wake);
      reactor.turn();
      for (size_t i = 0; i < 5; ++i) {
        if (i != victim) {
          EXPECT_EQ(waiters[i]->woken.size(), 1U) << killer << " " << victim << " " << i;
        }
      }
      waiters.clear();
      EXPECT_EQ(reactor.hub.watched_applications(), 0U);
    }
  }
}

TEST_F(PollHubTest, DestroyingEverybodyInsideAWake) {
  node.put(kName);
  std::vector<std::unique_ptr<TestWaiter>> waiters;
  for (int i = 0; i < 5; ++i) waiters.push_back(park(reactor, {kName}));
  waiters[0]->then = [&] { waiters.clear(); };
  reactor.deliver(node.put(kName).wake);
  reactor.turn();
  EXPECT_TRUE(waiters.empty());
  EXPECT_FALSE(reactor.hub.has_marked());
}

// A client that asks again at once, inside the answer: it belongs to the next change, not to this one.
TEST_F(PollHubTest, ParkingAnewInsideAWakeIsNotWokenByTheSameChange) {
  node.put(kName);
  const auto first = park(reactor, {kName});
  std::unique_ptr<TestWaiter> again;
  first->then = [&] { again = park(reactor, {kName}); };
  reactor.deliver(node.put(kName).wake);
  reactor.turn();
  ASSERT_NE(again, nullptr);
  EXPECT_TRUE(again->woken.empty());
  reactor.deliver(node.put(kName).wake);
  reactor.turn();
  EXPECT_EQ(again->woken.size(), 1U);
}

TEST_F(PollHubTest, AStaleWakeIsIgnored) {
  const Wake never{12345, 1};
  EXPECT_TRUE(reactor.deliver(never));
  EXPECT_FALSE(reactor.hub.has_marked());

  auto waiter = park(reactor, {kName});
  const Wake stale = node.put(kName).wake;
  waiter.reset();
  reactor.deliver(stale);  // it was on its way when the last waiter left
  EXPECT_FALSE(reactor.hub.flush(node.now));
}

TEST_F(PollHubTest, AStaleWakeOfAnEarlierLifeOfTheApplicationIsIgnored) {
  auto waiter = park(reactor, {kName});
  const uint64_t old_id = waiter->watches()[0].app->id;
  waiter.reset();  // never known: forgotten at once
  waiter = park(reactor, {kName});
  ASSERT_NE(waiter->watches()[0].app->id, old_id);
  reactor.deliver({old_id, 1});
  reactor.turn();
  EXPECT_TRUE(waiter->woken.empty());
}

TEST_F(PollHubTest, WatchedApplicationsAreCountedOnce) {
  const auto a = park(reactor, {kName, kOther});
  auto b = park(reactor, {kOther, kThird});
  EXPECT_EQ(reactor.hub.watched_applications(), 3U);
  b.reset();
  EXPECT_EQ(reactor.hub.watched_applications(), 2U);
  EXPECT_EQ(node.put(kOther).wake.reactors, 1U);
  EXPECT_EQ(node.put(kThird).wake.reactors, 0U);
}

TEST_F(PollHubTest, PollingUnknownNamesLeavesNothing) {
  SeededRandom random(4711);
  for (int i = 0; i < 100'000; ++i) {
    TestWaiter waiter(reactor, 1);
    ASSERT_TRUE(waiter.join({"dev", std::to_string(random.next())}, "", 0));
    waiter.rest(node.now + seconds(30));
  }
  EXPECT_EQ(node.registry.memory_bytes(), 0U);
  EXPECT_EQ(reactor.hub.watched_applications(), 0U);
  EXPECT_EQ(budget.polls, 0U);
  EXPECT_FALSE(reactor.wheel.next_wake().has_value());
}

// ---------------------------------------------------------------------------------------------------- slices

TEST_F(PollHubTest, FlushWakesInSlicesOfBytes) {
  node.put(kName);
  std::vector<std::unique_ptr<TestWaiter>> waiters;
  for (int i = 0; i < 10; ++i) {
    waiters.push_back(park(reactor, {kName}));
    waiters.back()->answer_bytes = 100'000;
  }
  reactor.deliver(node.put(kName).wake);
  const auto woken = [&] {
    size_t n = 0;
    for (const auto& w : waiters) n += w->woken.size();
    return n;
  };
  // 262,144 bytes are passed with the third answer of 100,000.
  for (const size_t expected : {size_t{3}, size_t{6}, size_t{9}}) {
    EXPECT_TRUE(reactor.hub.flush(node.now));
    EXPECT_EQ(woken(), expected);
    EXPECT_TRUE(reactor.hub.has_marked());
  }
  EXPECT_FALSE(reactor.hub.flush(node.now));
  EXPECT_EQ(woken(), 10U);
  EXPECT_FALSE(reactor.hub.has_marked());
  for (size_t i = 0; i < 10; ++i) EXPECT_EQ(waiters[i]->woken.size(), 1U);
}

TEST_F(PollHubTest, ASliceAtItsLimitEndsAndOneByteLessGoesOn) {
  for (const size_t bytes : {PollHub::kBytesPerFlush, PollHub::kBytesPerFlush - 1}) {
    node.put(kName);
    const auto first = park(reactor, {kName});
    const auto second = park(reactor, {kName});
    first->answer_bytes = bytes;
    reactor.deliver(node.put(kName).wake);
    EXPECT_EQ(reactor.hub.flush(node.now), bytes == PollHub::kBytesPerFlush);
    EXPECT_EQ(second->woken.size(), bytes == PollHub::kBytesPerFlush ? 0U : 1U);
    reactor.turn();
    EXPECT_EQ(second->woken.size(), 1U);
  }
}

TEST_F(PollHubTest, AnAnswerLargerThanASliceStillGoesOut) {
  node.put(kName);
  const auto a = park(reactor, {kName});
  const auto b = park(reactor, {kName});
  a->answer_bytes = b->answer_bytes = 100 * PollHub::kBytesPerFlush;
  reactor.deliver(node.put(kName).wake);
  EXPECT_TRUE(reactor.hub.flush(node.now));
  EXPECT_FALSE(reactor.hub.flush(node.now));
  EXPECT_EQ(b->woken.size(), 1U);
}

TEST_F(PollHubTest, AChangeBetweenTwoSlicesIsStillOneWake) {
  node.put(kName);
  node.put(kOther);
  const auto first = park(reactor, {kName});
  const auto second = park(reactor, {kName, kOther});
  first->answer_bytes = PollHub::kBytesPerFlush;
  reactor.deliver(node.put(kName).wake);
  EXPECT_TRUE(reactor.hub.flush(node.now));
  reactor.deliver(node.put(kOther).wake);
  reactor.turn();
  ASSERT_EQ(second->woken.size(), 1U);
  EXPECT_EQ(second->woken[0].changed, (std::vector<std::string>{"shop.cart", "other"}));
}

// ---------------------------------------------------------------------------------------------------- budgets

TEST_F(PollHubTest, PollsAtTheLimitAndOnePast) {
  budget.polls_max = 2;
  auto a = std::make_unique<TestWaiter>(reactor, 1);
  const TestWaiter b(reactor, 1);
  EXPECT_TRUE(a->admitted());
  EXPECT_TRUE(b.admitted());
  {
    const TestWaiter past(reactor, 1);
    const auto refused = past.admitted();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kExhausted);
    EXPECT_EQ(budget.polls, 2U);
    EXPECT_EQ(budget.watches, 2U);
  }
  EXPECT_EQ(budget.polls, 2U);  // a refused one gives nothing back
  a.reset();
  EXPECT_EQ(budget.polls, 1U);
  EXPECT_EQ(budget.watches, 1U);
  EXPECT_TRUE(TestWaiter(reactor, 1).admitted());
}

TEST_F(PollHubTest, WatchesAtTheLimitAndOnePast) {
  budget.watches_max = 5;
  const TestWaiter a(reactor, 2);
  EXPECT_TRUE(a.admitted());
  {
    const TestWaiter past(reactor, 4);
    EXPECT_FALSE(past.admitted());
    EXPECT_EQ(budget.polls, 1U);
    EXPECT_EQ(budget.watches, 2U);
  }
  const TestWaiter at(reactor, 3);
  EXPECT_TRUE(at.admitted());
  EXPECT_EQ(budget.watches, 5U);
}

TEST_F(PollHubTest, TheBudgetIsSharedByAllHubs) {
  budget.polls_max = 1;
  Reactor second(node, budget, 1);
  const TestWaiter a(reactor, 1);
  EXPECT_FALSE(TestWaiter(second, 1).admitted());
}

TEST_F(PollHubTest, AWaiterForNothingIsRefusedAndTakesNothing) {
  {
    const TestWaiter none(reactor, 0);
    EXPECT_FALSE(none.admitted());
  }
  EXPECT_EQ(budget.polls, 0U);
  EXPECT_EQ(budget.watches, 0U);
}

TEST_F(PollHubTest, ABudgetLoweredWhileRunningRefusesTheNext) {
  const TestWaiter a(reactor, 1);
  budget.polls_max = 0;
  EXPECT_FALSE(TestWaiter(reactor, 1).admitted());
  budget.polls_max = 2;
  EXPECT_TRUE(TestWaiter(reactor, 1).admitted());
}

TEST_F(PollHubTest, AJoinThatFindsNoRoomLeavesNothing) {
  node.put(kName);
  node.registry.set_memory_bytes_max(node.registry.memory_bytes());
  {
    TestWaiter waiter(reactor, 2);
    EXPECT_TRUE(waiter.join(kName.app(), "", 0));
    const auto refused = waiter.join(kOther.app(), "", 0);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kExhausted);
    EXPECT_EQ(waiter.watches().size(), 1U);
    EXPECT_EQ(reactor.hub.watched_applications(), 1U);
  }
  EXPECT_EQ(reactor.hub.watched_applications(), 0U);
  EXPECT_EQ(budget.watches, 0U);
  EXPECT_EQ(node.put(kName).wake.reactors, 0U);
}

using PollHubDeathTest = PollHubTest;

TEST_F(PollHubDeathTest, MisuseStopsTheProcess) {
  EXPECT_DEATH(Reactor(node, budget, 64), "bits of 64");
  TestWaiter waiter(reactor, 1);
  ASSERT_TRUE(waiter.join(kName.app(), "", 0));
  EXPECT_DEATH((void)waiter.join(kOther.app(), "", 0), "as it announced");
}

// ---------------------------------------------------------------------------------------------------- no change is
// lost

/// What a client learns in one poll: the steps of its request in order, and the steps of a write and its wake put in
/// between in every possible way (D25). On the client's side: look, join, rest. On the writer's: change, mark, flush.
enum class Step : uint8_t { kLook, kJoin, kRest, kChange, kMark, kFlush };

void play(const std::vector<Step>& order, bool starts_known) {
  Node node;
  PollBudget budget;
  Reactor reactor(node, budget);
  if (starts_known) node.put(kName);
  const int64_t cursor = node.latest(kName);  // the client has seen everything so far
  const auto has_news = [&](const AppState& s) { return s.zone_known && s.latest_timestamp_ns > cursor; };
  std::unique_ptr<TestWaiter> waiter;
  bool answered = false;
  Wake wake;
  for (const Step step : order) {
    node.pass(nanoseconds(1));
    switch (step) {
      case Step::kLook:
        answered |= has_news(node.look(kName));
        break;
      case Step::kJoin:
        if (answered) break;
        waiter = std::make_unique<TestWaiter>(reactor, 1);
        answered |= has_news(*waiter->join(kName.app(), "", cursor));
        break;
      case Step::kRest:
        if (answered) {
          waiter.reset();
        } else {
          waiter->rest(node.now + seconds(30));
        }
        break;
      case Step::kChange:
        wake = node.put(kName).wake;
        break;
      case Step::kMark:
        reactor.deliver(wake);
        break;
      case Step::kFlush:
        reactor.hub.flush(node.now);
        break;
    }
  }
  const bool woken = waiter && !waiter->woken.empty();
  std::string text;
  for (const Step s : order) text += std::to_string(static_cast<int>(s));
  EXPECT_TRUE(answered || woken) << "lost in order " << text << " known " << starts_known;
}

void interleave(std::vector<Step> done, std::vector<Step> client, std::vector<Step> writer) {
  if (client.empty() && writer.empty()) {
    for (const bool starts_known : {true, false}) play(done, starts_known);
    return;
  }
  for (std::vector<Step>* side : {&client, &writer}) {
    if (side->empty()) continue;
    // Joining and resting are one turn of the loop, and so is no flush of the same reactor between them.
    if (side == &writer && writer.front() == Step::kFlush && !done.empty() && client.size() == 1) continue;
    std::vector<Step> next = done, c = client, w = writer;
    next.push_back(side->front());
    (side == &client ? c : w).erase((side == &client ? c : w).begin());
    interleave(next, c, w);
  }
}

TEST(PollHubInterleavings, NoChangeIsLostBetweenLookAndJoin) {
  interleave({}, {Step::kLook, Step::kJoin, Step::kRest}, {Step::kChange, Step::kMark, Step::kFlush});
}

}  // namespace
}  // namespace discovery::registry
