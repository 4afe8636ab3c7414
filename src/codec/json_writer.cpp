#include "codec/json_writer.h"

#include <array>

#include "codec/digits.h"
#include "codec/utf8.h"

namespace discovery::codec {

namespace {

/// What a byte becomes: 0 as it is, kUnicode \u00XX, kWide look at the whole sequence, else backslash and that letter.
constexpr char kUnicode = 'u';
constexpr char kWide = 1;
using EscapeTable = std::array<char, 256>;

constexpr EscapeTable make_table(std::string_view as_unicode, std::string_view as_themselves) {
  EscapeTable t{};
  for (size_t c = 0; c < 0x20; ++c) t[c] = kUnicode;
  for (size_t c = 0x80; c < 0x100; ++c) t[c] = kWide;
  for (const char c : as_unicode) t[static_cast<unsigned char>(c)] = kUnicode;
  for (const char c : as_themselves) t[static_cast<unsigned char>(c)] = c;
  return t;
}

constexpr EscapeTable make_json_table() {
  EscapeTable t = make_table("<>&", "\"\\");
  t['\n'] = 'n';
  t['\r'] = 'r';
  t['\t'] = 't';
  t['\b'] = 'b';
  t['\f'] = 'f';
  return t;
}

struct JsonRules {
  static constexpr EscapeTable kTable = make_json_table();
  static constexpr std::string_view kHex = "0123456789abcdef";
  static bool escapes(char32_t c) { return c == 0x2028 || c == 0x2029; }  // line ends to a JavaScript before 2019
};

struct ScriptRules {
  static constexpr EscapeTable kTable = make_table("<>&=", "\\'\"");
  static constexpr std::string_view kHex = "0123456789ABCDEF";
  static bool escapes(char32_t c) {
    return c < 0xA0 || c == 0x061C || c == 0x200E || c == 0x200F || (c >= 0x2028 && c <= 0x202E) ||
           (c >= 0x2066 && c <= 0x2069);
  }
};

void append_unicode_escape(std::string& out, char32_t c, std::string_view hex) {
  const char escape[6] = {'\\', 'u', hex[c >> 12 & 0xF], hex[c >> 8 & 0xF], hex[c >> 4 & 0xF], hex[c & 0xF]};
  out.append(escape, sizeof escape);
}

template <class Rules>
void append_escaped(std::string& out, std::string_view text) {
  const char* p = text.data();
  const char* const end = p + text.size();
  const char* run = p;  // [run, p) goes out as it is
  while (p != end) {
    const auto byte = static_cast<unsigned char>(*p);
    const char action = Rules::kTable[byte];
    if (action == 0) [[likely]] {
      ++p;
      continue;
    }
    const Utf8Step step = utf8_step(p, static_cast<size_t>(end - p));
    if (action == kWide && step.valid && !Rules::escapes(step.code_point)) {
      p += step.bytes;
      continue;
    }
    out.append(run, static_cast<size_t>(p - run));
    if (!step.valid) {
      out.append(kReplacement);
    } else if (action == kWide || action == kUnicode) {
      append_unicode_escape(out, step.code_point, Rules::kHex);
    } else {
      out += '\\';
      out += action;
    }
    p += step.bytes;
    run = p;
  }
  out.append(run, static_cast<size_t>(end - run));
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  append_escaped<JsonRules>(out, text);
  out += '"';
}

void append_json_int(std::string& out, int64_t value) {
  char text[1 + kDigitsMax];
  char* to = text;
  auto magnitude = static_cast<uint64_t>(value);
  if (value < 0) {
    *to++ = '-';
    magnitude = 0 - magnitude;
  }
  out.append(text, static_cast<size_t>(put_digits(to, magnitude) - text));
}

void append_js_escaped(std::string& out, std::string_view text) { append_escaped<ScriptRules>(out, text); }

}  // namespace discovery::codec
