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
  struct Entry {
    registry::RecordRef ref;
    TimePoint since;
    bool pass_on = false;    ///< for the other nodes of the peer's zone, too
    TimePoint made_after{};  ///< what was made here before that is not in it
  };

  explicit DirtyQueue(size_t max) : max_(max) {}

  /// False: the queue was full and is empty now.
  bool add(const Entry& entry) {
    const auto [it, fresh] = queued_.try_emplace(entry.ref.slot, Queued{entry.ref.generation, entry.pass_on});
    if (!fresh) {
      it->second.pass_on |= entry.pass_on;
      if (it->second.generation == entry.ref.generation) return true;
      it->second.generation = entry.ref.generation;  // another record's slot now; the old one is gone, and not sent
    }
    if (queue_.size() >= max_) {
      clear();
      return false;
    }
    queue_.push_back({entry.ref, entry.since, false, entry.made_after});
    return true;
  }
  /// The oldest; precondition: not empty.
  Entry pop() {
    Entry e = queue_.front();
    queue_.pop_front();
    const auto it = queued_.find(e.ref.slot);
    if (it == queued_.end() || it->second.generation != e.ref.generation) return e;
    e.pass_on = it->second.pass_on;
    queued_.erase(it);
    return e;
  }
  void clear() {
    queue_.clear();
    queued_.clear();
  }
  [[nodiscard]] bool empty() const { return queue_.empty(); }
  [[nodiscard]] size_t size() const { return queue_.size(); }
  /// Since when the oldest waits; precondition: not empty.
  [[nodiscard]] TimePoint oldest() const { return queue_.front().since; }
  [[nodiscard]] const Entry& front() const { return queue_.front(); }

 private:
  struct Queued {
    uint32_t generation = 0;
    bool pass_on = false;
  };
  const size_t max_;
  std::deque<Entry> queue_;
  std::unordered_map<uint32_t, Queued> queued_;  ///< by slot; only looked up
};

}  // namespace discovery::cluster
