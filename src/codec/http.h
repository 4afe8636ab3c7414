// HTTP as the protocols see it: a request made of views, an answer made of parts, and the one interface between the
// server (src/net), which knows bytes and sockets, and the protocols, which know neither.
//
// Thread: everything here belongs to one reactor; nothing is shared but the bodies handed to HttpReply::share().
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/shared_text.h"
#include "base/time.h"

namespace discovery::codec {

enum class Method : uint8_t { kGet, kPost, kHead, kPut, kDelete, kOptions, kPatch, kOther };
/// "GET"; "other" for kOther.
[[nodiscard]] std::string_view method_name(Method method);

struct HttpField {
  std::string_view name;   ///< as sent; compare without regard to case
  std::string_view value;  ///< without surrounding blanks
};

/// Where a connection comes from.
struct ClientAddress {
  std::string ip;  ///< literal, without brackets, IPv4-mapped IPv6 shown as IPv4
  uint16_t port = 0;
  bool loopback = false;
};

/// One whole request. Every view is valid until HttpHandler::handle() returns, no longer.
struct HttpRequest {
  Method method = Method::kGet;
  std::string_view path;          ///< percent-decoded and cleaned (discovery-api.md 1.3); begins with '/'
  std::string_view query;         ///< raw, without '?'
  std::string_view body;          ///< whole, chunks removed
  std::string_view content_type;  ///< as sent, "" when there is none
  std::span<const HttpField> fields;
  int version_minor = 1;  ///< HTTP/1.<this>
  bool accepts_gzip = false;
  TimePoint received_at{};
  const ClientAddress* client = nullptr;  ///< never null; lives as long as the connection

  /// The first field of that name, "" when there is none.
  [[nodiscard]] std::string_view field(std::string_view name) const;
};

using discovery::SharedBytes;

/// Makes a body piece by piece, so that a large answer is never in memory as a whole.
class BodySource {
 public:
  virtual ~BodySource() = default;
  /// Appends the next piece to `out` (about 64 KiB; at least one byte unless it is the end). False: that was the end.
  virtual bool next(std::string& out) = 0;
};

/// One answer under construction. A reactor reuses one object for all its sessions, so a small answer allocates
/// nothing. The body is the concatenation of what was appended and shared, in that order.
class HttpReply {
 public:
  struct Part {
    size_t own_begin = 0;  ///< [own_begin, own_end) of own(), then `shared` if not null
    size_t own_end = 0;
    SharedBytes shared;
    bool deflated = false;  ///< of `shared` its deflated form is meant

    /// What is sent of `shared`; "" when it is null.
    [[nodiscard]] std::string_view shared_view() const { return shared ? shared->bytes(deflated) : ""; }
  };

  int status = 200;
  std::string_view content_type = "text/plain; charset=utf-8";  ///< must have static storage
  bool close = false;  ///< answer with Connection: close, whatever the client asked

  void append(std::string_view text) { own_.append(text); }
  void append_int(int64_t value);
  /// For writers that take a string; only ever append to it.
  std::string& own() { return own_; }
  /// The bytes are kept alive until sent and never copied.
  void share(SharedBytes bytes);
  /// A whole header line without line end, "Name: value". The caller vouches that it holds no control character.
  void add_header(std::string_view line);
  /// The rest of the body comes from here; sent chunked (closed by the end of the connection towards HTTP/1.0).
  void stream(std::unique_ptr<BodySource> source) { source_ = std::move(source); }

  // For the sender.
  void clear();
  [[nodiscard]] const std::string& own_bytes() const { return own_; }
  [[nodiscard]] std::string_view headers() const { return headers_; }
  /// Closes the last part and returns all; calling it again changes nothing.
  std::vector<Part>& parts();
  [[nodiscard]] size_t body_bytes() const { return shared_bytes_ + own_.size(); }
  [[nodiscard]] size_t shared_bytes() const { return shared_bytes_; }
  /// The same body in another coding (gzip.h).
  void replace_body(std::string own, std::vector<Part> parts);
  std::unique_ptr<BodySource> take_source() { return std::move(source_); }
  [[nodiscard]] bool streaming() const { return source_ != nullptr; }

 private:
  std::string own_;
  std::string headers_;  ///< each line ended by CRLF
  std::vector<Part> parts_;
  size_t own_in_parts_ = 0;
  size_t shared_bytes_ = 0;
  std::unique_ptr<BodySource> source_;
};

/// A request that is answered later (a parked long poll). Owned by its session, which destroys it when it was answered,
/// when the client hung up or when the connection failed: the destructor leaves every list it stands in.
class ParkedRequest {
 public:
  virtual ~ParkedRequest() = default;
  /// Called once, after HttpExchange::resume(): the answer, into an empty reply.
  virtual void write_answer(HttpReply& reply) = 0;
  /// Called instead when the node drains: tells the client to go elsewhere.
  virtual void write_drain_answer(HttpReply& reply) = 0;
  /// Called instead when the connection moves to another process: an answer after which the client asks again at once
  /// and changes nothing. False, without one: it has none, and the connection moves when the request was answered.
  virtual bool write_moving_answer(HttpReply& /*reply*/) { return false; }
  /// True: its answer is only a moment away, so a node that drains waits for it.
  [[nodiscard]] virtual bool answers_soon() const { return false; }
};

/// The session of one request, as a handler sees it.
class HttpExchange {
 public:
  /// The handler returns without an answer; the connection waits, holding no buffer. Call it inside handle() only.
  virtual void park(std::unique_ptr<ParkedRequest> request) = 0;
  /// The parked request has its answer: the session calls write_answer(), sends, and *destroys the request* before
  /// this returns. Never call it inside handle() or write_answer(). Returns the bytes of the answer.
  virtual size_t resume() = 0;

 protected:
  ~HttpExchange() = default;
};

/// What the server calls: one object per reactor.
class HttpHandler {
 public:
  virtual ~HttpHandler() = default;
  /// Fill `reply` (empty when called) or call exchange.park(). Must not keep the request or the reply. The exchange is
  /// valid as long as a request parked in it.
  virtual void handle(const HttpRequest& request, HttpReply& reply, HttpExchange& exchange) = 0;
};

}  // namespace discovery::codec
