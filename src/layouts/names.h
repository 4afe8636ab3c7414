// Which texts can be names in the registry, and what is said of too much. Internal to src/layouts.
#pragma once

#include <string_view>

#include "layouts/settings.h"

namespace discovery::layouts {

/// 1 to name_bytes_max bytes of UTF-8 without control characters (C0, DEL, C1).
[[nodiscard]] bool is_name(std::string_view text, const InstanceLimits& limits);

inline constexpr std::string_view kTooManyAddrs = "more addresses than limits.addrs allows";
inline constexpr std::string_view kTooMuchMetadata = "metadata past limits.metadata_members or limits.metadata_bytes";

/// A name without comma, and not self_appid.
[[nodiscard]] bool is_appid(std::string_view text, const Settings& settings);

}  // namespace discovery::layouts
