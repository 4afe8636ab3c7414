#include "observe/exposition.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "unit/observe/metrics_text.h"

namespace discovery::observe {
namespace {

using testing::Labels;
using testing::parse_metrics;

TEST(Exposition, TextIsExact) {
  Exposition out;
  out.add(metric::kApps, {"dev"}, 3);
  out.add(metric::kRenewsExpected, {}, 12'345'678'901'234.0);
  EXPECT_EQ(out.text(),
            "# HELP discovery_apps Applications that have at least one instance, by environment.\n"
            "# TYPE discovery_apps gauge\n"
            "discovery_apps{env=\"dev\"} 3\n"
            "# HELP discovery_renews_expected Renewals a minute that the stored instances should send.\n"
            "# TYPE discovery_renews_expected gauge\n"
            "discovery_renews_expected 12345678901234\n");
  EXPECT_EQ(Exposition().text(), "");
}

TEST(Exposition, EscapesLabelValues) {
  Exposition out;
  out.add(metric::kApps, {"q\"b\\ \n\r\x1b \u202e \xff é"}, 1);
  const std::string text = out.text();
  for (const char c : text) EXPECT_TRUE(c == '\n' || static_cast<unsigned char>(c) >= 0x20) << text;
  const auto families = parse_metrics(text);
  EXPECT_EQ(families.at("discovery_apps").samples.at(0).labels,
            (Labels{{"env", "q\"b\\ \\u000a\\u000d\\u001b \\u202e \xef\xbf\xbd é"}}));
}

TEST(Exposition, LabelValuesHaveABound) {
  const std::string at(Exposition::kLabelBytesMax, 'x');
  Exposition out;
  out.add(metric::kApps, {at}, 1);
  out.add(metric::kApps, {at + "a"}, 2);
  out.add(metric::kApps, {at + "b"}, 4);
  const auto apps = parse_metrics(out.text()).at("discovery_apps");
  EXPECT_EQ(apps.samples.size(), 2U);
  EXPECT_EQ(apps.value({{"env", at}}), 1);
  EXPECT_EQ(apps.value({{"env", at + "…"}}), 6);  // a scraper refuses duplicates
}

TEST(Exposition, SumsWhatComesTwice) {
  Exposition out;
  out.add(metric::kInstances, {"dev", "z1", "up"}, 2);
  out.add(metric::kInstances, {"dev", "z1", "waiting"}, 1);
  out.add(metric::kInstances, {"dev", "z1", "up"}, 3);
  const auto f = parse_metrics(out.text()).at("discovery_instances");
  EXPECT_EQ(f.samples.size(), 2U);
  EXPECT_EQ(f.value({{"env", "dev"}, {"zone", "z1"}, {"status", "up"}}), 5);
}

TEST(Exposition, KeepsLabelsApartThatJoinAlike) {
  Exposition out;
  out.add(metric::kInstances, {"a", "bc", "up"}, 1);
  out.add(metric::kInstances, {"ab", "c", "up"}, 2);
  EXPECT_EQ(parse_metrics(out.text()).at("discovery_instances").samples.size(), 2U);
}

double fill(Exposition& out, size_t series) {
  double sum = 0;
  for (size_t i = 0; i < series; ++i) {
    out.add(metric::kApps, {"env-" + std::to_string(i)}, static_cast<double>(i));
    sum += static_cast<double>(i);
  }
  return sum;
}

double sum_of(const testing::Family& f) {
  double sum = 0;
  for (const auto& s : f.samples) sum += s.value;
  return sum;
}

TEST(Exposition, HoldsAsManySeriesAsItsLimit) {
  Exposition out;
  const double sum = fill(out, Exposition::kSeriesMax);
  const auto apps = parse_metrics(out.text()).at("discovery_apps");
  EXPECT_EQ(apps.samples.size(), Exposition::kSeriesMax);
  EXPECT_EQ(sum_of(apps), sum);
  EXPECT_FALSE(apps.has({{"env", "other"}}));
}

TEST(Exposition, SumsTheRestIntoOther) {
  for (const size_t more : {size_t{1}, size_t{2}, size_t{5000}}) {
    Exposition out;
    const double sum = fill(out, Exposition::kSeriesMax + more);
    const auto apps = parse_metrics(out.text()).at("discovery_apps");
    EXPECT_EQ(apps.samples.size(), Exposition::kSeriesMax);
    EXPECT_EQ(sum_of(apps), sum);
    EXPECT_TRUE(apps.has({{"env", "env-998"}}));
    EXPECT_FALSE(apps.has({{"env", "env-999"}}));
    EXPECT_TRUE(apps.has({{"env", "other"}}));
  }
}

TEST(Exposition, SeriesThatAreInStayThemselves) {
  Exposition out;
  const double sum = fill(out, Exposition::kSeriesMax + 10);
  out.add(metric::kApps, {"env-0"}, 100);
  out.add(metric::kApps, {"env-999"}, 1000);
  const auto apps = parse_metrics(out.text()).at("discovery_apps");
  EXPECT_EQ(apps.value({{"env", "env-0"}}), 100);
  EXPECT_EQ(sum_of(apps), sum + 1100);
}

TEST(Exposition, AClientMayCallItsOwnOther) {
  for (const bool last : {false, true}) {
    Exposition out;
    double sum = 7;
    if (!last) out.add(metric::kApps, {"other"}, 7);
    sum += fill(out, Exposition::kSeriesMax - 1);
    if (last) out.add(metric::kApps, {"other"}, 7);
    out.add(metric::kApps, {"one more"}, 5);
    out.add(metric::kApps, {"another"}, 6);
    const auto apps = parse_metrics(out.text()).at("discovery_apps");
    EXPECT_LE(apps.samples.size(), Exposition::kSeriesMax);
    EXPECT_EQ(sum_of(apps), sum + 11);
    EXPECT_TRUE(apps.has({{"env", "other"}}));
  }
}

TEST(Exposition, EveryLabelOfTheRestIsOther) {
  Exposition out;
  for (size_t i = 0; i <= Exposition::kSeriesMax; ++i) {
    out.add(metric::kInstances, {"dev", "zone-" + std::to_string(i), "up"}, 1);
  }
  const auto f = parse_metrics(out.text()).at("discovery_instances");
  EXPECT_EQ(f.value({{"env", "other"}, {"zone", "other"}, {"status", "other"}}), 2);
}

TEST(Exposition, HistogramBucketsAreCumulative) {
  HistogramTotal total;
  total.counts[0] = 5;
  total.counts[3] = 2;
  total.counts[kBuckets - 1] = 1;
  total.sum_ns = 1'500'000'000;
  Exposition out;
  constexpr std::string_view kRoute = "/discovery/renew";
  out.add_histogram(metric::kHttpRequestSeconds, {&kRoute, 1}, total);
  const auto f = parse_metrics(out.text()).at("discovery_http_request_seconds");
  const std::string bucket = "discovery_http_request_seconds_bucket";
  const auto le = [&](const char* bound) { return f.value({{"route", std::string(kRoute)}, {"le", bound}}, bucket); };
  EXPECT_EQ(f.type, "histogram");
  EXPECT_EQ(le("0.0001"), 5);
  EXPECT_EQ(le("0.0005"), 5);
  EXPECT_EQ(le("0.001"), 7);
  EXPECT_EQ(le("10"), 7);
  EXPECT_EQ(le("+Inf"), 8);
  EXPECT_EQ(f.value({{"route", std::string(kRoute)}}, "discovery_http_request_seconds_count"), 8);
  EXPECT_EQ(f.value({{"route", std::string(kRoute)}}, "discovery_http_request_seconds_sum"), 1.5);
  EXPECT_EQ(f.samples.size(), kBuckets + 2);
}

TEST(Exposition, ShowsNumbersThatAreNone) {
  Exposition out;
  out.add(metric::kApps, {"a"}, std::numeric_limits<double>::infinity());
  out.add(metric::kApps, {"b"}, std::numeric_limits<double>::quiet_NaN());
  EXPECT_EQ(parse_metrics(out.text()).at("discovery_apps").samples.size(), 2U);
}

TEST(Exposition, DeclaresWithoutASeries) {
  Exposition out;
  out.declare(metric::kHttpRequests);
  const auto f = parse_metrics(out.text()).at("discovery_http_requests_total");
  EXPECT_EQ(f.type, "counter");
  EXPECT_TRUE(f.samples.empty());
}

TEST(ExpositionDeathTest, WhatIsNotInTheCatalogue) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  static constexpr MetricInfo kForeign{"foreign", MetricType::kGauge, {}, "Not ours."};
  Exposition out;
  EXPECT_DEATH(out.add(kForeign, {}, 1), "in the catalogue");
  EXPECT_DEATH(out.add(metric::kApps, {}, 1), "as many label values");
  EXPECT_DEATH(out.add(metric::kNotifySeconds, {"discovery"}, 1), "no single value");
  EXPECT_DEATH(out.add_histogram(metric::kApps, {}, {}), "as what it is");
}

}  // namespace
}  // namespace discovery::observe
