// A chunked request body (RFC 9112 7.1), decoded in place as it comes, split anywhere.
//
// Strict: CRLF only, 1 to 16 hexadecimal digits at the very start of a size line, nothing between them and ';' or the
// line end. Extensions and trailers are checked for form and dropped. Quoted strings in extensions are refused, because
// parsers differ on where those end.
//
// Limits: the decoded body (413), extension bytes of a body (400), trailer bytes and fields (431). The framing itself
// is bounded by the body: every chunk but the last carries at least one byte for at most 20 of framing. Thread: none of
// its own; pure.
#pragma once

#include <cstdint>
#include <span>

#include "codec/http_head.h"

namespace discovery::codec {

inline constexpr uint32_t kChunkExtensionBytesMax = 16 * 1024;  ///< in all size lines of one body
inline constexpr uint32_t kChunkSizeDigitsMax = 16;

class ChunkedDecoder {
 public:
  enum class Status : uint8_t { kMore, kDone, kBad };
  struct Outcome {
    Status status = Status::kMore;
    size_t consumed = 0;  ///< of the bytes given; all of them unless kDone or kBad
    size_t produced = 0;  ///< decoded bytes, moved to the front of the bytes given
  };

  /// `problem` is set when the status is kBad; nothing may be decoded after that or after kDone.
  Outcome decode(std::span<char> bytes, const HttpLimits& limits, HttpProblem& problem);
  [[nodiscard]] size_t body_bytes() const { return body_bytes_; }

 private:
  enum class State : uint8_t {
    kSize,
    kExtension,
    kSizeLf,
    kData,
    kDataCr,
    kDataLf,
    kTrailerStart,
    kTrailerName,
    kTrailerValue,
    kTrailerLf,
    kEndLf,
    kDone
  };

  /// One byte of framing; false: `problem` is set.
  bool step(char c, const HttpLimits& limits, HttpProblem& problem);
  bool size_digit(char c, HttpProblem& problem);
  bool size_line_done(const HttpLimits& limits, HttpProblem& problem);
  bool trailer_byte(char c, const HttpLimits& limits, HttpProblem& problem);

  State state_ = State::kSize;
  uint8_t digits_ = 0;
  uint32_t extension_bytes_ = 0;
  uint32_t trailer_bytes_ = 0;
  uint32_t trailers_ = 0;
  uint64_t chunk_left_ = 0;  ///< while in the size line: the size so far
  size_t body_bytes_ = 0;
};

}  // namespace discovery::codec
