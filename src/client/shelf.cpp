#include "client/shelf.h"

#include <utility>

#include "client/forms.h"
#include "discovery/watch.h"

namespace discovery::client {

Error Shelf::add(const std::string& appid) {
  const MutexLock lock(mutex_);
  if (watches_ >= kWatchHandlesMax) return {Errc::kLimit, "too many watches"};
  const auto place = places_.find(appid);
  if (place != places_.end()) {
    ++place->second.watches;
  } else {
    const size_t bytes = poll_bytes(appid);
    if (places_.size() >= kWatchesMax) return {Errc::kLimit, "more applications than one poll can ask for"};
    if (target_bytes_ + bytes > kTargetBytesMax) return {Errc::kLimit, "the names are too long for one poll"};
    target_bytes_ += bytes;
    places_[appid].watches = 1;
  }
  ++watches_;
  return {};
}

void Shelf::remove(const std::string& appid) {
  const MutexLock lock(mutex_);
  const auto place = places_.find(appid);
  if (place == places_.end()) return;
  --watches_;
  if (--place->second.watches > 0) return;
  target_bytes_ -= poll_bytes(appid);
  places_.erase(place);
}

void Shelf::put(const std::string& appid, List list) {
  {
    const MutexLock lock(mutex_);
    const auto place = places_.find(appid);
    if (place == places_.end()) return;
    place->second.list = std::move(list);
  }
  changed_.notify_all();
}

Shelf::List Shelf::get(const std::string& appid) const {
  const MutexLock lock(mutex_);
  const auto place = places_.find(appid);
  return place == places_.end() ? nullptr : place->second.list;
}

Shelf::List Shelf::wait(const std::string& appid, milliseconds patience) const {
  const auto until = std::chrono::steady_clock::now() + patience;
  const MutexLock lock(mutex_);
  for (;;) {
    const auto place = places_.find(appid);
    if (place == places_.end() || place->second.list) return place == places_.end() ? nullptr : place->second.list;
    if (changed_.wait_until(mutex_, until) == std::cv_status::timeout) return nullptr;
  }
}

void Shelf::set_nodes(std::vector<std::string> nodes) {
  const MutexLock lock(mutex_);
  nodes_ = std::move(nodes);
}

std::vector<std::string> Shelf::nodes() const {
  const MutexLock lock(mutex_);
  return nodes_;
}

}  // namespace discovery::client
