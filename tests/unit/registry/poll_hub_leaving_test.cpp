// Long polls whose client goes away, at every moment: discovery-api.md 7.7, D5, D11.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "registry/poll_hub.h"
#include "unit/registry/reactor.h"

namespace discovery::registry {
namespace {

const Name kName;
const Name kOther{"h", "z", "other", "dev"};
const Name kThird{"h", "z", "third", "dev"};

class PollHubLeaving : public ::testing::Test {
 protected:
  Node node;
  PollBudget budget;
  Reactor reactor{node, budget};
};

TEST_F(PollHubLeaving, ADestroyedWaiterIsForgottenEverywhere) {
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

TEST_F(PollHubLeaving, DestroyingItselfInsideWake) {
  node.put(kName);
  auto waiter = park(reactor, {kName, kOther});
  waiter->then = [&] { waiter.reset(); };
  reactor.deliver(node.put(kName).wake);
  reactor.turn();
  EXPECT_EQ(waiter, nullptr);
  EXPECT_EQ(reactor.hub.watched_applications(), 0U);
}

TEST_F(PollHubLeaving, DestroyingItselfAtTheDeadline) {
  auto waiter = park(reactor, {kName});
  waiter->then = [&] { waiter.reset(); };
  node.pass(seconds(31));
  reactor.turn();
  EXPECT_EQ(waiter, nullptr);
  EXPECT_EQ(node.registry.memory_bytes(), 0U);
}

TEST_F(PollHubLeaving, DestroyingAnyWaiterInsideAnothersWake) {
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

TEST_F(PollHubLeaving, DestroyingEverybodyInsideAWake) {
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
TEST_F(PollHubLeaving, ParkingAnewInsideAWakeIsNotWokenByTheSameChange) {
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

TEST_F(PollHubLeaving, AStaleWakeIsIgnored) {
  const Wake never{12345, 1};
  EXPECT_TRUE(reactor.deliver(never));
  EXPECT_FALSE(reactor.hub.has_marked());

  auto waiter = park(reactor, {kName});
  const Wake stale = node.put(kName).wake;
  waiter.reset();
  reactor.deliver(stale);  // it was on its way when the last waiter left
  EXPECT_FALSE(reactor.hub.flush(node.now));
}

TEST_F(PollHubLeaving, AStaleWakeOfAnEarlierLifeOfTheApplicationIsIgnored) {
  auto waiter = park(reactor, {kName});
  const uint64_t old_id = waiter->watches()[0].app->id;
  waiter.reset();  // never known: forgotten at once
  waiter = park(reactor, {kName});
  ASSERT_NE(waiter->watches()[0].app->id, old_id);
  reactor.deliver({old_id, 1});
  reactor.turn();
  EXPECT_TRUE(waiter->woken.empty());
}

TEST_F(PollHubLeaving, WatchedApplicationsAreCountedOnce) {
  const auto a = park(reactor, {kName, kOther});
  auto b = park(reactor, {kOther, kThird});
  EXPECT_EQ(reactor.hub.watched_applications(), 3U);
  b.reset();
  EXPECT_EQ(reactor.hub.watched_applications(), 2U);
  EXPECT_EQ(node.put(kOther).wake.reactors, 1U);
  EXPECT_EQ(node.put(kThird).wake.reactors, 0U);
}

TEST_F(PollHubLeaving, PollingUnknownNamesLeavesNothing) {
  SeededRandom random(4711);
  for (int i = 0; i < 100'000; ++i) {
    TestWaiter waiter(reactor, 1);
    ASSERT_TRUE(waiter.join({"dev", std::to_string(random.next())}, "", 0, kStart));
    waiter.rest(node.now + seconds(30));
  }
  EXPECT_EQ(node.registry.memory_bytes(), 0U);
  EXPECT_EQ(reactor.hub.watched_applications(), 0U);
  EXPECT_EQ(budget.polls, 0U);
  EXPECT_FALSE(reactor.wheel.next_wake().has_value());
}

}  // namespace
}  // namespace discovery::registry
