#include "net/session.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace discovery::net {

Session::Session(SessionContext& context, Transport& transport, codec::ClientAddress client)
    : context_(context), transport_(transport), reader_(context.reader), client_(std::move(client)) {}

Session::~Session() {
  if (state_ == State::kParked) context_.stats.parked.subtract();
  if (state_ == State::kWriting) context_.stats.slow_writers.subtract();
}

/// At the head of everything the event loop calls.
void Session::enter() {
  DISCOVERY_CHECK(!context_.busy, "no session is entered from within a handler");
  context_.now = context_.clock.now();
}

void Session::start() {
  enter();
  wait_for_more();
}

void Session::start_with(std::span<char> bytes) {
  enter();
  set_read_deadline();
  take_input(bytes);
}

void Session::on_readable() {
  enter();
  switch (state_) {
    case State::kReading:
      return read_input();
    case State::kParked:
      return read_while_parked();
    case State::kLingering:
      return drain_input();
    default:
      return;  // asked for in a state that is left; the next Reading asks again
  }
}

void Session::on_soon() {
  enter();
  if (state_ == State::kReading) process_input();
}

void Session::read_input() {
  const IoResult result = transport_.read({context_.read_buffer.get(), SessionContext::kReadBytes});
  switch (result.kind) {
    case IoResult::Kind::kWouldBlock:
      return wait_for_more();
    case IoResult::Kind::kEnd:
    case IoResult::Kind::kFailed:
      return close();
    case IoResult::Kind::kDone:
      break;
  }
  take_input({context_.read_buffer.get(), result.bytes});
}

void Session::take_input(std::span<char> bytes) {
  context_.stats.bytes_in.add(bytes.size());
  if (!reader_.feed(bytes)) return refuse(reader_.problem());
  process_input();
}

void Session::process_input() {
  codec::HttpRequest request;
  for (int handled = 0; state_ == State::kReading; ++handled) {
    if (handled == context_.limits.requests_per_turn) {
      if (!reader_.keep()) return refuse(reader_.problem());
      return continue_later();
    }
    switch (reader_.next(request)) {
      case codec::HttpReader::Step::kRequest:
        handle(request);
        break;
      case codec::HttpReader::Step::kBad:
        return refuse(reader_.problem());
      case codec::HttpReader::Step::kNeedMore:
        if (!reader_.keep()) return refuse(reader_.problem());
        if (reader_.take_continue()) send_continue();
        if (state_ == State::kReading) wait_for_more();
        return;
    }
  }
  // Parked, writing or on the way out: what follows waits, and the shared buffer goes to the next connection.
  if (state_ != State::kParked && state_ != State::kWriting) return;
  if (close_after_ && state_ == State::kWriting) return reader_.discard();
  if (!reader_.keep()) return close();  // an answer is owed before this one, so 503 has no place
  if (state_ == State::kParked) watch_parked();
}

void Session::handle(codec::HttpRequest& request) {
  request.received_at = context_.now;
  request.client = &client_;
  context_.stats.requests.add();
  progress_ = Progress::kIdle;
  close_after_ = draining_ || last_answer_ || !reader_.keep_alive();
  head_only_ = request.method == codec::Method::kHead;
  http_1_0_ = request.version_minor == 0;
  gzip_ = request.accepts_gzip && context_.limits.gzip;
  state_ = State::kHandling;
  context_.reply.clear();
  context_.busy = true;
  context_.handler.handle(request, context_.reply, *this);
  context_.busy = false;
  if (parked_) {
    state_ = State::kParked;
    due_ = TimePoint::max();
    context_.stats.parked.add();
    if (draining_ && !parked_->answers_soon()) answer_parked(Occasion::kDrain);
  } else {
    arm(context_.now + context_.limits.idle);
    send_reply();
  }
}

void Session::park(std::unique_ptr<codec::ParkedRequest> request) {
  DISCOVERY_CHECK(state_ == State::kHandling && !parked_ && request, "a request is parked once, inside handle()");
  parked_ = std::move(request);
}

size_t Session::resume() { return answer_parked(Occasion::kAnswer); }

size_t Session::answer_parked(Occasion occasion) {
  enter();
  DISCOVERY_CHECK(state_ == State::kParked, "only a parked request is resumed");
  context_.reply.clear();
  context_.busy = true;
  bool answered = true;
  switch (occasion) {
    case Occasion::kAnswer:
      parked_->write_answer(context_.reply);
      break;
    case Occasion::kDrain:
      parked_->write_drain_answer(context_.reply);
      break;
    case Occasion::kMove:
      answered = parked_->write_moving_answer(context_.reply);
      break;
  }
  context_.busy = false;
  return answered ? send_to_parked() : 0;
}

size_t Session::send_to_parked() {
  context_.stats.parked.subtract();
  state_ = State::kHandling;
  // Destroyed at the end of this scope, after the send: it may own what the reply points to.
  const std::unique_ptr<codec::ParkedRequest> request = std::move(parked_);
  const size_t bytes = send_reply();
  if (state_ != State::kReading) return bytes;
  arm(context_.now + context_.limits.idle);
  // Never handled here: the caller stands in the middle of waking others.
  if (reader_.idle()) {
    transport_.wait_readable();
  } else {
    continue_later();
  }
  return bytes;
}

void Session::continue_later() { transport_.call_soon(); }

void Session::wait_for_more() {
  if (reader_.idle() && draining_) return close();
  set_read_deadline();
  transport_.wait_readable();
}

void Session::set_read_deadline() {
  const SessionLimits& limits = context_.limits;
  const Progress before = progress_;
  progress_ = reader_.idle() ? Progress::kIdle : reader_.in_body() ? Progress::kBody : Progress::kHead;
  if (progress_ == Progress::kIdle) {
    // handle() has armed it already when a request came.
    if (before != Progress::kIdle || due_ == TimePoint::max()) arm(context_.now + limits.idle);
    return;
  }
  if (before != progress_) began_ = context_.now;
  if (progress_ == Progress::kHead) return arm(began_ + limits.head);
  const auto bytes = static_cast<int64_t>(reader_.unread());
  const auto rate = static_cast<int64_t>(std::max<size_t>(limits.body_bytes_per_second_min, 1));
  const Duration earned = std::chrono::milliseconds(bytes * 1000 / rate);
  arm(began_ + std::min(limits.body, std::max(limits.rate_grace, earned)));
}

void Session::watch_parked() {
  if (reader_.unread() < context_.limits.pipelined_bytes_max) transport_.wait_readable();
}

void Session::read_while_parked() {
  if (reader_.unread() >= context_.limits.pipelined_bytes_max) return;
  const size_t room = context_.limits.pipelined_bytes_max - reader_.unread();
  const IoResult result = transport_.read({context_.read_buffer.get(), std::min(room, SessionContext::kReadBytes)});
  if (result.kind == IoResult::Kind::kEnd || result.kind == IoResult::Kind::kFailed) return close();
  if (result.kind == IoResult::Kind::kDone) {
    context_.stats.bytes_in.add(result.bytes);
    if (!reader_.feed({context_.read_buffer.get(), result.bytes}) || !reader_.keep()) return close();
  }
  watch_parked();
}

void Session::refuse(codec::HttpProblem problem) {
  context_.stats.count_read_error(problem.status);
  reader_.discard();
  progress_ = Progress::kIdle;
  close_after_ = true;
  head_only_ = http_1_0_ = gzip_ = false;
  context_.reply.clear();
  context_.reply.status = problem.status;
  context_.reply.append(problem.reason);
  context_.reply.append("\n");
  arm(context_.now + context_.limits.idle);
  send_reply();
}

void Session::drain() {
  enter();
  draining_ = true;
  switch (state_) {
    case State::kParked:
      if (!parked_->answers_soon()) answer_parked(Occasion::kDrain);
      return;
    case State::kReading:
      // A request may be in the socket already: read once more, and close only when there is nothing.
      if (reader_.idle()) read_input();
      return;
    default:
      return;
  }
}

bool Session::release() {
  enter();
  if (state_ == State::kParked && !parked_->answers_soon()) answer_parked(Occasion::kMove);
  if (state_ != State::kReading || !reader_.idle()) return false;
  state_ = State::kClosed;
  unlink();
  return true;
}

void Session::end_with_next_answer() {
  enter();
  last_answer_ = true;
  if (state_ == State::kParked && !parked_->answers_soon()) answer_parked(Occasion::kMove);
}

void Session::arm(TimePoint due) {
  due_ = due;
  if (linked() && deadline() <= due) return;  // on_deadline() puts it further on
  context_.deadlines.schedule(*this, due);
}

void Session::on_deadline(TimePoint now) {
  enter();
  if (due_ == TimePoint::max()) return;
  if (now < due_) return context_.deadlines.schedule(*this, due_);
  switch (state_) {
    case State::kReading:
      if (progress_ == Progress::kIdle) return timed_out(TimeoutKind::kIdle);
      context_.stats.count_timeout(progress_ == Progress::kHead ? TimeoutKind::kHead : TimeoutKind::kBody);
      return refuse({408, "the request came too slowly"});
    case State::kWriting:
      return timed_out(TimeoutKind::kWriteStall);
    case State::kLingering:
      return timed_out(TimeoutKind::kLinger);
    default:
      return;
  }
}

void Session::timed_out(TimeoutKind kind) {
  context_.stats.count_timeout(kind);
  close();
}

}  // namespace discovery::net
