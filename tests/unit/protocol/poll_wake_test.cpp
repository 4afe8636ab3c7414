// What wakes a parked poll, and what it is told (discovery-api.md 7.7, D5, D20, D25, D26).
#include <functional>

#include "unit/protocol/harness.h"

namespace discovery::protocol {
namespace {

constexpr int64_t kFuture = 9'000'000'000'000'000'000;

class Parked : public ::testing::Test {
 protected:
  Parked() {
    node.reg("a");
    node.reg("b");
  }
  FakeExchange& park_polls(const std::string& more = "") {
    FakeExchange& x = node.send_get(Node::polls_of({{"a", node.latest("a")}}, more));
    EXPECT_TRUE(x.parked());
    return x;
  }
  FakeExchange& park_poll(const std::string& more = "") {
    FakeExchange& x = node.send_get(Node::poll_of("a", node.latest("a"), more));
    EXPECT_TRUE(x.parked());
    return x;
  }
  void expect_nothing_left() {
    EXPECT_EQ(node.budget.polls.load(), 0U);
    EXPECT_EQ(node.budget.watches.load(), 0U);
    EXPECT_EQ(node.hub.watched_applications(), 0U);
    EXPECT_FALSE(node.wheel.next_wake().has_value());
  }

  Node node;
};

TEST_F(Parked, WakesOnRegister) {
  FakeExchange& polls = park_polls();
  FakeExchange& poll = park_poll();
  node.reg("a", "h2");
  EXPECT_EQ(Answer::hosts(polls.answer().data()["a"]), (std::vector<std::string>{"h1", "h2"}));
  EXPECT_EQ(polls.answer().data()["a"]["latest_timestamp"].get<int64_t>(), node.latest("a"));
  EXPECT_EQ(polls.answer().status_code(), "0");
  EXPECT_EQ(polls.answer().content_type, kJsonType);
  EXPECT_EQ(polls.answer().json()["error"], (Json{{"-404", nullptr}}));
  EXPECT_FALSE(polls.answer().json().contains("ttl"));
  EXPECT_EQ(Answer::hosts(poll.answer().data()), (std::vector<std::string>{"h1", "h2"}));
  EXPECT_EQ(poll.answer().json()["ttl"], 1);
  expect_nothing_left();
}

TEST_F(Parked, WakesOnEveryVisibleChange) {
  const std::vector<std::pair<std::string, std::function<void()>>> changes{
      {"an identical register", [&] { node.reg("a"); }},
      {"a register in another zone", [&] { node.reg_in("z2", "a", "h9"); }},
      {"set of status", [&] { node.set_status("a", "h1", 1); }},
      {"set of metadata", [&] { node.write("set", with(Node::key("a"), "metadata", "{}")); }},
      {"cancel of one of two", [&] { node.write("cancel", with(Node::key("a", "h9"), "zone", "z2")); }},
      {"a scheduler", [&] {
         for (const auto& wake : node.registry.load_schedulers({{"dev", "a", "{}"}}, node.now)) {
           node.hub.mark_changed(wake.app_id, node.now);
         }
         node.turn();
       }}};
  for (const auto& [what, change] : changes) {
    FakeExchange& polls = park_polls();
    FakeExchange& poll = park_poll();
    const int64_t before = node.latest("a");
    change();
    ASSERT_TRUE(polls.answered() && poll.answered()) << what;
    EXPECT_GT(polls.answer().data()["a"]["latest_timestamp"].get<int64_t>(), before) << what;
    EXPECT_GT(poll.answer().data()["latest_timestamp"].get<int64_t>(), before) << what;
  }
  expect_nothing_left();
}

TEST_F(Parked, SleepsOnWhatIsNoChange) {
  FakeExchange& polls = park_polls();
  FakeExchange& poll = park_poll();
  node.renew("a");
  node.reg("b", "h7");
  node.write("register", with(Node::instance("a"), "env", "prod"));
  node.reg("A");
  node.write("register", with(Node::instance("a"), "dirty_timestamp", "5"));  // loses (D26)
  node.cancel("a", "none");
  node.set_status("a", "none", 2);
  node.set_status("a", "h1", 3);
  node.write("register", with(Node::instance("a"), "status", "3"));
  node.fetch("a");
  node.turn();
  EXPECT_TRUE(polls.parked());
  EXPECT_TRUE(poll.parked());
  EXPECT_EQ(node.seen.woken.size(), 0U);
  node.advance(30s);
  EXPECT_EQ(polls.answer().body, kNotModified);
  EXPECT_EQ(poll.answer().body, kNotModified);
}

TEST_F(Parked, HearsOnlyOfWhatChanged) {
  FakeExchange& x = node.send_get(Node::polls_of({{"b", node.latest("b")}, {"a", node.latest("a")}, {"none", 0}}));
  node.reg("a", "h2");
  EXPECT_EQ(member_names(x.answer().data()), std::vector<std::string>{"a"});
  EXPECT_EQ(x.answer().json()["error"]["-404"], Json::array({"none"})) << "what is unknown at the wake";
}

TEST_F(Parked, HearsOfAllThatChangedInOneTurn) {
  FakeExchange& x = node.send_get(Node::polls_of({{"a", node.latest("a")}, {"b", node.latest("b")}}));
  node.auto_turn = false;
  for (int i = 0; i < 50; ++i) node.reg("a", "n" + std::to_string(i));
  node.cancel("b");
  EXPECT_TRUE(x.parked()) << "a burst is one answer";
  node.turn();
  EXPECT_EQ(member_names(x.answer().data()), std::vector<std::string>{"a"});
  EXPECT_EQ(Answer::hosts(x.answer().data()["a"]).size(), 51U);
  EXPECT_EQ(x.answer().json()["error"]["-404"], Json::array({"b"}));
  EXPECT_EQ(node.seen.woken.size(), 1U);
}

TEST_F(Parked, IsNotNarrowedByItsZone) {
  node.reg_in("z2", "a", "h2");
  FakeExchange& x = park_polls("&zone=z2");
  node.reg_in("z1", "a", "h3");
  const Json app = x.answer().data()["a"];
  EXPECT_EQ(member_names(app["instances"]), std::vector<std::string>{"z2"}) << "the unchanged own zone";
  EXPECT_EQ(app["latest_timestamp"].get<int64_t>(), node.latest("a")) << "and the new T";
}

// D5: a hostname is a label; each request has its own answer.
TEST_F(Parked, AnswersEveryRequestOfOneHost) {
  std::vector<FakeExchange*> all;
  for (int i = 0; i < 5; ++i) all.push_back(&park_polls());
  FakeExchange& both = node.send_get(Node::polls_of({{"b", node.latest("b")}, {"a", node.latest("a")}}));
  FakeExchange& other = node.send_get(Node::poll_of("b", node.latest("b")));
  node.reg("a", "h2");
  for (const FakeExchange* x : all) EXPECT_EQ(member_names(x->answer().data()), std::vector<std::string>{"a"});
  EXPECT_EQ(member_names(both.answer().data()), std::vector<std::string>{"a"});
  EXPECT_TRUE(other.parked()) << "news of another app are none of its business (D20)";
  node.reg("b", "h2");
  EXPECT_EQ(Answer::hosts(other.answer().data()), (std::vector<std::string>{"h1", "h2"}));
  expect_nothing_left();
}

// D5: a hung-up request takes no answer away from the one that replaced it.
TEST_F(Parked, SurvivesTheHangUpOfAnother) {
  FakeExchange& abandoned = park_polls();
  FakeExchange& replacement = node.send_get(Node::polls_of({{"a", node.latest("a")}, {"b", node.latest("b")}}));
  abandoned.hang_up();
  EXPECT_EQ(node.seen.hung_up, 1);
  node.reg("b", "h2");
  EXPECT_EQ(member_names(replacement.answer().data()), std::vector<std::string>{"b"});
  expect_nothing_left();
}

TEST_F(Parked, WakesWhenSomethingUnknownAppears) {
  FakeExchange& x = node.send_get(Node::polls_of({{"new1", 0}, {"new2", kFuture}}));
  EXPECT_TRUE(x.parked()) << "also when all apps are unknown";
  node.write("register", with(Node::instance("new2"), "env", "prod"));
  EXPECT_TRUE(x.parked());
  node.reg("new2");
  EXPECT_EQ(member_names(x.answer().data()), std::vector<std::string>{"new2"}) << "whatever the timestamp was";
  EXPECT_EQ(x.answer().json()["error"]["-404"], Json::array({"new1"}));
  expect_nothing_left();
}

TEST_F(Parked, WithACursorFromTheFutureWakesOnAnyChange) {
  FakeExchange& polls = node.send_get(Node::polls_of({{"a", kFuture}}));
  FakeExchange& poll = node.send_get(Node::poll_of("a", kFuture));
  EXPECT_TRUE(polls.parked() && poll.parked());
  node.reg("a");
  EXPECT_EQ(polls.answer().data()["a"]["latest_timestamp"].get<int64_t>(), node.latest("a"));
  EXPECT_EQ(poll.answer().data()["latest_timestamp"].get<int64_t>(), node.latest("a"));
}

// The change is marked, but its turn comes after the deadlines of the same loop turn.
TEST_F(Parked, HearsOfAChangeThatFallsTogetherWithItsDeadline) {
  FakeExchange& future = node.send_get(Node::polls_of({{"a", kFuture}, {"b", node.latest("b")}}));
  FakeExchange& current = park_poll();
  FakeExchange& other = node.send_get(Node::polls_of({{"b", node.latest("b")}}));
  node.auto_turn = false;
  node.pass(30s);
  node.reg("a", "h2");
  node.run_deadlines();
  EXPECT_EQ(member_names(future.answer().data()), std::vector<std::string>{"a"});
  EXPECT_EQ(Answer::hosts(current.answer().data()), (std::vector<std::string>{"h1", "h2"}));
  EXPECT_EQ(other.answer().code(), -304);
  node.turn();
  expect_nothing_left();
}

// A client is told all there is, once: nothing is lost between an answer and the next request (D25).
TEST_F(Parked, MissesNothingBetweenTwoRequests) {
  node.auto_turn = false;
  int64_t cursor = node.latest("a");
  FakeExchange* x = &node.send_get(Node::polls_of({{"a", cursor}}));
  for (int i = 0; i < 20; ++i) {
    node.reg("a", "n" + std::to_string(i));
    node.turn();
    ASSERT_TRUE(x->answered()) << i;
    EXPECT_EQ(Answer::hosts(x->answer().data()["a"]).size(), static_cast<size_t>(i) + 2);
    if (i % 2 == 1) node.reg("a", "n" + std::to_string(i));  // before the client comes back
    cursor = x->answer().data()["a"]["latest_timestamp"];
    x = &node.send_get(Node::polls_of({{"a", cursor}}));
    if (i % 2 == 0) continue;
    ASSERT_TRUE(x->answered()) << "newer at once";
    cursor = x->answer().data()["a"]["latest_timestamp"];
    x = &node.send_get(Node::polls_of({{"a", cursor}}));
    EXPECT_TRUE(x->parked());
    node.turn();
    EXPECT_TRUE(x->parked()) << "the mark of an old change wakes nobody who knows it";
  }
}

TEST_F(Parked, TakesARepeatedAppOnce) {
  const int64_t t = node.latest("a");
  FakeExchange& x = node.send_get(Node::polls_of({{"a", t}, {"a", t}, {"a", t}}));
  EXPECT_TRUE(x.parked());
  EXPECT_EQ(node.budget.watches.load(), 1U);
  node.reg("a");
  EXPECT_EQ(x.answer().body.find("\"a\":{"), x.answer().body.rfind("\"a\":{"));
}

TEST_F(Parked, KeepsItsCallback) {
  FakeExchange& polls = park_polls("&callback=cb%3C");
  FakeExchange& poll = park_poll("&callback=cb");
  FakeExchange& late = park_poll("&callback=late");
  node.get("/discovery/nodes?callback=other");  // reuses the buffers
  late.hang_up();
  FakeExchange& timed = node.send_get(Node::polls_of({{"b", node.latest("b")}}, "&callback=t"));
  node.reg("a");
  EXPECT_TRUE(polls.answer().body.starts_with(R"(cb\u003C({"code":0,)")) << polls.answer().body.substr(0, 40);
  EXPECT_TRUE(polls.answer().body.ends_with("})"));
  EXPECT_TRUE(poll.answer().body.starts_with(R"(cb({"code":0,)"));
  EXPECT_EQ(poll.answer().content_type, kJsonType);
  node.advance(30s);
  EXPECT_EQ(timed.answer().body, "t(" + std::string(kNotModified) + ")");
}

TEST_F(Parked, TellsTheObserverOncePerRequest) {
  node.seen.answers.clear();
  const TimePoint asked = node.now;
  FakeExchange& x = park_polls();
  EXPECT_EQ(node.seen.answers.size(), 1U) << "the fetch that asked for the timestamp";
  node.auto_turn = false;
  node.pass(2s);
  node.reg("a", "h2");
  node.pass(3ms);
  node.seen.answers.clear();
  node.turn();
  ASSERT_EQ(node.seen.answers.size(), 1U);
  EXPECT_EQ(node.seen.answers[0].route, Route::kPolls);
  EXPECT_EQ(node.seen.answers[0].code, Code::kOk);
  EXPECT_EQ(node.seen.answers[0].received_at, asked);
  ASSERT_EQ(node.seen.woken.size(), 1U);
  EXPECT_EQ(node.seen.woken[0].reason, registry::PollHub::Reason::kChange);
  EXPECT_EQ(node.seen.woken[0].since_change, 3ms);
  EXPECT_EQ(node.seen.woken[0].bytes, x.answer().body.size());
  EXPECT_EQ(node.seen.hung_up, 0);
  EXPECT_EQ(node.seen.empty_answers, 0);
}

}  // namespace
}  // namespace discovery::protocol
