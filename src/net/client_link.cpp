#include "net/client_link.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <utility>

namespace discovery::net {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

ClientFailure failure_of(const error_code& error) {
  if (error == asio::error::connection_refused) return ClientFailure::kRefused;
  if (error == asio::error::timed_out) return ClientFailure::kTimeout;
  return ClientFailure::kUnreachable;
}

/// Nothing could be sent to the address from here, such as to ::1 without IPv6: says nothing about the peer.
bool is_local(const error_code& error) {
  return error == asio::error::network_unreachable || error == asio::error::address_family_not_supported ||
         error.value() == EADDRNOTAVAIL;
}

}  // namespace

std::shared_ptr<ClientLink> ClientLink::dial(asio::io_context& io, Owner& owner, const ClientEndpoint& endpoint,
                                             size_t first_address) {
  std::shared_ptr<ClientLink> link(new ClientLink(io, owner, endpoint, first_address));
  asio::post(io, [link] {  // never within dial()
    if (link->owner_) link->start();
  });
  return link;
}

ClientLink::ClientLink(asio::io_context& io, Owner& owner, const ClientEndpoint& endpoint, size_t first_address)
    : io_(io), owner_(&owner), endpoint_(endpoint), first_address_(first_address), socket_(io.get_executor()) {}

void ClientLink::start() {
  error_code error;
  if (!endpoint_.bind_address.empty()) {
    bind_to_ = asio::ip::make_address(endpoint_.bind_address, error);
    if (error) return owner_->on_dial_failed(ClientFailure::kUnreachable);
  }
  const asio::ip::address literal = asio::ip::make_address(endpoint_.host, error);
  if (error) return resolve();
  keep_usable({Tcp::endpoint(literal, endpoint_.port)});
}

void ClientLink::resolve() {
  resolver_.emplace(io_.get_executor());
  resolver_->async_resolve(endpoint_.host, "",
                           [self = shared_from_this()](const error_code& error, const Resolver::results_type& found) {
                             if (!self->owner_) return;
                             std::vector<Tcp::endpoint> all;
                             if (!error) {
                               for (const auto& entry : found)
                                 all.emplace_back(entry.endpoint().address(), self->endpoint_.port);
                             }
                             self->keep_usable(all);
                           });
}

/// Those that the bound address can reach, in the order of this dial.
void ClientLink::keep_usable(const std::vector<Tcp::endpoint>& found) {
  for (const Tcp::endpoint& to : found) {
    const bool usable = !bind_to_ || bind_to_->is_v6() == to.address().is_v6();
    if (usable && addresses_.size() < kAddressesMax) addresses_.push_back(to);
  }
  if (!addresses_.empty()) {
    const auto first = static_cast<ptrdiff_t>(first_address_ % addresses_.size());
    std::rotate(addresses_.begin(), addresses_.begin() + first, addresses_.end());
  }
  connect_next();
}

void ClientLink::connect_next() {
  while (next_ < addresses_.size()) {
    const Tcp::endpoint& to = addresses_[next_++];
    if (!prepare(to)) continue;
    socket_.async_connect(to, [self = shared_from_this()](const error_code& error) {
      if (self->owner_) self->on_connected(error);
    });
    return;
  }
  owner_->on_dial_failed(failure_.value_or(ClientFailure::kUnreachable));
}

/// A socket that is ready to connect to `to`.
bool ClientLink::prepare(const Tcp::endpoint& to) {
  error_code error;
  socket_.close(error);
  socket_.open(to.protocol(), error);
  if (!error) socket_.set_option(Tcp::no_delay(true), error);
  if (!error) socket_.set_option(Socket::keep_alive(true), error);
  if (!error && bind_to_) {
    // The port is chosen by connect(), so that many connections from one address do not run out of them; where the
    // kernel does not know the option, they do a little sooner.
    const int on = 1;
    static_cast<void>(::setsockopt(socket_.native_handle(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on));
    socket_.bind(Tcp::endpoint(*bind_to_, 0), error);
  }
  if (error) note_failure(error);
  return !error;
}

/// A refusal stands only if every address that could be asked refused: callers take it as evidence.
void ClientLink::note_failure(const error_code& error) {
  if (is_local(error)) return;
  const ClientFailure failure = failure_of(error);
  if (!failure_ || *failure_ == ClientFailure::kRefused) failure_ = failure;
}

void ClientLink::on_connected(const error_code& error) {
  error_code failed = error;
  if (!failed) {
    // Towards a free port of this machine the kernel may choose that very port and connect the socket to itself.
    error_code ignored;
    const Tcp::endpoint local = socket_.local_endpoint(ignored);
    if (!ignored && local == socket_.remote_endpoint(ignored)) failed = asio::error::connection_refused;
  }
  if (failed) {
    note_failure(failed);
    connect_next();
    return;
  }
  open_ = true;
  read();
  owner_->on_open();
}

void ClientLink::send(std::string head, std::string body) {
  head_ = std::move(head);
  body_ = std::move(body);
  writing_ = true;
  const std::array<asio::const_buffer, 2> pieces = {asio::buffer(head_), asio::buffer(body_)};
  asio::async_write(socket_, pieces, [self = shared_from_this()](const error_code& error, size_t bytes) {
    self->on_written(error, bytes);
  });
}

void ClientLink::on_written(const error_code& error, size_t bytes) {
  head_ = {};
  body_ = {};
  if (owner_) owner_->on_sent(bytes);
  // A failed write is left to the read: the peer may have answered before it hung up. No further one is begun.
  if (!error) writing_ = false;
}

void ClientLink::read() {
  socket_.async_read_some(asio::buffer(read_buffer_), [self = shared_from_this()](const error_code& error, size_t n) {
    if (!self->owner_) return;
    if (error) {
      self->open_ = false;
      self->owner_->on_ended();
      return;
    }
    self->owner_->on_received({self->read_buffer_.data(), n});
    if (self->owner_) self->read();
  });
}

void ClientLink::close() {
  owner_ = nullptr;
  open_ = false;
  error_code ignored;
  socket_.close(ignored);
  if (resolver_) resolver_->cancel();
}

}  // namespace discovery::net
