// The thread for what takes long and is asked rarely: metrics of a large registry, a reload, questions to the cluster.
// A reactor gives it away and goes on serving.
//
// Lifecycle: the thread runs from construction to stop(), which waits for the work at hand and drops the rest.
// Thread: any. Limits: kWaitingMax pieces of work wait; past it none is taken.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <thread>

#include "base/mutex.h"

namespace discovery::node {

class Clerk {
 public:
  static constexpr size_t kWaitingMax = 64;

  Clerk();
  ~Clerk() { stop(); }
  Clerk(const Clerk&) = delete;
  Clerk& operator=(const Clerk&) = delete;

  /// False: too much waits already, or it has stopped.
  [[nodiscard]] bool give(std::function<void()> work) EXCLUDES(mutex_);
  void stop() EXCLUDES(mutex_);

 private:
  void run() EXCLUDES(mutex_);

  Mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<std::function<void()>> waiting_ GUARDED_BY(mutex_);
  bool stopped_ GUARDED_BY(mutex_) = false;
  std::thread thread_;  ///< last: it uses what stands above
};

}  // namespace discovery::node
