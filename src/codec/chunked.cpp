#include "codec/chunked.h"

#include <algorithm>
#include <cstring>

#include "codec/http_chars.h"

namespace discovery::codec {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool bad(HttpProblem& problem, int status, std::string_view reason) {
  problem = {status, reason};
  return false;
}

}  // namespace

ChunkedDecoder::Outcome ChunkedDecoder::decode(std::span<char> bytes, const HttpLimits& limits, HttpProblem& problem) {
  Outcome out;
  while (out.consumed < bytes.size() && state_ != State::kDone) {
    if (state_ == State::kData) {
      const auto n = static_cast<size_t>(std::min<uint64_t>(chunk_left_, bytes.size() - out.consumed));
      std::memmove(bytes.data() + out.produced, bytes.data() + out.consumed, n);
      out.produced += n;
      out.consumed += n;
      body_bytes_ += n;
      chunk_left_ -= n;
      if (chunk_left_ == 0) state_ = State::kDataCr;
      continue;
    }
    if (!step(bytes[out.consumed], limits, problem)) {
      out.status = Status::kBad;
      return out;
    }
    ++out.consumed;
  }
  if (state_ == State::kDone) out.status = Status::kDone;
  return out;
}

bool ChunkedDecoder::step(char c, const HttpLimits& limits, HttpProblem& problem) {
  switch (state_) {
    case State::kSize:
      return size_digit(c, problem);
    case State::kExtension:
      if (c == '\r') {
        state_ = State::kSizeLf;
        return true;
      }
      // Whether a quoted string may run on over the end of the line is where parsers differ; Beast's lets it.
      if (!http_char(c, kValueChar) || c == '"') return bad(problem, 400, "malformed chunk extension");
      if (++extension_bytes_ > kChunkExtensionBytesMax) return bad(problem, 400, "too many chunk extensions");
      return true;
    case State::kSizeLf:
      if (c != '\n') return bad(problem, 400, "malformed chunk size line");
      return size_line_done(limits, problem);
    case State::kDataCr:
      if (c != '\r') return bad(problem, 400, "chunk longer than its size");
      state_ = State::kDataLf;
      return true;
    case State::kDataLf:
      if (c != '\n') return bad(problem, 400, "bare CR after a chunk");
      state_ = State::kSize;
      digits_ = 0;
      return true;
    default:
      return trailer_byte(c, limits, problem);
  }
}

bool ChunkedDecoder::size_digit(char c, HttpProblem& problem) {
  const int digit = hex_digit(c);
  if (digit >= 0) {
    if (++digits_ > kChunkSizeDigitsMax) return bad(problem, 400, "chunk size too long");
    chunk_left_ = chunk_left_ * 16 + static_cast<uint64_t>(digit);
    return true;
  }
  if (digits_ == 0) return bad(problem, 400, "malformed chunk size");
  if (c == '\r') {
    state_ = State::kSizeLf;
  } else if (c == ';') {
    state_ = State::kExtension;
  } else {
    return bad(problem, 400, "malformed chunk size");
  }
  return true;
}

bool ChunkedDecoder::size_line_done(const HttpLimits& limits, HttpProblem& problem) {
  if (chunk_left_ == 0) {
    state_ = State::kTrailerStart;
    return true;
  }
  if (chunk_left_ > limits.body_bytes_max - body_bytes_) return bad(problem, 413, "request body too large");
  state_ = State::kData;
  return true;
}

bool ChunkedDecoder::trailer_byte(char c, const HttpLimits& limits, HttpProblem& problem) {
  if (++trailer_bytes_ > limits.head_bytes_max) return bad(problem, 431, "trailers too large");
  switch (state_) {
    case State::kTrailerStart:
      if (c == '\r') {
        state_ = State::kEndLf;
        return true;
      }
      if (!http_char(c, kTokenChar)) return bad(problem, 400, "malformed trailer");
      if (++trailers_ > limits.fields_max) return bad(problem, 431, "too many trailers");
      state_ = State::kTrailerName;
      return true;
    case State::kTrailerName:
      if (c == ':') {
        state_ = State::kTrailerValue;
        return true;
      }
      return http_char(c, kTokenChar) || bad(problem, 400, "malformed trailer");
    case State::kTrailerValue:
      if (c == '\r') {
        state_ = State::kTrailerLf;
        return true;
      }
      return http_char(c, kValueChar) || bad(problem, 400, "control character in a trailer");
    case State::kTrailerLf:
      if (c != '\n') return bad(problem, 400, "bare CR in a trailer");
      state_ = State::kTrailerStart;
      return true;
    default:  // kEndLf
      if (c != '\n') return bad(problem, 400, "bare CR after a chunked body");
      state_ = State::kDone;
      return true;
  }
}

}  // namespace discovery::codec
