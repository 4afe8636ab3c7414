// The command line and the configuration, as far as they end the process: checking, printing, refusing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "integration/daemon.h"

namespace discovery::integration {
namespace {

using ::testing::HasSubstr;

Finished run(std::vector<std::string> arguments, std::vector<std::string> environment = {}) {
  return run_discoveryd({std::move(arguments), std::move(environment), std::nullopt});
}

TEST(CommandLine, ShowsVersionAndHelp) {
  const Finished version = run({"--version"});
  EXPECT_EQ(version.code, 0);
  EXPECT_THAT(version.output, ::testing::StartsWith("discoveryd "));
  EXPECT_EQ(version.output.find("discoveryd", 1), std::string::npos) << "says its name once: " << version.output;
  const Finished help = run({"--help"});
  EXPECT_EQ(help.code, 0);
  for (const char* flag : {"--conf", "--listen", "--check", "--print-config", "--set"}) {
    EXPECT_THAT(help.output, HasSubstr(flag));
  }
}

TEST(CommandLine, RefusesWhatItDoesNotKnow) {
  const Finished ended = run({"--lisen", "127.0.0.1:0"});
  EXPECT_EQ(ended.code, 2);
  EXPECT_THAT(ended.errors, HasSubstr("--lisen"));
}

TEST(Check, ApprovesWhatIsGood) {
  const TempDir folder;
  static_cast<void>(folder.put("discovery.toml", "[httpServer]\naddr = \"127.0.0.1:7171\"\n"));
  const Finished ended = run({"-conf", folder.path().string(), "--check"});
  EXPECT_EQ(ended.code, 0) << ended.errors;
}

TEST(Check, TellsEveryErrorAtOnceWithItsLineAndTheNearestKey) {
  const TempDir folder;
  const std::string file = folder.put("discovery.toml",
                                      "nodez = [\"127.0.0.1:7171\"]\n"  // 1
                                      "[httpServer]\n"                  // 2
                                      "addr = \"127.0.0.1:7171\"\n"     // 3
                                      "timout = \"40s\"\n"              // 4
                                      "[limits]\n"                      // 5
                                      "body_bytes = \"ten\"\n"          // 6
                                      "head_fields = 1\n");             // 7
  const Finished ended = run({"-conf", file, "--check"}, {"DISCOVERYD_LIMITS_ADDRS=many"});
  EXPECT_EQ(ended.code, 2);
  EXPECT_THAT(ended.errors, HasSubstr("discovery.toml:1: unknown key nodez; did you mean nodes?"));
  EXPECT_THAT(ended.errors,
              HasSubstr("discovery.toml:4: unknown key httpServer.timout; did you mean httpServer.timeout?"));
  EXPECT_THAT(ended.errors, HasSubstr("discovery.toml:6: limits.body_bytes: "));
  EXPECT_THAT(ended.errors, HasSubstr("discovery.toml:7: limits.head_fields: "));
  EXPECT_THAT(ended.errors, HasSubstr("DISCOVERYD_LIMITS_ADDRS: limits.addrs: "));
}

TEST(Check, WarnsOfKeysThatOnlyTheOriginalUses) {
  const TempDir folder;
  static_cast<void>(folder.put("discovery.toml", "[httpServer]\nreadTimeout = \"1s\"\n[log]\ndir = \"/tmp\"\n"));
  const Finished ended = run({"-conf", folder.path().string(), "--check"});
  EXPECT_EQ(ended.code, 0) << ended.errors;
  EXPECT_THAT(ended.errors, HasSubstr("httpServer.readTimeout"));
  EXPECT_THAT(ended.errors, HasSubstr("log.dir"));
}

TEST(Configuration, TheSameErrorsEndAStart) {
  const TempDir folder;
  const std::string file = folder.put("discovery.toml", "[httpServer]\nadr = \"127.0.0.1:0\"\n");
  const Finished ended = run({"-conf", file});
  EXPECT_EQ(ended.code, 2);
  EXPECT_THAT(ended.errors, HasSubstr("discovery.toml:2: unknown key httpServer.adr; did you mean httpServer.addr?"));
  EXPECT_EQ(ended.output, "");
}

TEST(Configuration, WhatCannotBeReadEndsAStart) {
  const TempDir folder;
  const std::string missing = folder / "missing";
  const std::string empty = folder / "empty";
  const std::string wrong = folder / "wrong";
  std::filesystem::create_directories(empty);
  std::filesystem::create_directories(std::filesystem::path(wrong) / "discovery.toml");
  const std::string broken = folder.put("broken.toml", "nodes = [\n");
  for (const std::string& path : {missing, empty, wrong, broken}) {
    const Finished ended = run({"-conf", path});
    EXPECT_EQ(ended.code, 2) << path;
    EXPECT_THAT(ended.errors, HasSubstr(path));
  }
}

TEST(Configuration, AWildcardNeedsAnAdvertisedAddress) {
  const Finished refused = run({"--listen", "0.0.0.0:0"});
  EXPECT_EQ(refused.code, 2);
  EXPECT_THAT(refused.errors, HasSubstr("advertise"));
  DaemonOptions options;
  options.listen = false;
  options.flags = {"--listen", "0.0.0.0:0", "--advertise", "10.0.0.1:7171"};
  const Daemon daemon(options);
  const Address loopback{"127.0.0.1", daemon.api().port};
  EXPECT_EQ(get(loopback, "/discovery/nodes").json().at("data").at(0).at("addr"), "10.0.0.1:7171");
}

TEST(Configuration, FlagBeforeEnvironmentBeforeFileBeforeDefault) {
  const TempDir folder;
  static_cast<void>(folder.put("discovery.toml",
                               "[env]\nregion = \"file\"\nzone = \"file\"\nhost = \"file\"\n[limits]\naddrs = 7\n"));
  const Finished ended = run({"-conf", folder.path().string(), "--print-config", "--region", "flag"},
                             {"DISCOVERYD_ENV_REGION=environment", "DISCOVERYD_ENV_ZONE=environment", "ZONE=old"});
  ASSERT_EQ(ended.code, 0) << ended.errors;
  EXPECT_THAT(ended.output, HasSubstr("region = \"flag\"  # flag --region\n"));
  EXPECT_THAT(ended.output, HasSubstr("zone = \"environment\"  # env DISCOVERYD_ENV_ZONE\n"));
  EXPECT_THAT(ended.output, HasSubstr("host = \"file\"  # file "));
  EXPECT_THAT(ended.output, HasSubstr("discovery.toml:4\n"));
  EXPECT_THAT(ended.output, HasSubstr("addr = [\"127.0.0.1:7171\"]  # default\n"));
}

TEST(PrintConfig, ConnectionsAreNineTenthsOfTheDescriptors) {
  const Finished ended = run_discoveryd({{"--print-config"}, {}, 100});
  ASSERT_EQ(ended.code, 0) << ended.errors;
  EXPECT_THAT(ended.output, HasSubstr("\nconnections = 90  # default\n"));
  EXPECT_THAT(ended.output, HasSubstr("\nmax_parked = 90  # default\n"));
}

TEST(PrintConfig, CanBeFedBack) {
  const TempDir folder;
  static_cast<void>(folder.put("discovery.toml",
                               "nodes = [\"127.0.0.1:7171\"]\n[zones]\n\"z b\" = [\"10.0.0.1:7171\"]\n"
                               "[polls]\nempty_hold = \"1500ms\"\n"));
  const Finished printed = run({"-conf", folder.path().string(), "--print-config", "--set", "limits.min_rate=0"});
  ASSERT_EQ(printed.code, 0) << printed.errors;
  const TempDir again;
  static_cast<void>(again.put("discovery.toml", printed.output));
  const Finished checked = run({"-conf", again.path().string(), "--check"});
  EXPECT_EQ(checked.code, 0) << checked.errors;
  const Finished twice = run({"-conf", again.path().string(), "--print-config"});
  // The same values; only where they come from is another place.
  const auto without_sources = [](const std::string& text) {
    std::vector<std::string> values;
    for (const std::string& line : lines_of(text)) values.push_back(line.substr(0, line.find("  # ")));
    return values;
  };
  EXPECT_EQ(without_sources(twice.output), without_sources(printed.output));
  EXPECT_THAT(twice.output, HasSubstr("empty_hold = \"1s500ms\""));
}

}  // namespace
}  // namespace discovery::integration
