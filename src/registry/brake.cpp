#include "registry/brake.h"

namespace discovery::registry {

void Brake::begin(TimePoint now) {
  for (auto& [id, entry] : entries_) {
    entry.going = 0;
    std::erase_if(entry.losses, [&](const Loss& loss) { return now - loss.at > settings_.expire_after; });
  }
}

void Brake::count(uint64_t app_id, size_t visible) {
  if (!settings_.brake) return;
  Entry& entry = entries_[app_id];
  entry.visible = static_cast<int64_t>(visible);
  ++entry.going;
}

void Brake::judge(Entry& entry, TimePoint now) {
  int64_t lost = 0;
  for (const Loss& loss : entry.losses) lost += loss.instances;
  const int64_t all = entry.visible + lost;
  const bool too_much = entry.going > 0 && all >= settings_.brake_min &&
                        static_cast<double>(entry.going + lost) > static_cast<double>(all) * settings_.brake_share;
  if (!too_much) {
    entry.held_since = {};
    entry.released = false;
  } else if (entry.held_since == TimePoint{}) {
    entry.held_since = now;
  }
  entry.held = too_much && !entry.released && now - entry.held_since < settings_.brake_max;
}

void Brake::decide(TimePoint now) {
  held_ = 0;
  for (auto& [id, entry] : entries_) {
    judge(entry, now);
    held_ += entry.held;
  }
  std::erase_if(entries_, [](const auto& e) { return e.second.going == 0 && e.second.losses.empty(); });
}

bool Brake::holds(uint64_t app_id) const {
  const auto it = entries_.find(app_id);
  return it != entries_.end() && it->second.held;
}

void Brake::release(uint64_t app_id) {
  const auto it = entries_.find(app_id);
  if (it != entries_.end() && it->second.held) it->second.released = true;
}

std::vector<Brake::Hold> Brake::holds() const {
  std::vector<Hold> holds;
  for (const auto& [id, e] : entries_) {
    if (e.held) holds.push_back({id, e.held_since, e.held_since + settings_.brake_max, e.visible, e.going});
  }
  return holds;
}

void Brake::hidden(uint64_t app_id, TimePoint now) {
  const auto it = entries_.find(app_id);
  if (it == entries_.end()) return;
  std::vector<Loss>& losses = it->second.losses;
  if (losses.empty() || losses.back().at != now) losses.push_back({now, 0});
  ++losses.back().instances;
}

}  // namespace discovery::registry
