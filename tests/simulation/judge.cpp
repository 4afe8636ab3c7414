#include "simulation/judge.h"

#include <algorithm>

namespace discovery::simulation {

using registry::RecordState;
using registry::Version;

namespace {
uint64_t mixed(uint64_t x) {
  x ^= x >> 31;
  x *= 0x9e3779b97f4a7c15ULL;
  return x ^ x >> 29;
}

uint64_t hash_of(uint32_t instance, const Version& v) {
  uint64_t h = mixed(instance + 1);
  h = mixed(h ^ static_cast<uint64_t>(v.incarnation.t_ns));
  h = mixed(h ^ uint64_t{v.incarnation.node} << 1 ^ uint64_t{v.incarnation.import_hash} << 20);
  h = mixed(h ^ static_cast<uint64_t>(v.set.t_ns));
  return mixed(h ^ v.set.node);
}

std::string text_of(const Version& v) {
  return std::to_string(v.incarnation.t_ns - kEpoch) + "@" + std::to_string(v.incarnation.node) +
         (v.incarnation.tombstone ? "+" : "") + "/" + std::to_string(v.set.t_ns == 0 ? 0 : v.set.t_ns - kEpoch);
}
}  // namespace

Judge::Judge(const JudgedNodes& nodes, const Network& network, Trace& trace, const Names& names, bool mixed_cluster,
             bool originals_only)
    : nodes_(nodes),
      network_(network),
      trace_(trace),
      mixed_(mixed_cluster),
      originals_only_(originals_only),
      names_(names),
      instances_(names.instances()),
      nodes_seen_(nodes.count()) {
  for (SeenNode& n : nodes_seen_) {
    n.instances.resize(names.instances());
    n.apps.resize(names.app_count());
  }
}

void Judge::wrong(Wrong wrong, Ns now, std::string story) {
  trace_.number(static_cast<uint64_t>(wrong) << 56 ^ static_cast<uint64_t>(now));
  trace_.line(now, "WRONG %s: %s", std::string(name_of(wrong)).c_str(), story.c_str());
  violations_.add(wrong, now, std::move(story));
}

std::string Judge::story(uint32_t node, uint32_t instance, const char* what) const {
  const Truth& t = instances_[instance].truth;
  return "n" + std::to_string(node) + " h" + std::to_string(instance) + " " + what + "; truth: " +
         (t.cancelled ? "cancelled"
                      : "g" + std::to_string(t.content.generation) + " s" + std::to_string(t.content.set)) +
         " by n" + std::to_string(t.node) + " at " + std::to_string(t.at / kMillisecond) + " ms, version " +
         text_of(t.version) + ", renewed at " + std::to_string(instances_[instance].accepted_at / kMillisecond) + " ms";
}

// ---------------------------------------------------------------------------------------------------- clients

void Judge::accepted(uint32_t instance, Ns now) {
  Instance& i = instances_[instance];
  if (i.accepted_at < 0 || now - i.accepted_at >= kDeadAfter) i.silence_ended = now;
  i.accepted_at = now;
}

// Whether the node had heard, over any number of hands, of something as late as that write.
bool Judge::could_know(uint32_t node, const Truth& truth) const {
  if (node == truth.node && nodes_seen_[node].booted <= truth.at) return true;
  // A writer that started again since may have forgotten what it wrote, and speaks of itself all the same.
  if (nodes_seen_[truth.node].booted > truth.at) return false;
  return network_.heard(node, truth.node) >= truth.at;
}

void Judge::write(uint32_t instance, uint32_t node, const Written& written, bool cancel, Ns now) {
  Truth& t = instances_[instance].truth;
  const bool ordered = !originals_only_ && !mixed_;
  if (ordered && t.any && written.version <= t.version) {
    const bool set_on_old =
        !cancel && written.version.set.t_ns > 0 && written.version.incarnation != t.version.incarnation;
    if (!set_on_old && !t.uncertain && could_know(node, t)) {
      wrong(Wrong::kLastWrite, now,
            story(node, instance, ("wrote " + text_of(written.version) + " which is older").c_str()));
    }
    ++inversions_;
    return;
  }
  t = {true, cancel, false, false, written.version, written.content, node, now};
}

void Judge::registered(uint32_t instance, uint32_t node, const Written& written, Ns now) {
  accepted(instance, now);
  write(instance, node, written, false, now);
  const bool there = written.content.generation > 0 && !written.version.incarnation.tombstone;
  if (!there) wrong(Wrong::kUnreadable, now, story(node, instance, "does not show what it accepted"));
}

void Judge::set(uint32_t instance, uint32_t node, const Written& written, Ns now) {
  write(instance, node, written, false, now);
}

void Judge::cancelled(uint32_t instance, uint32_t node, const Written& written, bool answered, Ns now) {
  Instance& i = instances_[instance];
  if (written.version.incarnation.tombstone) i.tombs.push_back(written.version);
  if (!answered) {
    // A hidden record leaves a tombstone too, and it counts.
    if (written.version.incarnation.tombstone && written.version > i.truth.version) {
      write(instance, node, written, true, now);
    }
    return;
  }
  i.cancelled_at = now;
  write(instance, node, written, true, now);
}

// ---------------------------------------------------------------------------------------------------- nodes

void Judge::stops(uint32_t node, bool disk, Ns now) {
  std::vector<bool> held(instances_.size());       // by another node
  std::vector<bool> held_here(instances_.size());  // it may have forgotten it: of whom it heard nothing for long
  for (uint32_t n = 0; n < nodes_.count(); ++n) {
    if (!nodes_.up(n)) continue;
    std::vector<bool>& holds = n == node ? held_here : held;
    nodes_.at(n).read([&](const Held& h) {
      if (h.instance < holds.size() && h.version >= instances_[h.instance].truth.version) holds[h.instance] = true;
    });
  }
  for (size_t i = 0; i < instances_.size(); ++i) {
    Truth& t = instances_[i].truth;
    if (!t.any || t.uncertain || held[i] || t.on_disk_only || may_be_forgotten(instances_[i], now)) continue;
    t.on_disk_only = disk && t.node == node && held_here[i] && now - t.at > kSyncedAfter;
    t.uncertain = !t.on_disk_only;
  }
  SeenNode& seen = nodes_seen_[node];
  for (Seen& s : seen.instances) {
    const uint32_t kept = s.cancelled_generation;
    s = {};
    s.cancelled_generation = kept;
  }
  std::ranges::fill(seen.apps, SeenApp{});
  seen.stopped = now;
  seen.was_ready = false;
}

void Judge::booted(uint32_t node, Ns now) {
  SeenNode& seen = nodes_seen_[node];
  seen.booted = booted_last_ = now;
  std::vector<bool> back(instances_.size());
  nodes_.at(node).read([&](const Held& h) {
    if (h.instance < back.size()) back[h.instance] = h.version >= instances_[h.instance].truth.version;
  });
  constexpr Ns kSnapshotsBelieved = 290 * kSecond;
  // Not with originals: by the clock of one a cancel may be later than what was written after it.
  const bool must = now - seen.stopped < kSnapshotsBelieved && !seen.stepped && !mixed_;
  seen.stepped = false;
  for (uint32_t i = 0; i < instances_.size(); ++i) {
    Truth& t = instances_[i].truth;
    if (!t.on_disk_only || t.node != node) continue;
    t.on_disk_only = false;
    if (back[i] || may_be_forgotten(instances_[i], now)) continue;
    t.uncertain = true;
    if (must) wrong(Wrong::kDiskLost, now, story(node, i, "came back without it"));
  }
}

// It was cancelled and not renewed since, or silent for as long as a lease since the last renewal the node knew of.
bool Judge::may_be_dead(const Instance& i, Ns lease, Ns now) {
  return i.cancelled_at >= i.accepted_at || now - i.accepted_at >= kDeadAfter || i.silence_ended >= lease - kSecond;
}

void Judge::hidden(uint32_t node, const Held& record, bool past_ceiling, Ns now) {
  const Instance& i = instances_[record.instance];
  trace_.line(now, "n%u hides h%u, silent for %lld ms", node, record.instance,
              static_cast<long long>((now - i.accepted_at) / kMillisecond));
  // Judged here, by the lease of this moment: an older renewal that a peer tells next changes nothing about it.
  nodes_seen_[node].instances[record.instance].state = RecordState::kHidden;
  if (past_ceiling && now - record.lease > kCeiling - kSecond) return;
  if (mixed_ || may_be_dead(i, record.lease, now)) return;
  wrong(Wrong::kLiveEviction, now, story(node, record.instance, "hid a live one"));
}

void Judge::applied_cancel(uint32_t node, uint32_t instance, uint32_t generation) {
  uint32_t& known = nodes_seen_[node].instances[instance].cancelled_generation;
  known = std::max(known, generation);
}

// Whoever is away for longer than the cancelled are remembered brings them back, for as long as nobody renews them.
void Judge::look_for_absent(Ns now) {
  for (uint32_t a = 0; a < nodes_.count(); ++a) {
    for (uint32_t b = 0; b < nodes_.count() && nodes_.up(a); ++b) {
      if (a == b || !nodes_.up(b) || network_.troubled(a, b) || network_.troubled(b, a)) continue;
      nodes_seen_[a].in_touch = now;
    }
    if (now - nodes_seen_[a].in_touch > kForgottenAfter) absent_seen_ = now;
  }
}

void Judge::look(Ns now) {
  look_for_absent(now);
  for (uint32_t n = 0; n < nodes_.count(); ++n) look_at(n, now);
}

void Judge::look_at(uint32_t node, Ns now) {
  if (!nodes_.up(node)) return;
  ++round_;
  SeenNode& seen = nodes_seen_[node];
  const bool ready = nodes_.at(node).ready();
  nodes_.at(node).read([&](const Held& h) { look_at_record(node, h, now); });
  for (uint32_t i = 0; i < seen.instances.size(); ++i) {
    Seen& s = seen.instances[i];
    if (s.round == round_ || !s.state) continue;
    if (s.state == RecordState::kVisible && seen.was_ready && !nodes_.at(node).original()) {
      wrong(Wrong::kLiveEviction, now, story(node, i, "forgot what it listed"));
    }
    if (s.state == RecordState::kHidden && now - s.lease < kForgottenAfter && !nodes_.at(node).original()) {
      wrong(Wrong::kForgotEarly, now, story(node, i, "forgot a hidden one too early"));
    }
    s.state.reset();
    s.version = {};
  }
  if (!nodes_.at(node).original()) look_at_apps(node, now);
  if (round_ % kExplainEvery == 0 && !seen.instances.empty()) {  // explaining reads the history
    const auto i = static_cast<uint32_t>(round_ / kExplainEvery % seen.instances.size());
    const std::optional<bool> told = nodes_.at(node).explains_as_listed(i);
    if (told && *told != (seen.instances[i].state == RecordState::kVisible)) {
      wrong(Wrong::kExplained, now, story(node, i, "explains it otherwise than it lists it"));
    }
  }
  seen.was_ready = ready;
}

void Judge::look_at_record(uint32_t node, const Held& h, Ns now) {
  if (h.instance >= instances_.size()) return;
  Instance& i = instances_[h.instance];
  SeenNode& seen_node = nodes_seen_[node];
  Seen& s = seen_node.instances[h.instance];
  const bool original = nodes_.at(node).original();
  if (!s.state && s.first == 0) s.first = now;
  if (!original && s.state && h.version < s.version) {
    wrong(Wrong::kVersionFell, now,
          story(node, h.instance, ("went from " + text_of(s.version) + " to " + text_of(h.version)).c_str()));
  }
  const bool visible = h.state == RecordState::kVisible;
  if (h.state == RecordState::kTombstone && h.version != s.version) {
    s.tomb = std::max(s.tomb, h.version);
    if (!mixed_ && std::ranges::find(i.tombs, h.version) == i.tombs.end()) {
      wrong(Wrong::kByNobody, now, story(node, h.instance, ("has a tombstone " + text_of(h.version)).c_str()));
    }
  }
  const bool reborn = original ? h.content.generation <= s.cancelled_generation : h.version < s.tomb;
  const bool excused = now - absent_seen_ <= kCeiling;
  if (visible && reborn && !excused && !(s.state == RecordState::kVisible && s.version == h.version) &&
      !(mixed_ && original)) {
    wrong(Wrong::kResurrection, now, story(node, h.instance, "lists it again"));
  }
  if (h.state == RecordState::kHidden && s.state == RecordState::kVisible && seen_node.was_ready && !mixed_ &&
      now - h.lease <= kCeiling && !may_be_dead(i, h.lease, now)) {
    wrong(Wrong::kLiveEviction, now, story(node, h.instance, "hides a live one"));
  }
  if (visible && !original && !mixed_) {
    // What a node that starts is told of is held from then on, and it may tell one that had forgotten it.
    const Ns since = std::max({i.accepted_at, booted_last_, s.first});
    if (now - since > kCeiling + kCeilingGrace) wrong(Wrong::kCeiling, now, story(node, h.instance, "is still listed"));
  }
  if (visible && !original) {
    SeenApp& app = seen_node.apps[names_.app_of(h.instance)];
    app.next_sum += hash_of(h.instance, h.version);
    app.next_latest_ns = h.app_latest_ns;
  }
  s.state = h.state;
  s.version = h.version;
  s.lease = h.lease;
  s.round = round_;
}

// T names the list: another list, a larger T (I5).
void Judge::look_at_apps(uint32_t node, Ns now) {
  for (SeenApp& a : nodes_seen_[node].apps) {
    const bool fell = a.next_latest_ns < a.latest_ns;
    const bool stayed = a.sum != 0 && a.next_sum != a.sum && a.next_latest_ns == a.latest_ns;
    if (a.next_latest_ns != 0 && (fell || stayed)) {
      wrong(Wrong::kTimestamp, now,
            "n" + std::to_string(node) + " app" + std::to_string(&a - nodes_seen_[node].apps.data()) +
                ": T went from " + std::to_string(a.latest_ns) + " to " + std::to_string(a.next_latest_ns));
    }
    a = {a.next_sum, 0, std::max(a.latest_ns, a.next_latest_ns), 0};
  }
}

// ---------------------------------------------------------------------------------------------------- verdicts

std::vector<std::optional<Held>> Judge::list_of(uint32_t node) const {
  std::vector<std::optional<Held>> list(instances_.size());
  nodes_.at(node).read([&](const Held& h) {
    if (h.instance < list.size() && h.state == RecordState::kVisible) list[h.instance] = h;
  });
  return list;
}

void Judge::judge_listed(uint32_t node, uint32_t instance, const std::optional<Held>& listed, Ns now) {
  const Instance& i = instances_[instance];
  const Truth& t = i.truth;
  if (listed && !listed->text_right) wrong(Wrong::kStale, now, story(node, instance, "lists a wrong text"));
  if (!t.any || t.uncertain || mixed_ || now - t.at <= kUnderWay) return;
  if (t.cancelled) {
    if (listed) wrong(Wrong::kGhost, now, story(node, instance, "lists a cancelled one"));
    return;
  }
  const bool alive = now - i.accepted_at <= kAliveWithin;
  if (alive && !listed) wrong(Wrong::kMissing, now, story(node, instance, "does not list a live one"));
  if (alive && listed && listed->content != t.content) {
    wrong(Wrong::kStale, now,
          story(node, instance,
                ("lists g" + std::to_string(listed->content.generation) + " s" + std::to_string(listed->content.set) +
                 " " + text_of(listed->version))
                    .c_str()));
  }
}

void Judge::judge_records(Ns now) {
  std::optional<std::vector<std::optional<Held>>> first;
  uint32_t first_node = 0;
  for (uint32_t n = 0; n < nodes_.count(); ++n) {
    if (!nodes_.up(n) || !nodes_.at(n).ready() || (mixed_ && nodes_.at(n).original())) continue;
    auto list = list_of(n);
    for (uint32_t i = 0; i < instances_.size(); ++i) {
      judge_listed(n, i, list[i], now);
      // What was written just now is still under way; whom nobody renews may be hidden here and not yet there.
      const bool settled = now - instances_[i].truth.at > kUnderWay && now - instances_[i].accepted_at <= kAliveWithin;
      if (!first || !settled) continue;
      const auto& a = (*first)[i];
      const auto& b = list[i];
      // An original whose clock is behind accepts what ours take for older: to them it is a dead one's record.
      const auto is_truth = [&](const std::optional<Held>& h) {
        return h && h->content == instances_[i].truth.content;
      };
      if (mixed_ && !is_truth(a) && !is_truth(b)) continue;
      if (a.has_value() != b.has_value() || (a && (a->content != b->content || a->version != b->version))) {
        if (originals_only_ && a.has_value() == b.has_value() && a->content == b->content) continue;
        wrong(Wrong::kDiverged, now, story(n, i, ("differs from n" + std::to_string(first_node)).c_str()));
      }
    }
    if (!first) {
      first = std::move(list);
      first_node = n;
    }
  }
}

void Judge::judge_dead(Ns now) {
  if (mixed_) return;
  for (uint32_t n = 0; n < nodes_.count(); ++n) {
    if (!nodes_.up(n)) continue;
    uint32_t dead = 0;
    uint32_t example = 0;
    nodes_.at(n).read([&](const Held& h) {
      if (h.instance >= instances_.size() || h.state != RecordState::kVisible) return;
      // What follows from the heal at the latest: TTL + 75 s, and TTL once more where a node restarted.
      if (now - instances_[h.instance].accepted_at <= 260 * kSecond) return;
      ++dead;
      example = h.instance;
    });
    const int64_t held = nodes_.at(n).held_dead();
    if (dead > held) {
      wrong(Wrong::kHeld, now,
            story(n, example,
                  ("and others, " + std::to_string(dead) + ", are dead and listed, " + std::to_string(held) +
                   " of them held")
                      .c_str()));
    }
  }
}

}  // namespace discovery::simulation
