// Values as people read them: names that cannot play tricks on a terminal, numbers with separators, times as ages.
//
// Thread: pure functions. Errors: none; any bytes and any number are taken.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/time.h"

namespace discovery::ctl {

/// A text from outside: control and bidirectional characters as \uXXXX; "-" for none.
[[nodiscard]] std::string shown(std::string_view text);
/// 48211 is "48,211".
[[nodiscard]] std::string counted(int64_t number);
/// The largest unit that fits: "0s", "59s", "3m", "2h", "12d". What lies ahead is "in 3m".
[[nodiscard]] std::string age(Duration ago);
/// "2026-11-28T09:30:00Z"; "-" for 0 and what is no time.
[[nodiscard]] std::string utc(int64_t unix_ns);
/// "2026-11-28T09:30:00Z (3m ago)"; "-" for 0.
[[nodiscard]] std::string moment(int64_t unix_ns, TimePoint now);
/// "0.02s", "95s".
[[nodiscard]] std::string seconds_text(double seconds);
/// "12.3 MiB"
[[nodiscard]] std::string bytes_text(int64_t bytes);
/// Per second: "0", "0.4", "1,203".
[[nodiscard]] std::string rate_text(double per_second);
[[nodiscard]] std::string yes_no(bool yes);
/// 1 is "up", 2 "waiting".
[[nodiscard]] std::string status_text(int64_t status);
/// "1 instance", "3 instances": an English word and how many of it.
[[nodiscard]] std::string counted_of(int64_t number, std::string_view word);

/// JSON of one line, with control and bidirectional characters of its strings escaped, which leaves its meaning as it
/// was. Precondition: no white space outside of strings but blanks.
[[nodiscard]] std::string escaped_json(std::string_view json);

/// Columns that a terminal gives to well-formed UTF-8.
[[nodiscard]] size_t columns_of(std::string_view text);
/// At most so many columns; what was cut is "…".
[[nodiscard]] std::string cut_to(std::string_view text, size_t columns);

}  // namespace discovery::ctl
