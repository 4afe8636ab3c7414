// Pieces of JSON text, appended to a buffer the caller reuses.
//
// Thread: pure functions. Cost: linear; no allocation once `out` has its capacity.
// Source: RFC 8259; what is escaped beyond it: discovery-api.md 1.7 (Go's encoding/json) and 1.9 (text/template).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace discovery::codec {

/// Appends `text` as a JSON string, quotes included. `<` `>` `&` U+2028 U+2029 and controls are written as escapes;
/// each ill-formed part of UTF-8 becomes U+FFFD, so the output is always valid.
void append_json_string(std::string& out, std::string_view text);

void append_json_int(std::string& out, int64_t value);

/// Appends `text` so that it stands safely inside a script, without quotes: backslash and quotes get a backslash;
/// `<` `>` `&` `=`, C0, C1, U+2028, U+2029 and bidirectional controls become \uXXXX with capital digits; ill-formed
/// UTF-8 becomes U+FFFD. For the callback of JSONP.
void append_js_escaped(std::string& out, std::string_view text);

}  // namespace discovery::codec
