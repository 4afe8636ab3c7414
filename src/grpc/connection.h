// One connection of HTTP/2 with calls of gRPC on it: bytes of a net::Transport to nghttp2 and back, streams to calls.
//
//   start_with()         GOAWAY sent, no call left,            shutdown, 1 s
//       v                or an error of HTTP/2                  or the client's end
//    Serving ------------------------------------> Lingering ---------------------> Closed
//       |        a flood: GOAWAY at once, calls cancelled ^                           ^
//       +-------------- the transport fails, the client ends, nothing moves ----------+
//
// An event reads at most kReadBytesPerTurn, hands them to nghttp2, whose callbacks call the handlers, then tells the
// handlers what has happened to their calls, then sends all frames there are in as few writes as possible. Whatever is
// sent outside of an event (Call::send from anywhere) leaves in one on_soon().
//
// Lifecycle: as net::Conversation. When it closes or lingers every call is over and its handler destroyed.
// Thread: one reactor's. Limits: limits.h. Memory: nghttp2's 16 KiB frame buffer is most of it.
#pragma once

#include <sys/types.h>

#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/intrusive_list.h"
#include "base/timer_wheel.h"
#include "grpc/budget.h"
#include "grpc/lane.h"
#include "grpc/stream.h"
#include "net/conversation.h"
#include "net/session_context.h"

struct nghttp2_session;

namespace discovery::grpc {

/// The bytes every connection of HTTP/2 begins with (RFC 9113 3.4).
inline constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

class Connection final : public net::Conversation, private TimerEntry {
 public:
  Connection(Lane& lane, net::SessionContext& context, net::Transport& transport, codec::ClientAddress client);
  ~Connection() override;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void start() override { start_with({}); }
  /// `bytes` were read already, from the preface on.
  void start_with(std::span<const char> bytes);
  void on_readable() override;
  void on_writable() override;
  void on_soon() override;
  void drain() override;
  [[nodiscard]] bool release() override;
  void end_with_next_answer() override;

  [[nodiscard]] bool closed() const override { return state_ == State::kClosed; }
  [[nodiscard]] bool parked() const override { return state_ == State::kServing && !draining_ && !calls_.empty(); }
  [[nodiscard]] const codec::ClientAddress& client() const override { return client_; }

  // For the streams; from anywhere on the reactor.
  bool send(Stream& stream, std::string_view message);
  void finish(Stream& stream, const Status& status);
  void tell_when_drained(Stream& stream);
  /// The server ends a call: what waits is dropped, the status leaves at once, the handler is told later.
  void end_call(Stream& stream, const Status& status, Rule rule);
  [[nodiscard]] net::SessionContext& context() { return context_; }
  [[nodiscard]] Lane& lane() { return lane_; }
  [[nodiscard]] PartialBudget& partial() { return partial_; }
  void count_unsent(size_t more, size_t less);

 private:
  friend struct Callbacks;
  enum class State : uint8_t { kServing, kLingering, kClosed };
  struct SessionDeleter {
    void operator()(nghttp2_session* session) const;
  };
  /// Why the connection must not go on; noted within a callback of nghttp2.
  struct Fault {
    uint32_t error_code;
    Rule rule;
  };

  // connection.cpp: bytes and time
  void enter();
  bool make_session();
  void take(std::span<const char> bytes);
  void finish_event();
  void want_turn();
  bool flush();
  bool write_out();
  bool collect_frames();
  void wait_for_more();
  void leave();
  void abandon(Fault fault);
  void linger();
  void drain_input();
  void close();
  void cancel_calls();
  [[nodiscard]] TimePoint due() const;
  void arm();
  void on_deadline(TimePoint now) override;
  void ask_whether_alive();

  // connection_calls.cpp: what the frames mean
  int begin_frame(uint8_t type);
  int begin_head();
  int add_field(std::string_view name, std::string_view value);
  void end_head(int32_t id, bool ended);
  void judge_head(int32_t id, RequestHead& head, bool ended);
  void refuse_http(int32_t id, std::string_view status);
  void answer_get(int32_t id, std::string_view path);
  void refuse_call(int32_t id, size_t method, const Status& status, Rule rule);
  void begin_call(int32_t id, RequestHead& head, size_t method, bool ended);
  Stream& make_stream(int32_t id);
  [[nodiscard]] Stream* stream_of(int32_t id);
  void take_data(Stream& stream, std::string_view bytes);
  bool take_message(Stream& stream, std::string_view message);
  void half_close(Stream& stream);
  int reset_by_client(int32_t id);
  int spend_reset();
  void stream_closed(int32_t id);
  void tell_handlers();
  void drop_handler(Stream& stream);

  // connection_answers.cpp: what is sent
  void respond(Stream& stream);
  void submit_status(Stream& stream);
  void submit_refusal(int32_t id, const Status& status);
  void resume(Stream& stream);
  /// What nghttp2 asks for to fill a DATA frame: how many bytes, or an error code of its own.
  ssize_t offer(Stream& stream, size_t bytes_max, uint32_t& flags);

  Lane& lane_;
  net::SessionContext& context_;
  net::Transport& transport_;
  const codec::ClientAddress client_;
  std::unique_ptr<nghttp2_session, SessionDeleter> session_;  ///< null unless serving
  std::unique_ptr<RequestHead> head_;                         ///< the one that comes in
  IntrusiveList<Stream, OpenTag> calls_;
  IntrusiveList<Stream, TurnTag> to_tell_;
  std::string rest_;  ///< frames that the transport did not take
  size_t rest_sent_ = 0;
  size_t unsent_ = 0;  ///< messages that wait, of all streams
  PartialBudget partial_;
  Budget resets_;
  Budget control_;
  std::optional<Fault> fault_;
  TimePoint heard_{};   ///< bytes came
  TimePoint moved_{};   ///< bytes were taken, while some wait
  TimePoint rested_{};  ///< the last call ended
  TimePoint lingers_until_{};
  size_t head_bytes_ = 0;  ///< of the head or the trailers that come in
  uint32_t lingered_ = 0;
  State state_ = State::kServing;
  bool working_ = false;  ///< within an event: what is submitted leaves at its end
  bool leaving_ = false;  ///< GOAWAY was submitted
  bool draining_ = false;
  bool asked_ = false;  ///< a PING is out
};

}  // namespace discovery::grpc
