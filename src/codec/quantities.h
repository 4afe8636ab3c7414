// Durations, sizes and numbers as people write them, in a configuration file or a query; and how they are written back.
//
// Thread: pure functions. Errors: kInvalidArgument, a message that names the value and what is expected, without the
// place where it stood. Source: durations are those of Go's time.ParseDuration, which the original's files use, but for
// the sign.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace discovery::codec {

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

/// For messages: the value in quotes, printable and cut.
[[nodiscard]] std::string shown(std::string_view text);

}  // namespace discovery::codec
