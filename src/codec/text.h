// Small questions about text, shared by the codecs.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace discovery::codec {

constexpr char ascii_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

/// ASCII letters only; other bytes compare as they are.
constexpr bool equals_ignoring_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (ascii_lower(a[i]) != ascii_lower(b[i])) return false;
  }
  return true;
}

/// Without the blanks and tabs around it.
constexpr std::string_view trim_blanks(std::string_view text) {
  constexpr auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

/// Without the line ends behind it.
constexpr std::string_view trim_line_ends(std::string_view text) {
  while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

/// Well-formed UTF-8 (no overlong forms, no surrogates, at most U+10FFFF).
[[nodiscard]] bool is_utf8(std::string_view text);

/// Each maximal ill-formed part becomes U+FFFD (Unicode 15, 3.9 "substitution of maximal subparts").
[[nodiscard]] std::string repair_utf8(std::string_view text);

/// For logs and messages: C0, DEL, C1 and bidirectional controls as \uXXXX, invalid UTF-8 as U+FFFD, at most
/// `bytes_max` bytes of the result (then "…").
[[nodiscard]] std::string printable(std::string_view text, size_t bytes_max = 256);

}  // namespace discovery::codec
