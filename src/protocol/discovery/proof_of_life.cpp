#include "protocol/discovery/proof_of_life.h"

#include <array>
#include <string>

namespace discovery::protocol {

uint64_t ProofOfLife::hash_of(std::string_view ip, const registry::InstanceKeyView& key) const {
  std::string text;
  for (const std::string_view part : std::array{ip, key.app.env, key.app.appid, key.zone, key.hostname}) {
    text.append(std::to_string(part.size())).append(":").append(part);
  }
  return siphash(secret_, text);
}

void ProofOfLife::drop_oldest() {
  const Entry oldest = by_age_.front();
  by_age_.pop_front();
  const auto it = latest_.find(oldest.hash);
  if (it != latest_.end() && it->second == oldest.at) latest_.erase(it);  // else it was renewed since
}

void ProofOfLife::renewed(std::string_view ip, const registry::InstanceKeyView& key, TimePoint now) {
  const uint64_t hash = hash_of(ip, key);
  const MutexLock lock(mutex_);
  while (!by_age_.empty() && by_age_.front().at < now - kWindow) drop_oldest();
  if (by_age_.size() == kEntriesMax) drop_oldest();
  by_age_.push_back({hash, now});
  latest_[hash] = now;
}

bool ProofOfLife::proves(std::string_view ip, const registry::InstanceKeyView& key, TimePoint now) const {
  const uint64_t hash = hash_of(ip, key);
  const MutexLock lock(mutex_);
  const auto it = latest_.find(hash);
  return it != latest_.end() && it->second >= now - kWindow;
}

size_t ProofOfLife::size() const {
  const MutexLock lock(mutex_);
  return latest_.size();
}

}  // namespace discovery::protocol
