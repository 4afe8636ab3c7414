// Who is believed to be a node: infra.discovery (D23) and the replication parameters (replication.md 2.5, R7).
#include "unit/protocol/harness.h"

namespace discovery::protocol {
namespace {

ApiSettings open_settings() {
  ApiSettings s = test_settings();
  s.open_membership = true;
  return s;
}

Fields self_app(const std::string& addrs) { return with(Node::instance(kSelfApp, "n1"), "addrs", addrs); }

TEST(Membership, RefusesStrangers) {
  Node node;
  node.client.ip = "198.51.100.9";
  for (const char* addrs : {"http://198.51.100.9:7171", "http://10.9.0.2:7172", "http://10.9.0.2", "10.9.0.2:7171",
                            "grpc://10.9.0.2:7171", "http://10.9.0.2:7171/", "HTTP://10.9.0.2:7171",
                            "http://10.9.0.2:7171,http://evil:1", "http://evil:1,http://10.9.0.2:7171"}) {
    node.seen.events.clear();
    const Answer a = node.write("register", self_app(addrs));
    EXPECT_EQ(a.code(), -400) << addrs;
    EXPECT_EQ(a.status_code(), "-400") << addrs;
    EXPECT_EQ(node.seen.events, std::vector<std::string>{"stranger z1/dev/infra.discovery/n1 from 198.51.100.9"})
        << addrs;
  }
  EXPECT_EQ(node.fetch(kSelfApp), nullptr);
}

TEST(Membership, RefusesStrangersInEveryEnvironmentAndFromPeers) {
  Node node;
  EXPECT_EQ(node.write("register", with(self_app("http://evil:1"), "env", "prod")).code(), -400);
  node.client.ip = "10.9.0.2";
  EXPECT_EQ(node.write("register", with(self_app("http://evil:1"), "replication", "true")).code(), -400);
}

TEST(Membership, TakesConfiguredNodes) {
  Node node;
  for (const char* addrs : {"http://10.9.0.1:7171", "http://10.9.0.2:7171", "http://10.9.1.1:7171",
                            "http://10.9.0.1:7171,http://10.9.0.2:7171"}) {
    EXPECT_EQ(node.write("register", self_app(addrs)).code(), 0) << addrs;
  }
  EXPECT_EQ(node.seen.events.size(), 4U);
  EXPECT_EQ(node.write("renew", Node::key(kSelfApp, "n1")).code(), 0);
  EXPECT_EQ(node.set_status(kSelfApp, "n1", 2).code(), 0) << "its addresses are those of a node";
}

TEST(Membership, TakesAnyoneWhenOpen) {
  Node node(open_settings());
  EXPECT_EQ(node.write("register", self_app("http://evil:1")).code(), 0);
  EXPECT_EQ(node.one(kSelfApp, "n1")["addrs"], Json{"http://evil:1"});
}

TEST(Membership, IsClosedByAReload) {
  Node node(open_settings());
  node.api.update(test_settings());
  EXPECT_EQ(node.write("register", self_app("http://evil:1")).code(), -400);
}

TEST(Membership, ConcernsThatApplicationOnly) {
  Node node;
  for (const char* app : {"infra.discovery2", "Infra.discovery", "infra"}) {
    EXPECT_EQ(node.write("register", with(Node::instance(app), "addrs", "http://evil:1")).code(), 0) << app;
  }
}

// -- the replication parameters

/// Whether a renew with a dirty_timestamp of 1 is compared: -409 when the parameter is honoured.
int compared_renew(Node& node, const char* parameter = "replication", const char* value = "true") {
  return node.write("renew", with(with(Node::key("a"), "dirty_timestamp", "1"), parameter, value)).code();
}

TEST(Replication, OfAStrangerIsIgnored) {
  Node node;
  node.reg("a");
  EXPECT_EQ(compared_renew(node), 0);
  // A cancel with an old stamp would be dropped if a peer had sent it.
  const Fields old_cancel =
      with(with(with(Node::key("a"), "dirty_timestamp", "1"), "replication", "true"), "from_zone", "true");
  EXPECT_EQ(node.write("cancel", old_cancel).code(), 0);
  EXPECT_EQ(node.fetch("a"), nullptr) << "it counts as the client's";
  // Nor does a stranger's cancel of something unknown leave a tombstone.
  node.write("cancel", with(with(Node::key("b"), "dirty_timestamp", std::to_string(INT64_MAX)), "replication", "true"));
  node.write("register", with(with(Node::instance("b"), "dirty_timestamp", "5"), "replication", "true"));
  EXPECT_EQ(node.one("b")["dirty_timestamp"], 5);
}

TEST(Replication, OfAConfiguredPeerIsHonoured) {
  Node node;
  node.reg("a");
  for (const char* ip : {"10.9.0.2", "10.9.1.1"}) {
    node.client.ip = ip;
    EXPECT_EQ(compared_renew(node), -409) << ip;
  }
  for (const char* ip : {"10.9.0.3", "10.9.0.20", "", "::1", "127.0.0.1"}) {
    node.client.ip = ip;
    EXPECT_EQ(compared_renew(node), 0) << ip;
  }
}

TEST(Replication, OfAnyoneIsHonouredWhenOpen) {
  Node node(open_settings());
  node.reg("a");
  EXPECT_EQ(compared_renew(node), -409);
  node.api.update(test_settings());
  EXPECT_EQ(compared_renew(node), 0) << "a reload counts from the next request on";
}

TEST(Replication, IsReadAsABoolean) {
  Node node(open_settings());
  node.reg("a");
  for (const char* yes : {"1", "t", "T", "true", "TRUE", "True"})
    EXPECT_EQ(compared_renew(node, "replication", yes), -409) << yes;
  for (const char* no : {"0", "maybe", "", "2", "tRUE"}) EXPECT_EQ(compared_renew(node, "replication", no), 0) << no;
  EXPECT_EQ(compared_renew(node, "from_zone", "true"), 0) << "from another zone: nothing is compared";
}

TEST(Replication, RenewComparesAndShowsTheInstance) {
  Node node(open_settings());
  node.reg("a");
  node.pass(10s);
  const auto renew = [&](int64_t dirty) {
    return node.write("renew",
                      with(with(Node::key("a"), "replication", "true"), "dirty_timestamp", std::to_string(dirty)));
  };
  for (const auto& [dirty, code] :
       std::vector<std::pair<int64_t, int>>{{kStartNs, 0}, {kStartNs + 1, -404}, {kStartNs - 1, -409}, {0, -409}}) {
    node.pass(1s);
    const Answer a = renew(dirty);
    EXPECT_EQ(a.code(), code) << dirty;
    EXPECT_EQ(a.message(), std::to_string(code));
    EXPECT_EQ(a.status_code(), std::to_string(code));
    EXPECT_EQ(a.data()["hostname"], "h1");
    EXPECT_EQ(a.data()["renew_timestamp"].get<int64_t>(), to_wire_ns(node.now)) << "the lease is renewed in all cases";
    EXPECT_EQ(node.seen.last().code, static_cast<Code>(code));
  }
  const Answer unknown = node.write("renew", with(Node::key("none"), "replication", "true"));
  EXPECT_EQ(unknown.body, R"({"code":-404,"message":"-404","ttl":1,"data":null})");
}

TEST(Replication, RegisterTakesRegTimestampFromAPeerOnly) {
  Node node;
  const Fields form = with(with(Node::instance("a"), "replication", "true"), "reg_timestamp", "123");
  node.write("register", form);
  EXPECT_EQ(node.one("a")["reg_timestamp"], kStartNs);
  node.client.ip = "10.9.0.2";
  node.write("register", with(form, "version", "v2"));
  EXPECT_EQ(node.one("a")["reg_timestamp"], 123);
  EXPECT_EQ(node.one("a")["latest_timestamp"], kStartNs + 1) << "the time of this node (D16)";
}

TEST(Replication, RegisterOfAnOlderOneLoses) {
  Node node(open_settings());
  node.reg("a");
  const Fields older = with(with(with(Node::instance("a"), "replication", "1"), "version", "old"), "dirty_timestamp",
                            std::to_string(kStartNs - 1));
  EXPECT_EQ(node.write("register", older).body, kOk);
  EXPECT_EQ(node.one("a")["version"], "v1");
  EXPECT_EQ(node.latest("a"), kStartNs);
}

TEST(Replication, LateCancelDoesNotRemoveANewerInstance) {
  for (const char* parameter : {"replication", "from_zone"}) {
    for (const char* stamp : {"dirty_timestamp", "latest_timestamp"}) {
      Node node(open_settings());
      node.reg("a");
      const Fields form = with(Node::key("a"), parameter, "true");
      EXPECT_EQ(node.write("cancel", with(form, stamp, std::to_string(kStartNs - 1))).body, kOk)
          << "dropped, answered 0";
      EXPECT_EQ(node.one("a")["hostname"], "h1") << parameter << " " << stamp;
      EXPECT_EQ(node.seen.events.size(), 1U) << "no cancel is told";
      EXPECT_EQ(node.write("cancel", with(form, stamp, std::to_string(kStartNs))).body, kOk);
      EXPECT_EQ(node.fetch("a"), nullptr) << parameter << " " << stamp;
    }
  }
}

TEST(Replication, CancelPrefersDirtyToLatestTimestamp) {
  Node node(open_settings());
  node.reg("a");
  const Fields form = with(with(Node::key("a"), "replication", "true"), "latest_timestamp", "1");
  node.write("cancel", with(form, "dirty_timestamp", std::to_string(kStartNs)));
  EXPECT_EQ(node.fetch("a"), nullptr);
}

TEST(Replication, CancelWithoutAnyStampIsApplied) {
  Node node(open_settings());
  node.reg("a");
  EXPECT_EQ(node.write("cancel", with(with(Node::key("a"), "replication", "true"), "latest_timestamp", "0")).body, kOk);
  EXPECT_EQ(node.fetch("a"), nullptr);
}

TEST(Replication, CancelThatOvertookItsRegisterIsRemembered) {
  Node node(open_settings());
  const Fields cancel = with(with(Node::key("a"), "replication", "true"), "dirty_timestamp", "500");
  EXPECT_EQ(node.write("cancel", cancel).body, R"({"code":-404,"message":"-404","ttl":1})");
  const auto replica = [&](const char* dirty) {
    node.write("register", with(with(Node::instance("a"), "replication", "true"), "dirty_timestamp", dirty));
    return !node.fetch("a").is_null();
  };
  EXPECT_FALSE(replica("499"));
  EXPECT_FALSE(replica("500"));
  EXPECT_TRUE(replica("501"));
  node.cancel("a");
  EXPECT_EQ(node.reg("a").code(), 0);
  EXPECT_EQ(node.one("a")["hostname"], "h1") << "a client's register always wins over a tombstone";
}

}  // namespace
}  // namespace discovery::protocol
