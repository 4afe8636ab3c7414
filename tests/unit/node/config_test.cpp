#include "node/config.h"

#include <algorithm>

#include "node/config_keys.h"
#include "registry/record_codec.h"
#include "unit/node/config_testing.h"

namespace discovery::node {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using namespace std::chrono_literals;

// As shared/conformance/run writes it.
constexpr const char* kConformance = R"(nodes = ["127.0.0.1:7201","127.0.0.1:7202"]
enableprotect = false
[env]
region = "test"
zone = "zone-a"
host = "a1"
DeployEnv = "dev"
[zones]
"zone-b" = ["127.0.0.1:7203"]
[httpServer]
addr = "127.0.0.1:7201"
timeout = "40s"
[httpClient]
dial = "1s"
keepAlive = "120s"
timeout = "40s"
[cluster]
open_membership = true
)";

TEST(Config, WithoutAnythingIsOneUsefulNode) {
  ASSERT_READ(config, read_config(with_file("")));
  EXPECT_THAT(config.http_server.addr, ElementsAre("127.0.0.1:7171"));
  EXPECT_EQ(config.http_server.advertise, "127.0.0.1:7171");
  EXPECT_EQ(config.http_server.timeout, 40s);
  EXPECT_EQ(config.http_server.threads, 4U);
  EXPECT_EQ(config.env.region, "region01");
  EXPECT_EQ(config.env.zone, "zone01");
  EXPECT_EQ(config.env.deploy_env, "dev");
  EXPECT_EQ(config.env.host, "host-7");
  EXPECT_THAT(config.env.self_env, ElementsAre("dev"));
  EXPECT_EQ(config.lease.expire_after, 90s);
  EXPECT_EQ(config.lease.share, 0.85);
  EXPECT_EQ(config.polls.max_park, 30s);
  EXPECT_EQ(config.limits.connections, 900U);
  EXPECT_EQ(config.polls.max_parked, 900U);
  EXPECT_EQ(config.limits.registry_memory_bytes, 4ULL << 30);
  EXPECT_EQ(config.limits.head_bytes, 256U << 10);
  EXPECT_EQ(config.log.level, observe::LogLevel::kInfo);
  EXPECT_TRUE(config.metrics.enabled);
  EXPECT_THAT(config.warnings, IsEmpty());
  EXPECT_EQ(source_of(config, "httpServer.addr").text(), "default");
  EXPECT_EQ(source_of(config, "env.host").text(), "host");
}

TEST(Config, KnowsNothingOfTheMachineAndStillStarts) {
  ConfigInput input = with_file("");
  input.host = {};
  ASSERT_READ(config, read_config(input));
  EXPECT_EQ(config.env.host, "localhost");
  EXPECT_EQ(config.http_server.threads, 1U);
  EXPECT_GT(config.limits.connections, 0U);
  EXPECT_GT(config.limits.registry_memory_bytes, 0U);
}

TEST(Config, TakesTheFileOfTheConformanceSuite) {
  ASSERT_READ(config, read_config(with_file(kConformance)));
  EXPECT_EQ(config.env.host, "a1");
  EXPECT_THAT(config.zones.at("zone-b"), ElementsAre("127.0.0.1:7203"));
  EXPECT_TRUE(config.cluster.open_membership);
  EXPECT_EQ(source_of(config, "env.zone").text(), "file discovery.toml:5");
  EXPECT_THAT(config.nodes, ElementsAre("127.0.0.1:7201", "127.0.0.1:7202"));
  EXPECT_EQ(config.http_client.dial, 1s);
  EXPECT_THAT(config.warnings, IsEmpty());
}

TEST(Config, KeysOfTheOriginalAreWarnings) {
  ASSERT_READ(config, read_config(with_file("[log]\nstdout = true\ndir = \"/var/log\"\n[log.module]\n\"dao*\" = 2\n"
                                            "[httpServer]\nreadTimeout = \"1s\"\n[httpClient.breaker]\nk = 1.5\n")));
  ASSERT_EQ(config.warnings.size(), 1U);
  EXPECT_THAT(config.warnings[0],
              AllOf(HasSubstr("log.stdout (file discovery.toml:2)"), HasSubstr("log.dir"), HasSubstr("log.module"),
                    HasSubstr("httpServer.readTimeout"), HasSubstr("httpClient.breaker")));
}

TEST(Config, MatchesKeysWithoutRegardToCase) {
  ASSERT_READ(config, read_config(with_file("EnableProtect = true\n[HTTPSERVER]\nADDR = \"127.0.0.1:1\"\n"
                                            "[Env]\ndeployenv = \"uat\"\n[Zones]\nSh = [\"a:1\"]")));
  EXPECT_TRUE(config.enable_protect);
  EXPECT_THAT(config.http_server.addr, ElementsAre("127.0.0.1:1"));
  EXPECT_EQ(config.env.deploy_env, "uat");
  EXPECT_EQ(config.zones.count("Sh"), 1U);
}

TEST(Config, AKeyInTwoSpellingsIsSetTwice) {
  EXPECT_THAT(file_error("[env]\nzone = \"a\"\nZone = \"b\""),
              AllOf(HasSubstr("discovery.toml:3"), HasSubstr("line 2 already")));
  EXPECT_THAT(file_error("[env]\nzone = \"a\"\n[Env]\nzone = \"b\""), HasSubstr("already"));
}

TEST(Config, SourcesHaveTheirOrder) {
  ConfigInput input = with_file("[env]\nregion = \"file\"\nzone = \"file\"\nhost = \"file\"\n");
  input.environment = {{"DISCOVERYD_ENV_REGION", "env"}, {"DISCOVERYD_ENV_ZONE", "env"},
                       {"REGION", "fallback"},           {"ZONE", "fallback"},
                       {"HOSTNAME", "fallback"},         {"DEPLOY_ENV", "fallback"}};
  input.flags = {{"env.region", "flag", "--region"}};
  ASSERT_READ(config, read_config(input));
  EXPECT_EQ(config.env.region, "flag");
  EXPECT_EQ(config.env.zone, "env");
  EXPECT_EQ(config.env.host, "file");
  EXPECT_EQ(config.env.deploy_env, "fallback");
  EXPECT_EQ(source_of(config, "env.region").text(), "flag --region");
  EXPECT_EQ(source_of(config, "env.zone").text(), "env DISCOVERYD_ENV_ZONE");
  EXPECT_EQ(source_of(config, "env.host").text(), "file discovery.toml:4");
  EXPECT_EQ(source_of(config, "env.DeployEnv").text(), "env DEPLOY_ENV");
}

TEST(Config, EmptyNamesFallBackAsInTheOriginal) {
  ConfigInput input = with_file("[env]\nregion = \"\"\nhost = \"\"");
  input.environment = {{"REGION", "sh"}, {"DISCOVERYD_ENV_ZONE", ""}};
  ASSERT_READ(config, read_config(input));
  EXPECT_EQ(config.env.region, "sh");
  EXPECT_EQ(config.env.host, "host-7");
  EXPECT_EQ(config.env.zone, "zone01");
}

TEST(Config, ABadFallBackIsAWarningOnly) {
  ASSERT_READ(config, read_config(with_environment({{"ZONE", "a\nb"}})));
  EXPECT_EQ(config.env.zone, "zone01");
  EXPECT_THAT(config.warnings, Contains(HasSubstr("ZONE")));
}

TEST(Config, EveryTypeCanComeFromTheEnvironment) {
  ASSERT_READ(config, read_config(with_environment({{"DISCOVERYD_HTTPSERVER_ADDR", "127.0.0.1:1,[::1]:1"},
                                                    {"DISCOVERYD_NODES", "a:1, b:2"},
                                                    {"DISCOVERYD_ZONES", "z=c:3,d:4;y=e:5"},
                                                    {"DISCOVERYD_ENABLEPROTECT", "TRUE"},
                                                    {"DISCOVERYD_LEASE_SHARE", "0.5"},
                                                    {"DISCOVERYD_LIMITS_BODY_BYTES", "1MiB"},
                                                    {"DISCOVERYD_POLLS_MAX_PARK", "10s"},
                                                    {"DISCOVERYD_LIMITS_ADDRS", "7"},
                                                    {"DISCOVERYD_LOG_LEVEL", "Debug"},
                                                    {"DISCOVERYD_LOG_FILE", "/tmp/x"}})));
  EXPECT_THAT(config.http_server.addr, ElementsAre("127.0.0.1:1", "[::1]:1"));
  EXPECT_THAT(config.nodes, ElementsAre("a:1", "b:2"));
  EXPECT_THAT(config.zones.at("z"), ElementsAre("c:3", "d:4"));
  EXPECT_TRUE(config.enable_protect);
  EXPECT_EQ(config.lease.share, 0.5);
  EXPECT_EQ(config.limits.body_bytes, 1U << 20);
  EXPECT_EQ(config.polls.max_park, 10s);
  EXPECT_EQ(config.limits.addrs, 7U);
  EXPECT_EQ(config.log.level, observe::LogLevel::kDebug);
  EXPECT_EQ(config.log.file, "/tmp/x");
}

TEST(Config, RefusesUnknownVariablesWithTheNearest) {
  EXPECT_THAT(error_of(with_environment({{"DISCOVERYD_HTTPSERVER_ADR", "x"}})),
              AllOf(HasSubstr("environment DISCOVERYD_HTTPSERVER_ADR"), HasSubstr("mean DISCOVERYD_HTTPSERVER_ADDR?")));
  EXPECT_THAT(error_of(with_environment({{"DISCOVERYD_QQQQQQQQ", ""}})), Not(HasSubstr("did you mean")));
  EXPECT_EQ(error_of(with_environment({{"DISCOVERYDX", "x"}, {"DISCOVERY_NODES", "x"}})), "");
}

TEST(Config, IsNotTroubledByVariablesOfKubernetesServices) {
  EXPECT_EQ(error_of(with_environment({{"DISCOVERYD_SERVICE_HOST", "10.0.0.1"},
                                       {"DISCOVERYD_SERVICE_PORT", "7171"},
                                       {"DISCOVERYD_SERVICE_PORT_HTTP", "7171"},
                                       {"DISCOVERYD_PORT", "tcp://10.0.0.1:7171"},
                                       {"DISCOVERYD_PORT_7171_TCP", "tcp://10.0.0.1:7171"},
                                       {"DISCOVERYD_PORT_7171_TCP_ADDR", "10.0.0.1"},
                                       {"DISCOVERYD_HEADLESS_SERVICE_HOST", "None"}})),
            "");
  EXPECT_NE(error_of(with_environment({{"DISCOVERYD_PORTS", "1"}})), "");
  EXPECT_NE(error_of(with_environment({{"DISCOVERYD_HTTPSERVER_PORT_X", "1"}})), "");
}

TEST(Config, TellsUnknownKeysWithLineAndNearest) {
  EXPECT_EQ(file_error("\n\n[httpServer]\nadress = \"x\"\ntimeot = \"40s\""),
            "discovery.toml:4: unknown key httpServer.adress; did you mean httpServer.addr?\n"
            "discovery.toml:5: unknown key httpServer.timeot; did you mean httpServer.timeout?");
  EXPECT_THAT(file_error("nods = []"), HasSubstr("discovery.toml:1: unknown key nods; did you mean nodes?"));
  EXPECT_THAT(file_error("advertise = \"a:1\""), HasSubstr("did you mean httpServer.advertise?"));
  EXPECT_THAT(file_error("[htpServer]\naddr = \"127.0.0.1:1\""),
              HasSubstr("discovery.toml:1: unknown section [htpServer]; did you mean [httpServer]?"));
  EXPECT_THAT(file_error("[limits]\nxyzzy = 1"), AllOf(HasSubstr("limits.xyzzy"), Not(HasSubstr("did you mean"))));
  EXPECT_THAT(file_error("\"\\u001b[31m\" = 1"), Not(HasSubstr("\x1b")));
}

TEST(Config, TellsAllProblemsTogether) {
  ConfigInput input = with_file("[limits]\nbody_bytes = \"10 apples\"\nhead_bytes = 1\n[log]\nlevel = \"loud\"\n");
  input.environment = {{"DISCOVERYD_POLLS_MAX_PARK", "30"}};
  input.flags = {{"lease.share", "2", "--set lease.share"}};
  const std::string error = error_of(input);
  EXPECT_THAT(error, HasSubstr("discovery.toml:2: limits.body_bytes: \"10 apples\" is no size"));
  EXPECT_THAT(error, HasSubstr("discovery.toml:3: limits.head_bytes: 1 is out of range: 1KiB to 16MiB is allowed"));
  EXPECT_THAT(error, HasSubstr("discovery.toml:5: log.level: \"loud\" is none of: debug, info, warn, error"));
  EXPECT_THAT(error, HasSubstr("environment DISCOVERYD_POLLS_MAX_PARK: polls.max_park: \"30\" is no duration"));
  EXPECT_THAT(error, HasSubstr("flag --set lease.share: lease.share: 2.0 is out of range: 0.01 to 1.0 is allowed"));
  EXPECT_EQ(std::count(error.begin(), error.end(), '\n'), 4);
}

TEST(Config, TellsAtMostAHundredProblems) {
  std::string file;
  for (int i = 0; i < 150; ++i) file += "qqqqqqqqqq" + std::to_string(i) + " = 1\n";
  EXPECT_THAT(file_error(file), HasSubstr("and 50 more"));
}

TEST(Config, BareNumbersAreNoDurations) {
  EXPECT_EQ(file_error("[httpServer]\ntimeout = 40"),
            "discovery.toml:2: httpServer.timeout: 40 has no unit; write a duration such as \"40s\"");
}

TEST(Config, TellsWrongKinds) {
  EXPECT_THAT(file_error("enableprotect = \"true\""), HasSubstr("expected true or false, found \"true\""));
  EXPECT_THAT(file_error("nodes = 1"), HasSubstr("expected a list of texts, found 1"));
  EXPECT_THAT(file_error("nodes = [1]"), HasSubstr("something else than text"));
  EXPECT_THAT(file_error("nodes = [[\"a:1\"]]"), HasSubstr("something else than text"));
  EXPECT_THAT(file_error("[env]\nzone = 1979-05-27"), HasSubstr("found a date or time"));
  EXPECT_THAT(file_error("[env.zone]\na = 1"), HasSubstr("found a section"));
  EXPECT_THAT(file_error("zones = \"x\""), HasSubstr("expected a section"));
  EXPECT_THAT(file_error("[zones]\na = 1"), HasSubstr("a zone that is no list"));
  EXPECT_THAT(file_error("[lease]\nshare = \"x\""), HasSubstr("expected a number such as 0.85"));
  EXPECT_THAT(file_error("[lease]\nshare = nan"), HasSubstr("out of range"));
  EXPECT_THAT(file_error("[limits]\naddrs = 1.5"), HasSubstr("expected a whole number"));
  EXPECT_THAT(file_error("[limits]\naddrs = -1"), HasSubstr("-1 is out of range"));
  EXPECT_THAT(file_error("[limits]\nbody_bytes = -1"), HasSubstr("-1 is out of range"));
  EXPECT_THAT(file_error("[limits]\nbody_bytes = true"), HasSubstr("expected a size"));
  EXPECT_THAT(file_error("[log]\nlevel = 1"), HasSubstr("expected one of debug, info, warn, error"));
  EXPECT_THAT(file_error("env = 1"), HasSubstr("unknown key env"));
}

TEST(Config, RangesIncludeTheirEnds) {
  // Each key with a range, both ends and one step past them.
  for (const KeySpec& key : config_keys()) {
    if (key.max_text.empty()) continue;
    const auto try_value = [&key](std::string value) {
      ConfigInput input = with_file("");
      input.flags = {{std::string(key.name), std::move(value), "--set"}};
      return error_of(input);
    };
    EXPECT_THAT(try_value(std::string(key.min_text)), Not(HasSubstr("out of range"))) << key.name;
    EXPECT_THAT(try_value(std::string(key.max_text)), Not(HasSubstr("out of range"))) << key.name;
    const auto below_and_above = [&key]() -> std::pair<std::string, std::string> {
      switch (key.type) {
        case KeyType::kDuration:
          return {std::to_string(std::max<int64_t>(1, parse_duration(key.min_text)->count()) - 1) + "ns",
                  std::to_string(parse_duration(key.max_text)->count() + 1) + "ns"};
        case KeyType::kFraction:
          return {"0.0099", "1.0001"};
        default:
          return {std::to_string(std::max<uint64_t>(1, *parse_size(key.min_text)) - 1),
                  std::to_string(*parse_size(key.max_text) + 1)};
      }
    }();
    const bool has_lower_end = key.min_text != "0" && key.min_text != "0s";
    if (has_lower_end) {
      EXPECT_THAT(try_value(below_and_above.first), HasSubstr("out of range")) << key.name;
    }
    EXPECT_THAT(try_value(below_and_above.second), HasSubstr("out of range")) << key.name;
  }
}

TEST(Config, NamesHaveLimits) {
  EXPECT_EQ(file_error("[env]\nzone = \"" + std::string(1024, 'z') + "\""), "");
  EXPECT_THAT(file_error("[env]\nzone = \"" + std::string(1025, 'z') + "\""), HasSubstr("at most 1024"));
  EXPECT_THAT(file_error("[env]\nzone = \"a\\u0007b\""), HasSubstr("control characters"));
  EXPECT_THAT(file_error("[env]\nself_env = [\"a\", \"\"]"), HasSubstr("empty"));
  EXPECT_THAT(file_error("[env]\nself_env = [\"a\", \"a\"]"), HasSubstr("twice"));
  EXPECT_THAT(file_error("[zones]\n\"\" = []"), HasSubstr("name of a zone is empty"));
  EXPECT_THAT(file_error("[zones]\nz = [\"nonsense\"]"), HasSubstr("\"z\": \"nonsense\" is no address"));
}

TEST(Config, ListsHaveLimits) {
  const auto nodes = [](int count) {
    std::string list = "nodes = [";
    for (int i = 0; i < count; ++i) list += "\"n" + std::to_string(i) + ":1\",";
    return list + "]";
  };
  EXPECT_EQ(file_error(nodes(1000)), "");
  EXPECT_THAT(file_error(nodes(1001)), HasSubstr("at most 1000"));
  const auto addrs = [](int count) {
    std::string list = "[httpServer]\naddr = [";
    for (int i = 0; i < count; ++i) list += "\"127.0.0.1:" + std::to_string(i + 1) + "\",";
    return list + "]";
  };
  EXPECT_EQ(file_error(addrs(16)), "");
  EXPECT_THAT(file_error(addrs(17)), HasSubstr("at most 16"));
}

TEST(Config, FilesHaveALimit) {
  const std::string comment(kConfigBytesMax - 1, '#');
  EXPECT_EQ(file_error(comment + "\n"), "");
  EXPECT_THAT(file_error(comment + "\n\n"), HasSubstr("larger than 1MiB"));
}

TEST(Config, SeveralAddressesTheFirstIsTheName) {
  ASSERT_READ(config, read_config(with_file("[httpServer]\naddr = [\"[::1]:7171\", \"127.0.0.1:7171\"]")));
  EXPECT_EQ(config.http_server.advertise, "[::1]:7171");
  EXPECT_THAT(file_error("[httpServer]\naddr = []"), HasSubstr("httpServer.addr (file discovery.toml:2) is empty"));
}

TEST(Config, AWildcardNeedsAName) {
  for (const char* addr : {"0.0.0.0:7171", ":7171", "[::]:7171"}) {
    EXPECT_THAT(file_error("[httpServer]\naddr = \"" + std::string(addr) + "\""),
                AllOf(HasSubstr("discovery.toml:2"), HasSubstr("set httpServer.advertise (or --advertise)")));
  }
  ASSERT_READ(config, read_config(with_file("[httpServer]\naddr = \":7171\"\nadvertise = \"10.0.0.1:7171\"")));
  EXPECT_EQ(config.http_server.advertise, "10.0.0.1:7171");
}

TEST(Config, WithPortZeroTheNameIsKnownLater) {
  ASSERT_READ(config, read_config(with_file("[httpServer]\naddr = \"127.0.0.1:0\"")));
  EXPECT_EQ(config.http_server.advertise, "");
}

TEST(Config, TheOwnEnvironmentIsAlwaysOneOfSelfEnv) {
  ASSERT_READ(config, read_config(with_file("[env]\nDeployEnv = \"b\"\nself_env = [\"a\", \"b\", \"c\"]")));
  EXPECT_THAT(config.env.self_env, ElementsAre("b", "a", "c"));
}

TEST(Config, RulesBetweenKeys) {
  EXPECT_EQ(file_error("[lease]\nrenew_interval = \"90s\""), "");
  EXPECT_THAT(
      file_error("[lease]\nrenew_interval = \"91s\""),
      HasSubstr("lease.expire_after (default) is 1m30s, less than lease.renew_interval (file discovery.toml:2), "
                "1m31s"));
  EXPECT_THAT(file_error("[lease]\nexpire_after = \"2h\""), HasSubstr("lease.expire_after_max (default) is 1h"));
  EXPECT_THAT(file_error("[drain]\nwait = \"11s\""), HasSubstr("drain.deadline (default) is 10s"));
  EXPECT_THAT(file_error("[limits]\nbody_bytes = \"257MiB\""), HasSubstr("too little for one body"));
  EXPECT_EQ(file_error("[limits]\nbody_bytes = \"256MiB\""), "");
  EXPECT_THAT(file_error("[admin]\nlisten = \"127.0.0.1:7171\""), HasSubstr("a port of its own"));
  const std::string tls = "[tls]\ncertificate = \"c\"\nkey = \"k\"\nlisten = ";
  EXPECT_THAT(file_error(tls + "\"127.0.0.1:7171\""), HasSubstr("a port of its own"));
  EXPECT_THAT(file_error(tls + "\"127.0.0.1:7443\"\n[admin]\nlisten = \"127.0.0.1:7443\""),
              HasSubstr("admin.listen (file discovery.toml:6) is one of tls.listen (file discovery.toml:4)"));
  EXPECT_EQ(file_error(tls + "\"127.0.0.1:0\"\n[httpServer]\naddr = \"127.0.0.1:0\""), "") << "two ports";
}

TEST(Config, WarnsOfWhatWillSurprise) {
  const auto warnings = [](const char* file) {
    const Result<Config> config = read_config(with_file(file));
    return config ? config->warnings : std::vector<std::string>{"error"};
  };
  EXPECT_THAT(warnings("[httpServer]\ntimeout = \"30s\""), ElementsAre(HasSubstr("ends polls before polls.max_park")));
  EXPECT_THAT(warnings("[limits]\nconnections = 1001"), ElementsAre(HasSubstr("limit of descriptors, 1000")));
  EXPECT_THAT(warnings("[limits]\nconnections = 1000"), IsEmpty());
  EXPECT_THAT(warnings("[admin]\nlisten = \"0.0.0.0:7172\""), ElementsAre(HasSubstr("no loopback address")));
  EXPECT_THAT(warnings("[admin]\nlisten = \"[::1]:7172\""), IsEmpty());
  EXPECT_THAT(warnings("[lease]\nprotect = \"uncovered\"\nbrake = true\ntrust_refused = true"), IsEmpty());
  EXPECT_THAT(warnings("[etcd]\nlisten = \"127.0.0.1:2379\""), IsEmpty());
}

TEST(Config, WhatClientsOfEtcdAreServedWithIsChecked) {
  const std::string listens = "[etcd]\nlisten = \"127.0.0.1:2379\"\n";
  EXPECT_EQ(file_error(listens + "show = []\nnaming_targets = [\"shop.stock\"]\nprefixes = [\"a/b=rpcx\", \"c=none\"]"),
            "");
  EXPECT_THAT(file_error("[etcd]\nadvertise = \"10.0.0.1:2379\""), HasSubstr("is set, but etcd.listen is not"));
  EXPECT_THAT(file_error("[etcd]\ntls = true"), HasSubstr("is set, but etcd.listen is not"));
  EXPECT_THAT(file_error(listens + "tls = true"), HasSubstr("takes a certificate and its key: set tls.certificate"));
  EXPECT_EQ(file_error(listens + "tls = true\n[tls]\ncertificate = \"c\"\nkey = \"k\""), "");
  EXPECT_THAT(file_error(listens + "show = [\"naming\"]"), HasSubstr("naming is none of go-micro and kratos"));
  EXPECT_THAT(file_error(listens + "prefixes = [\"a\"]"), HasSubstr("does not end with =LAYOUT"));
  EXPECT_THAT(file_error(listens + "prefixes = [\"a=consul\"]"), HasSubstr("does not end with =LAYOUT"));
  EXPECT_THAT(file_error(listens + "kratos_namespace = \"\""), HasSubstr("[etcd] "));
  EXPECT_THAT(file_error("[httpServer]\naddr = \"127.0.0.1:2379\"\n" + listens), HasSubstr("a port of its own"));
}

TEST(Config, FlagsAreCheckedToo) {
  ConfigInput input = with_file("");
  input.flags = {{"limits.bodybytes", "1", "--set limits.bodybytes"}};
  EXPECT_EQ(error_of(input),
            "flag --set limits.bodybytes: unknown key limits.bodybytes; did you mean limits.body_bytes?");
  input.flags = {{"env.region", "a", "--region"}, {"ENV.Region", "b", "--set ENV.Region"}};
  EXPECT_EQ(error_of(input), "flag --set ENV.Region: env.region is given by --region already");
}

TEST(Config, ReloadTakesWhatItMayAndNamesTheRest) {
  ASSERT_READ(running, read_config(with_file("[log]\nlevel = \"info\"\nformat = \"text\"")));
  ASSERT_READ(fresh, read_config(with_file("[log]\nlevel = \"debug\"\nformat = \"json\"\n[httpServer]\n"
                                           "addr = \"127.0.0.1:9\"\n[limits]\naddrs = 3")));
  const Reload reload = plan_reload(running, fresh);
  EXPECT_THAT(reload.changed, ElementsAre("limits.addrs", "log.level"));
  EXPECT_THAT(reload.needs_restart, ElementsAre("httpServer.addr", "httpServer.advertise", "log.format"));
  EXPECT_EQ(reload.config.log.level, observe::LogLevel::kDebug);
  EXPECT_EQ(reload.config.log.format, observe::LogFormat::kText);
  EXPECT_EQ(reload.config.limits.addrs, 3U);
  EXPECT_THAT(reload.config.http_server.addr, ElementsAre("127.0.0.1:7171"));
  EXPECT_EQ(source_of(reload.config, "httpServer.addr").text(), "default");
  EXPECT_EQ(source_of(reload.config, "log.level").text(), "file discovery.toml:2");
  EXPECT_THAT(changed_keys(running, reload.config), ElementsAre("limits.addrs", "log.level"));
}

TEST(Config, ReloadTakesOtherNodesAndTheWaitForAReceipt) {
  ASSERT_READ(running, read_config(with_file("nodes = [\"127.0.0.1:7171\"]")));
  ASSERT_READ(fresh, read_config(with_file("nodes = [\"127.0.0.1:7171\", \"10.0.0.2:7171\"]\n[zones]\n"
                                           "sh2 = [\"10.2.0.1:7171\"]\n[cluster]\nack_wait = \"20ms\"\n"
                                           "data_dir = \"/var/lib/discoveryd\"\n")));
  const Reload reload = plan_reload(running, fresh);
  EXPECT_THAT(reload.changed, ElementsAre("nodes", "zones", "cluster.ack_wait"));
  EXPECT_THAT(reload.needs_restart, ElementsAre("cluster.data_dir"));
  EXPECT_EQ(reload.config.cluster.ack_wait, 20ms);
  EXPECT_EQ(reload.config.cluster.data_dir, "");
}

TEST(Config, NamesFitIntoWhatNodesExchange) {
  // What a client could register, but no peer would take, must not be allowed.
  EXPECT_EQ(file_error("[limits]\nname_bytes = 1024"), "");
  EXPECT_THAT(file_error("[limits]\nname_bytes = 1025"), HasSubstr("limits.name_bytes"));
  const KeySpec& key = config_keys()[*find_key("limits.name_bytes")];
  EXPECT_EQ(key.max_text, std::to_string(registry::kNameBytesMax));
}

TEST(Config, ReloadOfTheSameChangesNothing) {
  ASSERT_READ(running, read_config(with_file(kConformance)));
  const Reload reload = plan_reload(running, running);
  EXPECT_THAT(reload.changed, IsEmpty());
  EXPECT_THAT(reload.needs_restart, IsEmpty());
}

TEST(Config, ReloadKeepsTheNameABoundPortGave) {
  ASSERT_READ(read, read_config(with_file("[httpServer]\naddr = \"127.0.0.1:0\"")));
  Config running = read;
  running.http_server.advertise = "127.0.0.1:40001";
  const Reload reload = plan_reload(running, read);
  EXPECT_THAT(reload.needs_restart, IsEmpty());
  EXPECT_EQ(reload.config.http_server.advertise, "127.0.0.1:40001");
}

TEST(Config, TlsIsWholeOrNotAtAll) {
  EXPECT_THAT(file_error("[tls]\nlisten = \"127.0.0.1:7443\"\nkey = \"k\""), HasSubstr("set tls.certificate"));
  EXPECT_THAT(file_error("[tls]\nlisten = \"127.0.0.1:7443\"\ncertificate = \"c\""), HasSubstr("set tls.key"));
  EXPECT_THAT(file_error("[tls]\ncertificate = \"c\"\nkey = \"k\""), HasSubstr("nothing listens with TLS"));
  EXPECT_EQ(file_error("[tls]\nlisten = [\"127.0.0.1:7443\", \"[::1]:7443\"]\ncertificate = \"c\"\nkey = \"k\""), "");
}

}  // namespace
}  // namespace discovery::node
