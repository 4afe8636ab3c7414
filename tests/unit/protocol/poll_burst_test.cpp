// Changes that follow each other closely are told together (docs/decisions/0020).
#include "unit/protocol/harness.h"

namespace discovery::protocol {
namespace {

using std::chrono::milliseconds;

class Burst : public ::testing::Test {
 protected:
  Burst() {
    node.reg("a");
    node.advance(std::chrono::seconds(1));
  }
  static ApiSettings settings() {
    ApiSettings s = test_settings();
    s.polls.coalesce = milliseconds(50);
    return s;
  }
  FakeExchange& ask() { return node.send_get(Node::polls_of({{"a", node.latest("a")}})); }

  Node node{settings()};
};

TEST_F(Burst, OfChangesIsToldAtOnceAndThenTogether) {
  FakeExchange& first = ask();
  node.reg("a", "h2");
  EXPECT_TRUE(first.answered()) << "the first change after a while waits for nothing";
  node.advance(milliseconds(1));
  FakeExchange& second = ask();
  EXPECT_TRUE(second.parked());
  node.advance(milliseconds(4));
  node.reg("a", "h3");
  node.advance(milliseconds(5));
  node.reg("a", "h4");
  node.advance(milliseconds(39));
  EXPECT_TRUE(second.parked());
  node.advance(TimerWheel::kTick);  // it is over now, give or take a tick
  ASSERT_TRUE(second.answered());
  EXPECT_EQ(Answer::hosts(second.answer().data()["a"]), (std::vector<std::string>{"h1", "h2", "h3", "h4"}));
  ASSERT_EQ(node.seen.woken.size(), 2U);
  EXPECT_EQ(node.seen.woken[1].reason, registry::PollHub::Reason::kChange) << "not the deadline";
  EXPECT_EQ(node.seen.woken[1].since_change, milliseconds(44) + TimerWheel::kTick) << "since the first it did not see";
}

// As it is with clients that come back faster than the list changes.
TEST_F(Burst, ThatGoesOnBeforeTheClientIsBackWaitsToo) {
  node.reg("a", "h2");
  const int64_t told = node.latest("a");
  node.advance(milliseconds(2));
  node.reg("a", "h3");
  FakeExchange& polls = node.send_get(Node::polls_of({{"a", told}}));
  FakeExchange& poll = node.send_get(Node::poll_of("a", told));
  EXPECT_TRUE(polls.parked() && poll.parked());
  node.advance(milliseconds(48) + TimerWheel::kTick);
  ASSERT_TRUE(polls.answered() && poll.answered());
  EXPECT_EQ(Answer::hosts(polls.answer().data()["a"]), (std::vector<std::string>{"h1", "h2", "h3"}));
}

TEST_F(Burst, KeepsNobodyWaitingForWhatIsUnknown) {
  node.reg("a", "h2");
  EXPECT_EQ(node.get(Node::poll_of("unknown", node.latest("a"))).code(), -404);
}

TEST_F(Burst, IsToldAtOnceWhereNobodyMayWait) {
  node.reg("a", "h2");
  const int64_t told = node.latest("a");
  node.reg("a", "h3");
  node.budget.polls_max = 0;
  node.budget.watches_max = 0;
  EXPECT_EQ(node.get(Node::polls_of({{"a", told}})).code(), 0);
}

TEST_F(Burst, IsNotTakenForNewsByWhoIsLate) {
  const int64_t told = node.latest("a");
  node.reg("a", "h2");
  FakeExchange& late = node.send_get(Node::polls_of({{"a", told}}));
  EXPECT_TRUE(late.answered()) << "its list is a second old";
}

TEST_F(Burst, ThatIsOverEndsInAWaitOfUsualLength) {
  node.reg("a", "h2");
  FakeExchange& x = ask();
  node.advance(std::chrono::seconds(30) - milliseconds(1));
  EXPECT_TRUE(x.parked());
  node.advance(milliseconds(1));
  EXPECT_EQ(x.answer().code(), -304);
}

}  // namespace
}  // namespace discovery::protocol
