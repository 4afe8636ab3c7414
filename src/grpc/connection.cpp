// The first part of Connection: bytes, time, and the way to its end.
#include "grpc/connection.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/check.h"
#include "grpc/nghttp2_glue.h"

namespace discovery::grpc {

namespace {

/// So many bytes of frames are collected before the transport gets them, and one more frame.
constexpr size_t kCollectedBytes = 64 * 1024;
/// A buffer that grew beyond is given back when it is empty.
constexpr size_t kOutKept = 128 * 1024;

/// GOAWAY without nghttp2, which is not to be asked any more after a fault (RFC 9113 6.8).
std::string goaway_frame(uint32_t last_stream, uint32_t error_code) {
  std::string frame("\x00\x00\x08\x07\x00\x00\x00\x00\x00", 9);
  for (const uint32_t number : {last_stream, error_code}) {
    for (int shift = 24; shift >= 0; shift -= 8) frame.push_back(static_cast<char>(number >> shift & 0xff));
  }
  return frame;
}

}  // namespace

void Connection::SessionDeleter::operator()(nghttp2_session* session) const { nghttp2_session_del(session); }

Connection::Connection(Lane& lane, net::SessionContext& context, net::Transport& transport, codec::ClientAddress client)
    : lane_(lane),
      context_(context),
      transport_(transport),
      client_(std::move(client)),
      partial_{context.reader.partial} {
  lane_.counts->connections.add();
  lane_.counts->connections_made.add();
}

Connection::~Connection() {
  working_ = true;  // no turn follows
  cancel_calls();
  lane_.counts->connections.subtract();
}

/// At the head of everything the event loop calls.
void Connection::enter() {
  DISCOVERY_CHECK(!working_ && !context_.busy, "no connection is entered from within a handler");
  working_ = true;
  context_.now = lane_.clock.now();
}

void Connection::start_with(std::span<const char> bytes) {
  enter();
  heard_ = rested_ = context_.now;
  session_.reset(new_session(*this, lane_.limits.streams_max, lane_.limits.header_bytes_max));
  if (!session_) return close();
  take(bytes);
}

void Connection::on_readable() {
  if (state_ == State::kLingering) return drain_input();
  if (state_ != State::kServing) return;
  enter();
  const net::IoResult result = transport_.read({context_.read_buffer.get(), kReadBytesPerTurn});
  switch (result.kind) {
    case net::IoResult::Kind::kWouldBlock:
      return finish_event();
    case net::IoResult::Kind::kEnd:
    case net::IoResult::Kind::kFailed:
      return close();
    case net::IoResult::Kind::kDone:
      context_.stats.bytes_in.add(result.bytes);
      return take({context_.read_buffer.get(), result.bytes});
  }
}

void Connection::take(std::span<const char> bytes) {
  heard_ = context_.now;
  asked_ = false;
  const auto* const from = reinterpret_cast<const uint8_t*>(bytes.data());
  const ssize_t n = bytes.empty() ? 0 : nghttp2_session_mem_recv(session_.get(), from, bytes.size());
  if (fault_) return abandon(*fault_);
  if (n == NGHTTP2_ERR_NOMEM) return close();
  if (n < 0) return abandon({NGHTTP2_ENHANCE_YOUR_CALM, Rule::kFlooded});
  finish_event();
}

void Connection::on_writable() { on_soon(); }

void Connection::on_soon() {
  if (state_ != State::kServing) return;
  enter();
  finish_event();
}

/// At the end of everything the event loop calls while it serves.
void Connection::finish_event() {
  tell_handlers();
  if (!flush()) return;
  working_ = false;
  if (!to_tell_.empty()) transport_.call_soon();
  wait_for_more();
  arm();
}

/// Something is to be sent or told.
void Connection::want_turn() {
  if (!working_ && state_ == State::kServing) transport_.call_soon();
}

/// False: the connection serves no more.
bool Connection::flush() {
  const uint64_t before = context_.stats.bytes_out.get();
  for (;;) {
    if (!write_out()) return false;
    if (!rest_.empty()) {
      transport_.wait_writable();
      return true;
    }
    if (context_.stats.bytes_out.get() - before >= kWriteBytesPerTurn) {
      transport_.call_soon();
      return true;
    }
    if (!collect_frames()) return false;
    if (lane_.out.empty()) break;
  }
  if (nghttp2_session_want_read(session_.get()) != 0 || nghttp2_session_want_write(session_.get()) != 0) return true;
  linger();
  return false;
}

/// What was collected, or what is left of it. False: the connection is closed.
bool Connection::write_out() {
  const std::string_view all = rest_.empty() ? lane_.out : std::string_view(rest_).substr(rest_sent_);
  if (all.empty()) return true;
  const net::IoResult result = transport_.write({&all, 1});
  if (result.kind == net::IoResult::Kind::kFailed || result.kind == net::IoResult::Kind::kEnd) {
    close();
    return false;
  }
  const size_t sent = result.kind == net::IoResult::Kind::kDone ? result.bytes : 0;
  context_.stats.bytes_out.add(sent);
  if (sent > 0 || rest_.empty()) moved_ = context_.now;
  if (sent == all.size()) {
    rest_ = {};
    rest_sent_ = 0;
  } else if (rest_.empty()) {
    rest_ = all.substr(sent);
    rest_sent_ = 0;
  } else {
    rest_sent_ += sent;
  }
  lane_.out.clear();
  if (lane_.out.capacity() > kOutKept) lane_.out.shrink_to_fit();
  return true;
}

/// Into the lane's buffer. False: the connection is closed.
bool Connection::collect_frames() {
  while (lane_.out.size() < kCollectedBytes) {
    const uint8_t* frame = nullptr;
    const size_t before = lane_.out.size();
    const ssize_t n = nghttp2_session_mem_send(session_.get(), &frame);
    if (n < 0) {
      lane_.out.clear();
      fault_ ? abandon(*fault_) : close();
      return false;
    }
    lane_.out.append(view(frame, static_cast<size_t>(n)));
    if (n == 0 && lane_.out.size() == before) break;
  }
  return true;
}

/// A client that lets frames pile up is not read from: each it sends may make more of them.
void Connection::wait_for_more() {
  if (!rest_.empty() && nghttp2_session_get_outbound_queue_size(session_.get()) >= kFramesQueuedPause) return;
  transport_.wait_readable();
}

void Connection::drain() {
  if (state_ != State::kServing || draining_) return;
  enter();
  draining_ = true;
  leave();
  calls_.for_each([this](Stream& stream) {
    if (!stream.open() || (stream.handler_ && stream.handler_->answers_soon())) return;
    end_call(stream, lane_.service->stopping(), Rule::kDrain);
  });
  finish_event();
}

/// The streams that may have been worked on are named, so that the client repeats only the others.
void Connection::leave() {
  if (std::exchange(leaving_, true)) return;
  nghttp2_submit_goaway(session_.get(), NGHTTP2_FLAG_NONE, nghttp2_session_get_last_proc_stream_id(session_.get()),
                        NGHTTP2_NO_ERROR, nullptr, 0);
}

bool Connection::release() {
  end_with_next_answer();
  return false;
}

void Connection::end_with_next_answer() {
  if (state_ != State::kServing || leaving_) return;
  enter();
  leave();
  finish_event();
}

/// Nothing more is done for a client like that, not even what its frames asked for before.
void Connection::abandon(Fault fault) {
  lane_.counts->count(fault.rule);
  const auto last_stream = static_cast<uint32_t>(nghttp2_session_get_last_proc_stream_id(session_.get()));
  cancel_calls();
  lane_.out.clear();
  if (rest_.empty()) {
    lane_.out = goaway_frame(last_stream, fault.error_code);
    if (!write_out()) return;
  }
  linger();
}

/// Closing at once could reset the connection under a GOAWAY that the client has not read yet.
void Connection::linger() {
  cancel_calls();
  session_.reset();
  rest_ = {};
  state_ = State::kLingering;
  working_ = false;
  transport_.shutdown_send();
  lingers_until_ = context_.now + lane_.limits.linger;
  transport_.wait_readable();
  arm();
}

void Connection::drain_input() {
  const net::IoResult result = transport_.read({context_.read_buffer.get(), net::SessionContext::kReadBytes});
  if (result.kind == net::IoResult::Kind::kEnd || result.kind == net::IoResult::Kind::kFailed) return close();
  if (result.kind == net::IoResult::Kind::kDone) {
    context_.stats.bytes_in.add(result.bytes);
    lingered_ += static_cast<uint32_t>(result.bytes);  // at most a buffer, and closed long before it is full
    if (lingered_ > kLingerBytesMax) return close();
  }
  transport_.wait_readable();
}

void Connection::close() {
  if (state_ == State::kClosed) return;
  cancel_calls();
  session_.reset();
  rest_ = {};
  lane_.out.clear();
  state_ = State::kClosed;
  working_ = false;
  unlink();
  transport_.close();
}

TimePoint Connection::due() const {
  const Limits& limits = lane_.limits;
  if (state_ == State::kLingering) return lingers_until_;
  TimePoint due = TimePoint::max();
  if (!rest_.empty()) due = moved_ + limits.write_stall;
  if (calls_.empty()) return std::min(due, rested_ + limits.idle);
  return std::min(due, heard_ + limits.ping_after + (asked_ ? limits.ping_answer : Duration(0)));
}

void Connection::arm() {
  const TimePoint when = due();
  if (linked() && deadline() <= when) return;  // on_deadline() puts it further on
  context_.deadlines.schedule(*this, when);
}

void Connection::on_deadline(TimePoint now) {
  if (now < due()) return context_.deadlines.schedule(*this, due());
  if (state_ == State::kLingering) return close();
  enter();
  const Limits& limits = lane_.limits;
  if (!rest_.empty() && moved_ + limits.write_stall <= now) {
    lane_.counts->count(Rule::kWriteStall);
    context_.stats.count_timeout(net::TimeoutKind::kWriteStall);
    return close();
  }
  if (!calls_.empty()) return ask_whether_alive();
  lane_.counts->count(Rule::kIdle);
  context_.stats.count_timeout(net::TimeoutKind::kIdle);
  if (leaving_) return close();
  leave();
  rested_ = now;  // for GOAWAY to be taken
  finish_event();
}

void Connection::ask_whether_alive() {
  if (asked_) {
    lane_.counts->count(Rule::kPing);
    return close();
  }
  asked_ = true;
  nghttp2_submit_ping(session_.get(), NGHTTP2_FLAG_NONE, nullptr);
  finish_event();
}

}  // namespace discovery::grpc
