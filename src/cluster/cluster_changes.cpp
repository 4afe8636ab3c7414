// What was changed and renewed here, and who is told of it.
//
// Renewals and digests go to every node. A changed record goes to every node of the own zone, and to one node of each
// other zone, its gateway, which passes it on to the nodes of its zone (docs/decisions/0021). A gateway that fails or
// is slow is replaced, and its successor gets once more what the last seconds brought; whatever falls between is found
// by the next digests.
#include <algorithm>
#include <utility>

#include "cluster/other.h"

namespace discovery::cluster {

using State = Cluster::Other::State;
using Reach = Cluster::Other::Reach;

namespace {
constexpr size_t kDelayedMax = 65536;
constexpr Duration kSlowGateway = std::chrono::seconds(1);  ///< a push waits so long for its answer
/// What a gateway took may still be lost with it: a call's time-out, and the time to pass it on.
constexpr Duration kToldAgain = std::chrono::seconds(10);
}  // namespace

void Cluster::take_local_changes(TimePoint now) {
  changes_.changed.clear();
  changes_.renewed.clear();
  changes_.changes_lost = changes_.renewals_lost = false;
  registry_.take_changes(changes_);
  taken_before_ = std::exchange(taken_at_, now);
  for (const registry::LocalChanges::Change& c : changes_.changed) {
    effects_.made_here(c.ref, now);
    if (c.from_peer && delayed_.size() < kDelayedMax) {
      delayed_.push_back({now + settings_.pass_on_delay, c.ref});
    } else {
      spread(c.ref, now);
    }
  }
  if (changes_.changes_lost) {  // which they were is not known
    for (const auto& [address, other] : others_) other->peer.left_out(now);
  }
  lease_log_.append(changes_.renewed, changes_.renewals_lost, now);
}

// The others usually have it from its sender; if one has not, it asks for it with the next renewal, or gets it now.
void Cluster::pass_on(TimePoint now) {
  size_t done = 0;
  for (; done < delayed_.size() && (leaving_ || delayed_[done].due <= now); ++done) spread(delayed_[done].ref, now);
  delayed_.erase(delayed_.begin(), delayed_.begin() + static_cast<std::ptrdiff_t>(done));
}

// ------------------------------------------------------------------------------------------------------- zones

void Cluster::spread(registry::RecordRef ref, TimePoint now) {
  bool by_gateway = false;
  for (const auto& [address, other] : others_) {
    if (other->known_original) continue;
    if (other->reach == Reach::kBehindGateway) {
      other->peer.left_out(now);
      by_gateway = true;
    } else {
      other->peer.enqueue(ref, now, other->reach == Reach::kGateway);
    }
  }
  if (!by_gateway) return;
  if (told_gateways_.size() >= settings_.queue_max) told_gateways_.pop_front();
  told_gateways_.push_back({now, ref});
}

// One that serves well keeps its office; else a hash decides, so that each node of a zone has a gateway of its own. A
// node that leaves has none: what it tells it tells to all.
void Cluster::choose_gateways(TimePoint now) {
  while (!told_gateways_.empty() && told_gateways_.front().at < now - kToldAgain) told_gateways_.pop_front();
  std::map<std::string_view, const Other*> gateways;
  const auto rank = [&](const Other& other) {
    const bool in_office = other.reach == Reach::kGateway;
    return std::pair(in_office, siphash(settings_.cluster_key, settings_.address + " " + other.address));
  };
  for (const auto& [address, other] : others_) {
    if (leaving_ || other->zone == settings_.zone || !other->passes_on() || other->peer.unanswered(now) > kSlowGateway)
      continue;
    const Other*& best = gateways[other->zone];
    if (!best || rank(*other) > rank(*best)) best = other.get();
  }
  for (const auto& [address, other] : others_) {
    if (other->known_original) continue;  // it gets posts
    const auto found = gateways.find(other->zone);
    Reach reach = Reach::kDirect;
    if (found != gateways.end() && found->second == other.get()) {
      reach = Reach::kGateway;
    } else if (found != gateways.end() && (other->passes_on() || !other->up())) {
      reach = Reach::kBehindGateway;
    }
    if (std::exchange(other->reach, reach) != Reach::kBehindGateway || reach == Reach::kBehindGateway) continue;
    // Not so many that they would make its queue overflow: the digests find the rest.
    const size_t room = settings_.queue_max - std::min(settings_.queue_max, other->peer.queued());
    const size_t last = std::min(told_gateways_.size(), room);
    for (auto it = told_gateways_.end() - static_cast<std::ptrdiff_t>(last); it != told_gateways_.end(); ++it) {
      other->peer.enqueue(it->ref, now, reach == Reach::kGateway);
    }
  }
}

// A record of another zone, for this node to pass on in its own.
void Cluster::pass_on_in_zone(registry::RecordRef ref, TimePoint now) {
  for (const auto& [address, other] : others_) {
    if (other->known_original || other->zone != settings_.zone) continue;
    other->peer.enqueue(ref, now, false);
    ++other->counters.records_passed_on;
  }
}

// ------------------------------------------------------------------------------------------------------- originals

void Cluster::hand_out_posts() {
  bool overflowed = false;
  std::vector<Post> posts = post_box_.take(overflowed);
  if (overflowed) {
    for (const auto& [address, other] : others_) other->original.compare_when_back();
  }
  for (Post& post : posts) {
    std::map<std::string, Other*> far;  // one of each other zone: an original that answers, else any that may be one
    for (const auto& [address, other] : others_) {
      if (!other->takes_posts() || !(other->seed || other->discovered)) continue;
      if (other->zone == settings_.zone) {
        other->original.enqueue(post);
        continue;
      }
      Other*& chosen = far[other->zone];
      const bool better = !chosen || (other->state == State::kOriginal && chosen->state != State::kOriginal);
      if (better) chosen = other.get();
    }
    if (post.reach != PostReach::kEverywhere) continue;
    for (const auto& [zone, other] : far) other->original.enqueue(post);
  }
}

}  // namespace discovery::cluster
