// The second half of Session: answering and closing.
#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "base/check.h"
#include "codec/gzip.h"
#include "net/session.h"

namespace discovery::net {
namespace {

/// Own bytes up to this much are copied behind the head: one plain send is cheaper than a gathering one.
constexpr size_t kCopiedBodyBytesMax = 4096;
/// Text up to this much is compressed at once, which takes about half a millisecond.
constexpr size_t kDeflatedInTurnMax = size_t{128} * 1024;

size_t body_views(codec::HttpReply& reply, std::span<std::string_view> views) {
  const std::string_view own = reply.own_bytes();
  size_t n = 0;
  for (const auto& part : reply.parts()) {
    if (part.own_begin < part.own_end) views[n++] = own.substr(part.own_begin, part.own_end - part.own_begin);
    if (const std::string_view shared = part.shared_view(); !shared.empty()) views[n++] = shared;
  }
  return n;
}

}  // namespace

size_t Session::send_reply() {
  codec::HttpReply& reply = context_.reply;
  close_after_ = close_after_ || reply.close || draining_ || last_answer_;
  if (reply.streaming()) return send_streamed();
  if (gzip_ && reply.shared_bytes() >= codec::kGzipBytesMin && deflate_shared(reply)) codec::gzip_reply(reply);
  std::string& head = context_.head;
  render_answer_head(reply, {BodyFraming::kLength, close_after_}, context_.date.at(context_.now), head);
  if (!head_only_ && status_has_body(reply.status) && reply.body_bytes() > 0) {
    const bool all_own = reply.body_bytes() == reply.own_bytes().size();
    if (!all_own || reply.body_bytes() > kCopiedBodyBytesMax) return send_gathered();
    head.append(reply.own_bytes());
  }
  const std::string_view answer = head;
  const std::optional<size_t> sent = write_once({&answer, 1});
  if (!sent) return answer.size();
  if (*sent == answer.size()) {
    answer_sent();
  } else {
    auto rest = std::make_unique<PendingWrite>();
    rest->add(answer.substr(*sent));
    write_rest(std::move(rest));
  }
  return answer.size();
}

// True: all of it is compressed. What is too large for a turn is given to the thread for that, and goes as it is.
bool Session::deflate_shared(codec::HttpReply& reply) {
  bool all = true;
  for (const auto& part : reply.parts()) {
    if (!part.shared || part.shared->deflated()) continue;
    if (part.shared->size() <= kDeflatedInTurnMax) {
      part.shared->keep(codec::deflate_text(part.shared->text()));
      continue;
    }
    all = false;
    if (context_.deflater && part.shared->claim_deflating()) context_.deflater->want(part.shared);
  }
  return all;
}

size_t Session::send_gathered() {
  codec::HttpReply& reply = context_.reply;
  const std::string_view head = context_.head;
  const size_t answer_bytes = head.size() + reply.body_bytes();
  std::optional<size_t> sent = 0;
  // What has more pieces or bytes goes in slices, by way of PendingWrite.
  if (2 * reply.parts().size() + 1 <= Transport::kGatherMax && answer_bytes <= PendingWrite::kBytesPerTurn) {
    std::array<std::string_view, Transport::kGatherMax> views;
    views[0] = head;
    const size_t n = 1 + body_views(reply, std::span(views).subspan(1));
    sent = write_once({views.data(), n});
    if (!sent) return answer_bytes;
  }
  if (*sent == answer_bytes) {
    answer_sent();
  } else {
    auto rest = std::make_unique<PendingWrite>();
    rest->add_answer(head, reply, *sent);
    write_rest(std::move(rest));
  }
  return answer_bytes;
}

std::optional<size_t> Session::write_once(std::span<const std::string_view> pieces) {
  const IoResult result = transport_.write(pieces);
  if (result.kind == IoResult::Kind::kFailed || result.kind == IoResult::Kind::kEnd) {
    close();
    return std::nullopt;
  }
  const size_t sent = result.kind == IoResult::Kind::kDone ? result.bytes : 0;
  context_.stats.bytes_out.add(sent);
  return sent;
}

size_t Session::send_streamed() {
  codec::HttpReply& reply = context_.reply;
  const BodyFraming framing = http_1_0_ ? BodyFraming::kToClose : BodyFraming::kChunked;
  std::string& head = context_.head;
  render_answer_head(reply, {framing, close_after_}, context_.date.at(context_.now), head);
  auto source = reply.take_source();
  auto rest = std::make_unique<PendingWrite>();
  rest->add(head);
  size_t answer_bytes = head.size();
  if (!head_only_ && status_has_body(reply.status)) {
    const size_t body_bytes = reply.body_bytes();
    answer_bytes += body_bytes;
    const bool as_chunk = framing == BodyFraming::kChunked && body_bytes > 0;
    if (as_chunk) {
      char size_line[20];
      char* end = std::to_chars(size_line, size_line + 16, body_bytes, 16).ptr;
      *end++ = '\r';
      *end++ = '\n';
      rest->add({size_line, static_cast<size_t>(end - size_line)});
    }
    rest->add_answer({}, reply, 0);
    if (as_chunk) rest->add("\r\n");
    rest->add_stream(std::move(source), framing);
  }
  write_rest(std::move(rest));
  return answer_bytes;
}

void Session::send_continue() {
  constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
  const std::optional<size_t> sent = write_once({&kContinue, 1});
  if (!sent || *sent == kContinue.size()) return;
  auto rest = std::make_unique<PendingWrite>();
  rest->add(kContinue.substr(*sent));
  close_after_ = false;  // this is no answer yet
  write_rest(std::move(rest));
}

void Session::write_rest(std::unique_ptr<PendingWrite> rest) {
  rest_ = std::move(rest);
  state_ = State::kWriting;
  context_.stats.slow_writers.add();
  arm(context_.now + context_.limits.write_stall);
  pump();
}

void Session::on_writable() {
  enter();
  if (state_ != State::kWriting) return;
  pump();
  if (state_ != State::kReading) return;
  process_input();
}

void Session::pump() {
  const PendingWrite::Progress progress = rest_->write_some(transport_);
  context_.stats.bytes_out.add(progress.bytes);
  switch (progress.status) {
    case PendingWrite::Status::kFailed:
      return close();
    case PendingWrite::Status::kBlocked:
      if (progress.bytes > 0) arm(context_.now + context_.limits.write_stall);
      context_.unsent.waits(*rest_, *this, progress.bytes > 0);
      transport_.wait_writable();
      return keep_unsent_bounded();
    case PendingWrite::Status::kSent:
      rest_.reset();
      context_.stats.slow_writers.subtract();
      arm(context_.now + context_.limits.idle);
      return answer_sent();
  }
}

/// The last one closed may be this session itself.
void Session::keep_unsent_bounded() {
  while (state_ == State::kWriting && context_.unsent.bytes() > context_.limits.unsent_bytes_max) {
    context_.unsent.stalest().timed_out(TimeoutKind::kWriteStall);
  }
}

void Session::answer_sent() {
  if (close_after_) return linger();
  state_ = State::kReading;
}

void Session::linger() {
  // Closing at once could reset the connection under an answer that the client has not read yet.
  state_ = State::kLingering;
  reader_.discard();
  transport_.shutdown_send();
  arm(context_.now + context_.limits.linger);
  transport_.wait_readable();
}

void Session::drain_input() {
  const IoResult result = transport_.read({context_.read_buffer.get(), SessionContext::kReadBytes});
  if (result.kind == IoResult::Kind::kEnd || result.kind == IoResult::Kind::kFailed) return close();
  if (result.kind == IoResult::Kind::kDone) {
    context_.stats.bytes_in.add(result.bytes);
    lingered_ += static_cast<uint32_t>(result.bytes);  // at most a buffer, and closed long before it is full
    if (lingered_ > context_.limits.linger_bytes_max) return close();
  }
  transport_.wait_readable();
}

void Session::close() {
  if (state_ == State::kClosed) return;
  if (state_ == State::kParked) context_.stats.parked.subtract();
  if (state_ == State::kWriting) context_.stats.slow_writers.subtract();
  state_ = State::kClosed;
  parked_.reset();
  rest_.reset();
  reader_.discard();
  unlink();
  transport_.close();
}

}  // namespace discovery::net
