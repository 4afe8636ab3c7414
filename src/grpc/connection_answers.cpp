// The third part of Connection: what calls are answered with.
#include <algorithm>
#include <array>
#include <charconv>

#include "base/check.h"
#include "grpc/connection.h"
#include "grpc/fields.h"
#include "grpc/nghttp2_glue.h"

namespace discovery::grpc {

namespace {

constexpr std::string_view kGrpc = "application/grpc";

/// A status as fields; the views live in it.
class StatusFields {
 public:
  explicit StatusFields(const Status& status) : message_(encode_message(status.message)) {
    code_bytes_ = static_cast<size_t>(
        std::to_chars(code_.data(), code_.data() + code_.size(), static_cast<unsigned>(status.code)).ptr -
        code_.data());
  }
  [[nodiscard]] nghttp2_nv code() const { return field("grpc-status", {code_.data(), code_bytes_}); }
  /// Not indexed: texts differ, and would push the rest out of the table.
  [[nodiscard]] nghttp2_nv message() const { return field("grpc-message", message_, NGHTTP2_NV_FLAG_NO_INDEX); }
  [[nodiscard]] bool has_message() const { return !message_.empty(); }

 private:
  std::string message_;
  std::array<char, 4> code_{};
  size_t code_bytes_ = 0;
};

}  // namespace

void Connection::count_unsent(size_t more, size_t less) {
  unsent_ += more;
  unsent_ -= less;
  if (more > 0) {
    lane_.counts->unsent_bytes.add(more);
    context_.unsent.counter().fetch_add(more, std::memory_order_relaxed);
  }
  if (less > 0) {
    lane_.counts->unsent_bytes.subtract(less);
    context_.unsent.counter().fetch_sub(less, std::memory_order_relaxed);
  }
}

bool Connection::send(Stream& stream, std::string_view message) {
  if (!stream.open()) return false;
  if (unsent_ > lane_.limits.unsent_bytes_max) {
    end_call(stream, lane_.service->slow_reader(), Rule::kUnsent);
    return false;
  }
  DISCOVERY_CHECK(message.size() <= UINT32_MAX, "a message of gRPC is shorter than 4 GiB");
  const auto bytes = static_cast<uint32_t>(message.size());
  const std::array<char, kPrefixBytes> prefix = {0, static_cast<char>(bytes >> 24), static_cast<char>(bytes >> 16),
                                                 static_cast<char>(bytes >> 8), static_cast<char>(bytes)};
  stream.outbox_.append(prefix.data(), prefix.size()).append(message);
  count_unsent(prefix.size() + message.size(), 0);
  lane_.counts->messages_out.add();
  lane_.waits(stream, false);
  stream.responded_ ? resume(stream) : respond(stream);
  want_turn();
  // The memory of the whole server: the call that has waited longest goes, which may be this one.
  while (context_.unsent.bytes() > context_.limits.unsent_bytes_max && lane_.stalest()) {
    Stream& stalest = *lane_.stalest();
    stalest.connection().end_call(stalest, lane_.service->slow_reader(), Rule::kUnsent);
  }
  return stream.open();
}

void Connection::finish(Stream& stream, const Status& status) {
  if (!stream.open()) return;
  stream.status_ = std::make_unique<const Status>(status);
  lane_.counts->count_call(stream.method_, status.code);
  ListNode<PartialTag>& reads = stream;
  reads.unlink();
  ListNode<TurnTag>& turn = stream;
  if (!turn.linked()) to_tell_.push_back(stream);
  if (stream.unsent_bytes() == 0) submit_status(stream);  // else with the last bytes: offer()
  want_turn();
}

void Connection::end_call(Stream& stream, const Status& status, Rule rule) {
  if (!stream.open()) {
    // Finished, but its client does not take what there is: the status must not say that it got all.
    lane_.counts->count(rule);
    stream.drop_unsent();
    if (stream.plain_) {
      nghttp2_submit_rst_stream(session_.get(), NGHTTP2_FLAG_NONE, stream.id_, NGHTTP2_INTERNAL_ERROR);
    } else if (!stream.status_sent_) {
      stream.status_ = std::make_unique<const Status>(status);
      submit_status(stream);
    }
    return want_turn();
  }
  lane_.counts->count(rule);
  stream.untold_ = true;
  stream.drop_unsent();
  finish(stream, status);
}

void Connection::tell_when_drained(Stream& stream) {
  if (!stream.open()) return;
  stream.wants_drained_ = true;
  ListNode<TurnTag>& turn = stream;
  if (stream.unsent_bytes() > 0 || turn.linked()) return;
  to_tell_.push_back(stream);
  want_turn();
}

void Connection::respond(Stream& stream) {
  const std::array<nghttp2_nv, 2> head = {field(":status", "200"), field("content-type", kGrpc)};
  const nghttp2_data_provider source = stream_source(&stream);
  stream.responded_ = true;
  nghttp2_submit_response(session_.get(), stream.id_, head.data(), head.size(), &source);
}

void Connection::resume(Stream& stream) {
  if (!stream.deferred_) return;
  stream.deferred_ = false;
  nghttp2_session_resume_data(session_.get(), stream.id_);
}

ssize_t Connection::offer(Stream& stream, size_t bytes_max, uint32_t& flags) {
  const size_t left = stream.unsent_bytes();
  if (left == 0) {
    stream.deferred_ = true;
    return NGHTTP2_ERR_DEFERRED;
  }
  flags |= NGHTTP2_DATA_FLAG_NO_COPY;
  if (left <= bytes_max && !stream.open()) {
    flags |= NGHTTP2_DATA_FLAG_EOF;
    if (!stream.plain_) {
      flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
      submit_status(stream);
    }
  }
  return static_cast<ssize_t>(std::min(left, bytes_max));
}

/// As trailers, or, when nothing was sent, as the whole answer. nghttp2 sends it before any DATA of the stream that it
/// still holds, and forgets that then: so with DATA on its way it is called by offer() for the last bytes.
void Connection::submit_status(Stream& stream) {
  stream.status_sent_ = true;
  if (!stream.responded_) return submit_refusal(stream.id_, *stream.status_);
  const StatusFields fields(*stream.status_);
  const std::array<nghttp2_nv, 2> trailers = {fields.code(), fields.message()};
  nghttp2_submit_trailer(session_.get(), stream.id_, trailers.data(), fields.has_message() ? 2 : 1);
}

void Connection::submit_refusal(int32_t id, const Status& status) {
  const StatusFields fields(status);
  const std::array<nghttp2_nv, 4> head = {field(":status", "200"), field("content-type", kGrpc), fields.code(),
                                          fields.message()};
  nghttp2_submit_response(session_.get(), id, head.data(), fields.has_message() ? 4 : 3, nullptr);
}

void Connection::refuse_call(int32_t id, size_t method, const Status& status, Rule rule) {
  lane_.counts->count(rule);
  lane_.counts->count_call(method, status.code);
  submit_refusal(id, status);
}

void Connection::refuse_http(int32_t id, std::string_view status) {
  lane_.counts->count(Rule::kContentType);
  const nghttp2_nv head = field(":status", status);
  nghttp2_submit_response(session_.get(), id, &head, 1, nullptr);
}

void Connection::answer_get(int32_t id, std::string_view path) {
  codec::HttpReply& reply = context_.reply;
  reply.clear();
  if (!lane_.service->answer_get(path, reply)) return refuse_http(id, "404");
  std::array<char, 8> number{};
  const auto digits = static_cast<size_t>(
      std::to_chars(number.data(), number.data() + number.size(), reply.status).ptr - number.data());
  const std::array<nghttp2_nv, 2> head = {field(":status", {number.data(), digits}),
                                          field("content-type", reply.content_type)};
  if (reply.body_bytes() == 0) {
    nghttp2_submit_response(session_.get(), id, head.data(), head.size(), nullptr);
    return;
  }
  Stream& stream = make_stream(id);
  stream.plain_ = stream.responded_ = stream.status_sent_ = true;
  stream.status_ = std::make_unique<const Status>();
  size_t own = 0;
  for (const codec::HttpReply::Part& part : reply.parts()) {
    stream.outbox_.append(std::string_view(reply.own_bytes()).substr(own, part.own_end - own))
        .append(part.shared_view());
    own = part.own_end;
  }
  count_unsent(stream.outbox_.size(), 0);
  lane_.waits(stream, false);
  const nghttp2_data_provider source = stream_source(&stream);
  nghttp2_submit_response(session_.get(), id, head.data(), head.size(), &source);
}

}  // namespace discovery::grpc
