// A client in a loop is slowed and named, and nobody else.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "integration/daemon.h"
#include "integration/deadline.h"

namespace discovery::integration {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

constexpr int kRepeats = 20;

std::vector<std::string> settings() {
  return with_settings({"shield.repeats=" + std::to_string(kRepeats), "shield.delay=300ms"});
}

/// So many at once, however slow the machine is; their answers are read. How long that took.
std::chrono::nanoseconds ask(Connection& connection, const std::string& request, int times) {
  const auto begin = std::chrono::steady_clock::now();
  std::string all;
  for (int i = 0; i < times; ++i) all += request;
  connection.send(all);
  for (int i = 0; i < times; ++i) static_cast<void>(connection.read_answer());
  return std::chrono::steady_clock::now() - begin;
}

/// The row of that address; null when there is none.
json client(const Daemon& daemon, const std::string& address) {
  const json answer = daemon.get("/api/clients?limit=1000").json();
  for (const auto& c : answer.at("clients")) {
    if (c.at("address") == address) return c;
  }
  return nullptr;
}

class ShieldLoop : public testing::Test {
 protected:
  ShieldLoop() : daemon_({.flags = settings()}), offender_(daemon_.api(), {.from = "127.0.0.5"}) {
    daemon_.add({.appid = "shop"});
  }
  void expect_slowed(const std::string& request, const std::string& rule, const std::string& what) {
    ask(offender_, request, kRepeats);
    EXPECT_GE(ask(offender_, request, 2), std::chrono::milliseconds(600));
    const json row = client(daemon_, "127.0.0.5");
    ASSERT_EQ(row.at("slowed").size(), 1u) << row;
    EXPECT_EQ(row.at("slowed").at(0).at("rule"), rule);
    EXPECT_THAT(row.at("slowed").at(0).at("what").get<std::string>(), HasSubstr(what));
    EXPECT_GE(row.at("slowed_answers"), 2);
    EXPECT_TRUE(daemon_.eventually_logs("client_slowed", "cause=" + rule));
    EXPECT_GE(daemon_.count("discovery_client_throttled_total{rule=\"" + rule + "\"}"), 2);
    EXPECT_EQ(daemon_.count("discovery_slowed_clients"), 1);
    EXPECT_EQ(daemon_.get("/api/overview").json().at("slowed_clients"), 1);
  }
  Daemon daemon_;
  Connection offender_;
};

TEST_F(ShieldLoop, ASpinningPoll) {
  expect_slowed(get_request(polls_target("shop", 0)), "spinning_poll", "/discovery/polls shop");
}

TEST_F(ShieldLoop, TheSameRegisterAgainAndAgain) {
  expect_slowed(post_request("/discovery/register", TestInstance{.appid = "shop"}.register_form()), "register_loop",
                "/discovery/register shop h1");
}

TEST_F(ShieldLoop, RenewingWhatIsNotThere) {
  expect_slowed(post_request("/discovery/renew", TestInstance{.appid = "gone"}.key_form()), "renew_loop",
                "/discovery/renew gone h1");
}

TEST_F(ShieldLoop, OthersAndOtherRequestsAreNotSlowed) {
  const std::string spin = get_request(polls_target("shop", 0));
  ask(offender_, spin, kRepeats + 1);
  Connection other(daemon_.api(), {.from = "127.0.0.6"});
  ask(other, spin, kRepeats - 1);
  EXPECT_EQ(client(daemon_, "127.0.0.6").at("slowed").size(), 0u);
  const auto slowed = client(daemon_, "127.0.0.5").at("slowed_answers");
  Connection same_client(daemon_.api(), {.from = "127.0.0.5"});
  ask(same_client, post_request("/discovery/renew", TestInstance{.appid = "shop"}.key_form()), 100);
  EXPECT_EQ(client(daemon_, "127.0.0.5").at("slowed_answers"), slowed);
  EXPECT_EQ(client(daemon_, "127.0.0.5").at("renews"), 100);
}

TEST_F(ShieldLoop, IsSlowedByNobodyWhereItIsSwitchedOff) {
  const std::string spin = get_request(polls_target("shop", 0));
  Daemon off({.flags = with_settings({"shield.enabled=false"})});
  off.add({.appid = "shop"});
  Connection loop(off.api(), {.from = "127.0.0.5"});
  ask(loop, spin, 3 * kRepeats);
  EXPECT_EQ(client(off, "127.0.0.5").at("slowed").size(), 0u);
}

TEST_F(ShieldLoop, AHeldAnswerIsWholeAndAHangUpHurtsNothing) {
  const std::string spin = get_request(polls_target("shop", 0));
  ask(offender_, spin, kRepeats);
  offender_.send(spin);
  const Answer held = offender_.read_answer();
  EXPECT_EQ(held.code(), 0);
  EXPECT_EQ(held.json().at("data").at("shop").at("instances").at("z1").size(), 1u);
  offender_.send(spin);
  offender_.close();
  EXPECT_EQ(daemon_.get("/healthz").status, 200);
}

}  // namespace
}  // namespace discovery::integration
