#include "cluster/cluster.h"

#include <algorithm>

#include "cluster/other.h"

namespace discovery::cluster {

using State = Cluster::Other::State;

namespace {
constexpr Duration kHeardWithin = std::chrono::seconds(10);
constexpr Duration kPublishInterval = std::chrono::seconds(1);
constexpr Duration kOriginalGap = std::chrono::seconds(75);  ///< its own renewal comes every 30 s
constexpr Duration kRefusedGap = std::chrono::seconds(6);
constexpr Duration kProbeInterval = std::chrono::seconds(2);
constexpr size_t kDelayedMax = 65536;
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
  registry_.set_covered_until(coverage_.proven(now));
  registry_.set_warming(true);
  if (settings_.always_keep_changes) keep_changes(now);
  set_seeds(std::exchange(settings_.seeds, {}), now);
  update_start(now);
  publish(now);
}

// ------------------------------------------------------------------------------------------------------- who is there

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

// ------------------------------------------------------------------------------------------------------- calls

Header Cluster::header_for(const Other* other, TimePoint now) const {
  Header h{settings_.address, boot_, 0, to_wire_ns(now), registry_.versions().last()};
  if (other) {
    h.for_boot = other->boot;
    h.welcome = other->welcome;
  }
  return h;
}

bool Cluster::believable(int64_t hlc_ns, TimePoint now) const {
  return hlc_ns <= registry_.versions().here(now) + settings_.max_clock_lead.count();
}

// A late answer or failure of a call that is given up must not be taken for that of a later one.
void Cluster::forget(const std::string& address) {
  std::erase_if(calls_, [&](const auto& call) { return call.second.address == address; });
  transport_.forget(address);
}

std::vector<std::string_view> Cluster::heard_lately(TimePoint now) const {
  std::vector<std::string_view> heard;
  for (const auto& [address, other] : others_) {
    if (other->heard && now - *other->heard <= kHeardWithin) heard.push_back(address);
  }
  return heard;
}

void Cluster::begin_call(Other& other, Call call) {
  call.id = next_call_++;
  call.address = other.address;
  calls_.emplace(call.id, Pending{other.address, call.channel, call.kind});
  transport_.call(std::move(call));
}

void Cluster::on_result(uint64_t call_id, const CallResult& result, TimePoint now) {
  auto pending = calls_.extract(call_id);
  if (!pending) return;
  const Pending& p = pending.mapped();
  Other* other = find_other(p.address);
  if (!other || other->address != p.address) return;
  if (p.kind == CallKind::kHello && p.channel == Channel::kDelta) {
    on_hello(*other, result, now);
  } else if (p.kind == CallKind::kPost || p.kind == CallKind::kFetchAll) {
    other->original.on_result(p.kind, result, now);
  } else {
    other->peer.on_result(p.kind, p.channel, result, now);
  }
}

void Cluster::greet(Other& other, TimePoint now) {
  other.state = State::kGreeting;
  other.hello_sent = now;
  Call c;
  c.channel = Channel::kDelta;
  c.kind = CallKind::kHello;
  c.body = encode(hello_of_self(&other, now));
  c.timeout = settings_.hello_timeout;
  begin_call(other, std::move(c));
}

void Cluster::on_hello(Other& other, const CallResult& result, TimePoint now) {
  if (other.state != State::kGreeting) return;
  other.tried = true;
  if (result.kind == CallResult::Kind::kOriginal) return met_original(other, now);
  if (result.kind != CallResult::Kind::kAnswer) return failed(other, result.kind, now);
  const auto reply = decode_hello_reply(result.body);
  if (!reply) {
    effects_.tell("peer_garbage", other.address, reply.error().message);
    return failed(other, CallResult::Kind::kFailed, now);
  }
  if (reply->verdict != HelloVerdict::kWelcome || !believable(reply->self.header.hlc_ns, now)) {
    effects_.tell(reply->verdict == HelloVerdict::kSameNodeId ? "peer_same_node_id" : "peer_refuses", other.address,
                  "it does not take this node as a peer");
    other.backoff = settings_.backoff_max;
    return failed(other, CallResult::Kind::kFailed, now);
  }
  welcomed(other, *reply, now);
}

void Cluster::welcomed(Other& other, const HelloReply& reply, TimePoint now) {
  const std::string address(reply.self.header.address);
  if (reply.self.header.boot == boot_) {  // ourselves, under another name
    const std::string name = other.address;
    alias_[name] = settings_.address;
    membership_.remove(name);
    drop_other(name, now);
    return;
  }
  if (address == settings_.address) {
    effects_.tell("peer_same_node_id", other.address, "it goes by the address of this node");
    return failed(other, CallResult::Kind::kFailed, now);
  }
  if (address != other.address) {  // configured under another name than it goes by
    const std::string name = other.address;
    const bool seed = other.seed;
    const std::string zone(reply.self.zone);
    membership_.remove(name);
    drop_other(name, now);
    alias_[name] = address;
    Other& real = other_at(address, zone, now);
    real.seed = real.seed || seed;
    membership_.add(address, zone, 0);
    refresh_members(now);
    return;
  }
  if (other.life.boot != reply.self.header.boot) {
    // One boot has answered, and another has called since we asked: who lives is told by the next answer.
    if (other.life.since > other.hello_sent) return failed(other, CallResult::Kind::kFailed, now);
    other.life = {reply.self.header.boot, welcomes_, now};
  }
  other.state = State::kOurs;
  other.welcome = reply.self.header.welcome;
  other.covered_by_refusal = other.ended = false;
  other.known_ours = true;
  other.known_original = false;
  other.zone = std::string(reply.self.zone);
  other.version = std::min(settings_.version_max, reply.self.version_max);
  other.backoff = settings_.backoff_min;
  other.down_since.reset();
  other.original.clear();
  registry_.versions().observe(reply.self.header.hlc_ns);
  other.peer.greeted(reply.self.header.boot, now);
  membership_.add(other.address, reply.self.zone, std::max<uint32_t>(reply.self.generation, 1));
  membership_.set_node_id(other.address, reply.self.node_id);
  merge_members(reply.self.members, now);
  if (!find_other(address)) return;  // it was removed meanwhile, and is none of the configured ones
  coverage_.heard(other.address, reply.self.header.boot, reply.self.header.sent_ns, now);
  name_contents(now);
  effects_.tell("peer_up", other.address, "of our kind");
  if (!start_up_.ready() && !other.synced) other.peer.begin_sync(now);
  update_start(now);
  publish(now);
}

void Cluster::met_original(Other& other, TimePoint now) {
  other.state = State::kOriginal;
  other.known_ours = false;
  other.known_original = true;
  other.backoff = settings_.backoff_min;
  other.down_since.reset();
  effects_.tell("peer_up", other.address, "an original");
  other.original.greeted(!start_up_.ready() && !other.synced, now);
  update_start(now);
  publish(now);
}

void Cluster::failed(Other& other, CallResult::Kind how, TimePoint now) {
  const bool was_up = other.up();
  const TimePoint probed = other.hello_sent;
  const bool greeting = other.state == State::kGreeting;
  other.tried = true;
  other.state = State::kDown;
  if (!other.down_since) other.down_since = now;
  other.peer.lost(now);
  other.original.lost();
  forget(other.address);
  const auto half = static_cast<uint64_t>(other.backoff.count() / 2);
  other.next_hello = now + Duration(half + random_.below(half + 1));
  other.backoff = std::min(other.backoff * 2, settings_.backoff_max);
  if (settings_.trust_refused && how == CallResult::Kind::kRefused && greeting) {
    coverage_.covered_until(other.address, probed, kRefusedGap);
    other.covered_by_refusal = true;
    other.next_hello = std::min(other.next_hello, now + kProbeInterval);
    other.backoff = std::min(other.backoff, kProbeInterval);
  }
  if (was_up) {
    effects_.tell("peer_down", other.address, how == CallResult::Kind::kTimeout ? "no answer in time" : "broken");
    publish(now);
  }
  update_start(now);
}

// ------------------------------------------------------------------------------------------------------- time

TimePoint Cluster::tick(TimePoint now) {
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

void Cluster::take_local_changes(TimePoint now) {
  changes_.changed.clear();
  changes_.renewed.clear();
  changes_.changes_lost = changes_.renewals_lost = false;
  registry_.take_changes(changes_);
  for (const registry::LocalChanges::Change& c : changes_.changed) {
    effects_.made_here(c.ref, now);
    if (c.from_peer && delayed_.size() < kDelayedMax) {
      delayed_.push_back({now + settings_.pass_on_delay, c.ref});
      continue;
    }
    for (const auto& [address, other] : others_) {
      if (!other->known_original) other->peer.enqueue(c.ref, now);
    }
  }
  lease_log_.append(changes_.renewed, changes_.renewals_lost, now);
}

// The others usually have it from its sender; if one has not, it asks for it with the next renewal, or gets it now.
void Cluster::pass_on(TimePoint now) {
  size_t done = 0;
  for (; done < delayed_.size() && (leaving_ || delayed_[done].due <= now); ++done) {
    for (const auto& [address, other] : others_) {
      if (!other->known_original) other->peer.enqueue(delayed_[done].ref, now);
    }
  }
  delayed_.erase(delayed_.begin(), delayed_.begin() + static_cast<std::ptrdiff_t>(done));
}

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
    coverage_.begin(now);
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
  for (const auto& [address, other] : others_) received = std::max(received, other->peer.received_until());
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
    s.queued = other->peer.queued() + other->original.queued();
    s.lag = other->peer.lag(now);
    s.divergent = other->peer.divergent();
    if (other->heard) s.silent_for = now - *other->heard;
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
