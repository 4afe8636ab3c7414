// Status line and fields of an answer, rendered into a reused buffer.
//
// A Date field is sent although no client of a registry reads it: RFC 9110 6.6.1 requires it of a server that has a
// clock, and rendered once per second it costs a copy of 37 bytes. Thread: one reactor's.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/time.h"
#include "codec/http.h"

namespace discovery::net {

/// "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n", kept for a second.
class DateField {
 public:
  [[nodiscard]] std::string_view at(TimePoint now);

 private:
  int64_t second_ = -1;
  char text_[40] = {};
};

enum class BodyFraming : uint8_t {
  kLength,   ///< Content-Length: the body bytes of the reply
  kChunked,  ///< a streamed body
  kToClose,  ///< a streamed body towards HTTP/1.0
};

/// Whether an answer of that status can have a body at all (RFC 9110 6.4.1).
[[nodiscard]] constexpr bool status_has_body(int status) { return status >= 200 && status != 204 && status != 304; }

struct AnswerShape {
  BodyFraming framing = BodyFraming::kLength;
  bool close = false;
};

/// Replaces `out` by the whole head, closing empty line included.
void render_answer_head(const codec::HttpReply& reply, AnswerShape shape, std::string_view date_field,
                        std::string& out);

}  // namespace discovery::net
