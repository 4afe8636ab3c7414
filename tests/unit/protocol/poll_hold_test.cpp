// Empty damping: news without a listed instance waits a little (discovery-api.md D4).
#include "unit/protocol/harness.h"

namespace discovery::protocol {
namespace {

class Hold : public ::testing::Test {
 protected:
  Hold() { node.write("register", with(Node::instance("a"), "status", "2")); }

  Node node;
  const Json empty_list{{"z1", Json::array()}};
};

TEST_F(Hold, DelaysEmptyListsByOneSecond) {
  FakeExchange& polls = node.send_get(Node::polls_of({{"a", 0}}));
  FakeExchange& poll = node.send_get(Node::poll_of("a", 0));
  EXPECT_TRUE(polls.parked() && poll.parked());
  node.advance(980ms);
  EXPECT_TRUE(polls.parked() && poll.parked());
  node.advance(20ms);
  EXPECT_EQ(polls.answer().code(), 0) << "not -304";
  EXPECT_EQ(polls.answer().data()["a"]["instances"], empty_list);
  EXPECT_EQ(polls.answer().data()["a"]["latest_timestamp"], kStartNs);
  EXPECT_EQ(polls.answer().json()["error"], (Json{{"-404", nullptr}}));
  EXPECT_EQ(poll.answer().code(), 0);
  EXPECT_EQ(poll.answer().data()["instances"], empty_list);
  EXPECT_EQ(poll.answer().json()["ttl"], 1);
  EXPECT_EQ(node.seen.empty_answers, 2);
  ASSERT_EQ(node.seen.woken.size(), 2U);
  EXPECT_EQ(node.seen.woken[0].reason, registry::PollHub::Reason::kDeadline);
  EXPECT_EQ(node.seen.last().code, Code::kOk);
}

// The client that ignores empty lists and asks again at once with its old timestamp, as the Go libraries do.
TEST_F(Hold, SlowsAClientThatRepeats) {
  for (const bool single : {false, true}) {
    const std::string query = single ? Node::poll_of("a", 0) : Node::polls_of({{"a", 0}});
    int answers = 0;
    FakeExchange* x = &node.send_get(query);
    for (int tick = 0; tick < 500; ++tick) {  // ten seconds
      node.advance(20ms);
      while (x->answered() && answers < 1000) {
        ++answers;
        x = &node.send_get(query);
      }
    }
    EXPECT_GE(answers, 9);
    EXPECT_LE(answers, 10);
    x->hang_up();
  }
}

TEST_F(Hold, EndsWithAnyChange) {
  FakeExchange& to_service = node.send_get(Node::polls_of({{"a", 0}}));
  node.advance(100ms);
  node.set_status("a", "h1", 1);
  EXPECT_EQ(Answer::hosts(to_service.answer().data()["a"]), std::vector<std::string>{"h1"});

  node.set_status("a", "h1", 2);
  FakeExchange& still_empty = node.send_get(Node::polls_of({{"a", 0}}));
  EXPECT_TRUE(still_empty.parked());
  node.write("register", with(Node::instance("a", "h2"), "status", "2"));
  EXPECT_EQ(still_empty.answer().data()["a"]["instances"], empty_list) << "a change, though still nothing to list";

  FakeExchange& gone = node.send_get(Node::polls_of({{"a", 0}}));
  node.auto_turn = false;
  node.cancel("a", "h1");
  node.cancel("a", "h2");
  node.turn();
  EXPECT_EQ(gone.answer().json()["error"]["-404"], Json::array({"a"}));
}

TEST_F(Hold, EndsWithAChangeOfAnotherPolledApp) {
  node.reg("b");
  FakeExchange& x = node.send_get(Node::polls_of({{"a", 0}, {"b", node.latest("b")}, {"c", 0}}));
  EXPECT_TRUE(x.parked());
  node.reg("c");
  EXPECT_EQ(member_names(x.answer().data()), (std::vector<std::string>{"a", "c"})) << "and the empty news come with it";
  EXPECT_EQ(node.seen.empty_answers, 0) << "one list is not empty";
}

TEST_F(Hold, DoesNotEndWithRenewalsOrOtherApps) {
  FakeExchange& x = node.send_get(Node::polls_of({{"a", 0}}));
  node.renew("a");
  node.reg("b");
  node.turn();
  EXPECT_TRUE(x.parked());
}

// Otherwise a busy zone would make the client of an empty one spin.
TEST_F(Hold, DoesNotEndWhenTheUnknownStaysUnknown) {
  node.reg_in("z2", "b");
  FakeExchange& x = node.send_get(Node::polls_of({{"a", 0}, {"b", 0}}, "&zone=z1"));
  EXPECT_TRUE(x.parked()) << "a is empty there, b unknown";
  for (int i = 0; i < 5; ++i) {
    node.advance(100ms);
    node.reg_in("z2", "b");
    EXPECT_TRUE(x.parked()) << i;
  }
  node.advance(500ms);
  EXPECT_EQ(member_names(x.answer().data()), std::vector<std::string>{"a"});
  EXPECT_EQ(x.answer().json()["error"]["-404"], Json::array({"b"}));
}

TEST_F(Hold, IsNotForARequestAlreadyParked) {
  node.reg("s", "h1");
  FakeExchange& polls = node.send_get(Node::polls_of({{"s", node.latest("s")}}));
  FakeExchange& poll = node.send_get(Node::poll_of("s", node.latest("s")));
  node.set_status("s", "h1", 2);
  EXPECT_EQ(polls.answer().data()["s"]["instances"], empty_list) << "the transition is seen at once";
  EXPECT_EQ(poll.answer().data()["instances"], empty_list);
  EXPECT_EQ(node.seen.empty_answers, 2);
  // Whoever takes the new timestamp over parks for long; whoever does not is held.
  FakeExchange& up_to_date = node.send_get(Node::polls_of({{"s", node.latest("s")}}));
  FakeExchange& ignorant = node.send_get(Node::polls_of({{"s", 1}}));
  node.advance(1s);
  EXPECT_TRUE(up_to_date.parked());
  EXPECT_EQ(ignorant.answer().code(), 0);
  node.advance(29s);
  EXPECT_EQ(up_to_date.answer().body, kNotModified);
}

TEST_F(Hold, IsSkippedWhenSomethingElseHasInstances) {
  node.reg("b");
  const Answer a = node.get(Node::polls_of({{"a", 0}, {"b", 0}}));
  EXPECT_EQ(member_names(a.data()), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(a.data()["a"]["instances"], empty_list);
  EXPECT_EQ(node.seen.empty_answers, 0);
}

TEST_F(Hold, RegardsTheZoneAskedFor) {
  node.reg_in("z2", "a", "h2");
  EXPECT_EQ(node.get(Node::polls_of({{"a", 0}}, "&zone=z2")).code(), 0) << "listed there";
  FakeExchange& z1 = node.send_get(Node::polls_of({{"a", 0}}, "&zone=z1"));
  EXPECT_TRUE(z1.parked()) << "only a waiting one there";
  node.advance(1s);
  EXPECT_EQ(z1.answer().data()["a"]["instances"], empty_list);
  EXPECT_EQ(node.get(Node::polls_of({{"a", 0}})).code(), 0) << "listed in one of all zones";
}

TEST_F(Hold, EndsAtTheRequestsOwnDeadlineIfEarlier) {
  FakeExchange& x = node.send_get(Node::polls_of({{"a", 0}}), {{{"x1-bmspy-timeout", "520"}}});
  node.advance(480ms);
  EXPECT_TRUE(x.parked());
  node.advance(20ms);
  EXPECT_EQ(x.answer().code(), 0) << "the empty lists, not -304";
  EXPECT_EQ(x.answer().data()["a"]["instances"], empty_list);
}

TEST_F(Hold, IsAsLongAsConfigured) {
  ApiSettings settings = test_settings();
  settings.polls.empty_hold = 3s;
  node.api.update(settings);
  FakeExchange& x = node.send_get(Node::polls_of({{"a", 0}}));
  node.advance(3s - 20ms);
  EXPECT_TRUE(x.parked());
  node.advance(20ms);
  EXPECT_EQ(x.answer().code(), 0);
  settings.max_park = 1s;
  node.api.update(settings);
  FakeExchange& y = node.send_get(Node::polls_of({{"a", 0}}));
  node.advance(1s);
  EXPECT_EQ(y.answer().code(), 0) << "never longer than any poll waits";
}

TEST_F(Hold, CountsAsAParkedPoll) {
  node.budget.polls_max = 1;
  FakeExchange& x = node.send_get(Node::polls_of({{"a", 0}}));
  EXPECT_TRUE(x.parked());
  EXPECT_EQ(node.get(Node::polls_of({{"a", 0}})).code(), -500);
  x.hang_up();
  EXPECT_EQ(node.seen.hung_up, 1);
  EXPECT_EQ(node.hub.watched_applications(), 0U);
}

}  // namespace
}  // namespace discovery::protocol
