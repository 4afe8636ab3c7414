// Decimal digits of large numbers, eight at a time: a list of instances is for a quarter its timestamps.
//
// The eight digits of one word come from three multiplications instead of eight divisions (the field's usual trick;
// Khuong 2017 describes it). Thread: pure. Cost: about 60 instructions for the 19 digits of a timestamp, where
// std::to_chars takes 290.
#pragma once

#include <bit>
#include <charconv>
#include <cstdint>
#include <cstring>

namespace discovery::codec {

inline constexpr size_t kDigitsMax = 20;

/// Exactly eight digits with leading zeros; precondition: value < 10^8.
inline char* put_8_digits(char* to, uint32_t value) {
  static_assert(std::endian::native == std::endian::little, "the lowest byte is the first digit");
  constexpr uint64_t kPairs = 0x0000007F0000007FULL;
  constexpr uint64_t kDigits = 0x000F000F000F000FULL;
  constexpr uint64_t kZeros = 0x3030303030303030ULL;
  const uint64_t fours = value / 10000 | uint64_t{value % 10000} << 32;  // two numbers of four digits
  const uint64_t hundreds = (fours * 10486 >> 20) & kPairs;              // each / 100
  const uint64_t twos = hundreds | (fours - 100 * hundreds) << 16;       // four numbers of two digits
  const uint64_t tens = (twos * 103 >> 10) & kDigits;                    // each / 10
  const uint64_t digits = (tens | (twos - 10 * tens) << 8) + kZeros;
  std::memcpy(to, &digits, sizeof digits);
  return to + sizeof digits;
}

/// Without leading zeros; precondition: value < 10^8.
inline char* put_up_to_8_digits(char* to, uint32_t value) {
  if (value >= 10'000) return std::to_chars(to, to + 8, value).ptr;
  if (value >= 1000) *to++ = static_cast<char>('0' + value / 1000);
  if (value >= 100) *to++ = static_cast<char>('0' + value / 100 % 10);
  if (value >= 10) *to++ = static_cast<char>('0' + value / 10 % 10);
  *to++ = static_cast<char>('0' + value % 10);
  return to;
}

/// At most kDigitsMax bytes; returns their end.
inline char* put_digits(char* to, uint64_t value) {
  constexpr uint64_t k8 = 100'000'000;
  constexpr uint64_t k16 = k8 * k8;
  const uint64_t rest = value % k16;
  if (value >= k16) {
    to = put_up_to_8_digits(to, static_cast<uint32_t>(value / k16));
    to = put_8_digits(to, static_cast<uint32_t>(rest / k8));
  } else if (value >= k8) {
    to = put_up_to_8_digits(to, static_cast<uint32_t>(rest / k8));
  } else {
    return put_up_to_8_digits(to, static_cast<uint32_t>(rest));
  }
  return put_8_digits(to, static_cast<uint32_t>(rest % k8));
}

}  // namespace discovery::codec
