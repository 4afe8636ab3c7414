// A histogram of durations with a relative error below 1.6 %: 64 buckets to the power of two, microseconds to minutes.
// Thread: one.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cstdint>

namespace discovery::load {

class Latencies {
 public:
  void add(std::chrono::nanoseconds t) {
    const auto ns = static_cast<uint64_t>(std::max<int64_t>(t.count(), 1));
    ++buckets_[std::min(index_of(ns), kBuckets - 1)];
    max_ns_ = std::max(max_ns_, ns);
    ++count_;
  }
  [[nodiscard]] uint64_t count() const { return count_; }
  /// In microseconds; 0 of none.
  [[nodiscard]] double quantile_us(double q) const {
    const auto rank = static_cast<uint64_t>(q * static_cast<double>(count_));
    uint64_t seen = 0;
    for (size_t i = 0; i < kBuckets; ++i) {
      seen += buckets_[i];
      if (seen > rank) return static_cast<double>(std::min(upper_ns(i), max_ns_)) / 1e3;
    }
    return max_us();
  }
  [[nodiscard]] double max_us() const { return static_cast<double>(max_ns_) / 1e3; }

 private:
  static constexpr unsigned kFineBits = 6;
  static constexpr size_t kBuckets = size_t{40} << kFineBits;

  // Below 2^kFineBits exact; above, the leading bit chooses the row and the next bits the place in it.
  static size_t index_of(uint64_t ns) {
    const auto width = static_cast<unsigned>(std::bit_width(ns));
    if (width <= kFineBits) return ns;
    const unsigned shift = width - kFineBits - 1;
    return (size_t{shift + 1} << kFineBits) + ((ns >> shift) & ((1U << kFineBits) - 1));
  }
  static uint64_t upper_ns(size_t index) {
    const size_t row = index >> kFineBits;
    const uint64_t place = index & ((1U << kFineBits) - 1);
    if (row == 0) return place;
    return (((uint64_t{1} << kFineBits) + place + 1) << (row - 1)) - 1;
  }

  std::array<uint64_t, kBuckets> buckets_{};
  uint64_t count_ = 0;
  uint64_t max_ns_ = 0;
};

}  // namespace discovery::load
