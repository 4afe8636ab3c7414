// Requests out of the bytes of one connection, in order, split anywhere.
//
// Use, per batch of bytes read into a buffer that all connections of a reactor share:
//     if (!reader.feed(bytes)) refuse(reader.problem());
//     while (reader.next(request) == HttpReader::Step::kRequest) answer(request);
//     if (!reader.keep()) refuse(reader.problem());   // the shared buffer may be overwritten from here on
// A request that came whole is read in place. Only what is left over at keep() is copied, into a buffer of the
// reader's own that is released as soon as nothing is left, so an idle or parked connection holds none.
//
// Limits: HttpLimits; the own buffer grows with what arrives, never with what is declared; all own buffers together
// stay below PartialBytes::max (503).
// Errors: after kBad or a false return the connection must be closed once problem() was answered.
// Thread: belongs to one reactor; PartialBytes is shared by all.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "codec/byte_buffer.h"
#include "codec/chunked.h"
#include "codec/http.h"
#include "codec/http_head.h"

namespace discovery::codec {

/// Empty lines before a request line that are skipped (RFC 9112 2.2 wants at least one).
inline constexpr uint8_t kLeadingEmptyLinesMax = 4;

/// Memory held for partly read requests by all connections together. Thread: any.
class PartialBytes {
 public:
  explicit PartialBytes(size_t max) : max_(max) {}
  [[nodiscard]] bool take(size_t bytes) {
    if (used_.fetch_add(bytes, std::memory_order_relaxed) + bytes <= max_) return true;
    give_back(bytes);
    return false;
  }
  void give_back(size_t bytes) { used_.fetch_sub(bytes, std::memory_order_relaxed); }
  [[nodiscard]] size_t used() const { return used_.load(std::memory_order_relaxed); }

 private:
  const size_t max_;
  std::atomic<size_t> used_{0};
};

/// What the readers of one reactor share. Outlives them.
struct HttpReaderShared {
  HttpReaderShared(const HttpLimits& http_limits, PartialBytes& partial_bytes)
      : limits(http_limits), partial(partial_bytes) {}

  HttpLimits limits;  ///< may change between two batches of bytes
  PartialBytes& partial;
  HttpHead head;        ///< of the request returned last
  std::string path;     ///< its path, when it had to be cleaned
  HttpProblem problem;  ///< of the reader that failed last
};

class HttpReader {
 public:
  enum class Step : uint8_t { kNeedMore, kRequest, kBad };

  explicit HttpReader(HttpReaderShared& shared) : shared_(shared) {}
  ~HttpReader() { discard(); }
  HttpReader(const HttpReader&) = delete;
  HttpReader& operator=(const HttpReader&) = delete;

  /// Borrows `bytes` (chunked bodies are decoded in them) until keep(). Precondition: keep() or discard() was called
  /// since the last feed(). False: no memory for partly read requests is left.
  [[nodiscard]] bool feed(std::span<char> bytes);

  /// The next whole request; its views are valid until the next call of any other function here but the questions.
  /// Sets everything but received_at and client. kBad: see problem().
  [[nodiscard]] Step next(HttpRequest& request);

  /// Ends the borrowing: copies what is unread. False: no memory for partly read requests is left; nothing is kept.
  [[nodiscard]] bool keep();

  /// Forgets everything unread.
  void discard();

  /// Valid until another reader of the same reactor is used.
  [[nodiscard]] const HttpProblem& problem() const { return shared_.problem; }
  /// Nothing unread: between two requests.
  [[nodiscard]] bool idle() const { return unread() == 0; }
  /// A head was read and its body is not whole yet.
  [[nodiscard]] bool in_body() const { return phase_ == Phase::kLengthBody || phase_ == Phase::kChunkedBody; }
  /// Bytes held of what is unread; framing of chunks is not counted.
  [[nodiscard]] size_t unread() const { return size_ - (phase_ == Phase::kDone ? end_ : begin_); }
  /// True once per request that has `Expect: 100-continue` and waits for its body.
  [[nodiscard]] bool take_continue();
  /// Of the request returned last.
  [[nodiscard]] bool keep_alive() const { return keep_alive_; }

 private:
  enum class Phase : uint8_t { kHead, kLengthBody, kChunkedBody, kDone, kBroken };

  Step read_head();
  bool skip_empty_lines();
  Step read_body();
  Step decode_chunks();
  Step whole(HttpRequest& request, bool head_is_fresh);
  Step broken();
  bool clean_path_of(HttpRequest& request);
  void consume();
  bool grow(size_t more);
  void shrink();
  void release();

  HttpReaderShared& shared_;
  // The window [window_, window_ + size_) is the borrowed bytes or own_.
  ByteBuffer own_;
  char* window_ = nullptr;
  std::unique_ptr<ChunkedDecoder> chunks_;  ///< while a chunked body is read
  // A window is shorter than 4 GiB, and there may be very many readers.
  uint32_t size_ = 0;
  uint32_t begin_ = 0;      ///< of the request being read
  uint32_t end_ = 0;        ///< of the request returned last, in kDone
  uint32_t looked_at_ = 0;  ///< bytes of an incomplete head that need no second look
  uint32_t head_bytes_ = 0;
  uint32_t body_bytes_ = 0;  ///< declared (kLengthBody) or decoded so far (kChunkedBody), within the limit of a body
  Phase phase_ = Phase::kHead;
  uint8_t empty_lines_ = 0;  ///< skipped before the request being read
  bool borrowed_ = false;
  bool continue_due_ = false;
  bool keep_alive_ = true;
};

}  // namespace discovery::codec
