#include "net/listener.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <system_error>
#include <utility>

#include "net/tcp_connection.h"

namespace discovery::net {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

constexpr int kBacklog = 4096;

constexpr std::string_view kFull = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

int open_spare_descriptor() { return ::open("/dev/null", O_RDONLY | O_CLOEXEC); }

Error listen_error(const ListenAddress& address, const char* step, int error) {
  const ErrorCode code = error == EADDRINUSE      ? ErrorCode::kConflict
                         : error == EADDRNOTAVAIL ? ErrorCode::kInvalidArgument
                                                  : ErrorCode::kUnavailable;
  return {code, "cannot " + std::string(step) + " " + to_string(address) + ": " +
                    std::generic_category().message(error) + " (errno " + std::to_string(error) + ")"};
}

struct Resolved {
  sockaddr_storage address{};
  socklen_t bytes = 0;
  [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&address); }
};

Result<Resolved> resolve(const ListenAddress& address) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int failed = ::getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &hints, &found);
  if (failed != 0) return invalid("cannot resolve " + to_string(address) + ": " + ::gai_strerror(failed));
  Resolved resolved;
  std::memcpy(&resolved.address, found->ai_addr, found->ai_addrlen);
  resolved.bytes = found->ai_addrlen;
  ::freeaddrinfo(found);
  return resolved;
}

/// The literal and the port of a socket address, IPv4-mapped IPv6 as IPv4.
codec::ClientAddress client_address(const sockaddr_storage& address) {
  codec::ClientAddress out;
  char text[INET6_ADDRSTRLEN] = {};
  if (address.ss_family == AF_INET6) {
    const auto& in6 = reinterpret_cast<const sockaddr_in6&>(address);
    out.port = ntohs(in6.sin6_port);
    if (IN6_IS_ADDR_V4MAPPED(&in6.sin6_addr)) {
      ::inet_ntop(AF_INET, &in6.sin6_addr.s6_addr[12], text, sizeof text);
      out.loopback = in6.sin6_addr.s6_addr[12] == 127;
    } else {
      ::inet_ntop(AF_INET6, &in6.sin6_addr, text, sizeof text);
      out.loopback = IN6_IS_ADDR_LOOPBACK(&in6.sin6_addr);
    }
  } else {
    const auto& in = reinterpret_cast<const sockaddr_in&>(address);
    out.port = ntohs(in.sin_port);
    ::inet_ntop(AF_INET, &in.sin_addr, text, sizeof text);
    out.loopback = (ntohl(in.sin_addr.s_addr) >> 24) == 127;
  }
  out.ip = text;
  return out;
}

/// Accepted sockets inherit TCP_NODELAY and SO_KEEPALIVE on Linux: no system call per connection for them.
bool set_options(int descriptor, bool ipv6) {
  const int on = 1;
  const auto set = [descriptor, &on](int level, int option) {
    return ::setsockopt(descriptor, level, option, &on, sizeof on) == 0;
  };
  return set(SOL_SOCKET, SO_REUSEADDR) && set(SOL_SOCKET, SO_REUSEPORT) && set(SOL_SOCKET, SO_KEEPALIVE) &&
         set(IPPROTO_TCP, TCP_NODELAY) && (!ipv6 || set(IPPROTO_IPV6, IPV6_V6ONLY));
}

/// With SO_REUSEPORT a second daemon of the same user would share the port in silence: asked without it first. Returns
/// an errno, 0 when the address is free.
int try_bind_alone(const Resolved& resolved) {
  const int descriptor = ::socket(resolved.address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return errno;
  const int on = 1;
  const bool ipv6 = resolved.address.ss_family == AF_INET6;
  const bool ok = ::setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
                  (!ipv6 || ::setsockopt(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) == 0) &&
                  ::bind(descriptor, resolved.get(), resolved.bytes) == 0;
  const int error = ok ? 0 : errno;
  ::close(descriptor);
  return error;
}

/// Null, or the step that failed, with errno set. `resolved` gets the port.
const char* bind_and_listen(int descriptor, bool ipv6, Resolved& resolved) {
  if (!set_options(descriptor, ipv6)) return "set up";
  if (::bind(descriptor, resolved.get(), resolved.bytes) != 0) return "bind";
  if (::listen(descriptor, kBacklog) != 0) return "listen on";
  auto* const name = reinterpret_cast<sockaddr*>(&resolved.address);
  return ::getsockname(descriptor, name, &resolved.bytes) == 0 ? nullptr : "name";
}

bool lacks_resources(int error) { return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM; }

}  // namespace

std::string to_string(const ListenAddress& address) {
  const bool bracket = address.host.find(':') != std::string::npos;
  return (bracket ? "[" + address.host + "]" : address.host) + ":" + std::to_string(address.port);
}

bool is_bound_to(const ListenAddress& bound, const ListenAddress& wanted) {
  if (wanted.port != 0 && wanted.port != bound.port) return false;
  const auto resolved = resolve(wanted);
  return resolved && client_address(resolved->address).ip == bound.host;
}

Result<ListenAddress> address_of_listener(int descriptor) {
  int listens = 0;
  socklen_t bytes = sizeof listens;
  Resolved name;
  name.bytes = sizeof name.address;
  auto* const address = reinterpret_cast<sockaddr*>(&name.address);
  if (::getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listens, &bytes) != 0 || listens == 0 ||
      ::getsockname(descriptor, address, &name.bytes) != 0) {
    return invalid("a descriptor that was handed over is no listening socket");
  }
  const codec::ClientAddress bound = client_address(name.address);
  return ListenAddress{bound.ip, bound.port};
}

void accept_connection(ConnectionGroup& group, Descriptor socket) {
  sockaddr_storage peer{};
  socklen_t bytes = sizeof peer;
  if (::getpeername(socket.get(), reinterpret_cast<sockaddr*>(&peer), &bytes) != 0) return;  // it is broken
  codec::ClientAddress client = client_address(peer);
  if (!group.limit.admit(client.ip)) return;
  group.context.stats.accepted.add();
  TcpConnection::open(group, socket.release(), std::move(client));
}

struct Listener::Socket {
  using Acceptor = asio::basic_socket_acceptor<asio::ip::tcp, asio::io_context::executor_type>;
  explicit Socket(asio::io_context& io) : acceptor(io.get_executor()) {}
  Acceptor acceptor;
};

class Listener::BackOff final : public TimerEntry {
 public:
  explicit BackOff(Listener& listener) : listener_(listener) {}
  void on_deadline(TimePoint) override { listener_.wait(); }

 private:
  Listener& listener_;
};

Result<std::unique_ptr<Listener>> Listener::open(Reactor& reactor, const ListenAddress& address, Sharing sharing) {
  auto resolved = resolve(address);
  if (!resolved) return resolved.error();
  const bool ipv6 = resolved->address.ss_family == AF_INET6;
  if (sharing == Sharing::kFirst) {
    const int error = try_bind_alone(*resolved);
    if (error != 0) return listen_error(address, "bind", error);
  }
  const int descriptor = ::socket(resolved->address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return listen_error(address, "open a socket for", errno);
  const char* const failed = bind_and_listen(descriptor, ipv6, *resolved);
  if (failed) {
    const int error = errno;
    ::close(descriptor);
    return listen_error(address, failed, error);
  }
  const codec::ClientAddress bound = client_address(resolved->address);
  return std::unique_ptr<Listener>(new Listener(reactor, descriptor, ipv6, {bound.ip, bound.port}));
}

Listener::Listener(Reactor& reactor, int descriptor, bool ipv6, ListenAddress bound)
    : reactor_(reactor),
      bound_(std::move(bound)),
      socket_(std::make_unique<Socket>(reactor.io())),
      back_off_(std::make_unique<BackOff>(*this)),
      spare_descriptor_(open_spare_descriptor()) {
  socket_->acceptor.assign(ipv6 ? asio::ip::tcp::v6() : asio::ip::tcp::v4(), descriptor);
}

Result<std::unique_ptr<Listener>> Listener::adopt(Reactor& reactor, int descriptor) {
  const auto bound = address_of_listener(descriptor);
  if (!bound) {
    ::close(descriptor);
    return bound.error();
  }
  return std::unique_ptr<Listener>(
      new Listener(reactor, descriptor, bound->host.find(':') != std::string::npos, *bound));
}

Listener::~Listener() { close(); }

int Listener::descriptor() const { return socket_->acceptor.native_handle(); }

void Listener::pause() {
  paused_ = true;
  error_code ignored;
  socket_->acceptor.cancel(ignored);
  back_off_->unlink();
}

void Listener::resume() {
  if (std::exchange(paused_, false)) wait();
}

void Listener::close() {
  error_code ignored;
  socket_->acceptor.close(ignored);
  back_off_->unlink();
  if (spare_descriptor_ >= 0) ::close(std::exchange(spare_descriptor_, -1));
}

void Listener::accept_on(ConnectionGroup& group) {
  group_ = &group;
  wait();
}

void Listener::wait() {
  if (paused_) return;
  socket_->acceptor.async_wait(Socket::Acceptor::wait_read, [this](const error_code& error) {
    if (!error && !paused_ && socket_->acceptor.is_open()) accept_one();
  });
}

void Listener::accept_one() {
  sockaddr_storage peer{};
  socklen_t bytes = sizeof peer;
  const int descriptor = ::accept4(socket_->acceptor.native_handle(), reinterpret_cast<sockaddr*>(&peer), &bytes,
                                   SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (descriptor < 0) return on_accept_error(errno);
  ReactorStats& stats = reactor_.stats();
  codec::ClientAddress client = client_address(peer);
  if (group_->limit.admit(client.ip)) {
    stats.accepted.add();
    TcpConnection::open(*group_, descriptor, std::move(client));
  } else {
    stats.rejected.add();
    // Best effort: what the client has sent is unread, so it may see a reset instead.
    [[maybe_unused]] const ssize_t sent = ::send(descriptor, kFull.data(), kFull.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    ::close(descriptor);
  }
  wait();
}

void Listener::on_accept_error(int error) {
  if (!lacks_resources(error)) {
    // The client gave up before, or the network failed: the next one may be fine.
    const bool normal = error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
    if (!normal) reactor_.stats().accept_failures.add();
    return wait();
  }
  reactor_.stats().descriptors_short.add();
  turn_one_away();
  reactor_.schedule(*back_off_, reactor_.now() + kBackOff);
}

/// A client that waits in the backlog would wait for ever; with the spare descriptor it is told at once.
void Listener::turn_one_away() {
  if (spare_descriptor_ >= 0) ::close(spare_descriptor_);
  const int descriptor = ::accept4(socket_->acceptor.native_handle(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (descriptor >= 0) ::close(descriptor);
  spare_descriptor_ = open_spare_descriptor();
}

}  // namespace discovery::net
