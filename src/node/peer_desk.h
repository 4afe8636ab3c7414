// Where other nodes of ours are answered: takes their messages off a reactor to the cluster's thread and the answer
// back.
//
//   reactor: handle() parks the request --ask()--> cluster thread --post()--> reactor: the parked request is answered
//
// Lifecycle: one per reactor, as its handler. Thread: its reactor's. Limits: the body limit of the listener, and
// ClusterHost::kRequestsMax messages waiting; past it 503. A sender that hangs up loses its answer, not its message.
// Access: with access control, who proves to be a node (access/peer_signature.h), and nobody else. Without it the
// addresses of the configured nodes, or everybody with open membership or where a node is configured by name (its
// address is not known here). Else 403 (security.md 1, "replication=true by anyone").
#pragma once

#include <set>
#include <string>

#include "access/access_control.h"
#include "codec/http.h"
#include "net/reactor.h"
#include "node/cluster_host.h"

namespace discovery::node {

struct PeerAccess {
  std::set<std::string> ips;
  bool anybody = false;
};

class PeerDesk {
 public:
  PeerDesk(ClusterHost& host, net::Reactor& reactor, PeerAccess addresses, const access::AccessControl& access)
      : host_(host), reactor_(reactor), addresses_(std::move(addresses)), access_(access) {}

  /// The HTTP status of the answer; 0: it is parked. `kind` is one that has a route.
  int handle(cluster::CallKind kind, const codec::HttpRequest& request, codec::HttpReply& reply,
             codec::HttpExchange& exchange);
  /// For a reload; on the reactor's thread.
  void update(PeerAccess addresses) { addresses_ = std::move(addresses); }

 private:
  /// Whether the sender is answered; if not, why.
  [[nodiscard]] Result<void> admit(const codec::HttpRequest& request) const;

  ClusterHost& host_;
  net::Reactor& reactor_;
  PeerAccess addresses_;
  const access::AccessControl& access_;
};

}  // namespace discovery::node
