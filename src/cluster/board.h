// What the cluster tells the reactors of its node, readable from any thread: who is there, and what may be answered.
//
// Lifecycle: part of Cluster. Thread: the cluster's writes, any reads; each value is atomic by itself, the list of
// nodes is immutable once published.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "base/time.h"

namespace discovery::cluster {

struct NodeOnBoard {
  std::string address;
  std::string zone;
  bool up = false;
};
using NodeList = std::vector<NodeOnBoard>;

class ClusterBoard {
 public:
  /// Every other node that is or may be a member, itself first; of all zones.
  [[nodiscard]] std::shared_ptr<const NodeList> nodes() const EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return nodes_;
  }
  /// Every peer of our kind was heard within 10 s (replication.md 2.5, "Hold").
  [[nodiscard]] bool all_peers_heard() const { return all_heard_.load(std::memory_order_relaxed); }
  /// Versions given from now on are above what the cluster has (2.3): false for at most two seconds after the start.
  [[nodiscard]] bool accepts_writes() const { return accepts_writes_.load(std::memory_order_acquire); }
  /// What is here may be shown to clients (3.3).
  [[nodiscard]] bool ready() const { return ready_.load(std::memory_order_acquire); }
  /// Every renewal that any node accepted before it is known here; TimePoint::max() of a node alone.
  [[nodiscard]] TimePoint covered_until() const {
    return from_wire_ns(covered_until_ns_.load(std::memory_order_relaxed));
  }
  /// An original is or may be among the peers.
  [[nodiscard]] bool wants_posts() const { return wants_posts_.load(std::memory_order_relaxed); }
  /// That host is one of an original's: its replication parameters are believed.
  [[nodiscard]] bool is_node_host(const std::string& host) const EXCLUDES(mutex_);

 private:
  friend class Cluster;
  void set_nodes(std::shared_ptr<const NodeList> nodes) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    nodes_ = std::move(nodes);
  }

  mutable Mutex mutex_;
  std::shared_ptr<const NodeList> nodes_ GUARDED_BY(mutex_) = std::make_shared<const NodeList>();
  std::atomic<bool> all_heard_{true};
  std::atomic<bool> accepts_writes_{false};
  std::atomic<bool> ready_{false};
  std::atomic<bool> wants_posts_{false};
  std::atomic<int64_t> covered_until_ns_{to_wire_ns(TimePoint::max())};
};

/// "10.0.0.1" of "10.0.0.1:7171", "::1" of "[::1]:7171".
[[nodiscard]] inline std::string_view host_of(std::string_view address) {
  const size_t colon = address.rfind(':');
  std::string_view host = colon == std::string_view::npos ? address : address.substr(0, colon);
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  return host;
}

inline bool ClusterBoard::is_node_host(const std::string& host) const {
  const auto list = nodes();
  for (size_t i = 1; i < list->size(); ++i) {
    if (host_of((*list)[i].address) == host) return true;
  }
  return false;
}

}  // namespace discovery::cluster
