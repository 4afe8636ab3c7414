#include "guard/rate_limit.h"

#include <algorithm>

namespace discovery::guard {

namespace {
constexpr int64_t kSecondNs = 1'000'000'000;
}

void RateLimit::update(const RateSettings& settings) {
  if ((settings.reads_per_second > 0 || settings.writes_per_second > 0) && !owned_) {
    owned_ = std::make_unique<Slot[]>(kSlots);
    slots_.store(owned_.get(), std::memory_order_release);
  }
  reads_.store(settings.reads_per_second, std::memory_order_relaxed);
  writes_.store(settings.writes_per_second, std::memory_order_relaxed);
  burst_ns_.store(settings.burst.count(), std::memory_order_relaxed);
}

uint64_t RateLimit::rate_of(RateKind kind, int64_t expected_per_minute) const {
  if (kind == RateKind::kRead) return reads_.load(std::memory_order_relaxed);
  const uint64_t writes = writes_.load(std::memory_order_relaxed);
  if (kind == RateKind::kWrite || writes == 0) return writes;
  return std::max(writes, kRenewalsOfExpected * static_cast<uint64_t>(std::max<int64_t>(expected_per_minute, 0)) / 60);
}

Duration RateLimit::charge(std::string_view client, RateKind kind, int64_t expected_per_minute, TimePoint now) {
  const uint64_t rate = rate_of(kind, expected_per_minute);
  Slot* const slots = rate > 0 ? slots_.load(std::memory_order_acquire) : nullptr;
  if (!slots) return {};
  auto& due = slots[siphash(key_, client) % kSlots].due_ns[static_cast<size_t>(kind)];
  const int64_t step = std::max<int64_t>(kSecondNs / static_cast<int64_t>(std::min<uint64_t>(rate, kSecondNs)), 1);
  const int64_t now_ns = to_wire_ns(now);
  const int64_t burst = burst_ns_.load(std::memory_order_relaxed);
  int64_t was = due.load(std::memory_order_relaxed);
  while (true) {
    const int64_t next = std::max(was, now_ns) + step;
    const Duration held(next - now_ns - std::max(burst, step));
    if (held > kHoldMax) return kHoldMax;
    if (due.compare_exchange_weak(was, next, std::memory_order_relaxed)) return std::max(held, Duration(0));
  }
}

}  // namespace discovery::guard
