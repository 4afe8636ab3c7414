// One gRPC call, as the code that answers it sees it: Call is what it may do, CallHandler what it is told.
//
//              Service::open()
//                    v            finish()
//   client --> [ Call, open ] -------------------------------> finished --later turn--> ~CallHandler
//                |  on_message(), any number                        (what was sent and the status still leave)
//                |  on_half_close(), once, no message follows
//                |
//                +-- the client cancels, the connection ends, the client does not read, the server stops
//                                         |
//                                         v
//                                     on_cancel() --at once--> ~CallHandler
//
// Ownership: the connection owns the Call, and the Call its handler. The Call is valid exactly as long as the handler
// exists: from Service::open() to the handler's destructor, in which only client() and deadline() may be asked. The
// handler is destroyed exactly once, from the event loop: never within a function of Call, never within one of its own.
// When the connection dies with calls open, each is told on_cancel() and destroyed.
// Whoever keeps a reference to a handler to answer later (a registry of watchers) is told by that destructor to forget.
//
// Re-entry: no function of Call calls a handler, this one or another: send() and finish() only queue, whoever calls
// them, so a handler may use any Call of its reactor at any time. A handler is never called while one of its functions
// runs, and never between finish() and its destruction.
// Thread: one reactor's, for all of it. A call may be answered in any later turn.
// Limits: Limits (limits.h). Cost: send() copies the message once; what is sent within one turn leaves in one write.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "base/time.h"
#include "codec/http.h"
#include "grpc/status.h"

namespace discovery::grpc {

class Call {
 public:
  /// Queues one message (a serialised protobuf, say; may be empty). False: the call is over, and nothing was queued.
  /// It is over after finish(), and when the connection holds more than Limits::unsent_bytes_max that its client has
  /// not taken: then the call ends with Service::slow_reader(), and on_cancel() follows in a later turn.
  virtual bool send(std::string_view message) = 0;
  /// Ends the call, after everything that was sent. The first status counts; when the call is over, nothing happens.
  virtual void finish(const Status& status) = 0;
  /// False: send() and finish() do nothing any more, and on_cancel() or the destructor follows.
  [[nodiscard]] virtual bool open() const = 0;

  /// Of this call: queued and not yet given to the transport.
  [[nodiscard]] virtual size_t unsent_bytes() const = 0;
  /// One CallHandler::on_drained() in a later turn, as soon as unsent_bytes() is 0; asking again before that changes
  /// nothing. For who has much to send: some, then this, then some more.
  virtual void tell_when_drained() = 0;

  [[nodiscard]] virtual const codec::ClientAddress& client() const = 0;
  /// When the client stops waiting (grpc-timeout); TimePoint::max(): never. Told, not enforced: the client cancels.
  [[nodiscard]] virtual TimePoint deadline() const = 0;

 protected:
  ~Call() = default;
};

class CallHandler {
 public:
  /// Leaves every list it stands in.
  virtual ~CallHandler() = default;

  /// One whole message; `bytes` is valid until it returns. Of a method that does not stream from the client it is
  /// called at most once, and a call without a message or with several is ended by the connection (UNIMPLEMENTED).
  virtual void on_message(std::string_view bytes) = 0;
  /// The client has sent its last message. A stream may go on sending for as long as it likes.
  virtual void on_half_close() = 0;
  /// Nobody waits any more; the destructor follows. Not called after finish().
  virtual void on_cancel() {}
  /// See Call::tell_when_drained().
  virtual void on_drained() {}
  /// True: its answer is only a moment away, so a server that drains waits for it; asked when the drain begins.
  [[nodiscard]] virtual bool answers_soon() const { return false; }
};

/// One field of the request's head.
struct Metadata {
  std::string_view name;   ///< lower case
  std::string_view value;  ///< as sent: of a name that ends in "-bin" it is Base64
};

/// What a call begins with. Valid within Service::open(), no longer, but for `client`.
struct CallRequest {
  size_t method = 0;                        ///< an index into Service::methods()
  std::span<const Metadata> metadata;       ///< without pseudo-headers and those of gRPC itself
  TimePoint received_at{};                  ///< of its head
  TimePoint deadline = TimePoint::max();    ///< as Call::deadline()
  const codec::ClientAddress* client = {};  ///< never null; lives as long as the connection

  /// The first field of that name, "" when there is none.
  [[nodiscard]] std::string_view field(std::string_view name) const {
    for (const Metadata& one : metadata) {
      if (one.name == name) return one.value;
    }
    return {};
  }
};

}  // namespace discovery::grpc
