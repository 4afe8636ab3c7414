// What the threads of a caller see of a client: the lists it has, who it speaks with, what is being watched.
//
// Written by the client's sequence, read by anybody; a list is replaced as a whole and never changed.
// Thread: any. Limits: kWatchesMax applications, kWatchHandlesMax watches, kTargetBytesMax of a poll's request line.
#pragma once

#include <atomic>
#include <condition_variable>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "discovery/instance.h"
#include "discovery/options.h"

namespace discovery::client {

/// A registry takes heads of 256 KiB; the rest is left to proxies and headers.
inline constexpr size_t kTargetBytesMax = size_t{192} * 1024;

class Shelf {
 public:
  using List = std::shared_ptr<const InstanceList>;

  /// One more watch of it: kLimit when there is no room.
  [[nodiscard]] Error add(const std::string& appid) EXCLUDES(mutex_);
  /// One less; with the last one its list goes.
  void remove(const std::string& appid) EXCLUDES(mutex_);

  /// Dropped when nobody watches it any more.
  void put(const std::string& appid, List list) EXCLUDES(mutex_);
  [[nodiscard]] List get(const std::string& appid) const EXCLUDES(mutex_);
  [[nodiscard]] List wait(const std::string& appid, milliseconds patience) const EXCLUDES(mutex_);

  void set_nodes(std::vector<std::string> nodes) EXCLUDES(mutex_);
  [[nodiscard]] std::vector<std::string> nodes() const EXCLUDES(mutex_);

  std::atomic<bool> reachable = false;

 private:
  struct Place {
    size_t watches = 0;
    List list;
  };

  mutable Mutex mutex_;
  mutable std::condition_variable_any changed_;
  std::map<std::string, Place> places_ GUARDED_BY(mutex_);
  size_t watches_ GUARDED_BY(mutex_) = 0;
  size_t target_bytes_ GUARDED_BY(mutex_) = 0;
  std::vector<std::string> nodes_ GUARDED_BY(mutex_);
};

}  // namespace discovery::client
