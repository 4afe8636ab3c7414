// Guests: records that came by another protocol than the Discovery API, and live under terms of their own.
//
//   InstanceText::origin = length of the lease in seconds (varint; 0: it has none), then what its protocol keeps of it
//
// A guest is replicated, compared, kept on disk and handed over like any other record. What differs: its lease has a
// length of its own; self-protection, brake and sweep leave it alone, since whoever keeps the guests says when one is
// over (Registry::hide_guest()); its renewals are not counted as those of instances. A node that has hidden a guest is
// believed by the others unless they know of a later renewal. A register of the same name by the Discovery API makes it
// an instance like others.
//
// Guests that no client of the Discovery API may see stand in an environment whose name begins with kReservedMark,
// which no name of a client can hold. Pure functions. Source: etcd-api.md 6.2 (R3: "every replicated key carries lease
// id, TTL and last renewal").
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/time.h"

namespace discovery::registry {

inline constexpr char kReservedMark = '\x01';
/// Longer ones count as this: 2,000 years of seconds would not fit a Duration.
inline constexpr uint64_t kOriginLeaseMax = UINT64_C(4'000'000'000);

[[nodiscard]] constexpr bool is_reserved_env(std::string_view env) {
  return !env.empty() && env.front() == kReservedMark;
}

/// Zero: no lease, it does not end by itself.
[[nodiscard]] inline Duration lease_of_origin(std::string_view origin) {
  ByteReader in(origin);
  return std::chrono::seconds(std::min(in.varint(), kOriginLeaseMax));
}

/// What its protocol keeps of it.
[[nodiscard]] inline std::string_view kept_of_origin(std::string_view origin) {
  ByteReader in(origin);
  in.varint();
  return in.rest();
}

[[nodiscard]] inline bool is_origin(std::string_view bytes) {
  ByteReader in(bytes);
  in.varint();
  return in.ok();
}

[[nodiscard]] inline std::string make_origin(std::chrono::seconds lease, std::string_view kept) {
  std::string origin;
  append_varint(origin, static_cast<uint64_t>(lease.count()));
  origin.append(kept);
  return origin;
}

}  // namespace discovery::registry
