#include "observe/log_limiter.h"

#include <utility>

namespace discovery::observe {

LogLimiter::LogLimiter(Options options) : options_(options), index_(0, Hash{options.hash_key}) {
  shared_.event = kSharedEvent;
}

bool LogLimiter::admit(const Line& line, TimePoint now, std::vector<Ended>& ended) {
  sweep(now, ended);
  Window& w = window_of(line, now);
  if (w.lines < options_.burst) {
    ++w.lines;
    return true;
  }
  w.level = line.level;
  ++w.suppressed;
  return false;
}

void LogLimiter::sweep(TimePoint now, std::vector<Ended>& ended) {
  while (!windows_.empty() && windows_.front().ends <= now) {
    Window& w = windows_.front();
    index_.erase(index_key(w.event, w.key));
    report(w, ended);
    windows_.pop_front();
  }
  if (shared_.ends <= now) {
    report(shared_, ended);
    shared_.lines = 0;
    shared_.ends = TimePoint::max();  // opened again by its first line
  }
}

LogLimiter::Window& LogLimiter::window_of(const Line& line, TimePoint now) {
  const std::string_view event = line.event.substr(0, kTextBytesMax);
  const std::string_view key = line.key.substr(0, kTextBytesMax);
  std::string name = index_key(event, key);
  if (const auto it = index_.find(name); it != index_.end()) return *it->second;
  if (windows_.size() >= options_.keys_max) {
    if (shared_.lines == 0) shared_.ends = now + options_.window;
    return shared_;
  }
  windows_.push_back({line.level, std::string(event), std::string(key), now + options_.window, 0, 0});
  index_.emplace(std::move(name), std::prev(windows_.end()));
  return windows_.back();
}

void LogLimiter::report(Window& window, std::vector<Ended>& ended) {
  if (window.suppressed == 0) return;
  ended.push_back({window.level, window.event, window.key, std::exchange(window.suppressed, 0)});
}

std::string LogLimiter::index_key(std::string_view event, std::string_view key) {
  std::string name(event);
  name += '\0';  // events are names of our own and hold none
  name += key;
  return name;
}

}  // namespace discovery::observe
