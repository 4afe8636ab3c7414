#include "access/replay_guard.h"

#include <utility>

namespace discovery::access {

// A proof is good for a window before and after its time, so its nonce is kept for two windows at least. `now` is when
// each reactor's event began: of two reactors one may be a little behind the other, and behind the last rotation.
ReplayGuard::Verdict ReplayGuard::first_time(const Nonce& nonce, TimePoint now, Duration window) {
  const MutexLock lock(mutex_);
  if (const Duration age = now - began_; age >= 2 * window) {
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

std::string ReplayGuard::kept() const {
  const MutexLock lock(mutex_);
  std::string nonces;
  for (const Set* set : {&now_, &before_}) {
    for (const Nonce& n : *set) nonces.append(reinterpret_cast<const char*>(n.data()), n.size());
  }
  return nonces;
}

bool ReplayGuard::take(std::string_view nonces, TimePoint now) {
  if (nonces.size() % sizeof(Nonce) != 0) return false;
  const MutexLock lock(mutex_);
  if (began_ == TimePoint{}) began_ = now;
  for (; !nonces.empty(); nonces.remove_prefix(sizeof(Nonce))) {
    Nonce nonce{};
    std::memcpy(nonce.data(), nonces.data(), nonce.size());
    before_.insert(nonce);  // which is kept for two windows from now on
  }
  return true;
}

}  // namespace discovery::access
