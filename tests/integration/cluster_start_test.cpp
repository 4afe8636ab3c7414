// Starting and ending in a cluster: who may read when, who may write when, and what the others see of it.
#include <gtest/gtest.h>

#include "integration/cluster_nodes.h"

namespace discovery::integration {
namespace {

/// Nodes started together wait for no time-out: the first of those is two seconds (replication.md 3.3).
constexpr seconds kReadySoon{2};
/// Writes wait for two seconds at most (replication.md 2.3).
constexpr seconds kWritesSoon{4};

using Hosts = std::vector<std::string>;

const char* const kReads[] = {"/discovery/fetch?env=ct&appid=a&status=1",
                              "/discovery/fetchs",
                              "/discovery/fetch/all",
                              "/discovery/nodes",
                              "/discovery/poll",
                              "/discovery/polls"};

void expect_no_reads(const ClusterNode& node) {
  for (const char* target : kReads) {
    const Answer answer = node->get(target);
    EXPECT_EQ(answer.status, 200) << target;
    EXPECT_EQ(answer.code(), -500) << target;
  }
  EXPECT_EQ(node->get("/readyz").status, 503);
  EXPECT_EQ(node->get("/healthz").status, 200);
  const auto checks = node->get("/readyz?verbose").json();
  EXPECT_NE(checks.dump().find("learning what the other nodes know"), std::string::npos) << checks;
}

TEST(ClusterStart, NodesStartedTogetherAreReadyAtOnce) {
  TestCluster cluster(3);
  cluster.start_all();
  const Stopwatch since_last;
  EXPECT_TRUE(cluster.whole(Deadline(kReadySoon)));
  RecordProperty("milliseconds", static_cast<int>(since_last.elapsed().count()));
  for (size_t i = 0; i < cluster.size(); ++i) {
    EXPECT_TRUE(eventually([&] { return cluster[i].listed_nodes() == Hosts{"n1", "n2", "n3"}; })) << i;
  }
}

// Its peers are stopped meanwhile: else it would be synced before it can be asked.
TEST(ClusterStart, ARestartedNodeAnswersReadsOnlyWhenItHasTheWholeList) {
  TestCluster cluster(3);
  cluster.start_all();
  ASSERT_TRUE(cluster.whole());
  for (size_t i = 0; i < 40; ++i) cluster[i % 2]->add({.appid = "many", .hostname = "h" + std::to_string(i)});
  ASSERT_TRUE(
      eventually([&] { return cluster[0]->hosts("many").size() == 40 && cluster[1]->hosts("many").size() == 40; }));
  cluster[2].kill();
  cluster[0].freeze();
  cluster[1].freeze();
  cluster.start(2);
  expect_no_reads(cluster[2]);
  const TestInstance early{.appid = "early"};
  EXPECT_EQ(cluster[2]->post("/discovery/renew", TestInstance{.appid = "many", .hostname = "h3"}.key_form()).code(), 0)
      << "a renewal is accepted before the instance is known";
  EXPECT_EQ(cluster[2]->post("/discovery/register", early.register_form()).code(), 0);
  cluster[0].thaw();
  cluster[1].thaw();
  // The first read that is answered has all of it.
  nlohmann::json first;
  ASSERT_TRUE(eventually([&] {
    first = cluster[2]->get("/discovery/fetch?env=ct&appid=many&status=3").json();
    return first.at("code") != -500;
  }));
  ASSERT_EQ(first.at("code"), 0) << first;
  EXPECT_EQ(first.at("data").at("instances").at("z1").size(), 40U);
  EXPECT_TRUE(eventually([&] { return cluster[0]->hosts("early") == Hosts{"h1"}; }));
}

TEST(ClusterStart, ALoneSurvivorTakesWritesSoonAndAnswersNoReads) {
  ClusterNode survivor("n1");
  const Stopwatch since_start;
  survivor.start({survivor.text(), node_address().text(), node_address().text()});
  expect_no_reads(survivor);
  const TestInstance instance{.appid = "stranded"};
  EXPECT_EQ(survivor->post("/discovery/register", instance.register_form()).code(), 0);
  EXPECT_LT(since_start.elapsed(), kWritesSoon);
  EXPECT_EQ(survivor->post("/discovery/renew", instance.key_form()).code(), 0);
  expect_no_reads(survivor);
}

TEST(ClusterStart, EarlyWritesWaitForABlackHoleTwoSecondsAndAreNotRefused) {
  const SilentListener hole;
  ClusterNode node("n1");
  const Stopwatch since_start;
  node.start({node.text(), hole.text()});
  std::vector<Connection> writers;
  constexpr int kWriters = 20;
  for (int i = 0; i < kWriters; ++i) {
    writers.emplace_back(node.address());
    const TestInstance instance{.appid = "early", .hostname = "h" + std::to_string(i)};
    writers.back().send(post_request("/discovery/register", instance.register_form()));
  }
  for (Connection& writer : writers) EXPECT_EQ(writer.read_answer().code(), 0);
  EXPECT_GE(since_start.elapsed(), milliseconds(1500)) << "it did wait for the newest version";
  EXPECT_LT(since_start.elapsed(), kWritesSoon);
  EXPECT_EQ(node->post("/discovery/renew", TestInstance{.appid = "early"}.key_form()).code(), 0);
}

TEST(ClusterStart, ACleanEndTakesTheNodeOffTheListOfTheOthers) {
  TestCluster cluster(3);
  cluster.start_all();
  ASSERT_TRUE(cluster.whole());
  ASSERT_TRUE(
      eventually([&] { return cluster[0].listed_nodes().size() == 3 && cluster[1].listed_nodes().size() == 3; }));
  cluster[2]->add({.appid = "last-words"});
  const Ending ending = cluster[2].end();
  EXPECT_EQ(ending.code, 0);
  // Told before it ended, so it is there now.
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(cluster[i].listed_nodes(), (Hosts{"n1", "n2"})) << i;
    EXPECT_EQ(cluster[i]->hosts("last-words"), Hosts{"h1"}) << i;
    EXPECT_TRUE(cluster[i]->eventually_logs("peer_farewell", cluster[2].text())) << i;
    EXPECT_TRUE(eventually([&] { return cluster[i].status_of(cluster[2].text()) == 1; })) << i;
  }
}

TEST(ClusterStart, PeersAreCalledFromTheConfiguredAddress) {
  const SilentListener seed;
  ClusterNode bound("n1");
  bound.start({bound.text(), seed.text()}, {"cluster.peer_bind_address=127.0.0.9"});
  EXPECT_EQ(seed.next_caller(), "127.0.0.9");
}

TEST(ClusterStart, NodesOnAddressesOfTheirOwnFindEachOther) {
  ClusterNode a("n1", node_address("127.0.0.1"));
  ClusterNode b("n2", node_address("127.0.0.9"));
  const std::vector<std::string> both{a.text(), b.text()};
  a.start(both);
  b.start(both, {"cluster.peer_bind_address=127.0.0.9"});
  EXPECT_TRUE(eventually([&] { return a.joined(b.text()) && b.joined(a.text()); }));
  b->add({.appid = "from-b"});
  EXPECT_TRUE(eventually([&] { return a->hosts("from-b") == Hosts{"h1"}; }));
}

}  // namespace
}  // namespace discovery::integration
