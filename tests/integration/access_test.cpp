// Access control of a daemon and of a cluster: what starts, what is written down, what a reload changes, who is a node.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>

#include "integration/access_fixture.h"

namespace discovery::integration {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Finished check(const std::vector<std::string>& settings) {
  std::vector<std::string> flags = with_settings(settings);
  flags.emplace_back("--check");
  return run_discoveryd({std::move(flags), {}, std::nullopt});
}

TEST(AccessStart, HalfSecuredIsRefused) {
  const AccessFiles files;
  const std::string tokens = "access.token_file=" + files.tokens;
  const std::string key = "access.peer_key_file=" + files.peer_key;
  const std::string nodes = "nodes=127.0.0.1:7171,127.0.0.2:7171";
  const auto file = [&](const std::string& name, const std::string& text) { return files.folder.put(name, text); };
  const std::string short_key = file("short.key", "aB3$dE6&gH9)jK2=mN5?pQ8@sT1;vW4\n");
  const std::string known_key =
      file("known.key", "SecretKey012345678901234567890123456789012345678901234567890123456789");
  const std::string empty = file("empty", "");
  const auto tokens_with = [&](const std::string& secret) {
    return file("one.json", R"({"tokens":[{"name":"a","secret":")" + secret + R"(","grants":[{"rights":["read"]}]}]})");
  };
  struct Case {
    std::vector<std::string> settings;
    std::string says;
  };
  const std::vector<Case> cases{
      {{tokens}, "without access.required"},
      {{key}, "without access.required"},
      {{"access.required=true"}, "set access.token_file"},
      {{"access.required=true", tokens, nodes}, "set access.peer_key_file"},
      {{"access.required=true", tokens, "cluster.open_membership=true"}, "set access.peer_key_file"},
      {{"access.required=true", "access.token_file=/does/not/exist"}, "cannot be read"},
      {{"access.required=true", "access.token_file=" + empty}, "is no JSON"},
      {{"access.required=true", tokens, "access.peer_key_file=" + short_key}, "must have 32 to 512 bytes"},
      {{"access.required=true", tokens, "access.peer_key_file=" + known_key}, "from a manual"},
      {{"access.required=true", tokens, "access.peer_key_file=" + empty}, "must have 32 to 512 bytes"},
      {{"access.required=true", tokens, "admin.token_file=" + empty}, "admin.token_file"},
      {{"access.required=true", "access.token_file=" + tokens_with("short")}, "must have 16 to 512 bytes"},
  };
  for (const Case& c : cases) {
    const Finished ended = check(c.settings);
    EXPECT_EQ(ended.code, 2) << c.says;
    EXPECT_THAT(ended.errors, HasSubstr(c.says));
  }
  EXPECT_EQ(check({"access.required=true", tokens, key, nodes}).code, 0);
  EXPECT_EQ(check({"access.required=true", tokens}).code, 0) << "a node alone needs no key";
  const std::vector<std::string> guessable{"access.required=true",
                                           "access.token_file=" + tokens_with("aaaaaaaaaaaaaaaaaaaaaaaa")};
  EXPECT_THAT(check(guessable).errors, HasSubstr("too few different characters"));
  EXPECT_THAT(check(guessable).errors, Not(HasSubstr("aaaaaaaa"))) << "a secret is never shown";
}

TEST(AccessStart, ANodeThatIsOpenToAllSaysSo) {
  const std::string port = std::to_string(free_port());
  Daemon open({.flags = {"--listen", "0.0.0.0:" + port, "--advertise", "127.0.0.1:" + port}, .listen = false});
  EXPECT_THAT(open.process().standard_output(), HasSubstr("WARNING: no access control"));
  EXPECT_TRUE(open.eventually_logs("open_to_all"));
  Daemon admin({.flags = with_settings({"admin.listen=0.0.0.0:" + std::to_string(free_port())})});
  EXPECT_THAT(admin.process().standard_output(), HasSubstr("WARNING: no access control"));
  EXPECT_EQ(admin.get("/api/overview").json().at("access").at("open_to_all").size(), 1u);
  const Daemon local;
  EXPECT_TRUE(local.get("/api/overview").json().at("access").at("open_to_all").empty());
}

TEST(AccessAudit, HasALineForEveryWriteAdminCallAndRefusal) {
  const AccessFiles files;
  Daemon daemon(files.options());
  const auto write = [&](const std::string& what, const std::string& form, const std::string& token) {
    return daemon.post("/discovery/" + what, form, bearer(token)).code();
  };
  const TestInstance cart{.appid = "shop.cart"};
  constexpr int kTimes = 200;
  for (int i = 0; i < kTimes; ++i) {
    EXPECT_EQ(write("register", TestInstance{.appid = "shop.cart", .hostname = "h" + std::to_string(i)}.register_form(),
                    kWriter),
              0);
  }
  EXPECT_EQ(write("renew", TestInstance{.appid = "shop.cart", .hostname = "h1"}.key_form(), kWriter), 0)
      << "has no line";
  EXPECT_EQ(write("set", "env=ct&zone=z1&appid=shop.cart&hostname=h1&status=2", kWriter), 0);
  EXPECT_EQ(write("cancel", TestInstance{.appid = "shop.cart", .hostname = "h1"}.key_form(), kWriter), 0);
  EXPECT_EQ(write("cancel", TestInstance{.appid = "shop.cart", .hostname = "h1"}.key_form(), kWriter), -404);
  EXPECT_EQ(write("register", TestInstance{.appid = "pay"}.register_form(), kWriter), -403);
  EXPECT_EQ(write("register", "garbage", kWriter), -400);
  EXPECT_EQ(write("renew", cart.key_form(), kReader), -403);
  EXPECT_EQ(daemon.post("/admin/log-level?level=info").status, 200);
  EXPECT_EQ(daemon.post("/admin/log-level?level=info", "", bearer(kReader)).status, 403);
  EXPECT_EQ(daemon.get("/api/overview", "X: y\r\nAuthorization: none\r\n").status, 401);
  EXPECT_EQ(daemon.get("/discovery/peer/hello").status, 403);
  EXPECT_EQ(daemon.get("/api/overview").status, 200) << "has no line";
  daemon.process().signal(SIGTERM);
  ASSERT_TRUE(daemon.process().wait());

  const std::string audit = read_file(files.audit);
  const auto all = lines_with(audit, "event=audit");
  EXPECT_EQ(all.size(), kTimes + 10u) << audit.substr(std::max<size_t>(audit.size(), 3000) - 3000);
  EXPECT_EQ(lines_with(audit, "route=/discovery/register").size(), kTimes + 2u);
  const auto cancelled = lines_with(audit, "route=/discovery/cancel");
  ASSERT_EQ(cancelled.size(), 2u);
  for (const char* word :
       {"user=writer", "client=127.0.0.1", "env=ct", "appid=shop.cart", "zone=z1", "host=h1", "code=0 "}) {
    EXPECT_THAT(cancelled[0], HasSubstr(word));
  }
  EXPECT_THAT(cancelled[0], Not(HasSubstr("before=0")));
  EXPECT_THAT(cancelled[1], HasSubstr("code=-404"));
  EXPECT_EQ(lines_with(audit, "code=-403").size(), 2u);
  EXPECT_EQ(lines_with(audit, "user=admin").size(), 1u);
  for (const std::string& secret : {kReader, kWriter, kAdmin})
    EXPECT_THAT(audit + daemon.log(), Not(HasSubstr(secret)));
}

TEST(AccessReload, ChangesTheTokensAllOrNothing) {
  const AccessFiles files;
  Daemon daemon(files.options());
  const std::string target = "/discovery/fetch?env=ct&appid=shop.cart&status=1";
  EXPECT_EQ(daemon.get(target, bearer(kShopReader)).code(), -404);
  static_cast<void>(files.folder.put("tokens.json", "{\"tokens\": [{\"name\": \"a\"}]}"));
  const Answer refused = daemon.post("/admin/reload");
  EXPECT_EQ(refused.status, 422) << refused.body;
  EXPECT_EQ(daemon.get(target, bearer(kShopReader)).code(), -404) << "the old ones stay";
  std::string fewer = kTokens;
  fewer.replace(fewer.find(kShopReader), kShopReader.size(), "another-token-Q8w-of-many");
  static_cast<void>(files.folder.put("tokens.json", fewer));
  EXPECT_EQ(daemon.post("/admin/reload").status, 200);
  EXPECT_TRUE(eventually([&] { return daemon.get(target, bearer(kShopReader)).code() == -401; }));
  EXPECT_EQ(daemon.get(target, bearer("another-token-Q8w-of-many")).code(), -404);
}

TEST(AccessCluster, NodesProveThemselvesAndReplicate) {
  const AccessFiles files;
  TestCluster cluster(3, files.settings(), kAdmin);
  cluster.start_all();
  ASSERT_TRUE(cluster.whole());
  const TestInstance cart{.appid = "shop.cart"};
  EXPECT_EQ(cluster[0]->post("/discovery/register", cart.register_form(), bearer(kWriter)).code(), 0);
  for (size_t i = 0; i < cluster.size(); ++i) {
    EXPECT_TRUE(eventually([&] { return cluster[i]->hosts("shop.cart").size() == 1; })) << i;
  }
  const auto explained = cluster[2]->get("/api/explain?env=ct&zone=z1&appid=shop.cart&hostname=h1").json();
  ASSERT_EQ(explained.at("nodes").size(), 2u) << explained;
  for (const auto& node : explained.at("nodes")) EXPECT_EQ(node.value("says", ""), "the same") << explained;
  EXPECT_EQ(cluster[0]->get("/api/compare?with=" + cluster[1].text()).status, 200);
}

TEST(AccessCluster, ANodeWithAnotherKeyIsNone) {
  const AccessFiles files;
  const AccessFiles others;
  static_cast<void>(others.folder.put("peer.key", "another-key-Q8w-of-thirty-two-bytes-and-more"));
  ClusterNode one("n1");
  ClusterNode two("n2");
  const std::vector<std::string> nodes{one.text(), two.text()};
  one.start(nodes, files.settings(), kAdmin);
  two.start(nodes, others.settings(), kAdmin);
  const std::string denied = "discovery_auth_denied_total{route=\"/discovery/peer/hello\"}";
  EXPECT_TRUE(eventually([&] { return one->count(denied) >= 2 && two->count(denied) >= 2; }));
  EXPECT_TRUE(one->eventually_logs("denied", "that is not signed by the key of the peers"));
  EXPECT_TRUE(one->eventually_logs("peer_refuses", "key or clock"));
  EXPECT_FALSE(one.joined(two.text()));
}

}  // namespace
}  // namespace discovery::integration
