// An HTTP/1.1 client for talking to another node: one connection to one endpoint, one request at a time.
//
//     client.request({.target = "/discovery/peer/hello"}, HttpClient::Connect::kFresh,
//                    [this](ClientResult result) { if (result) on_hello(result->status, result->body); });
//
// Lifecycle: construct; request() any number of times, the next one from within `done` if wanted; destroying it closes
// the connection and drops a request that is under way, whose `done` is then never called. Within `done` it may be
// destroyed too. A reactor that stops calls nobody either.
// Thread: its reactor's for everything, but that it may be constructed before the reactor starts and destroyed after it
// stopped, and that the byte counters are read by anybody. The reactor outlives it.
// Time: deadlines fire up to one TimerWheel::kTick late. An open connection is always being read, so that one closed by
// the peer between two requests is known as soon as the loop hears of it.
// Limits: ClientLimits, ClientAnswerReader, ClientLink::kAddressesMax.
// Errors: ClientFailure. After each the connection is closed, but after kNotConnected, where there is none. Nothing is
// ever sent twice: a request lost on a connection that had stood idle is kBroken, and the caller knows whether it may
// repeat it. A refusal is not always the peer's: packet filters that reject look the same (replication.md 2.4).
// Names are resolved by getaddrinfo on one thread per reactor, which exists once a name was asked for; a resolver that
// hangs holds up other names and the destruction of the reactor, but not the loop. Literals never go there.
#pragma once

#include <memory>

#include "net/client_types.h"
#include "net/reactor.h"

namespace discovery::net {

class HttpClient {
 public:
  enum class Connect : uint8_t {
    kFresh,  ///< closes an open connection and dials
    kReuse,  ///< the open connection or kNotConnected: for callers that negotiate anew on each connection
    kAny,    ///< the open connection, else dials
  };

  HttpClient(Reactor& reactor, ClientEndpoint endpoint, const ClientLimits& limits);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  /// `done` is called exactly once, never within this call. `timeout` covers the dial too. Precondition: not busy().
  void request(ClientRequest request, Duration timeout, Connect connect, ClientDone done);
  /// With the timeout of the limits.
  void request(ClientRequest request, Connect connect, ClientDone done);
  /// Ends the connection; a request under way gets kStopped, in a later turn.
  void close();

  /// A connection stands, as far as is known.
  [[nodiscard]] bool connected() const;
  /// From request() until `done` is called.
  [[nodiscard]] bool busy() const;
  [[nodiscard]] const ClientEndpoint& endpoint() const;
  /// Since construction, heads included.
  [[nodiscard]] uint64_t bytes_sent() const;
  [[nodiscard]] uint64_t bytes_received() const;

 private:
  class Core;
  std::shared_ptr<Core> core_;
};

}  // namespace discovery::net
