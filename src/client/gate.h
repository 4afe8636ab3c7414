// Through it goes every callback of one client: so that none runs any more once its owner was told so.
//
// A door belongs to one owner of callbacks: a watch, a registration, the client itself. Callbacks of a client come one
// at a time (they are one sequence), so one note of who is inside is enough. Lifecycle: shared by the client and its
// handles; knows neither. Thread: enter() and leave() on the client's sequence, the rest on any.
#pragma once

#include <condition_variable>
#include <thread>

#include "base/mutex.h"

namespace discovery::client {

class Gate {
 public:
  struct Door {
    bool closed = false;  ///< under the gate's mutex
  };

  /// False: it is closed, do not call.
  [[nodiscard]] bool enter(const Door& door) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    if (door.closed || closed_) return false;
    inside_ = &door;
    thread_ = std::this_thread::get_id();
    return true;
  }
  void leave() EXCLUDES(mutex_) {
    {
      const MutexLock lock(mutex_);
      inside_ = nullptr;
    }
    left_.notify_all();
  }

  /// After it no callback of this owner starts, and none runs, but the one that called this. True: none runs at all, so
  /// what it would call may be destroyed.
  bool close(Door& door) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    door.closed = true;
    while (inside_ == &door) {
      if (thread_ == std::this_thread::get_id()) return false;
      left_.wait(mutex_);
    }
    return true;
  }
  /// The same for all owners.
  bool close_all() EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    closed_ = true;
    while (inside_ != nullptr) {
      if (thread_ == std::this_thread::get_id()) return false;
      left_.wait(mutex_);
    }
    return true;
  }

 private:
  Mutex mutex_;
  std::condition_variable_any left_;
  bool closed_ GUARDED_BY(mutex_) = false;
  const Door* inside_ GUARDED_BY(mutex_) = nullptr;
  std::thread::id thread_ GUARDED_BY(mutex_);
};

}  // namespace discovery::client
