// Keys as segments between slashes. Keys are not paths of a file system: nothing is cleaned, a leading slash is part of
// the key, and `a//b` has an empty segment.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace discovery::layouts {

/// What follows `<prefix>/`; none when the key is not below the prefix. Below "" is every key, whole.
[[nodiscard]] constexpr std::optional<std::string_view> below(std::string_view key, std::string_view prefix) {
  if (prefix.empty()) return key;
  if (key.size() <= prefix.size() || !key.starts_with(prefix) || key[prefix.size()] != '/') return std::nullopt;
  return key.substr(prefix.size() + 1);
}

struct LastSlash {
  std::string_view before;
  std::string_view after;
};

[[nodiscard]] constexpr std::optional<LastSlash> split_last(std::string_view key) {
  const size_t slash = key.rfind('/');
  if (slash == std::string_view::npos) return std::nullopt;
  return LastSlash{key.substr(0, slash), key.substr(slash + 1)};
}

/// All of a key without slash.
[[nodiscard]] constexpr std::string_view last_segment(std::string_view key) { return key.substr(key.rfind('/') + 1); }

}  // namespace discovery::layouts
