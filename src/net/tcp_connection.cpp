#include "net/tcp_connection.h"

#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <utility>

#include "base/check.h"
#include "net/session.h"
#include "net/socket_calls.h"

namespace discovery::net {

namespace asio = boost::asio;

namespace {

IoResult io_result(ssize_t n, IoResult::Kind when_zero) {
  if (n > 0) return {IoResult::Kind::kDone, static_cast<size_t>(n)};
  if (n == 0) return {when_zero, 0};
  return {would_block() ? IoResult::Kind::kWouldBlock : IoResult::Kind::kFailed, 0};
}

}  // namespace

ConnectionGroup::ConnectionGroup(SessionContext& the_context, asio::io_context& io, ConnectionLimit& the_limit)
    : context(the_context), limit(the_limit), io_(io), ready_(io, the_context) {}

ConnectionGroup::~ConnectionGroup() {
  while (!open.empty()) delete &open.front();  // the destructor takes it out of both lists
}

std::unique_ptr<Conversation> ConnectionGroup::converse(Transport& transport, codec::ClientAddress client) {
  if (conversations) return conversations->make(context, transport, std::move(client));
  return std::make_unique<Session>(context, transport, std::move(client));
}

void ConnectionGroup::call_later(TcpConnection& connection) {
  ListNode<LaterTag>& node = connection;
  if (node.linked()) return;
  if (later_.empty()) asio::post(io_, [this] { run_later(); });
  later_.push_back(connection);
}

void ConnectionGroup::run_later() {
  const TurnWatch watch(context.stats);
  IntrusiveList<TcpConnection, LaterTag> now;  // what is asked for meanwhile has its turn after the others'
  now.append(later_);
  const uint64_t before = context.stats.bytes_out.get();
  while (!now.empty() && context.stats.bytes_out.get() - before < kBytesPerTurn) now.pop_front().on_later();
  if (now.empty()) return;
  if (later_.empty()) asio::post(io_, [this] { run_later(); });
  now.append(later_);
  later_.append(now);
}

void TcpConnection::open(ConnectionGroup& group, int descriptor, codec::ClientAddress client) {
  auto* connection = new TcpConnection(group, descriptor, std::move(client));
  group.open.push_back(*connection);
  if ((group.identity && !connection->start_tls(group.identity)) || !group.ready_.add(descriptor, *connection)) {
    delete connection;
    return;
  }
  connection->conversation_->start();
}

TcpConnection::TcpConnection(ConnectionGroup& group, int descriptor, codec::ClientAddress client)
    : group_(group), conversation_(group.converse(*this, std::move(client))), descriptor_(descriptor) {
  group_.context.stats.open.add();
}

TcpConnection::~TcpConnection() {
  if (descriptor_ >= 0) ::close(descriptor_);
  group_.context.stats.open.subtract();
  group_.limit.release(conversation_->client().ip);
}

void TcpConnection::on_ready(ReadyEvent event) {
  if (descriptor_ < 0) return;
  readable_ |= event.readable;
  writable_ |= event.writable;
  ended_ |= event.ended;
  if (tls_) {
    if (event.readable) tls_->on_readable();
    if (event.writable) tls_->flush();
  }
  // Those that go on with a large answer stand in line: a small request does not wait for all of them.
  if (writable_ && (wants_ & kWrite) != 0) group_.call_later(*this);
  if (readable_ && take(kRead)) conversation_->on_readable();
}

void TcpConnection::on_later() {
  if (descriptor_ >= 0 && take(kSoon)) conversation_->on_soon();
  if (descriptor_ >= 0 && readable_ && take(kRead)) conversation_->on_readable();
  if (descriptor_ >= 0 && writable_ && take(kWrite)) conversation_->on_writable();
  if (descriptor_ < 0) delete this;
}

int TcpConnection::release() {
  if (tls_ || descriptor_ < 0 || !conversation_->release()) return -1;
  group_.ready_.remove(descriptor_);
  group_.call_later(*this);  // as in close()
  return std::exchange(descriptor_, -1);
}

bool TcpConnection::start_tls(std::shared_ptr<const TlsIdentity> identity) {
  tls_ = TlsStream::accept(std::move(identity), descriptor_);
  return tls_ != nullptr;
}

IoResult TcpConnection::read_tls(std::span<char> into) {
  const IoResult result = tls_->read(into);
  // With the beginning of a record the stream is not drained, but would block all the same.
  if (result.kind == IoResult::Kind::kWouldBlock || tls_->drained()) readable_ = ended_;
  if (tls_->blocked()) writable_ = false;
  if (result.kind == IoResult::Kind::kFailed && !tls_->established()) group_.context.stats.handshake_failures.add();
  return result;
}

IoResult TcpConnection::write_tls(std::span<const std::string_view> pieces) {
  const IoResult result = tls_->write(pieces);
  if (tls_->blocked()) writable_ = false;
  return result;
}

IoResult TcpConnection::read(std::span<char> into) {
  if (tls_) return read_tls(into);
  const ssize_t n = receive(descriptor_, into);
  if (n < static_cast<ssize_t>(into.size())) readable_ = ended_;
  return io_result(n, IoResult::Kind::kEnd);
}

IoResult TcpConnection::write(std::span<const std::string_view> pieces) {
  if (tls_) return write_tls(pieces);
  ssize_t n = 0;
  size_t bytes = 0;
  if (pieces.size() == 1) {
    bytes = pieces[0].size();
    n = send_bytes(descriptor_, pieces[0]);
  } else {
    std::array<iovec, kGatherMax> vectors;
    DISCOVERY_CHECK(pieces.size() <= vectors.size(), "a gathering write has at most kGatherMax pieces");
    for (size_t i = 0; i < pieces.size(); ++i) {
      vectors[i] = {const_cast<char*>(pieces[i].data()), pieces[i].size()};  // sendmsg() only reads
      bytes += pieces[i].size();
    }
    msghdr message{};
    message.msg_iov = vectors.data();
    message.msg_iovlen = pieces.size();
    n = send_gathered(descriptor_, message);
  }
  if (n < static_cast<ssize_t>(bytes)) writable_ = false;  // also of one that has finished sending: an edge follows
  return io_result(n, IoResult::Kind::kWouldBlock);
}

void TcpConnection::wait_readable() {
  wants_ |= kRead;
  if (readable_) group_.call_later(*this);
}

void TcpConnection::wait_writable() {
  wants_ |= kWrite;
  if (writable_) group_.call_later(*this);
}

void TcpConnection::call_soon() {
  wants_ |= kSoon;
  group_.call_later(*this);
}

// A broken connection is seen by the next read.
void TcpConnection::shutdown_send() {
  if (tls_) tls_->send_end();
  ::shutdown(descriptor_, SHUT_WR);
}

void TcpConnection::close() {
  if (tls_) tls_->send_end();
  ::close(std::exchange(descriptor_, -1));
  group_.call_later(*this);  // the conversation is still on the stack, and this turn may hold another event of it
}

}  // namespace discovery::net
