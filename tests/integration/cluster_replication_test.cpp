// What one node of a cluster accepts is what all of them answer.
#include <gtest/gtest.h>

#include <cstdlib>

#include "integration/cluster_nodes.h"

namespace discovery::integration {
namespace {

/// A change told to the others takes milliseconds; comparing takes longer, and would hide that nothing was told.
constexpr seconds kSoon{2};

std::vector<std::string> only(const std::string& host) { return {host}; }

bool eventually_lists(const ClusterNode& node, const std::string& appid, const std::vector<std::string>& hosts,
                      const Deadline& deadline) {
  return eventually([&] { return node->hosts(appid) == hosts; }, deadline);
}

/// Of a listed instance.
nlohmann::json instance_at(const ClusterNode& node, const std::string& appid) {
  const auto answer = node->get("/discovery/fetch?status=3&env=ct&" + form({{"appid", appid}})).json();
  return answer.at("data").at("instances").at("z1").at(0);
}

TEST(ClusterReplication, ARegisterIsReadableAtAllAndACancelElsewhereEndsItAtAll) {
  TestCluster cluster(3);
  cluster.start_all();
  ASSERT_TRUE(cluster.whole());
  const TestInstance instance{.appid = "travels"};
  const Deadline registered(kSoon);
  cluster[0]->add(instance);
  EXPECT_EQ(cluster[0]->hosts("travels"), only("h1")) << "at once where it was accepted";
  for (size_t i = 1; i < cluster.size(); ++i)
    EXPECT_TRUE(eventually_lists(cluster[i], "travels", only("h1"), registered));
  nlohmann::json here = instance_at(cluster[0], "travels");
  nlohmann::json there = instance_at(cluster[1], "travels");
  const int64_t renewed_apart = there.at("renew_timestamp").get<int64_t>() - here.at("renew_timestamp").get<int64_t>();
  EXPECT_LT(std::abs(renewed_apart), 1'000'000'000) << "by each node's own clock";
  here.erase("renew_timestamp");
  there.erase("renew_timestamp");
  EXPECT_EQ(there, here);
  EXPECT_EQ(cluster[1]->timestamp("travels") & 0xFFFFF, cluster[0]->timestamp("travels") & 0xFFFFF)
      << "the cursor names the same list";

  const Deadline cancelled(kSoon);
  ASSERT_EQ(cluster[2]->post("/discovery/cancel", instance.key_form()).code(), 0);
  for (size_t i = 0; i < cluster.size(); ++i) EXPECT_TRUE(eventually_lists(cluster[i], "travels", {}, cancelled));
  EXPECT_EQ(cluster[1]->post("/discovery/renew", instance.key_form()).code(), -404) << "a client is told to come anew";
}

TEST(ClusterReplication, ASetAndARenewalAtAnotherNodeAreAcceptedThere) {
  TestCluster cluster(2);
  cluster.start_all();
  ASSERT_TRUE(cluster.whole());
  const TestInstance instance{.appid = "moves"};
  cluster[0]->add(instance);
  ASSERT_TRUE(eventually_lists(cluster[1], "moves", only("h1"), Deadline(kSoon)));
  EXPECT_EQ(cluster[1]->post("/discovery/renew", instance.key_form()).code(), 0);
  ASSERT_EQ(cluster[1]->post("/discovery/set", instance.key_form() + "&status=2").code(), 0);
  EXPECT_TRUE(eventually([&] { return instance_at(cluster[0], "moves").at("status") == 2; }, Deadline(kSoon)));
}

TEST(ClusterReplication, APollParkedAtAnotherNodeIsAnswered) {
  TestCluster cluster(2);
  cluster.start_all();
  ASSERT_TRUE(cluster.whole());
  cluster[0]->add({.appid = "watched"});
  ASSERT_TRUE(eventually_lists(cluster[1], "watched", only("h1"), Deadline(kSoon)));
  Connection poll(cluster[1].address());
  poll.send(get_request(polls_target("watched", cluster[1]->timestamp("watched"))));
  ASSERT_TRUE(cluster[1]->eventually_parked(1));
  const Stopwatch since_change;
  cluster[0]->add({.appid = "watched", .hostname = "h2"});
  const auto answer = poll.read_answer().json();
  EXPECT_LT(since_change.elapsed(), kSoon);
  ASSERT_EQ(answer.at("code"), 0) << answer;
  EXPECT_EQ(answer.at("data").at("watched").at("instances").at("z1").size(), 2U);
}

TEST(ClusterReplication, AConsumerKeepsItsPlaceWhenItChangesNodes) {
  TestCluster cluster(2);
  cluster.start_all();
  ASSERT_TRUE(cluster.whole());
  cluster[0]->add({.appid = "roamed"});
  ASSERT_TRUE(eventually_lists(cluster[1], "roamed", only("h1"), Deadline(kSoon)));
  for (const size_t from : {0U, 1U}) {
    const int64_t cursor = cluster[from]->timestamp("roamed");
    Connection poll(cluster[1 - from].address());
    poll.send(get_request(polls_target("roamed", cursor), "x1-bmspy-timeout: 320\r\n"));
    EXPECT_EQ(poll.read_answer().code(), -304) << "nothing new, from node " << from;
  }
}

TEST(ClusterReplication, TheNodeListTellsWhoIsDownAndWhoIsBack) {
  TestCluster cluster(3);
  cluster.start_all();
  ASSERT_TRUE(cluster.whole());
  const auto all_have = [&](size_t of, size_t seers, int status) {
    return eventually([&] {
      for (size_t i = 0; i < seers; ++i) {
        if (cluster[i].status_of(cluster[of].text()) != status) return false;
      }
      return true;
    });
  };
  for (size_t of = 0; of < cluster.size(); ++of) EXPECT_TRUE(all_have(of, cluster.size(), 0)) << of;
  cluster[2].kill();
  EXPECT_TRUE(all_have(2, 2, 1)) << "killed";
  EXPECT_EQ(cluster[0].status_of(cluster[1].text()), 0);
  EXPECT_TRUE(cluster[0]->eventually_logs("peer_down", cluster[2].text()));
  EXPECT_EQ(cluster[0]->count("discovery_peer_up{peer=\"" + cluster[2].text() + "\",zone=\"zone01\"}"), 0);
  cluster.start(2);
  EXPECT_TRUE(all_have(2, 3, 0)) << "back";
}

TEST(ClusterReplication, WhatADeadNodeMissedItHasWhenItIsBack) {
  TestCluster cluster(2);
  cluster.start_all();
  ASSERT_TRUE(cluster.whole());
  const TestInstance gone{.appid = "gone"};
  cluster[0]->add(gone);
  ASSERT_TRUE(eventually_lists(cluster[1], "gone", only("h1"), Deadline(kSoon)));
  cluster[1].kill();
  cluster[0]->add({.appid = "meanwhile"});
  ASSERT_EQ(cluster[0]->post("/discovery/cancel", gone.key_form()).code(), 0);
  cluster.start(1);
  ASSERT_TRUE(cluster.whole());
  EXPECT_EQ(cluster[1]->hosts("meanwhile"), only("h1"));
  EXPECT_TRUE(cluster[1]->hosts("gone").empty());
}

// A frozen process keeps its connections: only its silence tells.
TEST(ClusterReplication, AFrozenNodeHoldsUpNobodyAndCatchesUp) {
  TestCluster cluster(2);
  cluster.start_all();
  ASSERT_TRUE(cluster.whole());
  cluster[1].freeze();
  const Stopwatch since_frozen;
  for (int i = 0; i < 50; ++i) cluster[0]->add({.appid = "app" + std::to_string(i)});
  EXPECT_LT(since_frozen.elapsed(), kSoon) << "fifty writes";
  EXPECT_TRUE(eventually([&] { return cluster[0].status_of(cluster[1].text()) == 1; }));
  cluster[1].thaw();
  EXPECT_TRUE(eventually_lists(cluster[1], "app49", only("h1"), Deadline()));
  EXPECT_TRUE(eventually([&] { return cluster[0].status_of(cluster[1].text()) == 0; }));
}

TEST(ClusterReplication, AcknowledgedWritesAreAtAPeerAtOnce) {
  TestCluster cluster(2, {"cluster.ack_wait=10s"});
  cluster.start_all();
  ASSERT_TRUE(cluster.whole());
  const Stopwatch since_first;
  for (int i = 0; i < 10; ++i) {
    const std::string appid = "acked" + std::to_string(i);
    cluster[0]->add({.appid = appid});
    EXPECT_EQ(cluster[1]->hosts(appid), only("h1"));
  }
  EXPECT_LT(since_first.elapsed(), seconds(10)) << "ended by the peer, not by the time";
}

TEST(ClusterReplication, AnAcknowledgementThatDoesNotComeIsWaitedForSoLongAtMost) {
  TestCluster cluster(2, {"cluster.ack_wait=500ms"});
  cluster.start_all();
  ASSERT_TRUE(cluster.whole());
  cluster[1].freeze();
  const Stopwatch since_asked;
  cluster[0]->add({.appid = "unacked"});
  EXPECT_GE(since_asked.elapsed(), milliseconds(450));
  EXPECT_LT(since_asked.elapsed(), kSoon);
  cluster[1].kill();
  ASSERT_TRUE(eventually([&] { return cluster[0].status_of(cluster[1].text()) == 1; }));
  const Stopwatch since_dead;
  cluster[0]->add({.appid = "alone"});
  EXPECT_LT(since_dead.elapsed(), kSoon);
}

}  // namespace
}  // namespace discovery::integration
