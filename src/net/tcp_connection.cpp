#include "net/tcp_connection.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <utility>

namespace discovery::net {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

IoResult io_result(ssize_t n, IoResult::Kind when_zero) {
  if (n > 0) return {IoResult::Kind::kDone, static_cast<size_t>(n)};
  if (n == 0) return {when_zero, 0};
  const bool blocked = errno == EAGAIN || errno == EWOULDBLOCK;
  return {blocked ? IoResult::Kind::kWouldBlock : IoResult::Kind::kFailed, 0};
}

}  // namespace

ConnectionGroup::~ConnectionGroup() {
  while (!open.empty()) delete &open.front();  // the destructor takes it out
}

void TcpConnection::open(ConnectionGroup& group, int descriptor, bool ipv6, codec::ClientAddress client) {
  auto* connection = new TcpConnection(group, std::move(client));
  group.open.push_back(*connection);
  error_code error;
  connection->socket_.assign(ipv6 ? asio::ip::tcp::v6() : asio::ip::tcp::v4(), descriptor, error);
  if (error) {  // the event loop has no room for it (epoll_ctl); the descriptor is still ours
    ::close(descriptor);
    delete connection;
    return;
  }
  connection->session_.start();
}

TcpConnection::TcpConnection(ConnectionGroup& group, codec::ClientAddress client)
    : group_(group), socket_(group.io.get_executor()), session_(group.context, *this, std::move(client)) {
  group_.context.stats.open.add();
}

TcpConnection::~TcpConnection() {
  group_.context.stats.open.subtract();
  group_.limit.release(session_.client().ip);
}

IoResult TcpConnection::read(std::span<char> into) {
  ssize_t n = 0;
  do {
    n = ::recv(socket_.native_handle(), into.data(), into.size(), 0);
  } while (n < 0 && errno == EINTR);
  return io_result(n, IoResult::Kind::kEnd);
}

IoResult TcpConnection::write(std::span<const std::string_view> pieces) {
  ssize_t n = 0;
  if (pieces.size() == 1) {
    do {
      n = ::send(socket_.native_handle(), pieces[0].data(), pieces[0].size(), MSG_NOSIGNAL);
    } while (n < 0 && errno == EINTR);
    return io_result(n, IoResult::Kind::kWouldBlock);
  }
  std::array<iovec, kGatherMax> vectors;
  DISCOVERY_CHECK(pieces.size() <= vectors.size(), "a gathering write has at most kGatherMax pieces");
  for (size_t i = 0; i < pieces.size(); ++i) {
    vectors[i] = {const_cast<char*>(pieces[i].data()), pieces[i].size()};  // sendmsg() only reads
  }
  msghdr message{};
  message.msg_iov = vectors.data();
  message.msg_iovlen = pieces.size();
  do {
    n = ::sendmsg(socket_.native_handle(), &message, MSG_NOSIGNAL);
  } while (n < 0 && errno == EINTR);
  return io_result(n, IoResult::Kind::kWouldBlock);
}

void TcpConnection::wait_readable() {
  if (std::exchange(read_waits_, true)) return;
  socket_.async_wait(Socket::wait_read, [this](const error_code&) {
    if (came_back(read_waits_)) session_.on_readable();  // an error is seen by the read
  });
}

void TcpConnection::wait_writable() {
  if (std::exchange(write_waits_, true)) return;
  socket_.async_wait(Socket::wait_write, [this](const error_code&) {
    if (came_back(write_waits_)) session_.on_writable();
  });
}

void TcpConnection::call_soon() {
  if (std::exchange(soon_waits_, true)) return;
  asio::post(group_.io, [this] {
    if (came_back(soon_waits_)) session_.on_soon();
  });
}

void TcpConnection::shutdown_send() {
  error_code ignored;  // a broken connection is seen by the next read
  socket_.shutdown(Socket::shutdown_send, ignored);
}

void TcpConnection::close() {
  closed_ = true;
  error_code ignored;
  socket_.close(ignored);  // brings the waits back at once, with an error
  if (read_waits_ || write_waits_ || soon_waits_) return;
  soon_waits_ = true;  // the session is still on the stack: destroyed in a later turn
  asio::post(group_.io, [this] { came_back(soon_waits_); });
}

bool TcpConnection::came_back(bool& waiting) {
  waiting = false;
  if (!closed_) return true;
  if (!read_waits_ && !write_waits_ && !soon_waits_) delete this;
  return false;
}

}  // namespace discovery::net
