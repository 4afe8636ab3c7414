// A summary of all records of a node, by which two nodes find where they differ (replication.md 3.1): 65,536 sums of
// keyed hashes, one per leaf, and 256 sums of 256 leaves each.
//
// A record stands in the leaf that the top 16 bits of its key's hash name, with a hash of key and version. So equal
// sums mean equal sets of (key, version), whatever the order in which they came. Adding and taking away happen in the
// critical section that changes the record.
// Thread: any; every sum is one atomic number. A reader sees changes in flight half done: a difference found that way
// is gone when it is looked at. Memory: 514 KiB, as far as leaves are used.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string_view>

#include "base/siphash.h"
#include "registry/instance.h"
#include "registry/record.h"
#include "registry/version.h"

namespace discovery::registry {

/// The hash of a key; all nodes of a cluster have the same `cluster_key`. Names are length-prefixed.
[[nodiscard]] uint64_t key_digest(const HashKey& cluster_key, const InstanceKeyView& key);
/// What a record adds to its leaf and, while visible, to the fingerprint of its application.
[[nodiscard]] uint64_t version_digest(const HashKey& cluster_key, uint64_t key_digest, const Version& version);

/// Of the sum over what an application lists, for its cursor (cursor.h): kFingerprintBits of it.
[[nodiscard]] int64_t fingerprint_of_sum(uint64_t sum);
/// Of an application's scheduler text; never that of a record.
[[nodiscard]] uint64_t scheduler_digest(const HashKey& cluster_key, std::string_view json);
/// What tells apart two imports of one time (version.h).
[[nodiscard]] uint32_t import_hash(const HashKey& cluster_key, uint64_t key_digest, const Record& record);

class Digest {
 public:
  static constexpr size_t kFanOut = 256;
  static constexpr size_t kLeaves = kFanOut * kFanOut;
  using Sums = std::array<uint64_t, kFanOut>;

  Digest();
  static size_t leaf_of(uint64_t key_digest) { return static_cast<size_t>(key_digest >> 48); }

  void add(uint64_t key_digest, uint64_t hash);
  void subtract(uint64_t key_digest, uint64_t hash);

  [[nodiscard]] Sums roots() const;
  /// Of the leaves below one root; root < kFanOut.
  [[nodiscard]] Sums leaves(size_t root) const;
  [[nodiscard]] bool operator==(const Digest& other) const;

 private:
  struct Free {
    void operator()(uint64_t* sums) const;
  };
  /// Reached through atomic_ref only. From calloc(): an empty registry touches none of the pages.
  std::unique_ptr<uint64_t[], Free> leaves_;
  std::array<std::atomic<uint64_t>, kFanOut> roots_{};
};

}  // namespace discovery::registry
