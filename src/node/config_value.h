// Values of the configuration as people write them: zones, lists, texts; durations and sizes are codec/quantities.h.
//
// Thread: pure functions. Errors: kInvalidArgument, a message that names the value and what is expected, without the
// place where it stood. Source: operations.md 1; durations are those of Go's time.ParseDuration, which the original's
// files use, but for the sign.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "codec/quantities.h"

namespace discovery::node {

/// Nodes of other zones: zone name -> host:port.
using ZoneNodes = std::map<std::string, std::vector<std::string>>;

using codec::format_duration;
using codec::format_fraction;
using codec::format_size;
using codec::parse_duration;
using codec::parse_fraction;
using codec::parse_number;
using codec::parse_size;
using codec::shown;

/// "sh002=10.2.0.10:7171,10.2.0.11:7171;sh003=10.3.0.10:7171": [zones] on one line. Addresses are not looked at.
[[nodiscard]] Result<ZoneNodes> parse_zones(std::string_view text);

/// At commas, blanks around items dropped; "" is no item.
[[nodiscard]] std::vector<std::string> split_list(std::string_view text);

/// At most `bytes_max` bytes of valid UTF-8 without control characters.
[[nodiscard]] Result<void> check_plain_text(std::string_view text, size_t bytes_max);

/// The text as a basic string of TOML, quotes included. Precondition: valid UTF-8.
[[nodiscard]] std::string quote_toml(std::string_view text);
[[nodiscard]] std::string quote_toml_list(const std::vector<std::string>& items);

}  // namespace discovery::node
