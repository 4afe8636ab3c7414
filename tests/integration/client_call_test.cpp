// The low-level call for tools, at real nodes.
#include "discovery/call.h"
#include "integration/client_fixture.h"

namespace discovery::integration {
namespace {

using client::Caller;
using client::CallRequest;
using client::Errc;
using client::Method;

TEST(ClientCall, IsAnsweredByAnyNodeWithTheRestDown) {
  const Daemon daemon;
  const Caller caller({.nodes = {"127.0.0.1:1", daemon.api().text()}});
  const auto answer = caller.call({.target = "/discovery/nodes"});
  ASSERT_FALSE(answer.error) << answer.error.message;
  EXPECT_EQ(answer.node, daemon.api().text());
  EXPECT_EQ(answer.status, 200);
  EXPECT_TRUE(answer.content_type.starts_with("application/json"));
  EXPECT_EQ(nlohmann::json::parse(answer.body).at("code"), 0);
  ASSERT_EQ(answer.failures.size(), 1U);
  EXPECT_EQ(answer.failures[0].node, "127.0.0.1:1");
  EXPECT_EQ(answer.failures[0].error.code, Errc::kUnreachable);
}

TEST(ClientCall, PostsAForm) {
  const Daemon daemon;
  const Caller caller({.nodes = {daemon.api().text()}});
  CallRequest request;
  request.method = Method::kPost;
  request.target = "/discovery/register";
  request.body = client::encode_form({{"zone", "zone01"},
                                      {"env", "dev"},
                                      {"appid", "odd name&=%"},
                                      {"hostname", "h1"},
                                      {"status", "1"},
                                      {"addrs", "http://10.0.0.1:80"}});
  EXPECT_EQ(nlohmann::json::parse(caller.call(request).body).at("code"), 0);
  EXPECT_EQ(listed(daemon, "odd name&=%"), Hosts{"h1"});
}

TEST(ClientCall, AnyStatusOfANamedNodeIsAnAnswer) {
  const Daemon daemon;
  const Caller caller({.nodes = {"127.0.0.1:1"}});
  const auto answer = caller.call_at(daemon.api().text(), {.target = "/nowhere"});
  EXPECT_FALSE(answer.error);
  EXPECT_EQ(answer.status, 404);
  EXPECT_EQ(caller.call_at("nonsense", {}).error.code, Errc::kInvalid);
}

TEST(ClientCall, EndsAtItsDeadlineAtANodeThatHangs) {
  const SilentListener silent;
  client::CallOptions options;
  options.nodes = {silent.text()};
  options.node_timeout = milliseconds(100);
  const Stopwatch watch;
  const auto answer = Caller(options).call({.target = "/discovery/nodes"});
  EXPECT_EQ(answer.error.code, Errc::kTimeout);
  EXPECT_EQ(answer.status, 0);
  EXPECT_LT(watch.elapsed(), seconds(5));
}

}  // namespace
}  // namespace discovery::integration
