#include "cluster/membership.h"

#include <algorithm>

namespace discovery::cluster {

Membership::Change Membership::merge(const MemberEntry& entry) {
  auto it = entries_.find(entry.address);
  if (it == entries_.end()) {
    if (entries_.size() >= kMembersMax) return Change::kNone;
    it = entries_.emplace(entry.address, MemberEntry{entry.address, entry.zone, 0, 0, 0}).first;
  }
  MemberEntry& e = it->second;
  const bool was = is_member(e);
  e.added = std::max(e.added, entry.added);
  e.removed = std::max(e.removed, entry.removed);
  if (e.zone.empty()) e.zone = entry.zone;
  if (e.node_id == 0) e.node_id = entry.node_id;
  if (was == is_member(e)) return Change::kNone;
  return was ? Change::kLeft : Change::kJoined;
}

Membership::Change Membership::add(std::string_view address, std::string_view zone, uint32_t generation) {
  const MemberEntry* known = find(address);
  if (generation == 0) {
    if (known) return Change::kNone;
    generation = 1;
  }
  return merge({std::string(address), std::string(zone), 0, generation, 0});
}

Membership::Change Membership::remove(std::string_view address) {
  const MemberEntry* known = find(address);
  if (!known || !is_member(*known)) return Change::kNone;
  MemberEntry gone = *known;
  gone.removed = gone.added;
  return merge(gone);
}

void Membership::set_node_id(std::string_view address, uint16_t node_id) {
  const auto it = entries_.find(address);
  if (it != entries_.end()) it->second.node_id = node_id;
}

bool Membership::contains(std::string_view address) const {
  const MemberEntry* e = find(address);
  return e && is_member(*e);
}

const MemberEntry* Membership::find(std::string_view address) const {
  const auto it = entries_.find(address);
  return it == entries_.end() ? nullptr : &it->second;
}

uint32_t Membership::next_generation(std::string_view address) const {
  const MemberEntry* e = find(address);
  if (!e) return 1;
  return is_member(*e) ? e->added : e->removed + 1;
}

std::string_view Membership::other_with_id(uint16_t node_id, std::string_view address) const {
  for (const auto& [name, e] : entries_) {
    if (e.node_id == node_id && name != address && is_member(e)) return name;
  }
  return {};
}

std::vector<MemberEntry> Membership::list() const {
  std::vector<MemberEntry> all;
  all.reserve(entries_.size());
  for (const auto& [name, e] : entries_) all.push_back(e);
  return all;
}

}  // namespace discovery::cluster
