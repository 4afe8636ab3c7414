// The admin calls: who may make them and what they answer.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <ifaddrs.h>
#include <netinet/in.h>

#include <csignal>
#include <iostream>

#include "integration/daemon.h"

namespace discovery::integration {
namespace {

/// An IPv4 address of this machine other than loopback, "" when it has none.
std::string outer_address() {
  ifaddrs* all = nullptr;
  if (::getifaddrs(&all) != 0) return "";
  std::string found;
  for (const ifaddrs* one = all; one && found.empty(); one = one->ifa_next) {
    if (!one->ifa_addr || one->ifa_addr->sa_family != AF_INET) continue;
    const auto* address = reinterpret_cast<const sockaddr_in*>(one->ifa_addr);
    if (ntohl(address->sin_addr.s_addr) >> 24 == 127) continue;
    char text[INET_ADDRSTRLEN] = {};
    ::inet_ntop(AF_INET, &address->sin_addr, text, sizeof text);
    found = text;
  }
  ::freeifaddrs(all);
  return found;
}

TEST(Admin, TellsTheState) {
  const Daemon daemon;
  daemon.add({.appid = "one"});
  const auto state = daemon.state();
  EXPECT_EQ(state.at("instances"), 2) << "and its own";
  EXPECT_EQ(state.at("draining"), false);
  EXPECT_EQ(state.at("parked_polls"), 0);
  EXPECT_EQ(state.at("log_level"), "info");
  EXPECT_GT(state.at("requests").get<int>(), 0);
  EXPECT_FALSE(state.at("version").get<std::string>().empty());
}

TEST(Admin, ChangesTheLogLevel) {
  const Daemon daemon;
  const Answer answer = daemon.post("/admin/log-level?level=debug");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.json().at("level"), "debug");
  EXPECT_EQ(daemon.state().at("log_level"), "debug");
  daemon.add({.appid = "twice"});
  daemon.add({.appid = "twice"});  // a line of level debug
  EXPECT_TRUE(daemon.eventually_logs("changed", "appid=twice"));
  const Answer unknown = daemon.post("/admin/log-level?level=loud");
  EXPECT_EQ(unknown.status, 400);
  EXPECT_TRUE(unknown.json().contains("error"));
  EXPECT_EQ(daemon.post("/admin/log-level").status, 400);
  EXPECT_EQ(daemon.state().at("log_level"), "debug");
}

TEST(Admin, IsNotAnsweredToAPageInABrowser) {
  Daemon daemon;
  const std::string page = "Origin: http://127.0.0.1:7171\r\n";
  EXPECT_EQ(daemon.post("/admin/drain", "", page).status, 403);
  EXPECT_EQ(daemon.post("/admin/reload", "", page).status, 403);
  EXPECT_EQ(daemon.post("/admin/log-level?level=debug", "", page).status, 403);
  const Answer answer = daemon.get("/admin/state", page);
  EXPECT_EQ(answer.status, 403);
  EXPECT_TRUE(answer.json().contains("error"));
  EXPECT_EQ(daemon.state().at("log_level"), "info");
  EXPECT_TRUE(daemon.process().running());
}

TEST(Admin, IsNotAnsweredToAPageOnItsOwnListenerEither) {
  DaemonOptions options;
  options.flags = with_settings({"admin.listen=127.0.0.2:0"});
  const Daemon daemon(options);
  EXPECT_EQ(get(daemon.admin(), "/admin/state", "Origin: null\r\n").status, 403);
  EXPECT_EQ(get(daemon.admin(), "/admin/state").status, 200);
}

TEST(Admin, KnowsItsMethods) {
  const Daemon daemon;
  EXPECT_EQ(daemon.get("/admin/drain").status, 405);
  EXPECT_EQ(daemon.get("/admin/reload").status, 405);
  EXPECT_EQ(daemon.post("/admin/state").status, 405);
  EXPECT_EQ(daemon.get("/admin/").status, 404);
  EXPECT_EQ(daemon.get("/admin/state/").status, 404);
  EXPECT_EQ(daemon.get("/healthz").status, 200) << "and does not drain";
}

TEST(Admin, IsAnsweredToLoopbackOnly) {
  const std::string outer = outer_address();
  if (outer.empty()) {
    std::cout << "**** NOT RUN: this machine has no address but loopback\n";
    GTEST_SKIP() << "this machine has no address but loopback";
  }
  DaemonOptions options;
  options.listen = false;
  options.flags = {"--listen", "0.0.0.0:0", "--advertise", outer + ":7171"};
  const Daemon daemon(options);
  const Address from_outside{outer, daemon.api().port};
  // Every spelling of the path comes to the same verdict.
  for (const char* path : {"/admin/state", "//admin/state", "/admin/./state", "/x/../admin/state", "/%61dmin/state"}) {
    EXPECT_EQ(get(from_outside, path).status, 403) << path;
    EXPECT_EQ(get(Address{"127.0.0.1", daemon.api().port}, path).status, 200) << path;
  }
  EXPECT_EQ(post(from_outside, "/admin/drain", "", "X-Forwarded-For: 127.0.0.1\r\n").status, 403);
  EXPECT_EQ(get(from_outside, "/discovery/nodes").status, 200);
  EXPECT_TRUE(daemon.eventually_logs("open_to_all"));
}

}  // namespace
}  // namespace discovery::integration
