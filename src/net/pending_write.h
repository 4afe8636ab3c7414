// What is left of an answer that the socket did not take at once: bytes of its own are copied, shared bodies are kept
// alive, a streamed body is made piece by piece, each when the one before has been written.
//
// Lifecycle: made by the session when a write was partial or the body is streamed; destroyed when sent or closed.
// Limits: holds at most the answer's own bytes plus one piece of the stream; what it holds while it waits is counted
// (unsent_answers.h). Thread: one reactor's.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "base/intrusive_list.h"
#include "codec/http.h"
#include "net/answer_head.h"
#include "net/transport.h"

namespace discovery::net {

class Session;

/// A node of UnsentAnswers, while it waits for its client.
class PendingWrite final : public ListNode<> {
 public:
  PendingWrite() = default;
  ~PendingWrite() { count_out(); }
  PendingWrite(const PendingWrite&) = delete;
  PendingWrite& operator=(const PendingWrite&) = delete;

  /// Bytes written in one turn of the loop before other connections get theirs.
  static constexpr size_t kBytesPerTurn = 256 * 1024;

  enum class Status : uint8_t {
    kSent,
    kBlocked,  ///< go on when the socket is writable; also after kBytesPerTurn
    kFailed,
  };
  struct Progress {
    Status status = Status::kFailed;
    size_t bytes = 0;  ///< written by this call
  };

  /// Bytes of its own only.
  void add(std::string_view bytes);
  /// Leaves out the first `skip` bytes of head and body together, which were sent.
  void add_answer(std::string_view head, codec::HttpReply& reply, size_t skip);
  /// To be called last; the framing is kChunked or kToClose.
  void add_stream(std::unique_ptr<codec::BodySource> source, BodyFraming framing);

  Progress write_some(Transport& transport);

  /// What is held is added to `bytes`, which outlives this, and taken off as it is written. Once.
  void count_in(std::atomic<size_t>& bytes, Session& session);
  [[nodiscard]] Session* waiting_session() const { return session_; }

 private:
  struct Piece {
    codec::SharedBytes shared;  ///< null: of own_
    bool deflated = false;      ///< see HttpReply::Part
    size_t begin = 0;
    size_t end = 0;
  };

  void count_out();
  void drop(Piece& piece);
  [[nodiscard]] std::string_view view_of(const Piece& piece) const;
  void advance(size_t bytes);
  /// Replaces the pieces, all written, by the next of the stream. False: there is none.
  bool refill();
  void make_piece();

  std::string own_;
  std::vector<Piece> pieces_;
  size_t next_ = 0;  ///< pieces_[next_] is the first not wholly written
  std::unique_ptr<codec::BodySource> source_;
  BodyFraming framing_ = BodyFraming::kLength;
  std::atomic<size_t>* counted_in_ = nullptr;
  size_t counted_own_ = 0;
  Session* session_ = nullptr;
};

}  // namespace discovery::net
