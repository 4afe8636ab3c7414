// The counters of the daemon as plain members: ReactorMetrics one per reactor, NodeMetrics one per process.
//
// Meaning, labels and names in /metrics: catalogue.h. Each enumeration below is a label; its values in /metrics are in
// the array after it, in the same order.
// Thread: a ReactorMetrics is written by its reactor only, a NodeMetrics by anyone; both are read by anyone.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/result.h"
#include "observe/counter.h"
#include "observe/histogram.h"
#include "observe/request_metrics.h"

namespace discovery::observe {

/// How a write ended: done, or as the error says.
enum class WriteResult : uint8_t {
  kOk,
  kInvalid,
  kNotFound,
  kConflict,
  kLimit,
  kExhausted,
  kUnavailable,
  kDenied,
  kInternal
};
inline constexpr std::array<std::string_view, 9> kWriteResults = {
    "ok", "invalid", "not_found", "conflict", "limit", "exhausted", "unavailable", "denied", "internal"};
[[nodiscard]] constexpr WriteResult write_result(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument:
      return WriteResult::kInvalid;
    case ErrorCode::kNotFound:
      return WriteResult::kNotFound;
    case ErrorCode::kConflict:
      return WriteResult::kConflict;
    case ErrorCode::kLimitExceeded:
      return WriteResult::kLimit;
    case ErrorCode::kExhausted:
      return WriteResult::kExhausted;
    case ErrorCode::kUnavailable:
      return WriteResult::kUnavailable;
    case ErrorCode::kUnauthenticated:
    case ErrorCode::kForbidden:
      return WriteResult::kDenied;
    case ErrorCode::kInternal:
      break;
  }
  return WriteResult::kInternal;
}

/// Who cancelled: a client, or the node its own entry while it drains.
enum class CancelCause : uint8_t { kClient, kDrain };
inline constexpr std::array<std::string_view, 2> kCancelCauses = {"client", "drain"};

enum class WakeReason : uint8_t { kChange, kTimeout, kHangup, kDrain };
inline constexpr std::array<std::string_view, 4> kWakeReasons = {"change", "timeout", "hangup", "drain"};

/// Which limit refused a request or ended a connection (security.md 1, "limits").
enum class ThrottleRule : uint8_t {
  kConnections,  ///< all of them, or of one address
  kDescriptors,  ///< accepting paused: no descriptor left
  kHead,
  kBody,
  kFields,      ///< of a form
  kApps,        ///< of one request
  kText,        ///< a name, the metadata or the addresses of an instance
  kPartlyRead,  ///< memory of requests that are still arriving
  kSlowSender,  ///< head, body or rate deadline
  kIdle,
  kParkedPolls,
  kRegistryMemory,
  kSlowConsumer,  ///< took no byte of its answer for too long
  kSpinningPoll,  ///< this and what follows: the same useless request in a loop
  kRegisterLoop,
  kRenewLoop,
  kRate,  ///< held back: the client asks more often than it may
};
inline constexpr std::array<std::string_view, 17> kThrottleRules = {
    "connections",   "descriptors",   "head",          "body",       "fields",       "apps",
    "text",          "partly_read",   "slow_sender",   "idle",       "parked_polls", "registry_memory",
    "slow_consumer", "spinning_poll", "register_loop", "renew_loop", "rate"};

/// Why an instance was evicted: past its lease, or past the ceiling that holds even under self-protection.
enum class EvictReason : uint8_t { kExpired, kCeiling };
inline constexpr std::array<std::string_view, 2> kEvictReasons = {"expired", "ceiling"};

enum class ReloadResult : uint8_t { kOk, kError };
inline constexpr std::array<std::string_view, 2> kReloadResults = {"ok", "error"};
enum class UpgradeResult : uint8_t { kTookOver, kLeft, kError };
inline constexpr std::array<std::string_view, 3> kUpgradeResults = {"took_over", "left", "error"};

/// What passes between this node and one other: messages with changes, records and renewals in them, and posts to a
/// node of the original.
enum class PeerOp : uint8_t { kPush, kRecord, kLease, kPost };
inline constexpr std::array<std::string_view, 4> kPeerOps = {"push", "record", "lease", "post"};
enum class PeerResult : uint8_t { kSent, kReceived, kApplied, kRefused, kFailed, kPassedOn };
inline constexpr std::array<std::string_view, 6> kPeerResults = {"sent",    "received", "applied",
                                                                 "refused", "failed",   "passed_on"};

/// How a comparison with another node ended.
enum class RoundResult : uint8_t { kEqual, kDifferent, kFailed };
inline constexpr std::array<std::string_view, 3> kRoundResults = {"equal", "different", "failed"};

[[nodiscard]] constexpr std::string_view name_of(PeerOp op) { return kPeerOps[static_cast<size_t>(op)]; }
[[nodiscard]] constexpr std::string_view name_of(PeerResult result) {
  return kPeerResults[static_cast<size_t>(result)];
}
[[nodiscard]] constexpr std::string_view name_of(RoundResult r) { return kRoundResults[static_cast<size_t>(r)]; }

/// What is counted per wire protocol.
struct ProtocolMetrics {
  using Writes = CounterSet<WriteResult, kWriteResults.size()>;

  Writes registers;
  Writes renews;
  Writes sets;
  std::array<Writes, kCancelCauses.size()> cancels;
  Counter fanout_bytes;
  Histogram notify_seconds;

  Writes& cancels_by(CancelCause cause) { return cancels[static_cast<size_t>(cause)]; }
};
/// The label `proto` of ReactorMetrics::discovery.
inline constexpr std::string_view kProtoDiscovery = "discovery";

/// On cache lines of its own, so that reactors do not disturb each other.
struct alignas(64) ReactorMetrics {
  explicit ReactorMetrics(std::span<const std::string_view> routes) : requests(routes) {}

  RequestMetrics requests;
  ProtocolMetrics discovery;
  CounterSet<WakeReason, kWakeReasons.size()> poll_wakeups;
  CounterSet<ThrottleRule, kThrottleRules.size()> throttled;
  Counter empty_answers;
  Counter view_renders;
  Counter view_reuses;
};

struct NodeMetrics {
  CounterSet<EvictReason, kEvictReasons.size(), SharedCounter> evictions;
  CounterSet<ReloadResult, kReloadResults.size(), SharedCounter> config_reloads;
  CounterSet<UpgradeResult, kUpgradeResults.size(), SharedCounter> upgrades;
};

}  // namespace discovery::observe
