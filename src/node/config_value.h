// Values of the configuration as people write them: durations, sizes, texts; and how they are written back.
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

namespace discovery::node {

/// Nodes of other zones: zone name -> host:port.
using ZoneNodes = std::map<std::string, std::vector<std::string>>;

/// "40s", "1m30s", "1.5h", "500ms", "0". Units ns us ms s m h. Decimals past a nanosecond are cut off.
[[nodiscard]] Result<Duration> parse_duration(std::string_view text);
/// The shortest text that parse_duration() takes for the same duration: "1m30s". Precondition: not negative.
[[nodiscard]] std::string format_duration(Duration duration);

/// "4096", "64KiB", "10MB"; units B kB KB MB GB TB KiB MiB GiB TiB, without regard to case. At most 2^63 - 1.
[[nodiscard]] Result<uint64_t> parse_size(std::string_view text);
/// In the largest binary unit that divides it: "64MiB", "1000".
[[nodiscard]] std::string format_size(uint64_t bytes);

/// Decimal digits only, at most 2^63 - 1.
[[nodiscard]] Result<uint64_t> parse_number(std::string_view text);
[[nodiscard]] Result<double> parse_fraction(std::string_view text);
/// The shortest text that reads back as the same number.
[[nodiscard]] std::string format_fraction(double value);

/// "sh002=10.2.0.10:7171,10.2.0.11:7171;sh003=10.3.0.10:7171": [zones] on one line. Addresses are not looked at.
[[nodiscard]] Result<ZoneNodes> parse_zones(std::string_view text);

/// At commas, blanks around items dropped; "" is no item.
[[nodiscard]] std::vector<std::string> split_list(std::string_view text);

/// At most `bytes_max` bytes of valid UTF-8 without control characters.
[[nodiscard]] Result<void> check_plain_text(std::string_view text, size_t bytes_max);

/// The text as a basic string of TOML, quotes included. Precondition: valid UTF-8.
[[nodiscard]] std::string quote_toml(std::string_view text);
[[nodiscard]] std::string quote_toml_list(const std::vector<std::string>& items);

/// For messages: the value in quotes, printable and cut.
[[nodiscard]] std::string shown(std::string_view text);

}  // namespace discovery::node
