// The one place where records change, and what follows from a change: slots, digest, fingerprints, counts, T, and what
// the peers are to be told.
#include <algorithm>

#include "base/check.h"
#include "registry/registry.h"

namespace discovery::registry {

// ---------------------------------------------------------------------------------------------------- records

struct Registry::Share {
  uint64_t key_digest = 0;
  uint64_t hash = 0;  ///< in the digest; 0 of no record
  bool visible = false;
  bool tombstone = false;
  bool guest = false;
};

Registry::Share Registry::share_of_record(const Instance& record) const {
  const InstanceNumbers& n = record.numbers;
  return {record.key_digest(), version_digest(settings_.cluster_key, record.key_digest(), n.version),
          n.state == RecordState::kVisible, n.state == RecordState::kTombstone, record.is_guest()};
}

void Registry::exchange(Application& app, const Share& out, const Share& in) {
  if (in.hash != out.hash) digest_.add(in.key_digest, in.hash - out.hash);  // modulo 2^64
  app.add_visible((in.visible ? in.hash : 0) - (out.visible ? out.hash : 0));
  if (in.tombstone != out.tombstone) tombstones_.fetch_add(in.tombstone ? 1 : -1, std::memory_order_relaxed);
  if (is_reserved_env(app.key().env)) return;
  const int64_t guests = (in.visible && in.guest ? 1 : 0) - (out.visible && out.guest ? 1 : 0);
  const int64_t visible = (in.visible ? 1 : 0) - (out.visible ? 1 : 0);
  if (guests == 0 && visible == 0) return;
  size_.fetch_add(visible, std::memory_order_relaxed);
  guests_.fetch_add(guests, std::memory_order_relaxed);
  expect((visible - guests) * settings_.lease.renewals_per_minute);
}

// Never below zero: a recount may have come in between.
void Registry::expect(int64_t more) {
  int64_t expected = expected_.load(std::memory_order_relaxed);
  while (!expected_.compare_exchange_weak(expected, std::max<int64_t>(0, expected + more), std::memory_order_relaxed)) {
  }
}

// NOLINTNEXTLINE(readability-function-size): what, where, since when and why
size_t Registry::put_record(Shard& shard, Application& app, size_t index, InstancePtr record, int64_t lease_ns,
                            const Reason& reason) {
  const size_t before = app.bytes();
  if (observer_) {
    const Instance* const old = index == Application::kNone ? nullptr : &app.record(index);
    observer_->changed({reason.kind, reason.by, reason.at, app.key(), old, old ? &old->numbers : nullptr,
                        old ? app.lease_ns(index) : 0, record.get()});
  }
  const Share in = share_of_record(*record);
  Share out;
  if (index == Application::kNone) {
    index = app.record_count();
    Application::Side side;
    side.slot = take_slot(shard, app, index);
    app.insert(std::move(record), lease_ns, side);
    records_.fetch_add(1, std::memory_order_relaxed);
  } else {
    out = share_of_record(app.record(index));
    app.replace(index, std::move(record), lease_ns);
  }
  exchange(app, out, in);
  memory_bytes_.fetch_add(app.bytes() - before, std::memory_order_relaxed);  // modulo 2^64: it may also shrink
  return index;
}

void Registry::change_record(Application& app, size_t index, const Reason& reason,
                             FunctionRef<void(InstanceNumbers&)> change) {
  const size_t before = app.bytes();
  const Share out = share_of_record(app.record(index));
  const InstanceNumbers numbers = app.record(index).numbers;
  app.update(index, change);
  if (observer_) {
    const Instance* const record = &app.record(index);
    observer_->changed({reason.kind, reason.by, reason.at, app.key(), record, &numbers, app.lease_ns(index), record});
  }
  exchange(app, out, share_of_record(app.record(index)));
  memory_bytes_.fetch_add(app.bytes() - before, std::memory_order_relaxed);
}

void Registry::remove_record(Shard& shard, Application& app, size_t index, const Reason& reason) {
  const size_t before = app.bytes();
  if (observer_) {
    const Instance* const old = &app.record(index);
    observer_->changed(
        {reason.kind, reason.by, reason.at, app.key(), old, &old->numbers, app.lease_ns(index), nullptr});
  }
  const Share out = share_of_record(app.record(index));
  const uint32_t number = app.side(index).slot;
  app.remove(index);
  if (index < app.record_count()) shard.slots[app.side(index).slot].index = static_cast<uint32_t>(index);  // it moved
  Slot& slot = shard.slots[number];
  slot.app = nullptr;
  slot.generation = slot.generation == UINT32_MAX ? 1 : slot.generation + 1;
  shard.free_slots.push_back(number);
  Share in;
  in.key_digest = out.key_digest;
  exchange(app, out, in);
  records_.fetch_sub(1, std::memory_order_relaxed);
  memory_bytes_.fetch_add(app.bytes() - before, std::memory_order_relaxed);
}

// ---------------------------------------------------------------------------------------------------- slots

uint32_t Registry::take_slot(Shard& shard, Application& app, size_t index) {
  uint32_t number = 0;
  if (shard.free_slots.empty()) {
    number = static_cast<uint32_t>(shard.slots.size());
    DISCOVERY_CHECK(number < UINT32_MAX >> kShardBits, "memory ends long before the numbers of slots do");
    shard.slots.emplace_back();
  } else {
    number = shard.free_slots.back();
    shard.free_slots.pop_back();
  }
  shard.slots[number].app = &app;
  shard.slots[number].index = static_cast<uint32_t>(index);
  return number;
}

const Registry::Slot* Registry::resolve(const Shard& shard, RecordRef ref) {
  const size_t number = ref.slot >> kShardBits;
  if (number >= shard.slots.size()) return nullptr;
  const Slot& slot = shard.slots[number];
  return slot.app && slot.generation == ref.generation ? &slot : nullptr;
}

RecordRef Registry::ref_of(const Shard& shard, const Application& app, size_t index) const {
  const uint32_t number = app.side(index).slot;
  const auto place = static_cast<uint32_t>(&shard - shards_.data());
  return {(number << kShardBits) | place, shard.slots[number].generation};
}

StoredRecord Registry::stored_record(const Shard& shard, const Application& app, size_t index) const {
  const Application::Side& side = app.side(index);
  return {.app = app.key(),
          .instance = &app.record(index),
          .ref = ref_of(shard, app, index),
          .lease_ns = app.lease_ns(index),
          .lease_known = side.lease_known,
          .home_ns = side.home_ns,
          .app_latest_ns = app.latest_timestamp_ns()};
}

// ---------------------------------------------------------------------------------------------------- T

Wake Registry::changed_here(const Shard& shard, Application& app, int64_t t_ns, TimePoint now) {
  if (shard.named) {
    app.name(
        std::max({tau_of(versions_.here(now)), tau_of(app.latest_timestamp_ns()) + 1, tau_of(app.cursor_max_ns()) + 1}),
        true);
  } else {
    app.touch(t_ns);
  }
  return {app.id(), app.watchers()};
}

// What is told is no cursor of a client, but bounded like one: it must not carry T away from the clock.
Wake Registry::changed_there(const Shard& shard, Application& app, bool list_changed, int64_t told_ns, TimePoint now) {
  const int64_t here_ns = versions_.here(now);
  const bool told = told_ns > 0 && is_plausible(told_ns, from_wire_ns(here_ns));
  const int64_t tau = tau_of(app.latest_timestamp_ns());
  if (!shard.named) {
    if (!list_changed) return {};
    app.touch(std::max(here_ns, told ? told_ns : 0));
  } else if (list_changed) {
    app.name(std::max(tau_of(told ? told_ns : here_ns), tau + 1), true);
  } else if (told && tau_of(told_ns) > tau && fingerprint_of(told_ns) == app.fingerprint()) {
    app.name(tau_of(told_ns), false);
  } else {
    return {};
  }
  return {app.id(), app.watchers()};
}

std::vector<Wake> Registry::name_contents() {
  std::vector<Wake> wakes;
  for (Shard& shard : shards_) {
    const MutexLock lock(shard.mutex);
    if (shard.named) continue;
    shard.named = true;
    for (const auto& app : shard.list) {
      if (!app || app->latest_timestamp_ns() == 0) continue;
      app->name(tau_of(std::max(app->latest_timestamp_ns(), app->cursor_max_ns())) + 1, true);
      if (app->watchers() != 0) wakes.push_back({app->id(), app->watchers()});
    }
  }
  return wakes;
}

// ---------------------------------------------------------------------------------------------------- for the peers

void Registry::note_change(Shard& shard, const Application& app, size_t index, bool from_peer) {
  if (!keep_changes_.load(std::memory_order_relaxed)) return;
  if (shard.changes.changed.size() < LocalChanges::kChangesMax) {
    shard.changes.changed.push_back({ref_of(shard, app, index), from_peer});
  } else {
    shard.changes.changes_lost = true;
  }
}

// A lease is a maximum, never an assignment: two threads may come with their clocks read in the other order.
void Registry::note_renewal(Shard& shard, Application& app, size_t index, int64_t at_ns) {
  app.renew(index, std::max(app.lease_ns(index), at_ns));
  Application::Side& side = app.side(index);
  side.home_ns = std::max(side.home_ns, at_ns);
  side.lease_known = true;
  if (side.announced || !keep_changes_.load(std::memory_order_relaxed)) return;
  if (shard.changes.renewed.size() < LocalChanges::kRenewedMax) {
    shard.changes.renewed.push_back(ref_of(shard, app, index));
    side.announced = true;
  } else {
    shard.changes.renewals_lost = true;
  }
}

void Registry::keep_changes(bool on) {
  keep_changes_.store(on, std::memory_order_relaxed);
  if (on) return;
  LocalChanges forgotten;
  take_changes(forgotten);
}

// Copied out, not moved: the shard keeps its room, so that a renewal does not allocate.
void Registry::take_changes(LocalChanges& out) {
  for (Shard& shard : shards_) {
    const MutexLock lock(shard.mutex);
    LocalChanges& changes = shard.changes;
    for (const RecordRef& ref : changes.renewed) {
      if (const Slot* slot = resolve(shard, ref)) slot->app->side(slot->index).announced = false;
    }
    out.changed.insert(out.changed.end(), changes.changed.begin(), changes.changed.end());
    out.renewed.insert(out.renewed.end(), changes.renewed.begin(), changes.renewed.end());
    out.changes_lost |= changes.changes_lost;
    out.renewals_lost |= changes.renewals_lost;
    changes.changed.clear();
    changes.renewed.clear();
    changes.changes_lost = changes.renewals_lost = false;
  }
}

}  // namespace discovery::registry
