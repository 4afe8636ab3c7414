// Text from clients made safe for a terminal, a log line and a label value.
//
// Escaped as \uXXXX: C0, DEL, C1, the line separators U+2028 and U+2029, and every bidirectional control (U+061C,
// U+200E/F, U+202A to U+202E, U+2066 to U+2069). Each maximal ill-formed part of UTF-8 becomes U+FFFD (Unicode
// 15, 3.9). So the result is valid UTF-8 on one line.
// Thread: pure functions. (codec/text.h has a printable() of the same contract; observe may not include codec, and
// needs the JSON form besides.)
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace discovery::observe {

enum class EscapeMode {
  kPlain,  ///< as above
  kJson,   ///< besides, `"` and `\` get a backslash: the inside of a JSON string, which a JSON parser reads back
};

/// Appends at most `bytes_max` bytes of the escaped text, never cutting an escape or a character; when something is
/// left over, "…" (3 bytes more) follows and the answer is false.
bool append_escaped(std::string& out, std::string_view text, size_t bytes_max, EscapeMode mode);

}  // namespace discovery::observe
