// POST /discovery/renew and /discovery/cancel (discovery-api.md 6.2, 6.3).
#include "unit/protocol/harness.h"

namespace discovery::protocol {
namespace {

const std::vector<std::pair<std::string, std::string>> kStrange{
    {"zone", "none"}, {"env", "none"}, {"appid", "none"}, {"hostname", "none"}};

TEST(Renew, AnswersWithTheInstanceAndItsNewLease) {
  Node node;
  node.reg("a");
  Json expected = node.one("a");
  node.pass(30s);
  const Answer a = node.renew("a");
  EXPECT_EQ(a.code(), 0);
  EXPECT_EQ(a.json()["ttl"], 1);
  expected["renew_timestamp"] = kStartNs + 30'000'000'000;
  EXPECT_EQ(a.data(), expected);
  EXPECT_EQ(node.latest("a"), kStartNs) << "a renew is no change";
  EXPECT_EQ(node.seen.events.size(), 1U) << "and no event";
  EXPECT_EQ(node.seen.answers.at(1).route, Route::kFetch);
  EXPECT_EQ(node.seen.answers.at(2).route, Route::kRenew);
}

// D19: null in both cases, never an all-zero instance.
TEST(Renew, OfSomethingUnknownIsNotFoundWithNull) {
  Node node;
  node.reg("a");
  for (const auto& [name, value] : kStrange) {
    EXPECT_EQ(node.write("renew", with(Node::key("a"), name, value)).body,
              R"({"code":-404,"message":"-404","ttl":1,"data":null})")
        << name;
    EXPECT_EQ(node.seen.last().code, Code::kNotFound);
  }
}

TEST(Renew, WithoutReplicationDoesNotCompare) {
  Node node;
  node.reg("a");
  for (const char* dirty : {"1", "0", "-1", "9223372036854775807"}) {
    EXPECT_EQ(node.write("renew", with(Node::key("a"), "dirty_timestamp", dirty)).code(), 0) << dirty;
  }
}

TEST(Renew, DoesNotShowTheRequestBefore) {
  Node node;
  node.write("register", with(Node::instance("a", "long"), "version", std::string(5000, 'v')));
  node.reg("b", "short");
  EXPECT_EQ(node.renew("a", "long").data()["hostname"], "long");
  EXPECT_EQ(node.renew("b", "short").data()["hostname"], "short") << "the buffers are reused";
  EXPECT_EQ(node.renew("none").data(), nullptr);
  EXPECT_EQ(node.reg("c").code(), 0);
  EXPECT_EQ(node.one("c")["addrs"], Json{"http://10.0.0.1:80"});
}

TEST(Renew, OfACancelledInstanceIsNotFound) {
  Node node;
  node.reg("a");
  node.cancel("a");
  EXPECT_EQ(node.renew("a").code(), -404);
}

TEST(Cancel, RemovesAndAnswersWithoutData) {
  Node node;
  node.reg("a");
  const Answer a = node.cancel("a");
  EXPECT_EQ(a.body, kOk);
  EXPECT_EQ(a.status_code(), "0");
  EXPECT_EQ(node.fetch("a"), nullptr);
  EXPECT_EQ(node.cancel("a").body, R"({"code":-404,"message":"-404","ttl":1})") << "the second time";
  EXPECT_EQ(node.seen.events,
            (std::vector<std::string>{"register new z1/dev/a/h1 from 192.0.2.7", "cancel z1/dev/a/h1 from 192.0.2.7"}));
}

TEST(Cancel, OfSomethingUnknownIsNotFound) {
  Node node;
  node.reg("a");
  for (const auto& [name, value] : kStrange) {
    EXPECT_EQ(node.write("cancel", with(Node::key("a"), name, value)).body, R"({"code":-404,"message":"-404","ttl":1})")
        << name;
  }
  EXPECT_EQ(node.one("a")["hostname"], "h1");
}

TEST(Cancel, LeavesTheOthersAndRaisesTheTimestamp) {
  Node node;
  node.reg("a", "h1");
  node.reg("a", "h2");
  node.reg_in("z2", "a", "h1");
  const int64_t before = node.latest("a");
  node.cancel("a", "h1");
  const Json data = node.fetch("a");
  EXPECT_EQ(Answer::hosts(data), (std::vector<std::string>{"h2", "h1"}));
  EXPECT_GT(data["latest_timestamp"].get<int64_t>(), before);
}

TEST(Cancel, RemovesAnEmptiedZone) {
  Node node;
  node.reg_in("z1", "a");
  node.reg_in("z2", "a");
  node.write("cancel", with(Node::key("a"), "zone", "z2"));
  EXPECT_EQ(member_names(node.fetch("a")["instances"]), std::vector<std::string>{"z1"});
}

// A large latest_timestamp would push T into the future; it is ignored (discovery-api.md 5).
TEST(Cancel, OfAClientIgnoresItsStamps) {
  for (const char* stamp : {"9000000000000000000", "1", "-1"}) {
    Node node;
    node.reg("a", "h1");
    node.reg("a", "h2");
    const Fields form = with(with(Node::key("a"), "latest_timestamp", stamp), "dirty_timestamp", stamp);
    EXPECT_EQ(node.write("cancel", form).body, kOk) << stamp;
    EXPECT_EQ(Answer::hosts(node.fetch("a")), std::vector<std::string>{"h2"}) << stamp;
    EXPECT_LT(node.latest("a"), kStartNs + 1000) << stamp;
  }
}

TEST(Cancel, KeepsTheTimestampOfAnEmptiedAppGrowing) {
  Node node;
  for (int i = 0; i < 50; ++i) node.reg("a");  // T runs ahead of the clock
  const int64_t held = node.latest("a");
  node.cancel("a");
  node.reg("a");
  EXPECT_GT(node.latest("a"), held) << "or a poller that holds the old one would miss its return";
}

}  // namespace
}  // namespace discovery::protocol
