// Starting: what the daemon needs, where it listens, what it is good for at once.
#include <gtest/gtest.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <iostream>

#include "integration/daemon.h"

namespace discovery::integration {
namespace {

/// This machine has an IPv6 loopback address.
bool has_ipv6() {
  const int fd = ::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_addr = in6addr_loopback;
  const bool ok = fd >= 0 && ::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  if (fd >= 0) ::close(fd);
  return ok;
}

/// The addresses under which a node lists itself in that environment.
nlohmann::json own_addresses(const Daemon& daemon, const std::string& env) {
  const auto answer = daemon.get("/discovery/fetch?appid=infra.discovery&status=1&env=" + env).json();
  nlohmann::json addresses = nlohmann::json::array();
  if (answer.at("code") != 0) return addresses;
  for (const auto& zone : answer.at("data").at("instances")) {
    for (const auto& instance : zone)
      addresses.insert(addresses.end(), instance["addrs"].begin(), instance["addrs"].end());
  }
  return addresses;
}

TEST(Start, IsUsefulWithoutAnyConfiguration) {
  const Daemon daemon;
  EXPECT_EQ(own_addresses(daemon, "dev"), nlohmann::json::array({"http://" + daemon.api().text()}));
  EXPECT_EQ(daemon.get("/healthz").status, 200);
  EXPECT_EQ(daemon.get("/healthz").body, "ok\n");
  EXPECT_EQ(daemon.get("/readyz").status, 200);
  EXPECT_EQ(daemon.count("discovery_ready"), 1);
  EXPECT_EQ(daemon.get("/").status, 200);
  EXPECT_NE(daemon.get("/").body.find("/discovery/register"), std::string::npos);
  const auto nodes = daemon.get("/discovery/nodes").json().at("data");
  ASSERT_EQ(nodes.size(), 1U);
  EXPECT_EQ(nodes[0].at("addr"), daemon.api().text());
  EXPECT_EQ(nodes[0].at("status"), 0);
  EXPECT_EQ(nodes[0].at("zone"), "zone01");
}

TEST(Start, TellsEachCheckOfReadiness) {
  const Daemon daemon;
  const Answer answer = daemon.get("/readyz?verbose");
  EXPECT_EQ(answer.status, 200);
  EXPECT_TRUE(answer.field("content-type").starts_with("application/json"));
  const auto ready = answer.json();
  EXPECT_EQ(ready.at("ready"), true);
  ASSERT_FALSE(ready.at("checks").empty());
  for (const auto& check : ready.at("checks")) EXPECT_EQ(check.at("ok"), true) << check;
}

TEST(Start, TakesTheIdentityFromTheEnvironmentLikeTheOriginal) {
  DaemonOptions options;
  options.environment = {"REGION=r9", "ZONE=z9", "DEPLOY_ENV=uat", "HOSTNAME=n9"};
  const Daemon daemon(options);
  const auto answer = daemon.get("/discovery/fetch?appid=infra.discovery&status=1&env=uat").json();
  ASSERT_EQ(answer.at("code"), 0) << answer;
  const auto& own = answer.at("data").at("instances").at("z9").at(0);
  EXPECT_EQ(own.at("region"), "r9");
  EXPECT_EQ(own.at("hostname"), "n9");
}

TEST(Start, ListsItselfInEveryEnvironmentItIsToldTo) {
  DaemonOptions options;
  options.file = "[env]\nDeployEnv = \"dev\"\nself_env = [\"uat\", \"pre\"]\n";
  const Daemon daemon(options);
  const auto own = nlohmann::json::array({"http://" + daemon.api().text()});
  EXPECT_EQ(own_addresses(daemon, "dev"), own);
  EXPECT_EQ(own_addresses(daemon, "uat"), own);
  EXPECT_EQ(own_addresses(daemon, "pre"), own);
  EXPECT_EQ(own_addresses(daemon, "prod"), nlohmann::json::array());
}

// As conformance/run writes it: several nodes, other zones, open membership. The other node has not started.
TEST(Start, TakesAConfigurationOfSeveralNodes) {
  const std::string self = "127.0.0.1:" + std::to_string(free_port());
  const std::string peer = "127.0.0.1:" + std::to_string(free_port());
  DaemonOptions options;
  options.listen = false;
  options.file = "nodes = [\"" + self + "\",\"" + peer + "\"]\nenableprotect = false\n" +
                 "[env]\nregion = \"test\"\nzone = \"zone-a\"\nhost = \"a1\"\nDeployEnv = \"dev\"\n" +
                 "[zones]\n\"zone-b\" = [\"" + peer + "\"]\n" +  //
                 "[httpServer]\naddr = \"" + self + "\"\ntimeout = \"40s\"\n" +
                 "[httpClient]\ndial = \"1s\"\nkeepAlive = \"120s\"\ntimeout = \"40s\"\n" +
                 "[cluster]\nopen_membership = true\n";
  const Daemon daemon(options);
  EXPECT_EQ(daemon.api().text(), self);
  const auto known = daemon.get("/admin/cluster").json().at("nodes");
  ASSERT_EQ(known.size(), 1U);
  EXPECT_EQ(known[0].at("address"), peer);
  EXPECT_EQ(daemon.log().find("event=config "), std::string::npos) << "nothing to warn of";
}

class StartWithFlag : public ::testing::TestWithParam<const char*> {};

TEST_P(StartWithFlag, ReadsTheFolderOrTheFile) {
  const TempDir folder;
  const std::string file = folder.put("discovery.toml", "[env]\nzone = \"from-file\"\n");
  for (const std::string& path : {folder.path().string(), file}) {
    DaemonOptions options;
    const std::string flag = GetParam();
    if (flag.ends_with('=')) {
      options.flags = {flag + path};
    } else {
      options.flags = {flag, path};
    }
    const Daemon daemon(options);
    EXPECT_EQ(daemon.get("/discovery/nodes").json().at("data").at(0).at("zone"), "from-file") << path;
  }
}

INSTANTIATE_TEST_SUITE_P(Conf, StartWithFlag, ::testing::Values("-conf", "--conf", "-conf=", "--conf="),
                         [](const auto& spelling) { return "Spelling" + std::to_string(spelling.index); });

TEST(Start, ListensOnSeveralAddresses) {
  DaemonOptions options;
  options.flags = {"--listen", "127.0.0.1:" + std::to_string(free_port()), "--listen", "127.0.0.2:0"};
  options.listen = false;
  const Daemon daemon(options);
  ASSERT_EQ(daemon.apis().size(), 2U);
  EXPECT_EQ(daemon.api(1).host, "127.0.0.2");
  daemon.add({.appid = "everywhere"});
  for (const Address& address : daemon.apis()) {
    EXPECT_EQ(get(address, "/discovery/fetch?env=ct&appid=everywhere&status=1").code(), 0) << address.text();
    EXPECT_TRUE(daemon.eventually_logs("listening", "addr=" + address.text()));
  }
}

TEST(Start, ListensOnIpv6) {
  if (!has_ipv6()) {
    std::cout << "**** NOT RUN: this machine has no IPv6 loopback address\n";
    GTEST_SKIP() << "this machine has no IPv6 loopback address";
  }
  DaemonOptions options;
  options.listen = false;
  options.flags = {"--listen", "[::1]:0", "--listen", "127.0.0.1:0"};
  const Daemon daemon(options);
  ASSERT_EQ(daemon.apis().size(), 2U);
  EXPECT_EQ(daemon.api().host, "::1");
  EXPECT_EQ(daemon.get("/healthz").status, 200);
  EXPECT_EQ(own_addresses(daemon, "dev"), nlohmann::json::array({"http://" + daemon.api().text()}));
  EXPECT_EQ(get(daemon.api(1), "/healthz").status, 200);
  EXPECT_EQ(daemon.state().at("draining"), false) << "::1 is loopback too";
}

TEST(Start, ServesAdminCallsOnAPortOfTheirOwn) {
  DaemonOptions options;
  options.flags = with_settings({"admin.listen=127.0.0.2:0"});
  const Daemon daemon(options);
  ASSERT_NE(daemon.admin().port, daemon.api().port);
  EXPECT_EQ(daemon.get("/admin/state").status, 404);
  EXPECT_EQ(daemon.post("/admin/reload").status, 404);
  EXPECT_EQ(daemon.post("/admin/drain").status, 404);
  EXPECT_EQ(get(daemon.admin(), "/admin/state").status, 200);
  EXPECT_EQ(get(daemon.admin(), "/healthz").status, 200);
  EXPECT_EQ(get(daemon.admin(), "/discovery/nodes").status, 404);
  EXPECT_EQ(daemon.get("/discovery/nodes").code(), 0);
}

TEST(Start, RefusesReadsInItsFirstMinuteWhenToldTo) {
  DaemonOptions options;
  options.file = "enableprotect = true\n";
  const Daemon daemon(options);
  for (const char* target : {"/discovery/fetch?env=ct&appid=a&status=1", "/discovery/fetchs", "/discovery/fetch/all",
                             "/discovery/nodes", "/discovery/poll", "/discovery/polls"}) {
    const Answer answer = daemon.get(target);
    EXPECT_EQ(answer.status, 200) << target;
    EXPECT_EQ(answer.code(), -500) << target;
  }
  const TestInstance instance{.appid = "early"};
  EXPECT_EQ(daemon.post("/discovery/register", instance.register_form()).code(), 0);
  EXPECT_EQ(daemon.post("/discovery/renew", instance.key_form()).code(), 0);
  EXPECT_EQ(daemon.post("/discovery/cancel", instance.key_form()).code(), 0);
  const Answer ready = daemon.get("/readyz?verbose");
  EXPECT_EQ(ready.status, 503);
  EXPECT_EQ(ready.json().at("ready"), false);
  EXPECT_EQ(daemon.get("/readyz").status, 503);
  EXPECT_EQ(daemon.count("discovery_ready"), 0);
  EXPECT_EQ(daemon.get("/healthz").status, 200);
}

TEST(Start, AnAddressInUseEndsItWithThree) {
  const Daemon first;
  const Finished second =
      run_discoveryd({.arguments = {"--listen", first.api().text()}, .environment = {}, .descriptors = {}});
  EXPECT_EQ(second.code, 3);
  EXPECT_NE(second.errors.find(first.api().text()), std::string::npos) << second.errors;
  EXPECT_NE(second.errors.find("in use"), std::string::npos) << second.errors;
  EXPECT_EQ(first.get("/healthz").status, 200);
}

TEST(Start, AnAddressThatIsNotOursEndsItWithAMessage) {
  const Finished ended =
      run_discoveryd({.arguments = {"--listen", "203.0.113.1:0"}, .environment = {}, .descriptors = {}});
  EXPECT_EQ(ended.code, 1);
  EXPECT_NE(ended.errors.find("203.0.113.1"), std::string::npos) << ended.errors;
}

}  // namespace
}  // namespace discovery::integration
