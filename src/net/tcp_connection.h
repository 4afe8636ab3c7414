// A conversation on a TCP socket, with TLS or without.
//
// Lifecycle: owns itself from open() until the conversation has closed it, and for the rest of that turn, so that no
// event can meet a dead object; ConnectionGroup destroys those left when the reactor has stopped. Thread: its
// reactor's.
#pragma once

#include <cstdint>
#include <memory>

#include "base/intrusive_list.h"
#include "net/connection_limit.h"
#include "net/conversation.h"
#include "net/ready_set.h"
#include "net/session_context.h"
#include "net/tls.h"

namespace discovery::net {

class TcpConnection;

/// The connections of one handler on one reactor.
class ConnectionGroup {
 public:
  struct LaterTag;
  /// Of answers that are being continued, before the rest of the loop gets its turn.
  static constexpr size_t kBytesPerTurn = 256 * 1024;

  ConnectionGroup(SessionContext& the_context, boost::asio::io_context& io, ConnectionLimit& the_limit);
  /// Precondition: the reactor has stopped.
  ~ConnectionGroup();
  ConnectionGroup(const ConnectionGroup&) = delete;
  ConnectionGroup& operator=(const ConnectionGroup&) = delete;

  SessionContext& context;
  ConnectionLimit& limit;
  IntrusiveList<TcpConnection> open;
  /// What the connections to come show; null: they speak without TLS.
  std::shared_ptr<const TlsIdentity> identity;
  /// What the connections to come speak; null: HTTP/1.1. Outlives them.
  Conversations* conversations = nullptr;

 private:
  friend class TcpConnection;

  std::unique_ptr<Conversation> converse(Transport& transport, codec::ClientAddress client);
  /// Runs its on_later() in a later turn; asking again before that changes nothing.
  void call_later(TcpConnection& connection);
  void run_later();

  boost::asio::io_context& io_;
  ReadySet ready_;
  IntrusiveList<TcpConnection, LaterTag> later_;
};

class TcpConnection final : public ListNode<>,
                            public ListNode<ConnectionGroup::LaterTag>,
                            private ReadyOwner,
                            private Transport {
 public:
  /// Takes over a non-blocking socket that `group.limit` has admitted.
  static void open(ConnectionGroup& group, int descriptor, codec::ClientAddress client);
  ~TcpConnection();

  Conversation& conversation() { return *conversation_; }
  /// Gives the socket up, for another process to go on with; -1: not now (Conversation::release()), or never, with TLS.
  [[nodiscard]] int release();
  [[nodiscard]] bool speaks_tls() const { return tls_ != nullptr; }

 private:
  friend class ConnectionGroup;
  enum Want : uint8_t { kRead = 1, kWrite = 2, kSoon = 4 };

  TcpConnection(ConnectionGroup& group, int descriptor, codec::ClientAddress client);

  void on_ready(ReadyEvent event) override;
  /// Destroys itself when closed.
  void on_later();
  /// Whether the conversation waits for that; it does not any more.
  bool take(Want want) {
    const bool wanted = (wants_ & want) != 0;
    wants_ &= static_cast<uint8_t>(~want);
    return wanted;
  }

  /// False: no memory for it.
  [[nodiscard]] bool start_tls(std::shared_ptr<const TlsIdentity> identity);
  IoResult read_tls(std::span<char> into);
  IoResult write_tls(std::span<const std::string_view> pieces);

  IoResult read(std::span<char> into) override;
  IoResult write(std::span<const std::string_view> pieces) override;
  void wait_readable() override;
  void wait_writable() override;
  void call_soon() override;
  void shutdown_send() override;
  void close() override;

  ConnectionGroup& group_;
  const std::unique_ptr<Conversation> conversation_;
  std::unique_ptr<TlsStream> tls_;
  int descriptor_;  ///< -1: closed
  // What the edges have told and was not used up: a read or write that moved less than it wanted used it up.
  bool readable_ = false;
  bool writable_ = true;
  bool ended_ = false;
  uint8_t wants_ = 0;  ///< what the conversation waits for, as a sum of Want
};

}  // namespace discovery::net
