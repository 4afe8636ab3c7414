// Long polls through the real process: over two reactors, with clients that do not read, with nothing to tell.
#include <gtest/gtest.h>

#include "integration/daemon.h"

namespace discovery::integration {
namespace {

DaemonOptions two_reactors() {
  DaemonOptions options;
  options.flags = {"--threads", "2"};
  return options;
}

std::vector<Connection> park(const Daemon& daemon, const std::string& appid, size_t count) {
  const std::string request = get_request(polls_target(appid, daemon.timestamp(appid)));
  std::vector<Connection> polls;
  for (size_t i = 0; i < count; ++i) {
    polls.emplace_back(daemon.api());
    polls.back().send(request);
  }
  return polls;
}

// With 200 connections the kernel leaves no reactor without one, so most were woken by a write on another reactor.
TEST(Polls, OneRegisterWakesTwoHundredOverTwoReactors) {
  const Daemon daemon(two_reactors());
  daemon.add({.appid = "busy"});
  std::vector<Connection> polls = park(daemon, "busy", 200);
  ASSERT_TRUE(daemon.eventually_parked(200));
  daemon.add({.appid = "busy", .hostname = "h2"});
  const std::string first = polls.front().read_answer().body;
  EXPECT_EQ(nlohmann::json::parse(first).at("data").at("busy").at("instances").at("z1").size(), 2U);
  for (size_t i = 1; i < polls.size(); ++i) EXPECT_EQ(polls[i].read_answer().body, first);
  EXPECT_TRUE(daemon.eventually_counts("discovery_poll_wakeups_total{reason=\"change\"}", 200));
  EXPECT_TRUE(daemon.eventually_counts("discovery_notify_seconds_count{proto=\"discovery\"}", 200));
  EXPECT_TRUE(daemon.eventually_parked(0));
}

TEST(Polls, EveryKindOfChangeWakes) {
  const Daemon daemon(two_reactors());
  const TestInstance instance{.appid = "lively"};
  daemon.add(instance);
  const auto wake_by = [&](const std::string& route, const std::string& form) {
    std::vector<Connection> polls = park(daemon, "lively", 8);
    EXPECT_TRUE(daemon.eventually_parked(8));
    EXPECT_EQ(daemon.post(route, form).code(), 0) << route;
    nlohmann::json answer;
    for (Connection& poll : polls) answer = poll.read_answer().json();
    return answer;
  };
  EXPECT_EQ(wake_by("/discovery/register", instance.register_form()).at("code"), 0) << "an identical one too";
  EXPECT_EQ(wake_by("/discovery/set", instance.key_form() + "&metadata=%7B%22a%22%3A%22b%22%7D").at("code"), 0);
  // Waiting: the list becomes empty, and a parked poll is told at once.
  const auto waiting = wake_by("/discovery/set", instance.key_form() + "&status=2");
  EXPECT_EQ(waiting.at("data").at("lively").at("instances").at("z1"), nlohmann::json::array());
  const auto gone = wake_by("/discovery/cancel", instance.key_form());
  EXPECT_EQ(gone.at("error").at("-404"), nlohmann::json::array({"lively"}));
  EXPECT_TRUE(gone.at("data").empty());
}

TEST(Polls, APollOfAnUnknownApplicationWaitsForIt) {
  const Daemon daemon(two_reactors());
  Connection poll(daemon.api());
  poll.send(get_request(polls_target("later", 0)));
  ASSERT_TRUE(daemon.eventually_parked(1));
  daemon.add({.appid = "later"});
  EXPECT_EQ(poll.read_answer().json().at("data").at("later").at("instances").at("z1").size(), 1U);
}

TEST(Polls, NothingNewEndsWithNotModifiedAtTheDeadlineOfTheClient) {
  const Daemon daemon;
  daemon.add({.appid = "still"});
  Connection poll(daemon.api());
  const Stopwatch since_asked;
  poll.send(get_request(polls_target("still", daemon.timestamp("still")), "x1-bmspy-timeout: 320\r\n"));
  EXPECT_EQ(poll.read_answer().code(), -304);
  EXPECT_GE(since_asked.elapsed(), milliseconds(300));
  EXPECT_TRUE(daemon.eventually_counts("discovery_poll_wakeups_total{reason=\"timeout\"}", 1));
}

// Clients of the original ignore empty lists and ask again at once.
TEST(Polls, AClientThatOnlyHearsOfEmptyListsIsSlowedDown) {
  const Daemon daemon;
  daemon.add({.appid = "idle", .status = "2"});
  Connection poll(daemon.api());
  const Stopwatch since_asked;
  for (int answers = 1; answers <= 2; ++answers) {
    poll.send(get_request(polls_target("idle", 0)));
    const Answer answer = poll.read_answer();
    EXPECT_EQ(answer.code(), 0);
    EXPECT_EQ(answer.json().at("data").at("idle").at("instances").at("z1"), nlohmann::json::array());
    EXPECT_GE(since_asked.elapsed(), answers * milliseconds(1000));
  }
  EXPECT_EQ(daemon.count("discovery_empty_answers_total"), 2);
  poll.send(get_request(polls_target("idle", 0)));
  ASSERT_TRUE(daemon.eventually_parked(1));
  const Stopwatch since_change;
  daemon.add({.appid = "idle"});
  EXPECT_EQ(poll.read_answer().json().at("data").at("idle").at("instances").at("z1").size(), 1U);
  EXPECT_LT(since_change.elapsed(), milliseconds(1000)) << "a change ends the hold early";
}

TEST(Polls, AClientThatDoesNotReadDelaysNobody) {
  DaemonOptions options = two_reactors();
  for (const std::string& flag : with_settings({"limits.write_timeout=10m"})) options.flags.push_back(flag);
  const Daemon daemon(options);
  constexpr size_t kHugeBytes = size_t{6} * 1024 * 1024;  // more than the buffers of both sockets take
  daemon.add({.appid = "large", .version = std::string(kHugeBytes, 'v')});
  const std::string request = get_request(polls_target("large", daemon.timestamp("large")));
  std::vector<Connection> deaf;
  for (int i = 0; i < 10; ++i) {
    deaf.emplace_back(daemon.api(), Connection::Options{.receive_buffer_bytes = 4096});
    deaf.back().send(request);
  }
  std::vector<Connection> polls = park(daemon, "large", 4);
  ASSERT_TRUE(daemon.eventually_parked(14));
  daemon.add({.appid = "large", .hostname = "h2"});
  for (Connection& poll : polls) EXPECT_TRUE(poll.read_answer().body.starts_with("{\"code\":0,"));
  EXPECT_TRUE(daemon.eventually_counts("discovery_slow_consumers", 10));
  for (int i = 0; i < 10; ++i) EXPECT_EQ(daemon.get("/healthz").status, 200);
  EXPECT_EQ(daemon.post("/discovery/renew", TestInstance{.appid = "large"}.key_form()).code(), 0);
}

TEST(Polls, AClientThatDoesNotReadIsClosedAfterAWhile) {
  DaemonOptions options;
  options.flags = with_settings({"limits.write_timeout=300ms"});
  const Daemon daemon(options);
  daemon.add({.appid = "large", .version = std::string(size_t{8} * 1024 * 1024, 'v')});
  Connection deaf(daemon.api(), {.receive_buffer_bytes = 4096});
  deaf.send(get_request("/discovery/fetch?env=ct&status=1&appid=large"));
  EXPECT_TRUE(daemon.eventually_counts("discovery_client_throttled_total{rule=\"slow_consumer\"}", 1));
  EXPECT_TRUE(daemon.eventually_counts("discovery_slow_consumers", 0));
}

TEST(Polls, OneTooManyIsRefusedAtOnceAndThePlaceIsFreedAgain) {
  DaemonOptions options;
  options.flags = with_settings({"polls.max_parked=3"});
  const Daemon daemon(options);
  daemon.add({.appid = "full"});
  std::vector<Connection> polls = park(daemon, "full", 3);
  ASSERT_TRUE(daemon.eventually_parked(3));
  const std::string target = polls_target("full", daemon.timestamp("full"));
  EXPECT_EQ(daemon.get(target).code(), -500);
  EXPECT_EQ(daemon.get(polls_target("full", 0)).code(), 0) << "what need not wait is answered";
  EXPECT_EQ(daemon.count("discovery_client_throttled_total{rule=\"parked_polls\"}"), 1);
  polls.back().close();
  ASSERT_TRUE(daemon.eventually_parked(2));
  Connection next(daemon.api());
  next.send(get_request(target));
  ASSERT_TRUE(daemon.eventually_parked(3));
  daemon.add({.appid = "full", .hostname = "h2"});
  EXPECT_EQ(next.read_answer().code(), 0);
}

TEST(Polls, WatchesAreLimitedTogether) {
  DaemonOptions options;
  options.flags = with_settings({"polls.max_watches=3"});
  const Daemon daemon(options);
  const std::string two = "/discovery/polls?env=ct&hostname=w&latest_timestamp=0,0&appid=";
  Connection first(daemon.api());
  first.send(get_request(two + "a,b"));
  ASSERT_TRUE(daemon.eventually_parked(1));
  EXPECT_EQ(daemon.get(two + "c,d").code(), -500);
  EXPECT_EQ(daemon.state().at("watched_applications"), 2) << "a refused poll takes no place";
  first.close();
  ASSERT_TRUE(daemon.eventually_parked(0));
  Connection second(daemon.api());
  second.send(get_request(two + "c,d"));
  EXPECT_TRUE(daemon.eventually_parked(1));
}

}  // namespace
}  // namespace discovery::integration
