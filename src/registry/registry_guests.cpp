// Records that live under terms of their own (origin.h).
#include "registry/registry.h"

namespace discovery::registry {

bool Registry::renew_guest(RecordRef ref, TimePoint now) {
  Shard& shard = shards_[ref.slot % kShards];
  const MutexLock lock(shard.mutex);
  const Slot* slot = resolve(shard, ref);
  if (!slot) return false;
  const Instance& record = slot->app->record(slot->index);
  if (!record.is_guest() || record.numbers.state != RecordState::kVisible) return false;
  note_renewal(shard, *slot->app, slot->index, to_wire_ns(now));
  return true;
}

bool Registry::hide_guest(RecordRef ref, TimePoint lease, TimePoint now, Wake& wake) {
  Shard& shard = shards_[ref.slot % kShards];
  const MutexLock lock(shard.mutex);
  const Slot* slot = resolve(shard, ref);
  if (!slot) return false;
  Application& app = *slot->app;
  const size_t index = slot->index;
  const Instance& record = app.record(index);
  if (!record.is_guest() || record.numbers.state != RecordState::kVisible) return false;
  if (app.lease_ns(index) > to_wire_ns(lease)) return false;
  change_record(app, index, {ChangeKind::kExpire, {}, now}, [](InstanceNumbers& n) { n.state = RecordState::kHidden; });
  note_change(shard, app, index, false);
  wake = changed_here(shard, app, versions_.next(now, app.latest_timestamp_ns()), now);
  return true;
}

bool Registry::show_guest(RecordRef ref, TimePoint lease, TimePoint now, Wake& wake) {
  Shard& shard = shards_[ref.slot % kShards];
  const MutexLock lock(shard.mutex);
  const Slot* slot = resolve(shard, ref);
  if (!slot || !slot->app->record(slot->index).is_guest()) return false;
  Application& app = *slot->app;
  if (app.record(slot->index).numbers.state != RecordState::kHidden) return false;
  if (!raise(app, slot->index, lease, {}, now)) return false;
  wake = changed_here(shard, app, versions_.next(now, app.latest_timestamp_ns()), now);
  return true;
}

void Registry::for_each_guest(FunctionRef<void(const StoredRecord&)> f) const {
  constexpr size_t kPerLock = 512;
  RecordCursor at;
  while (read_records(at, kPerLock, [&](const StoredRecord& stored) {
    if (stored.instance->is_guest()) f(stored);
  })) {
  }
}

}  // namespace discovery::registry
