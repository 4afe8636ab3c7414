#include "observe/escape.h"

#include <array>
#include <cstdint>

namespace discovery::observe {
namespace {

struct Decoded {
  char32_t code_point;
  size_t bytes;  ///< of the input, at least 1
  bool valid;
};

/// What the first byte of a sequence says: how many follow, and what the second may be (Unicode 15, table 3-7).
struct Lead {
  size_t trail;
  unsigned char second_min;
  unsigned char second_max;
};

constexpr Lead lead_of(unsigned char b) {
  if (b >= 0xc2 && b <= 0xdf) return {1, 0x80, 0xbf};
  if (b == 0xe0) return {2, 0xa0, 0xbf};
  if (b == 0xed) return {2, 0x80, 0x9f};
  if (b >= 0xe1 && b <= 0xef) return {2, 0x80, 0xbf};
  if (b == 0xf0) return {3, 0x90, 0xbf};
  if (b >= 0xf1 && b <= 0xf3) return {3, 0x80, 0xbf};
  if (b == 0xf4) return {3, 0x80, 0x8f};
  return {0, 0, 0};
}

/// Precondition: text is not empty.
Decoded decode(std::string_view text) {
  const auto first = static_cast<unsigned char>(text[0]);
  if (first < 0x80) return {first, 1, true};
  const Lead lead = lead_of(first);
  if (lead.trail == 0) return {0, 1, false};
  char32_t code_point = first & (0x3fU >> lead.trail);
  for (size_t i = 1; i <= lead.trail; ++i) {
    if (i == text.size()) return {0, i, false};
    const auto b = static_cast<unsigned char>(text[i]);
    if (b < (i == 1 ? lead.second_min : 0x80) || b > (i == 1 ? lead.second_max : 0xbf)) return {0, i, false};
    code_point = code_point << 6 | (b & 0x3fU);
  }
  return {code_point, lead.trail + 1, true};
}

constexpr bool must_escape(char32_t c) {
  return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x061c || c == 0x200e || c == 0x200f ||
         (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

/// \uXXXX; every character that must be escaped has four digits.
std::string_view unicode_escape(char32_t c, std::array<char, 6>& buffer) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  buffer = {'\\', 'u', kDigits[c >> 12 & 15], kDigits[c >> 8 & 15], kDigits[c >> 4 & 15], kDigits[c & 15]};
  return {buffer.data(), buffer.size()};
}

}  // namespace

bool append_escaped(std::string& out, std::string_view text, size_t bytes_max, EscapeMode mode) {
  size_t used = 0;
  std::array<char, 6> buffer;
  while (!text.empty()) {
    const Decoded d = decode(text);
    std::string_view piece = text.substr(0, d.bytes);
    if (!d.valid) {
      piece = "\xef\xbf\xbd";
    } else if (must_escape(d.code_point)) {
      piece = unicode_escape(d.code_point, buffer);
    } else if (mode == EscapeMode::kJson && (d.code_point == U'"' || d.code_point == U'\\')) {
      piece = d.code_point == U'"' ? "\\\"" : "\\\\";
    }
    if (used + piece.size() > bytes_max) {
      out += "\xe2\x80\xa6";
      return false;
    }
    out += piece;
    used += piece.size();
    text.remove_prefix(d.bytes);
  }
  return true;
}

}  // namespace discovery::observe
