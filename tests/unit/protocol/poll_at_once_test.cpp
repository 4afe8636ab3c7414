// poll and polls that are answered without waiting (discovery-api.md 7.5, 7.6).
#include "unit/protocol/harness.h"

namespace discovery::protocol {
namespace {

constexpr int64_t kFuture = 9'000'000'000'000'000'000;

/// No poll waits, nothing is watched.
void expect_nothing_left(const Node& node) {
  EXPECT_EQ(node.budget.polls.load(), 0U);
  EXPECT_EQ(node.budget.watches.load(), 0U);
  EXPECT_EQ(node.hub.watched_applications(), 0U);
}

TEST(Poll, AnswersAtOnceWhenBehind) {
  Node node;
  node.reg("a");
  const std::string fetched = node.get("/discovery/fetch?env=dev&appid=a&status=1").body;
  for (const char* cursor : {"", "&latest_timestamp=", "&latest_timestamp=0", "&latest_timestamp=-1",
                             "&latest_timestamp=1699999999999999999"}) {
    const Answer a = node.get(std::string("/discovery/poll?env=dev&hostname=w&appid=a") + cursor);
    EXPECT_EQ(a.body, fetched) << cursor << ": as fetch";
    EXPECT_EQ(a.status_code(), "0");
  }
  EXPECT_EQ(node.seen.last().route, Route::kPoll);
  expect_nothing_left(node);
}

TEST(Poll, OfAnUnknownAppIsNotFoundWithItsName) {
  Node node;
  node.reg("a");
  EXPECT_EQ(node.get(Node::poll_of("none", 0)).body, R"({"code":-404,"message":"none not found"})");
  EXPECT_EQ(node.get(Node::poll_of("none", kFuture)).status_code(), "-404");
  EXPECT_EQ(node.get("/discovery/poll?env=prod&hostname=w&appid=a").body, R"({"code":-404,"message":"a not found"})");
  EXPECT_EQ(node.get(Node::poll_of("a", 0, "&zone=none")).body, R"({"code":-404,"message":"a not found"})");
  EXPECT_EQ(node.get(Node::poll_of("%3Cb%22%3E", 0)).message(), "<b\"> not found");
  EXPECT_EQ(node.seen.last().code, Code::kNotFound);
  EXPECT_EQ(node.seen.empty_answers, 0);
}

// D11: an immediate answer leaves no waiter behind.
TEST(Poll, LeavesNothingBehindWhenNotFound) {
  Node node;
  for (int i = 0; i < 12; ++i) node.get(Node::poll_of("none", 0));
  expect_nothing_left(node);
  EXPECT_EQ(node.registry.memory_bytes(), 0U) << "nor an application";
  node.reg("none");
  EXPECT_TRUE(node.seen.woken.empty());
}

TEST(Poll, ListsInstancesInServiceOnly) {
  Node node;
  node.reg("a", "up");
  node.write("register", with(Node::instance("a", "wait"), "status", "2"));
  EXPECT_EQ(Answer::hosts(node.get(Node::poll_of("a", 0)).data()), std::vector<std::string>{"up"});
  EXPECT_EQ(Answer::hosts(node.get(Node::polls_of({{"a", 0}})).data()["a"]), std::vector<std::string>{"up"});
}

// D20: of several apps the first counts, with the first timestamp; another number of timestamps makes all 0.
TEST(Poll, RegardsTheFirstAppOnly) {
  Node node;
  node.reg("a");
  node.reg("b");
  const auto first_of = [&](const std::string& query) {
    return node.get("/discovery/poll?env=dev&hostname=w&" + query).data()["instances"]["z1"][0]["appid"];
  };
  EXPECT_EQ(first_of("appid=a&appid=b&latest_timestamp=0&latest_timestamp=" + std::to_string(kFuture)), "a");
  EXPECT_EQ(first_of("appid=b,a"), "b");
  const std::string future = "&latest_timestamp=" + std::to_string(kFuture);
  EXPECT_EQ(first_of("appid=a&appid=b" + future), "a") << "one timestamp for two apps: both 0";
  EXPECT_EQ(first_of("appid=a" + future + future), "a") << "two for one";
  EXPECT_EQ(node.get("/discovery/poll?env=dev&hostname=w&appid=none,a").code(), -404);
  FakeExchange& parked = node.send_get("/discovery/poll?env=dev&hostname=w&appid=a&appid=b&latest_timestamp=0" +
                                       future + "&appid=c" + future);
  EXPECT_TRUE(parked.answered()) << "the first timestamp is the first app's";
  FakeExchange& waits =
      node.send_get("/discovery/poll?env=dev&hostname=w&appid=a&appid=b" + future + "&latest_timestamp=0");
  EXPECT_TRUE(waits.parked()) << "b is newer, but does not count";
}

TEST(Polls, HasItsOwnShape) {
  Node node;
  node.reg("b");
  node.reg("a");
  const std::string fetched = node.get("/discovery/fetch?env=dev&appid=a&status=1").data().dump();
  const Answer a = node.get(Node::polls_of({{"none2", 0}, {"a", 0}, {"none1", 0}, {"b", 0}}));
  EXPECT_EQ(member_names(a.json()), (std::vector<std::string>{"code", "data", "error", "message"})) << "no ttl";
  EXPECT_EQ(a.code(), 0);
  EXPECT_EQ(a.message(), "0");
  EXPECT_EQ(a.status_code(), "0");
  EXPECT_EQ(member_names(a.data()), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(a.data()["a"].dump(), fetched);
  EXPECT_EQ(a.json()["error"], (Json{{"-404", Json::array({"none2", "none1"})}})) << "in order of asking";
  EXPECT_EQ(node.get(Node::polls_of({{"a", 0}})).json()["error"], (Json{{"-404", nullptr}}));
  EXPECT_EQ(node.seen.last().route, Route::kPolls);
  expect_nothing_left(node);
}

TEST(Polls, ListsOnlyWhatIsNewer) {
  Node node;
  node.reg("a");
  node.pass(1s);
  node.reg("b");
  const int64_t a = node.latest("a");
  const int64_t b = node.latest("b");
  EXPECT_EQ(member_names(node.get(Node::polls_of({{"a", a}, {"b", 0}})).data()), std::vector<std::string>{"b"});
  EXPECT_EQ(member_names(node.get(Node::polls_of({{"a", a - 1}, {"b", b}})).data()), std::vector<std::string>{"a"});
  EXPECT_EQ(member_names(node.get(Node::polls_of({{"a", kFuture}, {"b", b - 1}})).data()),
            std::vector<std::string>{"b"});
}

TEST(Polls, NeverHoldsANullApp) {
  Node node;
  node.reg("a");
  node.reg_in("z2", "b");
  const Answer a = node.get(Node::polls_of({{"b", 0}, {"a", 0}, {"none", 0}}, "&zone=z1"));
  const Json data = a.data();
  EXPECT_EQ(data.size(), 1U);
  for (const auto& [name, app] : data.items()) {
    EXPECT_TRUE(app.is_object()) << name;
    EXPECT_GT(app["latest_timestamp"].get<int64_t>(), 0) << "0 makes Go clients treat the whole answer as an error";
  }
  EXPECT_EQ(a.json()["error"]["-404"], (Json::array({"b", "none"}))) << "an app without the zone is unknown";
}

TEST(Polls, NeedsATimestampForEachApp) {
  Node node;
  node.reg("a");
  for (const char* query :
       {"appid=a", "appid=a&latest_timestamp=", "appid=a&latest_timestamp=0&latest_timestamp=0",
        "appid=a,a&latest_timestamp=0", "appid=a&latest_timestamp=,", "appid=a,b&latest_timestamp=0,,"}) {
    const Answer a = node.get(std::string("/discovery/polls?env=dev&hostname=w&") + query);
    EXPECT_EQ(a.code(), -400) << query;
    EXPECT_EQ(member_names(a.json()), (std::vector<std::string>{"code", "message", "ttl"})) << query;
  }
}

TEST(Polls, FiltersByZone) {
  Node node;
  node.reg_in("z1", "a", "h1");
  node.reg_in("z2", "a", "h2");
  const Json app = node.get(Node::polls_of({{"a", 0}}, "&zone=z2")).data()["a"];
  EXPECT_EQ(member_names(app["instances"]), std::vector<std::string>{"z2"});
  EXPECT_EQ(app["latest_timestamp"].get<int64_t>(), node.latest("a"));
}

TEST(Polls, TakesARepeatedAppOnce) {
  Node node;
  node.reg("a");
  const int64_t t = node.latest("a");
  const Answer twice = node.get(Node::polls_of({{"a", 0}, {"a", 0}, {"none", 0}, {"none", 0}}));
  EXPECT_EQ(twice.body.find("\"a\":{"), twice.body.rfind("\"a\":{"));
  EXPECT_EQ(twice.json()["error"]["-404"], Json::array({"none"}));
  // One of its timestamps is behind: it is newer than a given timestamp, whatever the order.
  for (const auto& cursors : {std::pair{t, int64_t{0}}, std::pair{int64_t{0}, t}}) {
    FakeExchange& x = node.send_get(Node::polls_of({{"a", cursors.first}, {"a", cursors.second}}));
    EXPECT_TRUE(x.answered()) << cursors.first;
  }
}

TEST(Polls, SeesASetBetweenTwoRequests) {
  Node node;
  node.reg("a");
  const int64_t t = node.get(Node::polls_of({{"a", 0}})).data()["a"]["latest_timestamp"];
  node.write("set", with(Node::key("a"), "metadata", R"({"n":"1"})"));  // D3
  const Answer a = node.get(Node::polls_of({{"a", t}}));
  EXPECT_EQ(a.data()["a"]["instances"]["z1"][0]["metadata"]["n"], "1");
}

TEST(Polls, TellsTheObserverOncePerRequest) {
  Node node;
  node.reg("a");
  node.seen.answers.clear();
  node.pass(1s);
  node.get(Node::polls_of({{"a", 0}}));
  node.get("/discovery/polls");
  node.get(Node::poll_of("none", 0));
  ASSERT_EQ(node.seen.answers.size(), 3U);
  EXPECT_EQ(node.seen.answers[0].code, Code::kOk);
  EXPECT_EQ(node.seen.answers[1].code, Code::kBadRequest);
  EXPECT_EQ(node.seen.answers[2].code, Code::kNotFound);
  for (const auto& a : node.seen.answers) EXPECT_EQ(a.received_at, node.now);
  EXPECT_EQ(node.seen.hung_up, 0);
  EXPECT_TRUE(node.seen.woken.empty());
}

}  // namespace
}  // namespace discovery::protocol
