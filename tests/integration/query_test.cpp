// What a node tells about its instances: their history, and why one is listed or not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "integration/daemon.h"
#include "integration/deadline.h"

namespace discovery::integration {
namespace {

using ::testing::HasSubstr;

const std::string kExplain = "/api/explain?env=ct&appid=shop&hostname=";
const std::string kHistory = "/api/history?env=ct&appid=shop";

TEST(History, NamesTheClientThatCancelled) {
  Daemon daemon;
  const TestInstance instance{.appid = "shop"};
  daemon.add(instance);
  Connection elsewhere(daemon.api(), {.from = "127.0.0.9"});
  elsewhere.send(post_request("/discovery/cancel", instance.key_form()));
  EXPECT_EQ(elsewhere.read_answer().code(), 0);
  const nlohmann::json history = daemon.get(kHistory).json();
  ASSERT_EQ(history.at("events").size(), 2u);
  const auto& cancelled = history.at("events").at(0);
  EXPECT_EQ(cancelled.at("kind"), "cancelled");
  EXPECT_EQ(cancelled.at("by"), "127.0.0.9");
  EXPECT_EQ(cancelled.at("hostname"), "h1");
  EXPECT_EQ(cancelled.at("before").at("version"), "v1");
  EXPECT_EQ(cancelled.at("before").at("addrs"), nlohmann::json({"http://10.0.0.1:80"}));
  EXPECT_EQ(cancelled.at("after").at("state"), "cancelled");
  EXPECT_EQ(history.at("events").at(1).at("kind"), "registered");
  EXPECT_EQ(history.at("node"), daemon.api().text());
  const nlohmann::json why = daemon.get(kExplain + "h1").json();
  EXPECT_EQ(why.at("cause"), "cancelled");
  EXPECT_THAT(why.at("summary").get<std::string>(), HasSubstr("by 127.0.0.9"));
}

TEST(History, GivesTheStateOfAMoment) {
  Daemon daemon;
  daemon.add({.appid = "shop", .hostname = "h1"});
  daemon.add({.appid = "shop", .hostname = "h2"});
  const int64_t both = daemon.timestamp("shop");
  daemon.post("/discovery/cancel", TestInstance{.appid = "shop", .hostname = "h2"}.key_form());
  daemon.add({.appid = "shop", .hostname = "h1", .version = "v2"});
  const nlohmann::json then = daemon.get(kHistory + "&at=" + std::to_string(both)).json();
  EXPECT_EQ(then.at("complete"), true);
  ASSERT_EQ(then.at("instances").size(), 2u);
  for (const auto& i : then.at("instances")) {
    EXPECT_EQ(i.at("state"), "visible") << i;
    EXPECT_EQ(i.at("version"), "v1") << i;
  }
  const nlohmann::json now = daemon.get(kHistory + "&at=0s").json();
  EXPECT_EQ(now.at("instances").at(0).at("version"), "v2");
  EXPECT_EQ(now.at("instances").at(1).at("state"), "cancelled");
  EXPECT_EQ(daemon.get(kHistory + "&at=1h").json().at("complete"), false) << "before the node began";
}

TEST(History, EveryBadQuestionIsToldWhatIsWrong) {
  Daemon daemon;
  for (const std::string query : {"since=yesterday", "until=2026-13-45", "kind=renamed", "limit=0", "limit=1001",
                                  "limit=ten", "below=0", "apid=shop", "at=10m", "at=10m&env=ct"}) {
    const Answer answer = daemon.get("/api/history?" + query);
    EXPECT_EQ(answer.status, 400) << query;
    EXPECT_FALSE(answer.json().at("error").get<std::string>().empty()) << query;
  }
  for (const std::string query : {"", "env=ct&appid=shop", "env=ct&hostname=h", "appid=shop&hostname=h",
                                  "env=ct&appid=shop&hostname=h&status=up", "env=ct&appid=shop&hostname=h&at=1m"}) {
    EXPECT_EQ(daemon.get("/api/explain?" + query).status, 400) << query;
  }
  EXPECT_EQ(daemon.get("/api/history?limit=1000&since=2026-01-01T00:00:00Z&until=0s&kind=set&below=1").status, 200);
  EXPECT_EQ(daemon.post("/api/history").status, 405);
}

TEST(History, NamesThatAreNoTextDoNotEndTheProcess) {
  Daemon daemon;
  for (const std::string target :
       {"/api/explain?env=%FF&appid=a&hostname=h", "/api/explain?env=e&appid=%C3&hostname=%80",
        "/api/history?env=%FF&appid=a&at=1m", "/api/history?appid=%FF%FE"}) {
    EXPECT_EQ(daemon.get(target).status, 200) << target;
  }
  EXPECT_EQ(daemon.get("/healthz").status, 200);
}

TEST(History, TakesUnixSecondsAndNanoseconds) {
  Daemon daemon;
  daemon.add({.appid = "shop"});
  const int64_t now_ns = daemon.timestamp("shop");
  const auto events = [&](const std::string& more) { return daemon.get(kHistory + more).json().at("events").size(); };
  EXPECT_EQ(events("&since=" + std::to_string(now_ns / 1'000'000'000 - 60)), 1u);
  EXPECT_EQ(events("&since=" + std::to_string(now_ns / 1'000'000'000 + 60)), 0u);
  EXPECT_EQ(events("&since=" + std::to_string(now_ns)), 1u);
  EXPECT_EQ(events("&since=" + std::to_string(now_ns + 1)), 0u);
  EXPECT_EQ(daemon.get("/api/history?until=2300-01-01T00:00:00Z").status, 400);
}

TEST(History, CanBeSwitchedOff) {
  DaemonOptions options;
  options.flags = with_settings({"history.enabled=false"});
  Daemon daemon(options);
  daemon.add({.appid = "shop"});
  EXPECT_EQ(daemon.get("/api/history").status, 503);
  EXPECT_EQ(daemon.get(kExplain + "h1").json().at("visible"), true);
}

TEST(Explain, AgreesWithFetch) {
  Daemon daemon;
  daemon.add({.appid = "shop", .hostname = "up"});
  daemon.add({.appid = "shop", .hostname = "waiting", .status = "2"});
  EXPECT_EQ(daemon.get(kExplain + "up").json().at("cause"), "visible");
  EXPECT_EQ(daemon.get(kExplain + "waiting").json().at("cause"), "other_status");
  EXPECT_EQ(daemon.get(kExplain + "waiting&status=3").json().at("cause"), "visible");
  EXPECT_EQ(daemon.get(kExplain + "up&client_zone=z9").json().at("cause"), "other_zone");
  EXPECT_EQ(daemon.get(kExplain + "nobody").json().at("cause"), "unknown_instance");
  EXPECT_EQ(daemon.get("/api/explain?env=uat&appid=shop&hostname=up").json().at("cause"), "unknown_application");
}

TEST(Explain, ANodeThatProtectsItselfAtTheStartSaysSo) {
  DaemonOptions options;
  options.flags = with_settings({"enableprotect=true"});
  Daemon daemon(options);
  EXPECT_EQ(daemon.post("/discovery/register", TestInstance{.appid = "shop"}.register_form()).code(), 0);
  const nlohmann::json why = daemon.get(kExplain + "h1").json();
  EXPECT_EQ(why.at("cause"), "node_not_ready");
  EXPECT_THAT(why.at("summary").get<std::string>(), HasSubstr("first minute"));
}

}  // namespace
}  // namespace discovery::integration
