#include "cluster/coverage.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace discovery::cluster {

void Coverage::Mapping::sample(int64_t sent_ns, TimePoint received) {
  const int64_t offset = to_wire_ns(received) - sent_ns;
  offset_ns_ = known_ ? std::min(offset_ns_, offset) : offset;
  known_ = true;
}

// Whatever a sender claims, the result is a time that can be reckoned with.
TimePoint Coverage::Mapping::ours(int64_t theirs_ns) const {
  int64_t sum = 0;
  if (__builtin_add_overflow(theirs_ns, offset_ns_, &sum))
    sum = theirs_ns < 0 ? 0 : std::numeric_limits<int64_t>::max();
  return from_wire_ns(std::max<int64_t>(0, sum));
}

Coverage::Coverage(LeaseWindow settings, TimePoint own_boot) : settings_(settings), stretch_from_(own_boot) {}

void Coverage::add(const std::string& address) { peers_.try_emplace(address); }

void Coverage::remove(const std::string& address, TimePoint now) {
  if (peers_.erase(address) > 0) begin_stretch_at(now);
}

void Coverage::retire(const std::string& address) { peers_.erase(address); }

void Coverage::begin_stretch_at(TimePoint now) { stretch_from_ = std::max(stretch_from_, now); }

void Coverage::heard(const std::string& address, uint64_t boot, int64_t sent_ns, TimePoint now) {
  const auto it = peers_.find(address);
  if (it == peers_.end()) return;  // not a member: nobody waits for it
  Peer& p = it->second;
  if (p.boot != boot) {  // its clock, and what it accepted before, are another's
    p.boot = boot;
    p.mapping = {};
    p.held_ns = 0;
  }
  p.mapping.sample(sent_ns, now);
}

void Coverage::covered(const std::string& address, int64_t from_ns, int64_t to_ns) {
  const auto it = peers_.find(address);
  if (it == peers_.end() || !it->second.mapping.known()) return;
  Peer& p = it->second;
  const bool hole = !p.any || p.held_ns == 0 || from_ns > p.held_ns;
  if (hole) p.gap = p.mapping.ours(from_ns);
  if (!hole && to_ns <= p.held_ns) return;  // a message that was overtaken
  p.held_ns = to_ns;
  p.cov = p.mapping.ours(to_ns);
  p.any = p.by_summary = true;
}

void Coverage::covered_until(const std::string& address, TimePoint until, Duration longest_gap) {
  const auto it = peers_.find(address);
  if (it == peers_.end()) return;
  Peer& p = it->second;
  if (!p.any || std::exchange(p.by_summary, false) || until - p.cov > longest_gap) p.gap = until;
  p.cov = std::max(p.cov, until);
  p.any = true;
}

void Coverage::uncover(const std::string& address) {
  const auto it = peers_.find(address);
  if (it != peers_.end()) it->second.any = false;
}

int64_t Coverage::held_until(std::string_view address, uint64_t boot) const {
  const auto it = peers_.find(address);
  return it != peers_.end() && it->second.boot == boot ? it->second.held_ns : 0;
}

const Coverage::Mapping* Coverage::mapping(std::string_view address) const {
  const auto it = peers_.find(address);
  return it != peers_.end() && it->second.mapping.known() ? &it->second.mapping : nullptr;
}

TimePoint Coverage::proven(TimePoint now) {
  TimePoint from = stretch_from_;
  TimePoint to = now;
  for (const auto& [address, p] : peers_) {
    if (!p.any) return proven_;
    from = std::max(from, p.gap);
    to = std::min(to, p.cov);
  }
  if (to - from >= settings_.window) proven_ = std::max(proven_, to);
  return proven_;
}

TimePoint Coverage::least() const {
  TimePoint least = TimePoint::max();
  for (const auto& [address, peer] : peers_) least = std::min(least, peer.any ? peer.cov : TimePoint{});
  return least;
}

bool Coverage::all_covered(TimePoint at_least) const {
  return std::all_of(peers_.begin(), peers_.end(), [&](const auto& item) {
    const Peer& p = item.second;
    return p.any && p.cov >= at_least;
  });
}

}  // namespace discovery::cluster
