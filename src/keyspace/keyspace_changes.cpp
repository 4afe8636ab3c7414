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

struct Keyspace::Shown {
  std::vector<ShownKey> before;
  std::vector<ShownKey> after;
};

void Keyspace::changed(const registry::RecordChange& change) {
  if (change.kind == ChangeKind::kLateRenew) return;
  const bool ours = change.app.env == kKeysEnv;
  Shown shown;
  if (!ours) {
    if (!settings_.shows_instances || registry::is_reserved_env(change.app.env)) return;
    shown = shown_by(change);
    if (shown.before.empty() && shown.after.empty()) return;
  }
  bool happened = false;
  {
    const MutexLock lock(mutex_);
    const uint64_t next = index_.history().next();
    if (ours) {
      record_changed(change);
    } else {
      shown_changed(change, shown);
    }
    happened = index_.history().next() != next;
  }
  if (happened && listener_.happened) listener_.happened();
}

void Keyspace::record_changed(const registry::RecordChange& change) {
  const Instance& named = change.after ? *change.after : *change.before_text;
  if (const auto id = lease_of_record(change.app.appid, named.hostname())) {
    // It is back, shown or taken on anew: so may be what was hidden with it.
    const bool was = change.before_numbers && !is_visible(change.before_numbers);
    if (was && change.after && is_visible(&change.after->numbers)) revive_wanted_ = true;
    lease_changed(*id, change.after, change.at);
  } else if (const auto key = key_of_record(change.app.appid, named.hostname())) {
    key_changed(*key, change);
  }
}

// ---------------------------------------------------------------------------------------------------- leases

Keyspace::Lease& Keyspace::lease_entry(LeaseId id, std::chrono::seconds length, TimePoint now) {
  const auto [it, fresh] = leases_.try_emplace(id);
  Lease& lease = it->second;
  lease.length = std::max(lease.length, length);
  lease.records.reset();
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

void Keyspace::detach(LeaseId id, std::string_view key, TimePoint now) {
  const auto it = leases_.find(id);
  if (it == leases_.end()) return;
  it->second.records.reset();
  const auto attached = it->second.keys.find(key);
  if (attached != it->second.keys.end()) it->second.keys.erase(attached);
  look_again(id, it->second, now);  // the key may have been what told of the latest renewal
  drop_if_unused(id);
}

// ---------------------------------------------------------------------------------------------------- keys

void Keyspace::key_changed(const std::string& key, const registry::RecordChange& change) {
  const KeyValuePtr written = index_.written(key);
  const Instance* const after = change.after;
  if (!after || !after->is_guest() || after->numbers.state != RecordState::kVisible) {
    const bool news = after && !(change.before_numbers && change.before_numbers->version == after->numbers.version);
    if (after && after->numbers.state == RecordState::kHidden) {
      const auto kept = kept_of(*after);
      revive_wanted_ = revive_wanted_ || (kept && leases_.contains(kept->lease));
    }
    if (written && index_.erase(key, change.at)) {
      detach(written->lease, key, change.at);
    } else if (news) {
      index_.tell_gone(key, change.at);
    }
    return;
  }
  const auto kept = kept_of(*after);
  if (!kept || kept->kind != Kept::Kind::kKey) return;
  // The same put, told again by another node or the disk, is no event.
  const bool same = is_visible(change.before_numbers) && change.before_numbers->version == after->numbers.version;
  if (written && same) return;
  attach(kept->lease, key, length_in(*after), change.at);
  if (written && written->lease != kept->lease) detach(written->lease, key, change.at);
  index_.write(key, {std::string(kept->value), kept->lease}, change.at);
}

// ---------------------------------------------------------------------------------------------------- instances

Keyspace::Shown Keyspace::shown_by(const registry::RecordChange& change) const {
  const Instance* const after = change.after;
  const bool was = change.before_text && is_visible(change.before_numbers);
  const bool is = after && after->numbers.state == RecordState::kVisible;
  // What most registers are: the same again, of which no key can tell.
  if (was && is && change.before_text == after && change.before_numbers->status == after->numbers.status) return {};
  const auto keys_of = [&](const Instance& record, const registry::InstanceNumbers& numbers) {
    const auto kept = kept_of(record);
    return mapper_.keys_of(change.app, record, numbers.status, kept ? kept->layout : "");
  };
  Shown shown;
  if (was) shown.before = keys_of(*change.before_text, *change.before_numbers);
  if (is) shown.after = keys_of(*after, after->numbers);
  return shown;
}

void Keyspace::shown_changed(const registry::RecordChange& change, const Shown& shown) {
  const std::string_view zone = change.after ? change.after->zone() : change.before_text->zone();
  for (const ShownKey& old : shown.before) {
    const bool stays = std::ranges::any_of(shown.after, [&](const ShownKey& one) { return one.key == old.key; });
    if (!stays) index_.unshow(old.key, zone, change.at);
  }
  for (const ShownKey& one : shown.after) index_.show(one.key, zone, one.value, change.at);
}

}  // namespace discovery::keyspace
