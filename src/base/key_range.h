// A range of keys as etcd says it: from `key` on, before `end`. No end is one key, an end of one zero byte is all
// behind.
//
// Values. Source: etcd-api.md 4, "KV/Range".
#pragma once

#include <compare>
#include <string>
#include <string_view>

namespace discovery {

struct KeyRange {
  std::string key;
  std::string end{};
  auto operator<=>(const KeyRange&) const = default;

  [[nodiscard]] bool single() const { return end.empty(); }
  [[nodiscard]] bool open_ended() const { return end.size() == 1 && end[0] == '\0'; }
  [[nodiscard]] bool holds(std::string_view name) const {
    if (single()) return name == key;
    return name >= key && (open_ended() || name < end);
  }
};

}  // namespace discovery
