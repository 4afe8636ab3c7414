#include "page/assets.h"

#include <algorithm>

namespace discovery::page {

const Asset* find(std::string_view path) {
  const std::span<const Asset> all = assets();
  const auto at = std::lower_bound(all.begin(), all.end(), path,
                                   [](const Asset& asset, std::string_view name) { return asset.path < name; });
  return at == all.end() || at->path != path ? nullptr : &*at;
}

}  // namespace discovery::page
