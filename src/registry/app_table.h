// The applications of a shard by their key.
//
// Open addressing, linear probing, sixteen bytes an entry: the whole hash stands in it, so that a lookup touches one
// cache line of the table and the application it is looking for. Hashes are keyed with a secret, names come from
// clients.
//
// Thread: guarded by the mutex of its shard. Memory: 16 bytes an entry, at most 3/4 of them taken; never shrinks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/siphash.h"
#include "registry/application.h"

namespace discovery::registry {

/// The hash of `key`; all its bits are good, but for the low ones within a shard, which is chosen by them.
[[nodiscard]] inline uint64_t app_key_hash(const HashKey& secret, AppKeyView key) {
  return siphash(secret, key.appid) * 0x9e3779b97f4a7c15ULL ^ siphash(secret, key.env);
}

class AppTable {
 public:
  explicit AppTable(const HashKey& secret) : secret_(secret) {}

  /// Null when it is not there.
  [[nodiscard]] Application* find(AppKeyView key) const {
    if (count_ == 0) return nullptr;
    const uint64_t hash = app_key_hash(secret_, key);
    for (size_t at = home_of(hash); entries_[at].app; at = next(at)) {
      if (entries_[at].hash == hash && entries_[at].app->key() == key) return entries_[at].app;
    }
    return nullptr;
  }

  /// Precondition: its key is not there.
  void insert(Application& app);
  /// Precondition: it is there.
  void erase(const Application& app);
  [[nodiscard]] size_t size() const { return count_; }

 private:
  struct Entry {
    uint64_t hash = 0;
    Application* app = nullptr;  ///< null: free
  };

  [[nodiscard]] size_t next(size_t at) const { return (at + 1) & (entries_.size() - 1); }
  [[nodiscard]] size_t home_of(uint64_t hash) const { return static_cast<size_t>(hash >> shift_); }
  void put(const Entry& entry);
  void grow();

  HashKey secret_;
  std::vector<Entry> entries_;  ///< a power of two
  int shift_ = 64;              ///< the home of an entry is the top bits of its hash
  size_t count_ = 0;
};

}  // namespace discovery::registry
