#include "codec/quantities.h"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "codec/text.h"

namespace discovery::codec {
namespace {

constexpr size_t kShownBytesMax = 80;
constexpr uint64_t kLargest = static_cast<uint64_t>(std::numeric_limits<int64_t>::max());

struct Unit {
  std::string_view name;
  uint64_t factor;
};

// Ordered from large to small, as format_duration() takes them.
constexpr std::array<Unit, 6> kDurationUnits{{{"h", 3'600'000'000'000},
                                              {"m", 60'000'000'000},
                                              {"s", 1'000'000'000},
                                              {"ms", 1'000'000},
                                              {"us", 1'000},
                                              {"ns", 1}}};
constexpr std::array<Unit, 9> kSizeUnits{{{"B", 1},
                                          {"KB", 1'000},
                                          {"MB", 1'000'000},
                                          {"GB", 1'000'000'000},
                                          {"TB", 1'000'000'000'000},
                                          {"KiB", 1ULL << 10},
                                          {"MiB", 1ULL << 20},
                                          {"GiB", 1ULL << 30},
                                          {"TiB", 1ULL << 40}}};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string_view take_digits(std::string_view& text) {
  size_t n = 0;
  while (n < text.size() && is_digit(text[n])) ++n;
  const std::string_view digits = text.substr(0, n);
  text.remove_prefix(n);
  return digits;
}

std::string_view take_unit(std::string_view& text) {
  size_t n = 0;
  while (n < text.size() && !is_digit(text[n]) && text[n] != '.') ++n;
  const std::string_view unit = text.substr(0, n);
  text.remove_prefix(n);
  return unit;
}

const Unit* find_duration_unit(std::string_view name) {
  if (name == "\xC2\xB5s" || name == "\xCE\xBCs") name = "us";  // the micro sign and the Greek letter, as in Go
  for (const Unit& unit : kDurationUnits) {
    if (unit.name == name) return &unit;
  }
  return nullptr;
}

/// False: not a number, or past 2^63 - 1.
bool read_u63(std::string_view digits, uint64_t& value) {
  const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return problem == std::errc{} && end == digits.data() + digits.size() && value <= kLargest;
}

bool add_product(uint64_t& sum, uint64_t a, uint64_t b) {
  uint64_t product = 0;
  return !__builtin_mul_overflow(a, b, &product) && !__builtin_add_overflow(sum, product, &sum) && sum <= kLargest;
}

/// digits / 10^digits.size() of a unit; exact as far as a nanosecond goes.
uint64_t part_of(std::string_view digits, uint64_t factor) {
  uint64_t sum = 0;
  for (const char c : digits) {
    factor /= 10;
    sum += static_cast<uint64_t>(c - '0') * factor;
  }
  return sum;
}

/// One "1.5h" at the beginning of `text`.
bool add_duration_part(std::string_view& text, uint64_t& sum_ns) {
  const std::string_view whole = take_digits(text);
  std::string_view decimals;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    decimals = take_digits(text);
  }
  if (whole.empty() && decimals.empty()) return false;
  const Unit* unit = find_duration_unit(take_unit(text));
  uint64_t count = 0;
  if (unit == nullptr || (!whole.empty() && !read_u63(whole, count))) return false;
  return add_product(sum_ns, count, unit->factor) && add_product(sum_ns, part_of(decimals, unit->factor), 1);
}

}  // namespace

std::string shown(std::string_view text) { return '"' + printable(text, kShownBytesMax) + '"'; }

Result<Duration> parse_duration(std::string_view text) {
  if (text == "0") return Duration(0);
  std::string_view rest = text;
  uint64_t sum_ns = 0;
  bool good = !rest.empty();
  while (good && !rest.empty()) good = add_duration_part(rest, sum_ns);
  if (!good) return invalid(shown(text) + " is no duration; write it with a unit, such as 30s, 1m30s or 500ms");
  return Duration(static_cast<int64_t>(sum_ns));
}

std::string format_duration(Duration duration) {
  auto left = static_cast<uint64_t>(duration.count());
  if (left == 0) return "0s";
  std::string text;
  for (const Unit& unit : kDurationUnits) {
    if (left >= unit.factor) text += std::to_string(left / unit.factor) += unit.name;
    left %= unit.factor;
  }
  return text;
}

Result<uint64_t> parse_size(std::string_view text) {
  std::string_view rest = text;
  const std::string_view digits = take_digits(rest);
  uint64_t count = 0;
  uint64_t bytes = 0;
  if (read_u63(digits, count)) {
    if (rest.empty()) return count;
    for (const Unit& unit : kSizeUnits) {
      if (equals_ignoring_case(unit.name, rest) && add_product(bytes, count, unit.factor)) return bytes;
    }
  }
  return invalid(shown(text) + " is no size; write bytes, or a unit: 4096, 64KiB, 64MiB, 10MB");
}

std::string format_size(uint64_t bytes) {
  if (bytes != 0) {
    for (auto unit = kSizeUnits.rbegin(); unit->name.size() == 3; ++unit) {
      if (bytes % unit->factor == 0) return std::to_string(bytes / unit->factor).append(unit->name);
    }
  }
  return std::to_string(bytes);
}

Result<uint64_t> parse_number(std::string_view text) {
  uint64_t value = 0;
  if (text.empty() || !is_digit(text.front()) || !read_u63(text, value)) {
    return invalid(shown(text) + " is no whole number");
  }
  return value;
}

Result<double> parse_fraction(std::string_view text) {
  double value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) {
    return invalid(shown(text) + " is no number");
  }
  return value;
}

std::string format_fraction(double value) {
  std::array<char, 32> buffer{};
  const auto [end, problem] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  std::string text(buffer.data(), end);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";  // TOML would read an integer
  return text;
}

}  // namespace discovery::codec
