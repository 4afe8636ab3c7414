// A new process takes the node over: what it keeps, what it tells, and what happens where it fails.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/types.h>

#include <csignal>
#include <set>
#include <stdexcept>

#include "integration/access_fixture.h"
#include "integration/daemon.h"
#include "integration/etcd_client.h"

namespace discovery::integration {
namespace {

using ::testing::HasSubstr;

std::string renew_request(const TestInstance& instance) {
  const std::string form = instance.key_form();
  return "POST /discovery/renew HTTP/1.1\r\nHost: t\r\nContent-Type: "
         "application/x-www-form-urlencoded\r\nContent-Length: " +
         std::to_string(form.size()) + "\r\n\r\n" + form;
}

pid_t pid_of(const Daemon& daemon) { return daemon.state().at("pid").get<pid_t>(); }

/// The process that serves is another one than `pid`, soon.
bool eventually_other(const Daemon& daemon, pid_t pid) {
  return eventually([&] { return pid_of(daemon) != pid; });
}

/// Ends what took the place of the daemon's process, which nobody else does.
class EndsSuccessor {
 public:
  explicit EndsSuccessor(const Daemon& daemon) : daemon_(daemon), first_(pid_of(daemon)) {}
  ~EndsSuccessor() {
    try {
      if (const pid_t pid = pid_of(daemon_); pid != first_) ::kill(pid, SIGKILL);
    } catch (const std::runtime_error&) {  // nobody is there: the test has ended it
    }
  }
  EndsSuccessor(const EndsSuccessor&) = delete;
  EndsSuccessor& operator=(const EndsSuccessor&) = delete;

 private:
  const Daemon& daemon_;
  const pid_t first_;
};

Answer upgrade(const Daemon& daemon) { return daemon.post("/admin/upgrade"); }

TEST(Upgrade, ConnectionsParkedPollsAndListsGoOver) {
  Daemon daemon;
  const EndsSuccessor end(daemon);
  const TestInstance instance{.appid = "shop"};
  daemon.add(instance);
  const int64_t t = daemon.timestamp("shop");
  const pid_t old = pid_of(daemon);
  Connection renews(daemon.api());
  renews.send(renew_request(instance));
  EXPECT_EQ(renews.read_answer().code(), 0);
  Connection polls(daemon.api());
  polls.send(get_request(polls_target("shop", t)));
  ASSERT_TRUE(daemon.eventually_parked(1));

  const Answer told = upgrade(daemon);
  ASSERT_EQ(told.status, 200) << told.body;
  EXPECT_EQ(told.json().at("old").at("pid"), old);
  EXPECT_EQ(polls.read_answer().code(), -304);
  const auto ending = daemon.process().wait();
  ASSERT_TRUE(ending);
  EXPECT_EQ(ending->code, 0);

  EXPECT_EQ(told.json().at("new").at("pid"), pid_of(daemon));
  renews.send(renew_request(instance));
  EXPECT_EQ(renews.read_answer().code(), 0);
  EXPECT_EQ(daemon.timestamp("shop"), t);
  polls.send(get_request(polls_target("shop", t)));
  EXPECT_TRUE(daemon.eventually_parked(1)) << "its list is what it was";
  EXPECT_EQ(daemon.count(R"(discovery_upgrades_total{result="took_over"})"), 1);
  EXPECT_EQ(daemon.state().at("instances"), 2) << "the node's own entry is one";
}

TEST(Upgrade, ASignalDoesTheSameAndARequestUnderWayIsAnswered) {
  Daemon daemon;
  const EndsSuccessor end(daemon);
  const pid_t old = pid_of(daemon);
  Connection half(daemon.api());
  half.send("GET /healthz HTTP/1.1\r\nHo");
  daemon.process().signal(SIGUSR2);
  ASSERT_TRUE(eventually_other(daemon, old));
  EXPECT_TRUE(daemon.process().running());
  half.send("st: t\r\n\r\n");
  EXPECT_EQ(half.read_answer().body, "ok\n");
  ASSERT_TRUE(daemon.process().wait());
  half.send(get_request("/healthz"));
  EXPECT_EQ(half.read_answer().body, "ok\n");
}

TEST(Upgrade, WhatIsWrittenToTheOldProcessCountsInTheNewOne) {
  Daemon daemon;
  const EndsSuccessor end(daemon);
  const TestInstance instance{.appid = "shop"};
  const pid_t old = pid_of(daemon);
  const std::string form = instance.register_form();
  Connection half(daemon.api());
  half.send(
      "POST /discovery/register HTTP/1.1\r\nHost: t\r\nContent-Type: "
      "application/x-www-form-urlencoded\r\nContent-Length: " +
      std::to_string(form.size()) + "\r\n\r\n");
  ASSERT_EQ(upgrade(daemon).status, 200);
  ASSERT_NE(pid_of(daemon), old);
  half.send(form);
  EXPECT_EQ(half.read_answer().code(), 0);
  ASSERT_TRUE(daemon.process().wait());
  EXPECT_EQ(daemon.hosts("shop"), std::vector<std::string>{"h1"});
}

TEST(Upgrade, ASignedRequestCountsOnceInBothProcesses) {
  const AccessFiles files;
  Daemon daemon(files.options());
  const EndsSuccessor end(daemon);
  const std::string path = "/discovery/peer/hello";
  const std::string proof = signed_by_peer({"GET", path, "", ""}, daemon.api());
  EXPECT_NE(daemon.get(path, proof).status, 403);
  EXPECT_EQ(daemon.get(path, proof).status, 403);
  ASSERT_EQ(upgrade(daemon).status, 200);
  ASSERT_TRUE(daemon.process().wait());
  EXPECT_EQ(daemon.get(path, proof).status, 403);
  EXPECT_NE(daemon.get(path, signed_by_peer({"GET", path, "", ""}, daemon.api())).status, 403);
}

// The new process grants within the second in which the old one did.
TEST(Upgrade, LeasesOfTheNewProcessAreOthers) {
  DaemonOptions options;
  options.flags = with_settings({"etcd.listen=127.0.0.1:0"});
  Daemon daemon(options);
  const EndsSuccessor end(daemon);
  EtcdClient at_old(etcd_of(daemon));
  const int32_t stream = at_old.open("Lease/LeaseKeepAlive");
  size_t granted = 0;
  std::set<int64_t> ids;
  const auto grant = [&](EtcdClient& client, int times) {
    for (int i = 0; i < times; ++i, ++granted) {
      pb::LeaseGrantRequest request;
      request.set_ttl(60);
      pb::LeaseGrantResponse answer;
      EXPECT_EQ(client.ask("Lease/LeaseGrant", request, answer), "0");
      ids.insert(answer.id());
    }
  };
  grant(at_old, 50);
  ASSERT_EQ(upgrade(daemon).status, 200);
  EtcdClient at_new(etcd_of(daemon));
  grant(at_new, 100);
  EXPECT_EQ(ids.size(), granted);
  pb::LeaseKeepAliveRequest renew;
  renew.set_id(*ids.begin());
  at_old.say(stream, renew);
  EXPECT_EQ(at_old.hear(stream, 1).size(), 1u) << "the old process serves its stream still";
}

TEST(Upgrade, AConfigurationThatIsWrongLeavesTheOldProcess) {
  DaemonOptions options;
  options.file = "[env]\nhost = \"one\"\n";
  Daemon daemon(options);
  const EndsSuccessor end(daemon);
  const pid_t old = pid_of(daemon);
  daemon.write_file("[env]\nhost = 7\n");
  const Answer told = upgrade(daemon);
  EXPECT_EQ(told.status, 422);
  EXPECT_THAT(told.body, HasSubstr("--check"));
  EXPECT_THAT(told.body, HasSubstr("host"));
  EXPECT_EQ(pid_of(daemon), old);
  EXPECT_EQ(daemon.count(R"(discovery_upgrades_total{result="error"})"), 1);
  EXPECT_TRUE(daemon.eventually_logs("upgrade_failed", "--check"));
  daemon.write_file("[env]\nhost = \"one\"\n");
  EXPECT_EQ(upgrade(daemon).status, 200);
}

TEST(Upgrade, ANewProcessThatCannotOpenItselfSaysWhy) {
  const uint16_t port = free_port();
  DaemonOptions other;
  other.listen = false;
  other.flags = {"--listen", "127.0.0.1:" + std::to_string(port)};
  const Daemon holds(other);
  DaemonOptions options;
  options.file = "[env]\nhost = \"one\"\n";
  Daemon daemon(options);
  const EndsSuccessor end(daemon);
  const pid_t old = pid_of(daemon);
  daemon.write_file("[env]\nhost = \"one\"\n[admin]\nlisten = \"127.0.0.1:" + std::to_string(port) + "\"\n");
  const Answer told = upgrade(daemon);
  EXPECT_EQ(told.status, 422);
  EXPECT_THAT(told.body, HasSubstr(std::to_string(port)));
  EXPECT_EQ(pid_of(daemon), old);
}

TEST(Upgrade, TheDataFolderPassesWithItsLock) {
  const TempDir data;
  DaemonOptions options;
  options.flags = with_settings({"cluster.data_dir=" + (data / "d")});
  {
    Daemon daemon(options);
    const EndsSuccessor end(daemon);
    daemon.add({.appid = "before"});
    ASSERT_EQ(upgrade(daemon).status, 200);
    ASSERT_TRUE(daemon.process().wait());
    constexpr auto kCommits = "discovery_journal_commits_total{result=\"ok\"}";
    // A group that the new process begins with may be on its way to the disk; the one behind it holds this.
    const auto journalled = [&](const std::string& appid) {
      const double before = daemon.count(kCommits);
      daemon.add({.appid = appid});
      return eventually([&] { return daemon.count(kCommits) > before; });
    };
    ASSERT_TRUE(journalled("after"));
    ASSERT_TRUE(journalled("later"));
    ChildOptions another;
    another.arguments = {"--listen", "127.0.0.1:0", "--set", "cluster.data_dir=" + (data / "d")};
    EXPECT_EQ(run_discoveryd(another).code, 4);
    ::kill(pid_of(daemon), SIGKILL);
  }
  const Daemon again(options);
  EXPECT_EQ(again.hosts("before").size(), 1U);
  EXPECT_EQ(again.hosts("after").size(), 1U);
}

TEST(Upgrade, WhereTheNewProcessDiesTheOldOneGoesOnWithWhatThatOneHad) {
  const TempDir data;
  DaemonOptions options;
  options.flags = with_settings({"cluster.data_dir=" + (data / "d"), "limits.head_timeout=1m"});
  Daemon daemon(options);
  const EndsSuccessor end(daemon);
  daemon.add({.appid = "before"});
  const pid_t old = pid_of(daemon);
  Connection half(daemon.api());  // keeps the old process
  half.send("GET /healthz HTTP/1.1\r\nHo");
  ASSERT_EQ(upgrade(daemon).status, 200);
  const pid_t fresh = pid_of(daemon);
  ASSERT_NE(fresh, old);
  daemon.add({.appid = "after"});
  ::poll(nullptr, 0, 500);  // sleeps: the old process is told every 20 ms, which nothing shows from outside
  ::kill(fresh, SIGKILL);
  EXPECT_TRUE(daemon.eventually_logs("upgrade_undone"));
  half.send("st: t\r\n\r\n");
  EXPECT_EQ(half.read_answer().body, "ok\n");
  EXPECT_EQ(pid_of(daemon), old);
  EXPECT_EQ(daemon.hosts("before").size(), 1U);
  EXPECT_EQ(daemon.hosts("after").size(), 1U);
  EXPECT_EQ(upgrade(daemon).status, 200) << "and it can be tried again";
}

TEST(Upgrade, AnOldProcessThatIsToldToEndLeavesTheNodeAsItIs) {
  DaemonOptions options;
  options.flags = with_settings({"limits.head_timeout=1m"});
  Daemon daemon(options);
  const EndsSuccessor end(daemon);
  Connection half(daemon.api());
  half.send("GET /healthz HTTP/1.1\r\nHo");
  ASSERT_EQ(upgrade(daemon).status, 200);
  daemon.process().signal(SIGTERM);  // it leaves at once
  EXPECT_TRUE(daemon.process().wait());
  EXPECT_EQ(daemon.get("/healthz").status, 200);
}

}  // namespace
}  // namespace discovery::integration
