#include "codec/http_reader.h"

#include <utility>

#include "codec/http_chars.h"
#include "codec/percent.h"

namespace discovery::codec {
namespace {

/// A path that cleaning would not change: most are, and need no second pass.
bool is_clean(std::string_view path) {
  char before = 0;
  for (const char c : path) {
    if (!http_char(c, kPlainChar)) return false;
    if (before == '/' && (c == '/' || c == '.')) return false;
    before = c;
  }
  return true;
}

/// Of a window that is shorter than 4 GiB (ByteBuffer::kCapacityMax; what is borrowed is a reactor's read buffer).
uint32_t narrow(size_t bytes) {
  DISCOVERY_CHECK(bytes <= UINT32_MAX, "a window is shorter than 4 GiB");
  return static_cast<uint32_t>(bytes);
}

}  // namespace

bool HttpReader::feed(std::span<char> bytes) {
  if (own_.size() == 0) {
    window_ = bytes.data();
    size_ = narrow(bytes.size());
    borrowed_ = true;
    return true;
  }
  if (!grow(bytes.size())) return false;
  own_.append({bytes.data(), bytes.size()});
  window_ = own_.data();
  size_ = narrow(own_.size());
  return true;
}

HttpReader::Step HttpReader::next(HttpRequest& request) {
  if (phase_ == Phase::kBroken) return Step::kBad;
  if (phase_ == Phase::kDone) consume();
  bool head_is_fresh = false;
  if (phase_ == Phase::kHead) {
    const Step step = read_head();
    if (step != Step::kRequest) return step;
    head_is_fresh = true;
  }
  const Step step = read_body();
  return step == Step::kRequest ? whole(request, head_is_fresh) : step;
}

/// At once, so that a stray line end after a body does not look like the beginning of a head that never comes.
bool HttpReader::skip_empty_lines() {
  while (size_ - begin_ >= 2 && window_[begin_] == '\r' && window_[begin_ + 1] == '\n') {
    if (++empty_lines_ > kLeadingEmptyLinesMax) return false;
    begin_ += 2;
    looked_at_ = 0;
  }
  return true;
}

HttpReader::Step HttpReader::read_head() {
  if (!skip_empty_lines()) {
    shared_.problem = {400, "too many empty lines before the request"};
    return broken();
  }
  const std::string_view unread(window_ + begin_, size_ - begin_);
  if (unread.empty() || unread == "\r") return Step::kNeedMore;
  if (looked_at_ > 0 && !head_may_be_decided(unread, looked_at_, shared_.limits)) {
    looked_at_ = narrow(unread.size());
    return Step::kNeedMore;
  }
  const HttpHead& head = shared_.head;
  switch (parse_head(unread, shared_.limits, shared_.head, shared_.problem)) {
    case HeadStatus::kBad:
      return broken();
    case HeadStatus::kIncomplete:
      looked_at_ = narrow(unread.size());
      return Step::kNeedMore;
    case HeadStatus::kComplete:
      break;
  }
  head_bytes_ = narrow(head.bytes);
  continue_due_ = head.expects_continue;
  keep_alive_ = head.keep_alive;
  if (head.chunked) {
    phase_ = Phase::kChunkedBody;
    body_bytes_ = 0;
    chunks_ = std::make_unique<ChunkedDecoder>();
  } else {
    phase_ = Phase::kLengthBody;
    body_bytes_ = narrow(head.content_length);
  }
  return Step::kRequest;
}

HttpReader::Step HttpReader::read_body() {
  if (phase_ == Phase::kChunkedBody) return decode_chunks();
  const size_t wanted = size_t{head_bytes_} + body_bytes_;
  if (size_ - begin_ < wanted) return Step::kNeedMore;
  end_ = narrow(begin_ + wanted);
  return Step::kRequest;
}

HttpReader::Step HttpReader::decode_chunks() {
  const size_t decoded_end = size_t{begin_} + head_bytes_ + body_bytes_;
  const auto outcome = chunks_->decode({window_ + decoded_end, size_ - decoded_end}, shared_.limits, shared_.problem);
  body_bytes_ += narrow(outcome.produced);
  switch (outcome.status) {
    case ChunkedDecoder::Status::kBad:
      return broken();
    case ChunkedDecoder::Status::kDone:
      end_ = narrow(decoded_end + outcome.consumed);  // a gap of framing stays between the body and what follows
      return Step::kRequest;
    case ChunkedDecoder::Status::kMore:
      break;
  }
  size_ = narrow(decoded_end + outcome.produced);
  if (!borrowed_) own_.truncate(size_);
  return Step::kNeedMore;
}

HttpReader::Step HttpReader::whole(HttpRequest& request, bool head_is_fresh) {
  HttpHead& head = shared_.head;
  if (!head_is_fresh) {  // other connections have used the shared head since
    const std::string_view bytes(window_ + begin_, head_bytes_);
    const HeadStatus status = parse_head(bytes, shared_.limits, head, shared_.problem);
    DISCOVERY_CHECK(status == HeadStatus::kComplete, "a head that was complete stays so");
  }
  phase_ = Phase::kDone;
  chunks_.reset();
  request.method = head.method;
  request.query = head.query;
  request.body = {window_ + begin_ + head_bytes_, body_bytes_};
  request.content_type = head.content_type;
  request.fields = head.fields;
  request.version_minor = head.version_minor;
  request.accepts_gzip = head.accepts_gzip;
  if (clean_path_of(request)) return Step::kRequest;
  shared_.problem = {400, "malformed path"};
  return broken();
}

bool HttpReader::clean_path_of(HttpRequest& request) {
  const std::string_view raw = shared_.head.path;
  request.path = raw;
  if (raw == "*" || is_clean(raw)) return true;
  const bool ok = clean_path(raw, shared_.path);
  request.path = shared_.path;
  return ok;
}

HttpReader::Step HttpReader::broken() {
  phase_ = Phase::kBroken;
  return Step::kBad;
}

void HttpReader::consume() {
  begin_ = end_;
  end_ = looked_at_ = 0;
  continue_due_ = false;
  phase_ = Phase::kHead;
  empty_lines_ = 0;
}

bool HttpReader::keep() {
  if (phase_ == Phase::kDone) consume();
  const size_t rest = size_ - begin_;
  if (rest == 0) {
    release();
    return true;
  }
  if (borrowed_) {
    const char* const unread = window_ + begin_;
    if (!grow(rest)) return false;
    own_.append({unread, rest});
  } else {
    own_.erase_front(begin_);
    shrink();
  }
  borrowed_ = false;
  window_ = own_.data();
  size_ = narrow(own_.size());
  begin_ = 0;
  return true;
}

bool HttpReader::grow(size_t more) {
  const size_t expected = phase_ == Phase::kLengthBody ? head_bytes_ + body_bytes_ : 0;
  const size_t before = own_.capacity();
  const size_t wanted = own_.capacity_for(more, expected);
  if (wanted == before) return true;
  if (wanted > ByteBuffer::kCapacityMax || !shared_.partial.take(wanted - before)) {
    shared_.problem = {503, "too many partly read requests"};
    discard();
    phase_ = Phase::kBroken;
    return false;
  }
  own_.reallocate(wanted);
  return true;
}

/// After a large request with a little of the next one behind it.
void HttpReader::shrink() {
  constexpr size_t kWorthwhile = 4096;
  const size_t before = own_.capacity();
  if (before < kWorthwhile || before / 4 < own_.size()) return;
  own_.reallocate(own_.size());
  shared_.partial.give_back(before - own_.capacity());
}

void HttpReader::release() {
  shared_.partial.give_back(own_.capacity());
  own_.truncate(0);
  own_.reallocate(0);
  window_ = nullptr;
  size_ = begin_ = 0;
  borrowed_ = false;
}

void HttpReader::discard() {
  release();
  chunks_.reset();
  end_ = looked_at_ = 0;
  continue_due_ = false;
  phase_ = Phase::kHead;
  empty_lines_ = 0;
}

bool HttpReader::take_continue() { return in_body() && std::exchange(continue_due_, false); }

}  // namespace discovery::codec
