#include "net/connection_limit.h"

namespace discovery::net {

bool ConnectionLimit::admit(const std::string& ip) {
  if (open_.fetch_add(1, std::memory_order_acq_rel) >= max_) {
    open_.fetch_sub(1, std::memory_order_acq_rel);
    return false;
  }
  if (per_address_max_ == 0) return true;
  const MutexLock lock(mutex_);
  size_t& count = by_address_[ip];
  if (count >= per_address_max_) {
    open_.fetch_sub(1, std::memory_order_acq_rel);
    return false;
  }
  ++count;
  return true;
}

void ConnectionLimit::release(const std::string& ip) {
  if (per_address_max_ > 0) {
    const MutexLock lock(mutex_);
    const auto entry = by_address_.find(ip);
    if (entry != by_address_.end() && --entry->second == 0) by_address_.erase(entry);
  }
  // Sequentially consistent with awaited_, so that either this sees the waiter or the waiter sees zero.
  if (open_.fetch_sub(1) == 1 && awaited_.load()) {
    const MutexLock lock(mutex_);
    none_open_.notify_all();
  }
}

bool ConnectionLimit::wait_until_none(std::chrono::nanoseconds at_most) {
  const MutexLock lock(mutex_);
  awaited_.store(true);
  const bool none = none_open_.wait_for(mutex_, at_most, [this] { return open_.load() == 0; });
  awaited_.store(false);
  return none;
}

}  // namespace discovery::net
