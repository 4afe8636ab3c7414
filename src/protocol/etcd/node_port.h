// What the front end for etcd's clients asks of its node.
// Thread: any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "grpc/status.h"
#include "keyspace/key_value.h"

namespace discovery::protocol::etcd {

struct MemberInfo {
  uint64_t id = 0;  ///< not 0
  std::string name;
  std::string peer_url;
  std::string client_url;  ///< "http://10.0.0.1:2379"
};

/// A write that was asked for, or a call that was refused for who sent it. Valid during the call.
struct AuditNote {
  std::string_view user;  ///< Permissions::user_of()
  std::string_view client;
  std::string_view method;     ///< its path
  std::string_view key;        ///< any bytes; "" of a lease, and where the call names none
  std::string_view range_end;  ///< as etcd says it
  grpc::Code code = grpc::Code::kOk;
  size_t count = 0;               ///< keys that were written or deleted
  keyspace::Revision before = 0;  ///< of what a put replaced
  keyspace::Revision after = 0;
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

  /// Somebody reads what is audited.
  [[nodiscard]] virtual bool audits() const = 0;
  virtual void audited(const AuditNote& note) = 0;

 protected:
  ~NodePort() = default;
};

}  // namespace discovery::protocol::etcd
