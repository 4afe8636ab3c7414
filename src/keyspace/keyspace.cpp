// What clients write and read.
#include "keyspace/keyspace.h"

#include <algorithm>

namespace discovery::keyspace {

namespace {

constexpr std::string_view kNoAddrs = "[]";
constexpr std::string_view kNoMetadata = "{}";
/// A node whose clock is behind may be asked about a lease that another one grants only now.
constexpr Duration kClockLead = std::chrono::seconds(5);

}  // namespace

Keyspace::Keyspace(const KeyspaceSettings& settings, registry::Registry& registry, const KeyMapper& mapper,
                   TimePoint now)
    : settings_(settings),
      registry_(registry),
      mapper_(mapper),
      lease_ids_(settings.node_id),
      index_(settings.node_id, settings.history, now) {}

// ---------------------------------------------------------------------------------------------------- records

// NOLINTNEXTLINE(readability-function-size): which record, what it says, whose it is, by whom and when
bool Keyspace::register_guest(const registry::InstanceKeyView& name, const MappedInstance* mapped,
                              std::string_view origin, std::string_view by, TimePoint now) {
  registry::RegisterArgs args;
  args.key = name;
  args.addrs_json = mapped ? std::string_view(mapped->addrs_json) : kNoAddrs;
  args.metadata_json = mapped ? std::string_view(mapped->metadata_json) : kNoMetadata;
  if (mapped) {
    args.region = mapped->region;
    args.version = mapped->version;
    args.status = mapped->status;
  }
  args.origin = origin;
  args.by = by;
  const auto outcome = registry_.register_instance(args, now);
  if (outcome && listener_.changed) listener_.changed(outcome->wake, now);
  return outcome.has_value();
}

void Keyspace::cancel_guest(const registry::InstanceKeyView& name, std::string_view by, TimePoint now) {
  const auto outcome = registry_.cancel({.key = name, .by = by}, now);
  if (outcome && listener_.changed) listener_.changed(outcome->wake, now);
}

std::string Keyspace::zone_of_key(std::string_view key) const {
  std::string zone = settings_.zone;
  const RecordName name = record_of_key(key);
  registry_.with_record(registry_.find_record(name.view()), [&](const registry::StoredRecord& stored) {
    const auto kept = kept_of(*stored.instance);
    if (kept && !kept->zone.empty()) zone = kept->zone;
  });
  return zone;
}

// ---------------------------------------------------------------------------------------------------- keys

// NOLINTNEXTLINE(readability-function-size): what, over what, how long and when
Fault Keyspace::check_put(const PutArgs& args, const KeyValuePtr& before, std::chrono::seconds& length, TimePoint now) {
  if (!is_storable_key(args.key)) return Fault::kKeyTooLong;
  if ((args.keep_value || args.keep_lease) && !before) return Fault::kNoKey;
  const LeaseId lease = args.keep_lease ? before->lease : args.lease;
  if (lease == 0) return Fault::kNone;
  const auto found = find_or_adopt(lease, args.by, now);
  if (!found) return Fault::kNoLease;
  length = *found;
  return Fault::kNone;
}

Fault Keyspace::why_not(const PutArgs& args, TimePoint now) {
  const MutexLock writing(writing_);
  KeyValuePtr before;
  {
    const MutexLock lock(mutex_);
    before = index_.find(args.key);
  }
  std::chrono::seconds length{0};
  return check_put(args, before, length, now);
}

WriteOutcome Keyspace::put(const PutArgs& args, TimePoint now) {
  const MutexLock writing(writing_);
  WriteOutcome outcome;
  KeyValuePtr written;
  {
    const MutexLock lock(mutex_);
    outcome.before = index_.find(args.key);
    written = index_.written(args.key);
  }
  std::chrono::seconds length{0};
  outcome.fault = check_put(args, outcome.before, length, now);
  if (outcome.fault != Fault::kNone) return outcome;
  PutArgs effective = args;
  if (args.keep_value) effective.value = outcome.before->value;
  if (args.keep_lease) effective.lease = outcome.before->lease;
  const std::string zone = zone_of_key(args.key);
  const RecordName name = record_of_key(args.key);
  const std::string origin =
      registry::make_origin(length, encode_kept({Kept::Kind::kKey, effective.lease, {}, effective.value, {}, zone}));
  if (!register_guest(name.view(), nullptr, origin, args.by, now)) {
    outcome.fault = Fault::kFull;
    return outcome;
  }
  {
    const MutexLock lock(mutex_);
    const KeyValuePtr after = index_.find(args.key);
    outcome.revision = after ? after->mod_revision : index_.revisions().last();
  }
  map_key(args.key, written, effective, length, now);
  return outcome;
}

void Keyspace::erase_key(const KeyValuePtr& kv, std::string_view by, TimePoint now) {
  unmap_key(kv->key, kv->value, by, now);  // before its record forgets the zone
  cancel_guest(record_of_key(kv->key).view(), by, now);
}

DeleteOutcome Keyspace::erase(const KeyRange& range, std::string_view by, TimePoint now) {
  const MutexLock writing(writing_);
  DeleteOutcome outcome;
  {
    const MutexLock lock(mutex_);
    for (KeyValuePtr& kv : index_.range(range, 0).kvs) {
      if (index_.written(kv->key)) outcome.deleted.push_back(std::move(kv));
    }
  }
  for (const KeyValuePtr& kv : outcome.deleted) erase_key(kv, by, now);
  outcome.revision = revision();
  return outcome;
}

RangeOutcome Keyspace::range(const KeyRange& range, size_t limit) const {
  const MutexLock lock(mutex_);
  KeyIndex::Range found = index_.range(range, limit);
  return {std::move(found.kvs), found.count, index_.revisions().last()};
}

KeyValuePtr Keyspace::written_key(std::string_view key) const {
  const MutexLock lock(mutex_);
  return index_.written(key);
}

Revision Keyspace::revision() const {
  const MutexLock lock(mutex_);
  return index_.revisions().last();
}

// ---------------------------------------------------------------------------------------------------- leases

std::optional<std::chrono::seconds> Keyspace::length_of(LeaseId id) const {
  const MutexLock lock(mutex_);
  const auto it = leases_.find(id);
  return it == leases_.end() ? std::nullopt : std::optional(it->second.length);
}

std::vector<std::string> Keyspace::keys_of_lease(LeaseId id) const {
  const MutexLock lock(mutex_);
  const auto it = leases_.find(id);
  return it == leases_.end() ? std::vector<std::string>() : std::vector(it->second.keys.begin(), it->second.keys.end());
}

GrantOutcome Keyspace::grant(LeaseId id, std::chrono::seconds length, std::string_view by, TimePoint now) {
  const MutexLock writing(writing_);
  if (id != 0 && length_of(id)) return {Fault::kLeaseExists, id, {}, revision()};
  const std::chrono::seconds granted = std::clamp(length, settings_.lease_min, kLeaseMax);
  while (id == 0) {  // a process before this one may have made the same: within this second, or by borrowing
    const LeaseId next = lease_ids_.next(granted, now);
    if (!length_of(next) && !registry_.find_record(record_of_lease(next).view())) id = next;
  }
  return grant_locked(id, granted, by, now);
}

void Keyspace::leave() {
  const MutexLock writing(writing_);
  lease_ids_.leave();
}

GrantOutcome Keyspace::grant_locked(LeaseId id, std::chrono::seconds length, std::string_view by, TimePoint now) {
  const std::string origin = registry::make_origin(length, encode_kept({Kept::Kind::kLease, id, {}, {}, {}, {}}));
  GrantOutcome outcome{Fault::kNone, id, length, 0};
  if (!register_guest(record_of_lease(id).view(), nullptr, origin, by, now)) outcome.fault = Fault::kFull;
  outcome.revision = revision();
  return outcome;
}

// R3. A record of any state, or keys, say that it was known: then it is over, or told by them.
std::optional<LeaseFacts> Keyspace::granted_elsewhere(LeaseId id, TimePoint now) const {
  if (id <= 0 || registry_.find_record(record_of_lease(id).view())) return std::nullopt;
  const LeaseFacts facts = facts_of(id);
  const Duration age = now - facts.granted;
  if (facts.length < settings_.lease_min || age < -kClockLead || age >= facts.length) return std::nullopt;
  return facts;
}

std::optional<std::chrono::seconds> Keyspace::find_or_adopt(LeaseId id, std::string_view by, TimePoint now) {
  if (const auto length = length_of(id)) return length;
  const auto facts = granted_elsewhere(id, now);
  if (!facts) return length_of(id);  // its record may have come in between
  if (grant_locked(id, facts->length, by, now).fault != Fault::kNone) return std::nullopt;
  const MutexLock lock(mutex_);
  ++adopted_;
  return facts->length;
}

std::optional<std::chrono::seconds> Keyspace::renew_known(LeaseId id, TimePoint now) {
  std::shared_ptr<const Records> records;
  std::chrono::seconds length{};
  {
    const MutexLock lock(mutex_);
    const auto it = leases_.find(id);
    if (it == leases_.end() || !it->second.records) return std::nullopt;
    records = it->second.records;
    length = it->second.length;
  }
  const auto renewed = [&](registry::RecordRef ref) { return registry_.renew_guest(ref, now); };
  return std::ranges::all_of(*records, renewed) ? std::optional(length) : std::nullopt;
}

void Keyspace::know_records(LeaseId id, std::shared_ptr<const Records> records) {
  const MutexLock lock(mutex_);
  const auto it = leases_.find(id);
  if (it != leases_.end()) it->second.records = std::move(records);
}

std::optional<std::chrono::seconds> Keyspace::keep_alive(LeaseId id, std::string_view by, TimePoint now) {
  const MutexLock writing(writing_);
  if (const auto known = renew_known(id, now)) return known;
  const auto length = find_or_adopt(id, by, now);
  if (!length) return std::nullopt;
  // Filled while it is known already: a change of the lease or its keys meanwhile forgets it.
  const auto records = std::make_shared<Records>();
  know_records(id, records);
  bool whole = true;
  const auto renew = [&](const registry::InstanceKeyView& name) {
    const registry::RecordRef ref = registry_.find_record(name);
    if (ref && registry_.renew_guest(ref, now)) {
      records->push_back(ref);
      return true;
    }
    whole = false;
    // While the node is starting, what it does not know yet.
    const auto nothing = [](const registry::InstanceView&) {};
    return !ref && registry_.renew({.key = name, .by = by}, now, nothing).has_value();
  };
  if (!renew(record_of_lease(id).view())) {
    // Only its keys are known here: they tell its length, and it is taken on.
    if (grant_locked(id, *length, by, now).fault != Fault::kNone) {
      know_records(id, nullptr);
      return std::nullopt;
    }
  }
  for (const std::string& key : keys_of_lease(id)) {
    static_cast<void>(renew(record_of_key(key).view()));
    const KeyValuePtr kv = written_key(key);
    if (!kv) continue;
    const std::string zone = zone_of_key(key);
    for (const MappedInstance& one : mapper_.instances_of(key, kv->value)) static_cast<void>(renew(one.name_in(zone)));
  }
  if (!whole) know_records(id, nullptr);
  return length;
}

bool Keyspace::revoke(LeaseId id, std::string_view by, TimePoint now) {
  const MutexLock writing(writing_);
  if (!find_or_adopt(id, by, now)) return false;
  std::vector<KeyValuePtr> attached;
  for (const std::string& key : keys_of_lease(id)) {
    if (KeyValuePtr kv = written_key(key); kv && kv->lease == id) attached.push_back(std::move(kv));
  }
  cancel_guest(record_of_lease(id).view(), by, now);
  for (const KeyValuePtr& kv : attached) erase_key(kv, by, now);
  return true;
}

std::optional<LeaseState> Keyspace::lease(LeaseId id, bool with_keys, TimePoint now) const {
  auto length = length_of(id);
  if (!length) {
    // Whoever asks only looks, so it is not taken on; what its id tells is told.
    if (const auto facts = granted_elsewhere(id, now)) {
      const auto rest = std::chrono::ceil<std::chrono::seconds>(facts->granted + facts->length - now);
      return LeaseState{facts->length, std::min(rest, facts->length), {}};
    }
    length = length_of(id);  // its record may have come in between
    if (!length) return std::nullopt;
  }
  std::vector<std::string> keys = keys_of_lease(id);
  const Life life = life_of(id, keys);
  if (!life.known) return std::nullopt;
  const auto left = std::chrono::ceil<std::chrono::seconds>(life.renewed + *length - now);
  LeaseState state{*length, std::max(left, std::chrono::seconds(0)), {}};
  if (with_keys) state.keys = std::move(keys);
  return state;
}

std::vector<LeaseId> Keyspace::leases() const {
  const MutexLock lock(mutex_);
  std::vector<LeaseId> ids;
  for (const auto& [id, lease] : leases_) ids.push_back(id);
  return ids;
}

Keyspace::Numbers Keyspace::numbers() const {
  const MutexLock lock(mutex_);
  return {index_.size(), leases_.size(), index_.bytes(), index_.history().next(), adopted_, expired_};
}

}  // namespace discovery::keyspace
