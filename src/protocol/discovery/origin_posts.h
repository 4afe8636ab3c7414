// What clients wrote here, told to nodes that run the original (spec: replication.md 2.5, R7; discovery-api.md 10.4,
// D7, D8, D12). Only the node that took a write posts it, and only after it was applied.
//
// A register and a set are posted as they are stored a moment later: when another writer came between, its state goes
// out twice, and a record that was cancelled meanwhile is not posted.
// Thread: its reactor. Cost: nothing unless ClusterPort::wants_posts(); else a look at the record and the encoding.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "cluster/original.h"
#include "protocol/discovery/cluster_port.h"
#include "protocol/discovery/legacy_post.h"
#include "registry/registry.h"

namespace discovery::protocol {

/// What a set changed on one host.
struct SetOfHost {
  std::string_view hostname;
  std::optional<uint32_t> status;
  std::optional<std::string> metadata_json;  ///< the patch, or `null`, which clears
};

class OriginPosts {
 public:
  OriginPosts(const registry::Registry& registry, ClusterPort& port) : registry_(registry), port_(port) {}

  [[nodiscard]] bool wanted() const { return port_.wants_posts(); }
  void registered(const registry::InstanceKeyView& key, cluster::PostReach reach);
  void renewed(const LegacyTarget& target, int64_t dirty_ns, cluster::PostReach reach);
  /// `dirty_ns`: of what was cancelled.
  void cancelled(const registry::InstanceKeyView& key, int64_t dirty_ns, TimePoint now, cluster::PostReach reach);
  /// All hosts have a status or none has; likewise metadata. One post per set_timestamp: hosts that were given
  /// different ones, because the client gave none, are told apart.
  void set(const registry::AppKeyView& app, std::string_view zone, std::string_view region,
           std::span<const SetOfHost> hosts, cluster::PostReach reach);

 private:
  void send(LegacyPost&& post, const registry::InstanceKeyView& key, cluster::PostReach reach);

  const registry::Registry& registry_;
  ClusterPort& port_;
};

}  // namespace discovery::protocol
