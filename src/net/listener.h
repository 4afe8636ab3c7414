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
#include "net/descriptor.h"
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
  /// Goes on with a socket that another process listened on. Takes it over, also when it fails.
  [[nodiscard]] static Result<std::unique_ptr<Listener>> adopt(Reactor& reactor, int descriptor);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  /// The literal and the port really bound.
  [[nodiscard]] const ListenAddress& bound() const { return bound_; }
  /// `group` outlives the reactor's thread.
  void accept_on(ConnectionGroup& group);
  void close();
  /// Accepts nothing until resume(); who connects waits in the queue of the socket, which another process may share.
  void pause();
  void resume();
  [[nodiscard]] int descriptor() const;

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
  bool paused_ = false;
};

/// Whether a socket that is bound to `bound` is one of `wanted`, whose port may be 0 for any.
[[nodiscard]] bool is_bound_to(const ListenAddress& bound, const ListenAddress& wanted);
/// The literal and the port that a listening socket is bound to; kInvalidArgument: it is none.
[[nodiscard]] Result<ListenAddress> address_of_listener(int descriptor);
/// A connection that another process accepted goes on in `group`, as if it were accepted now. Thread: its reactor's.
void accept_connection(ConnectionGroup& group, Descriptor socket);

}  // namespace discovery::net
