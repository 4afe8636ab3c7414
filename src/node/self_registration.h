// The node as an instance of its own registry: infra.discovery, without which Go clients do not start
// (spec: discovery-api.md 10.2).
//
// One entry per environment: the node's own, and those of env.self_env. Renewed like a client's, registered again when
// it is gone, cancelled when the node drains. Thread: one (the main thread).
#pragma once

#include <string>
#include <vector>

#include "base/time.h"
#include "observe/log.h"
#include "protocol/discovery/api.h"
#include "protocol/discovery/cluster_port.h"
#include "protocol/discovery/origin_posts.h"
#include "registry/registry.h"

namespace discovery::node {

/// Name of the member of a node's metadata in its own entry that tells where its clients of etcd connect.
inline constexpr std::string_view kEtcdUrlMember = "etcd";

struct SelfIdentity {
  std::string region;
  std::string zone;
  std::string hostname;
  std::string addr;               ///< host:port under which clients reach the node
  std::string metadata_json;      ///< canonical
  std::vector<std::string> envs;  ///< without repetition
};

/// What the own entry is registered with, and who must hear of it; all of it outlives the registration.
struct SelfContext {
  registry::Registry& registry;
  protocol::ClusterPort& cluster;  ///< originals post to no node that is not listed
  protocol::ChangeSink& wakes;
  observe::Logger& logger;
};

class SelfRegistration {
 public:
  SelfRegistration(const SelfContext& context, SelfIdentity identity, Duration renew_interval);

  void register_all(TimePoint now);
  /// Renews when it is time. Returns when it wants to be called again.
  TimePoint tick(TimePoint now);
  void cancel_all(TimePoint now);

 private:
  void register_in(const std::string& env, TimePoint now);
  [[nodiscard]] registry::InstanceKeyView key_in(const std::string& env) const;

  registry::Registry& registry_;
  protocol::OriginPosts posts_;
  protocol::ChangeSink& wakes_;
  observe::Logger& logger_;
  const SelfIdentity identity_;
  const Duration renew_interval_;
  std::string addrs_json_;
  TimePoint next_renew_{};
};

}  // namespace discovery::node
