// One client may ask so often and no more; nobody else is held back for it.
#include <gtest/gtest.h>

#include <chrono>

#include "integration/daemon.h"
#include "integration/deadline.h"

namespace discovery::integration {
namespace {

using std::chrono::milliseconds;

constexpr int kBurst = 10;  // one second of ten

std::vector<std::string> settings(const std::string& which) {
  return with_settings({"limits." + which + "=10", "limits.burst=1s", "shield.enabled=false"});
}

/// So many at once; their answers are read. How long that took.
std::chrono::nanoseconds ask(Connection& connection, const std::string& request, int times) {
  const auto begin = std::chrono::steady_clock::now();
  std::string all;
  for (int i = 0; i < times; ++i) all += request;
  connection.send(all);
  for (int i = 0; i < times; ++i) EXPECT_EQ(connection.read_answer().code(), 0);
  return std::chrono::steady_clock::now() - begin;
}

double held(const Daemon& daemon) { return daemon.count("discovery_client_throttled_total{rule=\"rate\"}"); }

TEST(RateLimit, ReadsPastItAreHeldBackAndAnswered) {
  Daemon daemon({.flags = settings("reads_per_second")});
  daemon.add({.appid = "shop"});
  const std::string fetch = get_request("/discovery/fetch?env=ct&appid=shop&status=1");
  Connection flood(daemon.api(), {.from = "127.0.0.5"});
  EXPECT_GE(ask(flood, fetch, kBurst + 5), milliseconds(400)) << "five more wait for half a second";
  EXPECT_GE(held(daemon), 4);
  EXPECT_TRUE(daemon.eventually_logs("client_slowed", "cause=rate"));
  const double before = held(daemon);
  Connection other(daemon.api(), {.from = "127.0.0.6"});
  ask(other, fetch, kBurst - 1);
  EXPECT_EQ(held(daemon), before) << "another client";
  Connection writer(daemon.api(), {.from = "127.0.0.5"});
  ask(writer, post_request("/discovery/register", TestInstance{.appid = "shop"}.register_form()), 3 * kBurst);
  EXPECT_EQ(held(daemon), before) << "writes are not limited here";
}

TEST(RateLimit, WritesPastItAreHeldBackAndRenewalsHaveTheirOwn) {
  Daemon daemon({.flags = settings("writes_per_second")});
  const std::string key = TestInstance{.appid = "shop"}.key_form();
  Connection flood(daemon.api(), {.from = "127.0.0.5"});
  const auto took =
      ask(flood, post_request("/discovery/register", TestInstance{.appid = "shop"}.register_form()), kBurst + 3);
  EXPECT_GE(took, milliseconds(200));
  const double before = held(daemon);
  EXPECT_GE(before, 2);
  ask(flood, post_request("/discovery/renew", key), kBurst - 1);
  EXPECT_EQ(held(daemon), before);
}

TEST(RateLimit, IsOffUnlessConfigured) {
  Daemon daemon({.flags = with_settings({"shield.enabled=false"})});
  daemon.add({.appid = "shop"});
  Connection flood(daemon.api(), {.from = "127.0.0.5"});
  ask(flood, get_request("/discovery/fetch?env=ct&appid=shop&status=1"), 500);
  EXPECT_EQ(held(daemon), 0);
}

}  // namespace
}  // namespace discovery::integration
