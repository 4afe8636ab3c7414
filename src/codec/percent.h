// Percent-encoding: form values (application/x-www-form-urlencoded) and request paths.
//
// Thread: pure functions. Cost: linear in the input.
// Source: RFC 3986 2.1 and 5.2.4; WHATWG URL 5.1 for `+`; the path rules of gin's cleanPath (discovery-api.md 1.3).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace discovery::codec {

/// Appends the decoding of `in`; `+` is a blank. False on an invalid escape; then `out` is as before.
[[nodiscard]] bool percent_decode_form(std::string_view in, std::string& out);

/// What percent_decode_form_to() returns on an invalid escape.
inline constexpr size_t kInvalidEscape = static_cast<size_t>(-1);

/// The same into memory of the caller: `to` has room for in.size() bytes. Returns the bytes written.
[[nodiscard]] size_t percent_decode_form_to(std::string_view in, char* to);

/// Replaces `out` by the decoded and cleaned path. `+` stays; escapes are decoded first, once, so `%2e%2e` counts as
/// `..`. Empty elements, `.` and `x/..` are resolved; the result begins with '/', never leaves the root, and keeps a
/// trailing slash (a final `.` leaves one too, as in gin). False when `raw` does not begin with '/', holds an invalid
/// escape or, decoded, a NUL; then `out` is empty.
[[nodiscard]] bool clean_path(std::string_view raw, std::string& out);

/// Appends `in` as a form value: the unreserved of RFC 3986 stay, every other byte becomes %XX.
void percent_encode(std::string_view in, std::string& out);

}  // namespace discovery::codec
