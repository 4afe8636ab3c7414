#include "net/answer_head.h"

#include <charconv>
#include <chrono>

namespace discovery::net {
namespace {

std::string_view status_line(int status) {
  switch (status) {
    case 200:
      return "HTTP/1.1 200 OK\r\n";
    case 201:
      return "HTTP/1.1 201 Created\r\n";
    case 202:
      return "HTTP/1.1 202 Accepted\r\n";
    case 204:
      return "HTTP/1.1 204 No Content\r\n";
    case 301:
      return "HTTP/1.1 301 Moved Permanently\r\n";
    case 302:
      return "HTTP/1.1 302 Found\r\n";
    case 304:
      return "HTTP/1.1 304 Not Modified\r\n";
    case 307:
      return "HTTP/1.1 307 Temporary Redirect\r\n";
    case 400:
      return "HTTP/1.1 400 Bad Request\r\n";
    case 401:
      return "HTTP/1.1 401 Unauthorized\r\n";
    case 403:
      return "HTTP/1.1 403 Forbidden\r\n";
    case 404:
      return "HTTP/1.1 404 Not Found\r\n";
    case 405:
      return "HTTP/1.1 405 Method Not Allowed\r\n";
    case 408:
      return "HTTP/1.1 408 Request Timeout\r\n";
    case 409:
      return "HTTP/1.1 409 Conflict\r\n";
    case 413:
      return "HTTP/1.1 413 Content Too Large\r\n";
    case 415:
      return "HTTP/1.1 415 Unsupported Media Type\r\n";
    case 417:
      return "HTTP/1.1 417 Expectation Failed\r\n";
    case 422:
      return "HTTP/1.1 422 Unprocessable Content\r\n";
    case 429:
      return "HTTP/1.1 429 Too Many Requests\r\n";
    case 431:
      return "HTTP/1.1 431 Request Header Fields Too Large\r\n";
    case 500:
      return "HTTP/1.1 500 Internal Server Error\r\n";
    case 501:
      return "HTTP/1.1 501 Not Implemented\r\n";
    case 502:
      return "HTTP/1.1 502 Bad Gateway\r\n";
    case 503:
      return "HTTP/1.1 503 Service Unavailable\r\n";
    case 504:
      return "HTTP/1.1 504 Gateway Timeout\r\n";
    case 505:
      return "HTTP/1.1 505 HTTP Version Not Supported\r\n";
    default:
      return {};
  }
}

void append_int(std::string& out, uint64_t value) {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  out.append(digits, static_cast<size_t>(end - digits));
}

void append_status_line(int status, std::string& out) {
  const std::string_view known = status_line(status);
  if (!known.empty()) {
    out.append(known);
    return;
  }
  out.append("HTTP/1.1 ");  // the reason phrase may be empty (RFC 9112 4)
  append_int(out, static_cast<uint64_t>(status));
  out.append(" \r\n");
}

/// Two decimal digits and what follows them.
char* put_2(char* to, unsigned value, char then) {
  *to++ = static_cast<char>('0' + value / 10 % 10);
  *to++ = static_cast<char>('0' + value % 10);
  *to++ = then;
  return to;
}

}  // namespace

std::string_view DateField::at(TimePoint now) {
  using namespace std::chrono;
  const int64_t second = floor<seconds>(now.time_since_epoch()).count();
  constexpr size_t kBytes = sizeof("Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n") - 1;
  static_assert(kBytes <= sizeof text_);
  if (second == second_) return {text_, kBytes};
  second_ = second;
  const auto since_epoch = seconds(second);
  const sys_days day(floor<days>(since_epoch));
  const year_month_day date(day);
  const auto in_day = static_cast<unsigned>((since_epoch - day.time_since_epoch()).count());
  const auto year = static_cast<unsigned>(static_cast<int>(date.year()));
  const std::string_view weekday_name =
      std::string_view("SunMonTueWedThuFriSat").substr(3 * weekday(day).c_encoding(), 3);
  const std::string_view month_name =
      std::string_view("JanFebMarAprMayJunJulAugSepOctNovDec").substr(3 * (static_cast<unsigned>(date.month()) - 1), 3);
  char* to = text_;
  const auto put = [&to](std::string_view s) { to += s.copy(to, s.size()); };
  put("Date: ");
  put(weekday_name);
  put(", ");
  to = put_2(to, static_cast<unsigned>(date.day()), ' ');
  put(month_name);
  put(" ");
  to = put_2(to, year / 100, '0') - 1;
  to = put_2(to, year, ' ');
  to = put_2(to, in_day / 3600, ':');
  to = put_2(to, in_day / 60 % 60, ':');
  to = put_2(to, in_day % 60, ' ');
  put("GMT\r\n");
  return {text_, kBytes};
}

void render_answer_head(const codec::HttpReply& reply, AnswerShape shape, std::string_view date_field,
                        std::string& out) {
  out.clear();
  append_status_line(reply.status, out);
  out.append(date_field);
  if (status_has_body(reply.status)) {
    if (!reply.content_type.empty()) {
      out.append("Content-Type: ");
      out.append(reply.content_type);
      out.append("\r\n");
    }
    if (shape.framing == BodyFraming::kLength) {
      out.append("Content-Length: ");
      append_int(out, reply.body_bytes());
      out.append("\r\n");
    } else if (shape.framing == BodyFraming::kChunked) {
      out.append("Transfer-Encoding: chunked\r\n");
    }
  }
  out.append(reply.headers());
  out.append(shape.close ? "Connection: close\r\n\r\n" : "\r\n");
}

}  // namespace discovery::net
