// What changes while the daemon runs: SIGHUP, SIGUSR1, scheduler files.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "integration/daemon.h"

namespace discovery::integration {
namespace {

constexpr const char* kReloaded = "discovery_config_reloads_total{result=\"ok\"}";
constexpr const char* kRefused = "discovery_config_reloads_total{result=\"error\"}";

std::string scheduler_file(const std::string& appid, int weight) {
  return R"({"app_id":")" + appid + R"(","env":"ct","clients":{"z1":{"zones":{"z1":{"weight":)" +
         std::to_string(weight) + R"(}}}},"remark":"r"})";
}

nlohmann::json data_of(const Answer& polls, const std::string& appid) { return polls.json().at("data").at(appid); }

int code_for_two_apps(const Daemon& daemon) {
  return daemon.get("/discovery/fetchs?env=ct&status=1&appid=a&appid=b").code();
}

TEST(Reload, ASignalBringsNewLimitsAndLogLevel) {
  DaemonOptions options;
  options.file = "[log]\nlevel = \"error\"\n";
  Daemon daemon(options);
  EXPECT_EQ(code_for_two_apps(daemon), 0);
  EXPECT_EQ(daemon.state().at("log_level"), "error");
  daemon.write_file("[log]\nlevel = \"debug\"\n[limits]\npoll_apps = 1\n");
  daemon.process().signal(SIGHUP);
  ASSERT_TRUE(daemon.eventually_counts(kReloaded, 1));
  EXPECT_TRUE(eventually([&] { return code_for_two_apps(daemon) == -400; }));
  EXPECT_EQ(daemon.state().at("log_level"), "debug");
  EXPECT_TRUE(daemon.eventually_logs("config_reloaded"));
}

TEST(Reload, MorePollsMayWaitAfterwards) {
  DaemonOptions options;
  options.file = "[polls]\nmax_parked = 1\n";
  Daemon daemon(options);
  const std::string poll = get_request(polls_target("unknown", 0));
  Connection first(daemon.api());
  first.send(poll);
  ASSERT_TRUE(daemon.eventually_parked(1));
  EXPECT_EQ(daemon.get(polls_target("unknown", 0)).code(), -500);
  daemon.write_file("[polls]\nmax_parked = 2\n");
  EXPECT_EQ(daemon.post("/admin/reload").status, 200);
  Connection second(daemon.api());
  second.send(poll);
  EXPECT_TRUE(daemon.eventually_parked(2));
}

TEST(Reload, ABadFileChangesNothingAndTheLogSaysWhy) {
  DaemonOptions options;
  options.file = "[limits]\npoll_apps = 1\n";
  Daemon daemon(options);
  daemon.write_file("[limits]\npoll_apps = 2\n[log]\nlevle = \"debug\"\n");
  daemon.process().signal(SIGHUP);
  ASSERT_TRUE(daemon.eventually_counts(kRefused, 1));
  EXPECT_EQ(daemon.count(kReloaded), 0);
  EXPECT_EQ(code_for_two_apps(daemon), -400) << "the old limit stands";
  EXPECT_TRUE(daemon.eventually_logs("reload_failed", "log.levle"));
}

TEST(Reload, NamesWhatNeedsARestart) {
  DaemonOptions options;
  options.file = "[env]\nzone = \"za\"\n[limits]\naddrs = 3\n";
  Daemon daemon(options);
  daemon.write_file("[env]\nzone = \"zb\"\n[limits]\naddrs = 4\n");
  const Answer answer = daemon.post("/admin/reload");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.json().at("changed"), nlohmann::json::array({"limits.addrs"}));
  EXPECT_EQ(answer.json().at("needs_restart"), nlohmann::json::array({"env.zone"}));
  EXPECT_TRUE(daemon.eventually_logs("restart_needed", "key=env.zone"));
  EXPECT_EQ(daemon.get("/discovery/nodes").json().at("data").at(0).at("zone"), "za");
}

TEST(Reload, TheAdminCallSaysWhatIsWrong) {
  DaemonOptions options;
  options.file = "";
  Daemon daemon(options);
  daemon.write_file("[limits]\naddrs = \"x\"\n");
  const Answer answer = daemon.post("/admin/reload");
  EXPECT_EQ(answer.status, 422);
  EXPECT_THAT(answer.json().at("error").get<std::string>(), ::testing::HasSubstr("discovery.toml:2: limits.addrs"));
  EXPECT_EQ(daemon.count(kRefused), 1);
}

TEST(Reload, ASchedulerFileWakesItsPolls) {
  DaemonOptions options;
  options.file = "";
  Daemon daemon(options);
  daemon.add({.appid = "sched"});
  const int64_t before = daemon.timestamp("sched");
  Connection poll(daemon.api());
  poll.send(get_request(polls_target("sched", before)));
  ASSERT_TRUE(daemon.eventually_parked(1));
  static_cast<void>(daemon.folder().put("sched.json", scheduler_file("sched", 3)));
  daemon.process().signal(SIGHUP);
  const auto data = data_of(poll.read_answer(), "sched");
  EXPECT_GT(data.at("latest_timestamp").get<int64_t>(), before);
  EXPECT_EQ(data.at("scheduler").at("clients").at("z1").at("zones").at("z1").at("weight"), 3);
  EXPECT_EQ(data.at("scheduler").at("remark"), "");

  std::filesystem::remove(daemon.folder() / "sched.json");
  poll.send(get_request(polls_target("sched", data.at("latest_timestamp").get<int64_t>())));
  ASSERT_TRUE(daemon.eventually_parked(1));
  daemon.process().signal(SIGHUP);
  EXPECT_FALSE(data_of(poll.read_answer(), "sched").contains("scheduler"));
}

TEST(Reload, ABadSchedulerFileIsSkippedWithAWarning) {
  DaemonOptions options;
  options.file = "";
  Daemon daemon(options);
  static_cast<void>(daemon.folder().put("bad.json", "{\"app_id\":"));
  static_cast<void>(daemon.folder().put("good.json", scheduler_file("sched", 1)));
  const Answer answer = daemon.post("/admin/reload");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.json().at("schedulers"), 1);
  EXPECT_TRUE(daemon.eventually_logs("scheduler_file", "bad.json"));
  EXPECT_EQ(daemon.get("/healthz").status, 200);
}

TEST(Reload, ManyAtOnceDoNoHarm) {
  DaemonOptions options;
  options.file = "";
  options.flags = {"--threads", "2"};
  Daemon daemon(options);
  constexpr int kConnections = 6;
  constexpr int kReloads = 10;
  std::vector<Connection> operators;
  for (int i = 0; i < kConnections; ++i) {
    static_cast<void>(daemon.folder().put("sched.json", scheduler_file("sched", i)));
    operators.emplace_back(daemon.api());
    for (int n = 0; n < kReloads; ++n) operators.back().send(post_request("/admin/reload", ""));
    daemon.process().signal(SIGHUP);
    daemon.add({.appid = "sched", .hostname = "h" + std::to_string(i)});
  }
  for (Connection& one : operators) {
    for (int n = 0; n < kReloads; ++n) EXPECT_EQ(one.read_answer().status, 200);
  }
  EXPECT_GE(daemon.count(kReloaded), kConnections * kReloads);
  EXPECT_EQ(daemon.count(kRefused), 0);
  const auto answer = daemon.get("/discovery/fetch?env=ct&appid=sched&status=1").json();
  EXPECT_EQ(answer.at("data").at("scheduler").at("clients").at("z1").at("zones").at("z1").at("weight"), 5);
}

TEST(SchedulerFolder, AChangeIsNoticedWithinFiveSeconds) {
  DaemonOptions options;
  options.file = "";
  const Daemon daemon(options);
  daemon.add({.appid = "sched"});
  const int64_t before = daemon.timestamp("sched");
  Connection poll(daemon.api());
  poll.send(get_request(polls_target("sched", before)));
  ASSERT_TRUE(daemon.eventually_parked(1));
  const Stopwatch since_change;
  static_cast<void>(daemon.folder().put("sched.json", scheduler_file("sched", 7)));
  const auto data = data_of(poll.read_answer(), "sched");
  EXPECT_LT(since_change.elapsed(), seconds(6)) << "5 s, and what a loaded machine adds";
  EXPECT_GT(data.at("latest_timestamp").get<int64_t>(), before);
  EXPECT_EQ(data.at("scheduler").at("clients").at("z1").at("zones").at("z1").at("weight"), 7);
}

TEST(SchedulerFolder, IsReadAtTheStart) {
  const TempDir folder;
  static_cast<void>(folder.put("discovery.toml", ""));
  static_cast<void>(folder.put("sched.json", scheduler_file("sched", 2)));
  DaemonOptions options;
  options.flags = {"-conf", folder.path().string()};
  const Daemon daemon(options);
  daemon.add({.appid = "sched"});
  const auto answer = daemon.get("/discovery/fetch?env=ct&appid=sched&status=1").json();
  EXPECT_EQ(answer.at("data").at("scheduler").at("clients").at("z1").at("zones").at("z1").at("weight"), 2);
}

TEST(Summary, ASignalWritesTheStateIntoTheLog) {
  Daemon daemon;
  daemon.add({.appid = "counted"});
  daemon.process().signal(SIGUSR1);
  EXPECT_TRUE(daemon.eventually_logs("summary", "instances"));
  EXPECT_EQ(daemon.get("/healthz").status, 200);
}

}  // namespace
}  // namespace discovery::integration
