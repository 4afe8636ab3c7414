// What the API asks of the cluster: nodes, whom to honour, warming, and whose life is proven
// (discovery-api.md 7.4, 9; replication.md 2.5 R7, 3.3).
#include "unit/protocol/harness.h"

namespace discovery::protocol {
namespace {

/// The changes that the peers of the node are to learn.
std::vector<registry::LocalChanges::Change> changes_of(Node& node) {
  registry::LocalChanges changes;
  node.registry.take_changes(changes);
  return changes.changed;
}

TEST(ClusterNodes, AreShownAsTheClusterSeesThem) {
  Node node;
  node.cluster.lone.set_nodes(
      {{"10.9.0.1:7171", "z-own", 0}, {"10.9.0.2:7171", "z-own", 0}, {"10.9.0.3:7171", "z-own", 1}});
  EXPECT_EQ(
      node.get("/discovery/nodes").body,
      R"({"code":0,"message":"0","ttl":1,"data":[{"addr":"10.9.0.1:7171","status":0,"zone":"z-own"},)"
      R"({"addr":"10.9.0.2:7171","status":0,"zone":"z-own"},{"addr":"10.9.0.3:7171","status":1,"zone":"z-own"}]})");
}

TEST(ClusterNodes, OfNobodyAreAnEmptyArray) {
  Node node;
  node.cluster.lone.set_nodes({});
  EXPECT_EQ(node.get("/discovery/nodes").data(), Json::array());
}

TEST(LoneCluster, IsDoneWithEverythingAtOnce) {
  LoneCluster lone({{"n:1", "z", 0}});
  EXPECT_EQ(*lone.nodes(), (std::vector<NodeStatus>{{"n:1", "z", 0}}));
  EXPECT_TRUE(lone.all_peers_heard(TimePoint{}));
  EXPECT_TRUE(lone.accepts_writes());
  EXPECT_FALSE(lone.wants_posts());
  EXPECT_FALSE(lone.is_original("10.0.0.1"));
  EXPECT_EQ(lone.ack_wait(), Duration::zero());
  EXPECT_EQ(lone.ack_ticket(), 0U);
  EXPECT_TRUE(LoneCluster().nodes()->empty());
}

// -- who is honoured

TEST(ClusterPeers, AnOriginalIsHonouredAndNoted) {
  Node node;
  node.reg("a");
  node.cluster.original_ip = "10.9.7.7";
  const Fields renew = with(with(Node::key("a"), "replication", "true"), "dirty_timestamp", "1");
  node.client.ip = "10.9.7.8";
  EXPECT_EQ(node.write("renew", renew).code(), 0) << "a stranger's parameters are ignored";
  EXPECT_TRUE(node.cluster.spoke.empty());
  node.client.ip = "10.9.7.7";
  EXPECT_EQ(node.write("renew", renew).code(), -409);
  EXPECT_EQ(node.write("renew", Node::key("a")).code(), 0) << "as a client";
  EXPECT_EQ(node.cluster.spoke, (std::vector<std::pair<std::string, TimePoint>>{{"10.9.7.7", node.now}}));
}

TEST(ClusterPeers, WritesOfPeersAreMarkedSoThatTheyGoOutLater) {
  Node node;
  node.registry.keep_changes(true);
  node.client.ip = "10.9.0.2";
  const auto write = [&](const char* action, const Fields& form) {
    EXPECT_EQ(node.write(action, form).code(), 0) << action;
    const auto changes = changes_of(node);
    EXPECT_EQ(changes.size(), 1U) << action;
    return !changes.empty() && changes.front().from_peer;
  };
  const auto replicated = [](const Fields& form) { return with(form, "replication", "true"); };
  EXPECT_TRUE(write("register", replicated(Node::instance("a"))));
  EXPECT_TRUE(write("set", replicated(with(Node::key("a"), "status", "2"))));
  EXPECT_TRUE(write("cancel", replicated(Node::key("a"))));
  EXPECT_FALSE(write("register", with(Node::instance("b"), "from_zone", "true"))) << "only this node got it";
  EXPECT_FALSE(write("set", with(with(Node::key("b"), "status", "2"), "from_zone", "true")));
  EXPECT_FALSE(write("cancel", with(Node::key("b"), "from_zone", "true")));
  node.client.ip = "192.0.2.7";
  EXPECT_FALSE(write("register", replicated(Node::instance("c")))) << "a stranger's word counts for nothing";
}

// -- warming

TEST(Warming, RefusesEveryReadAndLetsWritesThrough) {
  Node node;
  node.protection.set_ready(false);
  for (const char* query : {"fetch?env=dev&appid=a&status=1", "fetchs", "fetch/all", "fetch/all?replication=true",
                            "poll", "polls?env=dev&hostname=w&appid=a&latest_timestamp=0", "nodes"}) {
    const Answer a = node.get(std::string("/discovery/") + query);
    EXPECT_EQ(a.body, R"({"code":-500,"message":"-500","ttl":1})") << query;
    EXPECT_EQ(a.status, 200);
  }
  EXPECT_EQ(node.reg("a").code(), 0);
  EXPECT_EQ(node.renew("a").code(), 0);
  node.protection.set_ready(true);
  EXPECT_EQ(Answer::hosts(node.fetch("a")), std::vector<std::string>{"h1"});
}

TEST(Warming, TakesRenewalsOfWhatItDoesNotKnowYet) {
  Node node;
  node.registry.set_warming(true);
  node.cluster.posting = true;
  EXPECT_EQ(node.renew("a").body, R"({"code":0,"message":"0","ttl":1,"data":null})");
  EXPECT_TRUE(node.cluster.posts.empty()) << "nothing is known of it that could be posted";
  node.reg("b");
  node.cancel("b");
  EXPECT_EQ(node.renew("b").code(), -404) << "of a tombstone it does know";
  node.registry.set_warming(false);
  EXPECT_EQ(node.renew("a").code(), -404) << "nobody knew it";
}

// -- proof of life

class Proof : public ::testing::Test {
 protected:
  // Cancelled longer ago than a cancel can be late.
  Proof() {
    node.client.ip = kPeer;
    node.write("register", posted);
    node.write("cancel", with(Node::key("a"), "replication", "true"));
    node.advance(11s);
  }
  int renew(const char* flag = "replication") {
    return node.write("renew", with(with(Node::key("a"), "dirty_timestamp", "1000"), flag, "true")).code();
  }
  /// Whether the instance is listed after its original posted it again, unchanged.
  bool comes_back() {
    EXPECT_EQ(node.write("register", posted).code(), 0);
    return node.fetch("a").is_object();
  }

  static constexpr const char* kPeer = "10.9.0.2";
  Node node;
  Fields posted = with(with(Node::instance("a"), "replication", "true"), "dirty_timestamp", "1000");
};

TEST_F(Proof, LetsARegisterBeatATombstoneAsNewAsItself) {
  EXPECT_EQ(renew(), -404);
  EXPECT_TRUE(comes_back());
}

TEST_F(Proof, IsNeeded) { EXPECT_FALSE(comes_back()); }

TEST_F(Proof, IsForgottenAfterTenSeconds) {
  renew();
  node.pass(10s);
  EXPECT_TRUE(comes_back());
  node.write("cancel", with(Node::key("a"), "replication", "true"));
  node.advance(11s);
  renew();
  node.pass(10s + 1ns);
  EXPECT_FALSE(comes_back());
}

TEST_F(Proof, CountsForTheOriginalThatGaveItOnly) {
  renew();
  node.client.ip = "10.9.1.1";
  EXPECT_FALSE(comes_back());
  node.client.ip = kPeer;
  EXPECT_TRUE(comes_back());
}

TEST_F(Proof, IsNotGivenByClientsOrFromZone) {
  EXPECT_EQ(renew("from_zone"), -404);
  EXPECT_FALSE(comes_back());
  node.client.ip = "192.0.2.7";
  EXPECT_EQ(renew(), -404);
  EXPECT_EQ(node.proofs.size(), 0U);
}

TEST_F(Proof, IsNotKeptOfWhatIsUnknown) {
  node.write("renew", with(Node::key("never"), "replication", "true"));
  EXPECT_EQ(node.proofs.size(), 0U);
}

TEST(ProofOfLife, KeepsNamesApart) {
  ProofOfLife proofs({3, 4});
  const TimePoint now = from_wire_ns(kStartNs);
  proofs.renewed("10.0.0.1", {{"dev", "app"}, "z", "h"}, now);
  EXPECT_TRUE(proofs.proves("10.0.0.1", {{"dev", "app"}, "z", "h"}, now));
  EXPECT_FALSE(proofs.proves("10.0.0.1d", {{"ev", "app"}, "z", "h"}, now));
  EXPECT_FALSE(proofs.proves("10.0.0.1", {{"devapp", ""}, "z", "h"}, now));
  EXPECT_FALSE(proofs.proves("10.0.0.1", {{"dev", "app"}, "zh", ""}, now));
}

TEST(ProofOfLife, IsBounded) {
  ProofOfLife proofs({3, 4});
  const TimePoint now = from_wire_ns(kStartNs);
  const auto name = [](size_t i) { return "h" + std::to_string(i); };
  for (size_t i = 0; i < ProofOfLife::kEntriesMax; ++i) proofs.renewed("ip", {{"e", "a"}, "z", name(i)}, now);
  EXPECT_TRUE(proofs.proves("ip", {{"e", "a"}, "z", name(0)}, now)) << "at the limit all are there";
  proofs.renewed("ip", {{"e", "a"}, "z", "one more"}, now);
  EXPECT_EQ(proofs.size(), ProofOfLife::kEntriesMax);
  EXPECT_FALSE(proofs.proves("ip", {{"e", "a"}, "z", name(0)}, now)) << "the oldest went";
  EXPECT_TRUE(proofs.proves("ip", {{"e", "a"}, "z", "one more"}, now));
  // One that is renewed over and over pushes out others, never itself.
  for (size_t i = 0; i < 2 * ProofOfLife::kEntriesMax; ++i) proofs.renewed("ip", {{"e", "a"}, "z", "again"}, now);
  EXPECT_EQ(proofs.size(), 1U);
  EXPECT_TRUE(proofs.proves("ip", {{"e", "a"}, "z", "again"}, now));
}

TEST(ProofOfLife, ForgetsWithTime) {
  ProofOfLife proofs({3, 4});
  const TimePoint now = from_wire_ns(kStartNs);
  for (int i = 0; i < 100; ++i) proofs.renewed("ip", {{"e", "a"}, "z", std::to_string(i)}, now);
  proofs.renewed("ip", {{"e", "a"}, "z", "late"}, now + ProofOfLife::kWindow + 1ns);
  EXPECT_EQ(proofs.size(), 1U);
}

}  // namespace
}  // namespace discovery::protocol
