// The head of one HTTP/1.x request (request line and fields), scanned out of a contiguous buffer into views.
//
// Stricter than RFC 9112 wherever two servers could disagree about where a request ends, because that disagreement is
// request smuggling: only CRLF ends a line, no obs-fold, no blank before a colon, one Content-Length of digits alone,
// no Transfer-Encoding but exactly one `chunked`, never both, exactly one Host in HTTP/1.1.
//
// Limits: HttpLimits; past one the answer is 431 (head) or 413 (body).
// Cost: one pass, no allocation once `fields` has grown. Thread: none of its own; pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "codec/http.h"

namespace discovery::codec {

struct HttpLimits {
  size_t head_bytes_max = 256 * 1024;  ///< request line, fields and line ends; trailers of a chunked body apart
  size_t fields_max = 100;             ///< in the head; as many again as trailers
  size_t body_bytes_max = 10 * 1024 * 1024;
};

/// What to answer to a request that cannot be read.
struct HttpProblem {
  int status = 0;           ///< HTTP status
  std::string_view reason;  ///< for people; static storage
};

/// Every view points into the bytes given to parse_head().
struct HttpHead {
  Method method = Method::kGet;
  std::string_view path;   ///< raw, not empty: begins with '/', or is "*" (OPTIONS only)
  std::string_view query;  ///< raw, without '?'
  std::string_view content_type;
  std::vector<HttpField> fields;
  int version_minor = 1;
  bool keep_alive = true;  ///< false in HTTP/1.0 and after `Connection: close`
  bool chunked = false;
  bool expects_continue = false;
  bool accepts_gzip = false;
  size_t content_length = 0;  ///< 0 when there is none; at most HttpLimits::body_bytes_max
  size_t bytes = 0;           ///< of the head, the closing empty line included
};

enum class HeadStatus : uint8_t {
  kComplete,
  kIncomplete,  ///< right so far
  kBad,         ///< `problem` says why; the connection cannot be used any further
};

/// Scans from the first byte, which belongs to the request line. `head` is valid after kComplete only.
[[nodiscard]] HeadStatus parse_head(std::string_view bytes, const HttpLimits& limits, HttpHead& head,
                                    HttpProblem& problem);

/// For a head that comes in pieces: whether parse_head() may have more to say than kIncomplete, looking only at the
/// bytes from `looked_at` on (those before have been seen by either function). Keeps a head sent byte by byte linear.
[[nodiscard]] bool head_may_be_decided(std::string_view bytes, size_t looked_at, const HttpLimits& limits);

}  // namespace discovery::codec
