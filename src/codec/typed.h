// Parameter values as numbers, booleans and comma lists.
//
// Thread: pure functions. Errors: kInvalidArgument with the text of Go's strconv, the value made printable and cut to
// kQuotedBytesMax bytes. Source: discovery-api.md section 2, table of types.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"

namespace discovery::codec {

/// How much of a refused value its message shows.
inline constexpr size_t kQuotedBytesMax = 64;

/// ASCII decimal digits only, no sign; empty is 0.
[[nodiscard]] Result<uint32_t> parse_u32(std::string_view text);

/// ASCII decimal digits after at most one sign; empty is 0.
[[nodiscard]] Result<int64_t> parse_i64(std::string_view text);

/// `1 t T TRUE true True` are true, everything else is false.
[[nodiscard]] bool parse_bool(std::string_view text);

/// Calls f(std::string_view) for each item between commas that is not empty, in order.
template <class F>
void split_commas(std::string_view text, F f) {
  while (!text.empty()) {
    const size_t comma = text.find(',');
    const std::string_view item = text.substr(0, comma);
    if (!item.empty()) f(item);
    if (comma == std::string_view::npos) return;
    text.remove_prefix(comma + 1);
  }
}

}  // namespace discovery::codec
