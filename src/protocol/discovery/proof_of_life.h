// What shows that an instance of which we hold a tombstone lives: the original that posts its register has renewed it a
// moment ago, and we answered -404, by which it learns that it must register (spec: replication.md 2.5, R7).
//
// Without it a cancel that arrives after the next register would hide the instance for good: posted registers lose
// against tombstones as new as they are.
// Lifecycle: one per node, since an original's connections end at any reactor. Thread: any; one mutex, taken only for
// writes with replication parameters. Limits: kEntriesMax, the oldest goes; kWindow. Cost: O(1), about 100 bytes each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string_view>
#include <unordered_map>

#include "base/mutex.h"
#include "base/siphash.h"
#include "base/time.h"
#include "registry/instance.h"

namespace discovery::protocol {

class ProofOfLife {
 public:
  static constexpr size_t kEntriesMax = 65536;
  static constexpr Duration kWindow = std::chrono::seconds(10);

  /// `secret`: of the process; entries are found by a hash of address and names, which others choose.
  explicit ProofOfLife(const HashKey& secret) : secret_(secret) {}

  /// A renew with replication=true from `ip` was answered -404 because of a tombstone.
  void renewed(std::string_view ip, const registry::InstanceKeyView& key, TimePoint now);
  /// The same `ip` renewed it at most kWindow ago.
  [[nodiscard]] bool proves(std::string_view ip, const registry::InstanceKeyView& key, TimePoint now) const;
  [[nodiscard]] size_t size() const;

 private:
  struct Entry {
    uint64_t hash;
    TimePoint at;
  };

  [[nodiscard]] uint64_t hash_of(std::string_view ip, const registry::InstanceKeyView& key) const;
  void drop_oldest() REQUIRES(mutex_);

  const HashKey secret_;
  mutable Mutex mutex_;
  std::unordered_map<uint64_t, TimePoint> latest_ GUARDED_BY(mutex_);  ///< no larger than by_age_
  std::deque<Entry> by_age_ GUARDED_BY(mutex_);                        ///< one per call, repetitions included
};

}  // namespace discovery::protocol
