// The log: one event a line whatever clients send, as text or JSON, to a file that may be moved away.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>

#include "integration/daemon.h"

namespace discovery::integration {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kHostile = "evil\r\n2026-01-01T00:00:00Z ERROR event=forged \x1b[31mred\x7f\xe2\x80\xae";

bool has_control(const std::string& text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\n') || byte == 0x7f;
  });
}

size_t lines_with(const std::string& log, const std::string& word) {
  const auto lines = lines_of(log);
  return static_cast<size_t>(
      std::count_if(lines.begin(), lines.end(), [&](const std::string& l) { return l.find(word) != l.npos; }));
}

TEST(Log, EscapesWhatClientsSend) {
  const Daemon daemon;
  daemon.add({.appid = kHostile});
  ASSERT_TRUE(daemon.eventually_logs("registered", "evil"));
  const std::string log = daemon.log();
  EXPECT_FALSE(has_control(log)) << log;
  EXPECT_THAT(log, Not(HasSubstr("\xe2\x80\xae"))) << "nor what turns the direction of text";
  EXPECT_EQ(lines_with(log, "evil"), 1U);
  EXPECT_EQ(lines_with(log, "event=forged"), 1U) << "within the quoted value only";
  for (const std::string& line : lines_of(log)) EXPECT_FALSE(line.starts_with("2026-01-01T00:00:00Z ERROR")) << line;
}

TEST(Log, TellsChangesOfInstancesButNoHeartbeats) {
  const Daemon daemon;
  const TestInstance instance{.appid = "told"};
  daemon.add(instance);
  EXPECT_EQ(daemon.post("/discovery/renew", instance.key_form()).code(), 0);
  EXPECT_EQ(daemon.post("/discovery/set", instance.key_form() + "&status=2").code(), 0);
  EXPECT_EQ(daemon.post("/discovery/cancel", instance.key_form()).code(), 0);
  EXPECT_TRUE(daemon.eventually_logs("registered", "appid=told"));
  EXPECT_TRUE(daemon.eventually_logs("set", "appid=told"));
  ASSERT_TRUE(daemon.eventually_logs("cancelled", "appid=told"));
  EXPECT_EQ(lines_with(daemon.log(), "told"), 3U) << daemon.log();
}

TEST(Log, JsonLinesParse) {
  DaemonOptions options;
  options.flags = {"--log-format", "json", "--host", "node-1"};
  Daemon daemon(options);
  daemon.add({.appid = kHostile});
  daemon.add({.appid = "quote\"back\\slash"});
  EXPECT_EQ(
      daemon.post("/discovery/register", TestInstance{.appid = "infra.discovery", .env = "dev"}.register_form()).code(),
      -400)
      << "a stranger";
  EXPECT_EQ(daemon.post("/admin/reload").status, 200);
  daemon.process().signal(SIGTERM);
  ASSERT_EQ(daemon.process().wait()->code, 0);
  std::vector<std::string> events;
  std::vector<std::string> appids;
  for (const std::string& line : lines_of(daemon.log())) {
    const auto event = nlohmann::json::parse(line, nullptr, false);
    ASSERT_TRUE(event.is_object()) << line;
    EXPECT_EQ(event.at("node"), "node-1");
    EXPECT_TRUE(event.at("ts").is_string());
    EXPECT_THAT(event.at("level").get<std::string>(), ::testing::AnyOf("debug", "info", "warn", "error"));
    events.push_back(event.at("event"));
    if (event.contains("appid")) appids.push_back(event.at("appid"));
  }
  for (const char* name : {"listening", "registered", "stranger_refused", "config_reloaded", "draining", "stopped"}) {
    EXPECT_THAT(events, ::testing::Contains(name));
  }
  EXPECT_THAT(appids, ::testing::Contains("quote\"back\\slash"));
}

TEST(Log, AFileIsOpenedAnewAfterItWasMoved) {
  const TempDir folder;
  const std::string file = folder / "discoveryd.log";
  DaemonOptions options;
  options.file = "[log]\nfile = \"" + file + "\"\n";
  Daemon daemon(options);
  daemon.add({.appid = "before"});
  EXPECT_TRUE(eventually([&] { return lines_with(read_file(file), "appid=before") == 1; }));
  std::filesystem::rename(file, file + ".1");
  daemon.add({.appid = "between"});
  EXPECT_TRUE(eventually([&] { return lines_with(read_file(file + ".1"), "appid=between") == 1; }));
  daemon.process().signal(SIGHUP);
  ASSERT_TRUE(daemon.eventually_counts("discovery_config_reloads_total{result=\"ok\"}", 1));
  daemon.add({.appid = "after"});
  EXPECT_TRUE(eventually([&] { return lines_with(read_file(file), "appid=after") == 1; }));
  EXPECT_EQ(lines_with(read_file(file), "appid=between"), 0U);
}

TEST(Log, AFileThatCannotBeOpenedEndsTheStart) {
  const Finished ended =
      run_discoveryd({{"--listen", "127.0.0.1:0", "--set", "log.file=/nonexistent/log"}, {}, std::nullopt});
  EXPECT_EQ(ended.code, 2);
  EXPECT_THAT(ended.errors, HasSubstr("/nonexistent/log"));
}

TEST(Log, AReaderThatDoesNotReadDelaysNobodyAndTheEndNeither) {
  const TempDir folder;
  const std::string pipe = folder / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const int reader = ::open(pipe.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  ASSERT_GE(reader, 0);
  DaemonOptions options;
  options.flags = with_settings({"log.file=" + pipe});
  Daemon daemon(options);
  constexpr int kRegisters = 2000;  // more lines than the queue and the pipe take
  std::string requests;
  for (int i = 0; i < kRegisters; ++i) {
    const TestInstance instance{.appid = std::string(900, 'a') + std::to_string(i)};
    requests += post_request("/discovery/register", instance.register_form());
  }
  Connection connection(daemon.api());
  connection.send(requests);
  for (int i = 0; i < kRegisters; ++i) EXPECT_TRUE(connection.read_answer().body.starts_with("{\"code\":0,"));
  EXPECT_GT(daemon.count("discovery_log_lines_dropped_total"), 0);
  daemon.process().signal(SIGTERM);
  const auto ending = daemon.process().wait();
  ASSERT_TRUE(ending.has_value());
  EXPECT_EQ(ending->code, 0);
  ::close(reader);
}

TEST(Log, RepeatedWarningsAreLimited) {
  const Daemon daemon;
  const std::string stranger = TestInstance{.appid = "infra.discovery", .env = "dev"}.register_form();
  for (int i = 0; i < 50; ++i) EXPECT_EQ(daemon.post("/discovery/register", stranger).code(), -400);
  daemon.add({.appid = "last"});
  ASSERT_TRUE(daemon.eventually_logs("registered", "appid=last"));
  EXPECT_LT(lines_with(daemon.log(), "stranger_refused"), 20U);
  EXPECT_GE(lines_with(daemon.log(), "stranger_refused"), 1U);
}

TEST(Log, AccessIsLoggedOnRequest) {
  DaemonOptions options;
  options.flags = with_settings({"log.access_sample=1"});
  const Daemon daemon(options);
  EXPECT_EQ(daemon.get("/discovery/fetch?env=ct&appid=unknown&status=1").code(), -404);
  EXPECT_TRUE(daemon.eventually_logs("access", "path=/discovery/fetch"));
  EXPECT_TRUE(daemon.eventually_logs("access", "code=-404"));
}

}  // namespace
}  // namespace discovery::integration
