// Where other nodes of ours are answered: takes their messages off a reactor to the cluster's thread and the answer
// back.
//
//   reactor: handle() parks the request --ask()--> cluster thread --post()--> reactor: the parked request is answered
//
// Lifecycle: one per reactor, as its handler. Thread: its reactor's. Limits: the body limit of the listener, and
// ClusterHost::kRequestsMax messages waiting; past it 503. A sender that hangs up loses its answer, not its message.
// Access: settings.peer_ips, or everybody with open membership or where a node is configured by name (its address is
// not known here); else 403 (security.md 1, "replication=true by anyone").
#pragma once

#include <set>
#include <string>

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
  PeerDesk(ClusterHost& host, net::Reactor& reactor, PeerAccess access)
      : host_(host), reactor_(reactor), access_(std::move(access)) {}

  /// The HTTP status of the answer; 0: it is parked. `kind` is one that has a route.
  int handle(cluster::CallKind kind, const codec::HttpRequest& request, codec::HttpReply& reply,
             codec::HttpExchange& exchange);
  /// For a reload; on the reactor's thread.
  void update(PeerAccess access) { access_ = std::move(access); }

 private:
  ClusterHost& host_;
  net::Reactor& reactor_;
  PeerAccess access_;
};

}  // namespace discovery::node
