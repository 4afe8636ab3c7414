// Leases with short times: who is silent goes, who renews stays, and mass silence is distrusted.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "integration/daemon.h"

namespace discovery::integration {
namespace {

/// A share of 0.01 makes self-protection want a renewal now and then only.
DaemonOptions short_leases(const std::string& share) {
  DaemonOptions options;
  options.flags = with_settings(
      {"lease.renew_interval=1s", "lease.expire_after=2s", "lease.sweep_interval=1s", "lease.share=" + share});
  return options;
}

TEST(Eviction, ASilentInstanceGoesAndWakesPollsWhileOthersStay) {
  const Daemon daemon(short_leases("0.01"));
  const TestInstance silent{.appid = "leased", .hostname = "silent"};
  const TestInstance lively{.appid = "leased", .hostname = "lively"};
  const Stopwatch since_silence;
  daemon.add(silent);
  daemon.add(lively);
  Connection poll(daemon.api());
  poll.send(get_request(polls_target("leased", daemon.timestamp("leased"))));
  ASSERT_TRUE(daemon.eventually_parked(1));
  EXPECT_TRUE(eventually([&] {
    EXPECT_EQ(daemon.post("/discovery/renew", lively.key_form()).code(), 0);
    return poll.readable(Deadline(milliseconds(100)));
  }));
  const auto instances = poll.read_answer().json().at("data").at("leased").at("instances").at("z1");
  ASSERT_EQ(instances.size(), 1U);
  EXPECT_EQ(instances[0].at("hostname"), "lively");
  EXPECT_GE(since_silence.elapsed(), milliseconds(2000));
  EXPECT_TRUE(daemon.eventually_counts("discovery_evictions_total{reason=\"expired\"}", 1));
  EXPECT_TRUE(daemon.eventually_logs("evicted", "host=silent"));
  EXPECT_EQ(daemon.post("/discovery/renew", silent.key_form()).code(), -404) << "it must register again";
  daemon.add(silent);
  EXPECT_THAT(daemon.hosts("leased"), ::testing::UnorderedElementsAre("lively", "silent"));
  EXPECT_EQ(daemon.get("/discovery/nodes").code(), 0);
  EXPECT_EQ(daemon.get("/discovery/fetch?env=dev&appid=infra.discovery&status=1").code(), 0)
      << "the node renews itself";
}

TEST(Eviction, TheLastInstanceThatGoesTellsThatTheApplicationIsUnknown) {
  const Daemon daemon(short_leases("0.01"));
  daemon.add({.appid = "leased"});
  Connection poll(daemon.api());
  poll.send(get_request(polls_target("leased", daemon.timestamp("leased"))));
  const auto answer = poll.read_answer().json();
  EXPECT_EQ(answer.at("code"), 0);
  EXPECT_EQ(answer.at("error").at("-404"), nlohmann::json::array({"leased"}));
}

TEST(Eviction, MassSilenceIsDistrusted) {
  const Daemon daemon(short_leases("1.0"));
  for (int i = 0; i < 5; ++i) daemon.add({.appid = "leased", .hostname = "h" + std::to_string(i)});
  EXPECT_TRUE(daemon.eventually_counts("discovery_held_instances", 5));
  EXPECT_EQ(daemon.count("discovery_self_protection_active"), 1);
  EXPECT_TRUE(daemon.eventually_logs("self_protection_on"));
  EXPECT_EQ(daemon.hosts("leased").size(), 5U);
  EXPECT_EQ(daemon.post("/discovery/cancel", TestInstance{.appid = "leased", .hostname = "h0"}.key_form()).code(), 0);
  EXPECT_EQ(daemon.hosts("leased").size(), 4U) << "an explicit cancel always works";
}

TEST(SelfRegistration, ComesBackAfterSomebodyCancelledIt) {
  DaemonOptions options;
  options.flags = with_settings({"lease.renew_interval=1s", "env.host=n1"});
  const Daemon daemon(options);
  const std::string target = "/discovery/fetch?env=dev&appid=infra.discovery&status=1";
  ASSERT_EQ(daemon.get(target).code(), 0);
  const Answer cancelled = daemon.post("/discovery/cancel", "zone=zone01&env=dev&appid=infra.discovery&hostname=n1");
  EXPECT_EQ(cancelled.code(), 0);
  EXPECT_TRUE(eventually([&] { return daemon.get(target).code() == 0; }));
}

TEST(SelfRegistration, RefusesStrangersUnlessMembershipIsOpen) {
  const std::string stranger = TestInstance{.appid = "infra.discovery", .env = "dev"}.register_form();
  const Daemon closed;
  EXPECT_EQ(closed.post("/discovery/register", stranger).code(), -400);
  EXPECT_TRUE(closed.eventually_logs("stranger_refused", "host=h1"));
  DaemonOptions options;
  options.flags = with_settings({"cluster.open_membership=true"});
  const Daemon open(options);
  EXPECT_EQ(open.post("/discovery/register", stranger).code(), 0);
}

}  // namespace
}  // namespace discovery::integration
