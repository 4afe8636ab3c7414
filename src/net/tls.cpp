#include "net/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <utility>

#include "net/socket_calls.h"

namespace discovery::net {

namespace {

constexpr std::string_view kPlainAnswer =
    "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: 45\r\nConnection: close\r\n\r\n"
    "This port speaks TLS: use https:// to ask it.";

struct Freer {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL* stream) const { SSL_free(stream); }
};

/// The first thing OpenSSL says about what went wrong; forgets the rest.
std::string first_reason() {
  const unsigned long code = ERR_peek_error();
  const char* const text = code == 0 ? nullptr : ERR_reason_error_string(code);
  ERR_clear_error();
  return text ? text : "unknown reason";
}

/// Where OpenSSL reads and writes the bytes of one connection.
struct Wire {
  int descriptor;
  bool drained = false;  ///< the last read took all there was
};

// Of the connection that is at work on this thread.
thread_local std::string outgoing;  ///< records on their way out
thread_local std::string joined;    ///< small pieces that share a record

int read_wire(BIO* bio, char* into, int bytes) {
  BIO_clear_retry_flags(bio);
  auto& wire = *static_cast<Wire*>(BIO_get_data(bio));
  const ssize_t n = receive(wire.descriptor, {into, static_cast<size_t>(bytes)});
  wire.drained = n < bytes;
  if (n < 0 && would_block()) BIO_set_retry_read(bio);
  return static_cast<int>(n);
}

int write_wire(BIO*, const char* bytes, int count) {
  outgoing.append(bytes, static_cast<size_t>(count));
  return count;
}

long control_wire(BIO*, int command, long, void*) {
  return command == BIO_CTRL_FLUSH ? 1 : 0;  // the stream sends by itself
}

int make_wire(BIO* bio) {
  BIO_set_init(bio, 1);
  return 1;
}

const BIO_METHOD* wire_method() {
  static const BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "discoveryd");
    BIO_meth_set_read(made, read_wire);
    BIO_meth_set_write(made, write_wire);
    BIO_meth_set_ctrl(made, control_wire);
    BIO_meth_set_create(made, make_wire);
    return made;
  }();
  return method;
}

/// What the identity may speak, as ALPN writes it.
std::string_view spoken(TlsOffer offer) { return offer == TlsOffer::kHttp2 ? "\x02h2\x08http/1.1" : "\x08http/1.1"; }

/// Our first choice of what the client offers, when it offers protocols at all: one that can only talk HTTP/2 to an
/// identity of HTTP/1.1 is told so.
template <TlsOffer offer>
// NOLINTNEXTLINE(readability-function-size): what OpenSSL calls
int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* chosen_bytes, const unsigned char* offered,
                    unsigned int offered_bytes, void*) {
  const std::string_view ours = spoken(offer);
  unsigned char* match = nullptr;
  const int found = SSL_select_next_proto(&match, chosen_bytes, reinterpret_cast<const unsigned char*>(ours.data()),
                                          static_cast<unsigned>(ours.size()), offered, offered_bytes);
  *chosen = match;
  return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

/// Keys of ours have no password; without this OpenSSL asks for one on the terminal.
int no_password(char*, int, int, void*) { return 0; }

}  // namespace

struct TlsIdentity::Native {
  std::unique_ptr<SSL_CTX, Freer> context;
};

struct TlsStream::Native {
  std::shared_ptr<const TlsIdentity> identity;
  Wire wire;
  std::unique_ptr<SSL, Freer> ssl;
};

TlsIdentity::TlsIdentity(std::unique_ptr<Native> native) : native_(std::move(native)) {}
TlsIdentity::~TlsIdentity() = default;

Result<std::shared_ptr<const TlsIdentity>> TlsIdentity::load(const TlsFiles& files, TlsOffer offer) {
  ERR_clear_error();
  std::unique_ptr<SSL_CTX, Freer> context(SSL_CTX_new(TLS_server_method()));
  if (!context) return invalid("TLS cannot be set up: " + first_reason());
  SSL_CTX* const c = context.get();
  SSL_CTX_set_min_proto_version(c, TLS1_2_VERSION);
  SSL_CTX_set_options(c, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_mode(c, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF);  // clients keep their sessions, in tickets
  SSL_CTX_set_num_tickets(c, 1);
  SSL_CTX_set_read_ahead(c, 1);
  SSL_CTX_set_default_passwd_cb(c, no_password);
  SSL_CTX_set_alpn_select_cb(
      c, offer == TlsOffer::kHttp2 ? choose_protocol<TlsOffer::kHttp2> : choose_protocol<TlsOffer::kHttp1>, nullptr);
  if (SSL_CTX_use_certificate_chain_file(c, files.certificate.c_str()) != 1) {
    return invalid("cannot use the certificate " + files.certificate + ": " + first_reason());
  }
  if (SSL_CTX_use_PrivateKey_file(c, files.key.c_str(), SSL_FILETYPE_PEM) != 1) {
    return invalid("cannot use the key " + files.key + " with the certificate " + files.certificate + ": " +
                   first_reason());
  }
  if (SSL_CTX_check_private_key(c) != 1) {
    return invalid("the key " + files.key + " is not the key of the certificate " + files.certificate);
  }
  return std::shared_ptr<const TlsIdentity>(new TlsIdentity(std::make_unique<Native>(Native{std::move(context)})));
}

std::unique_ptr<TlsStream> TlsStream::accept(std::shared_ptr<const TlsIdentity> identity, int descriptor) {
  ERR_clear_error();
  auto native = std::make_unique<Native>();
  native->ssl.reset(SSL_new(identity->native_->context.get()));
  BIO* const bio = native->ssl ? BIO_new(wire_method()) : nullptr;
  if (!bio) return nullptr;
  native->identity = std::move(identity);
  native->wire.descriptor = descriptor;
  BIO_set_data(bio, &native->wire);
  SSL_set_bio(native->ssl.get(), bio, bio);
  SSL_set_accept_state(native->ssl.get());
  return std::unique_ptr<TlsStream>(new TlsStream(std::move(native)));
}

TlsStream::TlsStream(std::unique_ptr<Native> native) : native_(std::move(native)) {}
TlsStream::~TlsStream() = default;

IoResult TlsStream::failed() {
  broken_ = true;
  ERR_clear_error();
  return {IoResult::Kind::kFailed, 0};
}

void TlsStream::on_readable() { native_->wire.drained = false; }

bool TlsStream::drained() const { return native_->wire.drained && SSL_has_pending(native_->ssl.get()) == 0; }

IoResult TlsStream::read(std::span<char> into) {
  if (broken_) return {IoResult::Kind::kFailed, 0};
  ERR_clear_error();
  outgoing.clear();
  size_t n = 0;
  SSL* const ssl = native_->ssl.get();
  const int done = SSL_read_ex(ssl, into.data(), into.size(), &n);
  const int error = done == 1 ? SSL_ERROR_NONE : SSL_get_error(ssl, done);
  established_ = established_ || SSL_is_init_finished(ssl) == 1;
  const bool plain = error == SSL_ERROR_SSL && ERR_GET_REASON(ERR_peek_error()) == SSL_R_HTTP_REQUEST;
  if (plain) outgoing = kPlainAnswer;
  if (!send(outgoing)) return failed();  // what the handshake, or a warning of a failure, has to say
  switch (error) {
    case SSL_ERROR_NONE:
      return {IoResult::Kind::kDone, n};
    case SSL_ERROR_WANT_READ:
      return {IoResult::Kind::kWouldBlock, 0};
    case SSL_ERROR_ZERO_RETURN:
      return {IoResult::Kind::kEnd, 0};
    default:
      return failed();
  }
}

IoResult TlsStream::write(std::span<const std::string_view> pieces) {
  if (!unsent_.empty()) flush();
  if (broken_) return {IoResult::Kind::kFailed, 0};
  if (credit_ > 0) return {IoResult::Kind::kDone, std::exchange(credit_, 0)};
  if (!unsent_.empty()) return {IoResult::Kind::kWouldBlock, 0};

  ERR_clear_error();
  outgoing.clear();
  const std::optional<size_t> taken = make_records(pieces);
  if (!taken) return failed();
  owed_ = *taken;
  if (!send(outgoing)) return failed();
  if (credit_ == 0) return {IoResult::Kind::kWouldBlock, 0};
  return {IoResult::Kind::kDone, std::exchange(credit_, 0)};
}

std::optional<size_t> TlsStream::make_records(std::span<const std::string_view> pieces) {
  constexpr size_t kRecord = SSL3_RT_MAX_PLAIN_LENGTH;
  const auto put = [this](std::string_view text) {
    size_t n = 0;
    return text.empty() || (SSL_write_ex(native_->ssl.get(), text.data(), text.size(), &n) == 1 && n == text.size());
  };
  size_t taken = 0;
  joined.clear();
  for (std::string_view piece : pieces) {
    while (!piece.empty() && taken < kRecordsBytes) {
      const size_t room = std::min(kRecord - joined.size(), kRecordsBytes - taken);
      const std::string_view part = piece.substr(0, room);
      piece.remove_prefix(part.size());
      taken += part.size();
      if (part.size() == kRecord) {  // a large piece is taken where it lies
        if (!put(part)) return std::nullopt;
        continue;
      }
      joined += part;
      if (joined.size() < kRecord) continue;
      if (!put(joined)) return std::nullopt;
      joined.clear();
    }
  }
  if (!put(joined)) return std::nullopt;
  return taken;
}

void TlsStream::flush() {
  if (broken_ || unsent_.empty()) return;
  const std::string records = std::exchange(unsent_, {});
  if (!send(records)) broken_ = true;
}

bool TlsStream::send(std::string_view records) {
  if (records.empty()) return true;
  if (!unsent_.empty()) {  // behind what waits
    unsent_ += records;
    return unsent_.size() <= kUnsentMax;  // else it asks for new keys without end, and reads none of them
  }
  const ssize_t n = send_bytes(native_->wire.descriptor, records);
  if (n < 0 && !would_block()) return false;
  const size_t sent = n > 0 ? static_cast<size_t>(n) : 0;
  unsent_ = records.substr(sent);
  progressed(sent);
  return true;
}

/// A record is longer than its text, so a byte of a record stands for at most a byte of text; the last one counts when
/// all has left.
void TlsStream::progressed(size_t record_bytes) {
  if (owed_ == 0) return;
  const size_t told = unsent_.empty() ? owed_ : std::min(record_bytes, owed_ - 1);
  owed_ -= told;
  credit_ += told;
}

void TlsStream::send_end() {
  if (broken_ || !established_ || std::exchange(end_sent_, true)) return;
  ERR_clear_error();
  outgoing.clear();
  SSL_shutdown(native_->ssl.get());
  if (!send(outgoing)) broken_ = true;
}

}  // namespace discovery::net
