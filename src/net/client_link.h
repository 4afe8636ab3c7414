// One connection of an HttpClient, from its dial to its end: resolves, connects, writes what it is given, reads all the
// time. Includes Asio: only for the sources of src/net.
//
// Lifecycle: dial(); then on_open() or on_dial_failed(), never within dial(); then on_received() until on_ended().
// close() ends all of it; the callbacks of the event loop keep the object alive and find that nobody listens any more.
// The owner calls close() before it dies, at any time, from within its callbacks too; it calls it after a failure also.
// Thread: its reactor's. Time: none here, the owner closes what takes too long.
// Limits: kAddressesMax, kReadBytes.
#pragma once

#include <array>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/client_types.h"

namespace discovery::net {

class ClientLink final : public std::enable_shared_from_this<ClientLink> {
 public:
  static constexpr size_t kAddressesMax = 16;  ///< of a name; further ones are not tried
  static constexpr size_t kReadBytes = 16 * 1024;

  class Owner {
   public:
    virtual void on_open() = 0;
    virtual void on_dial_failed(ClientFailure failure) = 0;
    /// The bytes are valid within the call.
    virtual void on_received(std::string_view bytes) = 0;
    /// By the peer, in order or by a reset.
    virtual void on_ended() = 0;
    virtual void on_sent(size_t bytes) = 0;

   protected:
    ~Owner() = default;
  };

  /// Tries the addresses of a name in turn, beginning with the one of that number modulo their count, so that a silent
  /// one does not stand before the others for ever.
  [[nodiscard]] static std::shared_ptr<ClientLink> dial(boost::asio::io_context& io, Owner& owner,
                                                        const ClientEndpoint& endpoint, size_t first_address);

  /// Preconditions: open, and writing() is false.
  void send(std::string head, std::string body);
  void close();

  [[nodiscard]] bool open() const { return open_; }
  [[nodiscard]] bool writing() const { return writing_; }

 private:
  using Executor = boost::asio::io_context::executor_type;
  using Tcp = boost::asio::ip::tcp;
  using Socket = boost::asio::basic_stream_socket<Tcp, Executor>;
  using Resolver = boost::asio::ip::basic_resolver<Tcp, Executor>;

  ClientLink(boost::asio::io_context& io, Owner& owner, const ClientEndpoint& endpoint, size_t first_address);

  void start();
  void resolve();
  void keep_usable(const std::vector<Tcp::endpoint>& found);
  void connect_next();
  bool prepare(const Tcp::endpoint& to);
  void note_failure(const boost::system::error_code& error);
  void on_connected(const boost::system::error_code& error);
  void read();
  void on_written(const boost::system::error_code& error, size_t bytes);

  boost::asio::io_context& io_;
  Owner* owner_;  ///< null: closed
  const ClientEndpoint endpoint_;
  const size_t first_address_;
  std::optional<Resolver> resolver_;
  std::optional<boost::asio::ip::address> bind_to_;
  std::vector<Tcp::endpoint> addresses_;
  size_t next_ = 0;
  Socket socket_;
  std::optional<ClientFailure> failure_;  ///< the worst of this dial
  bool open_ = false;
  bool writing_ = false;
  std::string head_, body_;  ///< while they are being written
  std::array<char, kReadBytes> read_buffer_;
};

}  // namespace discovery::net
