// What the world looks at by itself, between the events and at the end.
#include "simulation/chance.h"
#include "simulation/world.h"

namespace discovery::simulation {

namespace {
constexpr uint32_t kInsidesEvery = 12;  // looks
constexpr Duration kCoverageLag = std::chrono::seconds(15);
constexpr size_t kUsualQueue = 65536;
constexpr Ns kLease = 90 * kSecond;
constexpr Ns kNothingForgotten = 40 * kMinute;  // in runs that short all digests must be equal at the end
}  // namespace

void World::note_silence() {
  bool silent = network_.any_cut();
  for (uint32_t n = 0; n < count(); ++n) silent = silent || !places_[n].up || frozen(n) || places_[n].leaving;
  if (silent || now_ - last_boot_ < 15 * kSecond) silent_at_ = now_;
}

void World::show_watched() {
  constexpr const char* kStates[] = {"visible", "hidden", "tombstone"};
  for (uint32_t n = 0; n < count(); ++n) {
    if (!places_[n].up) continue;
    places_[n].node->read([&](const Held& h) {
      if (h.instance != watch_) return;
      trace_.line(now_, "  n%u has h%u g%u s%u %s, version %lld@%u, lease %s%lld ms ago", n, h.instance,
                  h.content.generation, h.content.set, kStates[static_cast<size_t>(h.state)],
                  static_cast<long long>(h.version.incarnation.t_ns - kEpoch), h.version.incarnation.node,
                  h.lease_known ? "" : "unknown ", static_cast<long long>((now_ - h.lease) / kMillisecond));
    });
    if (!places_[n].ours) continue;
    const TimePoint covered = places_[n].ours->registry().lease_status().covered_until;
    trace_.line(
        now_, "  n%u is covered up to %lld ms ago", n,
        static_cast<long long>((to_wire_ns(places_[n].ours->clock().read(now_)) - to_wire_ns(covered)) / kMillisecond));
  }
}

void World::look() {
  note_silence();
  if (watch_ && trace_.prints()) show_watched();
  judge_.look(now_);
  pollers_.check(now_);
  if (++looks_ % kInsidesEvery != 0) return;
  for (uint32_t n = 0; n < count(); ++n) check_insides(n);
}

void World::look_at_keys() {
  keys_->judge.look(now_);
  if (keys_->judge.all_calm(now_ - 2 * KeyJudge::kSettled)) keys_->watchers.check(now_);
}

void World::check_insides(uint32_t node) {
  const Place& p = places_[node];
  if (!p.up || !p.ours) return;
  const registry::Registry& r = p.ours->registry();
  registry::Digest::Sums sums{};
  registry::RecordCursor at;
  const auto add = [&](const registry::StoredRecord& s) {
    const uint64_t key =
        registry::key_digest(p.ours->cluster_key(), {s.app, s.instance->zone(), s.instance->hostname()});
    sums[registry::Digest::leaf_of(key) / registry::Digest::kFanOut] +=
        registry::version_digest(p.ours->cluster_key(), key, s.instance->numbers.version);
  };
  while (r.read_records(at, 4096, add)) {
  }
  if (sums != r.digest().roots()) judge_.wrong(Wrong::kDigest, now_, "n" + std::to_string(node));
  // As many wait as are allowed, and as many are under way.
  const size_t limit = 2 * (plan_.on(FaultKind::kSmallQueues) ? kSmallQueue : kUsualQueue);
  if (p.ours->cluster().longest_queue() > limit) judge_.wrong(Wrong::kQueue, now_, "n" + std::to_string(node));
}

void World::verdict(uint32_t which) {
  judge_.look(now_);
  // Between originals and ours some things pass with the next renewal only.
  if (which == 0 && plan_.on(FaultKind::kLegacy)) return;
  if (which == 0 && now_ - last_boot_ < kLease + 10 * kSecond) return;  // "where a node restarts, TTL is added"
  trace_.line(now_, "verdict %u", which);
  judge_.judge_records(now_);
  if (which < 2) return;
  judge_.judge_dead(now_);
  if (keys_) keys_->judge.verdict(now_);
  for (uint32_t n = 0; n < count(); ++n) {
    check_insides(n);
    check_end(n);
  }
}

void World::check_end(uint32_t node) {
  const Place& p = places_[node];
  const std::string name = "n" + std::to_string(node);
  if (!p.up || !p.node->ready()) return judge_.wrong(Wrong::kNotReady, now_, name);
  if (!p.ours || plan_.on(FaultKind::kLegacy)) return;
  const TimePoint now = p.ours->clock().read(now_);
  const TimePoint covered = p.ours->registry().lease_status().covered_until;
  if (covered < now - kCoverageLag) {
    judge_.wrong(Wrong::kCoverage, now_,
                 name + " is covered up to " + std::to_string(to_wire_ns(now) - to_wire_ns(covered)) + " ns ago");
  }
  const Place& first = places_.front();
  if (plan_.settings.length > kNothingForgotten || !first.up || !first.ours) return;
  if (!(first.ours->registry().digest() == p.ours->registry().digest())) {
    judge_.wrong(Wrong::kDiverged, now_, name + " has another digest than n0");
  }
}

}  // namespace discovery::simulation
