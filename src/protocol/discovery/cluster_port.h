// The cluster as the HTTP API sees it: who the nodes are, whether they are heard, and where writes go besides.
//
// Lifecycle: outlives every API that has it. Thread: any; the reactors call it while they handle requests, so every
// call must be quick and must not wait for another node. Errors: none; what cannot be delivered is the cluster's
// business.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "base/time.h"
#include "cluster/original.h"

namespace discovery::protocol {

/// As /discovery/nodes shows a node (discovery-api.md 7.4, D9).
struct NodeStatus {
  std::string addr;  ///< host:port
  std::string zone;
  int status = 1;  ///< 0: up, 1: lost or never reached
  bool operator==(const NodeStatus&) const = default;
};
using NodeList = std::shared_ptr<const std::vector<NodeStatus>>;

class ClusterPort {
 public:
  virtual ~ClusterPort() = default;

  /// Those of the own zone, this node first. Never null.
  [[nodiscard]] virtual NodeList nodes() const = 0;
  /// Every other node of our kind was heard within the last 10 s (replication.md 2.5, R8, "Hold").
  [[nodiscard]] virtual bool all_peers_heard(TimePoint now) const = 0;

  /// A node may be an original, so what clients write must be posted; false spares the encoding.
  [[nodiscard]] virtual bool wants_posts() const = 0;
  /// One operation for the originals. Those of one reactor come in the order in which they were applied.
  virtual void post(cluster::Post&& post) = 0;
  /// A node at this address runs the original: its replication parameters are honoured.
  [[nodiscard]] virtual bool is_original(std::string_view ip) const = 0;
  /// A write with honoured replication parameters came from there (replication.md 2.4, "Peers running the original").
  virtual void original_spoke(std::string_view /*ip*/, TimePoint /*now*/) {}

  /// False: versions could not be given yet (replication.md 2.3, "Version clock"). DiscoveryApi::open_writes() is
  /// called on every reactor after it has become true.
  [[nodiscard]] virtual bool accepts_writes() const = 0;
  /// So long the answer to a client's write waits for one peer to have it; 0: not at all.
  [[nodiscard]] virtual Duration ack_wait() const = 0;
  /// Names all that was written up to now; DiscoveryApi::acknowledged() is called with it, or a larger one, when a peer
  /// has it. Tickets grow. 0: there is nobody to wait for.
  [[nodiscard]] virtual uint64_t ack_ticket() = 0;
};

/// A node without others: the nodes are those of the configuration, unreached.
class LoneCluster final : public ClusterPort {
 public:
  explicit LoneCluster(std::vector<NodeStatus> nodes = {}) { set_nodes(std::move(nodes)); }

  void set_nodes(std::vector<NodeStatus> nodes) {
    auto fresh = std::make_shared<const std::vector<NodeStatus>>(std::move(nodes));
    const MutexLock lock(mutex_);
    nodes_ = std::move(fresh);
  }

  [[nodiscard]] NodeList nodes() const override {
    const MutexLock lock(mutex_);
    return nodes_;
  }
  [[nodiscard]] bool all_peers_heard(TimePoint /*now*/) const override { return true; }
  [[nodiscard]] bool wants_posts() const override { return false; }
  void post(cluster::Post&& /*post*/) override {}
  [[nodiscard]] bool is_original(std::string_view /*ip*/) const override { return false; }
  [[nodiscard]] bool accepts_writes() const override { return true; }
  [[nodiscard]] Duration ack_wait() const override { return {}; }
  [[nodiscard]] uint64_t ack_ticket() override { return 0; }

 private:
  mutable Mutex mutex_;
  NodeList nodes_ GUARDED_BY(mutex_);
};

}  // namespace discovery::protocol
