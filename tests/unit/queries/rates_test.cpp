#include "queries/rates.h"

#include <gtest/gtest.h>

#include <array>
#include <nlohmann/json.hpp>
#include <vector>

namespace discovery::queries {
namespace {

using nlohmann::json;
using std::chrono::seconds;

constexpr TimePoint kStart = from_wire_ns(1'700'000'000'000'000'000);
constexpr std::array kBounds{0.001, 0.01, 0.1};

Totals totals(int step, uint64_t renews) {
  Totals t;
  t.at = kStart + step * Rates::kStep;
  t.renews = renews;
  t.notify_bounds = kBounds;
  t.notify_counts = {0, 0, 0, 0};
  return t;
}

TEST(Rates, AreDifferencesBySecond) {
  Rates rates;
  rates.add(totals(0, 1000));
  EXPECT_EQ(json::parse(rates.json("n")).at("at").size(), 0u) << "one total says nothing yet";
  rates.add(totals(1, 1500));
  Totals last = totals(2, 1500);
  last.cpu_seconds = 5;
  last.notify_counts = {97, 2, 1, 0};
  last.lag_seconds["b:7171"] = 0.25;
  rates.add(last);
  const json answer = json::parse(rates.json("n"));
  EXPECT_EQ(answer.at("renews"), json({50.0, 0.0}));
  EXPECT_EQ(answer.at("cpu"), json({0.0, 0.5}));
  EXPECT_EQ(answer.at("notify_p50_seconds"), json({nullptr, 0.001}));
  EXPECT_EQ(answer.at("notify_p99_seconds"), json({nullptr, 0.01}));
  EXPECT_EQ(answer.at("lag_seconds").at("b:7171"), json({nullptr, 0.25}));
  EXPECT_EQ(answer.at("at").at(1), to_wire_ns(last.at));
}

TEST(Rates, KeepOneHour) {
  Rates rates;
  for (int i = 0; i <= 400; ++i) rates.add(totals(i, static_cast<uint64_t>(i)));
  const json answer = json::parse(rates.json("n"));
  EXPECT_EQ(answer.at("at").size(), Rates::kStepsMax);
  EXPECT_EQ(answer.at("at").back(), to_wire_ns(kStart + 400 * Rates::kStep));
}

TEST(Rates, AClockThatStoodStillIsLeftOut) {
  Rates rates;
  rates.add(totals(0, 1));
  rates.add(totals(0, 2));
  EXPECT_EQ(json::parse(rates.json("n")).at("at").size(), 0u);
}

TEST(Rates, QuantilesLieAtTheBoundsOfTheBuckets) {
  const std::vector<uint64_t> counts{50, 49, 0, 1};
  EXPECT_EQ(quantile(counts, kBounds, 0.5), 0.001);
  EXPECT_EQ(quantile(counts, kBounds, 0.51), 0.01);
  EXPECT_EQ(quantile(counts, kBounds, 0.99), 0.01);
  EXPECT_EQ(quantile(counts, kBounds, 0.999), 0.1) << "what is above the last bound shows as it";
  EXPECT_EQ(quantile(std::vector<uint64_t>{0, 0, 0, 0}, kBounds, 0.5), std::nullopt);
}

}  // namespace
}  // namespace discovery::queries
