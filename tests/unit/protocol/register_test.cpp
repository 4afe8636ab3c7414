// POST /discovery/register (discovery-api.md 4, 5, 6.1).
#include "unit/protocol/harness.h"

namespace discovery::protocol {
namespace {

const std::vector<std::string> kStamps{"reg_timestamp", "up_timestamp", "renew_timestamp", "dirty_timestamp",
                                       "latest_timestamp"};

TEST(Register, StoresWhatItIsGiven) {
  Node node;
  Fields form = with(Node::instance("a"), "addrs", "http://10.0.0.1:80");
  form.emplace_back("addrs", "");
  form.emplace_back("addrs", "grpc://10.0.0.1:90");
  form.emplace_back("addrs", "http://10.0.0.1:80");
  EXPECT_EQ(node.write("register", form).body, kOk);
  Json expected{
      {"region", "r1"},   {"zone", "z1"},
      {"env", "dev"},     {"appid", "a"},
      {"hostname", "h1"}, {"addrs", Json::array({"http://10.0.0.1:80", "grpc://10.0.0.1:90", "http://10.0.0.1:80"})},
      {"version", "v1"},  {"metadata", Json{{"w", "1"}}},
      {"status", 1}};
  for (const std::string& name : kStamps) expected[name] = kStartNs;
  EXPECT_EQ(node.one("a"), expected);
  EXPECT_EQ(node.latest("a"), kStartNs);
  EXPECT_EQ(node.seen.events, std::vector<std::string>{"register new z1/dev/a/h1 from 192.0.2.7"});
  EXPECT_EQ(node.seen.answers.at(0).route, Route::kRegister);
  EXPECT_EQ(node.seen.answers.at(0).code, Code::kOk);
  EXPECT_EQ(node.seen.answers.at(0).received_at, from_wire_ns(kStartNs));
}

TEST(Register, NeedsNoRegionVersionOrMetadata) {
  Node node;
  EXPECT_EQ(
      node.write("register", without(without(without(Node::instance("a"), "region"), "version"), "metadata")).code(),
      0);
  const Json i = node.one("a");
  EXPECT_EQ(i["region"], "");
  EXPECT_EQ(i["version"], "");
  EXPECT_EQ(i["metadata"], Json::object());
}

TEST(Register, TakesStatusOneAndTwoOnly) {
  Node node;
  for (const char* status : {"3", "4", "99", "4294967295"}) {  // D2: never an empty body
    const Answer a = node.write("register", with(Node::instance("a"), "status", status));
    EXPECT_EQ(a.code(), -400) << status;
    EXPECT_EQ(a.json()["ttl"], 1) << status;
    EXPECT_EQ(a.status_code(), "-400") << status;
  }
  for (const char* status : {"0", "-1", "x", "1.0", " 1", "4294967296", "4294967297"}) {
    EXPECT_EQ(node.write("register", with(Node::instance("a"), "status", status)).code(), -400) << status;
  }
  EXPECT_EQ(node.fetch("a"), nullptr);
  EXPECT_TRUE(node.seen.events.empty()) << "nothing is logged as registered";
  for (const char* status : {"1", "2", "01"}) {
    EXPECT_EQ(node.write("register", with(Node::instance("a"), "status", status)).code(), 0) << status;
  }
}

TEST(Register, TakesMetadataOfEveryKind) {
  Node node;
  const auto stored = [&](const std::string& metadata) {
    EXPECT_EQ(node.write("register", with(Node::instance("a"), "metadata", metadata)).code(), 0) << metadata;
    return node.one("a")["metadata"];
  };
  for (const char* none : {"", "{}", "null", "[]", "[1,{}]", "\"s\"", "1", "true", " {} "}) {
    EXPECT_EQ(stored(none), Json::object()) << none;
  }
  EXPECT_EQ(stored(R"({"weight":10,"f":1.50,"yes":true,"no":null,"deep":{"a":1},"list":[1],"s":"x","":"e"})"),
            (Json{{"weight", "10"},
                  {"f", "1.50"},
                  {"yes", "true"},
                  {"no", ""},
                  {"deep", ""},
                  {"list", ""},
                  {"s", "x"},
                  {"", "e"}}));
  EXPECT_EQ(stored(R"({"a":"1","a":"2"})"), (Json{{"a", "2"}}));
}

TEST(Register, RefusesMetadataThatIsNoJson) {
  Node node;
  for (const std::string metadata :
       {"x", "{\"a\":", "{\"a\":\"1\"} x", "{'a':'1'}", "{\"a\":\"1\",}", "nul", "{\"a\"}"}) {
    const Answer a = node.write("register", with(Node::instance("a"), "metadata", metadata));
    EXPECT_EQ(a.code(), -400) << metadata;
    EXPECT_EQ(a.status_code(), "-400") << "the handler looked at it";
  }
  EXPECT_EQ(node.write("register", with(Node::instance("a"), "metadata", std::string(1000000, '['))).code(), -400);
  EXPECT_EQ(node.fetch("a"), nullptr);
}

TEST(Register, BoundsMetadata) {
  ApiSettings settings = test_settings();
  settings.metadata = {.members_max = 3, .text_bytes_max = 20};
  Node node(settings);
  const auto code = [&](const std::string& metadata) {
    return node.write("register", with(Node::instance("a"), "metadata", metadata)).code();
  };
  EXPECT_EQ(code(R"({"a":"1","b":"2","c":"3"})"), 0);
  EXPECT_EQ(code(R"({"a":"1","b":"2","c":"3","d":"4"})"), -400);
  EXPECT_EQ(node.write("register", with(Node::instance("a"), "metadata", R"({"a":"","b":"","c":"","d":""})")).message(),
            "metadata has more than 3 members (limits.metadata_members, limits.metadata_bytes)");
  EXPECT_EQ(code(R"({"a":")" + std::string(19, 'x') + R"("})"), 0) << "name and value together";
  EXPECT_EQ(code(R"({"a":")" + std::string(20, 'x') + R"("})"), -400);
  EXPECT_EQ(node.one("a")["metadata"]["a"], std::string(19, 'x')) << "a refused one changes nothing";
}

TEST(Register, BoundsAddresses) {
  ApiSettings settings = test_settings();
  settings.addrs_max = 3;
  Node node(settings);
  EXPECT_EQ(node.write("register", with(Node::instance("a"), "addrs", "x,y,,z")).code(), 0)
      << "empty items do not count";
  const Answer refused = node.write("register", with(Node::instance("a"), "addrs", "x,y,z,w"));
  EXPECT_EQ(refused.code(), -400);
  EXPECT_NE(refused.message().find("limits.addrs"), std::string::npos) << refused.message();
  EXPECT_EQ(node.one("a")["addrs"].size(), 3U);
}

TEST(Register, KeepsUpTimestampWhenItReplaces) {
  Node node;
  node.reg("a");
  node.pass(5s);
  EXPECT_EQ(node.write("register", with(Node::instance("a"), "version", "v2")).body, kOk);
  const Json i = node.one("a");
  EXPECT_EQ(i["version"], "v2");
  const int64_t later = kStartNs + 5'000'000'000;
  for (const std::string& name : kStamps) {
    EXPECT_EQ(i[name].get<int64_t>(), name == "up_timestamp" ? kStartNs : later) << name;
  }
  EXPECT_EQ(node.latest("a"), later);
  EXPECT_EQ(node.seen.events.back(), "register z1/dev/a/h1 from 192.0.2.7");
}

TEST(Register, RaisesTheTimestampEvenWithinOneNanosecond) {
  Node node;
  std::vector<int64_t> seen;
  for (int i = 0; i < 4; ++i) {
    node.reg("a");
    seen.push_back(node.latest("a"));
  }
  EXPECT_EQ(seen, (std::vector<int64_t>{kStartNs, kStartNs + 1, kStartNs + 2, kStartNs + 3}));
}

TEST(Register, ComparesAnExplicitDirtyTimestamp) {
  Node node;
  const auto reg = [&](const char* version, int64_t dirty) {
    return node
        .write("register",
               with(with(Node::instance("a"), "version", version), "dirty_timestamp", std::to_string(dirty)))
        .body;
  };
  EXPECT_EQ(reg("a", 777), kOk);
  EXPECT_EQ(node.one("a")["dirty_timestamp"], 777) << "stored as given";
  EXPECT_EQ(reg("equal", 777), kOk);
  EXPECT_EQ(node.one("a")["version"], "equal");
  EXPECT_EQ(reg("newer", 778), kOk);
  EXPECT_EQ(node.one("a")["version"], "newer");
  const Json before = node.fetch("a");
  const size_t events = node.seen.events.size();
  EXPECT_EQ(reg("older", 777), kOk) << "it loses, but is answered 0";
  EXPECT_EQ(node.fetch("a"), before) << "and the timestamp stays (D26)";
  EXPECT_EQ(node.seen.events.size(), events);
  EXPECT_EQ(reg("negative", -5), kOk) << "not positive: as if it were not there";
  EXPECT_EQ(node.one("a")["version"], "negative");
  EXPECT_EQ(node.one("a")["dirty_timestamp"], kStartNs + 3) << "now, and above what was given before";
}

// D18: a plain registration wins at its own node, whatever clock the stored value came from.
TEST(Register, OfAClientWinsOverADirtyTimestampFromTheFuture) {
  Node node;
  const int64_t future = 9'000'000'000'000'000'000;
  node.write("register", with(Node::instance("a"), "dirty_timestamp", std::to_string(future)));
  EXPECT_EQ(node.write("register", with(Node::instance("a"), "version", "client")).body, kOk);
  EXPECT_EQ(node.one("a")["version"], "client");
  EXPECT_EQ(node.one("a")["dirty_timestamp"], future + 1);
  node.write("register", with(Node::instance("a"), "dirty_timestamp", std::to_string(INT64_MAX)));
  EXPECT_EQ(node.write("register", with(Node::instance("a"), "version", "again")).body, kOk);
  EXPECT_EQ(node.one("a")["version"], "again");
  EXPECT_EQ(node.one("a")["dirty_timestamp"].get<int64_t>(), INT64_MAX) << "saturated";
}

TEST(Register, DoesNotTakeOverLatestTimestamp) {
  Node node;
  node.write("register", with(Node::instance("a"), "latest_timestamp", "9000000000000000000"));
  EXPECT_EQ(node.latest("a"), kStartNs);
  EXPECT_EQ(node.one("a")["latest_timestamp"], kStartNs);
}

TEST(Register, KeepsZonesHostsAndEnvironmentsApart) {
  Node node;
  node.reg_in("z1", "a");
  node.reg_in("z2", "a");
  node.write("register", with(Node::instance("a"), "env", "prod"));
  EXPECT_EQ(member_names(node.fetch("a")["instances"]), (std::vector<std::string>{"z1", "z2"}));
  // D15: the pair is the key, not a joined text.
  node.write("register", with(Node::instance("k-a"), "env", "b"));
  EXPECT_EQ(node.get("/discovery/fetch?status=1&env=a-b&appid=k").code(), -404);
}

TEST(Register, IsRefusedWhenTheRegistryIsFull) {
  registry::RegistrySettings small;
  small.memory_bytes_max = 4096;
  Node node(test_settings(), small);
  Answer last;
  int stored = 0;
  while ((last = node.reg("a", "h" + std::to_string(stored))).code() == 0 && stored < 100) ++stored;
  EXPECT_GT(stored, 0);
  EXPECT_EQ(last.code(), -500);
  EXPECT_EQ(last.status_code(), "-500");
  EXPECT_EQ(node.reg("a", "h0").code(), 0) << "those that are in are served";
  EXPECT_EQ(node.renew("a", "h0").code(), 0);
  EXPECT_EQ(node.cancel("a", "h0").code(), 0);
}

TEST(Register, ComesBackAfterACancelWithFreshTimestamps) {
  Node node;
  node.reg("a");
  node.cancel("a");
  node.pass(1s);
  node.reg("a");
  EXPECT_EQ(node.one("a")["up_timestamp"], kStartNs + 1'000'000'000);
  EXPECT_EQ(node.seen.events,
            (std::vector<std::string>{"register new z1/dev/a/h1 from 192.0.2.7", "cancel z1/dev/a/h1 from 192.0.2.7",
                                      "register new z1/dev/a/h1 from 192.0.2.7"}));
}

// The text of the last register is not parsed again when it comes again; what it became must not be used for another.
TEST(RegisterMetadata, TheSameTextAgainAndAnotherInBetween) {
  Node node;
  const auto stored = [&](const std::string& host, const std::string& metadata) {
    EXPECT_EQ(node.write("register", with(Node::instance("a", host), "metadata", metadata)).code(), 0) << metadata;
    return node.one("a", host)["metadata"];
  };
  const Json one{{"w", "1"}};
  EXPECT_EQ(stored("h1", R"({ "w" : 1 })"), one);
  EXPECT_EQ(stored("h2", R"({ "w" : 1 })"), one);
  EXPECT_EQ(stored("h1", R"({"w":"2"})"), (Json{{"w", "2"}}));
  EXPECT_EQ(stored("h2", R"({ "w" : 1 })"), one);
  EXPECT_EQ(stored("h3", ""), Json::object());
  EXPECT_EQ(node.write("register", with(Node::instance("a", "h4"), "metadata", R"({"w":)")).code(), -400);
  EXPECT_EQ(stored("h4", R"({ "w" : 1 })"), one);
}

TEST(RegisterMetadata, TheSameTextAgainUnderALowerLimitIsRefused) {
  Node node;
  const Fields form = with(Node::instance("a"), "metadata", R"({"a":"1","b":"2"})");
  EXPECT_EQ(node.write("register", form).code(), 0);
  ApiSettings settings = test_settings();
  settings.metadata.members_max = 1;
  node.api.update(settings);
  EXPECT_EQ(node.write("register", form).code(), -400);
}

}  // namespace
}  // namespace discovery::protocol
