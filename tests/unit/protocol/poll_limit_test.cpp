// How long polls wait, how many may, and how they end otherwise (discovery-api.md 1.11, 7.7; operations.md 2).
#include "unit/protocol/harness.h"

namespace discovery::protocol {
namespace {

/// How long a polls with that header waits when nothing happens, in ticks of 20 ms.
Duration waits(Node& node, const std::string& timeout, const std::string& header = "x1-bmspy-timeout") {
  node.reg("a");
  Headers headers;
  if (!header.empty()) headers.list.emplace_back(header, timeout);
  FakeExchange& x = node.send_get(Node::polls_of({{"a", node.latest("a")}}), headers);
  EXPECT_TRUE(x.parked());
  Duration waited{};
  while (x.parked() && waited < 60s) {
    node.advance(20ms);
    waited += 20ms;
  }
  EXPECT_EQ(x.answer().body, kNotModified);
  EXPECT_EQ(x.answer().status_code(), "-304");
  EXPECT_EQ(node.seen.last().code, Code::kNotModified);
  EXPECT_EQ(node.seen.woken.back().reason, registry::PollHub::Reason::kDeadline);
  EXPECT_EQ(node.hub.watched_applications(), 0U);
  return waited;
}

TEST(PollDeadline, IsThirtySeconds) {
  Node node;
  EXPECT_EQ(waits(node, "", ""), 30s);
  EXPECT_EQ(waits(node, "40000"), 30s) << "as Go clients send it";
}

TEST(PollDeadline, IsShortenedByTheCaller) {
  Node node;
  EXPECT_EQ(waits(node, "1500"), 1480ms);
  EXPECT_EQ(waits(node, "30020"), 30s);
  EXPECT_EQ(waits(node, "30000"), 29980ms);
  EXPECT_EQ(waits(node, "60"), 40ms);
  EXPECT_EQ(waits(node, "1500", "X1-BMSPY-Timeout"), 1480ms);
}

TEST(PollDeadline, SubtractsNothingUpToTwentyMilliseconds) {
  Node node;
  node.advance(10ms);  // between two ticks, so that 1 ms and 20 ms differ
  EXPECT_EQ(waits(node, "20"), 40ms) << "due after 20 ms";
  EXPECT_EQ(waits(node, "21"), 20ms) << "due after 1 ms";
  EXPECT_EQ(waits(node, "1"), 20ms);
}

TEST(PollDeadline, IgnoresWhatIsNoPositiveInteger) {
  Node node;
  for (const char* junk : {"0", "-1", "-1500", "", "junk", "1500ms", "1.5", " 1500x", "+5", "0x10",
                           "99999999999999999999", "9223372036854775807", "9223372036854", "\xff"}) {
    EXPECT_EQ(waits(node, junk), 30s) << junk;
  }
}

TEST(PollDeadline, IsNeverBeyondTheServersOwn) {
  ApiSettings settings = test_settings();
  settings.max_park = 10s;
  settings.request_timeout = 5s;
  Node node(settings);
  EXPECT_EQ(waits(node, "40000"), 5s);
  settings.request_timeout = 50s;
  node.api.update(settings);
  EXPECT_EQ(waits(node, "40000"), 10s);
  EXPECT_EQ(waits(node, "1020"), 1s);
}

TEST(PollDeadline, OtherHeadersHaveNoEffect) {
  Node node;
  EXPECT_EQ(waits(node, "1500", "x1-bmspy-color"), 30s);
  EXPECT_EQ(waits(node, "1500", "timeout"), 30s);
}

TEST(PollDeadline, ShortensNoImmediateAnswer) {
  Node node;
  node.reg("a");
  EXPECT_EQ(node.get(Node::polls_of({{"a", 0}}), {{{"x1-bmspy-timeout", "1"}}}).code(), 0);
}

TEST(PollLimit, OfPollsIsAnsweredWithServerErrorAtOnce) {
  Node node;
  node.budget.polls_max = 2;
  node.reg("a");
  const std::string query = Node::polls_of({{"a", node.latest("a")}});
  FakeExchange& first = node.send_get(query);
  FakeExchange& second = node.send_get(Node::poll_of("a", node.latest("a")));
  EXPECT_TRUE(first.parked() && second.parked());
  for (const std::string& refused : {query, Node::poll_of("a", node.latest("a")), Node::polls_of({{"new", 0}})}) {
    const Answer a = node.get(refused);
    EXPECT_EQ(a.code(), -500) << "never -304, which clients repeat without a pause";
    EXPECT_EQ(a.status_code(), "-500");
    EXPECT_EQ(a.status, 200);
    EXPECT_EQ(node.seen.last().code, Code::kServerError);
  }
  EXPECT_EQ(node.seen.hung_up, 0) << "a refusal is no hang-up";
  EXPECT_EQ(node.get(Node::polls_of({{"a", 0}})).code(), 0) << "what need not wait is served";
  EXPECT_EQ(node.get(Node::poll_of("none", 0)).code(), -404);
  first.hang_up();
  EXPECT_TRUE(node.send_get(query).parked()) << "there is room again";
  EXPECT_EQ(node.budget.polls.load(), 2U);
}

TEST(PollLimit, OfWatchesIsAnsweredWithServerErrorAtOnce) {
  Node node;
  node.budget.watches_max = 3;
  EXPECT_TRUE(node.send_get(Node::polls_of({{"a", 0}, {"b", 0}})).parked());
  EXPECT_EQ(node.get(Node::polls_of({{"a", 0}, {"b", 0}})).code(), -500);
  EXPECT_EQ(node.budget.polls.load(), 1U) << "what was refused is given back";
  EXPECT_EQ(node.budget.watches.load(), 2U);
  EXPECT_TRUE(node.send_get(Node::polls_of({{"c", 0}})).parked()) << "exactly at the limit";
  EXPECT_EQ(node.get(Node::polls_of({{"c", 0}}, "&callback=cb")).body.substr(0, 15), R"(cb({"code":-500)");
}

TEST(PollLimit, OfMemoryIsAnsweredWithServerErrorAtOnce) {
  registry::RegistrySettings small;
  small.memory_bytes_max = 1000;
  Node node(test_settings(), small);
  int parked = 0;
  while (parked < 100 && node.send_get(Node::polls_of({{"x" + std::to_string(parked), 0}})).parked()) ++parked;
  EXPECT_GT(parked, 0);
  EXPECT_LT(parked, 100);
  const Answer refused = node.get(Node::polls_of({{"x0", 0}, {"another", 0}}));
  EXPECT_EQ(refused.code(), -500);
  EXPECT_EQ(node.budget.polls.load(), static_cast<uint64_t>(parked));
  EXPECT_EQ(node.seen.hung_up, 0);
}

TEST(PollHangUp, UnlinksEverything) {
  Node node;
  node.reg("a");
  const size_t answers = node.seen.answers.size();
  FakeExchange& x = node.send_get(Node::polls_of({{"a", kStartNs}, {"b", 0}, {"c", 0}}));
  FakeExchange& y = node.send_get(Node::poll_of("a", kStartNs));
  EXPECT_EQ(node.hub.watched_applications(), 3U);
  EXPECT_EQ(node.budget.polls.load(), 2U);
  EXPECT_EQ(node.budget.watches.load(), 4U);
  x.hang_up();
  EXPECT_EQ(node.hub.watched_applications(), 1U);
  y.hang_up();
  EXPECT_EQ(node.hub.watched_applications(), 0U);
  EXPECT_EQ(node.budget.polls.load(), 0U);
  EXPECT_EQ(node.budget.watches.load(), 0U);
  EXPECT_FALSE(node.wheel.next_wake().has_value());
  EXPECT_EQ(node.seen.hung_up, 2);
  EXPECT_EQ(node.seen.answers.size(), answers) << "nobody was answered";
  node.reg("a");
  node.advance(60s);
  EXPECT_TRUE(node.seen.woken.empty());
}

TEST(PollHangUp, OfAMarkedRequestIsHarmless) {
  Node node;
  node.reg("a");
  node.auto_turn = false;
  FakeExchange& gone = node.send_get(Node::polls_of({{"a", kStartNs}}));
  FakeExchange& stays = node.send_get(Node::polls_of({{"a", kStartNs}}));
  node.reg("a", "h2");
  gone.hang_up();
  node.turn();
  EXPECT_FALSE(gone.answered());
  EXPECT_TRUE(stays.answered());
  EXPECT_EQ(node.hub.watched_applications(), 0U);
}

TEST(PollMove, TellsClientsThatNothingChangedSoThatTheyComeAgain) {
  Node node;
  node.reg("a");
  FakeExchange& polls = node.send_get(Node::polls_of({{"a", kStartNs}}));
  polls.move();
  EXPECT_EQ(polls.answer().status_code(), "-304");
  EXPECT_FALSE(polls.answer().close);
  EXPECT_EQ(node.seen.hung_up, 0);
}

TEST(PollDrain, TellsClientsToGoElsewhere) {
  Node node;
  node.reg("a");
  FakeExchange& polls = node.send_get(Node::polls_of({{"a", kStartNs}}));
  FakeExchange& poll = node.send_get(Node::poll_of("a", kStartNs, "&callback=cb"));
  node.seen.answers.clear();
  polls.drain();
  poll.drain();
  EXPECT_EQ(polls.answer().body, R"({"code":-500,"message":"-500","ttl":1})");
  EXPECT_EQ(poll.answer().body, R"(cb({"code":-500,"message":"-500","ttl":1}))");
  for (const FakeExchange* x : {&polls, &poll}) {
    EXPECT_TRUE(x->answer().close) << "Connection: close";
    EXPECT_EQ(x->answer().status, 200);
    EXPECT_EQ(x->answer().content_type, kJsonType);
    EXPECT_EQ(x->answer().status_code(), "-500");
  }
  ASSERT_EQ(node.seen.answers.size(), 2U);
  EXPECT_EQ(node.seen.answers[0].route, Route::kPolls);
  EXPECT_EQ(node.seen.answers[1].route, Route::kPoll);
  EXPECT_EQ(node.seen.answers[0].code, Code::kServerError);
  EXPECT_EQ(node.seen.drained, 2);
  EXPECT_EQ(node.seen.hung_up, 0);
  EXPECT_TRUE(node.seen.woken.empty());
  EXPECT_EQ(node.hub.watched_applications(), 0U);
}

}  // namespace
}  // namespace discovery::protocol
