// /metrics as a scraper sees it, held against docs/metrics.md.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "integration/daemon.h"

namespace discovery::integration {
namespace {

/// Name -> type, of the table of the page.
std::map<std::string, std::string> documented() {
  std::map<std::string, std::string> found;
  for (const std::string& line : lines_of(read_file(std::string(DISCOVERY_SOURCE_DIR) + "/docs/metrics.md"))) {
    if (!line.starts_with("| `discovery_") && !line.starts_with("| `process_")) continue;
    const size_t end = line.find('`', 3);
    const size_t type = line.find("| ", end) + 2;
    found[line.substr(3, end - 3)] = line.substr(type, line.find(' ', type) - type);
  }
  return found;
}

/// Name -> type, of the TYPE lines of a scrape.
std::map<std::string, std::string> exported(const std::string& text) {
  constexpr std::string_view kType = "# TYPE ";
  std::map<std::string, std::string> found;
  for (const std::string& line : lines_of(text)) {
    if (!line.starts_with(kType)) continue;
    const size_t blank = line.find(' ', kType.size());
    found[line.substr(kType.size(), blank - kType.size())] = line.substr(blank + 1);
  }
  return found;
}

TEST(Metrics, AreThoseOfThePage) {
  const Daemon daemon;
  EXPECT_EQ(daemon.get("/healthz").status, 200);
  const Answer answer = daemon.get("/metrics");
  EXPECT_TRUE(answer.field("content-type").starts_with("text/plain")) << answer.field("content-type");
  const auto page = documented();
  ASSERT_GT(page.size(), 20U);
  EXPECT_EQ(exported(answer.body), page);
}

TEST(Metrics, NoSeriesComesTwice) {
  const Daemon daemon;
  daemon.add({.appid = "a"});
  std::set<std::string> seen;
  for (const std::string& line : lines_of(daemon.get("/metrics").body)) {
    if (line.starts_with('#')) continue;
    const std::string series = line.substr(0, line.rfind(' '));
    EXPECT_TRUE(seen.insert(series).second) << series;
  }
}

TEST(Metrics, CountWhatHappens) {
  const Daemon daemon;
  const TestInstance instance{.appid = "counted"};
  daemon.add(instance);
  daemon.add({.appid = "counted", .hostname = "h2", .status = "2"});
  EXPECT_EQ(daemon.post("/discovery/register", "zone=z1").code(), -400);
  EXPECT_EQ(daemon.post("/discovery/renew", instance.key_form()).code(), 0);
  EXPECT_EQ(daemon.post("/discovery/renew", TestInstance{.appid = "unknown"}.key_form()).code(), -404);
  EXPECT_EQ(daemon.post("/discovery/set", instance.key_form() + "&metadata=%7B%7D").code(), 0);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(daemon.hosts("counted").size(), 2U);
  EXPECT_EQ(daemon.get("/none").status, 404);

  EXPECT_EQ(daemon.count("discovery_registers_total{proto=\"discovery\",result=\"ok\"}"), 2);
  EXPECT_EQ(daemon.count("discovery_registers_total{proto=\"discovery\",result=\"invalid\"}"), 1);
  EXPECT_EQ(daemon.count("discovery_renews_total{proto=\"discovery\",result=\"ok\"}"), 1);
  EXPECT_EQ(daemon.count("discovery_renews_total{proto=\"discovery\",result=\"not_found\"}"), 1);
  EXPECT_EQ(daemon.count("discovery_sets_total{proto=\"discovery\",result=\"ok\"}"), 1);
  EXPECT_EQ(daemon.count("discovery_instances{env=\"ct\",zone=\"z1\",status=\"up\"}"), 1);
  EXPECT_EQ(daemon.count("discovery_instances{env=\"ct\",zone=\"z1\",status=\"waiting\"}"), 1);
  EXPECT_EQ(daemon.count("discovery_apps{env=\"ct\"}"), 1);
  EXPECT_EQ(daemon.count("discovery_renews_expected"), 6) << "two instances and the node's own";
  EXPECT_EQ(daemon.count("discovery_view_renders_total"), 1);
  EXPECT_EQ(daemon.count("discovery_view_reuses_total"), 2);
  EXPECT_EQ(daemon.count("discovery_http_requests_total{route=\"/discovery/fetch\",code=\"0\"}"), 3);
  EXPECT_EQ(daemon.count("discovery_http_requests_total{route=\"unknown\",code=\"404\"}"), 1);
  EXPECT_EQ(daemon.count("discovery_http_request_seconds_count{route=\"/discovery/fetch\"}"), 3);
  EXPECT_TRUE(daemon.eventually_counts("discovery_connections", 1)) << "the scraper";
  EXPECT_GT(daemon.count("discovery_memory_bytes{kind=\"registry\"}"), 0);
  EXPECT_GT(daemon.count("process_open_fds"), 3);
  EXPECT_GT(daemon.count("process_resident_memory_bytes"), 1e6);

  EXPECT_EQ(daemon.post("/discovery/cancel", instance.key_form()).code(), 0);
  EXPECT_EQ(daemon.count("discovery_cancels_total{proto=\"discovery\",cause=\"client\",result=\"ok\"}"), 1);
  EXPECT_EQ(daemon.count("discovery_renews_expected"), 4);
}

TEST(Metrics, CanBeSwitchedOff) {
  DaemonOptions options;
  options.flags = with_settings({"metrics.enabled=false"});
  const Daemon daemon(options);
  EXPECT_EQ(daemon.get("/metrics").status, 404);
  EXPECT_EQ(daemon.get("/healthz").status, 200);
}

}  // namespace
}  // namespace discovery::integration
