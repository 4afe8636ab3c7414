// The limits of the process: what is past one is refused with a clear answer, and everything else goes on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <iostream>
#include <string_view>

#include "integration/daemon.h"

namespace discovery::integration {
namespace {

double throttled(const Daemon& daemon, const std::string& rule) {
  return daemon.count("discovery_client_throttled_total{rule=\"" + rule + "\"}");
}

/// A request whose head has exactly so many bytes.
std::string head_of(size_t bytes) {
  const size_t without_value = get_request("/healthz", "A: \r\n").size();
  return get_request("/healthz", "A: " + std::string(bytes - without_value, 'a') + "\r\n");
}

/// A new connection is served; false when it is turned away.
bool answers(const Daemon& daemon) {
  Connection connection(daemon.api());
  connection.send(get_request("/healthz", "Connection: close\r\n"));
  return connection.read_to_end().starts_with("HTTP/1.1 200 ");
}

TEST(Limits, AHeadPastItsSizeIs431) {
  DaemonOptions options;
  options.flags = with_settings({"limits.head_bytes=4KiB"});
  const Daemon daemon(options);
  Connection connection(daemon.api());
  connection.send(head_of(4096));
  EXPECT_EQ(connection.read_answer().status, 200);
  connection.send(head_of(4097));
  const Answer refused = connection.read_answer();
  EXPECT_EQ(refused.status, 431);
  EXPECT_TRUE(refused.closes());
  EXPECT_TRUE(connection.ends());
  Connection endless(daemon.api());  // a head without an end
  endless.send("GET / HTTP/1.1\r\nA: " + std::string(size_t{64} * 1024, 'a'));
  EXPECT_EQ(endless.read_answer().status, 431);
  EXPECT_EQ(throttled(daemon, "head"), 2);
}

TEST(Limits, OneFieldTooManyIs431) {
  DaemonOptions options;
  options.flags = with_settings({"limits.head_fields=10"});
  const Daemon daemon(options);
  const auto fields = [](int n) {
    std::string text;
    for (int i = 0; i < n; ++i) text += "A: b\r\n";
    return text;
  };
  EXPECT_EQ(daemon.get("/healthz", fields(9)).status, 200) << "and Host";
  EXPECT_EQ(daemon.get("/healthz", fields(10)).status, 431);
}

TEST(Limits, ABodyPastItsSizeIs413) {
  DaemonOptions options;
  options.flags = with_settings({"limits.body_bytes=64KiB"});
  const Daemon daemon(options);
  const std::string form = TestInstance{.appid = "fits", .version = ""}.register_form() + "&filler=";
  const auto filled = [&](size_t bytes) { return form + std::string(bytes - form.size(), 'f'); };
  constexpr size_t kMax = size_t{64} * 1024;
  EXPECT_EQ(daemon.post("/discovery/register", filled(kMax)).code(), 0);
  Connection declared(daemon.api());
  declared.send(post_request("/discovery/register", filled(kMax + 1)));
  EXPECT_EQ(declared.read_answer().status, 413);
  EXPECT_TRUE(declared.ends());
  Connection chunked(daemon.api());
  chunked.send("POST /discovery/register HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n10000\r\n" +
               std::string(kMax, 'x') + "\r\n1\r\n");
  EXPECT_EQ(chunked.read_answer().status, 413);
  EXPECT_EQ(throttled(daemon, "body"), 2);
}

TEST(Limits, ASlowHeadAndASlowBodyAre408) {
  DaemonOptions options;
  options.flags = with_settings({"limits.head_timeout=200ms", "limits.body_timeout=200ms"});
  const Daemon daemon(options);
  Connection head(daemon.api());
  head.send("GET /healthz HTTP/1.1\r\nHost: x\r\n");
  Connection body(daemon.api());
  body.send("POST /discovery/register HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc");
  for (Connection* connection : {&head, &body}) {
    const Answer answer = connection->read_answer();
    EXPECT_EQ(answer.status, 408);
    EXPECT_TRUE(answer.closes());
    EXPECT_TRUE(connection->ends());
  }
  EXPECT_EQ(throttled(daemon, "slow_sender"), 2);
}

TEST(Limits, AnIdleConnectionIsClosedButNotAParkedPoll) {
  DaemonOptions options;
  options.flags = with_settings({"limits.idle_timeout=1s"});
  const Daemon daemon(options);
  daemon.add({.appid = "still"});
  Connection poll(daemon.api());
  poll.send(get_request(polls_target("still", daemon.timestamp("still"))));
  ASSERT_TRUE(daemon.eventually_parked(1));
  Connection idle(daemon.api());
  EXPECT_TRUE(idle.ends());
  Connection used(daemon.api());
  used.send(get_request("/healthz"));
  EXPECT_EQ(used.read_answer().status, 200);
  EXPECT_TRUE(used.ends());
  EXPECT_EQ(throttled(daemon, "idle"), 2);
  daemon.add({.appid = "still", .hostname = "h2"});
  EXPECT_EQ(poll.read_answer().code(), 0);
}

TEST(Limits, OneConnectionTooManyIsTurnedAwayUntilAnotherCloses) {
  DaemonOptions options;
  options.flags = with_settings({"limits.connections=5"});
  const Daemon daemon(options);
  std::vector<Connection> open;
  for (int i = 0; i < 5; ++i) {
    open.emplace_back(daemon.api());
    open.back().send(get_request("/healthz"));
    ASSERT_EQ(open.back().read_answer().status, 200);
  }
  Connection refused(daemon.api());  // before it has sent anything, so that it sees the answer
  EXPECT_THAT(refused.read_to_end(), ::testing::StartsWith("HTTP/1.1 503 "));
  open[0].send(get_request("/readyz"));
  EXPECT_EQ(open[0].read_answer().status, 503) << "others would be turned away";
  open.pop_back();
  EXPECT_TRUE(eventually([&] { return answers(daemon); }));
}

TEST(Limits, ConnectionsOfOneAddressAreLimitedWhenToldTo) {
  DaemonOptions options;
  options.listen = false;
  options.flags = with_settings({"limits.connections_per_address=2"});
  options.flags.insert(options.flags.end(), {"--listen", "127.0.0.1:0"});
  const Daemon daemon(options);
  Connection first(daemon.api());
  Connection second(daemon.api());
  first.send(get_request("/healthz"));
  second.send(get_request("/healthz"));
  EXPECT_EQ(first.read_answer().status, 200);
  EXPECT_EQ(second.read_answer().status, 200);
  Connection third(daemon.api());
  EXPECT_THAT(third.read_to_end(), ::testing::StartsWith("HTTP/1.1 503 "));
  first.send(get_request("/metrics"));
  EXPECT_THAT(first.read_answer().body,
              ::testing::HasSubstr("discovery_client_throttled_total{rule=\"connections\"} 1"));
}

TEST(Limits, AcceptingResumesByItselfAfterDescriptorsRanOut) {
  DaemonOptions options;
  options.descriptors = 60;
  options.flags = with_settings({"limits.connections=1000"});
  options.flags.insert(options.flags.end(), {"--threads", "2"});
  Daemon daemon(options);
  EXPECT_TRUE(daemon.eventually_logs("config", "limits.connections"));
  {
    std::vector<Connection> crowd;
    for (int i = 0; i < 150; ++i) crowd.emplace_back(daemon.api());
    // Some were accepted, the others are turned away rather than left waiting.
    EXPECT_TRUE(eventually([&] {
      size_t ended = 0;
      for (Connection& one : crowd) ended += static_cast<size_t>(one.ends(Deadline(milliseconds(0))));
      return ended > 0;
    }));
    EXPECT_TRUE(daemon.process().running());
  }
  EXPECT_TRUE(eventually([&] { return answers(daemon); }));
  EXPECT_GT(throttled(daemon, "descriptors"), 0);
  daemon.add({.appid = "after"});
  EXPECT_EQ(daemon.hosts("after"), std::vector<std::string>{"h1"});
}

TEST(Limits, AFullRegistryRefusesNewInstancesOnly) {
  DaemonOptions options;
  options.flags = with_settings({"limits.registry_memory=1MiB"});
  const Daemon daemon(options);
  const auto instance = [](int i) {
    return TestInstance{.appid = "full", .hostname = "h" + std::to_string(i), .version = std::string(60000, 'v')};
  };
  int stored = 0;
  while (stored < 100 && daemon.post("/discovery/register", instance(stored).register_form()).code() == 0) ++stored;
  ASSERT_GT(stored, 5);
  ASSERT_LT(stored, 20);
  EXPECT_EQ(daemon.post("/discovery/register", instance(stored).register_form()).code(), -500);
  EXPECT_EQ(throttled(daemon, "registry_memory"), 2);
  EXPECT_EQ(daemon.hosts("full").size(), static_cast<size_t>(stored));
  EXPECT_EQ(daemon.post("/discovery/renew", instance(0).key_form()).code(), 0);
  EXPECT_EQ(daemon.post("/discovery/set", instance(0).key_form() + "&status=2").code(), 0);
  EXPECT_EQ(daemon.post("/discovery/cancel", instance(1).key_form()).code(), 0);
  EXPECT_EQ(daemon.get("/readyz").status, 200);
  EXPECT_EQ(daemon.hosts("full").size(), static_cast<size_t>(stored - 1));
}

TEST(Limits, PartlyReadRequestsAreLimitedTogether) {
  DaemonOptions options;
  options.flags = with_settings({"limits.body_bytes=1MiB", "limits.partial_bytes=1MiB"});
  const Daemon daemon(options);
  const std::string begun =
      "POST /discovery/register HTTP/1.1\r\nHost: x\r\nContent-Length: 700000\r\n\r\n" + std::string(600000, 'x');
  Connection first(daemon.api());
  first.send(begun);
  ASSERT_TRUE(
      eventually([&] { return daemon.count("discovery_memory_bytes{kind=\"partly_read_requests\"}") >= 600000; }));
  Connection second(daemon.api());
  second.send(begun);
  EXPECT_EQ(second.read_answer().status, 503);
  EXPECT_EQ(throttled(daemon, "partly_read"), 1);
  EXPECT_EQ(daemon.get("/healthz").status, 200);
  first.close();
  EXPECT_TRUE(daemon.eventually_counts("discovery_memory_bytes{kind=\"partly_read_requests\"}", 0));
}

TEST(Limits, WhatIsSeenAfterParsingIsABadRequestOfTheProtocol) {
  const Daemon daemon;
  const auto code = [&](const TestInstance& instance, const std::string& more = "") {
    const Answer answer = daemon.post("/discovery/register", instance.register_form() + more);
    EXPECT_EQ(answer.status, 200);
    return answer.code();
  };
  EXPECT_EQ(code({.appid = std::string(1024, 'a')}), 0);
  EXPECT_EQ(code({.appid = std::string(1025, 'a')}), -400);
  std::string addrs;
  for (int i = 0; i < 63; ++i) addrs += "&addrs=http://a:1";
  EXPECT_EQ(code({.appid = "addrs"}, addrs), 0);
  EXPECT_EQ(code({.appid = "addrs"}, addrs + "&addrs=http://a:1"), -400);
  EXPECT_EQ(code({.appid = "invalid \xff utf-8"}), -400);
  std::string many;
  for (int i = 0; i < 10001; ++i) many += "&x";
  EXPECT_EQ(code({.appid = "many"}, many), -400);
  EXPECT_EQ(throttled(daemon, "text"), 2);
  EXPECT_EQ(throttled(daemon, "fields"), 1);
}

}  // namespace
}  // namespace discovery::integration
