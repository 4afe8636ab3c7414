// A Logger that remembers its events, for tests of whoever logs.
//
// Thread: any. Limit: the first kEventsMax events; later ones count as dropped.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/mutex.h"
#include "observe/log.h"

namespace discovery::observe {

class MemoryLogger final : public Logger {
 public:
  static constexpr size_t kEventsMax = 10'000;

  struct Field {
    std::string key;
    std::string value;  ///< numbers and booleans as in a line
    bool operator==(const Field&) const = default;
  };
  struct Event {
    LogLevel level;
    std::string name;
    std::vector<Field> fields;

    /// The value of the first field of that name, "" when there is none.
    [[nodiscard]] std::string field(std::string_view key) const;
  };

  explicit MemoryLogger(LogLevel level = LogLevel::kDebug) : Logger(level) {}

  [[nodiscard]] std::vector<Event> events() const EXCLUDES(mutex_);
  /// How many events of that name there are.
  [[nodiscard]] size_t count(std::string_view event) const EXCLUDES(mutex_);
  void clear() EXCLUDES(mutex_);

  Result<void> reopen() override { return {}; }
  bool flush() override { return true; }
  [[nodiscard]] uint64_t dropped() const override EXCLUDES(mutex_);

 private:
  void write(LogLevel level, std::string_view event, Fields fields) override EXCLUDES(mutex_);

  mutable Mutex mutex_;
  std::vector<Event> events_ GUARDED_BY(mutex_);
  uint64_t dropped_ GUARDED_BY(mutex_) = 0;
};

}  // namespace discovery::observe
