#include "ctl/wording.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>

#include "codec/text.h"

namespace discovery::ctl {

namespace {

/// A name of 1,024 bytes, all of which are escaped, is shown whole.
constexpr size_t kShownBytesMax = 6 * 1024;
constexpr std::string_view kEllipsis = "…";

struct CodePoint {
  char32_t value = 0;
  size_t bytes = 1;
};

/// Of well-formed text; anything else counts byte by byte.
CodePoint code_point_at(std::string_view text, size_t at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  const size_t bytes = lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  if (bytes == 1 || at + bytes > text.size()) return {lead, 1};
  char32_t value = lead & (0x7FU >> bytes);
  for (size_t i = 1; i < bytes; ++i) value = value << 6 | (static_cast<unsigned char>(text[at + i]) & 0x3FU);
  return {value, bytes};
}

/// East Asian wide characters and emoji take two columns, combining marks none (Unicode 15, TR 11, coarsely).
size_t columns_of(char32_t c) {
  if ((c >= 0x0300 && c <= 0x036F) || (c >= 0x200B && c <= 0x200D) || (c >= 0xFE00 && c <= 0xFE0F)) return 0;
  const bool wide = (c >= 0x1100 && c <= 0x115F) || (c >= 0x2E80 && c <= 0xA4CF) || (c >= 0xAC00 && c <= 0xD7A3) ||
                    (c >= 0xF900 && c <= 0xFAFF) || (c >= 0xFE30 && c <= 0xFE6F) || (c >= 0xFF00 && c <= 0xFF60) ||
                    (c >= 0xFFE0 && c <= 0xFFE6) || (c >= 0x1F300 && c <= 0x1FAFF) || (c >= 0x20000 && c <= 0x3FFFD);
  return wide ? 2 : 1;
}

std::string decimals(double value, int digits) {
  std::array<char, 64> text{};
  const int written = std::snprintf(text.data(), text.size(), "%.*f", digits, value);
  return written > 0 && static_cast<size_t>(written) < text.size() ? std::string(text.data()) : "-";
}

}  // namespace

std::string shown(std::string_view text) { return text.empty() ? "-" : codec::printable(text, kShownBytesMax); }

std::string counted(int64_t number) {
  std::string digits = std::to_string(number);
  const size_t first = digits.starts_with('-') ? 1 : 0;
  for (size_t i = digits.size(); i > first + 3;) digits.insert(i -= 3, ",");
  return digits;
}

std::string age(Duration ago) {
  using std::chrono::seconds;
  const int64_t whole = std::chrono::floor<seconds>(ago).count();
  if (whole < -1) return "in " + age(-ago);
  const int64_t s = std::max<int64_t>(whole, 0);  // clocks of two machines
  if (s < 60) return std::to_string(s) + "s";
  if (s < 3600) return std::to_string(s / 60) + "m";
  if (s < 48 * 3600) return std::to_string(s / 3600) + "h";
  return counted(s / 86400) + "d";
}

std::string utc(int64_t unix_ns) {
  if (unix_ns <= 0) return "-";
  using namespace std::chrono;
  const sys_time<nanoseconds> at{nanoseconds(unix_ns)};
  const auto day = floor<days>(at);
  const year_month_day date{day};
  const hh_mm_ss time{floor<seconds>(at - day)};
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                static_cast<int>(time.seconds().count()));
  return text.data();
}

std::string moment(int64_t unix_ns, TimePoint now) {
  if (unix_ns <= 0) return "-";
  const std::string apart = age(now - from_wire_ns(unix_ns));
  return utc(unix_ns) + " (" + (apart.starts_with("in ") ? apart : apart + " ago") + ")";
}

std::string seconds_text(double seconds) {
  if (!std::isfinite(seconds)) return "-";
  return decimals(seconds, std::fabs(seconds) < 10 ? 2 : 0) + "s";
}

std::string bytes_text(int64_t bytes) {
  constexpr std::array<std::string_view, 5> kUnits{"B", "KiB", "MiB", "GiB", "TiB"};
  auto value = static_cast<double>(bytes);
  size_t unit = 0;
  for (; value >= 1024 && unit + 1 < kUnits.size(); ++unit) value /= 1024;
  return (unit == 0 ? counted(bytes) : decimals(value, 1)) + " " + std::string(kUnits[unit]);
}

std::string rate_text(double per_second) {
  if (!std::isfinite(per_second) || std::fabs(per_second) > 1e15) return "-";
  if (per_second == 0) return "0";
  return per_second < 10 ? decimals(per_second, 1) : counted(std::llround(per_second));
}

std::string yes_no(bool yes) { return yes ? "yes" : "no"; }

std::string status_text(int64_t status) {
  if (status == 1) return "up";
  return status == 2 ? "waiting" : std::to_string(status);
}

std::string counted_of(int64_t number, std::string_view word) {
  return counted(number) + " " + std::string(word) + (number == 1 ? "" : "s");
}

std::string escaped_json(std::string_view json) { return codec::printable(json, std::string_view::npos); }

size_t columns_of(std::string_view text) {
  size_t columns = 0;
  for (size_t i = 0; i < text.size();) {
    const CodePoint c = code_point_at(text, i);
    columns += columns_of(c.value);
    i += c.bytes;
  }
  return columns;
}

std::string cut_to(std::string_view text, size_t columns) {
  if (columns_of(text) <= columns) return std::string(text);
  if (columns == 0) return "";
  size_t used = 0;
  size_t i = 0;
  while (i < text.size()) {
    const CodePoint c = code_point_at(text, i);
    if (used + columns_of(c.value) > columns - 1) break;
    used += columns_of(c.value);
    i += c.bytes;
  }
  return std::string(text.substr(0, i)).append(kEllipsis);
}

}  // namespace discovery::ctl
