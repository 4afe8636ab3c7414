// Which applications may have virtual keys in a range of keys, so that a Range or Watch need not look at all of them.
//
// Thread: pure functions. Cost: linear in the keys and in settings.naming_targets, and the square of
// limits.name_bytes_max for keys as long as that.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/key_range.h"
#include "layouts/layout.h"
#include "layouts/settings.h"

namespace discovery::layouts {

/// Applications from <= appid < to, by bytes.
struct AppRange {
  Layout layout = Layout::kNone;  ///< in which they are shown there
  std::string from;
  std::string to;  ///< "": without end

  [[nodiscard]] bool contains(std::string_view appid) const { return from <= appid && (to.empty() || appid < to); }
  /// The one application it can hold; "" when it may hold more.
  [[nodiscard]] std::string_view only() const;
};

/// An application that is in none of these has no virtual key in the range; one that is may have some. Empty: nothing
/// virtual is there. A prefix that names an application and ends with a slash gives that application alone, and in
/// kratos those whose appid goes on after that slash. Not in the order of keys: `a-b/` comes before `a/`.
[[nodiscard]] std::vector<AppRange> apps_in(const KeyRange& range, const Settings& settings);

}  // namespace discovery::layouts
