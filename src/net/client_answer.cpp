#include "net/client_answer.h"

#include <algorithm>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <span>
#include <utility>

#include "codec/text.h"

namespace discovery::net {

namespace http = boost::beast::http;
using boost::system::error_code;

namespace {

constexpr std::string_view kBegin = "HTTP/1.";

ClientFailure failure_of(const error_code& error) {
  const bool too_large = error == http::error::body_limit || error == http::error::header_limit;
  return too_large ? ClientFailure::kTooLarge : ClientFailure::kGarbage;
}

}  // namespace

struct ClientAnswerReader::HeadParser {
  http::response_parser<http::empty_body> beast;
};

ClientAnswerReader::ClientAnswerReader(size_t body_bytes_max, bool to_head)
    : body_bytes_max_(body_bytes_max), to_head_(to_head) {
  begin_head();
}

ClientAnswerReader::ClientAnswerReader(ClientAnswerReader&& other) noexcept = default;
ClientAnswerReader::~ClientAnswerReader() = default;

void ClientAnswerReader::begin_head() {
  phase_ = Phase::kHead;
  began_ = false;
  head_ = std::make_unique<HeadParser>();
  head_->beast.header_limit(kHeadBytesMax);
  head_->beast.body_limit(body_bytes_max_);  // looked at as soon as Content-Length is known
  head_->beast.skip(to_head_);
}

std::optional<ClientFailure> ClientAnswerReader::feed(std::string_view bytes) {
  if (phase_ != Phase::kHead) return read_body(bytes);
  unparsed_.append(bytes);
  if (auto failure = read_heads()) return failure;
  if (phase_ == Phase::kHead) return std::nullopt;
  const std::string rest = std::exchange(unparsed_, {});
  if (phase_ != Phase::kDone) return read_body(rest);
  finish(rest.size());
  return std::nullopt;
}

/// Those of interim answers, then the real one.
std::optional<ClientFailure> ClientAnswerReader::read_heads() {
  for (;;) {
    if (auto failure = read_head()) return failure;
    if (phase_ == Phase::kHead || answer_.status / 100 != 1) return std::nullopt;
    // 101 would be to an Upgrade, for which nobody here asks.
    if (answer_.status == 101 || ++interim_ > kInterimMax) return ClientFailure::kGarbage;
    begin_head();
  }
}

std::optional<ClientFailure> ClientAnswerReader::read_head() {
  auto& beast = head_->beast;
  if (auto failure = check_begin()) return failure;
  size_t used = 0;
  error_code error;
  while (began_ && !beast.is_header_done() && used < unparsed_.size() && !error) {
    used += beast.put(boost::asio::buffer(unparsed_.data() + used, unparsed_.size() - used), error);
  }
  unparsed_.erase(0, used);
  if (error == http::error::need_more) return std::nullopt;
  if (error) return failure_of(error);
  return beast.is_header_done() ? take_head() : std::nullopt;
}

/// Beast looks at the first line when it is whole, which it may never be.
std::optional<ClientFailure> ClientAnswerReader::check_begin() {
  if (began_) return std::nullopt;
  const size_t n = std::min(unparsed_.size(), kBegin.size());
  if (std::string_view(unparsed_).substr(0, n) != kBegin.substr(0, n)) return ClientFailure::kGarbage;
  began_ = n == kBegin.size();
  return std::nullopt;
}

/// What the head says about the body.
std::optional<ClientFailure> ClientAnswerReader::take_head() {
  auto& beast = head_->beast;
  const auto& fields = beast.get();
  const auto coding = fields.find(http::field::transfer_encoding);
  const bool coded = coding != fields.end();
  if (coded && !codec::equals_ignoring_case(coding->value(), "chunked")) return ClientFailure::kGarbage;
  answer_.status = static_cast<int>(fields.result_int());
  keep_alive_ = beast.keep_alive();
  if (beast.is_done()) {
    phase_ = Phase::kDone;
  } else if (coded) {
    phase_ = Phase::kChunks;
  } else if (const auto length = beast.content_length()) {
    phase_ = Phase::kLength;
    body_left_ = *length;
  } else {
    phase_ = Phase::kUntilEnd;
  }
  return std::nullopt;
}

std::optional<ClientFailure> ClientAnswerReader::read_body(std::string_view bytes) {
  if (phase_ == Phase::kChunks) return read_chunks(bytes);
  if (phase_ == Phase::kLength) {
    read_length(bytes);
    return std::nullopt;
  }
  if (bytes.size() > body_bytes_max_ - answer_.body.size()) return ClientFailure::kTooLarge;
  answer_.body.append(bytes);
  return std::nullopt;
}

void ClientAnswerReader::read_length(std::string_view bytes) {
  const size_t n = std::min<uint64_t>(body_left_, bytes.size());
  answer_.body.append(bytes.substr(0, n));
  body_left_ -= n;
  if (body_left_ == 0) finish(bytes.size() - n);
}

std::optional<ClientFailure> ClientAnswerReader::read_chunks(std::string_view bytes) {
  std::string& body = answer_.body;
  const size_t before = body.size();
  body.append(bytes);
  codec::HttpLimits limits;
  limits.body_bytes_max = body_bytes_max_;
  codec::HttpProblem problem;
  const auto outcome = chunks_.decode(std::span(body.data() + before, bytes.size()), limits, problem);
  body.resize(before + outcome.produced);
  if (outcome.status == codec::ChunkedDecoder::Status::kBad) {
    return problem.status == 413 ? ClientFailure::kTooLarge : ClientFailure::kGarbage;
  }
  if (outcome.status == codec::ChunkedDecoder::Status::kDone) finish(bytes.size() - outcome.consumed);
  return std::nullopt;
}

/// Bytes behind the answer belong to no request.
void ClientAnswerReader::finish(size_t bytes_left) {
  phase_ = Phase::kDone;
  if (bytes_left > 0) keep_alive_ = false;
}

std::optional<ClientFailure> ClientAnswerReader::end() {
  if (phase_ != Phase::kUntilEnd) return ClientFailure::kBroken;
  finish(0);
  return std::nullopt;
}

}  // namespace discovery::net
