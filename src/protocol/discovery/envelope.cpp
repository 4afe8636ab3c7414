#include "protocol/discovery/envelope.h"

#include <charconv>
#include <string>

#include "codec/json_writer.h"

namespace discovery::protocol {

namespace {
// A header line is spelled out for each code, so that the common answers build nothing.
std::string_view status_header(Code code) {
  switch (code) {
    case Code::kOk:
      return "Kratos-Status-Code: 0";
    case Code::kNotModified:
      return "Kratos-Status-Code: -304";
    case Code::kBadRequest:
      return "Kratos-Status-Code: -400";
    case Code::kUnauthorized:
      return "Kratos-Status-Code: -401";
    case Code::kForbidden:
      return "Kratos-Status-Code: -403";
    case Code::kNotFound:
      return "Kratos-Status-Code: -404";
    case Code::kConflict:
      return "Kratos-Status-Code: -409";
    case Code::kServerError:
      return "Kratos-Status-Code: -500";
  }
  return "Kratos-Status-Code: -500";
}
}  // namespace

void Envelope::begin(Code code, std::string_view message, bool handled) {
  reply_.content_type = "application/json; charset=utf-8";
  if (handled) reply_.add_header(status_header(code));
  if (!callback_.empty()) {
    codec::append_js_escaped(reply_.own(), callback_);
    reply_.append("(");
  } else if (code == Code::kOk && message.empty()) {
    return reply_.append(R"({"code":0,"message":"0")");  // nearly every answer
  }
  reply_.append(R"({"code":)");
  reply_.append_int(static_cast<int>(code));
  reply_.append(R"(,"message":)");
  if (message.empty()) {
    reply_.append("\"");
    reply_.append_int(static_cast<int>(code));
    reply_.append("\"");
  } else {
    codec::append_json_string(reply_.own(), message);
  }
}

void Envelope::finish() {
  reply_.append("}");
  if (!callback_.empty()) reply_.append(")");
}

void Envelope::whole(Code code) {
  begin(code);
  ttl();
  finish();
}

void Envelope::whole_with_null(Code code) {
  begin(code);
  ttl();
  data();
  reply_.append("null");
  finish();
}

void Envelope::failure(const Error& error, bool handled) {
  begin(wire_code(error.code), error.message, handled);
  ttl();
  finish();
}

}  // namespace discovery::protocol
