#include "codec/text.h"

#include "codec/utf8.h"

namespace discovery::codec {

namespace {

constexpr std::string_view kEllipsis = "…";

/// What a terminal or a log reader may act upon, or show in another order than it was written.
bool is_control(char32_t c) {
  return c < 0x20 || (c >= 0x7F && c < 0xA0) ||        // C0, DEL, C1
         c == 0x061C || c == 0x200E || c == 0x200F ||  // bidirectional marks
         (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

}  // namespace

bool is_utf8(std::string_view text) {
  for (size_t i = ascii_prefix(text); i < text.size(); i += ascii_prefix(text.substr(i))) {
    const Utf8Step step = utf8_step(text.data() + i, text.size() - i);
    if (!step.valid) return false;
    i += step.bytes;
  }
  return true;
}

std::string repair_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  size_t good = 0;  // [good, i) is well formed and not yet in out
  for (size_t i = ascii_prefix(text); i < text.size(); i += ascii_prefix(text.substr(i))) {
    const Utf8Step step = utf8_step(text.data() + i, text.size() - i);
    if (!step.valid) {
      out.append(text.substr(good, i - good)).append(kReplacement);
      good = i + step.bytes;
    }
    i += step.bytes;
  }
  return out.append(text.substr(good));
}

std::string printable(std::string_view text, size_t bytes_max) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  for (size_t i = 0; i < text.size();) {
    const Utf8Step step = utf8_step(text.data() + i, text.size() - i);
    char escaped[6] = {'\\', 'u'};
    std::string_view piece = step.valid ? text.substr(i, step.bytes) : kReplacement;
    if (step.valid && is_control(step.code_point)) {  // all of them lie below U+10000
      for (unsigned d = 0; d < 4; ++d) escaped[2 + d] = kHex[step.code_point >> (12 - 4 * d) & 0xF];
      piece = {escaped, sizeof escaped};
    }
    if (out.size() + piece.size() > bytes_max) return out.append(kEllipsis);
    out.append(piece);
    i += step.bytes;
  }
  return out;
}

}  // namespace discovery::codec
