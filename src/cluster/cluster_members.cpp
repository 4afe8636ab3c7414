// Who belongs to the cluster, and who is reached: configured, discovered, told of by others, removed, gone.
#include "cluster/other.h"

namespace discovery::cluster {

namespace {
constexpr Duration kOriginalGap = std::chrono::seconds(75);  ///< its own renewal comes every 30 s
}  // namespace

Cluster::Other* Cluster::find_other(std::string_view address) {
  auto it = others_.find(address);
  if (it == others_.end()) {
    const auto alias = alias_.find(address);
    if (alias != alias_.end()) it = others_.find(alias->second);
  }
  return it == others_.end() ? nullptr : it->second.get();
}

Cluster::Other& Cluster::other_at(const std::string& address, const std::string& zone, TimePoint now) {
  if (Other* known = find_other(address)) {
    if (known->zone.empty()) known->zone = zone;
    return *known;
  }
  keep_changes(now);
  auto made = std::make_unique<Other>(*this, address, zone);
  made->next_hello = now;
  made->backoff = settings_.backoff_min;
  if (start_up_.accepts_writes()) made->peer.left_out(now);  // of what was written before
  coverage_.add(address);
  next_publish_ = now;
  return *others_.emplace(address, std::move(made)).first->second;
}

void Cluster::keep_changes(TimePoint now) {
  if (std::exchange(keeping_changes_, true)) return;
  registry_.keep_changes(true);
  lease_log_.append({}, true, now);  // what was renewed before is found by a walk
}

void Cluster::drop_other(const std::string& address, TimePoint now) {
  const auto it = others_.find(address);
  if (it == others_.end()) return;
  coverage_.remove(address, now);
  forget(address);
  others_.erase(it);
  next_publish_ = now;
}

// Members of whom others told are reached by us as well: renewals are told by the node that accepted them, to all.
void Cluster::refresh_members(TimePoint now) {
  for (const auto& [address, entry] : membership_.entries()) {
    if (address == settings_.address || alias_.contains(address)) continue;
    Other* other = find_other(address);
    if (membership_.contains(address)) {
      other_at(address, entry.zone, now);
      coverage_.add(address);
    } else if (other) {
      if (other->known_original && (other->seed || other->discovered)) continue;  // a member for as long as it is that
      if (other->seed || other->discovered) {
        coverage_.remove(address, now);  // still asked, until it joins again
      } else {
        drop_other(address, now);
      }
    }
  }
}

void Cluster::set_seeds(std::vector<SeedNode> seeds, TimePoint now) {
  std::vector<std::string> gone;
  for (auto& [address, other] : others_) {
    if (std::exchange(other->seed, false)) gone.push_back(address);
  }
  for (const SeedNode& seed : seeds) {
    if (seed.address == settings_.address) continue;
    const auto alias = alias_.find(seed.address);
    if (alias != alias_.end() && alias->second == settings_.address) continue;
    other_at(seed.address, seed.zone, now).seed = true;
    membership_.add(find_other(seed.address)->address, seed.zone, 0);
  }
  for (const std::string& address : gone) {
    const Other* other = find_other(address);
    if (other && !other->seed && !other->discovered && other->known_original) {
      membership_.remove(address);
      drop_other(address, now);
    } else if (other && !other->seed && other->ended) {
      retire(*other);  // its farewell stands, now that it is not expected back
    }
  }
  settings_.seeds = std::move(seeds);
  refresh_members(now);
}

void Cluster::set_discovered(std::vector<SeedNode> nodes, TimePoint now) {
  if (nodes == discovered_) return;
  for (auto& [address, other] : others_) other->discovered = false;
  for (const SeedNode& node : nodes) {
    if (node.address == settings_.address) continue;
    Other* other = find_other(node.address);
    if (!other && settings_.open_membership && others_.size() < kMembersMax)
      other = &other_at(node.address, node.zone, now);
    if (other) other->discovered = true;
  }
  discovered_ = std::move(nodes);
  // An original, or one that never answered, is a node only as long as it is listed.
  std::vector<std::string> gone;
  for (const auto& [address, other] : others_) {
    if (!other->discovered && !other->seed && !membership_.contains(address)) gone.push_back(address);
  }
  for (const std::string& address : gone) drop_other(address, now);
  publish(now);
}

void Cluster::original_spoke(const std::string& host, TimePoint now) {
  for (auto& [address, other] : others_) {
    if (other->known_ours || host_of(address) != host) continue;
    other->heard = now;
    coverage_.covered_until(address, now, kOriginalGap);
  }
}

Result<void> Cluster::remove(const std::string& address, TimePoint now) {
  Other* other = find_other(address);
  if (!other) return not_found("no such member");
  if (other->up()) return invalid("that node answers: end it first");
  if (membership_.remove(other->address) == Membership::Change::kNone) return not_found("no such member");
  effects_.tell("peer_removed", other->address, "by the operator");
  refresh_members(now);
  publish(now);
  return {};
}

// Nothing is accepted there any more, and all it accepted is here: waiting for it would be waiting for nothing. It
// counts as removed, so that when it is back everybody learns of it, also who cannot reach it, before coverage moves
// on. Not so a configured node: it may come back where nobody of us reaches it, and takes writes there at once (3.3).
void Cluster::took_farewell(Other& from, TimePoint now) {
  if (!membership_.contains(from.address)) return;
  effects_.tell("peer_farewell", from.address, "has ended");
  next_publish_ = now;
  from.ended = true;
  if (!from.seed) retire(from);
}

void Cluster::retire(const Other& other) {
  coverage_.retire(other.address);
  membership_.remove(other.address);
}

bool Cluster::admits(std::string_view address) const {
  if (settings_.open_membership || membership_.find(address)) return true;
  const auto it = others_.find(address);
  return it != others_.end() && (it->second->seed || it->second->discovered);
}

void Cluster::merge_members(const std::vector<MemberEntry>& members, TimePoint now) {
  for (const MemberEntry& m : members) membership_.merge(m);
  // Removed while it was silent, and back again: it joins anew.
  if (!leaving_ && !membership_.contains(settings_.address)) {
    membership_.add(settings_.address, settings_.zone, membership_.next_generation(settings_.address));
    membership_.set_node_id(settings_.address, settings_.node_id);
    effects_.tell("rejoined", settings_.address, "had been removed from the cluster");
  }
  refresh_members(now);
}

}  // namespace discovery::cluster
