// What the front end for etcd's clients asks of its node.
// Thread: any.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/time.h"

namespace discovery::protocol::etcd {

struct MemberInfo {
  uint64_t id = 0;  ///< not 0
  std::string name;
  std::string peer_url;
  std::string client_url;  ///< "http://10.0.0.1:2379"
};

class NodePort {
 public:
  /// Never 0, and the same on all nodes.
  [[nodiscard]] virtual uint64_t cluster_id() const = 0;
  /// Never 0, of this node alone.
  [[nodiscard]] virtual uint64_t member_id() const = 0;
  /// Every node that is or may be there, this one first. Clients replace their endpoints by it.
  [[nodiscard]] virtual std::vector<MemberInfo> members() const = 0;
  /// What is here may be shown, and written to.
  [[nodiscard]] virtual bool serves() const = 0;

  /// So long at most the answer to a write waits until every node that can be reached has it (R4); zero: not at all.
  [[nodiscard]] virtual Duration write_wait() const = 0;
  /// Names all that was written up to now; EtcdService::everywhere() is called with it, or a larger one. 0: there is
  /// nobody to wait for.
  [[nodiscard]] virtual uint64_t write_ticket() = 0;

 protected:
  ~NodePort() = default;
};

}  // namespace discovery::protocol::etcd
