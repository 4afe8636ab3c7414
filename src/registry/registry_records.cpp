// What nodes read of each other's records, the rules for leases, and renewals that come before their record.
#include <algorithm>

#include "registry/registry.h"

namespace discovery::registry {

namespace {
constexpr Duration kImportLead = std::chrono::seconds(10);  // how far ahead the time of an import is believed
constexpr Duration kClocksDiffer = std::chrono::seconds(5);
constexpr size_t kProvisionalOverhead = 96;  // of an entry in the table

std::string joined_names(const InstanceKeyView& key) {
  std::string out;
  out.reserve(4 * sizeof(uint32_t) + key.app.env.size() + key.app.appid.size() + key.zone.size() + key.hostname.size());
  for (const std::string_view name : {key.app.env, key.app.appid, key.zone, key.hostname}) {
    for (int shift = 0; shift < 32; shift += 8) out += static_cast<char>(name.size() >> shift);
    out += name;
  }
  return out;
}
}  // namespace

// ---------------------------------------------------------------------------------------------------- reading

RecordRef Registry::find_record(const InstanceKeyView& key) const {
  const Shard& shard = shard_of(key.app.appid);
  const MutexLock lock(shard.mutex);
  const Application* app = find(shard, key.app);
  const size_t index = app ? app->find(key.zone, key.hostname) : Application::kNone;
  return index == Application::kNone ? RecordRef{} : ref_of(shard, *app, index);
}

bool Registry::with_record(RecordRef ref, FunctionRef<void(const StoredRecord&)> f) const {
  const Shard& shard = shards_[ref.slot % kShards];
  const MutexLock lock(shard.mutex);
  const Slot* slot = resolve(shard, ref);
  if (!slot) return false;
  f(stored_record(shard, *slot->app, slot->index));
  return true;
}

// In the order of slots: a record keeps its slot, wherever in its application it moves.
bool Registry::read_records(RecordCursor& at, size_t budget, FunctionRef<void(const StoredRecord&)> f) const {
  for (; at.shard < kShards; ++at.shard, at.slot = 0) {
    const Shard& shard = shards_[at.shard];
    const MutexLock lock(shard.mutex);
    for (; at.slot < shard.slots.size(); ++at.slot, --budget) {
      if (budget == 0) return true;
      const Slot& slot = shard.slots[at.slot];
      if (slot.app) f(stored_record(shard, *slot.app, slot.index));
    }
  }
  return false;
}

Version Registry::import_version(const Record& record, TimePoint now) const {
  const int64_t here_ns = versions_.here(now);
  int64_t t = std::max<int64_t>(0, record.dirty_ns);
  if (t > here_ns + kImportLead.count()) t = record.reg_ns > 0 ? std::min(record.reg_ns, here_ns) : here_ns;
  const uint64_t key = key_digest(settings_.cluster_key, record.key());
  Version v;
  v.incarnation = {t, 0, record.tombstone(), import_hash(settings_.cluster_key, key, record)};
  return v;
}

// ---------------------------------------------------------------------------------------------------- leases

bool Registry::past_ceiling(int64_t lease_ns, TimePoint now) const {
  return to_wire_ns(now) - lease_ns > settings_.lease.expire_after_max.count();
}

bool Registry::expired(int64_t lease_ns, TimePoint now) const {
  const int64_t ttl_ns = settings_.lease.expire_after.count();
#if defined(DISCOVERY_PLANT_EXPIRE_UNCOVERED)
  const bool proven = true;
#else
  const bool proven = lease_ns <= covered_until_ns_.load(std::memory_order_relaxed) - ttl_ns;
#endif
  return to_wire_ns(now) - lease_ns > ttl_ns && (proven || past_ceiling(lease_ns, now));
}

Duration Registry::tombstone_age(const Version& version, Duration age_here, TimePoint now) const {
  const bool timed = version.incarnation.node != 0 || version.set.node != 0;  // an import's time may be anything
  const int64_t t =
      version.incarnation.node == 0 ? version.set.t_ns : std::max(version.incarnation.t_ns, version.set.t_ns);
  return timed ? Duration(versions_.here(now) - t) : age_here;
}

void Registry::set_covered_until(TimePoint proven) {
  covered_until_ns_.store(to_wire_ns(proven), std::memory_order_relaxed);
}

void Registry::set_protection_allowed(bool allowed) { protection_allowed_.store(allowed, std::memory_order_relaxed); }

bool Registry::is_of(const Version& version, int64_t lease_ns) {
  return lease_ns >= version.incarnation.t_ns - kClocksDiffer.count();
}

bool Registry::raise(Application& app, size_t index, TimePoint lease, std::string_view by, TimePoint now) {
  const int64_t lease_ns = std::min(to_wire_ns(lease), to_wire_ns(now));
  const Instance& record = app.record(index);
  // A guest of which nobody vouched is held as if renewed when it came; what is told now is the truth (registry_join).
  const bool first = record.is_guest() && !app.side(index).lease_known && is_of(record.numbers.version, lease_ns);
  app.side(index).lease_known = true;
  const int64_t latest_ns = first ? lease_ns : std::max(lease_ns, app.lease_ns(index));
  const bool fresh = to_wire_ns(now) - latest_ns <= lease_length(app.record(index).origin()).count();
  const bool shows = app.record(index).numbers.state == RecordState::kHidden && fresh;
  if (shows) {  // the observer is told of the lease before
    change_record(app, index, {ChangeKind::kShow, by, now},
                  [](InstanceNumbers& n) { n.state = RecordState::kVisible; });
  }
  app.renew(index, latest_ns);
  return shows;
}

// NOLINTNEXTLINE(readability-function-size): which lease, whose word, and what follows
bool Registry::raise_lease(RecordRef ref, TimePoint lease, bool counts, TimePoint now, Wake& wake,
                           std::string_view by) {
  Shard& shard = shards_[ref.slot % kShards];
  const MutexLock lock(shard.mutex);
  const Slot* slot = resolve(shard, ref);
  if (!slot) return false;
  Application& app = *slot->app;
  if (counts && !app.record(slot->index).is_guest()) factual_.fetch_add(1, std::memory_order_relaxed);
  const Instance& record = app.record(slot->index);
  if (record.numbers.state == RecordState::kTombstone) return true;
  if (record.is_guest() && record.numbers.state == RecordState::kHidden &&
      to_wire_ns(now) - to_wire_ns(lease) < lease_length(record.origin()).count()) {
    return false;  // maybe of its next registration: the record tells
  }
  if (raise(app, slot->index, lease, by, now)) {
    wake = changed_here(shard, app, versions_.next(now, app.latest_timestamp_ns()), now);
  }
  return true;
}

// ---------------------------------------------------------------------------------------------------- warming

Result<RenewVerdict> Registry::renew_provisionally(Shard& shard, const InstanceKeyView& key, TimePoint now) {
  std::string names = joined_names(key);
  const auto it = shard.provisional.find(names);
  if (it == shard.provisional.end()) {
    const size_t bytes = names.size() + kProvisionalOverhead;
    if (!has_room(bytes)) return not_found("no such instance");
    if (provisional_.fetch_add(1, std::memory_order_relaxed) >= kProvisionalMax) {
      provisional_.fetch_sub(1, std::memory_order_relaxed);
      return not_found("no such instance");
    }
    memory_bytes_.fetch_add(bytes, std::memory_order_relaxed);
    shard.provisional.emplace(std::move(names), to_wire_ns(now));
  } else {
    it->second = std::max(it->second, to_wire_ns(now));
  }
  factual_.fetch_add(1, std::memory_order_relaxed);
  return RenewVerdict::kProvisional;
}

bool Registry::has_provisional(const Shard& shard, const InstanceKeyView& key) {
  return !shard.provisional.empty() && shard.provisional.contains(joined_names(key));
}

int64_t Registry::take_provisional(Shard& shard, const InstanceKeyView& key) {
  if (shard.provisional.empty()) return 0;
  const auto it = shard.provisional.find(joined_names(key));
  if (it == shard.provisional.end()) return 0;
  const int64_t lease_ns = it->second;
  memory_bytes_.fetch_sub(it->first.size() + kProvisionalOverhead, std::memory_order_relaxed);
  provisional_.fetch_sub(1, std::memory_order_relaxed);
  shard.provisional.erase(it);
  return lease_ns;
}

void Registry::set_warming(bool on) {
  warming_.store(on, std::memory_order_relaxed);
  if (on) return;
  for (Shard& shard : shards_) {
    const MutexLock lock(shard.mutex);
    for (const auto& [names, lease] : shard.provisional) {
      memory_bytes_.fetch_sub(names.size() + kProvisionalOverhead, std::memory_order_relaxed);
      provisional_.fetch_sub(1, std::memory_order_relaxed);
    }
    shard.provisional = ProvisionalTable(0, TextHash{settings_.hash_key});
  }
}

}  // namespace discovery::registry
