// One value on its way into a Config: what a source holds, checked against the key, and the way back to text.
//
// Thread: pure functions. Errors: kInvalidArgument; the message names the value and what is allowed, not the place.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "node/config_keys.h"

namespace discovery::node {

/// A value of a kind no key takes.
struct UnfitValue {
  std::string_view what;  ///< "a table", "a date"; of static storage
};

using RawValue = std::variant<bool, int64_t, double, std::string, std::vector<std::string>, ZoneNodes, UnfitValue>;

/// What a text from the environment or a flag means for this key.
[[nodiscard]] Result<RawValue> raw_from_text(const KeySpec& key, std::string_view text);

/// Checks kind, form and range, and stores the value. On an error `config` is unchanged. kIgnored takes everything.
[[nodiscard]] Result<void> assign(const KeySpec& key, const RawValue& raw, Config& config);

/// The value as TOML, such as `"40s"`, `[]` or `0.85`. Precondition: key.field is set and the type is not kZones.
[[nodiscard]] std::string format_value(const KeySpec& key, const Config& config);

[[nodiscard]] bool same_value(const KeySpec& key, const Config& a, const Config& b);
void copy_value(const KeySpec& key, const Config& from, Config& to);

}  // namespace discovery::node
