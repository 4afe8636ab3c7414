// Bytes of our own formats: little-endian base-128 numbers ("varint"), fixed numbers, length-prefixed texts.
//
// Reading fails softly and for good: after the first impossible byte every further read gives zero or nothing and ok()
// is false, so a decoder may read a whole structure and ask once. Views point into the bytes read. Pure functions.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace discovery {

inline void append_varint(std::string& out, uint64_t value) {
  while (value >= 0x80) {
    out += static_cast<char>(value | 0x80);
    value >>= 7;
  }
  out += static_cast<char>(value);
}

/// Small numbers of either sign are short.
inline void append_signed(std::string& out, int64_t value) {
  append_varint(out, (static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63));
}

/// Of fixed width, without padding.
template <std::unsigned_integral T>
void append_le(std::string& out, T v) {
  for (size_t i = 0; i < sizeof(T); ++i) out.push_back(static_cast<char>(static_cast<unsigned char>(v >> (8 * i))));
}

inline void append_fixed64(std::string& out, uint64_t value) { append_le(out, value); }

inline void append_text(std::string& out, std::string_view text) {
  append_varint(out, text.size());
  out.append(text);
}

/// Takes a number off the front. Precondition: it is there.
template <std::unsigned_integral T>
T take_le(std::string_view& bytes) {
  T v = 0;
  for (size_t i = 0; i < sizeof(T); ++i) {
    v = static_cast<T>(v | static_cast<T>(static_cast<T>(static_cast<unsigned char>(bytes[i])) << (8 * i)));
  }
  bytes.remove_prefix(sizeof(T));
  return v;
}

class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : rest_(bytes) {}

  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] bool at_end() const { return rest_.empty(); }
  [[nodiscard]] std::string_view rest() const { return rest_; }

  uint8_t byte() {
    if (rest_.empty()) return fail();
    const auto b = static_cast<uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return b;
  }
  uint64_t varint() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const uint8_t b = byte();
      if (shift == 63 && b > 1) return fail();  // more than 64 bits
      value |= static_cast<uint64_t>(b & 0x7f) << shift;
      if (b < 0x80) return ok_ ? value : 0;
    }
    return fail();
  }
  /// A varint that must not exceed `max`.
  uint64_t varint_up_to(uint64_t max) {
    const uint64_t value = varint();
    return value <= max ? value : fail();
  }
  int64_t signed_varint() {
    const uint64_t value = varint();
    return static_cast<int64_t>(value >> 1) ^ -static_cast<int64_t>(value & 1);
  }
  uint64_t fixed64() {
    std::string_view bytes = take(8);
    return bytes.empty() ? 0 : take_le<uint64_t>(bytes);
  }
  std::string_view text() { return take(varint()); }
  std::string_view take(uint64_t bytes) {
    if (bytes > rest_.size()) {
      fail();
      return {};
    }
    const std::string_view taken = rest_.substr(0, bytes);
    rest_.remove_prefix(bytes);
    return taken;
  }
  uint8_t fail() {
    ok_ = false;
    rest_ = {};
    return 0;
  }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace discovery
