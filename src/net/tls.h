// TLS 1.2 and 1.3 for accepted connections, by OpenSSL.
//
//     auto identity = TlsIdentity::load({"/etc/discoveryd/cert.pem", "/etc/discoveryd/key.pem"});
//     if (!identity) return identity.error();                      // the message names the file and the cause
//
// TlsIdentity is what a server shows: a certificate chain and its key. It never changes; a reload makes another one,
// and connections that are open keep theirs. TlsStream is one connection: it does the handshake within read() and turns
// what is written into records that leave in one system call.
//
// Lifecycle: an identity is shared; a stream belongs to one connection, whose descriptor it does not own.
// Thread: load() any; an identity may be used by several reactors; a stream by one.
// Limits: kRecordsBytes of text become records at a time, and at most those wait for a slow client. Handshakes have no
// deadline of their own: SessionLimits::idle bounds them.
// Errors of load(): kInvalidArgument.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/transport.h"

namespace discovery::net {

struct TlsFiles {
  std::string certificate;  ///< PEM: the server's certificate, then those that lead to the authority's
  std::string key;          ///< PEM, without a password
};

/// What clients are offered to speak (ALPN). One that asks for nothing of it is refused; one that asks for nothing is
/// not.
enum class TlsOffer : uint8_t {
  kHttp1,  ///< "http/1.1"
  kHttp2,  ///< "h2" before "http/1.1"
};

class TlsIdentity {
 public:
  [[nodiscard]] static Result<std::shared_ptr<const TlsIdentity>> load(const TlsFiles& files,
                                                                       TlsOffer offer = TlsOffer::kHttp1);
  ~TlsIdentity();
  TlsIdentity(const TlsIdentity&) = delete;
  TlsIdentity& operator=(const TlsIdentity&) = delete;

 private:
  friend class TlsStream;
  struct Native;
  explicit TlsIdentity(std::unique_ptr<Native> native);
  std::unique_ptr<Native> native_;
};

class TlsStream {
 public:
  static constexpr size_t kRecordsBytes = 64 * 1024;
  static constexpr size_t kUnsentMax = 2 * kRecordsBytes;

  /// Null: no memory.
  [[nodiscard]] static std::unique_ptr<TlsStream> accept(std::shared_ptr<const TlsIdentity> identity, int descriptor);
  ~TlsStream();
  TlsStream(const TlsStream&) = delete;
  TlsStream& operator=(const TlsStream&) = delete;

  /// As Transport. kWouldBlock: neither the socket nor this stream holds anything more.
  IoResult read(std::span<char> into);
  IoResult write(std::span<const std::string_view> pieces);
  /// The socket may take more: records that wait are sent.
  void flush();
  /// Whether records wait for the socket.
  [[nodiscard]] bool blocked() const { return !unsent_.empty(); }
  /// The socket has become readable.
  void on_readable();
  /// The last read took all there was: a further one is not worth its call before on_readable().
  [[nodiscard]] bool drained() const;
  /// Tells the client that nothing follows, so that it can tell an end from a cut.
  void send_end();
  /// False: the handshake is not over, or has failed.
  [[nodiscard]] bool established() const { return established_; }

 private:
  struct Native;
  explicit TlsStream(std::unique_ptr<Native> native);

  IoResult failed();
  /// Up to kRecordsBytes of text into `outgoing`; how many bytes of text that were.
  std::optional<size_t> make_records(std::span<const std::string_view> pieces);
  /// Sends fresh records; what the socket does not take waits. False: the connection is broken.
  bool send(std::string_view records);
  void progressed(size_t record_bytes);

  std::unique_ptr<Native> native_;
  std::string unsent_;  ///< records the socket has not taken
  size_t owed_ = 0;     ///< text in unsent_ that write() has not told of
  size_t credit_ = 0;   ///< text that has left, which write() has still to tell of
  bool broken_ = false;
  bool established_ = false;
  bool end_sent_ = false;
};

}  // namespace discovery::net
