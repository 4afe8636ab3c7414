// One HTTP connection: reads requests, hands them to the handler one at a time, writes the answers in order.
//
//              start()
//                 v        whole request             park()
//   +------->  Reading  ------------------> Handling -------> Parked --peer hung up--> Closed
//   |          |  |  ^                         |                 |                     (the parked request is destroyed
//   |   408,400|  |  | 100 Continue sent       |answer           |resume(), drain()     at once)
//   |  413,... |  |  |                         v                 v
//   |          |  |  +--------------------- [ one gather write, at most one in flight ]
//   |          |  |peer closed, idle           |all sent         |a part is left, or the body is streamed
//   |          |  v                            |                 v
//   |          | Closed                        |              Writing --no progress for write_stall--> Closed
//   |          |                               |                 |all sent
//   |          v                               v                 v
//   |       [ answer with Connection: close ] -+--- keep alive? -+
//   +------------------------------------------ yes ----------<--|
//                                                                |no
//               Closed <--peer closed, linger time or bytes-- Lingering  (sending side shut, input thrown away)
//
// Lifecycle: made by its owner for an open transport, which outlives it; Transport::close() is its last call, after
// which the owner destroys it (not within that call). Nothing is called on a session in state Closed but state() and
// client(). Thread: one reactor's. Not re-entrant: resume() and drain() never from within a handler, see codec/http.h.
// Limits: SessionLimits, codec::HttpLimits. An answer that waits for its client may cause a session to be closed, this
// one or another, whose client has taken nothing for longest (unsent_answers.h). While a request is parked, what the
// client pipelines is kept up to pipelined_bytes_max; beyond it the session stops listening, so that a hang-up is
// noticed only when it answers. A client that shuts down its sending side while parked counts as hung up. Cost: per
// request one read, one write, no allocation, no timer operation (deadlines move lazily).
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "base/timer_wheel.h"
#include "codec/http.h"
#include "codec/http_reader.h"
#include "net/conversation.h"
#include "net/pending_write.h"
#include "net/session_context.h"
#include "net/transport.h"

namespace discovery::net {

class Session final : public Conversation, private TimerEntry, private codec::HttpExchange {
 public:
  enum class State : uint8_t { kReading, kHandling, kParked, kWriting, kLingering, kClosed };

  Session(SessionContext& context, Transport& transport, codec::ClientAddress client);
  ~Session() override;
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// Waits for the first request.
  void start() override;
  /// The same for a connection from which `bytes` were read already; they may be overwritten.
  void start_with(std::span<char> bytes);

  void on_readable() override;
  void on_writable() override;
  void on_soon() override;

  /// The node stops: a parked request is answered by write_drain_answer(), an idle connection closed, and any other
  /// gets Connection: close with its next answer.
  void drain() override;
  /// Another process is to go on with the connection. A request that waits is answered so that it comes again. True:
  /// nothing is under way, and the session has ended without closing; false: not now, or it closes with its answer.
  [[nodiscard]] bool release() override;
  /// Another process serves who connects anew: the next answer is the last one, and a request that waits is answered
  /// like that at once.
  void end_with_next_answer() override;
  /// Closes without an answer.
  void abort() { close(); }

  [[nodiscard]] bool closed() const override { return state_ == State::kClosed; }
  [[nodiscard]] bool parked() const override { return state_ == State::kParked; }
  [[nodiscard]] const Session* http() const override { return this; }

  [[nodiscard]] State state() const { return state_; }
  /// A request waits for something to happen, not just for a moment.
  [[nodiscard]] bool waits() const { return state_ == State::kParked && parked_ && !parked_->answers_soon(); }
  [[nodiscard]] const codec::ClientAddress& client() const override { return client_; }

 private:
  /// What is being read, which decides the deadline.
  enum class Progress : uint8_t { kIdle, kHead, kBody };

  void on_deadline(TimePoint now) override;
  void park(std::unique_ptr<codec::ParkedRequest> request) override;
  size_t resume() override;

  // session.cpp: reading and handling
  void read_input();
  void take_input(std::span<char> bytes);
  void process_input();
  void handle(codec::HttpRequest& request);
  void wait_for_more();
  void set_read_deadline();
  void watch_parked();
  void read_while_parked();
  void continue_later();
  void refuse(codec::HttpProblem problem);

  // session_write.cpp: answering and closing
  size_t send_reply();
  size_t send_gathered();
  bool deflate_shared(codec::HttpReply& reply);
  size_t send_streamed();
  void send_continue();
  /// Bytes written; none: the connection failed and the session has closed.
  std::optional<size_t> write_once(std::span<const std::string_view> pieces);
  void write_rest(std::unique_ptr<PendingWrite> rest);
  void pump();
  void keep_unsent_bounded();
  void answer_sent();
  enum class Occasion : uint8_t { kAnswer, kDrain, kMove };
  size_t answer_parked(Occasion occasion);
  size_t send_to_parked();
  void linger();
  void drain_input();
  void close();

  void enter();
  void arm(TimePoint due);
  void timed_out(TimeoutKind kind);

  SessionContext& context_;
  Transport& transport_;
  codec::HttpReader reader_;
  std::unique_ptr<codec::ParkedRequest> parked_;
  std::unique_ptr<PendingWrite> rest_;
  TimePoint due_ = TimePoint::max();  ///< the true deadline; the entry in the wheel may stand earlier, never later
  TimePoint began_{};                 ///< the head or the body that is being read
  codec::ClientAddress client_;
  uint32_t lingered_ = 0;  ///< bytes thrown away; there may be very many sessions, so small numbers stand together
  State state_ = State::kReading;
  Progress progress_ = Progress::kIdle;
  bool close_after_ : 1 = false;  ///< the answer of the current request is the last one
  bool draining_ : 1 = false;
  bool last_answer_ : 1 = false;  ///< see end_with_next_answer()
  bool head_only_ : 1 = false;    ///< the current request is a HEAD
  bool http_1_0_ : 1 = false;     ///< the current request came in HTTP/1.0
  bool gzip_ : 1 = false;         ///< the current request accepts gzip, and so do we
};

}  // namespace discovery::net
