#include "cluster/cluster.h"

#include <algorithm>

#include "cluster/other.h"

namespace discovery::cluster {

using State = Cluster::Other::State;

namespace {
constexpr Duration kPublishInterval = std::chrono::seconds(1);
}  // namespace

Cluster::Cluster(ClusterSettings settings, const ClusterParts& parts, TimePoint now)
    : settings_(std::move(settings)),
      registry_(parts.registry),
      transport_(parts.transport),
      effects_(parts.effects),
      original_wire_(parts.originals),
      random_(parts.random),
      boot_(parts.random.next() | 1),
      started_(now),
      coverage_(settings_.lease, now),
      lease_log_(now, settings_.summary_interval) {
  membership_.add(settings_.address, settings_.zone, 1);
  membership_.set_node_id(settings_.address, settings_.node_id);
}

Cluster::~Cluster() = default;

void Cluster::start(bool recovered, TimePoint now) {
  start_up_.begin(recovered, now);
  begin(now);
}

void Cluster::take_over(TimePoint now) {
  start_up_.take_over(now);
  begin(now);
}

void Cluster::begin(TimePoint now) {
  registry_.set_covered_until(coverage_.proven(now));
  board_.covered_until_ns_.store(to_wire_ns(coverage_.least()), std::memory_order_relaxed);
  registry_.set_warming(true);
  if (settings_.always_keep_changes) keep_changes(now);
  set_seeds(std::exchange(settings_.seeds, {}), now);
  update_start(now);
  publish(now);
}

// ------------------------------------------------------------------------------------------------------- time

TimePoint Cluster::tick(TimePoint now) {
  choose_gateways(now);
  if (keeping_changes_) take_local_changes(now);
  pass_on(now);
  hand_out_posts();
  TimePoint next = now + kPublishInterval;
  std::vector<std::string> due;  // a call that fails at once may change the table
  for (const auto& [address, other] : others_) {
    if (other->up() || other->state == State::kGreeting) continue;
    if (now >= other->next_hello) {
      due.push_back(address);
    } else {
      next = std::min(next, other->next_hello);
    }
  }
  for (const std::string& address : due) greet(*others_.find(address)->second, now);
  for (const auto& [address, other] : others_) {
    next = std::min({next, other->peer.tick(now), other->original.tick(now)});
  }
  if (!delayed_.empty()) next = std::min(next, delayed_.front().due);
  compare_with_next(now);
  update_coverage(now);
  update_start(now);
  next = std::min(next, start_up_.next(now));
  if (now >= next_publish_) publish(now);
  return std::max(next, now + std::chrono::milliseconds(1));
}

void Cluster::compare_with_next(TimePoint now) {
  if (now < next_digest_) return;
  next_digest_ = now + settings_.digest_interval;
  std::vector<Other*> ready;
  for (const auto& [address, other] : others_) {
    if (other->peer.can_compare()) ready.push_back(other.get());
  }
  if (!ready.empty()) ready[digest_turn_++ % ready.size()]->peer.compare(now);
}

void Cluster::update_coverage(TimePoint now) {
  registry_.set_covered_until(coverage_.proven(now));
  board_.covered_until_ns_.store(to_wire_ns(coverage_.least()), std::memory_order_relaxed);
  registry_.set_protection_allowed(!settings_.protect_only_uncovered || !coverage_.all_covered(now - kHeardWithin));
}

void Cluster::update_start(TimePoint now) {
  StartUp::Others seen;
  seen.wait_whole = settings_.wait_for_originals;
  for (const auto& [address, other] : others_) {
    ++seen.known;
    seen.greeted += other->up() ? 1U : 0U;
    seen.tried += other->tried ? 1U : 0U;
    const bool gone = other->down_since && now - *other->down_since >= StartUp::kUnreachable;
    seen.synced += other->synced ? 1U : 0U;
    seen.given_up += !other->synced && gone ? 1U : 0U;
  }
  const bool was_ready = start_up_.ready();
  if (!start_up_.update(seen, now)) return;
  board_.accepts_writes_.store(start_up_.accepts_writes(), std::memory_order_release);
  if (start_up_.ready() && !was_ready) {
    // Whoever is configured and no original may be one of ours that does not answer: T must name its content then.
    const bool alone =
        std::all_of(others_.begin(), others_.end(), [](const auto& o) { return o.second->known_original; });
    if (!alone) name_contents(now);
    registry_.set_warming(false);
    keeps_all_from_ = now;
    coverage_.begin_stretch_at(now);
    board_.ready_.store(true, std::memory_order_release);
    effects_.tell("ready", "", "reads are answered");
  }
}

void Cluster::name_contents(TimePoint now) {
  if (std::exchange(named_, true)) return;
  for (const registry::Wake& wake : registry_.name_contents()) effects_.changed(wake, now);
}

void Cluster::measure_offset(TimePoint now) {
  std::vector<Duration> ahead{Duration::zero()};
  for (const auto& [address, other] : others_) {
    if (other->clock_ahead && other->heard && now - *other->heard < kHeardWithin) ahead.push_back(*other->clock_ahead);
  }
  std::sort(ahead.begin(), ahead.end());
  const Duration low = ahead[(ahead.size() - 1) / 2];
  const Duration high = ahead[ahead.size() / 2];
  registry_.versions().set_offset(low + (high - low) / 2);
}

void Cluster::publish(TimePoint now) {
  next_publish_ = now + kPublishInterval;
  measure_offset(now);
  NodeList list{{settings_.address, settings_.zone, true}};
  bool all_heard = true;
  bool posts = false;
  for (const auto& [address, other] : others_) {
    list.push_back({address, other->zone, other->up()});
    posts = posts || (other->takes_posts() && (other->seed || other->discovered));
    if (membership_.contains(address) && !other->known_original && !other->ended) {
      all_heard = all_heard && other->heard && now - *other->heard <= kHeardWithin;
    }
  }
  board_.set_nodes(std::make_shared<const NodeList>(std::move(list)));
  board_.all_heard_.store(all_heard, std::memory_order_relaxed);
  board_.wants_posts_.store(posts, std::memory_order_relaxed);
}

TimePoint Cluster::received_until() const {
  TimePoint received{};
  for (const auto& [address, other] : others_) {
    const bool told = other->state == Other::State::kOurs && other->reach != Other::Reach::kBehindGateway;
    if (told) received = std::max(received, other->peer.received_until(taken_at_));
  }
  return received;
}

// Who is not there, or has not answered for a while, is not waited for; who is behind a gateway hears of it from there.
TimePoint Cluster::received_by_all(TimePoint now) const {
  TimePoint received = taken_at_;
  for (const auto& [address, other] : others_) {
    const bool reached = other->state == Other::State::kOurs && other->peer.unanswered(now) < kReachedWithin;
    if (reached && other->reach != Other::Reach::kBehindGateway) {
      received = std::min(received, other->peer.told_until(taken_at_));
    }
  }
  return received;
}

// ------------------------------------------------------------------------------------------------------- the end

void Cluster::leave(TimePoint now) {
  leaving_ = true;
  left_at_ = now;
}

bool Cluster::left() const {
  if (!leaving_) return false;
  return std::all_of(others_.begin(), others_.end(), [this](const auto& item) {
    const Other& o = *item.second;
    if (o.state == State::kOriginal) return o.original.queued() == 0;
    if (o.state != State::kOurs) return true;
    const bool says_farewell = start_up_.ready() && o.version >= kFarewellSince;
    return o.peer.queued() == 0 && (o.peer.said_farewell() || !says_farewell);
  });
}

// ------------------------------------------------------------------------------------------------------- numbers

std::vector<LinkStatus> Cluster::links(TimePoint now) const {
  std::vector<LinkStatus> all;
  for (const auto& [address, other] : others_) {
    LinkStatus s;
    s.address = address;
    s.zone = other->zone;
    switch (other->state) {
      case State::kUnknown:
        s.state = "unknown";
        break;
      case State::kGreeting:
        s.state = "greeting";
        break;
      case State::kOurs:
        s.state = "ours";
        break;
      case State::kOriginal:
        s.state = "original";
        break;
      case State::kDown:
        s.state = "down";
        break;
    }
    s.up = other->up();
    s.member = membership_.contains(address);
    if (const MemberEntry* entry = membership_.find(address)) s.node_id = entry->node_id;
    s.queued = other->peer.queued() + other->original.queued();
    s.lag = other->peer.lag(now);
    s.divergent = other->peer.divergent();
    if (other->heard) s.silent_for = now - *other->heard;
    s.trouble = other->trouble;
    s.clock_ahead = other->clock_ahead;
    s.counters = other->counters;
    all.push_back(std::move(s));
  }
  return all;
}

size_t Cluster::longest_queue() const {
  size_t longest = 0;
  for (const auto& [address, other] : others_) {
    longest = std::max({longest, other->peer.queued(), other->original.queued()});
  }
  return longest;
}

#if defined(DISCOVERY_PLANT_ABSENCE_IS_DELETE)
// A planted mistake, for the simulator to find: what a peer did not deliver is taken for cancelled.
void Cluster::delete_absent(std::vector<uint64_t>& seen, TimePoint now) {
  std::sort(seen.begin(), seen.end());
  struct Key {
    std::string env, appid, zone, host;
  };
  std::vector<Key> absent;
  registry::RecordCursor at;
  while (registry_.read_records(at, 2000, [&](const registry::StoredRecord& r) {
    if (std::binary_search(seen.begin(), seen.end(), r.instance->key_digest())) return;
    absent.push_back({std::string(r.app.env), std::string(r.app.appid), std::string(r.instance->zone()),
                      std::string(r.instance->hostname())});
  })) {
  }
  for (const Key& k : absent) {
    const auto done = registry_.cancel({.key = {{k.env, k.appid}, k.zone, k.host}}, now);
    if (done) effects_.changed(done->wake, now);
  }
}
#endif

}  // namespace discovery::cluster
