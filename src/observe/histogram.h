// How long things take: counts per bucket and a sum, under the same rules as Counter.
//
// Thread: one writes, any reads; the counts read are each exact, the sum may be an observation ahead or behind.
// Cost: a binary search over 16 bounds and two additions. The bounds are those of every histogram we export, from the
// time of one renew under load up to a stall.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>

#include "base/time.h"
#include "observe/counter.h"

namespace discovery::observe {

/// Upper bounds, each included in its bucket; what is above the last goes into one bucket more.
inline constexpr std::array<int64_t, 16> kBucketBoundsNs = {
    100'000,    250'000,     500'000,     1'000'000,   2'500'000,     5'000'000,     10'000'000,    25'000'000,
    50'000'000, 100'000'000, 250'000'000, 500'000'000, 1'000'000'000, 2'500'000'000, 5'000'000'000, 10'000'000'000};
/// The same in seconds, as they stand in /metrics.
inline constexpr auto kBucketBounds = [] {
  std::array<double, kBucketBoundsNs.size()> seconds{};
  for (size_t i = 0; i < seconds.size(); ++i) seconds[i] = static_cast<double>(kBucketBoundsNs[i]) / 1e9;
  return seconds;
}();
inline constexpr size_t kBuckets = kBucketBounds.size() + 1;

/// A sum over histograms, at scrape.
struct HistogramTotal {
  std::array<uint64_t, kBuckets> counts{};  ///< not cumulative
  uint64_t sum_ns = 0;

  [[nodiscard]] uint64_t count() const {
    uint64_t n = 0;
    for (const uint64_t c : counts) n += c;
    return n;
  }
};

class Histogram {
 public:
  /// A negative duration counts as none.
  void observe(Duration d) {
    const int64_t ns = std::max<int64_t>(d.count(), 0);
    const auto bucket = std::lower_bound(kBucketBoundsNs.begin(), kBucketBoundsNs.end(), ns) - kBucketBoundsNs.begin();
    counts_[static_cast<size_t>(bucket)].add();
    sum_ns_.add(static_cast<uint64_t>(ns));
  }
  void add_to(HistogramTotal& total) const {
    for (size_t i = 0; i < kBuckets; ++i) total.counts[i] += counts_[i].value();
    total.sum_ns += sum_ns_.value();
  }

 private:
  std::array<Counter, kBuckets> counts_;
  Counter sum_ns_;
};

}  // namespace discovery::observe
