// POST /discovery/set (discovery-api.md 6.4, D3, D14).
#include "unit/protocol/harness.h"

namespace discovery::protocol {
namespace {

class Set : public ::testing::Test {
 protected:
  Set() {
    node.write("register", with(Node::instance("a", "h1"), "metadata", R"({"a":"1","b":"2"})"));
    node.reg("a", "h2");
    before = node.fetch("a");
  }

  /// hosts h1 and h2, and what else is given.
  Answer set_both(const Fields& more) {
    Fields form{{"zone", "z1"}, {"env", "dev"}, {"appid", "a"}, {"hostname", "h1"}, {"hostname", "h2"}};
    form.insert(form.end(), more.begin(), more.end());
    return node.write("set", form);
  }
  Answer set_one(const std::string& name, const std::string& value) {
    return node.write("set", with(Node::key("a"), name, value));
  }
  void expect_refused(const Answer& a, const std::string& what) {
    EXPECT_EQ(a.code(), -400) << what;
    EXPECT_EQ(a.status_code(), "-400") << what;
    EXPECT_EQ(node.fetch("a"), before) << what << " must change nothing";
  }

  Node node;
  Json before;
};

TEST_F(Set, ChangesStatusAndTimestamps) {
  node.pass(1s);
  const int64_t stamp = kStartNs + 777;
  EXPECT_EQ(node.write("set", with(with(Node::key("a"), "status", "2"), "set_timestamp", std::to_string(stamp))).body,
            kOk);
  Json i = node.one("a");
  EXPECT_EQ(i["status"], 2);
  EXPECT_EQ(i["latest_timestamp"], stamp);
  EXPECT_EQ(i["dirty_timestamp"], stamp);
  EXPECT_EQ(i["up_timestamp"], kStartNs) << "it did not go into service";
  EXPECT_EQ(i["reg_timestamp"], kStartNs);
  EXPECT_EQ(i["renew_timestamp"], kStartNs) << "a set is no renewal";
  EXPECT_EQ(
      node.write("set", with(with(Node::key("a"), "status", "1"), "set_timestamp", std::to_string(stamp + 5))).body,
      kOk);
  i = node.one("a");
  EXPECT_EQ(i["status"], 1);
  EXPECT_EQ(i["up_timestamp"], stamp + 5);
  EXPECT_EQ(node.seen.events.back(), "set z1/dev/a hosts 1 from 192.0.2.7");
}

TEST_F(Set, TakesAnOlderSetTimestampAsGiven) {
  set_both({{"set_timestamp", "5"}});
  for (const char* host : {"h1", "h2"}) {
    EXPECT_EQ(node.one("a", host)["latest_timestamp"], 5);
    EXPECT_EQ(node.one("a", host)["dirty_timestamp"], 5);
  }
}

TEST_F(Set, DefaultsToNow) {
  node.pass(2s);
  for (const char* none : {"0", "", "-7"}) {
    EXPECT_EQ(node.write("set", with(with(Node::key("a"), "status", "2"), "set_timestamp", none)).code(), 0);
    EXPECT_GE(node.one("a")["dirty_timestamp"].get<int64_t>(), kStartNs + 2'000'000'000) << none;
    EXPECT_LT(node.one("a")["dirty_timestamp"].get<int64_t>(), kStartNs + 2'000'000'100) << none;
  }
}

TEST_F(Set, RaisesTheTimestampOfTheApplication) {
  const int64_t t = node.latest("a");
  set_one("status", "2");
  const int64_t after = node.latest("a");
  EXPECT_GT(after, t) << "D3";
  set_one("metadata", "{}");
  EXPECT_GT(node.latest("a"), after) << "also when nothing differs";
}

TEST_F(Set, TiesTheListsByPosition) {
  EXPECT_EQ(
      set_both({{"status", "2"}, {"status", "1"}, {"metadata", R"({"p":"1"})"}, {"metadata", R"({"q":"2"})"}}).body,
      kOk);
  EXPECT_EQ(node.one("a", "h1")["status"], 2);
  EXPECT_EQ(node.one("a", "h2")["status"], 1);
  EXPECT_EQ(node.one("a", "h1")["metadata"], (Json{{"a", "1"}, {"b", "2"}, {"p", "1"}}));
  EXPECT_EQ(node.one("a", "h2")["metadata"], (Json{{"w", "1"}, {"q", "2"}}));
  EXPECT_EQ(node.seen.events.back(), "set z1/dev/a hosts 2 from 192.0.2.7");
  EXPECT_EQ(set_both({{"status", "1,2"}}).body, kOk) << "status is split at commas (D21)";
  EXPECT_EQ(node.one("a", "h2")["status"], 2);
}

TEST_F(Set, DoesNotSplitHostsOrMetadata) {
  node.reg("a", "h3,h4");
  before = node.fetch("a");
  expect_refused(node.write("set", with(with(Node::key("a"), "hostname", "h1,h2"), "status", "2")), "no such host");
  EXPECT_EQ(
      node.write("set", with(with(Node::key("a"), "hostname", "h3,h4"), "metadata", R"({"x":"1","y":"2"})")).code(), 0);
  EXPECT_EQ(node.one("a", "h3,h4")["metadata"], (Json{{"w", "1"}, {"x", "1"}, {"y", "2"}}));
}

TEST_F(Set, MergesMetadata) {
  EXPECT_EQ(set_one("metadata", R"({"b":"3","c":"4"})").code(), 0);
  EXPECT_EQ(node.one("a")["metadata"], (Json{{"a", "1"}, {"b", "3"}, {"c", "4"}}));
  EXPECT_EQ(set_one("metadata", R"({"n":5,"t":true,"z":null,"d":{"x":1}})").code(), 0) << "scalars as in register";
  EXPECT_EQ(node.one("a")["metadata"],
            (Json{{"a", "1"}, {"b", "3"}, {"c", "4"}, {"n", "5"}, {"t", "true"}, {"z", ""}, {"d", ""}}));
  EXPECT_EQ(set_one("metadata", "null").code(), 0);
  EXPECT_EQ(node.one("a")["metadata"], Json::object());
  EXPECT_EQ(node.one("a")["status"], 1);
}

TEST_F(Set, AppliesLaterItemsOfOneHostToTheResultOfEarlierOnes) {
  Fields form = Node::key("a");
  form.insert(form.end(), {{"hostname", "h1"},
                           {"status", "2"},
                           {"status", "1"},
                           {"metadata", R"({"a":"9","x":"1"})"},
                           {"metadata", R"({"x":"2"})"}});
  EXPECT_EQ(node.write("set", form).body, kOk);
  EXPECT_EQ(node.one("a")["status"], 1) << "the last wins";
  EXPECT_EQ(node.one("a")["metadata"], (Json{{"a", "9"}, {"b", "2"}, {"x", "2"}}));
}

TEST_F(Set, RefusesListsOfOtherLengths) {
  expect_refused(set_both({{"status", "1"}}), "one status for two hosts");
  expect_refused(set_both({{"status", "1,2,1"}}), "three");
  expect_refused(set_both({{"metadata", "{}"}}), "one metadata");
  expect_refused(set_both({{"status", "1,2"}, {"metadata", "{}"}, {"metadata", "{}"}, {"metadata", "{}"}}),
                 "three metadata");
  expect_refused(set_both({{"status", "2,2"}, {"metadata", "{}"}, {"metadata", ""}}), "an empty one does not count");
  expect_refused(node.write("set", without(Node::key("a"), "hostname")), "no host");
  expect_refused(node.write("set", with(Node::key("a"), "hostname", "")), "an empty host");
}

// All of these are -400, unknown targets too.
TEST_F(Set, IsAllOrNothing) {
  expect_refused(set_both({{"status", "2,3"}}), "status 3");
  expect_refused(set_both({{"status", "2,0"}}), "status 0");
  expect_refused(set_both({{"status", "2,-1"}}), "status -1");
  expect_refused(set_both({{"status", "2,4294967297"}}), "1 modulo 2^32");
  for (const char* bad : {"x", "[]", "1", "\"s\"", "true", "{\"a\":", "{} {}"}) {
    expect_refused(set_both({{"status", "2,2"}, {"metadata", R"({"n":"1"})"}, {"metadata", bad}}), bad);
  }
  const Fields good = with(Node::key("a"), "status", "2");
  for (const char* name : {"zone", "env", "appid", "hostname"}) {
    expect_refused(node.write("set", with(good, name, "none")), name);
  }
  Fields half_known = Node::key("a", "h1");
  half_known.insert(half_known.end(), {{"hostname", "none"}, {"status", "2"}, {"status", "2"}});
  expect_refused(node.write("set", half_known), "one unknown host of two");
  EXPECT_EQ(node.seen.events.size(), 2U) << "only the registers";
}

TEST_F(Set, OfACancelledInstanceIsRefused) {
  node.cancel("a", "h2");
  before = node.fetch("a");
  expect_refused(node.set_status("a", "h2", 2), "cancelled");
}

TEST_F(Set, BoundsMetadataOneByOneAndMerged) {
  ApiSettings settings = test_settings();
  settings.metadata = {.members_max = 3, .text_bytes_max = 20};
  node.api.update(settings);
  EXPECT_EQ(set_one("metadata", R"({"c":"3"})").code(), 0) << "three members";
  before = node.fetch("a");
  expect_refused(set_one("metadata", R"({"d":"4"})"), "a fourth");
  const Answer too_many = set_one("metadata", R"({"a":"1","b":"2","c":"3","d":"4"})");
  expect_refused(too_many, "too many in one");
  EXPECT_NE(too_many.message().find("limits.metadata_members"), std::string::npos) << too_many.message();
  EXPECT_EQ(set_one("metadata", R"({"a":"123456789012345"})").code(), 0) << "16 + 2 + 2 bytes";
  before = node.fetch("a");
  expect_refused(set_one("metadata", R"({"a":"1234567890123456"})"), "one byte more");
  settings.metadata = {.members_max = 1, .text_bytes_max = 20};  // a reload lowered it
  node.api.update(settings);
  expect_refused(set_one("metadata", "{}"), "what is stored is past the new limit");
  EXPECT_EQ(set_one("metadata", "null").code(), 0) << "clearing it helps";
}

TEST_F(Set, CannotChangeVersionOrAddresses) {
  EXPECT_EQ(node.write("set", with(with(with(Node::key("a"), "status", "1"), "version", "new"), "addrs", "http://x:1"))
                .code(),
            0);
  EXPECT_EQ(node.one("a")["version"], "v1");
  EXPECT_EQ(node.one("a")["addrs"], Json{"http://10.0.0.1:80"});
}

TEST_F(Set, IsSeenByTheStatusFilter) {
  set_both({{"status", "2,2"}});
  EXPECT_EQ(node.get("/discovery/fetch?env=dev&appid=a&status=1").data()["instances"], (Json{{"z1", Json::array()}}));
}

}  // namespace
}  // namespace discovery::protocol
