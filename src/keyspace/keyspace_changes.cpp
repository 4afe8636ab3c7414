// What the registry tells: the index, the leases and the history follow its records. Runs under the lock of a shard.
#include <algorithm>

#include "keyspace/keyspace.h"

namespace discovery::keyspace {

namespace {

using registry::ChangeKind;
using registry::Instance;
using registry::RecordState;

bool is_visible(const registry::InstanceNumbers* numbers) {
  return numbers != nullptr && numbers->state == RecordState::kVisible;
}

std::chrono::seconds length_in(const Instance& record) {
  return std::min(std::chrono::duration_cast<std::chrono::seconds>(registry::lease_of_origin(record.origin())),
                  kLeaseMax);
}

}  // namespace

void Keyspace::changed(const registry::RecordChange& change) {
  if (change.kind == ChangeKind::kLateRenew) return;
  if (change.app.env != kKeysEnv) {
    if (settings_.shows_instances && !registry::is_reserved_env(change.app.env)) instance_changed(change);
    return;
  }
  const Instance& named = change.after ? *change.after : *change.before_text;
  uint64_t events = 0;
  {
    const MutexLock lock(mutex_);
    events = index_.history().next();
    if (const auto id = lease_of_record(change.app.appid, named.hostname())) {
      if (change.kind == ChangeKind::kShow) revive_wanted_ = true;
      lease_changed(*id, change.after, change.at);
    } else if (const auto key = key_of_record(change.app.appid, named.hostname())) {
      key_changed(*key, change);
    }
    events = index_.history().next() - events;
  }
  if (events > 0 && listener_.happened) listener_.happened();
}

// ---------------------------------------------------------------------------------------------------- leases

Keyspace::Lease& Keyspace::lease_entry(LeaseId id, std::chrono::seconds length, TimePoint now) {
  const auto [it, fresh] = leases_.try_emplace(id);
  Lease& lease = it->second;
  lease.length = std::max(lease.length, length);
  if (fresh) look_again(id, lease, now);  // what comes from the disk or from others may be over already
  return lease;
}

void Keyspace::look_again(LeaseId id, Lease& lease, TimePoint when) {
  due_.erase({lease.due, id});
  lease.due = when;
  due_.emplace(when, id);
}

void Keyspace::drop_if_unused(LeaseId id) {
  const auto it = leases_.find(id);
  if (it == leases_.end() || it->second.recorded || !it->second.keys.empty()) return;
  due_.erase({it->second.due, id});
  leases_.erase(it);
}

void Keyspace::lease_changed(LeaseId id, const Instance* after, TimePoint now) {
  if (after && after->is_guest() && after->numbers.state == RecordState::kVisible) {
    lease_entry(id, length_in(*after), now).recorded = true;
    return;
  }
  const auto it = leases_.find(id);
  if (it == leases_.end()) return;
  it->second.recorded = false;
  drop_if_unused(id);
}

void Keyspace::attach(LeaseId id, const std::string& key, std::chrono::seconds length, TimePoint now) {
  if (id != 0) lease_entry(id, length, now).keys.insert(key);
}

void Keyspace::detach(LeaseId id, std::string_view key) {
  const auto it = leases_.find(id);
  if (it == leases_.end()) return;
  const auto attached = it->second.keys.find(key);
  if (attached != it->second.keys.end()) it->second.keys.erase(attached);
  drop_if_unused(id);
}

// ---------------------------------------------------------------------------------------------------- keys

void Keyspace::key_changed(const std::string& key, const registry::RecordChange& change) {
  const KeyValuePtr written = index_.written(key);
  const Instance* const after = change.after;
  if (!after || !after->is_guest() || after->numbers.state != RecordState::kVisible) {
    const bool news = after && !(change.before_numbers && change.before_numbers->version == after->numbers.version);
    if (after && after->numbers.state == RecordState::kHidden) {
      const auto kept = decode_kept(registry::kept_of_origin(after->origin()));
      revive_wanted_ = revive_wanted_ || (kept && leases_.contains(kept->lease));
    }
    if (written && index_.erase(key, change.at)) {
      detach(written->lease, key);
    } else if (news) {
      index_.tell_gone(key, change.at);
    }
    return;
  }
  const auto kept = decode_kept(registry::kept_of_origin(after->origin()));
  if (!kept || kept->kind != Kept::Kind::kKey) return;
  // The same put, told again by another node or the disk, is no event.
  const bool same = is_visible(change.before_numbers) && change.before_numbers->version == after->numbers.version;
  if (written && same) return;
  attach(kept->lease, key, length_in(*after), change.at);
  if (written && written->lease != kept->lease) detach(written->lease, key);
  index_.write(key, {std::string(kept->value), kept->lease}, change.at);
}

// ---------------------------------------------------------------------------------------------------- instances

void Keyspace::instance_changed(const registry::RecordChange& change) {
  const Instance* const after = change.after;
  const bool shown = after && after->numbers.state == RecordState::kVisible;
  std::vector<ShownKey> keys;
  std::vector<ShownKey> before;
  const auto layout_of = [](const Instance& record) -> std::string {
    if (!record.is_guest()) return "";
    const auto kept = decode_kept(registry::kept_of_origin(record.origin()));
    return kept ? std::string(kept->layout) : "";
  };
  if (shown) keys = mapper_.keys_of(change.app, *after, layout_of(*after));
  if (change.before_text && is_visible(change.before_numbers)) {
    before = mapper_.keys_of(change.app, *change.before_text, layout_of(*change.before_text));
  }
  if (keys.empty() && before.empty()) return;
  const std::string zone(after ? after->zone() : change.before_text->zone());
  uint64_t events = 0;
  {
    const MutexLock lock(mutex_);
    events = index_.history().next();
    for (const ShownKey& old : before) {
      const bool stays = std::ranges::any_of(keys, [&](const ShownKey& one) { return one.key == old.key; });
      if (!stays) index_.unshow(old.key, zone, change.at);
    }
    for (const ShownKey& one : keys) index_.show(one.key, zone, one.value, change.at);
    events = index_.history().next() - events;
  }
  if (events > 0 && listener_.happened) listener_.happened();
}

}  // namespace discovery::keyspace
