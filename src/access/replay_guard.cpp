#include "access/replay_guard.h"

#include <utility>

namespace discovery::access {

// A proof is good for a window before and after its time, so its nonce is kept for two windows at least.
ReplayGuard::Verdict ReplayGuard::first_time(const Nonce& nonce, TimePoint now, Duration window) {
  const MutexLock lock(mutex_);
  if (const Duration age = now - began_; age >= 2 * window || age < Duration::zero()) {
    std::swap(now_, before_);
    now_.clear();
    if (age >= 4 * window) before_.clear();
    began_ = now;
  }
  if (now_.contains(nonce) || before_.contains(nonce)) return Verdict::kSeen;
  if (now_.size() >= kNoncesMax) return Verdict::kFull;
  now_.insert(nonce);
  return Verdict::kFirst;
}

}  // namespace discovery::access
