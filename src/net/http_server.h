// The HTTP server: reactors, listeners and sessions, put together.
//
//     auto server = HttpServer::open(options, {{"api", {{"127.0.0.1", 7171}}, make_api_handler}});
//     if (!server) return exit_code(server.error());        // kConflict: the address is in use
//     (*server)->start();   ...   (*server)->stop({});
//
// A server may take over the sockets of one in another process (open(), adopt()), which gives them away (sockets(),
// hand_over()): decision 0039.
//
// Every group of addresses gets one handler per reactor from its factory; a connection lives on one reactor.
//
// Lifecycle: open() binds everything and makes the handlers, without a thread; start() starts the threads; stop()
// drains and joins; the destructor stops without waiting for anybody. Handlers are destroyed after the last session.
// Thread: open(), start(), stop() from one thread, which is no reactor's; everything else from any.
// Limits: ServerOptions. Errors of open(): see Listener.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/function_ref.h"
#include "base/result.h"
#include "base/time.h"
#include "codec/http.h"
#include "codec/http_head.h"
#include "net/conversation.h"
#include "net/deflater.h"
#include "net/descriptor.h"
#include "net/listener.h"
#include "net/reactor.h"
#include "net/session.h"
#include "net/session_context.h"
#include "net/stats.h"
#include "net/tls.h"

namespace discovery::net {

/// Called in open(), once per reactor, before its thread runs: the place to add turn hooks.
using HandlerFactory = std::function<std::unique_ptr<codec::HttpHandler>(Reactor&)>;

/// The same for what is spoken on the group's connections.
using ConversationsFactory = std::function<std::unique_ptr<Conversations>(Reactor&)>;

struct ListenerGroup {
  std::string name;
  std::vector<ListenAddress> addresses;
  HandlerFactory make_handler;
  codec::HttpLimits http;
  std::shared_ptr<const TlsIdentity> identity = nullptr;  ///< null: without TLS
  ConversationsFactory make_conversations = nullptr;      ///< null: HTTP/1.1
};

struct ServerOptions {
  size_t reactors = 1;
  SessionLimits session;
  size_t connections_max = 16 * 1024;      ///< over all groups; the node sets 90 % of its descriptor limit
  size_t connections_per_address_max = 0;  ///< 0: no limit
  size_t partial_bytes_max = size_t{256} * 1024 * 1024;  ///< of partly read requests, over all connections
  const Clock* clock = nullptr;                          ///< outlives the server; never null
};

/// A socket of a group, by name: one that listens, or a connection.
struct GroupSocket {
  std::string group;
  Descriptor socket;
};

struct StopOptions {
  Duration spread = std::chrono::seconds(3);     ///< over which parked requests are sent away
  Duration deadline = std::chrono::seconds(10);  ///< after which what is left is cut off; at least `spread`
};

class ConnectionLimit;

class HttpServer {
 public:
  /// Listens on those of `inherited` that are bound to an address of their group, whatever the number of reactors: one
  /// that nobody accepts from would keep clients waiting. The others are closed.
  [[nodiscard]] static Result<std::unique_ptr<HttpServer>> open(const ServerOptions& options,
                                                                std::vector<ListenerGroup> groups,
                                                                std::vector<GroupSocket> inherited = {});
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  void start();
  /// Stops accepting, sends clients away (Conversation::drain), waits for them, ends the threads. Returns the number of
  /// connections that had to be cut off. Calling it again does nothing.
  size_t stop(const StopOptions& options);

  /// All that listens, by group. The descriptors stay the server's.
  [[nodiscard]] std::vector<std::pair<std::string, int>> sockets() const;
  /// From now on nothing is accepted, and every connection is given to `moved`, on the thread of its reactor, as soon
  /// as no request is under way; one with TLS ends with its next answer instead. Parked polls are answered "nothing
  /// changed". Thread: not a reactor's, or one that stands still.
  void hand_over(std::function<void(GroupSocket&&)> moved);
  /// The end of hand_over(): serves again. `moved` is not called any more when it returns.
  void keep();
  /// Goes on with a connection of another process. False: no such group.
  bool adopt(GroupSocket connection);

  /// For the requests and connections to come; those that are being read or written go on under either.
  void update_limits(const SessionLimits& session, const codec::HttpLimits& http, size_t connections_max);

  /// For the connections to come of that group, which has TLS already.
  void update_identity(const std::string& group, const std::shared_ptr<const TlsIdentity>& identity);

  /// Of that group, in its order, with the ports really bound.
  [[nodiscard]] std::vector<ListenAddress> bound_addresses(const std::string& group) const;
  [[nodiscard]] size_t reactor_count() const { return lanes_.size(); }
  [[nodiscard]] Reactor& reactor(size_t index);
  /// Every connection of that reactor, which is one of the server's, that speaks HTTP/1.1. Thread: that reactor's.
  void for_each_session(const Reactor& reactor, FunctionRef<void(const Session&)> f) const;
  /// Over all reactors.
  [[nodiscard]] ServerStats stats() const;
  [[nodiscard]] size_t partial_bytes() const { return partial_bytes_.used(); }
  /// Of answers that wait for their clients.
  [[nodiscard]] size_t unsent_bytes() const { return unsent_bytes_.load(std::memory_order_relaxed); }

 private:
  struct Lane;
  struct Service;
  class Drainer;
  class Mover;

  explicit HttpServer(const ServerOptions& options);
  Result<void> add_group(ListenerGroup group, std::vector<GroupSocket>& inherited);
  /// Runs it on every reactor and waits for that.
  void on_each_lane(void (*work)(Lane&));
  Result<void> listen(const ListenerGroup& group, ListenAddress& address, std::vector<GroupSocket>& inherited);

  const ServerOptions options_;
  codec::PartialBytes partial_bytes_;
  UnsentBytes unsent_bytes_{0};
  std::unique_ptr<ConnectionLimit> limit_;
  Deflater deflater_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::atomic<size_t> next_lane_{0};  ///< of adopt()
  bool running_ = false;
};

}  // namespace discovery::net
