// How keys and leases stand in the registry: as guests (registry/origin.h) in an environment that no client can name.
//
//   lease   env kKeysEnv, appid "leases", hostname: the id, 16 hexadecimal digits
//   key     env kKeysEnv, appid "keys-00" to "keys-3f" by a hash of the key, hostname: the key, escaped
//   mapped  an instance made from a key: where clients of the Discovery API look for it
//
// The zone of the first two is "-", whichever node writes. What origin keeps of each: see Kept.
// A key of more than kNameBytesMax bytes, escaped, cannot be held: is_storable_key().
// Whoever shows instances learns from key_origin_of() whether one stands for a key.
// Pure functions. Errors: none for what is malformed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "keyspace/lease_id.h"
#include "registry/instance.h"

namespace discovery::keyspace {

inline constexpr std::string_view kKeysEnv = "\x01keys";
inline constexpr std::string_view kKeysZone = "-";
inline constexpr std::string_view kLeasesApp = "leases";

/// The names of a record, owned.
struct RecordName {
  std::string appid;
  std::string hostname;
  [[nodiscard]] registry::InstanceKeyView view() const { return {{kKeysEnv, appid}, kKeysZone, hostname}; }
};

[[nodiscard]] bool is_storable_key(std::string_view key);
/// Precondition: is_storable_key(key).
[[nodiscard]] RecordName record_of_key(std::string_view key);
[[nodiscard]] RecordName record_of_lease(LeaseId id);
/// None: it is the name of no key.
[[nodiscard]] std::optional<std::string> key_of_record(std::string_view appid, std::string_view hostname);
[[nodiscard]] std::optional<LeaseId> lease_of_record(std::string_view appid, std::string_view hostname);

/// What a guest's origin keeps, besides the length of its lease.
struct Kept {
  enum class Kind : uint8_t { kLease = 1, kKey, kMapped };
  Kind kind = Kind::kLease;
  LeaseId lease = 0;
  std::string_view key;       ///< of a mapped instance: the key it was made from
  std::string_view value;     ///< of a key
  std::string_view layout;    ///< of a mapped instance: how the key is written
  std::string_view zone;      ///< of a key: of the instances made from it
  std::string_view others{};  ///< of a mapped instance: more keys that tell of it, each with its length in front
};
[[nodiscard]] std::string encode_kept(const Kept& kept);
/// The views point into `bytes`.
[[nodiscard]] std::optional<Kept> decode_kept(std::string_view bytes);
/// The same of a record, which the views point into. None: it is no guest of ours.
[[nodiscard]] std::optional<Kept> kept_of(const registry::Instance& record);

/// Of an instance that was made from a key: which, and how long its lease is.
struct KeyOrigin {
  std::string_view layout;  ///< layouts::layout_name()
  std::string_view key;     ///< any bytes
  LeaseId lease_id = 0;     ///< 0: none
  Duration lease{};         ///< zero: it does not end by itself
};
/// The views point into the bytes, a guest's origin or "". None: it came by the Discovery API, or is no instance.
[[nodiscard]] std::optional<KeyOrigin> key_origin_of(std::string_view origin);
[[nodiscard]] inline std::optional<KeyOrigin> key_origin_of(const registry::Instance& record) {
  return key_origin_of(record.origin());
}

}  // namespace discovery::keyspace
