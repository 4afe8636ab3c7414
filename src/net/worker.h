// One thread for work that would hold up a reactor, behind a bounded queue.
//
// Lifecycle: the thread is started by the first work; stop(), which the destructor calls, waits for the work at hand
// and drops the rest. Thread: any. Limits: kWaitingMax pieces of work wait; past it none is taken.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <string>
#include <thread>

#include "base/mutex.h"

namespace discovery::net {

class Worker {
 public:
  static constexpr size_t kWaitingMax = 64;

  /// `name` is the thread's (15 characters are shown); `at_start` is the first it does.
  explicit Worker(
      std::string name, std::function<void()> at_start = [] {});
  ~Worker() { stop(); }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  /// False: too much waits already, or it has stopped.
  bool give(std::function<void()> work) EXCLUDES(mutex_);
  void stop() EXCLUDES(mutex_);

 private:
  void run() EXCLUDES(mutex_);

  const std::string name_;
  const std::function<void()> at_start_;
  Mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<std::function<void()>> waiting_ GUARDED_BY(mutex_);
  bool stopped_ GUARDED_BY(mutex_) = false;
  std::thread thread_ GUARDED_BY(mutex_);
};

}  // namespace discovery::net
