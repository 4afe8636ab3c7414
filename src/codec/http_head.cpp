#include "codec/http_head.h"

#include <cstring>

#include "codec/gzip.h"
#include "codec/http_chars.h"
#include "codec/scan.h"
#include "codec/text.h"

namespace discovery::codec {
namespace {

constexpr bool is_blank(char c) { return c == ' ' || c == '\t'; }

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

Method method_of(std::string_view name) {
  switch (name.size()) {
    case 3:
      return name == "GET" ? Method::kGet : name == "PUT" ? Method::kPut : Method::kOther;
    case 4:
      return name == "POST" ? Method::kPost : name == "HEAD" ? Method::kHead : Method::kOther;
    case 5:
      return name == "PATCH" ? Method::kPatch : Method::kOther;
    case 6:
      return name == "DELETE" ? Method::kDelete : Method::kOther;
    case 7:
      return name == "OPTIONS" ? Method::kOptions : Method::kOther;
    default:
      return Method::kOther;
  }
}

/// One pass over one head; each step returns kComplete to go on.
class HeadScan {
 public:
  HeadScan(std::string_view bytes, const HttpLimits& limits, HttpHead& head, HttpProblem& problem)
      : begin_(bytes.data()),
        at_(begin_),
        end_(begin_ + bytes.size()),
        limits_(limits),
        head_(head),
        problem_(problem) {}

  HeadStatus run() {
    reset();
    HeadStatus status = request_line();
    while (status == HeadStatus::kComplete && !at_end_of_head()) status = field();
    if (status == HeadStatus::kComplete) status = closing_line();
    if (status == HeadStatus::kComplete) return finish();
    if (status == HeadStatus::kIncomplete && static_cast<size_t>(end_ - begin_) >= limits_.head_bytes_max) {
      return bad(431, "request head too large");
    }
    return status;
  }

 private:
  void reset() {
    head_.fields.clear();
    head_.content_type = head_.query = {};
    head_.keep_alive = true;
    head_.chunked = head_.expects_continue = head_.accepts_gzip = false;
    head_.content_length = 0;
  }
  HeadStatus bad(int status, std::string_view reason) {
    problem_ = {status, reason};
    return HeadStatus::kBad;
  }
  [[nodiscard]] bool more() const { return at_ != end_; }

  /// CRLF, nothing else.
  HeadStatus line_end(std::string_view reason) {
    if (!more()) return HeadStatus::kIncomplete;
    if (*at_ != '\r') return bad(400, reason);
    if (at_ + 1 == end_) return HeadStatus::kIncomplete;
    if (at_[1] != '\n') return bad(400, "bare CR");
    at_ += 2;
    return HeadStatus::kComplete;
  }

  HeadStatus request_line() {
    const char* const method = at_;
    while (more() && http_char(*at_, kTokenChar)) ++at_;
    if (!more()) return HeadStatus::kIncomplete;
    if (*at_ != ' ' || at_ == method) return bad(400, "malformed method");
    head_.method = method_of({method, static_cast<size_t>(at_ - method)});
    const char* const target = ++at_;
    while (more() && http_char(*at_, kTargetChar)) ++at_;
    if (!more()) return HeadStatus::kIncomplete;
    if (*at_ != ' ' || at_ == target) return bad(400, "malformed request target");
    if (!split_target({target, static_cast<size_t>(at_ - target)})) return bad(400, "malformed request target");
    ++at_;
    return version();
  }

  HeadStatus version() {
    constexpr std::string_view kPattern = "HTTP/d.d";
    for (const char expected : kPattern) {
      if (!more()) return HeadStatus::kIncomplete;
      if (expected == 'd' ? !is_digit(*at_) : *at_ != expected) return bad(400, "malformed HTTP version");
      ++at_;
    }
    const char major = at_[-3];
    const char minor = at_[-1];
    const HeadStatus status = line_end("malformed HTTP version");
    if (status != HeadStatus::kComplete) return status;
    if (major != '1' || (minor != '0' && minor != '1')) return bad(505, "HTTP/1.0 and HTTP/1.1 are spoken here");
    head_.version_minor = minor - '0';
    return HeadStatus::kComplete;
  }

  bool split_target(std::string_view target) {
    if (target == "*") {
      head_.path = target;
      return head_.method == Method::kOptions;
    }
    if (target.front() != '/' && !strip_authority(target)) return false;
    const size_t question = target.find('?');
    head_.path = target.substr(0, question);
    if (question != std::string_view::npos) head_.query = target.substr(question + 1);
    if (head_.path.empty()) head_.path = "/";
    return true;
  }

  /// absolute-form, as sent to proxies: scheme and authority say nothing we use.
  static bool strip_authority(std::string_view& target) {
    const size_t scheme_end = target.find("://");
    if (scheme_end == std::string_view::npos) return false;
    const std::string_view scheme = target.substr(0, scheme_end);
    if (!equals_ignoring_case(scheme, "http") && !equals_ignoring_case(scheme, "https")) return false;
    target.remove_prefix(scheme_end + 3);
    const size_t authority_end = target.find_first_of("/?");
    if (target.substr(0, authority_end).empty()) return false;
    target = authority_end == std::string_view::npos ? std::string_view() : target.substr(authority_end);
    return true;
  }

  [[nodiscard]] bool at_end_of_head() const { return more() && *at_ == '\r'; }

  HeadStatus field() {
    if (more() && is_blank(*at_)) return bad(400, "folded field line");
    const char* const name = at_;
    while (more() && http_char(*at_, kTokenChar)) ++at_;
    if (!more()) return HeadStatus::kIncomplete;
    if (*at_ != ':' || at_ == name) return bad(400, "malformed field name");
    const std::string_view field_name(name, static_cast<size_t>(at_ - name));
    const char* const value = ++at_;
    while ((at_ = find_control(at_, end_)) != end_ && *at_ == '\t') ++at_;
    const std::string_view field_value(value, static_cast<size_t>(at_ - value));
    const HeadStatus status = line_end("control character in a field value");
    if (status != HeadStatus::kComplete) return status;
    if (head_.fields.size() == limits_.fields_max) return bad(431, "too many header fields");
    head_.fields.push_back({field_name, trim_blanks(field_value)});
    return apply(head_.fields.back());
  }

  HeadStatus closing_line() {
    const HeadStatus status = line_end("");
    head_.bytes = static_cast<size_t>(at_ - begin_);
    return status;
  }

  HeadStatus apply(const HttpField& field) {
    const auto named = [&field](std::string_view name) { return equals_ignoring_case(field.name, name); };
    switch (field.name.size()) {
      case 4:
        return named("host") ? host(field.value) : HeadStatus::kComplete;
      case 6:
        return named("expect") ? expect(field.value) : HeadStatus::kComplete;
      case 10:
        if (named("connection")) connection(field.value);
        return HeadStatus::kComplete;
      case 12:
        if (head_.content_type.empty() && named("content-type")) head_.content_type = field.value;
        return HeadStatus::kComplete;
      case 14:
        return named("content-length") ? content_length(field.value) : HeadStatus::kComplete;
      case 15:
        if (named("accept-encoding")) head_.accepts_gzip |= accepts_gzip(field.value);
        return HeadStatus::kComplete;
      case 17:
        return named("transfer-encoding") ? transfer_encoding(field.value) : HeadStatus::kComplete;
      default:
        return HeadStatus::kComplete;
    }
  }

  HeadStatus host(std::string_view value) {
    if (seen_host_) return bad(400, "several Host fields");
    seen_host_ = true;
    for (const char c : value) {
      if (!http_char(c, kHostChar)) return bad(400, "malformed Host");
    }
    return HeadStatus::kComplete;
  }

  HeadStatus expect(std::string_view value) {
    if (head_.version_minor == 0) return HeadStatus::kComplete;  // RFC 9110 10.1.1: ignored from HTTP/1.0
    if (!equals_ignoring_case(value, "100-continue")) return bad(417, "unknown expectation");
    head_.expects_continue = true;
    return HeadStatus::kComplete;
  }

  void connection(std::string_view list) {
    while (!list.empty()) {
      const size_t comma = list.find(',');
      if (equals_ignoring_case(trim_blanks(list.substr(0, comma)), "close")) head_.keep_alive = false;
      if (comma == std::string_view::npos) return;
      list.remove_prefix(comma + 1);
    }
  }

  HeadStatus content_length(std::string_view value) {
    if (seen_length_) return bad(400, "several Content-Length fields");
    seen_length_ = true;
    if (value.empty()) return bad(400, "malformed Content-Length");
    size_t length = 0;
    for (const char c : value) {
      if (!is_digit(c)) return bad(400, "malformed Content-Length");
      const auto digit = static_cast<size_t>(c - '0');
      if (length > (SIZE_MAX - digit) / 10) {
        too_long_ = true;  // go on: a letter further right is the graver fault
        continue;
      }
      length = length * 10 + digit;
    }
    head_.content_length = length;
    return HeadStatus::kComplete;
  }

  HeadStatus transfer_encoding(std::string_view value) {
    if (head_.chunked) return bad(400, "several Transfer-Encoding fields");
    if (head_.version_minor == 0) return bad(400, "Transfer-Encoding in HTTP/1.0");
    if (!equals_ignoring_case(value, "chunked")) return bad(400, "Transfer-Encoding other than chunked");
    head_.chunked = true;
    return HeadStatus::kComplete;
  }

  HeadStatus finish() {
    if (head_.bytes > limits_.head_bytes_max) return bad(431, "request head too large");
    if (head_.version_minor == 0) {
      head_.keep_alive = false;
    } else if (!seen_host_) {
      return bad(400, "no Host field");
    }
    if (head_.chunked && seen_length_) return bad(400, "Content-Length beside Transfer-Encoding");
    if (too_long_ || head_.content_length > limits_.body_bytes_max) return bad(413, "request body too large");
    return HeadStatus::kComplete;
  }

  const char* const begin_;
  const char* at_;
  const char* const end_;
  const HttpLimits& limits_;
  HttpHead& head_;
  HttpProblem& problem_;
  bool seen_host_ = false;
  bool seen_length_ = false;
  bool too_long_ = false;
};

}  // namespace

HeadStatus parse_head(std::string_view bytes, const HttpLimits& limits, HttpHead& head, HttpProblem& problem) {
  return HeadScan(bytes, limits, head, problem).run();
}

bool head_may_be_decided(std::string_view bytes, size_t looked_at, const HttpLimits& limits) {
  if (bytes.size() >= limits.head_bytes_max) return true;
  while (looked_at < bytes.size()) {
    const void* found = std::memchr(bytes.data() + looked_at, '\n', bytes.size() - looked_at);
    if (!found) return false;
    const auto lf = static_cast<size_t>(static_cast<const char*>(found) - bytes.data());
    const bool bare = lf == 0 || bytes[lf - 1] != '\r';
    const bool empty_line = lf >= 2 && bytes[lf - 2] == '\n';
    if (bare || empty_line) return true;
    looked_at = lf + 1;
  }
  return false;
}

}  // namespace discovery::codec
