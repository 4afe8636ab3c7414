// Applications and zones that empty while somebody waits (discovery-api.md D6).
#include "unit/protocol/harness.h"

namespace discovery::protocol {
namespace {

TEST(Gone, WakesAPollWithNotFound) {
  Node node;
  node.reg("a");
  FakeExchange& x = node.send_get(Node::poll_of("a", node.latest("a")));
  node.cancel("a");
  EXPECT_EQ(x.answer().body, R"({"code":-404,"message":"a not found"})");
  EXPECT_EQ(x.answer().status_code(), "-404");
}

TEST(Gone, IsToldAsTheCodeOnTheWire) {
  Node node;
  node.reg("a");
  node.send_get(Node::poll_of("a", node.latest("a")));
  node.auto_turn = false;
  node.cancel("a");
  node.turn();
  EXPECT_EQ(node.seen.last().route, Route::kPoll);
  EXPECT_EQ(node.seen.last().code, Code::kNotFound);
  EXPECT_EQ(node.seen.empty_answers, 0) << "-404 is no empty list";
}

TEST(Gone, WakesAPollsWithTheAppAmongTheErrors) {
  Node node;
  node.reg("a");
  node.reg("b");
  FakeExchange& one = node.send_get(Node::polls_of({{"a", node.latest("a")}}));
  FakeExchange& two = node.send_get(Node::polls_of({{"none", 0}, {"b", node.latest("b")}, {"a", node.latest("a")}}));
  node.cancel("a");
  EXPECT_EQ(one.answer().body, R"({"code":0,"message":"0","data":{},"error":{"-404":["a"]}})")
      << "never a list without instances and without end";
  EXPECT_EQ(two.answer().data(), Json::object());
  EXPECT_EQ(two.answer().json()["error"]["-404"], (Json::array({"none", "a"})));
}

// Clients take the answer as nothing, and ask again with the old timestamp: no spinning.
TEST(Gone, ParksTheNextRequestAndWakesItOnReturn) {
  Node node;
  node.reg("a");
  const int64_t t = node.latest("a");
  FakeExchange& first = node.send_get(Node::polls_of({{"a", t}}));
  node.cancel("a");
  EXPECT_TRUE(first.answered());
  for (const int64_t cursor : {t, int64_t{0}}) {
    FakeExchange& again = node.send_get(Node::polls_of({{"a", cursor}}));
    EXPECT_TRUE(again.parked()) << cursor;
    node.advance(10s);
    EXPECT_TRUE(again.parked());
    node.reg("a", "back");
    EXPECT_EQ(Answer::hosts(again.answer().data()["a"]), std::vector<std::string>{"back"});
    EXPECT_GT(again.answer().data()["a"]["latest_timestamp"].get<int64_t>(), t);
    node.cancel("a", "back");
  }
}

TEST(Gone, AndBackWithinOneTurnShowsTheNewList) {
  Node node;
  node.reg("a");
  FakeExchange& x = node.send_get(Node::polls_of({{"a", node.latest("a")}}));
  FakeExchange& y = node.send_get(Node::poll_of("a", node.latest("a")));
  node.auto_turn = false;
  node.cancel("a");
  node.reg("a", "h2");
  node.turn();
  EXPECT_EQ(Answer::hosts(x.answer().data()["a"]), std::vector<std::string>{"h2"});
  EXPECT_EQ(Answer::hosts(y.answer().data()), std::vector<std::string>{"h2"});
}

TEST(Gone, WhatCameAndWentIsNoNews) {
  Node node;
  FakeExchange& x = node.send_get(Node::polls_of({{"a", 0}}));
  node.auto_turn = false;
  node.reg("a");
  node.cancel("a");
  node.turn();
  EXPECT_TRUE(x.parked()) << "unknown before, unknown now";
  node.reg("a", "h2");
  node.turn();
  EXPECT_EQ(Answer::hosts(x.answer().data()["a"]), std::vector<std::string>{"h2"});
}

TEST(GoneZone, WakesWhenItEmpties) {
  Node node;
  node.reg_in("z1", "a");
  node.reg_in("z2", "a", "h2");
  const std::string in_z2 = "&zone=z2";
  FakeExchange& poll = node.send_get(Node::poll_of("a", node.latest("a"), in_z2));
  FakeExchange& polls = node.send_get(Node::polls_of({{"a", node.latest("a")}}, in_z2));
  FakeExchange& all = node.send_get(Node::polls_of({{"a", node.latest("a")}}));
  node.write("cancel", with(Node::key("a", "h2"), "zone", "z2"));
  EXPECT_EQ(poll.answer().body, R"({"code":-404,"message":"a not found"})");
  EXPECT_EQ(polls.answer().body, R"({"code":0,"message":"0","data":{},"error":{"-404":["a"]}})");
  EXPECT_EQ(member_names(all.answer().data()["a"]["instances"]), std::vector<std::string>{"z1"});
}

TEST(GoneZone, DoesNotWakeOnOtherZonesUntilItReturns) {
  Node node;
  node.reg_in("z1", "a");
  FakeExchange& x = node.send_get(Node::polls_of({{"a", 0}}, "&zone=z2"));
  EXPECT_TRUE(x.parked()) << "the zone is unknown";
  for (int i = 0; i < 3; ++i) node.reg_in("z1", "a");
  node.cancel("a");
  EXPECT_TRUE(x.parked()) << "from unknown to unknown";
  EXPECT_TRUE(node.seen.woken.empty());
  node.reg_in("z2", "a", "h3");
  EXPECT_EQ(member_names(x.answer().data()["a"]["instances"]), std::vector<std::string>{"z2"});
}

TEST(GoneZone, ForgetsTheOldMarkWhenItRestsOn) {
  Node node;
  node.reg_in("z1", "a");
  node.reg("b");
  FakeExchange& x = node.send_get(Node::polls_of({{"a", 0}, {"b", node.latest("b")}}, "&zone=z2"));
  EXPECT_TRUE(x.parked()) << "neither app has the zone";
  node.reg_in("z1", "a");
  node.advance(1s);
  node.reg_in("z2", "b", "h2");
  EXPECT_EQ(member_names(x.answer().data()), std::vector<std::string>{"b"});
  EXPECT_EQ(x.answer().json()["error"]["-404"], Json::array({"a"}));
  EXPECT_EQ(node.seen.woken.at(0).since_change, 0ns) << "measured from the change that woke it";
}

TEST(GoneZone, RestsOnUntilItsDeadline) {
  Node node;
  node.reg_in("z1", "a");
  FakeExchange& x = node.send_get(Node::polls_of({{"a", 0}}, "&zone=z2"));
  node.advance(15s);
  node.reg_in("z1", "a");
  node.advance(15s - 20ms);
  EXPECT_TRUE(x.parked());
  node.advance(20ms);
  EXPECT_EQ(x.answer().body, kNotModified) << "the unconcerned change has not lost its deadline";
}

TEST(Gone, AtTheDeadlineOfTheSameTurn) {
  Node node;
  node.reg("a");
  FakeExchange& known = node.send_get(Node::polls_of({{"a", node.latest("a")}}));
  FakeExchange& unknown = node.send_get(Node::polls_of({{"c", 0}}));
  node.auto_turn = false;
  node.pass(30s);
  node.cancel("a");
  node.reg("c");
  node.cancel("c");
  node.run_deadlines();
  EXPECT_EQ(known.answer().json()["error"]["-404"], Json::array({"a"}));
  EXPECT_EQ(unknown.answer().code(), -304);
}

}  // namespace
}  // namespace discovery::protocol
