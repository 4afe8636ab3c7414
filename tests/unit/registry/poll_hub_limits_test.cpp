// Slices and budgets of long polls: engineering.md 5.9, discovery-api.md 7.7.
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

class PollHubLimits : public ::testing::Test {
 protected:
  Node node;
  PollBudget budget;
  Reactor reactor{node, budget};
};

// ---------------------------------------------------------------------------------------------------- slices

TEST_F(PollHubLimits, FlushWakesInSlicesOfBytes) {
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

TEST_F(PollHubLimits, ASliceAtItsLimitEndsAndOneByteLessGoesOn) {
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

TEST_F(PollHubLimits, AnAnswerLargerThanASliceStillGoesOut) {
  node.put(kName);
  const auto a = park(reactor, {kName});
  const auto b = park(reactor, {kName});
  a->answer_bytes = b->answer_bytes = 100 * PollHub::kBytesPerFlush;
  reactor.deliver(node.put(kName).wake);
  EXPECT_TRUE(reactor.hub.flush(node.now));
  EXPECT_FALSE(reactor.hub.flush(node.now));
  EXPECT_EQ(b->woken.size(), 1U);
}

TEST_F(PollHubLimits, AChangeBetweenTwoSlicesIsStillOneWake) {
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

TEST_F(PollHubLimits, PollsAtTheLimitAndOnePast) {
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

TEST_F(PollHubLimits, WatchesAtTheLimitAndOnePast) {
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

TEST_F(PollHubLimits, TheBudgetIsSharedByAllHubs) {
  budget.polls_max = 1;
  Reactor second(node, budget, 1);
  const TestWaiter a(reactor, 1);
  EXPECT_FALSE(TestWaiter(second, 1).admitted());
}

TEST_F(PollHubLimits, AWaiterForNothingIsRefusedAndTakesNothing) {
  {
    const TestWaiter none(reactor, 0);
    EXPECT_FALSE(none.admitted());
  }
  EXPECT_EQ(budget.polls, 0U);
  EXPECT_EQ(budget.watches, 0U);
}

TEST_F(PollHubLimits, ABudgetLoweredWhileRunningRefusesTheNext) {
  const TestWaiter a(reactor, 1);
  budget.polls_max = 0;
  EXPECT_FALSE(TestWaiter(reactor, 1).admitted());
  budget.polls_max = 2;
  EXPECT_TRUE(TestWaiter(reactor, 1).admitted());
}

TEST_F(PollHubLimits, AJoinThatFindsNoRoomLeavesNothing) {
  node.put(kName);
  node.registry.set_memory_bytes_max(node.registry.memory_bytes());
  {
    TestWaiter waiter(reactor, 2);
    EXPECT_TRUE(waiter.join(kName.app(), "", 0, kStart));
    const auto refused = waiter.join(kOther.app(), "", 0, kStart);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kExhausted);
    EXPECT_EQ(waiter.watches().size(), 1U);
    EXPECT_EQ(reactor.hub.watched_applications(), 1U);
  }
  EXPECT_EQ(reactor.hub.watched_applications(), 0U);
  EXPECT_EQ(budget.watches, 0U);
  EXPECT_EQ(node.put(kName).wake.reactors, 0U);
}

using PollHubDeathTest = PollHubLimits;

TEST_F(PollHubDeathTest, MisuseStopsTheProcess) {
  EXPECT_DEATH(Reactor(node, budget, 64), "bits of 64");
  TestWaiter waiter(reactor, 1);
  ASSERT_TRUE(waiter.join(kName.app(), "", 0, kStart));
  EXPECT_DEATH((void)waiter.join(kOther.app(), "", 0, kStart), "as it announced");
}

}  // namespace
}  // namespace discovery::registry
