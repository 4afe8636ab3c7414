// Which bytes may stand where in an HTTP/1.1 message (RFC 9110 5.5, 5.6.2; RFC 9112 3.2), as one table of flags.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace discovery::codec {

enum HttpCharFlag : uint8_t {
  kTokenChar = 1,   ///< methods, field names
  kValueChar = 2,   ///< field values, chunk extensions: blank, tab, visible ASCII, bytes above 0x7f
  kTargetChar = 4,  ///< request targets: visible ASCII; bytes above 0x7f too, since clients send raw UTF-8
  kHostChar = 8,    ///< Host values: what a reg-name, an IP literal and a port are made of
  kPlainChar = 16,  ///< '/' and the unreserved characters: a path of these alone needs no decoding
};

constexpr std::array<uint8_t, 256> make_http_chars() {
  std::array<uint8_t, 256> table{};
  const auto mark = [&table](const char* chars, int flag) {
    for (; *chars; ++chars) {
      auto& entry = table[static_cast<unsigned char>(*chars)];
      entry = static_cast<uint8_t>(entry | flag);
    }
  };
  for (size_t c = 0x20; c < 256; ++c) {
    if (c == 0x7f) continue;
    table[c] = static_cast<uint8_t>(table[c] | kValueChar | (c > 0x20 ? kTargetChar : 0));
  }
  mark("\t", kValueChar);
  mark("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", kTokenChar | kHostChar | kPlainChar);
  mark("!#$%&'*+-.^_`|~", kTokenChar);
  mark("!$%&'()*+,-.:;=[]_~", kHostChar);
  mark("/-._~", kPlainChar);
  return table;
}

inline constexpr std::array<uint8_t, 256> kHttpChars = make_http_chars();

constexpr bool http_char(char c, HttpCharFlag flag) { return (kHttpChars[static_cast<unsigned char>(c)] & flag) != 0; }

}  // namespace discovery::codec
