// How often one client may ask: reads, writes and renewals each have a rate, and what comes faster is held back until
// its turn, so that one client cannot take the time of the others. Off unless configured.
//
//   of each client and kind one number is kept: when its next request is due if it keeps to its rate
//
//        now          due                    due - now > burst: held for the difference
//   ------|------------|--------->           each request moves `due` on by 1 / rate, from now at least
//         |<- burst ------->|
//
// Lifecycle: one per node, for all reactors. Thread: any; an atomic number for each client and kind.
// Limits: kSlots clients, by a keyed hash of their address; of two that meet in a slot (1 in kSlots) each is charged
// for the other. Nobody is held longer than kHoldMax, and what would have to be is not charged. Memory: kSlots * 24
// bytes, from the first request of a node that limits something. Cost: one SipHash of an address, one atomic exchange.
// Source: security.md 1, "one client floods" (GCRA, the token bucket as one number: ITU-T I.371).
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string_view>

#include "base/siphash.h"
#include "base/time.h"

namespace discovery::guard {

enum class RateKind : uint8_t { kRead, kWrite, kRenew };
inline constexpr size_t kRateKinds = 3;

struct RateSettings {
  uint64_t reads_per_second = 0;             ///< 0: no limit
  uint64_t writes_per_second = 0;            ///< 0: no limit, for renewals neither
  Duration burst = std::chrono::seconds(5);  ///< so much of its rate may come at once

  friend bool operator==(const RateSettings&, const RateSettings&) = default;
};

class RateLimit {
 public:
  static constexpr size_t kSlots = 8192;
  static constexpr Duration kHoldMax = std::chrono::seconds(10);
  /// One client may renew so many times as often as all instances of the node are expected to: it may be a proxy before
  /// all of them, and no loop.
  static constexpr uint64_t kRenewalsOfExpected = 2;

  RateLimit(const HashKey& key, const RateSettings& settings) : key_(key) { update(settings); }

  /// How long the answer to a request of that client is to be held back. `expected_per_minute`: renewals of all
  /// instances here.
  [[nodiscard]] Duration charge(std::string_view client, RateKind kind, int64_t expected_per_minute, TimePoint now);
  void update(const RateSettings& settings);

 private:
  struct Slot {
    std::array<std::atomic<int64_t>, kRateKinds> due_ns{};
  };
  /// A second; 0: no limit.
  [[nodiscard]] uint64_t rate_of(RateKind kind, int64_t expected_per_minute) const;

  const HashKey key_;
  std::atomic<uint64_t> reads_{0};
  std::atomic<uint64_t> writes_{0};
  std::atomic<int64_t> burst_ns_{0};
  std::atomic<Slot*> slots_{nullptr};  ///< owned_, once it is made
  std::unique_ptr<Slot[]> owned_;      ///< written before slots_, which publishes it, and by update() alone
};

}  // namespace discovery::guard
