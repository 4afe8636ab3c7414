// The state of one instance as it travels: between nodes, to disk and back (replication.md 2.3).
//
// A Record owns nothing; its views are valid as long as what it was decoded from, or, of a stored record, inside the
// callback that shows it. Joining one is commutative, associative and idempotent (Registry::join).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/time.h"
#include "registry/instance.h"

namespace discovery::registry {

struct Record {
  AppKeyView app;
  InstanceText text;  ///< of a tombstone only zone, hostname and extension
  Version version;    ///< a tombstone if version.incarnation.tombstone
  int64_t reg_ns = 0;
  int64_t up_ns = 0;
  int64_t dirty_ns = 0;
  int64_t latest_ns = 0;
  uint32_t status = 0;
  bool hidden = false;  ///< the sender holds that its lease has run out
  /// T of the application at the sender when it was sent; 0: not told.
  int64_t app_latest_ns = 0;
  /// How long ago the sender itself accepted the last renewal; none: it never did. Only the node that accepted a
  /// renewal tells its age (replication.md 2.3, "Lease L").
  std::optional<Duration> home_age;
  /// Of a hidden record and of a guest: how old its lease is at the sender; of an imported tombstone: how old it is
  /// there. It proves no life; it tells when to forget, and when a guest is over at the latest.
  Duration hidden_age{};

  [[nodiscard]] InstanceKeyView key() const { return {app, text.zone, text.hostname}; }
  [[nodiscard]] bool tombstone() const { return version.incarnation.tombstone; }
};

/// Names a stored record of this process for as long as it is stored; never another one.
struct RecordRef {
  uint32_t slot = 0;
  uint32_t generation = 0;  ///< 0: names nothing
  bool operator==(const RecordRef&) const = default;
  explicit operator bool() const { return generation != 0; }
};

/// A record with what its node knows besides. The views are valid inside the callback, under the lock of the shard.
struct StoredRecord {
  AppKeyView app;
  const Instance* instance = nullptr;
  RecordRef ref;
  int64_t lease_ns = 0;      ///< latest renewal known here, or since when the record is held; own clock
  bool lease_known = false;  ///< lease_ns is of a renewal, not of the record's arrival
  int64_t home_ns = 0;       ///< latest renewal accepted by this node, 0: none; own clock
  int64_t app_latest_ns = 0;

  /// As it is sent at `now`.
  [[nodiscard]] Record at(TimePoint now) const;
};

}  // namespace discovery::registry
