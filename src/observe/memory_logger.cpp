#include "observe/memory_logger.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace discovery::observe {

std::string MemoryLogger::Event::field(std::string_view key) const {
  const auto it = std::find_if(fields.begin(), fields.end(), [&](const Field& f) { return f.key == key; });
  return it == fields.end() ? std::string() : it->value;
}

std::vector<MemoryLogger::Event> MemoryLogger::events() const {
  const MutexLock lock(mutex_);
  return events_;
}

size_t MemoryLogger::count(std::string_view event) const {
  const MutexLock lock(mutex_);
  return static_cast<size_t>(
      std::count_if(events_.begin(), events_.end(), [&](const Event& e) { return e.name == event; }));
}

void MemoryLogger::clear() {
  const MutexLock lock(mutex_);
  events_.clear();
}

uint64_t MemoryLogger::dropped() const {
  const MutexLock lock(mutex_);
  return dropped_;
}

void MemoryLogger::write(LogLevel level, std::string_view event, Fields fields) {
  Event e{level, std::string(event), {}};
  for (const LogField& f : fields) {
    e.fields.push_back({std::string(f.key), std::visit([](auto v) { return fmt::format("{}", v); }, f.value)});
  }
  const MutexLock lock(mutex_);
  if (events_.size() == kEventsMax) {
    ++dropped_;
  } else {
    events_.push_back(std::move(e));
  }
}

}  // namespace discovery::observe
