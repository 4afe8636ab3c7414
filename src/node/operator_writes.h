// What an operator does to an instance through the page or an admin call: the same writes as a client's, made by
// whoever may act on the node, and told to the other nodes in the same way.
//
// Thread: any that serves no clients, one at a time. Errors: kNotFound, kInvalidArgument, kUnavailable while the node
// starts or drains.
#pragma once

#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "node/cluster_host.h"
#include "node/reactor_unit.h"
#include "observe/log.h"
#include "protocol/discovery/origin_posts.h"
#include "registry/registry.h"

namespace discovery::node {

class OperatorWrites {
 public:
  OperatorWrites(registry::Registry& registry, ClusterHost& cluster, WakeDispatcher& wakes, observe::Logger& logger)
      : registry_(registry), cluster_(cluster), posts_(registry, cluster), wakes_(wakes), logger_(logger) {}

  /// `by`: the address of who asked.
  Result<void> set_status(const registry::InstanceKeyView& key, uint32_t status, std::string_view by, TimePoint now);
  Result<void> cancel(const registry::InstanceKeyView& key, std::string_view by, TimePoint now);

 private:
  void log(std::string_view event, const registry::InstanceKeyView& key, std::string_view by);

  registry::Registry& registry_;
  ClusterHost& cluster_;
  protocol::OriginPosts posts_;
  WakeDispatcher& wakes_;
  observe::Logger& logger_;
};

}  // namespace discovery::node
