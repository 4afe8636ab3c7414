// Whether a signed request was here before.
//
// Keeps the nonces of two windows: one that is filled, and the one before. A proof older than a window is refused for
// its age (access_control.h), so a nonce that was forgotten can't come again.
// Thread: any; one for all reactors of a node. Limits: kNoncesMax a window, past which nothing is let through: only who
// has the key can put something in.
#pragma once

#include <cstring>
#include <string>
#include <string_view>
#include <unordered_set>

#include "access/peer_signature.h"
#include "base/mutex.h"
#include "base/siphash.h"
#include "base/time.h"

namespace discovery::access {

class ReplayGuard {
 public:
  static constexpr size_t kNoncesMax = 200'000;

  enum class Verdict : uint8_t { kFirst, kSeen, kFull };

  explicit ReplayGuard(const HashKey& key) : now_(0, Hash{key}), before_(0, Hash{key}) {}

  /// `window`: how long a proof is good, counted in both directions from `now`.
  [[nodiscard]] Verdict first_time(const Nonce& nonce, TimePoint now, Duration window);

  /// The nonces it keeps, one behind the other, for the guard of the process that takes this one's place.
  [[nodiscard]] std::string kept() const;
  /// What another guard kept was seen here too; false, and nothing is taken, where those are no nonces.
  [[nodiscard]] bool take(std::string_view nonces, TimePoint now);

 private:
  struct Hash {
    HashKey key;
    size_t operator()(const Nonce& n) const {
      return siphash(key, {reinterpret_cast<const char*>(n.data()), n.size()});
    }
  };
  using Set = std::unordered_set<Nonce, Hash>;

  mutable Mutex mutex_;
  Set now_ GUARDED_BY(mutex_);
  Set before_ GUARDED_BY(mutex_);
  TimePoint began_ GUARDED_BY(mutex_){};
};

}  // namespace discovery::access
