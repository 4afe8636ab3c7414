// discovery.toml as a flat list of settings with their lines. The only place that knows the TOML library.
//
// Thread: pure function. Limits: kConfigBytesMax is the caller's; here: nesting of values 256 (the library's), and
// kDotsMax dots in names and fractions together. Errors: kInvalidArgument with file, line and column.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "node/config_assign.h"

namespace discovery::node {

struct FileSetting {
  std::string name;  ///< "section.key" or "key" as written; "section" when unknown_section
  uint32_t line = 0;
  RawValue value;
  bool unknown_section = false;
};

inline constexpr size_t kDotsMax = 1000;

/// In the order of the lines. Names are not checked against the keys, but for what is a section.
[[nodiscard]] Result<std::vector<FileSetting>> parse_toml(std::string_view file_name, std::string_view text);

}  // namespace discovery::node
