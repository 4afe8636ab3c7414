// What a process hands over to the next one of the same node (src/handover): more than nodes tell each other, since it
// is the same node that goes on.
#include <algorithm>

#include "registry/registry.h"

namespace discovery::registry {

JoinOutcome Registry::take_over(const HandedRecord& handed, TimePoint now) {
  JoinArgs args;
  args.record = handed.record;
  args.record.home_age.reset();
  args.record.hidden_age = std::max(Duration::zero(), now - from_wire_ns(handed.lease_ns));
  args.latest_lease = args.trust_hidden = true;
  args.by = "upgrade";
  if (handed.lease_known && !handed.record.tombstone()) args.lease = from_wire_ns(handed.lease_ns);
  const JoinOutcome out = join(args, now);
  if (!out.ref) return out;
  Shard& shard = shards_[out.ref.slot % kShards];
  const MutexLock lock(shard.mutex);
  const Slot* slot = resolve(shard, out.ref);
  if (!slot) return out;
  Application& app = *slot->app;
  if (out.result == JoinResult::kApplied) note_change(shard, app, slot->index, false);
  if (app.record(slot->index).numbers.state == RecordState::kTombstone) return out;
  if (!app.side(slot->index).lease_known) app.renew(slot->index, std::min(handed.lease_ns, app.lease_ns(slot->index)));
  if (handed.home_ns > app.side(slot->index).home_ns) {
    note_renewal(shard, app, slot->index, handed.home_ns);
    factual_.fetch_add(1, std::memory_order_relaxed);
  }
  return out;
}

void Registry::set_timestamp(AppKeyView key, int64_t t_ns) {
  Shard& shard = shard_of(key.appid);
  const MutexLock lock(shard.mutex);
  Application* app = find(shard, key);
  if (!app) return;
  if (shard.named) {
    app->name(tau_of(t_ns), true);
  } else {
    app->set_timestamp(t_ns);
  }
}

LeaseCounts Registry::lease_counts() const {
  return {.expected_per_minute = expected_.load(std::memory_order_relaxed),
          .renewals_since_sweep = factual_.load(std::memory_order_relaxed),
          .renewals_last_minute = last_minute_.load(std::memory_order_relaxed),
          .protecting_since_ns = protecting_since_ns_.load(std::memory_order_relaxed),
          .held = held_.load(std::memory_order_relaxed)};
}

void Registry::set_lease_counts(const LeaseCounts& counts) {
  expected_.store(counts.expected_per_minute, std::memory_order_relaxed);
  factual_.store(counts.renewals_since_sweep, std::memory_order_relaxed);
  last_minute_.store(counts.renewals_last_minute, std::memory_order_relaxed);
  protecting_since_ns_.store(counts.protecting_since_ns, std::memory_order_relaxed);
  held_.store(counts.held, std::memory_order_relaxed);
}

bool Registry::names_contents() const {
  const MutexLock lock(shards_.front().mutex);
  return shards_.front().named;
}

}  // namespace discovery::registry
