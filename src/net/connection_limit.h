// How many connections the server has, in all and per client address, over all reactors.
//
// Thread: any. Per-address counting takes a mutex and is done only when that limit is set (off by default).
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <map>
#include <string>

#include "base/mutex.h"

namespace discovery::net {

class ConnectionLimit {
 public:
  /// `per_address_max` 0: no limit.
  ConnectionLimit(size_t max, size_t per_address_max) : max_(max), per_address_max_(per_address_max) {}

  /// False: over a limit, and nothing is counted.
  [[nodiscard]] bool admit(const std::string& ip);
  /// Those over a lower limit stay.
  void set_max(size_t max) { max_.store(max, std::memory_order_relaxed); }
  /// Once for each admitted connection.
  void release(const std::string& ip);
  [[nodiscard]] size_t open() const { return open_.load(std::memory_order_acquire); }
  /// Blocks until no connection is open (true) or that long (false).
  bool wait_until_none(std::chrono::nanoseconds at_most);

 private:
  std::atomic<size_t> max_;
  const size_t per_address_max_;
  std::atomic<size_t> open_{0};
  std::atomic<bool> awaited_{false};  ///< wait_until_none() is at work
  Mutex mutex_;
  std::condition_variable_any none_open_;
  /// At most max_ entries. Ordered: whoever has a network of IPv6 chooses addresses, and std::hash has no secret.
  std::map<std::string, size_t> by_address_ GUARDED_BY(mutex_);
};

}  // namespace discovery::net
