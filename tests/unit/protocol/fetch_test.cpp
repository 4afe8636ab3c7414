// GET /discovery/fetch, fetchs, nodes, and start protection (discovery-api.md 7.1, 7.2, 7.4, 9, 11).
#include "unit/protocol/harness.h"

namespace discovery::protocol {
namespace {

constexpr const char* kNotFound = R"({"code":-404,"message":"-404","ttl":1,"data":null})";

Answer fetch(Node& node, const std::string& more, const std::string& route = "fetch") {
  return node.get("/discovery/" + route + "?env=dev&" + more);
}

TEST(Fetch, ListsByZoneSortedByHost) {
  Node node;
  for (const char* host : {"h3", "h1", "h10", "h2"}) node.reg("a", host);
  node.reg_in("z0", "a", "h9");
  const Json data = fetch(node, "appid=a&status=1").data();
  EXPECT_EQ(member_names(data), (std::vector<std::string>{"instances", "latest_timestamp"}));
  EXPECT_EQ(Answer::hosts(data), (std::vector<std::string>{"h9", "h1", "h10", "h2", "h3"}));
  EXPECT_EQ(data["latest_timestamp"], kStartNs + 4);
}

TEST(Fetch, TakesStatusAsAMask) {
  Node node;
  node.write("register", with(Node::instance("a", "up"), "zone", "z1"));
  node.write("register", with(with(Node::instance("a", "wait"), "zone", "z2"), "status", "2"));
  const auto hosts = [&](const std::string& status) {
    const Json zones = fetch(node, "appid=a&status=" + status).data()["instances"];
    EXPECT_EQ(member_names(zones), (std::vector<std::string>{"z1", "z2"})) << "zones stay, with [] if need be";
    return std::pair{zones["z1"].size(), zones["z2"].size()};
  };
  EXPECT_EQ(hosts("1"), (std::pair<size_t, size_t>{1, 0}));
  EXPECT_EQ(hosts("2"), (std::pair<size_t, size_t>{0, 1}));
  EXPECT_EQ(hosts("3"), (std::pair<size_t, size_t>{1, 1}));
  EXPECT_EQ(hosts("4"), (std::pair<size_t, size_t>{0, 0}));
  EXPECT_EQ(hosts("5"), (std::pair<size_t, size_t>{1, 0}));
  EXPECT_EQ(hosts("6"), (std::pair<size_t, size_t>{0, 1}));
  EXPECT_EQ(hosts("4294967292"), (std::pair<size_t, size_t>{0, 0}));
  EXPECT_EQ(hosts("4294967295"), (std::pair<size_t, size_t>{1, 1}));
}

TEST(Fetch, RefusesABadStatus) {
  Node node;
  node.reg("a");
  for (const char* status : {"0", "x", "-1", "", "4294967296", "1.0"}) {
    EXPECT_EQ(fetch(node, std::string("appid=a&status=") + status).code(), -400) << status;
  }
}

TEST(Fetch, FiltersByZone) {
  Node node;
  node.reg_in("z1", "a", "h1");
  node.reg_in("z2", "a", "h2");
  const Json data = fetch(node, "appid=a&status=1&zone=z2").data();
  EXPECT_EQ(member_names(data["instances"]), std::vector<std::string>{"z2"});
  EXPECT_EQ(data["latest_timestamp"], kStartNs + 1) << "of the application, not of the zone";
  EXPECT_EQ(member_names(fetch(node, "appid=a&status=2&zone=z2").data()["instances"]), std::vector<std::string>{"z2"});
  EXPECT_EQ(fetch(node, "appid=a&status=1&zone=none").body, kNotFound);
  EXPECT_EQ(fetch(node, "appid=a&status=1&zone=").data()["instances"].size(), 2U) << "empty: all zones";
  EXPECT_EQ(fetch(node, "appid=a&status=1&zone=z").body, kNotFound) << "a prefix is another zone";
}

TEST(Fetch, OfSomethingUnknownIsNotFound) {
  Node node;
  node.reg("a");
  EXPECT_EQ(fetch(node, "appid=none&status=1").body, kNotFound);
  EXPECT_EQ(node.get("/discovery/fetch?env=prod&appid=a&status=1").body, kNotFound);
  EXPECT_EQ(fetch(node, "appid=A&status=1").body, kNotFound) << "names are case-sensitive";
  EXPECT_EQ(node.seen.last().code, Code::kNotFound);
}

TEST(Fetch, ShowsTheSchedulerOfItsEnvironment) {
  Node node;
  const std::string json = R"({"clients":{"z1":{"zones":{"z2":{"weight":3}}}},"remark":""})";
  node.registry.load_schedulers({{"dev", "a", json}}, node.now);
  EXPECT_EQ(fetch(node, "appid=a&status=1").code(), -404) << "a file makes no application";
  node.reg("a");
  node.reg("b");
  node.write("register", with(Node::instance("a"), "env", "prod"));
  EXPECT_EQ(fetch(node, "appid=a&status=1").data()["scheduler"], Json::parse(json));
  EXPECT_EQ(member_names(fetch(node, "appid=a&status=1").data()),
            (std::vector<std::string>{"instances", "latest_timestamp", "scheduler"}));
  EXPECT_FALSE(fetch(node, "appid=b&status=1").data().contains("scheduler"));
  EXPECT_FALSE(node.get("/discovery/fetch?env=prod&appid=a&status=1").data().contains("scheduler"));
  EXPECT_EQ(fetch(node, "appid=a&status=1", "fetchs").data()["a"]["scheduler"], Json::parse(json));
}

TEST(Fetchs, AnswersAMapWithoutTheUnknown) {
  Node node;
  node.reg("a");
  node.reg("b");
  node.reg_in("z2", "c");
  const Answer all = fetch(node, "status=1&appid=b&appid=none&appid=a", "fetchs");
  EXPECT_EQ(all.code(), 0);
  EXPECT_EQ(all.json()["ttl"], 1);
  EXPECT_EQ(member_names(all.data()), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(all.data()["a"], fetch(node, "appid=a&status=1").data());
  EXPECT_EQ(fetch(node, "status=1&appid=none", "fetchs").body, R"({"code":0,"message":"0","ttl":1,"data":{}})");
  EXPECT_EQ(member_names(fetch(node, "status=1&appid=a,c&zone=z2", "fetchs").data()), std::vector<std::string>{"c"});
  EXPECT_EQ(fetch(node, "status=2&appid=a", "fetchs").data()["a"]["instances"], (Json{{"z1", Json::array()}}));
  EXPECT_EQ(fetch(node, "status=4&appid=a", "fetchs").data()["a"]["instances"], (Json{{"z1", Json::array()}}));
}

TEST(Fetchs, ListsARepeatedAppOnce) {
  Node node;
  node.reg("a");
  const Answer a = fetch(node, "status=1&appid=a,a&appid=a", "fetchs");
  EXPECT_EQ(a.body.find("\"a\":{"), a.body.rfind("\"a\":{")) << a.body;
  EXPECT_EQ(a.data().size(), 1U);
}

TEST(Fetchs, EscapesNames) {
  Node node;
  const std::string name = "<a\"\\>";
  node.reg(name);
  EXPECT_EQ(member_names(fetch(node, encode({{"status", "1"}, {"appid", name}}), "fetchs").data()),
            std::vector<std::string>{name});
}

TEST(Nodes, ListsTheOwnZoneWithItselfUp) {
  Node node;
  EXPECT_EQ(node.get("/discovery/nodes").body,
            R"({"code":0,"message":"0","ttl":1,"data":[{"addr":"10.9.0.1:7171","status":0,"zone":"z-own"},)"
            R"({"addr":"10.9.0.2:7171","status":1,"zone":"z-own"}]})");
  EXPECT_EQ(node.seen.last().route, Route::kNodes);
  node.cluster.lone.set_nodes({{"[::1]:7171", "z<", 0}});
  EXPECT_EQ(node.get("/discovery/nodes").data(),
            (Json::array({Json{{"addr", "[::1]:7171"}, {"status", 0}, {"zone", "z<"}}})));
}

// -- start protection: every GET answers -500, before it looks at the parameters; POST works

TEST(StartProtection, AnswersServerErrorToEveryGet) {
  Node node(test_settings(), {}, true);
  for (const char* query : {"fetch", "fetch?env=dev&appid=a&status=1", "fetchs", "fetch/all", "poll", "polls", "nodes",
                            "poll?env=dev&hostname=w&appid=a&latest_timestamp=x"}) {
    const Answer a = node.get(std::string("/discovery/") + query);
    EXPECT_EQ(a.body, R"({"code":-500,"message":"-500","ttl":1})") << query;
    EXPECT_EQ(a.status, 200) << query;
    EXPECT_EQ(node.seen.last().code, Code::kServerError);
  }
  EXPECT_EQ(node.get("/discovery/nodes?callback=cb").body, R"(cb({"code":-500,"message":"-500","ttl":1}))");
}

TEST(StartProtection, LetsWritesThrough) {
  Node node(test_settings(), {}, true);
  EXPECT_EQ(node.reg("a").code(), 0);
  EXPECT_EQ(node.renew("a").code(), 0);
  EXPECT_EQ(node.set_status("a", "h1", 2).code(), 0);
  EXPECT_EQ(node.cancel("a").code(), 0);
}

TEST(StartProtection, EndsAfterAMinuteOrWhenSynced) {
  Node node(test_settings(), {}, true);
  node.pass(60s - 1ns);
  EXPECT_EQ(node.get("/discovery/nodes").code(), -500);
  node.pass(1ns);
  EXPECT_EQ(node.get("/discovery/nodes").code(), 0);
  Node synced(test_settings(), {}, true);
  synced.protection.synced();
  EXPECT_EQ(synced.get("/discovery/nodes").code(), 0);
}

}  // namespace
}  // namespace discovery::protocol
