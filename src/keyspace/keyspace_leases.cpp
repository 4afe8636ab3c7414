// How leases end (etcd-api.md 6.2, "Expiry").
#include <algorithm>

#include "keyspace/keyspace.h"

namespace discovery::keyspace {

namespace {
constexpr size_t kPerCall = 1000;                                // leases looked at in one call
constexpr Duration kUncovered = std::chrono::milliseconds(200);  // how soon a lease that may be over is looked at again
constexpr Duration kIdle = std::chrono::seconds(1);              // between two calls with nothing due
constexpr Duration kAboutToEnd = std::chrono::seconds(2);
constexpr Duration kReviveEvery = std::chrono::seconds(5);
constexpr Duration kOrphanAge = std::chrono::seconds(60);
}  // namespace

Keyspace::Life Keyspace::life_of(LeaseId id, const std::vector<std::string>& keys) const {
  Life life;
  const auto look = [&](const RecordName& name) {
    registry_.with_record(registry_.find_record(name.view()), [&](const registry::StoredRecord& stored) {
      if (stored.instance->numbers.state != registry::RecordState::kVisible) return;
      const auto kept = kept_of(*stored.instance);
      if (!kept || kept->lease != id) return;
      const TimePoint renewed = from_wire_ns(stored.lease_ns);
      if (!life.known || renewed > life.renewed) life = {renewed, stored.home_ns >= stored.lease_ns, true};
    });
  };
  look(record_of_lease(id));
  for (const std::string& key : keys) look(record_of_key(key));
  return life;
}

// The node at which the last renewal arrived says it first, as soon as no other can have had a later one.
TimePoint Keyspace::over_at(const Life& life, std::chrono::seconds length, TimePoint covered) const {
  const TimePoint over = life.renewed + length;
#if defined(DISCOVERY_PLANT_EXPIRE_ALONE)
  if (covered >= TimePoint{}) return over;
#endif
  if (life.here && covered >= over) return over;
  return over + std::max<Duration>(settings_.grace, length);
}

void Keyspace::hide(const registry::InstanceKeyView& name, TimePoint renewed, TimePoint now) {
  registry::Wake wake;
  if (registry_.hide_guest(registry_.find_record(name), renewed, now, wake) && listener_.changed) {
    listener_.changed(wake, now);
  }
}

void Keyspace::end_lease(LeaseId id, const std::vector<std::string>& keys, TimePoint renewed, TimePoint now) {
  for (const std::string& key : keys) {
    const KeyValuePtr kv = written_key(key);
    if (!kv || kv->lease != id) continue;
    const std::string zone = zone_of_key(key);
    for (const MappedInstance& one : mapper_.instances_of(key, kv->value)) {
      const auto name = one.name_in(zone);
      if (!stands_for(name, key) || pass_on(name, key, {}, now)) continue;
      hide(name, std::max(renewed, renewed_of(name)), now);  // it was made from this key later, perhaps
    }
    hide(record_of_key(key).view(), renewed, now);
  }
  hide(record_of_lease(id).view(), renewed, now);
  const MutexLock lock(mutex_);
  ++expired_;
}

TimePoint Keyspace::renewed_of(const registry::InstanceKeyView& name) const {
  TimePoint renewed{};
  registry_.with_record(registry_.find_record(name),
                        [&](const registry::StoredRecord& stored) { renewed = from_wire_ns(stored.lease_ns); });
  return renewed;
}

bool Keyspace::revive_one(const Hidden& one, TimePoint now) {
  const auto length = length_of(one.lease);
  const Life life = length ? life_of(one.lease, {}) : Life{};
  if (!life.known) return true;
  const Duration safe = std::max<Duration>(*length / 2, *length - kAboutToEnd);
  if (now - life.renewed >= safe) return false;  // may be about to end
  const registry::InstanceKeyView name = one.name.view();
  if (!one.key.empty()) {
    const KeyValuePtr kv = written_key(one.key);
    if (!kv || kv->lease != one.lease || zone_of_key(one.key) != one.name.zone || !tells_of(*kv, name)) return true;
  }
  registry::Wake wake;
  if (registry_.show_guest(registry_.find_record(name), life.renewed, now, wake) && listener_.changed) {
    listener_.changed(wake, now);
  }
  return true;
}

void Keyspace::revive(TimePoint now) {
  {
    const MutexLock lock(mutex_);
    if (!revive_wanted_ || now < next_revive_) return;
    revive_wanted_ = false;
    next_revive_ = now + kReviveEvery;
  }
  std::vector<Hidden> keys;
  std::vector<Hidden> mapped;
  registry_.for_each_guest([&](const registry::StoredRecord& stored) {
    const registry::Instance& record = *stored.instance;
    if (record.numbers.state != registry::RecordState::kHidden) return;
    const auto kept = kept_of(record);
    if (!kept || kept->lease == 0 || kept->kind == Kept::Kind::kLease) return;
    const bool is_key = kept->kind == Kept::Kind::kKey;
    (is_key ? keys : mapped).push_back({OwnedName(stored), kept->lease, std::string(kept->key)});
  });
  const MutexLock writing(writing_);
  bool again = false;
  for (const std::vector<Hidden>* some : {&keys, &mapped}) {  // what stands for a key follows it
    for (const Hidden& one : *some) again = !revive_one(one, now) || again;
  }
  const MutexLock lock(mutex_);
  revive_wanted_ = revive_wanted_ || again;
}

TimePoint Keyspace::expire(TimePoint covered, TimePoint now) {
  revive(now);
  for (size_t i = 0; i < kPerCall; ++i) {
    LeaseId id = 0;
    std::chrono::seconds length{};
    std::vector<std::string> keys;
    {
      const MutexLock lock(mutex_);
      if (due_.empty() || due_.begin()->first > now) break;
      id = due_.begin()->second;
      Lease& lease = leases_.at(id);
      length = lease.length;
      keys.assign(lease.keys.begin(), lease.keys.end());
      look_again(id, lease, now + kIdle);  // whatever comes of it
    }
    const MutexLock writing(writing_);  // so that no put attaches a key to a lease that ends meanwhile
    const Life life = life_of(id, keys);
    const TimePoint over = life.known ? over_at(life, length, covered) : now;
    if (now >= over) {
      end_lease(id, keys, life.known ? life.renewed : now, now);
      continue;
    }
    const MutexLock lock(mutex_);
    const auto it = leases_.find(id);
    if (it == leases_.end()) continue;
    TimePoint when = life.renewed + length;
    // Past its length, but others might know better: at its home that may become known at any time.
    if (now >= when) when = life.here ? std::min(over, now + kUncovered) : over;
    look_again(id, it->second, when);
  }
  const MutexLock lock(mutex_);
  index_.history().trim(now);
  return due_.empty() ? now + kIdle : std::clamp(due_.begin()->first, now, now + kIdle);
}

// By ages alone, so it needs neither the lease nor the key: what a lost message or two writes at once have left behind.
void Keyspace::audit(TimePoint now) {
  struct Orphan {
    OwnedName name;
    TimePoint renewed;
  };
  {
    const MutexLock lock(mutex_);
    if (leases_.empty() && index_.size() == 0 && registry_.guests() == 0) return;  // most nodes, always
  }
  std::vector<Orphan> over;
  std::vector<std::pair<Orphan, std::string>> mapped;  // with its key
  registry_.for_each_guest([&](const registry::StoredRecord& stored) {
    const registry::Instance& record = *stored.instance;
    if (record.numbers.state != registry::RecordState::kVisible) return;
    const Duration length = std::min<Duration>(registry::lease_of_origin(record.origin()), kLeaseMax);
    const Duration age = now - from_wire_ns(stored.lease_ns);
    Orphan one{OwnedName(stored), from_wire_ns(stored.lease_ns)};
    if (length > Duration::zero() && age > length + std::max(settings_.grace, length) + kOrphanAge) {
      over.push_back(std::move(one));
      return;
    }
    const auto kept = kept_of(record);
    if (kept && kept->kind == Kept::Kind::kMapped && age > kOrphanAge) {
      mapped.emplace_back(std::move(one), std::string(kept->key));
    }
  });
  const MutexLock writing(writing_);
  for (const auto& [one, key] : mapped) {
    const KeyValuePtr kv = written_key(key);
    if (kv && zone_of_key(key) == one.name.zone && tells_of(*kv, one.name.view())) continue;
    if (!pass_on(one.name.view(), key, {}, now)) over.push_back(one);
  }
  for (const Orphan& one : over) hide(one.name.view(), one.renewed, now);
}

}  // namespace discovery::keyspace
