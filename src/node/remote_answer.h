// A request that is parked until another thread has made its answer.
//
//   auto [parked, answer] = RemoteAnswer::make(exchange, reactor);
//   if (!somebody_takes(std::move(answer))) return refuse(...);      // nothing is parked yet
//   exchange.park(std::move(parked));                                // ... answer.give(write), once, from any thread
//
// Lifecycle: the answer may outlive the request, whose client may hang up: then nothing happens. The reactor outlives
// both. Thread: make() and the writer on the reactor's, give() on any.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

#include "codec/http.h"
#include "net/reactor.h"

namespace discovery::node {

class RemoteAnswer {
 public:
  /// Fills the reply, on the reactor.
  using Write = std::function<void(codec::HttpReply&)>;

  /// A node that drains waits for what comes soon, and sends away who waits for the rest.
  enum class Comes : uint8_t { kSoon, kSomeTime };

  static std::pair<std::unique_ptr<codec::ParkedRequest>, RemoteAnswer> make(codec::HttpExchange& exchange,
                                                                             net::Reactor& reactor,
                                                                             Comes comes = Comes::kSoon);
  void give(Write write) const;
  /// False: the client has hung up. On the reactor.
  [[nodiscard]] bool wanted() const;

 private:
  class Parked;
  struct Ticket;

  RemoteAnswer(net::Reactor& reactor, std::shared_ptr<Ticket> ticket)
      : reactor_(&reactor), ticket_(std::move(ticket)) {}

  net::Reactor* reactor_;
  std::shared_ptr<Ticket> ticket_;
};

/// `{"error":text}` with that status, which is returned.
int json_error(codec::HttpReply& reply, int status, std::string_view text);

}  // namespace discovery::node
