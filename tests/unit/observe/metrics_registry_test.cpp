#include "observe/metrics_registry.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "unit/observe/metrics_text.h"

namespace discovery::observe {
namespace {

using std::chrono::microseconds;
using testing::parse_metrics;

constexpr std::array<std::string_view, 2> kRoutes = {"/discovery/renew", "/discovery/polls"};

struct Trial {
  NodeMetrics node;
  MetricsRegistry registry{{"0.1.0", "abc\"def"}, node};
  ReactorMetrics first{kRoutes};
  ReactorMetrics second{kRoutes};

  Trial() {
    registry.add_reactor(first);
    registry.add_reactor(second);
  }
  std::map<std::string, testing::Family> scrape() { return parse_metrics(registry.render()); }
};

TEST(MetricsRegistry, SaysWhatRuns) {
  Trial t;
  EXPECT_EQ(t.scrape().at("discovery_build_info").value({{"version", "0.1.0"}, {"commit", "abc\"def"}}), 1);
}

TEST(MetricsRegistry, EveryFamilyHasHelpAndTypeOfTheCatalogue) {
  Trial t;
  t.first.requests.count(0, 0);
  t.first.requests.observe(0, microseconds(5));
  const auto families = t.scrape();
  for (const auto& [name, f] : families) {
    const MetricInfo* info = nullptr;
    for (const MetricInfo* m : catalogue()) info = m->name == name ? m : info;
    ASSERT_NE(info, nullptr) << name;
    EXPECT_EQ(f.help, info->help);
    EXPECT_EQ(f.type, type_name(info->type));
    EXPECT_FALSE(f.samples.empty()) << name;
  }
}

TEST(MetricsRegistry, AddsReactorsUp) {
  Trial t;
  t.first.discovery.registers[WriteResult::kOk].add(2);
  t.second.discovery.registers[WriteResult::kOk].add(3);
  t.second.discovery.registers[WriteResult::kLimit].add();
  t.first.discovery.renews[WriteResult::kNotFound].add(4);
  t.first.discovery.sets[WriteResult::kInvalid].add(5);
  t.first.discovery.cancels_by(CancelCause::kClient)[WriteResult::kOk].add(6);
  t.second.discovery.cancels_by(CancelCause::kDrain)[WriteResult::kOk].add(7);
  t.first.discovery.fanout_bytes.add(1000);
  t.second.discovery.notify_seconds.observe(microseconds(80));
  const auto f = t.scrape();
  const auto result = [](const char* r) { return testing::Labels{{"proto", "discovery"}, {"result", r}}; };
  EXPECT_EQ(f.at("discovery_registers_total").value(result("ok")), 5);
  EXPECT_EQ(f.at("discovery_registers_total").value(result("limit")), 1);
  EXPECT_EQ(f.at("discovery_registers_total").value(result("internal")), 0);
  EXPECT_EQ(f.at("discovery_renews_total").value(result("not_found")), 4);
  EXPECT_EQ(f.at("discovery_sets_total").value(result("invalid")), 5);
  EXPECT_EQ(f.at("discovery_cancels_total").value({{"proto", "discovery"}, {"cause", "client"}, {"result", "ok"}}), 6);
  EXPECT_EQ(f.at("discovery_cancels_total").value({{"proto", "discovery"}, {"cause", "drain"}, {"result", "ok"}}), 7);
  EXPECT_EQ(f.at("discovery_fanout_bytes_total").value({{"proto", "discovery"}}), 1000);
  EXPECT_EQ(f.at("discovery_notify_seconds").value({{"proto", "discovery"}}, "discovery_notify_seconds_count"), 1);
}

TEST(MetricsRegistry, ShowsEveryCounterOfAReactor) {
  Trial t;
  t.first.poll_wakeups[WakeReason::kHangup].add(1);
  t.first.throttled[ThrottleRule::kSlowConsumer].add(2);
  t.first.empty_answers.add(3);
  t.first.view_renders.add(4);
  t.second.view_reuses.add(5);
  const auto f = t.scrape();
  EXPECT_EQ(f.at("discovery_poll_wakeups_total").value({{"reason", "hangup"}}), 1);
  EXPECT_EQ(f.at("discovery_poll_wakeups_total").samples.size(), kWakeReasons.size());
  EXPECT_EQ(f.at("discovery_client_throttled_total").value({{"rule", "slow_consumer"}}), 2);
  EXPECT_EQ(f.at("discovery_empty_answers_total").value({}), 3);
  EXPECT_EQ(f.at("discovery_view_renders_total").value({}), 4);
  EXPECT_EQ(f.at("discovery_view_reuses_total").value({}), 5);
}

TEST(MetricsRegistry, ShowsTheCountersOfTheNode) {
  Trial t;
  t.node.evictions[EvictReason::kExpired].add(2);
  t.node.config_reloads[ReloadResult::kError].add(3);
  const auto f = t.scrape();
  EXPECT_EQ(f.at("discovery_evictions_total").value({{"reason", "expired"}}), 2);
  EXPECT_EQ(f.at("discovery_evictions_total").value({{"reason", "ceiling"}}), 0);
  EXPECT_EQ(f.at("discovery_config_reloads_total").value({{"result", "error"}}), 3);
}

TEST(MetricsRegistry, ShowsRequestsByRouteAndCode) {
  Trial t;
  t.first.requests.count(0, 0);
  t.second.requests.count(0, 0);
  t.second.requests.count(0, -404);
  t.second.requests.count(1, 777);
  t.first.requests.observe(0, microseconds(120));
  t.second.requests.observe(0, microseconds(90));
  const auto f = t.scrape();
  const auto& requests = f.at("discovery_http_requests_total");
  EXPECT_EQ(requests.samples.size(), 3U);  // what never happened is left out
  EXPECT_EQ(requests.value({{"route", "/discovery/renew"}, {"code", "0"}}), 2);
  EXPECT_EQ(requests.value({{"route", "/discovery/renew"}, {"code", "-404"}}), 1);
  EXPECT_EQ(requests.value({{"route", "/discovery/polls"}, {"code", "other"}}), 1);
  const auto& seconds = f.at("discovery_http_request_seconds");
  EXPECT_EQ(seconds.value({{"route", "/discovery/renew"}, {"le", "0.0001"}}), 1);
  EXPECT_EQ(seconds.value({{"route", "/discovery/renew"}, {"le", "0.00025"}}), 2);
  EXPECT_DOUBLE_EQ(seconds.value({{"route", "/discovery/renew"}}, "discovery_http_request_seconds_sum"), 0.00021);
  EXPECT_EQ(seconds.samples.size(), kBuckets + 2);
}

TEST(MetricsRegistry, AFullTableOfRoutesFits) {
  std::vector<std::string> names;
  for (size_t i = 0; i < RequestMetrics::kRoutesMax; ++i) names.push_back("/" + std::to_string(i));
  const std::vector<std::string_view> routes(names.begin(), names.end());
  const NodeMetrics node;
  MetricsRegistry registry({}, node);
  ReactorMetrics reactor(routes);
  registry.add_reactor(reactor);
  double sent = 0;
  for (size_t r = 0; r < routes.size(); ++r) {
    for (const int code : RequestMetrics::kOutcomes) {
      reactor.requests.count(r, code);
      ++sent;
    }
    reactor.requests.count(r, 1);
    ++sent;
  }
  const auto f = parse_metrics(registry.render()).at("discovery_http_requests_total");
  EXPECT_LE(f.samples.size(), Exposition::kSeriesMax);
  double shown = 0;
  for (const auto& s : f.samples) shown += s.value;
  EXPECT_EQ(shown, sent);
}

TEST(MetricsRegistry, AsksForValuesAtEachScrape) {
  Trial t;
  double lag = 0.25;
  t.registry.add_value(metric::kLoopLag, {"reactor-0"}, [&] { return lag; });
  t.registry.add_value(metric::kLoopLag, {"reactor-1"}, [] { return 0.5; });
  t.registry.add_value(metric::kLogLinesDropped, {}, [] { return 12.0; });
  EXPECT_EQ(t.scrape().at("discovery_loop_lag_seconds").value({{"thread", "reactor-0"}}), 0.25);
  lag = 2;
  const auto f = t.scrape();
  EXPECT_EQ(f.at("discovery_loop_lag_seconds").value({{"thread", "reactor-0"}}), 2);
  EXPECT_EQ(f.at("discovery_loop_lag_seconds").value({{"thread", "reactor-1"}}), 0.5);
  EXPECT_EQ(f.at("discovery_log_lines_dropped_total").value({}), 12);
  EXPECT_EQ(f.at("discovery_log_lines_dropped_total").type, "counter");
}

TEST(MetricsRegistry, AsksCollectorsForDynamicLabels) {
  Trial t;
  t.registry.add_collector([](FamilySink& sink) {
    sink.add(metric::kInstances, {"dev", "sh001", "up"}, 4);
    sink.add(metric::kInstances, {"dev", "sh001", "waiting"}, 1);
    for (int i = 0; i < 2000; ++i) sink.add(metric::kApps, {"env" + std::to_string(i)}, 1);
  });
  const auto f = t.scrape();
  EXPECT_EQ(f.at("discovery_instances").value({{"env", "dev"}, {"zone", "sh001"}, {"status", "up"}}), 4);
  EXPECT_EQ(f.at("discovery_apps").samples.size(), Exposition::kSeriesMax);
  EXPECT_EQ(f.at("discovery_apps").value({{"env", "other"}}), 1001);
}

TEST(MetricsRegistry, WorksWithoutReactors) {
  const NodeMetrics node;
  const MetricsRegistry registry({"v", "c"}, node);
  const auto f = parse_metrics(registry.render());
  EXPECT_TRUE(f.contains("discovery_build_info"));
  EXPECT_FALSE(f.contains("discovery_registers_total"));
}

TEST(MetricsRegistry, ScrapesWhileReactorsCount) {
  constexpr uint64_t kEach = 100'000;
  Trial t;
  std::atomic<int> running = 2;
  const auto work = [&](ReactorMetrics& m) {
    for (uint64_t i = 0; i < kEach; ++i) {
      m.requests.count(0, 0);
      m.requests.observe(0, microseconds(i % 300));
      m.discovery.renews[WriteResult::kOk].add();
      t.node.evictions[EvictReason::kExpired].add();
    }
    --running;
  };
  std::thread first(work, std::ref(t.first));
  std::thread second(work, std::ref(t.second));
  double before = 0;
  while (running > 0) {
    const auto f = t.scrape();
    const double now = f.at("discovery_renews_total").value({{"proto", "discovery"}, {"result", "ok"}});
    EXPECT_GE(now, before);
    before = now;
    const auto& seconds = f.at("discovery_http_request_seconds");
    if (seconds.samples.empty()) continue;
    EXPECT_EQ(seconds.value({{"route", "/discovery/renew"}}, "discovery_http_request_seconds_count"),
              seconds.value({{"route", "/discovery/renew"}, {"le", "+Inf"}}));
  }
  first.join();
  second.join();
  const auto f = t.scrape();
  EXPECT_EQ(f.at("discovery_renews_total").value({{"proto", "discovery"}, {"result", "ok"}}), 2 * kEach);
  EXPECT_EQ(f.at("discovery_http_requests_total").value({{"route", "/discovery/renew"}, {"code", "0"}}), 2 * kEach);
  EXPECT_EQ(f.at("discovery_evictions_total").value({{"reason", "expired"}}), 2 * kEach);
}

TEST(MetricsRegistry, SeveralScrapesAtOnce) {
  Trial t;
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 10; ++n) EXPECT_FALSE(t.registry.render().empty());
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(MetricsRegistryDeathTest, WhatCannotBe) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  Trial t;
  static constexpr MetricInfo kForeign{"foreign", MetricType::kGauge, {}, "Not ours."};
  const auto value = [] { return 1.0; };
  EXPECT_DEATH(t.registry.add_value(kForeign, {}, value), "in the catalogue");
  EXPECT_DEATH(t.registry.add_value(metric::kLoopLag, {}, value), "as many label values");
  EXPECT_DEATH(t.registry.add_value(metric::kNotifySeconds, {"discovery"}, value), "no single value");
  t.registry.add_value(metric::kLoopLag, {"r"}, value);
  EXPECT_DEATH(t.registry.add_value(metric::kLoopLag, {"r"}, value), "added once");
  static constexpr std::array<std::string_view, 1> kFewer = {"/discovery/renew"};
  const ReactorMetrics other{kFewer};
  EXPECT_DEATH(t.registry.add_reactor(other), "the same routes");
}

}  // namespace
}  // namespace discovery::observe
