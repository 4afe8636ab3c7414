// Numbers of fixed width in files: little-endian, without padding.
#pragma once

#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>

namespace discovery::storage {

template <std::unsigned_integral T>
void append_le(std::string& out, T v) {
  for (size_t i = 0; i < sizeof(T); ++i) out.push_back(static_cast<char>(static_cast<unsigned char>(v >> (8 * i))));
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

}  // namespace discovery::storage
