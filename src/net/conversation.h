// What is spoken on one connection: HTTP/1.1 (session.h), or another protocol that a group of addresses brings along
// (ListenerGroup::make_conversations). It knows its transport, plain or TLS, and nothing of sockets.
//
// Lifecycle: made by the connection for an open transport, which outlives it; start() is the first call. Transport::
// close() is its own last call, after which closed() is true, and nothing but closed(), parked(), http() and client()
// is called on it until it is destroyed, never within that call.
// Thread: one reactor's. Every function that is not const comes from the event loop, never from within one of them.
#pragma once

#include <memory>

#include "codec/http.h"
#include "net/transport.h"

namespace discovery::net {

class Session;
struct SessionContext;

class Conversation {
 public:
  virtual ~Conversation() = default;

  /// Nothing was read yet.
  virtual void start() = 0;

  // From the transport, each once for what was asked of it.
  virtual void on_readable() = 0;
  virtual void on_writable() = 0;
  virtual void on_soon() = 0;

  /// The node stops: what waits is answered or ended so that the client goes elsewhere, and the connection closes as
  /// soon as nothing is under way. Calling it again changes nothing.
  virtual void drain() = 0;
  /// Another process is to go on with the connection. True: nothing is under way, and the conversation has ended
  /// without closing; false: not now, or never: then it sees to it that the client connects anew. Asked again and
  /// again.
  [[nodiscard]] virtual bool release() = 0;
  /// Another process serves who connects anew: the client is sent there with the next answer. Asked again and again.
  virtual void end_with_next_answer() = 0;

  [[nodiscard]] virtual bool closed() const = 0;
  /// The client waits for something to happen: whoever drains many sends these away in slices.
  [[nodiscard]] virtual bool parked() const = 0;
  /// Null when it is not HTTP/1.1.
  [[nodiscard]] virtual const Session* http() const { return nullptr; }
  [[nodiscard]] virtual const codec::ClientAddress& client() const = 0;
};

/// Makes the conversations of one group on one reactor; destroyed after the last of them.
class Conversations {
 public:
  virtual ~Conversations() = default;
  /// `context` and `transport` outlive what is made.
  virtual std::unique_ptr<Conversation> make(SessionContext& context, Transport& transport,
                                             codec::ClientAddress client) = 0;
};

}  // namespace discovery::net
