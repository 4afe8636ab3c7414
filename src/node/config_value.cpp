#include "node/config_value.h"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "codec/text.h"

namespace discovery::node {
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

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool has_control(std::string_view utf8) {
  for (size_t i = 0; i < utf8.size(); ++i) {
    const auto c = static_cast<unsigned char>(utf8[i]);
    if (c < 0x20 || c == 0x7F) return true;
    if (c == 0xC2 && i + 1 < utf8.size() && static_cast<unsigned char>(utf8[i + 1]) < 0xA0) return true;  // C1
  }
  return false;
}

}  // namespace

std::string shown(std::string_view text) { return '"' + codec::printable(text, kShownBytesMax) + '"'; }

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
      if (codec::equals_ignoring_case(unit.name, rest) && add_product(bytes, count, unit.factor)) return bytes;
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

Result<ZoneNodes> parse_zones(std::string_view text) {
  ZoneNodes zones;
  while (!text.empty()) {
    const size_t semicolon = text.find(';');
    const std::string_view item = text.substr(0, semicolon);
    text.remove_prefix(semicolon == std::string_view::npos ? text.size() : semicolon + 1);
    const size_t equals = item.find('=');
    const std::string_view name = trim(item.substr(0, equals));
    if (equals == std::string_view::npos || name.empty()) {
      return invalid(shown(item) + " is no zone; write zone=host:port,host:port;zone2=host:port");
    }
    if (!zones.emplace(name, split_list(item.substr(equals + 1))).second) {
      return invalid("the zone " + shown(name) + " stands there twice");
    }
  }
  return zones;
}

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> items;
  while (!text.empty()) {
    const size_t comma = text.find(',');
    const std::string_view item = trim(text.substr(0, comma));
    if (!item.empty()) items.emplace_back(item);
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
  }
  return items;
}

Result<void> check_plain_text(std::string_view text, size_t bytes_max) {
  if (text.size() > bytes_max) {
    return invalid("has " + std::to_string(text.size()) + " bytes; at most " + std::to_string(bytes_max) +
                   " are allowed");
  }
  if (!codec::is_utf8(text)) return invalid(shown(text) + " is no valid UTF-8");
  if (has_control(text)) return invalid(shown(text) + " holds control characters");
  return {};
}

std::string quote_toml(std::string_view text) {
  constexpr std::string_view hex = "0123456789ABCDEF";
  std::string quoted = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (byte < 0x20 || byte == 0x7F) {
      quoted += "\\u00";
      quoted += hex[byte >> 4];
      quoted += hex[byte & 0xF];
    } else {
      quoted += c;
    }
  }
  return quoted += '"';
}

std::string quote_toml_list(const std::vector<std::string>& items) {
  std::string list = "[";
  for (const std::string& item : items) {
    if (list.size() > 1) list += ", ";
    list += quote_toml(item);
  }
  return list += ']';
}

}  // namespace discovery::node
