// Clients of etcd, on a running node: the key space, its front end on every reactor, and what ties both to the rest.
//
//   reactors: EtcdService --put, watch--> Keyspace <--records-- Registry <--> cluster, disk
//   main thread: tick() ends leases         cluster's thread: everywhere() answers writes that wait
//
// The key space is there without a listener too: what other nodes are told by clients of etcd expires and is shown
// here. Lifecycle: made with the node; listen() while the server is being opened; the server is destroyed before it.
// Thread: as each function says. Source: etcd-api.md.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "cluster/board.h"
#include "grpc/server.h"
#include "keyspace/keyspace.h"
#include "net/http_server.h"
#include "node/audit_log.h"
#include "node/config.h"
#include "node/etcd_metrics.h"
#include "node/layout_mapper.h"
#include "protocol/etcd/service.h"
#include "registry/start_protection.h"

namespace discovery::node {

class ClusterHost;
class WakeDispatcher;

class EtcdHost final : private protocol::etcd::NodePort {
 public:
  struct Parts {
    registry::Registry& registry;
    ClusterHost& cluster;
    WakeDispatcher& wakes;
    const registry::StartProtection& protection;
    AuditLog& audit;
    const Clock& clock;
  };

  EtcdHost(const Config& config, const Parts& parts);
  ~EtcdHost();

  [[nodiscard]] keyspace::Keyspace& keys() { return keys_; }
  [[nodiscard]] const keyspace::Keyspace& keys() const { return keys_; }
  [[nodiscard]] bool listens() const { return !listen_.empty(); }
  [[nodiscard]] bool speaks_tls() const { return tls_; }

  /// The group of listeners; empty where clients of etcd are not served. `tokens`: null without access control.
  [[nodiscard]] std::vector<net::ListenerGroup> groups(const std::shared_ptr<const net::TlsIdentity>& identity,
                                                       std::shared_ptr<const access::TokenTable> tokens,
                                                       const codec::HttpLimits& http);
  /// Once the port is known. What others are told: "http://host:port", "" where nothing listens.
  void bound(const Config& config, const std::vector<net::ListenAddress>& addresses);
  [[nodiscard]] std::string url() const EXCLUDES(mutex_);

  /// Main thread: ends leases; when it wants to be called again.
  TimePoint tick(TimePoint now);
  /// Any thread: every node that can be reached has all up to that ticket.
  void everywhere(uint64_t ticket);
  void update_access(const std::shared_ptr<const access::TokenTable>& tokens);
  void stopping() { stopping_.store(true, std::memory_order_relaxed); }
  [[nodiscard]] FrontEndNumbers numbers() const;

 private:
  class Handler;
  struct Unit;

  // NodePort
  [[nodiscard]] uint64_t cluster_id() const override;
  [[nodiscard]] uint64_t member_id() const override { return member_id_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::vector<protocol::etcd::MemberInfo> members() const override EXCLUDES(mutex_);
  [[nodiscard]] bool serves() const override;
  [[nodiscard]] Duration write_wait() const override { return write_wait_; }
  [[nodiscard]] uint64_t write_ticket() override;
  [[nodiscard]] bool audits() const override { return audit_.on(); }
  void audited(const protocol::etcd::AuditNote& note) override;

  [[nodiscard]] std::vector<protocol::etcd::MemberInfo> listed_members(std::string_view own) const;
  void remember_members() EXCLUDES(mutex_);
  std::unique_ptr<grpc::Service> make_service(net::Reactor& reactor);
  void happened();

  registry::Registry& registry_;
  ClusterHost& cluster_;
  const registry::StartProtection& protection_;
  AuditLog& audit_;
  const Clock& clock_;
  const LayoutMapper mapper_;
  keyspace::Keyspace keys_;
  const std::string listen_;
  const bool tls_;
  const std::string self_env_;
  const std::string host_name_;
  const Duration write_wait_;
  std::shared_ptr<const access::TokenTable> tokens_;  ///< while the server opens
  std::unique_ptr<grpc::Server> server_;
  std::vector<std::unique_ptr<Unit>> units_;  ///< constant once the server is open
  std::span<const grpc::Method> methods_;     ///< of every unit; as constant
  mutable Mutex mutex_;
  std::string url_ GUARDED_BY(mutex_);
  std::string address_ GUARDED_BY(mutex_);                                  ///< of this node, as the others know it
  std::map<uint64_t, protocol::etcd::MemberInfo> seen_ GUARDED_BY(mutex_);  ///< other nodes, also of before; by id
  std::atomic<uint64_t> member_id_{0};                                      ///< by that address; every answer tells it
  std::atomic<bool> stopping_{false};
  TimePoint next_key_audit_{};
  TimePoint next_remember_{};
};

}  // namespace discovery::node
