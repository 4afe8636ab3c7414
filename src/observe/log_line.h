// One event as one line of text or JSON.
//
//   text  2026-11-20T13:05:26.123456Z INFO  node=n1 event=listening addr=127.0.0.1:7171 error="no such \"zone\""
//   json  {"ts":"2026-11-20T13:05:26.123456Z","level":"info","node":"n1","event":"listening","addr":"127.0.0.1:7171"}
//
// Fields stand in the order given. A text value is bare when it is visible ASCII without `=`, `"`, `\` or a blank;
// otherwise it is a JSON string, so both forms are read back without loss. Escaping: escape.h. A number that is not
// finite is null in JSON.
// Limits: the constants below. A line that would grow past kLineBytesMax ends with truncated=true instead of the fields
// that had no room. Thread: pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/time.h"
#include "observe/log.h"

namespace discovery::observe {

enum class LogFormat : uint8_t { kText, kJson };

inline constexpr size_t kLineBytesMax = 8192;        ///< with the line end
inline constexpr size_t kValueBytesMax = 256;        ///< of one value, escaped, before "…"
inline constexpr size_t kErrorValueBytesMax = 1024;  ///< the same of the field `error`
inline constexpr size_t kKeyBytesMax = 64;

struct LogEvent {
  TimePoint at{};
  LogLevel level = LogLevel::kInfo;
  std::string_view node;  ///< "": the field is left out
  std::string_view name;
  Logger::Fields fields;
};

/// Appends the line with its '\n'.
void append_line(std::string& out, LogFormat format, const LogEvent& event);

/// UTC with microseconds, "2026-11-20T13:05:26.123456Z".
[[nodiscard]] std::string format_time(TimePoint at);

}  // namespace discovery::observe
