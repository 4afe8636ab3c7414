// One step through text that claims to be UTF-8. Internal to src/codec.
//
// Source: Unicode 15, table 3-7 (well-formed sequences) and 3.9 (maximal subparts).
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace discovery::codec {

inline constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  ///< U+FFFD

struct Utf8Step {
  uint8_t bytes = 1;  ///< length of the sequence, or of the maximal ill-formed part; never 0
  bool valid = false;
  char32_t code_point = 0;  ///< when valid
};

/// Precondition: left > 0. Reads at most min(left, 4) bytes.
inline Utf8Step utf8_step(const char* text, size_t left) {
  const auto byte = [text](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {1, true, lead};
  if (lead < 0xC2 || lead > 0xF4) return {1, false, 0};
  const uint8_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  // Only the second byte has a range of its own: it excludes overlong forms, surrogates and what is past U+10FFFF.
  const unsigned char low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const unsigned char high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  if (left < 2 || byte(1) < low || byte(1) > high) return {1, false, 0};
  char32_t code = static_cast<char32_t>(lead & (0x7F >> length)) << 6 | (byte(1) & 0x3F);
  for (uint8_t i = 2; i < length; ++i) {
    if (i >= left || (byte(i) & 0xC0) != 0x80) return {i, false, 0};
    code = code << 6 | (byte(i) & 0x3F);
  }
  return {length, true, code};
}

/// How many bytes from the beginning are ASCII.
inline size_t ascii_prefix(std::string_view text) {
  size_t i = 0;
  for (; i + 8 <= text.size(); i += 8) {
    uint64_t word;
    std::memcpy(&word, text.data() + i, 8);
    if (word & 0x8080808080808080ULL) break;
  }
  while (i < text.size() && static_cast<unsigned char>(text[i]) < 0x80) ++i;
  return i;
}

}  // namespace discovery::codec
