// The sockets of many connections in one epoll set of their own. The event loop waits for the set as a whole, so that a
// request costs no call to arm anything: Asio alone would make one epoll_ctl per request (engineering.md 5, fact 2).
//
// A socket is entered once, edge-triggered in both directions, and leaves by being closed; what an edge said, its owner
// has to remember until it was used up. Lifecycle: Asio waits for it from the first add() on. An owner outlives the
// turn in which it closes its socket: the set may still hold an event of it.
// While requests come thickly but one by one, a turn begins with a pause of SessionLimits::gather, in which they come
// together (gathering.h); the rest of the loop waits as long.
// Thread: its reactor's. Limits: kEventsPerTurn sockets are served before the rest of the loop gets its turn.
#pragma once

#include <cstddef>
#include <memory>

#include "net/gathering.h"
#include "net/session_context.h"

namespace boost::asio {
class io_context;
}

namespace discovery::net {

struct ReadyEvent {
  bool readable = false;  ///< bytes, the end, or an error can be read
  bool writable = false;
  bool ended = false;  ///< the peer has finished sending, or the connection is broken: a read always tells something
};

class ReadyOwner {
 public:
  virtual void on_ready(ReadyEvent event) = 0;

 protected:
  ~ReadyOwner() = default;
};

class ReadySet {
 public:
  static constexpr size_t kEventsPerTurn = 32;

  /// `context` gives clock, limits and statistics. Throws std::system_error when the system has no room for it.
  ReadySet(boost::asio::io_context& io, SessionContext& context);
  ~ReadySet();
  ReadySet(const ReadySet&) = delete;
  ReadySet& operator=(const ReadySet&) = delete;

  /// False: no room in the kernel.
  [[nodiscard]] bool add(int descriptor, ReadyOwner& owner);
  /// Of a socket that goes on in another process: closing it here would leave it in the set.
  void remove(int descriptor);

 private:
  struct Loop;

  void wait();
  void serve();
  /// Serves what is ready; the number of sockets.
  size_t take_turn();

  std::unique_ptr<Loop> loop_;
  SessionContext& context_;
  Gathering gathering_;
  bool waits_ = false;
};

}  // namespace discovery::net
