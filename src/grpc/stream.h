// One stream of HTTP/2 that was let in: a call of gRPC (Call of its handler), or the answer to a plain GET.
//
//      open --finish()--> finished --all sent, status sent--> (nghttp2 closes the stream) destroyed
//       |                     ^
//       +--end by the server--+  the handler is still to be told (on_cancel)
//
// It holds what waits to be sent and what has come of a message; what is done with it is Connection's.
// Lifecycle: owned by its connection, which destroys it when nghttp2 closes the stream or the connection ends.
// Thread: one reactor's. Memory: about 300 bytes when idle, beside nghttp2's.
#pragma once

#include <memory>
#include <string>

#include "base/intrusive_list.h"
#include "base/time.h"
#include "grpc/call.h"
#include "grpc/message_reader.h"
#include "grpc/service.h"

namespace discovery::grpc {

class Connection;

struct OpenTag;     ///< of the connection
struct TurnTag;     ///< of the connection: there is something to tell its handler
struct WaitsTag;    ///< of the lane: messages wait for the client; who made no progress for longest stands first
struct PartialTag;  ///< of the lane: a message has begun; the oldest stands first

class Stream final : public Call,
                     public ListNode<OpenTag>,
                     public ListNode<TurnTag>,
                     public ListNode<WaitsTag>,
                     public ListNode<PartialTag> {
 public:
  Stream(Connection& connection, int32_t id, TimePoint born);
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  bool send(std::string_view message) override;
  void finish(const Status& status) override;
  [[nodiscard]] bool open() const override { return !status_; }
  [[nodiscard]] size_t unsent_bytes() const override { return outbox_.size() - sent_; }
  void tell_when_drained() override;
  [[nodiscard]] const codec::ClientAddress& client() const override;
  [[nodiscard]] TimePoint deadline() const override { return deadline_; }

  /// What waits for the client, from its first byte.
  [[nodiscard]] std::string_view unsent() const { return std::string_view(outbox_).substr(sent_); }
  /// The client has been given that much of it.
  void took(size_t bytes);
  /// Forgets what waits.
  void drop_unsent();
  [[nodiscard]] Connection& connection() const { return connection_; }

  [[nodiscard]] bool unary() const { return kind_ == Method::Kind::kUnary; }

  // Of the lane, for its lists.
  [[nodiscard]] TimePoint waits_since() const { return waits_since_; }
  void waits_since(TimePoint t) { waits_since_ = t; }
  [[nodiscard]] TimePoint reads_since() const { return reads_since_; }
  void reads_since(TimePoint t) { reads_since_ = t; }

 private:
  friend class Connection;

  Connection& connection_;
  std::unique_ptr<CallHandler> handler_;
  std::unique_ptr<const Status> status_;  ///< how it ends; null: open
  std::string outbox_;                    ///< messages with their prefixes
  size_t sent_ = 0;                       ///< bytes of it that were taken
  MessageReader reader_;
  TimePoint deadline_ = TimePoint::max();
  TimePoint born_;
  TimePoint waits_since_{};  ///< the last progress, while in the list of those that wait
  TimePoint reads_since_{};  ///< when the message began that is being read
  uint32_t method_ = 0;      ///< an index of the counts
  int32_t id_;
  Method::Kind kind_ = Method::Kind::kUnary;
  bool plain_ = false;        ///< no gRPC: bytes without a status
  bool responded_ = false;    ///< the head of the response is submitted
  bool deferred_ = false;     ///< nghttp2 waits to be told that there is something to send
  bool status_sent_ = false;  ///< the trailers are submitted
  bool untold_ = false;       ///< the server ended it, and its handler does not know yet
  bool got_message_ = false;
  bool half_closed_ = false;
  bool wants_drained_ = false;
};

}  // namespace discovery::grpc
