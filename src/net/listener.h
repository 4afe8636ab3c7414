// Accepts connections of one address for one reactor; the kernel spreads them over the reactors (SO_REUSEPORT).
//
// Lifecycle: open() binds and listens; accept_on() begins to accept; close() ends that; destroyed when the reactor's
// thread has ended. Thread: open(), bound() and accept_on() before the reactor starts, close() on its thread.
// Limits: ConnectionLimit; over it the client gets a bare 503 and is closed. Accepting never stops for good: without
// descriptors a spare one is used to turn the waiting client away, then it pauses for kBackOff.
// Errors of open(): kConflict, the address is in use; kInvalidArgument, it is no address of this machine or no address;
// kUnavailable, anything else. The message names address and cause.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "net/reactor.h"

namespace discovery::net {

class ConnectionGroup;

struct ListenAddress {
  std::string host;   ///< an address literal without brackets, or a name that is resolved when the server starts
  uint16_t port = 0;  ///< 0: one is chosen
};

/// "host:port", brackets around IPv6.
[[nodiscard]] std::string to_string(const ListenAddress& address);

class Listener {
 public:
  static constexpr Duration kBackOff = std::chrono::milliseconds(100);

  enum class Sharing : uint8_t {
    kFirst,    ///< an address that anybody else listens on is in use
    kAnother,  ///< of the same server, on a further reactor
  };

  [[nodiscard]] static Result<std::unique_ptr<Listener>> open(Reactor& reactor, const ListenAddress& address,
                                                              Sharing sharing);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  /// The literal and the port really bound.
  [[nodiscard]] const ListenAddress& bound() const { return bound_; }
  /// `group` outlives the reactor's thread.
  void accept_on(ConnectionGroup& group);
  void close();

 private:
  struct Socket;
  class BackOff;

  Listener(Reactor& reactor, int descriptor, bool ipv6, ListenAddress bound);

  void wait();
  void accept_one();
  void on_accept_error(int error);
  void turn_one_away();

  Reactor& reactor_;
  ListenAddress bound_;
  std::unique_ptr<Socket> socket_;
  std::unique_ptr<BackOff> back_off_;
  ConnectionGroup* group_ = nullptr;
  int spare_descriptor_ = -1;
};

}  // namespace discovery::net
