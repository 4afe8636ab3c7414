// Ending: SIGTERM and its like drain, a second one ends at once, and no client can hold the process.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "integration/daemon.h"

namespace discovery::integration {
namespace {

using ::testing::HasSubstr;

constexpr size_t kHugeBytes = size_t{8} * 1024 * 1024;  // more than the buffers of both sockets take

/// A client that asked for a list of that size and reads nothing of it.
Connection stuck_reader(const Daemon& daemon, const std::string& appid) {
  daemon.add({.appid = appid, .version = std::string(kHugeBytes, 'v')});
  Connection connection(daemon.api(), {.receive_buffer_bytes = 4096});
  connection.send(get_request("/discovery/fetch?env=ct&status=1&appid=" + appid));
  EXPECT_TRUE(connection.readable(Deadline()));
  EXPECT_TRUE(daemon.eventually_counts("discovery_slow_consumers", 1));
  return connection;
}

Connection parked(const Daemon& daemon, const std::string& appid, const std::string& env = "ct") {
  Connection connection(daemon.api());
  connection.send(get_request(polls_target(appid, daemon.timestamp(appid, env), env)));
  return connection;
}

void expect_sent_away(Connection& poll) {
  const Answer answer = poll.read_answer();
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.code(), -500);
  EXPECT_TRUE(answer.closes());
  EXPECT_TRUE(poll.ends());
}

TEST(Drain, SendsParkedPollsAwayAndTellsThatTheNodeLeaves) {
  DaemonOptions options;
  // Without polls.coalesce: the node's own entry is milliseconds old, and a pause could outlast the poll.
  options.flags =
      with_settings({"drain.wait=500ms", "drain.deadline=1m", "limits.head_timeout=1m", "polls.coalesce=0s"});
  Daemon daemon(options);
  daemon.add({.appid = "watched"});
  std::vector<Connection> polls;
  for (int i = 0; i < 5; ++i) polls.push_back(parked(daemon, "watched"));
  Connection watches_the_node = parked(daemon, "infra.discovery", "dev");
  Connection half_asked(daemon.api());  // a request on its way when the signal comes
  half_asked.send("GET /readyz?verbose HTTP/1.1\r\nHost: test\r\n");
  Connection half_scraped(daemon.api());
  half_scraped.send("GET /metrics HTTP/1.1\r\nHost: test\r\n");
  Connection idle(daemon.api());
  idle.send(get_request("/healthz"));
  EXPECT_EQ(idle.read_answer().status, 200);
  ASSERT_TRUE(daemon.eventually_parked(6));

  daemon.process().signal(SIGTERM);
  const Answer left = watches_the_node.read_answer();
  ASSERT_EQ(left.code(), 0) << left.body;
  EXPECT_EQ(left.json().at("error").at("-404"), nlohmann::json::array({"infra.discovery"}));
  for (Connection& poll : polls) expect_sent_away(poll);
  EXPECT_TRUE(idle.ends());
  EXPECT_FALSE(Connection::possible(daemon.api())) << "the listeners are closed";

  half_asked.send("\r\n");
  const Answer ready = half_asked.read_answer();
  EXPECT_EQ(ready.status, 503);
  EXPECT_EQ(ready.json().at("ready"), false);
  EXPECT_TRUE(ready.closes());
  half_scraped.send("\r\n");
  const std::string metrics = half_scraped.read_answer().body;
  EXPECT_THAT(metrics, HasSubstr("discovery_poll_wakeups_total{reason=\"drain\"} 5\n"));
  EXPECT_THAT(metrics, HasSubstr("discovery_cancels_total{proto=\"discovery\",cause=\"drain\",result=\"ok\"} 1\n"));
  const auto ending = daemon.process().wait();
  ASSERT_TRUE(ending.has_value());
  EXPECT_EQ(ending->code, 0);
  EXPECT_TRUE(daemon.eventually_logs("draining", "TERM"));
  EXPECT_TRUE(daemon.eventually_logs("stopped"));
}

class DrainSignal : public ::testing::TestWithParam<int> {};

TEST_P(DrainSignal, EndsAnIdleNodeWithZero) {
  Daemon daemon;
  EXPECT_EQ(daemon.get("/healthz").status, 200);
  daemon.process().signal(GetParam());
  const auto ending = daemon.process().wait();
  ASSERT_TRUE(ending.has_value());
  EXPECT_EQ(ending->code, 0);
}

INSTANTIATE_TEST_SUITE_P(Signals, DrainSignal, ::testing::Values(SIGTERM, SIGINT, SIGQUIT),
                         [](const auto& number) { return std::string(::sigabbrev_np(number.param)); });

TEST(Drain, AClientThatNeverReadsDoesNotOutlastTheDeadline) {
  DaemonOptions options;
  options.flags = with_settings({"drain.wait=0s", "drain.deadline=1s", "limits.write_timeout=10m"});
  Daemon daemon(options);
  Connection stuck = stuck_reader(daemon, "huge");
  const Stopwatch since_signal;
  daemon.process().signal(SIGTERM);
  const auto ending = daemon.process().wait();
  ASSERT_TRUE(ending.has_value());
  EXPECT_EQ(ending->code, 0);
  EXPECT_GE(since_signal.elapsed(), milliseconds(900)) << "it had its time";
}

TEST(Drain, ASecondSignalEndsAtOnce) {
  DaemonOptions options;
  options.flags = with_settings({"drain.wait=1m", "drain.deadline=10m", "limits.write_timeout=10m"});
  Daemon daemon(options);
  Connection stuck = stuck_reader(daemon, "huge");
  daemon.add({.appid = "watched"});
  Connection poll = parked(daemon, "watched");
  ASSERT_TRUE(daemon.eventually_parked(1));
  daemon.process().signal(SIGTERM);
  expect_sent_away(poll);
  EXPECT_TRUE(daemon.process().running());
  daemon.process().signal(SIGTERM);
  EXPECT_TRUE(daemon.process().wait().has_value());
}

TEST(Drain, BeginsByAnAdminCallToo) {
  Daemon daemon;
  daemon.add({.appid = "watched"});
  Connection poll = parked(daemon, "watched");
  ASSERT_TRUE(daemon.eventually_parked(1));
  const Answer answer = daemon.post("/admin/drain");
  EXPECT_EQ(answer.status, 202);
  EXPECT_EQ(answer.json().at("draining"), true);
  expect_sent_away(poll);
  const auto ending = daemon.process().wait();
  ASSERT_TRUE(ending.has_value());
  EXPECT_EQ(ending->code, 0);
}

// A client that is told to go must not lose what it asked before.
TEST(Drain, AnswersWhatIsPipelinedBehindAPollNoMore) {
  Daemon daemon;
  daemon.add({.appid = "watched"});
  Connection poll(daemon.api());
  poll.send(get_request(polls_target("watched", daemon.timestamp("watched"))) + get_request("/discovery/nodes"));
  ASSERT_TRUE(daemon.eventually_parked(1));
  daemon.process().signal(SIGTERM);
  expect_sent_away(poll);
  EXPECT_EQ(daemon.process().wait()->code, 0);
}

}  // namespace
}  // namespace discovery::integration
