// What a peer that runs the original server answers: to a post, and to GET /discovery/fetch/all.
//
// The answers come from outside: a broken one is an Error, a broken instance inside a good one is left out and counted,
// so that one odd registration cannot keep a node from starting. Instances are made canonical as a register would make
// them: addresses split at commas (an original stores what it was sent comma-joined as one address, D1), metadata
// sorted, texts valid UTF-8. Names are taken as they are or refused, never repaired: they are identities.
//
// Thread: pure functions. Limits: LegacyLimits; the caller caps the body; nesting is JsonReader's. Cost: linear, four
// or so allocations per instance. Source: discovery-api.md 3, 4, 7.3, 10.5; model/instance.go of v1.2.0.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "codec/metadata.h"

namespace discovery::protocol {

/// Elements of one fetch/all, refused ones included. An original writes some 350 bytes for each.
inline constexpr size_t kLegacyInstancesMax = 200'000;

/// What a registered instance may be here; past these limits it is refused.
struct LegacyLimits {
  size_t name_bytes_max = 1024;  ///< appid, env, zone, hostname, each
  size_t addrs_max = 64;
  codec::MetadataLimits metadata;
};

struct LegacyInstance {
  std::string region;
  std::string zone;
  std::string env;
  std::string appid;
  std::string hostname;
  std::string version;
  std::vector<std::string> addrs;
  std::string addrs_json;     ///< the same as canonical JSON; `[]` is possible
  std::string metadata_json;  ///< canonical
  uint32_t status = 0;        ///< 1 or 2
  int64_t reg_ns = 0;         ///< this and the others: Unix nanoseconds, any value, 0 when absent
  int64_t up_ns = 0;
  int64_t renew_ns = 0;
  int64_t dirty_ns = 0;
  int64_t latest_ns = 0;
};

struct LegacyAnswer {
  int code = 0;
  /// `data`, where it is a usable instance; the all-zero one that comes with some -404 is none.
  std::optional<LegacyInstance> instance;
};

struct LegacyList {
  int code = 0;  ///< -500 while the peer is in its init protection; then there are no instances
  std::vector<LegacyInstance> instances;
  size_t refused = 0;  ///< elements that were no usable instance
};

/// Of register, renew, cancel and set. kInvalidArgument: no JSON object with a whole number as `code`; so is the empty
/// body by which an original refuses a status other than 1 and 2.
[[nodiscard]] Result<LegacyAnswer> parse_legacy_answer(std::string_view body, const LegacyLimits& limits);

/// `data` is an object of application id -> array of instances; null, or absent, is empty. kInvalidArgument as above or
/// when `data` has another shape; kLimitExceeded past kLegacyInstancesMax.
[[nodiscard]] Result<LegacyList> parse_legacy_fetch_all(std::string_view body, const LegacyLimits& limits);

}  // namespace discovery::protocol
