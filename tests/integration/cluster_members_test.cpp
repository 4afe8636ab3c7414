// Who belongs to a cluster: configured nodes, nodes that nobody configured, impostors, and those that are taken out.
#include <gtest/gtest.h>

#include "integration/cluster_nodes.h"

namespace discovery::integration {
namespace {

using Hosts = std::vector<std::string>;

std::string as_a_node(const std::string& address, const std::string& host) {
  return form({{"zone", "zone01"},
               {"env", "dev"},
               {"appid", "infra.discovery"},
               {"hostname", host},
               {"status", "1"},
               {"addrs", "http://" + address}});
}

Answer remove_node(const ClusterNode& at, const std::string& node) {
  return at->post("/admin/cluster/remove?" + form({{"node", node}}));
}

TEST(ClusterMembers, AStrangerCannotListItselfAsANode) {
  TestCluster cluster(2);
  cluster.start_all();
  ASSERT_TRUE(cluster.whole());
  const std::string stranger = node_address().text();
  EXPECT_EQ(cluster[0]->post("/discovery/register", as_a_node(stranger, "stranger")).code(), -400);
  EXPECT_TRUE(eventually([&] { return cluster[0].listed_nodes() == Hosts{"n1", "n2"}; }));
  EXPECT_TRUE(cluster[0].link_to(stranger).is_null());
  EXPECT_EQ(cluster[0]->post("/discovery/register", as_a_node(cluster[1].text(), "alias")).code(), 0)
      << "a configured address is no stranger";
}

TEST(ClusterMembers, ANodeThatNobodyConfiguredDoesNotJoinAClosedCluster) {
  TestCluster cluster(2);
  cluster.start_all();
  ASSERT_TRUE(cluster.whole());
  ClusterNode third("n3");
  third.start({third.text(), cluster[0].text()});
  EXPECT_TRUE(cluster[0]->eventually_logs("peer_not_admitted", third.text()));
  EXPECT_TRUE(third->eventually_logs("peer_refuses", cluster[0].text()));
  third->add({.appid = "foreign"});
  EXPECT_TRUE(cluster[0].link_to(third.text()).is_null());
  EXPECT_EQ(third->get("/readyz").status, 503);
}

TEST(ClusterMembers, ANodeThatNobodyConfiguredJoinsAnOpenCluster) {
  TestCluster cluster(2, {"cluster.open_membership=true"});
  cluster.start_all();
  ASSERT_TRUE(cluster.whole());
  ClusterNode third("n3");
  third.start({third.text(), cluster[0].text()}, {"cluster.open_membership=true"});  // knows one of the two
  EXPECT_TRUE(eventually([&] { return third.ready() && third.joined(cluster[1].text()); }));
  EXPECT_TRUE(eventually([&] { return cluster[0].joined(third.text()) && cluster[1].joined(third.text()); }));
  third->add({.appid = "newcomer"});
  EXPECT_TRUE(eventually([&] { return cluster[1]->hosts("newcomer") == Hosts{"h1"}; }));
  EXPECT_TRUE(eventually([&] { return cluster[1].status_of(third.text()) == 0; }));
  EXPECT_EQ(third.end().code, 0);
  EXPECT_TRUE(eventually([&] { return cluster[1].status_of(third.text()) == -1; })) << "it said farewell";
}

TEST(ClusterMembers, OnlyASilentMemberIsRemoved) {
  TestCluster cluster(2);
  cluster.start_all();
  ASSERT_TRUE(cluster.whole());
  EXPECT_EQ(remove_node(cluster[0], cluster[1].text()).status, 409) << "it lives";
  EXPECT_EQ(remove_node(cluster[0], node_address().text()).status, 404) << "nobody knows it";
  EXPECT_EQ(remove_node(cluster[0], "").status, 404);
  EXPECT_EQ(cluster[0]->get("/admin/cluster/remove?node=a").status, 405);
  cluster[1].kill();
  ASSERT_TRUE(eventually([&] { return cluster[0].status_of(cluster[1].text()) == 1; }));
  const Answer removed = remove_node(cluster[0], cluster[1].text());
  EXPECT_EQ(removed.status, 200) << removed.body;
  EXPECT_EQ(removed.json().at("removed"), cluster[1].text());
  EXPECT_EQ(cluster[0].link_to(cluster[1].text()).at("member"), false) << "configured: still asked";
  EXPECT_EQ(remove_node(cluster[0], cluster[1].text()).status, 404) << "no member any more";
  cluster.start(1);
  EXPECT_TRUE(cluster.whole()) << "it joins again";
}

TEST(ClusterMembers, ARemovedNodeThatNobodyConfiguredIsForgottenByAll) {
  TestCluster cluster(2, {"cluster.open_membership=true"});
  cluster.start_all();
  ClusterNode third("n3");
  third.start({third.text(), cluster[0].text()}, {"cluster.open_membership=true"});
  ASSERT_TRUE(cluster.whole());
  ASSERT_TRUE(eventually([&] { return cluster[0].joined(third.text()) && cluster[1].joined(third.text()); }));
  ASSERT_TRUE(eventually([&] { return cluster[0].listed_nodes().size() == 3; }));
  third.kill();
  ASSERT_TRUE(eventually([&] { return cluster[0].status_of(third.text()) == 1; }));
  ASSERT_EQ(remove_node(cluster[0], third.text()).status, 200);
  // Still listed under infra.discovery, hence still asked, until that entry goes.
  EXPECT_EQ(cluster[0]->post("/discovery/cancel", as_a_node(third.text(), "n3")).code(), 0);
  for (size_t i = 0; i < cluster.size(); ++i) {
    EXPECT_TRUE(eventually([&] { return cluster[i].status_of(third.text()) == -1; })) << i;
    EXPECT_TRUE(cluster[i].link_to(third.text()).is_null()) << i;
  }
}

TEST(ClusterMembers, TwoNodesWithOneNumberAreToldApartAndDoNotJoin) {
  ClusterNode a("n1");
  ClusterNode b("n2");
  const std::vector<std::string> both{a.text(), b.text()};
  a.start(both, {"cluster.node_id=7"});
  b.start(both, {"cluster.node_id=7"});
  EXPECT_TRUE(a->eventually_logs("peer_same_node_id", b.text()));
  EXPECT_TRUE(b->eventually_logs("peer_same_node_id", a.text()));
  a->add({.appid = "of-a"});
  b->add({.appid = "of-b"});
  for (const auto& [node, other] : {std::pair(&a, &b), std::pair(&b, &a)}) {
    const auto link = node->link_to(other->text());
    ASSERT_FALSE(link.is_null());
    EXPECT_NE(link.at("state"), "ours");
    EXPECT_EQ(link.at("records_sent"), 0);
    EXPECT_EQ(link.at("records_received"), 0);
    EXPECT_EQ((*node)->get("/readyz").status, 503);
  }
}

TEST(ClusterMembers, ANodeFindsItselfUnderAnotherNameOfTheList) {
  ClusterNode node("n1");
  node.start({node.text(), "localhost:" + std::to_string(node.address().port)});
  EXPECT_TRUE(eventually([&] { return node.ready(); }, Deadline(seconds(5))));
  EXPECT_EQ(node->get("/discovery/nodes").json().at("data").size(), 1U);
}

TEST(ClusterMembers, AReloadAddsANode) {
  ClusterNode second("n2");
  DaemonOptions options;
  const std::string first = node_address().text();
  options.listen = false;
  const std::string text = "[env]\nhost = \"n1\"\n[httpServer]\naddr = \"" + first + "\"\n";
  options.file = "nodes = [\"" + first + "\"]\n" + text;
  const Daemon daemon(options);
  daemon.add({.appid = "older"});
  second.start({second.text(), first});
  // It refuses the second, which must not take it for an original because of that.
  ASSERT_TRUE(eventually([&] { return second.link_to(first).at("state") == "down"; }));
  daemon.write_file("nodes = [\"" + first + "\",\"" + second.text() + "\"]\n" + text);
  ASSERT_EQ(daemon.post("/admin/reload").status, 200);
  EXPECT_TRUE(eventually([&] { return second.joined(first) && second.ready(); }));
  EXPECT_EQ(second->hosts("older"), Hosts{"h1"});
}

}  // namespace
}  // namespace discovery::integration
