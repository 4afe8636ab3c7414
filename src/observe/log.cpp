#include "observe/log.h"

#include <algorithm>
#include <array>

namespace discovery::observe {
namespace {

constexpr std::array<std::string_view, 4> kNames = {"debug", "info", "warn", "error"};

bool equals_ignoring_case(std::string_view a, std::string_view lower) {
  return std::equal(a.begin(), a.end(), lower.begin(), lower.end(),
                    [](char x, char y) { return x == y || (x >= 'A' && x <= 'Z' && x + ('a' - 'A') == y); });
}

}  // namespace

std::string_view level_name(LogLevel level) { return kNames[static_cast<size_t>(level)]; }

std::optional<LogLevel> parse_level(std::string_view name) {
  for (size_t i = 0; i < kNames.size(); ++i) {
    if (equals_ignoring_case(name, kNames[i])) return static_cast<LogLevel>(i);
  }
  if (equals_ignoring_case(name, "warning")) return LogLevel::kWarn;
  return std::nullopt;
}

}  // namespace discovery::observe
