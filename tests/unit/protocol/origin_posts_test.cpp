// Which writes are posted to originals, in which words, and how far (replication.md 2.5 R7; discovery-api.md 10.4).
#include "codec/params.h"
#include "unit/protocol/harness.h"

namespace discovery::protocol {
namespace {

using cluster::PostKind;
using cluster::PostReach;

class Posts : public ::testing::Test {
 protected:
  Posts() { node.cluster.posting = true; }

  /// The one post since the last call.
  cluster::Post taken() {
    EXPECT_EQ(node.cluster.posts.size(), 1U);
    cluster::Post post = node.cluster.posts.empty() ? cluster::Post{} : std::move(node.cluster.posts.back());
    node.cluster.posts.clear();
    return post;
  }
  static std::string value(const cluster::Post& post, std::string_view name) {
    codec::Params params;
    EXPECT_TRUE(params.add_urlencoded(post.form, 1000));
    return std::string(params.first(name));
  }
  static std::vector<std::string> values(const cluster::Post& post, std::string_view name) {
    codec::Params params;
    EXPECT_TRUE(params.add_urlencoded(post.form, 1000));
    std::vector<std::string> out;
    params.each(name, [&](std::string_view v) { out.emplace_back(v); });
    return out;
  }
  void forget() { node.cluster.posts.clear(); }

  Node node;
};

TEST_F(Posts, ARegisterAsItIsStored) {
  node.write("register", with(Node::instance("a"), "addrs", "http://a:1,grpc://a:2"));
  const cluster::Post post = taken();
  EXPECT_EQ(post.kind, PostKind::kRegister);
  EXPECT_EQ(post.reach, PostReach::kEverywhere);
  EXPECT_EQ(post.path, "/discovery/register");
  EXPECT_EQ(post.key().app, (registry::AppKeyView{"dev", "a"}));
  EXPECT_EQ(post.zone, "z1");
  EXPECT_EQ(post.hostname, "h1");
  EXPECT_EQ(values(post, "addrs"), (std::vector<std::string>{"http://a:1", "grpc://a:2"}));
  EXPECT_EQ(value(post, "dirty_timestamp"), std::to_string(kStartNs));
  EXPECT_EQ(value(post, "region"), "r1");
  EXPECT_EQ(values(post, "replication"), std::vector<std::string>{}) << "the receiver's flags are not its own yet";
}

TEST_F(Posts, ARenewWithTheStoredVersion) {
  node.write("register", with(Node::instance("a"), "dirty_timestamp", "777"));
  forget();
  node.renew("a");
  const cluster::Post post = taken();
  EXPECT_EQ(post.kind, PostKind::kRenew);
  EXPECT_EQ(post.path, "/discovery/renew");
  EXPECT_EQ(value(post, "dirty_timestamp"), "777");
  EXPECT_EQ(value(post, "region"), "r1");
  EXPECT_EQ(post.hostname, "h1");
}

TEST_F(Posts, ACancelWithItsTimeAndWhatItCancelled) {
  node.write("register", with(Node::instance("a"), "dirty_timestamp", "777"));
  forget();
  node.pass(5s);
  node.cancel("a");
  const cluster::Post post = taken();
  EXPECT_EQ(post.kind, PostKind::kCancel);
  EXPECT_EQ(value(post, "latest_timestamp"), std::to_string(kStartNs + 5'000'000'000));
  EXPECT_EQ(value(post, "dirty_timestamp"), "777");
}

TEST_F(Posts, ASetWithItsPatchAndTimestamp) {
  node.reg("a");
  node.reg("a", "h2");
  forget();
  node.write("set", {{"zone", "z1"},
                     {"env", "dev"},
                     {"appid", "a"},
                     {"region", "r9"},
                     {"hostname", "h1"},
                     {"hostname", "h2"},
                     {"status", "2"},
                     {"status", "1"},
                     {"metadata", R"({"x":5})"},
                     {"metadata", "null"},
                     {"set_timestamp", "1234"}});
  const cluster::Post post = taken();
  EXPECT_EQ(post.kind, PostKind::kSet);
  EXPECT_EQ(values(post, "hostname"), (std::vector<std::string>{"h1", "h2"}));
  EXPECT_EQ(values(post, "status"), (std::vector<std::string>{"2", "1"}));
  EXPECT_EQ(values(post, "metadata"), (std::vector<std::string>{R"({"x":"5"})", "null"}));
  EXPECT_EQ(value(post, "set_timestamp"), "1234");
  EXPECT_EQ(value(post, "region"), "r9");
}

// Every host has got a timestamp of its own, and a later renew must find the same one at the original.
TEST_F(Posts, ASetWithoutATimestampHostByHost) {
  node.reg("a");
  node.reg("a", "h2");
  forget();
  node.write("set", {{"zone", "z1"},
                     {"env", "dev"},
                     {"appid", "a"},
                     {"hostname", "h1"},
                     {"hostname", "h2"},
                     {"status", "2"},
                     {"status", "2"}});
  ASSERT_EQ(node.cluster.posts.size(), 2U);
  for (const cluster::Post& post : node.cluster.posts) {
    EXPECT_EQ(values(post, "hostname"), std::vector<std::string>{post.hostname});
    EXPECT_EQ(value(post, "set_timestamp"), node.one("a", post.hostname)["dirty_timestamp"].dump());
    EXPECT_EQ(values(post, "metadata"), std::vector<std::string>{});
  }
  EXPECT_NE(value(node.cluster.posts[0], "set_timestamp"), value(node.cluster.posts[1], "set_timestamp"));
}

TEST_F(Posts, GoAsFarAsTheirOriginSays) {
  const Fields set = with(Node::key("a"), "status", "1");
  const auto reaches = [&](const char* ip, const char* flag) {
    node.client.ip = ip;
    std::vector<PostReach> out;
    for (const auto& [action, form] : std::vector<std::pair<const char*, Fields>>{
             {"register", Node::instance("a")}, {"renew", Node::key("a")}, {"set", set}, {"cancel", Node::key("a")}}) {
      EXPECT_EQ(node.write(action, *flag ? with(form, flag, "true") : form).code(), 0) << action << " " << flag;
      for (const cluster::Post& p : node.cluster.posts) out.push_back(p.reach);
      forget();
    }
    return out;
  };
  const std::vector<PostReach> far(4, PostReach::kEverywhere);
  EXPECT_EQ(reaches("192.0.2.7", ""), far);
  EXPECT_EQ(reaches("10.9.0.2", ""), far) << "as a client";
  EXPECT_EQ(reaches("192.0.2.7", "replication"), far) << "a stranger's flags are ignored";
  EXPECT_EQ(reaches("192.0.2.7", "from_zone"), far);
}

TEST_F(Posts, OfAnotherZoneStayInOurs) {
  node.client.ip = "10.9.1.1";
  node.write("register", with(Node::instance("a"), "from_zone", "true"));
  EXPECT_EQ(taken().reach, PostReach::kOwnZone);
  node.write("renew", with(Node::key("a"), "from_zone", "true"));
  EXPECT_EQ(taken().reach, PostReach::kOwnZone);
  node.write("set", with(with(Node::key("a"), "status", "2"), "from_zone", "true"));
  EXPECT_EQ(taken().reach, PostReach::kOwnZone);
  node.write("cancel", with(Node::key("a"), "from_zone", "true"));
  EXPECT_EQ(taken().reach, PostReach::kOwnZone);
}

TEST_F(Posts, OfAReplicaGoNowhere) {
  node.client.ip = "10.9.0.2";
  for (const char* zone : {"false", "true"}) {
    const auto replica = [&](const Fields& form) { return with(with(form, "replication", "true"), "from_zone", zone); };
    node.write("register", replica(Node::instance("a")));
    node.write("renew", replica(Node::key("a")));
    node.write("set", replica(with(Node::key("a"), "status", "2")));
    node.write("cancel", replica(Node::key("a")));
  }
  EXPECT_TRUE(node.cluster.posts.empty());
}

TEST_F(Posts, AreNotMadeOfWhatFailedOrLost) {
  node.reg("a");
  forget();
  node.write("register", with(Node::instance("a"), "status", "3"));
  EXPECT_EQ(node.write("register", with(Node::instance("a"), "dirty_timestamp", "5")).code(), 0) << "older: loses";
  node.renew("nobody");
  node.cancel("nobody");
  node.set_status("a", "nobody", 1);
  node.set_status("a", "h1", 3);
  node.client.ip = "10.9.1.1";
  const Fields late = with(with(Node::key("a"), "from_zone", "true"), "dirty_timestamp", "5");
  EXPECT_EQ(node.write("cancel", late).code(), 0) << "older: dropped";
  EXPECT_TRUE(node.cluster.posts.empty());
}

TEST_F(Posts, AreNotMadeWhereNobodyWantsThem) {
  node.cluster.posting = false;
  node.reg("a");
  node.renew("a");
  node.set_status("a", "h1", 2);
  node.cancel("a");
  EXPECT_TRUE(node.cluster.posts.empty());
}

}  // namespace
}  // namespace discovery::protocol
