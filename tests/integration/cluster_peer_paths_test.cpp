// The paths by which nodes talk to each other, as somebody sees them who is no node.
#include <gtest/gtest.h>

#include "integration/cluster_nodes.h"

namespace discovery::integration {
namespace {

constexpr const char* kPosts[] = {"/discovery/peer/push", "/discovery/peer/digest", "/discovery/peer/leaves",
                                  "/discovery/peer/sync"};
constexpr const char* kHello = "/discovery/peer/hello";
constexpr size_t kBodyMax = 1024;

/// A node with a configured peer at 127.0.0.1, which is why this process is answered.
class ClusterPeerPaths : public ::testing::Test {
 protected:
  ClusterPeerPaths() {
    node_.start({node_.text(), node_address().text()}, {"limits.body_bytes=" + std::to_string(kBodyMax)});
  }

  [[nodiscard]] Answer ask(const std::string& request, const std::string& from = "") const {
    Connection connection(node_.address(), {.from = from});
    connection.send(request);
    return connection.read_answer();
  }
  [[nodiscard]] Answer send(const std::string& path, const std::string& body) const {
    return ask(post_request(path, body));
  }
  [[nodiscard]] bool lives() const { return node_->get("/healthz").status == 200; }

  ClusterNode node_{"n1"};
};

TEST_F(ClusterPeerPaths, HelloWithoutAMessageTellsWhoAnswers) {
  const Answer answer = ask(get_request(kHello));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.code(), 0);
  EXPECT_EQ(answer.json().at("data").at("protocol"), "discoveryd");
  EXPECT_GE(answer.json().at("data").at("version").get<int>(), 1);
  EXPECT_FALSE(answer.json().at("data").contains("hello"));
}

TEST_F(ClusterPeerPaths, GarbageIsRefusedAndTheNodeLivesOn) {
  const std::vector<std::string> garbage{
      "", std::string(1, '\0'), "hello", std::string(kBodyMax, '\xff'), std::string(kBodyMax, '\0'), R"({"a":1})"};
  for (const char* path : kPosts) {
    for (const std::string& body : garbage) {
      const Answer answer = send(path, body);
      EXPECT_EQ(answer.status, 400) << path << " " << body.size();
      EXPECT_FALSE(answer.json().at("error").get<std::string>().empty());
    }
  }
  for (const char* m : {"0", "zz", "00", "ffffffffffffffff", "%00%00"}) {
    EXPECT_EQ(ask(get_request(std::string(kHello) + "?m=" + m)).status, 400) << m;
  }
  EXPECT_TRUE(lives());
  EXPECT_EQ(node_->state().at("records"), node_->state().at("instances"));
}

TEST_F(ClusterPeerPaths, WhoIsNoPeerIsRefused) {
  for (const char* path : kPosts) EXPECT_EQ(ask(post_request(path, "x"), "127.0.0.2").status, 403) << path;
  EXPECT_EQ(ask(get_request(kHello), "127.0.0.2").status, 403);
  EXPECT_EQ(ask(get_request(kHello), "127.0.0.1").status, 200);
  EXPECT_EQ(ask(get_request("/healthz"), "127.0.0.2").status, 200) << "clients come from anywhere";
}

TEST_F(ClusterPeerPaths, TheMethodMustBeThatOfThePath) {
  for (const char* path : kPosts) EXPECT_EQ(ask(get_request(path)).status, 405) << path;
  EXPECT_EQ(send(kHello, "").status, 405);
  EXPECT_EQ(send("/discovery/peer/", "").status, 404);
  EXPECT_EQ(send("/discovery/peer/pushed", "").status, 404);
}

TEST_F(ClusterPeerPaths, ABodyPastTheLimitIsRefused) {
  for (const char* path : kPosts) {
    EXPECT_EQ(send(path, std::string(kBodyMax, 'x')).status, 400) << path << ": read whole, and no message";
    EXPECT_EQ(send(path, std::string(kBodyMax + 1, 'x')).status, 413) << path;
  }
  EXPECT_TRUE(lives());
}

TEST_F(ClusterPeerPaths, ASenderThatHangsUpHurtsNobody) {
  for (int i = 0; i < 50; ++i) {
    Connection connection(node_.address());
    connection.send(post_request(kPosts[i % 4], "garbage"));
    connection.abort();
  }
  EXPECT_TRUE(lives());
  EXPECT_EQ(send(kPosts[0], "garbage").status, 400);
}

TEST(ClusterPeerPathsOfALoneNode, AreAnsweredToNobody) {
  const Daemon daemon;
  EXPECT_EQ(daemon.get(kHello).status, 403);
  EXPECT_EQ(daemon.post(kPosts[0], "x").status, 403);
}

TEST(ClusterPeerPathsOfALoneNode, AreAnsweredToAllWhereMembershipIsOpen) {
  DaemonOptions options;
  options.flags = with_settings({"cluster.open_membership=true"});
  const Daemon daemon(options);
  EXPECT_EQ(daemon.get(kHello).json().at("data").at("protocol"), "discoveryd");
  EXPECT_EQ(daemon.post(kPosts[0], "x").status, 400);
}

}  // namespace
}  // namespace discovery::integration
