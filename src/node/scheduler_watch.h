// The scheduler files beside the configuration, loaded at start, on reload, and within 5 s of a change
// (spec: discovery-api.md 11, D17).
//
// Thread: load() and tick() on the main thread or under the node's reload; a mutex keeps them apart.
#pragma once

#include <string>

#include "base/mutex.h"
#include "base/time.h"
#include "node/scheduler_files.h"
#include "observe/log.h"
#include "protocol/discovery/api.h"
#include "registry/registry.h"

namespace discovery::node {

class SchedulerWatch {
 public:
  static constexpr Duration kInterval = std::chrono::seconds(4);

  /// `directory` "": there are none.
  SchedulerWatch(registry::Registry& registry, protocol::ChangeSink& wakes, observe::Logger& logger,
                 std::string directory);

  /// Reads all files and hands the good ones to the registry; the others are warnings. Returns the number of good ones.
  size_t load(TimePoint now) EXCLUDES(mutex_);
  /// Loads when the directory looks different. Returns when it wants to be called again.
  TimePoint tick(TimePoint now) EXCLUDES(mutex_);

 private:
  size_t load_locked(TimePoint now) REQUIRES(mutex_);

  registry::Registry& registry_;
  protocol::ChangeSink& wakes_;
  observe::Logger& logger_;
  const std::string directory_;
  Mutex mutex_;
  uint64_t fingerprint_ GUARDED_BY(mutex_) = 0;
  TimePoint next_ GUARDED_BY(mutex_){};
};

}  // namespace discovery::node
