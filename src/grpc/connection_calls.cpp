// The second part of Connection: what the client's frames mean.
#include <utility>

#include "grpc/connection.h"
#include "grpc/fields.h"
#include "grpc/nghttp2_glue.h"

namespace discovery::grpc {

namespace {

/// A reset of a younger call is what rapid reset is made of; a watch may be cancelled whenever its client likes.
constexpr Duration kYoung = std::chrono::seconds(1);

}  // namespace

/// Frames that carry nothing are paid for by those that do. nghttp2 does not tell of those that it skips (an unknown
/// kind, DATA of a stream that has ended): they cost no more than the bytes they are.
int Connection::begin_frame(uint8_t type) {
  if (type == NGHTTP2_HEADERS) {
    control_.earn(kControlEarned);
    return 0;
  }
  if (control_.spend(context_.now, {lane_.limits.control_burst, lane_.limits.control_per_second})) return 0;
  fault_ = Fault{NGHTTP2_ENHANCE_YOUR_CALM, Rule::kControlFrames};
  return NGHTTP2_ERR_CALLBACK_FAILURE;
}

int Connection::begin_head() {
  if (head_) {
    head_->clear();  // the one before was broken off
  } else {
    head_ = lane_.lend_head();
  }
  return 0;
}

int Connection::add_field(std::string_view name, std::string_view value) {
  constexpr size_t kFieldOverhead = 32;
  head_bytes_ += name.size() + value.size() + kFieldOverhead;
  if (head_bytes_ > kHeadBombFactor * lane_.limits.header_bytes_max) {
    fault_ = Fault{NGHTTP2_ENHANCE_YOUR_CALM, Rule::kHeadBomb};
    return NGHTTP2_ERR_CALLBACK_FAILURE;
  }
  if (head_) head_->add(name, value, lane_.limits.header_bytes_max);
  return 0;
}

void Connection::end_head(int32_t id, bool ended) {
  if (!head_) return;
  judge_head(id, *head_, ended);
  lane_.take_back(std::move(head_));
}

void Connection::judge_head(int32_t id, RequestHead& head, bool ended) {
  const bool grpc = is_grpc_content(head.content_type);
  const size_t method = grpc ? lane_.method_of(head.path) : lane_.no_method();
  if (head.bytes() > lane_.limits.header_bytes_max) {
    refuse_call(id, method, {Code::kResourceExhausted, "the head of the request is too large"}, Rule::kHeaderBytes);
  } else if (!grpc && head.method == "GET") {
    answer_get(id, head.path);
  } else if (!grpc) {
    refuse_http(id, "415");
  } else if (head.method != "POST") {
    refuse_http(id, "405");
  } else if (method == lane_.no_method()) {
    refuse_call(id, method, lane_.service->unknown_method(head.path), Rule::kUnknownMethod);
  } else if (!head.encoding.empty() && head.encoding != "identity") {
    refuse_call(id, method, {Code::kUnimplemented, "messages may not be compressed"}, Rule::kEncoding);
  } else if (lane_.counts->open_calls.get() >= lane_.limits.calls_max) {
    refuse_call(id, method, lane_.service->overloaded(), Rule::kCalls);
  } else {
    begin_call(id, head, method, ended);
  }
}

void Connection::begin_call(int32_t id, RequestHead& head, size_t method, bool ended) {
  CallRequest request{.method = method, .metadata = head.metadata(), .received_at = context_.now, .client = &client_};
  if (!head.timeout.empty()) {
    const std::optional<Duration> timeout = parse_timeout(head.timeout);
    if (!timeout) {
      return refuse_call(id, method, {Code::kInternal, "malformed grpc-timeout"}, Rule::kTimeoutField);
    }
    if (*timeout < TimePoint::max() - context_.now) request.deadline = context_.now + *timeout;
  }
  Stream& stream = make_stream(id);
  stream.deadline_ = request.deadline;
  stream.method_ = static_cast<uint32_t>(method);
  stream.kind_ = lane_.service->methods()[method].kind;
  stream.handler_ = lane_.service->open(request, stream);
  if (!stream.handler_ && stream.open()) finish(stream, {Code::kUnimplemented, "refused"});
  if (ended) half_close(stream);
}

Stream& Connection::make_stream(int32_t id) {
  auto* const stream = new Stream(*this, id, context_.now);
  calls_.push_back(*stream);
  nghttp2_session_set_stream_user_data(session_.get(), id, stream);
  // Those that have something to send take turns, so that a large answer does not hold up small ones.
  const nghttp2_extpri in_turn{.urgency = NGHTTP2_EXTPRI_DEFAULT_URGENCY, .inc = 1};
  nghttp2_session_change_extpri_stream_priority(session_.get(), id, &in_turn, 1);
  return *stream;
}

Stream* Connection::stream_of(int32_t id) {
  return static_cast<Stream*>(nghttp2_session_get_stream_user_data(session_.get(), id));
}

void Connection::take_data(Stream& stream, std::string_view bytes) {
  const MessageLimits limits{lane_.limits.message_bytes_max, lane_.limits.partial_bytes_max};
  ListNode<PartialTag>& reads = stream;
  while (stream.open() && stream.handler_) {
    std::string_view message;
    switch (stream.reader_.next(bytes, message, limits, partial_)) {
      case MessageReader::Step::kMessage:
        reads.unlink();
        if (!take_message(stream, message)) return;
        break;
      case MessageReader::Step::kNeedMore:
        if (stream.reader_.within_message() && !reads.linked()) lane_.reads(stream);
        return;
      case MessageReader::Step::kCompressed:
        return end_call(stream, {Code::kInternal, "compressed flag set with no or identity encoding"}, Rule::kEncoding);
      case MessageReader::Step::kTooLarge:
        return end_call(stream, lane_.service->message_too_large(stream.reader_.announced()), Rule::kMessageBytes);
      case MessageReader::Step::kNoRoom:
        return end_call(stream, lane_.service->overloaded(), Rule::kPartialBytes);
    }
  }
}

bool Connection::take_message(Stream& stream, std::string_view message) {
  lane_.counts->messages_in.add();
  if (std::exchange(stream.got_message_, true) && stream.kind_ != Method::Kind::kBidirectional) {
    end_call(stream, {Code::kUnimplemented, "several messages, where one is due"}, Rule::kCardinality);
    return false;
  }
  stream.handler_->on_message(message);
  return true;
}

void Connection::half_close(Stream& stream) {
  if (!stream.open() || !stream.handler_ || std::exchange(stream.half_closed_, true)) return;
  if (stream.reader_.within_message()) {
    return end_call(stream, {Code::kInternal, "the request ends within a message"}, Rule::kTruncated);
  }
  if (!stream.got_message_ && stream.kind_ != Method::Kind::kBidirectional) {
    return end_call(stream, {Code::kUnimplemented, "no message, where one is due"}, Rule::kCardinality);
  }
  stream.handler_->on_half_close();
}

/// A client may reset what it has its answer of, as etcd's does after each single renewal: it has waited for that. What
/// is reset in the bytes in which it was asked has no answer yet.
int Connection::reset_by_client(int32_t id) {
  const Stream* const stream = stream_of(id);
  if (stream && context_.now - stream->born_ >= kYoung) return 0;
  const bool answered = stream ? stream->responded_ && stream->unsent_bytes() == 0
                               : nghttp2_session_get_stream_local_close(session_.get(), id) < 0;  // none: it has ended
  return answered ? 0 : spend_reset();
}

int Connection::spend_reset() {
  if (resets_.spend(context_.now, {lane_.limits.resets_burst, lane_.limits.resets_per_second})) return 0;
  fault_ = Fault{NGHTTP2_ENHANCE_YOUR_CALM, Rule::kResets};
  return NGHTTP2_ERR_CALLBACK_FAILURE;
}

/// nghttp2 does so between two calls of handlers, never from within what they call.
void Connection::stream_closed(int32_t id) {
  Stream* const stream = stream_of(id);
  if (!stream) return;
  drop_handler(*stream);
  delete stream;
  if (calls_.empty()) rested_ = context_.now;
}

/// Its last words, and what it is told when it is not known to be over.
void Connection::drop_handler(Stream& stream) {
  if (stream.open()) {
    stream.status_ = std::make_unique<const Status>(Status{Code::kCancelled, {}});
    lane_.counts->count_call(stream.method_, Code::kCancelled);
    stream.untold_ = true;
  }
  const std::unique_ptr<CallHandler> handler = std::move(stream.handler_);
  if (std::exchange(stream.untold_, false) && handler) handler->on_cancel();
}

void Connection::tell_handlers() {
  IntrusiveList<Stream, TurnTag> now;  // what comes up meanwhile has its turn after the frames have left
  now.append(to_tell_);
  while (!now.empty()) {
    Stream& stream = now.pop_front();
    if (!stream.open()) {
      drop_handler(stream);
    } else if (stream.wants_drained_ && stream.unsent_bytes() == 0) {
      stream.wants_drained_ = false;
      stream.handler_->on_drained();
    }
  }
}

void Connection::cancel_calls() {
  while (!calls_.empty()) {
    Stream& stream = calls_.front();
    drop_handler(stream);
    delete &stream;
  }
}

}  // namespace discovery::grpc
