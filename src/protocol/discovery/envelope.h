// The frame around every answer: code, message, ttl, JSONP, headers (spec: discovery-api.md 1.6, 1.9 and 3).
//
// Use: begin(), then what the members hold, then finish(); or one of the whole answers.
// Thread: none of its own. Errors: none; HTTP status is always 200, the code tells.
#pragma once

#include <string_view>

#include "codec/http.h"
#include "protocol/discovery/error_codes.h"

namespace discovery::protocol {

class Envelope {
 public:
  /// `callback`: the JSONP parameter, "" for plain JSON; must live until finish().
  Envelope(codec::HttpReply& reply, std::string_view callback) : reply_(reply), callback_(callback) {}

  /// Headers and `{"code":C,"message":"M"`, the message being the code as text unless given. `handled` is false for
  /// failures of binding, which carry no Kratos-Status-Code.
  void begin(Code code, std::string_view message = {}, bool handled = true);
  void ttl() { reply_.append(R"(,"ttl":1)"); }
  /// `,"data":` - the value follows.
  void data() { reply_.append(R"(,"data":)"); }
  void finish();

  /// `{"code":C,"message":"C","ttl":1}`
  void whole(Code code);
  /// The same with `,"data":null`.
  void whole_with_null(Code code);
  /// A failure of binding or of a check: the message is the error's text.
  void failure(const Error& error, bool handled);

 private:
  codec::HttpReply& reply_;
  std::string_view callback_;
};

}  // namespace discovery::protocol
