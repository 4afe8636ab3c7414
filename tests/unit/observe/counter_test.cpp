#include "observe/counter.h"

#include <gtest/gtest.h>

#include <limits>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "observe/histogram.h"
#include "observe/node_metrics.h"
#include "observe/request_metrics.h"

namespace discovery::observe {
namespace {

using std::chrono::microseconds;
using std::chrono::seconds;

TEST(Counter, Adds) {
  Counter c;
  EXPECT_EQ(c.value(), 0U);
  c.add();
  c.add(41);
  EXPECT_EQ(c.value(), 42U);
}

TEST(Counter, OneWriterAndAReader) {
  constexpr uint64_t kAdds = 50'000;
  Counter c;
  std::thread writer([&] {
    for (uint64_t i = 0; i < kAdds; ++i) c.add();
  });
  uint64_t before = 0;
  while (before < kAdds) {
    const uint64_t now = c.value();
    ASSERT_GE(now, before);
    before = now;
  }
  writer.join();
  EXPECT_EQ(c.value(), kAdds);
}

TEST(SharedCounter, ManyWriters) {
  SharedCounter c;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 10'000; ++i) c.add();
    });
  }
  for (std::thread& t : threads) t.join();
  EXPECT_EQ(c.value(), 40'000U);
}

HistogramTotal total_of(const Histogram& h) {
  HistogramTotal total;
  h.add_to(total);
  return total;
}

TEST(Histogram, ABoundBelongsToItsBucket) {
  for (size_t i = 0; i < kBucketBounds.size(); ++i) {
    const Duration bound(kBucketBoundsNs[i]);
    Histogram h;
    h.observe(bound);
    h.observe(bound + Duration(1));
    EXPECT_EQ(total_of(h).counts[i], 1U) << i;
    EXPECT_EQ(total_of(h).counts[i + 1], 1U) << i;
  }
}

TEST(Histogram, SumsInNanoseconds) {
  Histogram h;
  h.observe(microseconds(50));
  h.observe(seconds(2));
  h.observe(seconds(-1));
  const HistogramTotal total = total_of(h);
  EXPECT_EQ(total.sum_ns, 2'000'050'000U);
  EXPECT_EQ(total.count(), 3U);
  EXPECT_EQ(total.counts[0], 2U);
}

TEST(Histogram, TakesTheLongestDuration) {
  Histogram h;
  h.observe(Duration::max());
  h.observe(Duration::min());
  EXPECT_EQ(total_of(h).counts[kBuckets - 1], 1U);
  EXPECT_EQ(total_of(h).counts[0], 1U);
}

TEST(Histogram, AddsUp) {
  Histogram a;
  Histogram b;
  a.observe(microseconds(50));
  b.observe(microseconds(60));
  b.observe(seconds(100));
  HistogramTotal total;
  a.add_to(total);
  b.add_to(total);
  EXPECT_EQ(total.counts[0], 2U);
  EXPECT_EQ(total.counts[kBuckets - 1], 1U);
  EXPECT_EQ(total.count(), 3U);
}

constexpr std::array<std::string_view, 2> kRoutes = {"/discovery/renew", "/discovery/poll"};

TEST(RequestMetrics, EveryOutcomeHasItsOwnPlace) {
  for (size_t i = 0; i < RequestMetrics::kOutcomes.size(); ++i) {
    EXPECT_EQ(RequestMetrics::outcome_of(RequestMetrics::kOutcomes[i]), i);
  }
  for (const int code : {1, -1, 301, 501, 999, std::numeric_limits<int>::min(), std::numeric_limits<int>::max()}) {
    EXPECT_EQ(RequestMetrics::outcome_of(code), RequestMetrics::kOther) << code;
  }
}

TEST(RequestMetrics, CountsByRouteAndOutcome) {
  RequestMetrics m(kRoutes);
  m.count(0, 0);
  m.count(0, 0);
  m.count(1, -304);
  m.count(1, 12345);
  EXPECT_EQ(m.requests(0, RequestMetrics::outcome_of(0)), 2U);
  EXPECT_EQ(m.requests(1, RequestMetrics::outcome_of(0)), 0U);
  EXPECT_EQ(m.requests(1, RequestMetrics::outcome_of(-304)), 1U);
  EXPECT_EQ(m.requests(1, RequestMetrics::kOther), 1U);
}

TEST(RequestMetrics, ObservesByRoute) {
  RequestMetrics m(kRoutes);
  m.observe(1, microseconds(10));
  EXPECT_EQ(total_of(m.seconds(0)).count(), 0U);
  EXPECT_EQ(total_of(m.seconds(1)).counts[0], 1U);
}

TEST(RequestMetrics, TakesAsManyRoutesAsItsLimit) {
  const std::vector<std::string_view> at(RequestMetrics::kRoutesMax, "r");
  RequestMetrics m(at);
  m.count(RequestMetrics::kRoutesMax - 1, 0);
  EXPECT_EQ(m.requests(RequestMetrics::kRoutesMax - 1, 0), 1U);
}

TEST(RequestMetricsDeathTest, ARouteThatIsNotInTheTable) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const std::vector<std::string_view> past(RequestMetrics::kRoutesMax + 1, "r");
  EXPECT_DEATH(RequestMetrics{past}, "table of routes");
  RequestMetrics m(kRoutes);
  EXPECT_DEATH(m.count(2, 0), "one of the table");
}

TEST(NodeMetrics, EveryErrorCodeHasAResultOfItsOwn) {
  std::set<WriteResult> seen{WriteResult::kOk};
  EXPECT_EQ(write_result(ErrorCode::kUnauthenticated), WriteResult::kDenied);
  for (int i = 0; i < kErrorCodeCount; ++i) {
    if (static_cast<ErrorCode>(i) == ErrorCode::kUnauthenticated) continue;  // to the metric as good as kForbidden
    const WriteResult r = write_result(static_cast<ErrorCode>(i));
    EXPECT_LT(static_cast<size_t>(r), kWriteResults.size());
    EXPECT_TRUE(seen.insert(r).second) << i;
  }
}

TEST(NodeMetrics, EveryEnumeratorHasItsLabel) {
  EXPECT_EQ(kWriteResults[static_cast<size_t>(WriteResult::kInternal)], "internal");
  EXPECT_EQ(kCancelCauses[static_cast<size_t>(CancelCause::kDrain)], "drain");
  EXPECT_EQ(kWakeReasons[static_cast<size_t>(WakeReason::kDrain)], "drain");
  EXPECT_EQ(kEvictReasons[static_cast<size_t>(EvictReason::kCeiling)], "ceiling");
  EXPECT_EQ(kReloadResults[static_cast<size_t>(ReloadResult::kError)], "error");
  const auto rule = [](ThrottleRule r) { return kThrottleRules[static_cast<size_t>(r)]; };
  EXPECT_EQ(rule(ThrottleRule::kConnections), "connections");
  EXPECT_EQ(rule(ThrottleRule::kDescriptors), "descriptors");
  EXPECT_EQ(rule(ThrottleRule::kHead), "head");
  EXPECT_EQ(rule(ThrottleRule::kBody), "body");
  EXPECT_EQ(rule(ThrottleRule::kFields), "fields");
  EXPECT_EQ(rule(ThrottleRule::kApps), "apps");
  EXPECT_EQ(rule(ThrottleRule::kText), "text");
  EXPECT_EQ(rule(ThrottleRule::kPartlyRead), "partly_read");
  EXPECT_EQ(rule(ThrottleRule::kSlowSender), "slow_sender");
  EXPECT_EQ(rule(ThrottleRule::kIdle), "idle");
  EXPECT_EQ(rule(ThrottleRule::kParkedPolls), "parked_polls");
  EXPECT_EQ(rule(ThrottleRule::kRegistryMemory), "registry_memory");
  EXPECT_EQ(rule(ThrottleRule::kSlowConsumer), "slow_consumer");
  EXPECT_EQ(rule(ThrottleRule::kRenewLoop), "renew_loop");
  const auto result = [](WriteResult r) { return kWriteResults[static_cast<size_t>(r)]; };
  EXPECT_EQ(result(WriteResult::kOk), "ok");
  EXPECT_EQ(result(WriteResult::kInvalid), "invalid");
  EXPECT_EQ(result(WriteResult::kNotFound), "not_found");
  EXPECT_EQ(result(WriteResult::kConflict), "conflict");
  EXPECT_EQ(result(WriteResult::kLimit), "limit");
  EXPECT_EQ(result(WriteResult::kExhausted), "exhausted");
  EXPECT_EQ(result(WriteResult::kUnavailable), "unavailable");
  EXPECT_EQ(kWakeReasons[static_cast<size_t>(WakeReason::kChange)], "change");
  EXPECT_EQ(kWakeReasons[static_cast<size_t>(WakeReason::kTimeout)], "timeout");
  EXPECT_EQ(kWakeReasons[static_cast<size_t>(WakeReason::kHangup)], "hangup");
}

}  // namespace
}  // namespace discovery::observe
