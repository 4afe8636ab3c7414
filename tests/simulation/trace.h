// The trace: one hash over everything that happened, equal for equal seeds in every build, and lines for people on
// demand. Lines are made only when somebody reads them.
#pragma once

#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string_view>

#include "simulation/sim_time.h"

namespace discovery::simulation {

class Trace {
 public:
  void number(uint64_t x) {
    hash_ ^= x;
    hash_ *= 0x9e3779b97f4a7c15ULL;
    hash_ ^= hash_ >> 29;
  }
  void bytes(std::string_view text) {
    number(text.size());
    while (text.size() >= 8) {
      uint64_t word = 0;
      std::memcpy(&word, text.data(), 8);
      number(word);
      text.remove_prefix(8);
    }
    for (const char c : text) number(static_cast<unsigned char>(c));
  }
  [[nodiscard]] uint64_t hash() const { return hash_; }

  void print_to(std::FILE* file) { file_ = file; }
  [[nodiscard]] bool prints() const { return file_ != nullptr; }
  [[gnu::format(printf, 3, 4)]] void line(Ns now, const char* format, ...) {
    if (!file_) return;
    std::fprintf(file_, "%12.6f ", static_cast<double>(now) / 1e9);
    va_list args;
    va_start(args, format);
    std::vfprintf(file_, format, args);
    va_end(args);
    std::fputc('\n', file_);
  }

 private:
  uint64_t hash_ = 0x243f6a8885a308d3ULL;
  std::FILE* file_ = nullptr;
};

}  // namespace discovery::simulation
