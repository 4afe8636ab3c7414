// What an operator asks a node and does to it: the questions under /api/, the token, actions, events.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <set>

#include "integration/cluster_nodes.h"
#include "integration/daemon.h"
#include "integration/deadline.h"

namespace discovery::integration {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

const std::string kToken = "correct-horse-battery";
const std::string kBearer = "Authorization: Bearer " + kToken + "\r\n";
const std::string kShop = "env=ct&appid=shop&zone=z1&hostname=h1";

class WithToken : public testing::Test {
 protected:
  WithToken()
      : path_(folder_.put("token", kToken + "\n")), daemon_({.flags = with_settings({"admin.token_file=" + path_})}) {
    daemon_.add({.appid = "shop"});
  }
  [[nodiscard]] std::string origin() const { return "Origin: http://test\r\n"; }

  TempDir folder_;
  std::string path_;
  Daemon daemon_;
};

TEST_F(WithToken, ThePageActsWithItAndOnlyWithIt) {
  const std::string set = "/admin/instance/set?" + kShop + "&status=2";
  EXPECT_EQ(daemon_.post(set, "", origin()).status, 403);
  EXPECT_EQ(daemon_.post(set, "", origin() + "Authorization: Bearer correct-horse-batterX\r\n").status, 403);
  EXPECT_EQ(daemon_.post(set, "", "Origin: http://elsewhere.example\r\n" + kBearer).status, 403);
  EXPECT_EQ(daemon_.get("/discovery/fetch?env=ct&appid=shop&status=2").code(), 0);
  EXPECT_EQ(
      daemon_.get("/discovery/fetch?env=ct&appid=shop&status=2").json().at("data").at("instances").at("z1").size(), 0u);
  const Answer done = daemon_.post(set, "", origin() + kBearer);
  EXPECT_EQ(done.status, 200);
  EXPECT_EQ(done.json(), json({{"changed", true}}));
  EXPECT_EQ(
      daemon_.get("/discovery/fetch?env=ct&appid=shop&status=2").json().at("data").at("instances").at("z1").size(), 1u);
  EXPECT_TRUE(daemon_.eventually_logs("set", "cause=operator"));
  EXPECT_TRUE(daemon_.eventually_logs("admin_denied", "/admin/instance/set"));
  EXPECT_EQ(daemon_.count("discovery_auth_denied_total{route=\"/admin/instance/set\"}"), 3);
  EXPECT_EQ(daemon_.get("/api/overview").json().at("actions"), true);
}

TEST_F(WithToken, OnLoopbackNoneIsNeeded) {
  EXPECT_EQ(daemon_.post("/admin/instance/cancel?" + kShop).status, 200);
  EXPECT_TRUE(daemon_.hosts("shop").empty());
}

TEST_F(WithToken, IsReadAgainOnAReloadAndABadOneChangesNothing) {
  ASSERT_EQ(folder_.put("token", "another-token-of-length"), path_);
  EXPECT_EQ(daemon_.post("/admin/reload").status, 200);
  EXPECT_EQ(daemon_.post("/admin/log-level?level=info", "", kBearer).status, 403);
  EXPECT_EQ(daemon_.post("/admin/log-level?level=info", "", "Authorization: Bearer another-token-of-length\r\n").status,
            200);
  static_cast<void>(folder_.put("token", "short"));
  const Answer refused = daemon_.post("/admin/reload");
  EXPECT_EQ(refused.status, 422);
  EXPECT_THAT(refused.body, HasSubstr("16 to 512 bytes"));
  EXPECT_THAT(refused.body, testing::Not(HasSubstr("short\"")));
  EXPECT_EQ(daemon_.post("/admin/log-level?level=info", "", "Authorization: Bearer another-token-of-length\r\n").status,
            200);
}

TEST(AdminToken, OfTheWrongShapeKeepsTheDaemonFromStarting) {
  TempDir folder;
  const auto of_length = [](size_t n) {
    std::string token = "guess-me-if-you-can";
    token.resize(n, '*');
    return token;
  };
  for (const std::string& bad : {of_length(15), of_length(513), std::string("sixteen letters and"), std::string(),
                                 std::string(16, 'x'), std::string("changemechangeme")}) {
    const std::string path = folder.put("token", bad);
    EXPECT_THROW(Daemon({.flags = with_settings({"admin.token_file=" + path})}), std::runtime_error) << bad;
  }
  for (const size_t length : {size_t{16}, size_t{512}}) {
    const std::string path = folder.put("token", of_length(length));
    EXPECT_NO_THROW(Daemon({.flags = with_settings({"admin.token_file=" + path})})) << length;
  }
  EXPECT_THROW(Daemon({.flags = with_settings({"admin.token_file=/nowhere/token"})}), std::runtime_error);
}

TEST(Operator, WithoutATokenThePageOnlyReads) {
  Daemon daemon;
  daemon.add({.appid = "shop"});
  EXPECT_EQ(daemon.get("/api/overview").json().at("actions"), false);
  EXPECT_EQ(daemon.post("/admin/instance/cancel?" + kShop, "", kBearer).status, 403);
  EXPECT_EQ(daemon.post("/admin/instance/cancel?" + kShop).status, 200);
  EXPECT_EQ(daemon.post("/admin/instance/cancel?" + kShop).status, 404);
  EXPECT_EQ(daemon.get("/api/history?env=ct&appid=shop&kind=cancelled").json().at("events").size(), 1u);
}

TEST(Operator, SeesWhatIsThere) {
  Daemon daemon;
  daemon.add({.appid = "shop", .hostname = "h1"});
  daemon.add({.appid = "shop", .hostname = "h2", .status = "2"});
  Connection poller(daemon.api());
  poller.send(get_request(polls_target("shop", daemon.timestamp("shop"))));
  ASSERT_TRUE(daemon.eventually_parked(1));
  const json overview = daemon.get("/api/overview").json();
  EXPECT_EQ(overview.at("node"), daemon.api().text());
  EXPECT_EQ(overview.at("instances"), 3);
  EXPECT_EQ(overview.at("applications"), 2);
  EXPECT_EQ(overview.at("parked_polls"), 1);
  EXPECT_EQ(overview.at("protection").at("active"), false);
  EXPECT_EQ(overview.at("nodes").size(), 1u);
  EXPECT_EQ(overview.at("nodes").at(0).at("self"), true);
  EXPECT_EQ(overview.at("ready"), true);
  const json services = daemon.get("/api/services?q=shop").json();
  ASSERT_EQ(services.at("services").size(), 1u);
  EXPECT_EQ(services.at("services").at(0).at("watchers"), 1);
  EXPECT_EQ(services.at("services").at(0).at("waiting"), 1);
  const json service = daemon.get("/api/service?env=ct&appid=shop").json();
  EXPECT_EQ(service.at("instances").size(), 2u);
  EXPECT_EQ(service.at("watchers"), 1);
  EXPECT_EQ(daemon.get("/api/service?env=ct&appid=other").status, 404);
  const json clients = daemon.get("/api/clients").json();
  ASSERT_EQ(clients.at("clients").size(), 1u);
  EXPECT_EQ(clients.at("clients").at(0).at("address"), "127.0.0.1");
  EXPECT_EQ(clients.at("clients").at(0).at("registers"), 2);
  EXPECT_EQ(clients.at("clients").at(0).at("parked_polls"), 1);
  EXPECT_TRUE(daemon.get("/api/rates").json().at("renews").is_array());
}

TEST(Operator, EveryBadQuestionIsToldWhatIsWrong) {
  Daemon daemon;
  for (const char* const route :
       {"/api/overview?x=1", "/api/rates?x=1", "/api/services?sort=age", "/api/service?env=ct", "/api/clients?limit=0",
        "/api/digest?x=1", "/api/records?branch=256", "/api/compare", "/api/records"}) {
    const Answer answer = daemon.get(route);
    EXPECT_EQ(answer.status, 400) << route;
    EXPECT_TRUE(answer.json().contains("error")) << route;
  }
  EXPECT_EQ(daemon.get("/api/compare?with=10.0.0.9:80").status, 404) << "it calls nobody it does not know";
  for (const std::string& route :
       {"/admin/instance/set?" + kShop + "&status=3", "/admin/instance/set?" + kShop,
        std::string("/admin/instance/cancel?env=ct"), std::string("/admin/brake/release?env=x")}) {
    const int status = daemon.post(route).status;
    EXPECT_TRUE(status == 400 || status == 404) << route << ' ' << status;
  }
  EXPECT_EQ(daemon.post("/admin/brake/release?env=ct&appid=shop").status, 404);
  EXPECT_EQ(daemon.get("/admin/instance/cancel?" + kShop).status, 405);
}

/// A page waits for events.
bool eventually_waits(const Daemon& daemon) {
  return eventually(
      [&] { return daemon.get("/api/clients?sort=polls").json().at("clients").at(0).at("parked_polls") == 1; });
}

TEST(Events, ComeWhenSomethingHappensAndGoOnWhereTheyEnded) {
  Daemon daemon;
  Connection page(daemon.api());
  page.send(get_request("/api/events"));
  ASSERT_TRUE(eventually_waits(daemon));
  daemon.add({.appid = "shop"});
  const Answer batch = page.read_answer();
  EXPECT_EQ(batch.status, 200);
  EXPECT_THAT(batch.field("content-type"), HasSubstr("text/event-stream"));
  EXPECT_THAT(batch.body, HasSubstr("event: change\n"));
  EXPECT_THAT(batch.body, HasSubstr("\"kind\":\"registered\""));
  const size_t at = batch.body.find("id: ") + 4;
  const std::string last = batch.body.substr(at, batch.body.find('\n', at) - at);
  daemon.post("/discovery/cancel", TestInstance{.appid = "shop"}.key_form());
  page.send(get_request("/api/events", "Last-Event-ID: " + last + "\r\n"));
  const Answer next = page.read_answer();
  EXPECT_THAT(next.body, HasSubstr("\"kind\":\"cancelled\""));
  EXPECT_THAT(next.body, testing::Not(HasSubstr("\"kind\":\"registered\"")));
}

TEST(Events, APageOfAnEarlierLifeOfTheNodeIsToldToLookAgain) {
  Daemon daemon;
  Connection page(daemon.api());
  page.send(get_request("/api/events", "Last-Event-ID: 50000\r\n"));
  const Answer answer = page.read_answer();
  EXPECT_THAT(answer.body, HasSubstr("\"missed\":true"));
  EXPECT_THAT(answer.body, testing::Not(HasSubstr("id: 50000")));
}

TEST(Events, AWaitingPageDoesNotHoldUpADrain) {
  Daemon daemon;
  Connection page(daemon.api());
  page.send(get_request("/api/events"));
  ASSERT_TRUE(eventually_waits(daemon));
  daemon.process().signal(SIGTERM);
  const auto ending = daemon.process().wait();
  ASSERT_TRUE(ending);
  EXPECT_EQ(ending->code, 0);
}

TEST(Compare, ListsExactlyWhatTwoNodesDoNotShareAndNamesOneThatDoesNotAnswer) {
  TestCluster cluster(2);
  cluster.start_all();
  ASSERT_TRUE(cluster.whole());
  cluster[0]->add({.appid = "shop", .hostname = "both"});
  const auto compared = [&] { return cluster[0]->get("/api/compare?with=" + cluster[1].text()); };
  ASSERT_TRUE(eventually([&] { return cluster[1]->hosts("shop").size() == 1; }));
  const json same = compared().json();
  EXPECT_EQ(same.at("equal"), true) << same;
  EXPECT_EQ(same.at("node"), cluster[0].text());
  EXPECT_EQ(same.at("with"), cluster[1].text());
  cluster[1].freeze();
  cluster[0]->add({.appid = "shop", .hostname = "only-here"});
  EXPECT_EQ(compared().status, 503);
  cluster[1].thaw();
  cluster[1].kill();
  const Answer silent = compared();
  EXPECT_EQ(silent.status, 503);
  EXPECT_THAT(silent.body, HasSubstr(cluster[1].text()));
}

TEST(Agreement, TheOtherNodesAreAskedAndTheNodeOfTheLastRenewalIsNamed) {
  TestCluster cluster(3);
  cluster.start_all();
  ASSERT_TRUE(cluster.whole());
  cluster[0]->add({.appid = "shop", .hostname = "h1"});
  ASSERT_TRUE(
      eventually([&] { return cluster[1]->hosts("shop").size() == 1 && cluster[2]->hosts("shop").size() == 1; }));
  ASSERT_EQ(cluster[1]->post("/discovery/renew", TestInstance{.appid = "shop", .hostname = "h1"}.key_form()).code(), 0);
  const auto explain = [&] { return cluster[2]->get("/api/explain?env=ct&appid=shop&hostname=h1").json(); };
  const auto said = [&](const std::string& about) {
    const json answer = explain();
    for (const auto& v : answer.at("verdicts")) {
      if (v.at("about") == about) return v.at("detail").get<std::string>();
    }
    return std::string("(not said)");
  };
  EXPECT_EQ(said("nodes"), "2 of 2 other nodes have the same");
  EXPECT_THAT(said("renewal"), HasSubstr("ago at " + cluster[1].text()));
  EXPECT_THAT(said("known"), HasSubstr("written at " + cluster[0].text()));
  cluster[0].kill();
  const json nodes = explain().at("nodes");
  for (const auto& node : nodes) {
    const bool gone = node.at("address") == cluster[0].text();
    EXPECT_EQ(node.at("agrees").is_null(), gone) << node;
    EXPECT_EQ(node.at("says") == "the same", !gone) << node;
  }
  EXPECT_FALSE(cluster[2]->get("/api/explain?env=ct&appid=shop&hostname=h1&nodes=0").json().contains("nodes"));
}

// The second does not know the first, so it refuses it as a peer; but whoever asks it is answered.
TEST(Compare, TwoNodesOfWhichOneRefusesTheOther) {
  ClusterNode one("one");
  ClusterNode two("two");
  two.start({two.text()});
  two->add({.appid = "shop", .hostname = "there"});
  one.start({one.text(), two.text()});
  one->add({.appid = "shop", .hostname = "here"});
  ASSERT_TRUE(eventually([&] { return one->get("/api/services").json().at("total") == 2; })) << "it lists itself too";
  const json compared = one->get("/api/compare?with=" + two.text()).json();
  EXPECT_EQ(compared.at("equal"), false);
  std::set<std::string> differences;
  for (const auto& d : compared.at("differences")) {
    differences.insert(d.at("appid").get<std::string>() + ' ' + d.at("hostname").get<std::string>() + ' ' +
                       d.at("kind").get<std::string>());
  }
  EXPECT_EQ(differences, (std::set<std::string>{"infra.discovery one missing_there", "infra.discovery two missing_here",
                                                "shop here missing_there", "shop there missing_here"}));
  EXPECT_TRUE(eventually([&] {
    const json nodes = one->get("/api/overview").json().at("nodes");
    return nodes.size() == 2 &&
           nodes.at(1).at("trouble").get<std::string>().find("not in its configuration") != std::string::npos;
  }));
  EXPECT_TRUE(one->eventually_logs("peer_refuses", two.text()));
}

}  // namespace
}  // namespace discovery::integration
