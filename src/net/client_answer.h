// Reads one answer of a peer from the bytes of its connection, cut anywhere. Beast's parser reads the head; bodies are
// read here and by ChunkedDecoder, because Beast 1.81 trips an assertion of its own on a last chunk that comes in
// pieces of less than five bytes.
//
// Lifecycle: one per request; feed() until done() or a failure, then take(). Thread: its client's.
// Limits: the body limit given (kTooLarge), kHeadBytesMax (kTooLarge), those of ChunkedDecoder for what stands around
// chunks (kGarbage), kInterimMax answers 1xx before the real one (kGarbage). Errors: kGarbage as soon as the first
// bytes are no "HTTP/1.", and for every Transfer-Encoding but chunked, which Beast would let pass; kBroken when the
// connection ends within the answer.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "codec/chunked.h"
#include "net/client_types.h"

namespace discovery::net {

class ClientAnswerReader {
 public:
  static constexpr size_t kHeadBytesMax = 16 * 1024;  ///< of the status line, and again of the fields
  static constexpr int kInterimMax = 8;

  /// `to_head`: the answer to a HEAD, which has no body whatever its head says.
  ClientAnswerReader(size_t body_bytes_max, bool to_head);
  ClientAnswerReader(ClientAnswerReader&& other) noexcept;
  ~ClientAnswerReader();
  ClientAnswerReader& operator=(ClientAnswerReader&&) = delete;

  /// Precondition of both: neither done() nor failed before.
  [[nodiscard]] std::optional<ClientFailure> feed(std::string_view bytes);
  /// The peer has ended the connection. None: that was the end of the answer.
  [[nodiscard]] std::optional<ClientFailure> end();
  [[nodiscard]] bool done() const { return phase_ == Phase::kDone; }

  /// The connection may be used again. Precondition of both: done().
  [[nodiscard]] bool keep_alive() const { return keep_alive_; }
  [[nodiscard]] ClientAnswer take() { return std::move(answer_); }

 private:
  enum class Phase : uint8_t { kHead, kLength, kChunks, kUntilEnd, kDone };
  struct HeadParser;

  void begin_head();
  std::optional<ClientFailure> read_heads();
  std::optional<ClientFailure> read_head();
  std::optional<ClientFailure> check_begin();
  std::optional<ClientFailure> take_head();
  std::optional<ClientFailure> read_body(std::string_view bytes);
  std::optional<ClientFailure> read_chunks(std::string_view bytes);
  void read_length(std::string_view bytes);
  void finish(size_t bytes_left);

  const size_t body_bytes_max_;
  const bool to_head_;
  Phase phase_ = Phase::kHead;
  bool began_ = false;  ///< "HTTP/1." was seen
  bool keep_alive_ = false;
  int interim_ = 0;
  std::unique_ptr<HeadParser> head_;
  std::string unparsed_;  ///< of the head
  uint64_t body_left_ = 0;
  codec::ChunkedDecoder chunks_;
  ClientAnswer answer_;
};

}  // namespace discovery::net
