// A session on a TCP socket. Includes Asio: only for the sources of src/net.
//
// Lifecycle: owns itself from open() until the session has closed it and no callback of the event loop is outstanding,
// so no callback can meet a dead object; ConnectionGroup destroys those left when the reactor has stopped.
// Thread: its reactor's.
#pragma once

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "base/intrusive_list.h"
#include "net/connection_limit.h"
#include "net/session.h"

namespace discovery::net {

class TcpConnection;

/// The connections of one handler on one reactor.
struct ConnectionGroup {
  ConnectionGroup(SessionContext& the_context, boost::asio::io_context& the_io, ConnectionLimit& the_limit)
      : context(the_context), io(the_io), limit(the_limit) {}
  /// Precondition: the reactor has stopped.
  ~ConnectionGroup();

  SessionContext& context;
  boost::asio::io_context& io;
  ConnectionLimit& limit;
  IntrusiveList<TcpConnection> open;
};

class TcpConnection final : public ListNode<>, private Transport {
 public:
  using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, boost::asio::io_context::executor_type>;

  /// Takes over a non-blocking socket that `group.limit` has admitted.
  static void open(ConnectionGroup& group, int descriptor, bool ipv6, codec::ClientAddress client);
  ~TcpConnection();

  Session& session() { return session_; }

 private:
  TcpConnection(ConnectionGroup& group, codec::ClientAddress client);

  IoResult read(std::span<char> into) override;
  IoResult write(std::span<const std::string_view> pieces) override;
  void wait_readable() override;
  void wait_writable() override;
  void call_soon() override;
  void shutdown_send() override;
  void close() override;

  /// A callback has come back. False: the session has closed meanwhile.
  bool came_back(bool& waiting);

  ConnectionGroup& group_;
  Socket socket_;
  Session session_;
  bool read_waits_ = false;
  bool write_waits_ = false;
  bool soon_waits_ = false;
  bool closed_ = false;
};

}  // namespace discovery::net
