// Counters that cost a load and a store on the hot path, summed only when somebody looks.
//
// Counter: one thread writes, any may read (no locked instruction; an x86 add to memory). SharedCounter: any
// thread writes. Values are approximate with regard to each other: relaxed order everywhere. A counter wraps after
// 2^64, and is exact in /metrics up to 2^53.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace discovery::observe {

class Counter {
 public:
  void add(uint64_t n = 1) { value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed); }
  [[nodiscard]] uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

class SharedCounter {
 public:
  void add(uint64_t n = 1) { value_.fetch_add(n, std::memory_order_relaxed); }
  [[nodiscard]] uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

/// One counter for each enumerator of E, which are 0 to N - 1.
template <class E, size_t N, class C = Counter>
class CounterSet {
 public:
  C& operator[](E e) { return counters_[static_cast<size_t>(e)]; }
  const C& operator[](E e) const { return counters_[static_cast<size_t>(e)]; }
  [[nodiscard]] const std::array<C, N>& all() const { return counters_; }

 private:
  std::array<C, N> counters_;
};

}  // namespace discovery::observe
