// gRPC over HTTP/2 on the connections of a net::HttpServer:
//
//     grpc::Server server({}, [&](net::Reactor& reactor) { return std::make_unique<EtcdService>(reactor, ...); });
//     net::ListenerGroup group{"etcd", {{"127.0.0.1", 2379}}, make_http_handler};
//     group.make_conversations = server.conversations();
//     group.identity = net::TlsIdentity::load(files, net::TlsOffer::kHttp2);     // or null: plain text
//     ... net::HttpServer::open(options, {group}) ...
//
// A connection that does not begin with the preface of HTTP/2 speaks HTTP/1.1 with the group's HttpHandler (/health,
// /metrics). Calls of gRPC go to the Service of their reactor (service.h, call.h). Messages are bytes to this folder.
//
// Lifecycle: outlives the HttpServer. What make_service returns is destroyed with the HttpServer, after its last call.
// Drain, hand-over and the limit of connections are the HttpServer's: a drain sends GOAWAY and ends calls with
// Service::stopping(), but for those that answer soon; a hand-over sends GOAWAY and serves the calls there are.
// Thread: stats(), update_limits() any; the rest before the HttpServer starts.
// Limits: Limits. Memory: about 1 KiB per open call beside its handler, 20 KiB per connection.
// Source: RFC 9113; github.com/grpc/grpc doc/PROTOCOL-HTTP2.md; etcd-api.md 3.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "grpc/limits.h"
#include "grpc/service.h"
#include "grpc/stats.h"
#include "net/http_server.h"

namespace discovery::grpc {

/// Called once per reactor, before its thread runs.
using ServiceFactory = std::function<std::unique_ptr<Service>(net::Reactor&)>;

class Server {
 public:
  Server(const Limits& limits, ServiceFactory make_service);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// For one group, ListenerGroup::make_conversations.
  [[nodiscard]] net::ConversationsFactory conversations();
  /// Over all reactors.
  [[nodiscard]] ServerStats stats() const;
  /// Reaches each reactor in a later turn. Precondition: the HttpServer lives.
  void update_limits(const Limits& limits);

 private:
  struct Shared;
  const std::shared_ptr<Shared> shared_;
};

}  // namespace discovery::grpc
