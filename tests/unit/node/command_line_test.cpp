#include "node/command_line.h"

#include "node/config_keys.h"
#include "unit/node/config_testing.h"

namespace discovery::node {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using Action = CommandLine::Action;

Result<CommandLine> parse(const std::vector<std::string>& words) { return parse_command_line(words, "1.2.3"); }

std::string words_error(const std::vector<std::string>& words) {
  const auto line = parse(words);
  return line ? std::string() : line.error().message;
}

TEST(CommandLine, WithoutWordsRuns) {
  ASSERT_READ(line, parse({}));
  EXPECT_EQ(line.action, Action::kRun);
  EXPECT_EQ(line.conf_path, "");
  EXPECT_THAT(line.flags, IsEmpty());
}

TEST(CommandLine, TakesConfInEveryForm) {
  const std::vector<std::vector<std::string>> forms{
      {"-conf", "/etc/d"}, {"--conf", "/etc/d"}, {"-conf=/etc/d"}, {"--conf=/etc/d"}};
  for (const auto& words : forms) {
    ASSERT_READ(line, parse(words));
    EXPECT_EQ(line.conf_path, "/etc/d") << words[0];
  }
  EXPECT_NE(words_error({"-conf"}), "");
  EXPECT_NE(words_error({"-conf", "a", "-conf", "b"}), "");
}

TEST(CommandLine, OneDashIsAsGoodAsTwoForOurWords) {
  ASSERT_READ(line, parse({"-zone", "z", "-check"}));
  EXPECT_EQ(line.action, Action::kCheck);
  ASSERT_EQ(line.flags.size(), 1U);
  EXPECT_EQ(line.flags[0].key, "env.zone");
}

TEST(CommandLine, TurnsFlagsIntoSettings) {
  ASSERT_READ(line, parse({"--listen",
                           "127.0.0.1:1",
                           "--listen",
                           "[::1]:1",
                           "--advertise=n1:1",
                           "--region",
                           "r",
                           "--zone",
                           "z",
                           "--env",
                           "e",
                           "--host",
                           "h",
                           "--log-level",
                           "debug",
                           "--log-format",
                           "json",
                           "--threads",
                           "2",
                           "--set",
                           "limits.body_bytes=1MiB",
                           "--set",
                           "zones=a=b:1"}));
  ConfigInput input = with_file("");
  input.flags = line.flags;
  ASSERT_READ(config, read_config(input));
  EXPECT_THAT(config.http_server.addr, testing::ElementsAre("127.0.0.1:1", "[::1]:1"));
  EXPECT_EQ(config.http_server.advertise, "n1:1");
  EXPECT_EQ(config.env.region, "r");
  EXPECT_EQ(config.env.zone, "z");
  EXPECT_EQ(config.env.deploy_env, "e");
  EXPECT_EQ(config.env.host, "h");
  EXPECT_EQ(config.log.level, observe::LogLevel::kDebug);
  EXPECT_EQ(config.log.format, observe::LogFormat::kJson);
  EXPECT_EQ(config.http_server.threads, 2U);
  EXPECT_EQ(config.limits.body_bytes, 1U << 20);
  EXPECT_EQ(config.zones.size(), 1U);
  EXPECT_EQ(source_of(config, "limits.body_bytes").text(), "flag --set limits.body_bytes");
  EXPECT_EQ(source_of(config, "httpServer.addr").text(), "flag --listen");
}

TEST(CommandLine, AListGivenAtOnceStaysOne) {
  ASSERT_READ(line, parse({"--listen", "127.0.0.1:1,[::1]:1"}));
  ASSERT_EQ(line.flags.size(), 1U);
  EXPECT_EQ(line.flags[0].value, "127.0.0.1:1,[::1]:1");
}

TEST(CommandLine, ValuesAreTakenAsTheyAre) {
  ASSERT_READ(line, parse({"--set", "env.zone=a=b,c [d]", "--region", "[x,y]"}));
  ASSERT_EQ(line.flags.size(), 2U);
  EXPECT_EQ(line.flags[0].value, "[x,y]");
  EXPECT_EQ(line.flags[1].value, "a=b,c [d]");
  ASSERT_READ(empty, parse({"--set", "log.file="}));
  EXPECT_EQ(empty.flags.at(0).value, "");
}

TEST(CommandLine, ShowsHelpAndVersion) {
  ASSERT_READ(help, parse({"--help"}));
  EXPECT_EQ(help.action, Action::kShowText);
  EXPECT_THAT(help.text, AllOf(HasSubstr("service registry"), HasSubstr("--listen"), HasSubstr("Examples:"),
                               HasSubstr("-conf"), HasSubstr("Exit codes")));
  ASSERT_READ(version, parse({"--version"}));
  EXPECT_EQ(version.text, "discoveryd 1.2.3\n");
  ASSERT_READ(both, parse({"-h", "--zone", "z"}));
  EXPECT_EQ(both.action, Action::kShowText);
}

TEST(CommandLine, ChecksAndPrints) {
  ASSERT_READ(check, parse({"--check", "-conf", "x"}));
  EXPECT_EQ(check.action, Action::kCheck);
  EXPECT_EQ(check.conf_path, "x");
  ASSERT_READ(print, parse({"--print-config"}));
  EXPECT_EQ(print.action, Action::kPrintConfig);
  EXPECT_THAT(words_error({"--check", "--print-config"}), HasSubstr("choose one"));
  ASSERT_READ(keys, parse({"-print-keys"}));
  EXPECT_EQ(keys.action, Action::kShowText);
  EXPECT_THAT(keys.text,
              AllOf(HasSubstr("\n### `[limits]`\n"), HasSubstr("\n| `limits.body_bytes` | size | `10MiB` |")));
}

TEST(CommandLine, RefusesTheRest) {
  const std::vector<std::vector<std::string>> bad{{"--nonsense"},
                                                  {"stray"},
                                                  {"-c", "onf"},
                                                  {"--zone"},
                                                  {"--zone", "a", "--zone", "b"},
                                                  {"--set"},
                                                  {"--set", "x"},
                                                  {"--set", "=x"},
                                                  {"--check=maybe"},
                                                  {"--", "stray"},
                                                  {"-confx", "y"},
                                                  {""}};
  for (const auto& words : bad) {
    EXPECT_THAT(words_error(words), testing::Not(IsEmpty())) << words.front();
  }
  EXPECT_THAT(words_error({"--nonsense\x1b"}), testing::Not(HasSubstr("\x1b")));
}

TEST(CommandLine, ExitCodesAreThoseOfTheDocument) {
  EXPECT_EQ(static_cast<int>(ExitCode::kClean), 0);
  EXPECT_EQ(static_cast<int>(ExitCode::kFailure), 1);
  EXPECT_EQ(static_cast<int>(ExitCode::kBadConfiguration), 2);
  EXPECT_EQ(static_cast<int>(ExitCode::kAddressInUse), 3);
  EXPECT_EQ(static_cast<int>(ExitCode::kDataDirectoryLocked), 4);
}

}  // namespace
}  // namespace discovery::node
