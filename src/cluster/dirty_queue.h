// Which records a peer must be sent: each at most once, oldest first (replication.md 3.2). Only the name of a record
// waits; what it says is read when it is sent, so changes that follow each other are one.
//
// Thread: the cluster's. Limits: `max` records; one more empties the queue, and the digests find what the peer lacks.
#pragma once

#include <cstdint>
#include <deque>
#include <unordered_map>
#include <vector>

#include "base/time.h"
#include "registry/record.h"

namespace discovery::cluster {

class DirtyQueue {
 public:
  explicit DirtyQueue(size_t max) : max_(max) {}

  /// False: the queue was full and is empty now.
  bool add(registry::RecordRef ref, TimePoint since) {
    const auto [it, fresh] = queued_.try_emplace(ref.slot, ref.generation);
    if (!fresh) {
      if (it->second == ref.generation) return true;
      it->second = ref.generation;  // the slot is another record's now; the old one is gone and need not be sent
    }
    if (queue_.size() >= max_) {
      clear();
      return false;
    }
    queue_.push_back({ref, since});
    return true;
  }
  /// The oldest; precondition: not empty.
  registry::RecordRef pop() {
    const Entry e = queue_.front();
    queue_.pop_front();
    const auto it = queued_.find(e.ref.slot);
    if (it != queued_.end() && it->second == e.ref.generation) queued_.erase(it);
    return e.ref;
  }
  void clear() {
    queue_.clear();
    queued_.clear();
  }
  [[nodiscard]] bool empty() const { return queue_.empty(); }
  [[nodiscard]] size_t size() const { return queue_.size(); }
  /// Since when the oldest waits; precondition: not empty.
  [[nodiscard]] TimePoint oldest() const { return queue_.front().since; }

 private:
  struct Entry {
    registry::RecordRef ref;
    TimePoint since;
  };
  const size_t max_;
  std::deque<Entry> queue_;
  std::unordered_map<uint32_t, uint32_t> queued_;  ///< slot -> generation; only looked up
};

}  // namespace discovery::cluster
