// Logging as the rest of the program sees it: events with fields, not sentences.
//
// An event is a snake_case name ("listening", "config_reloaded") and the fields that tell the rest. One event is one
// line; one line per state change, never one per heartbeat. Field names in use, so that one thing has one name in every
// line: ts level node proto event appid env zone host instance peer cause rev dur_ms req_id client addr error count,
// and those of our own helpers: key suppressed (limited_logger.h), method path status code bytes (access_log.h).
//
// Thread: every function may be called from any thread. No implementation blocks in log().
// Limits: a value at most 256 bytes after escaping (`error` 1,024), a line at most 8 KiB (log_line.h).
// Source: operations.md 3.
#pragma once

#include <atomic>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "base/result.h"

namespace discovery::observe {

enum class LogLevel : uint8_t { kDebug, kInfo, kWarn, kError };

/// "debug", "info", "warn", "error".
[[nodiscard]] std::string_view level_name(LogLevel level);
/// The reverse, without regard to case; "warning" too. None for anything else.
[[nodiscard]] std::optional<LogLevel> parse_level(std::string_view name);

/// A name and a value. Both are views: a field lives as long as the call it is written in.
struct LogField {
  using Value = std::variant<std::string_view, int64_t, double, bool>;

  constexpr LogField(std::string_view k, std::string_view v) : key(k), value(v) {}
  constexpr LogField(std::string_view k, const char* v) : key(k), value(std::string_view(v)) {}
  constexpr LogField(std::string_view k, std::same_as<bool> auto v) : key(k), value(v) {}
  constexpr LogField(std::string_view k, std::floating_point auto v) : key(k), value(static_cast<double>(v)) {}
  /// Numbers past int64_t are shown as its maximum.
  template <std::integral T>
  requires(!std::same_as<T, bool> && !std::same_as<T, char>) constexpr LogField(std::string_view k, T v)
      : key(k), value(std::in_range<int64_t>(v) ? static_cast<int64_t>(v) : std::numeric_limits<int64_t>::max()) {}
  /// In milliseconds with fraction: name the field `..._ms`.
  template <class Rep, class Period>
  constexpr LogField(std::string_view k, std::chrono::duration<Rep, Period> v)
      : key(k), value(std::chrono::duration<double, std::milli>(v).count()) {}

  std::string_view key;
  Value value;
};

class Logger {
 public:
  using Fields = std::span<const LogField>;

  virtual ~Logger() = default;
  Logger(const Logger&) = delete;
  Logger& operator=(const Logger&) = delete;

  /// Below the level set, this costs one relaxed load (and the making of the fields: ask enabled() where that is dear).
  void log(LogLevel level, std::string_view event, std::initializer_list<LogField> fields = {}) {
    log(level, event, Fields(fields.begin(), fields.size()));
  }
  void log(LogLevel level, std::string_view event, Fields fields) {
    if (enabled(level)) write(level, event, fields);
  }
  [[nodiscard]] bool enabled(LogLevel level) const noexcept { return level >= level_.load(std::memory_order_relaxed); }
  [[nodiscard]] LogLevel level() const noexcept { return level_.load(std::memory_order_relaxed); }
  void set_level(LogLevel level) noexcept { level_.store(level, std::memory_order_relaxed); }

  /// After the file was moved away: later lines go to a new file of the same name. On an error the old one stays.
  virtual Result<void> reopen() = 0;
  /// Waits until every line logged before by this thread is written or dropped; false when that took too long. For the
  /// end of the process and for tests, never on a reactor.
  virtual bool flush() = 0;
  /// Lines that were lost since the start: overrun in the queue, or refused by the file.
  [[nodiscard]] virtual uint64_t dropped() const = 0;

 protected:
  explicit Logger(LogLevel level) : level_(level) {}

 private:
  virtual void write(LogLevel level, std::string_view event, Fields fields) = 0;

  std::atomic<LogLevel> level_;
};

}  // namespace discovery::observe
