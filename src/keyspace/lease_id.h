// Ids of leases that tell enough of themselves for any node to take the lease on.
//
//   0 | seconds since 2020 (31 bits) | length (14) | node number (6) | sequence (12)
//
// A length above 15 bits' worth is told as a power of two of seconds, rounded up (its highest value bit marks it), so
// the id always tells a length that is at least the granted one. More than kOfServing in a second borrow from the next;
// a process that serves on beside the one that took its place has the rest of the sequence for itself.
// Source: etcd-api.md 6.2, R3. Pure. Thread: LeaseIds is guarded by whoever owns it.
#pragma once

#include <algorithm>
#include <bit>
#include <chrono>
#include <cstdint>

#include "base/time.h"

namespace discovery::keyspace {

using LeaseId = int64_t;  ///< positive; 0: none

/// 34 years: the end of a longer one, and of the grace behind it, could not be told as a TimePoint.
inline constexpr std::chrono::seconds kLeaseMax{int64_t{1} << 30};

struct LeaseFacts {
  TimePoint granted;
  std::chrono::seconds length;
};

namespace lease_bits {
inline constexpr int64_t kEpoch = 1'577'836'800;  // 2020-01-01
inline constexpr int kLength = 14;
inline constexpr int kNode = 6;
inline constexpr int kSequence = 12;
inline constexpr uint64_t kMark = uint64_t{1} << (kLength - 1);  ///< the rest is an exponent
}  // namespace lease_bits

/// What an id made by LeaseIds tells. Of one that a client chose, anything.
[[nodiscard]] constexpr LeaseFacts facts_of(LeaseId id) {
  using namespace lease_bits;
  const auto bits = static_cast<uint64_t>(id);
  const uint64_t length = (bits >> (kNode + kSequence)) & ((uint64_t{1} << kLength) - 1);
  const uint64_t seconds = (length & kMark) != 0 ? uint64_t{1} << std::min<uint64_t>(length & (kMark - 1), 30) : length;
  const auto granted = kEpoch + static_cast<int64_t>(bits >> 32);
  return {from_wire_ns(granted * 1'000'000'000), std::chrono::seconds(static_cast<int64_t>(seconds))};
}

class LeaseIds {
 public:
  static constexpr uint32_t kOfServing = 3584;
  static constexpr uint32_t kOfLeaving = (1U << lease_bits::kSequence) - kOfServing;

  explicit LeaseIds(unsigned node_id) : node_(node_id % (1U << lease_bits::kNode)) {}

  /// Another process of this node makes ids too from now on.
  void leave() { leaving_ = true; }

  LeaseId next(std::chrono::seconds length, TimePoint now) {
    using namespace lease_bits;
    const int64_t second = std::max<int64_t>(0, to_wire_ns(now) / 1'000'000'000 - kEpoch);
    if (second > second_) {
      second_ = second;
      sequence_ = 0;
    } else if (++sequence_ >= (leaving_ ? kOfLeaving : kOfServing)) {
      ++second_;
      sequence_ = 0;
    }
    const auto wanted = static_cast<uint64_t>(std::max<int64_t>(1, length.count()));
    const uint64_t told = wanted < kMark ? wanted : kMark | static_cast<uint64_t>(std::bit_width(wanted - 1));
    return static_cast<LeaseId>((static_cast<uint64_t>(second_ & INT32_MAX) << 32) | (told << (kNode + kSequence)) |
                                (uint64_t{node_} << kSequence) | (leaving_ ? kOfServing : 0) | sequence_);
  }

 private:
  unsigned node_;
  int64_t second_ = 0;
  uint32_t sequence_ = 0;
  bool leaving_ = false;
};

}  // namespace discovery::keyspace
