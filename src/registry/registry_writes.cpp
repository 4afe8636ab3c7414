// register, renew, cancel and set: how instances change (discovery-api.md 6).
#include <algorithm>

#include "registry/registry.h"

namespace discovery::registry {

namespace {
constexpr Duration kProofAfter = std::chrono::seconds(10);  // a younger tombstone stands against every proof of life

/// dirty_timestamp of an accepted write (replication.md 2.5, R7): the writer's, else a value that wins against the
/// stored one, so that a client is never refused because of a clock that ran ahead (D18).
int64_t dirty_of(int64_t given_ns, int64_t t_ns, int64_t stored_ns) {
  return given_ns > 0 ? given_ns : std::max(t_ns, saturating_add(stored_ns, 1));
}

bool same_content(const Instance& stored, const RegisterArgs& args) {
  return stored.numbers.state == RecordState::kVisible && stored.numbers.status == args.status &&
         stored.region() == args.region && stored.version() == args.version && stored.addrs_json() == args.addrs_json &&
         stored.metadata_json() == args.metadata_json && stored.origin() == args.origin;
}

/// A copy of what is here already: only the lease is news.
bool is_copy(const Instance& stored, const RegisterArgs& args) {
  return args.writer == Writer::kReplica && args.dirty_timestamp_ns == stored.numbers.dirty_ns;
}

/// The smallest number a version made over this record must exceed.
int64_t above(const Instance& stored) {
  return std::max(stored.numbers.version.incarnation.t_ns, stored.numbers.version.set.t_ns);
}
}  // namespace

// ---------------------------------------------------------------------------------------------------- register

bool Registry::loses(const Application& app, size_t index, const RegisterArgs& args, TimePoint now) const {
  const Instance& stored = app.record(index);
  const int64_t stored_dirty = stored.numbers.dirty_ns;
  const bool gone = stored.numbers.state != RecordState::kVisible;
  if (args.writer == Writer::kClient) {
    return !gone && args.dirty_timestamp_ns > 0 && args.dirty_timestamp_ns < stored_dirty;
  }
  const int64_t dirty = args.dirty_timestamp_ns > 0 ? args.dirty_timestamp_ns : to_wire_ns(now);
  if (stored.numbers.state != RecordState::kTombstone) return dirty < stored_dirty;
  // A late replica of what was cancelled must not bring it back, so equal loses too; but who renewed it after the
  // cancel is alive: then it was the cancel that came late.
  if (args.proof_of_life && now - from_wire_ns(app.lease_ns(index)) > kProofAfter) return false;
  return dirty <= stored_dirty;
}

Result<RegisterOutcome> Registry::register_instance(const RegisterArgs& args, TimePoint now) {
  const InstanceText text{args.key.zone,   args.key.hostname,  args.region, args.version,
                          args.addrs_json, args.metadata_json, {},          args.origin};
  Shard& shard = shard_of(args.key.app.appid);
  const MutexLock lock(shard.mutex);
  Application* known = find(shard, args.key.app);
  const size_t index = known ? known->find(args.key.zone, args.key.hostname) : Application::kNone;
  if (index != Application::kNone && loses(*known, index, args, now)) return RegisterOutcome{};
  if (index != Application::kNone && same_content(known->record(index), args)) {
    // A register says nothing of what a newer node put into the record, so it ends that.
    const Instance& stored = known->record(index);
    if (stored.extension().empty() || is_copy(stored, args)) return register_again(shard, *known, index, args, now);
  }
  // What takes no more room is done: a full registry still serves those that are in it.
  const size_t growth =
      known ? known->growth(index, text) : bytes_of_new_app(args.key.app) + Application::bytes_of_record(text);
  if (growth > 0 && !has_room(growth)) return full();
  Application& app = known ? *known : find_or_add(shard, args.key.app);
  return register_over(shard, app, index, args, now);
}

InstanceNumbers Registry::numbers_to_register(const RegisterArgs& args, const Instance* stored, int64_t t) const {
  const bool visible = stored && stored->numbers.state == RecordState::kVisible;
  InstanceNumbers n;
  n.version.incarnation = {t, settings_.node_id, false};
  n.reg_ns = args.writer == Writer::kReplica && args.reg_timestamp_ns > 0 ? args.reg_timestamp_ns : t;
  n.up_ns = visible ? stored->numbers.up_ns : t;
  n.dirty_ns = dirty_of(args.dirty_timestamp_ns, t, stored ? stored->numbers.dirty_ns : 0);
  n.latest_ns = t;
  n.status = args.status;
  return n;
}

// What most registers are: the record stays where it is, so there is nothing to allocate, to count or to order.
RegisterOutcome Registry::register_again(Shard& shard, Application& app, size_t index, const RegisterArgs& args,
                                         TimePoint now) {
  const Instance& stored = app.record(index);
  RegisterOutcome outcome{.applied = true,
                          .created = false,
                          .again_after = Duration(to_wire_ns(now) - app.lease_ns(index)),
                          .before_ns = stored.numbers.version.incarnation.t_ns,
                          .wake = {}};
  if (!is_copy(stored, args)) {
    const int64_t t = versions_.next(now, above(stored));
    const InstanceNumbers next = numbers_to_register(args, &stored, t);
    change_record(app, index, {ChangeKind::kRegister, args.by, now}, [&](InstanceNumbers& n) { n = next; });
    note_change(shard, app, index, args.from_peer);
    outcome.after_ns = t;
    outcome.wake = changed_here(shard, app, t, now);
  }
  note_renewal(shard, app, index, to_wire_ns(now));
  return outcome;
}

RegisterOutcome Registry::register_over(Shard& shard, Application& app, size_t index, const RegisterArgs& args,
                                        TimePoint now) {
  const Instance* stored = index == Application::kNone ? nullptr : &app.record(index);
  const bool visible = stored && stored->numbers.state == RecordState::kVisible;
  const int64_t t = versions_.next(now, stored ? above(*stored) : 0);
  const InstanceNumbers n = numbers_to_register(args, stored, t);
  RegisterOutcome outcome{.applied = true,
                          .created = !visible,
                          .before_ns = stored ? stored->numbers.version.incarnation.t_ns : 0,
                          .after_ns = t,
                          .wake = {}};
  auto record = Instance::make({args.key.zone,
                                args.key.hostname,
                                args.region,
                                args.version,
                                args.addrs_json,
                                args.metadata_json,
                                {},
                                args.origin},
                               n, stored ? stored->key_hash() : app.key_hash(args.key.zone, args.key.hostname),
                               stored ? stored->key_digest() : key_digest(settings_.cluster_key, args.key));
  // The lease is measured on the clock: t may be ahead of it, by what other writers were.
  const int64_t lease_ns = stored ? std::max(app.lease_ns(index), to_wire_ns(now)) : to_wire_ns(now);
  if (!stored) take_provisional(shard, args.key);
  index = put_record(shard, app, index, std::move(record), lease_ns, {ChangeKind::kRegister, args.by, now});
  note_renewal(shard, app, index, to_wire_ns(now));
  note_change(shard, app, index, args.from_peer);
  outcome.wake = changed_here(shard, app, t, now);
  return outcome;
}

// ---------------------------------------------------------------------------------------------------- renew

Result<RenewVerdict> Registry::renew(const RenewArgs& args, TimePoint now,
                                     FunctionRef<void(const InstanceView&)> seen) {
  Shard& shard = shard_of(args.key.app.appid);
  const MutexLock lock(shard.mutex);
  Application* app = find(shard, args.key.app);
  const size_t index = app ? app->find(args.key.zone, args.key.hostname) : Application::kNone;
  if (index == Application::kNone && warming_.load(std::memory_order_relaxed)) {
    return renew_provisionally(shard, args.key, now);
  }
  if (index == Application::kNone || app->record(index).numbers.state != RecordState::kVisible) {
    return not_found("no such instance");
  }
  const int64_t before_ns = app->lease_ns(index);
  const bool guest = app->record(index).is_guest();
  if (observer_ && !guest && to_wire_ns(now) - before_ns > settings_.lease.late_after.count()) {
    const Instance* const record = &app->record(index);
    observer_->changed({ChangeKind::kLateRenew, args.by, now, app->key(), record, &record->numbers, before_ns, record});
  }
  note_renewal(shard, *app, index, to_wire_ns(now));
  if (!guest) factual_.fetch_add(1, std::memory_order_relaxed);
  seen(app->view_of(index));
  const int64_t stored = app->record(index).numbers.dirty_ns;
  if (!args.compare || args.dirty_timestamp_ns == stored) return RenewVerdict::kRenewed;
  return args.dirty_timestamp_ns > stored ? RenewVerdict::kSenderIsNewer : RenewVerdict::kSenderIsOlder;
}

// ---------------------------------------------------------------------------------------------------- cancel

// Of a cancelled record only key, version and dirty_timestamp stay; its lease array entry tells since when. A replica's
// cancel may be of a newer state than the stored one: then it is that state that must not come back.
void Registry::bury(Shard& shard, Application& app, size_t index, const CancelArgs& args, TimePoint now) {
  const Instance& old = app.record(index);
  InstanceNumbers n = old.numbers;
  n.version = {{versions_.next(now, above(old)), settings_.node_id, true}, {}};
  if (args.writer == Writer::kReplica) n.dirty_ns = std::max(n.dirty_ns, args.stamp_ns);
  n.state = RecordState::kTombstone;
  auto record = Instance::make({.zone = old.zone(), .hostname = old.hostname()}, n, old.key_hash(), old.key_digest());
  put_record(shard, app, index, std::move(record), to_wire_ns(now), {ChangeKind::kCancel, args.by, now});
  app.side(index).lease_known = false;
  note_change(shard, app, index, args.from_peer);
}

// A replica's cancel of something unknown may have overtaken its register: remember it (discovery-api.md 6.3).
// Its version is that of an import: the value it carried, node 0 (replication.md 2.5, R7).
void Registry::leave_tombstone(Shard& shard, Application& app, const CancelArgs& args, TimePoint now) {
  Record record;
  record.app = app.key();
  record.text = {.zone = args.key.zone, .hostname = args.key.hostname};
  record.version.incarnation.tombstone = true;
  record.dirty_ns = args.stamp_ns;
  InstanceNumbers n;
  n.version = import_version(record, now);
  n.dirty_ns = args.stamp_ns;
  n.state = RecordState::kTombstone;
  auto made = Instance::make(record.text, n, app.key_hash(args.key.zone, args.key.hostname),
                             key_digest(settings_.cluster_key, args.key));
  const size_t index =
      put_record(shard, app, Application::kNone, std::move(made), to_wire_ns(now), {ChangeKind::kCancel, args.by, now});
  note_change(shard, app, index, args.from_peer);
}

Result<CancelOutcome> Registry::cancel(const CancelArgs& args, TimePoint now) {
  Shard& shard = shard_of(args.key.app.appid);
  const MutexLock lock(shard.mutex);
  Application* app = find(shard, args.key.app);
  const size_t index = app ? app->find(args.key.zone, args.key.hostname) : Application::kNone;
  const bool stamped = args.writer == Writer::kReplica && args.stamp_ns > 0;
  if (index == Application::kNone) {
    const size_t bytes = Application::bytes_of_record({.zone = args.key.zone, .hostname = args.key.hostname}) +
                         (app ? 0 : bytes_of_new_app(args.key.app));
    if (stamped && has_room(bytes)) leave_tombstone(shard, app ? *app : find_or_add(shard, args.key.app), args, now);
    return not_found("no such instance");
  }
  const InstanceNumbers stored = app->record(index).numbers;
  const bool visible = stored.state == RecordState::kVisible;
  const bool late = stamped && args.stamp_ns < stored.dirty_ns;
  if (visible && late) return CancelOutcome{};
  if (visible) {
    bury(shard, *app, index, args, now);
    const int64_t t = app->record(index).numbers.version.incarnation.t_ns;
    return CancelOutcome{.applied = true,
                         .dirty_ns = stored.dirty_ns,
                         .before_ns = stored.version.incarnation.t_ns,
                         .after_ns = t,
                         .wake = changed_here(shard, *app, t, now)};
  }
  if (stored.state == RecordState::kHidden && !late) {  // it stays away also for a peer that still has it
    bury(shard, *app, index, args, now);
  } else if (stored.state == RecordState::kTombstone && stamped && args.stamp_ns > stored.dirty_ns) {
    // A set on the tombstone: its incarnation stays, so that it beats nothing it did not beat before.
    const int64_t t = versions_.next(now, above(app->record(index)));
    change_record(*app, index, {ChangeKind::kCancel, args.by, now}, [&](InstanceNumbers& n) {
      n.version.set = {t, settings_.node_id};
      n.dirty_ns = args.stamp_ns;
    });
    app->renew(index, to_wire_ns(now));  // kept as long as one made now
    note_change(shard, *app, index, args.from_peer);
  }
  return not_found("no such instance");
}

// ---------------------------------------------------------------------------------------------------- set

namespace {
struct Change {
  size_t index;
  std::optional<uint32_t> status;
  std::optional<std::string> metadata_json;
};
}  // namespace

Result<Wake> Registry::set(const SetArgs& args, TimePoint now) {
  Shard& shard = shard_of(args.app.appid);
  const MutexLock lock(shard.mutex);
  Application* app = find(shard, args.app);
  if (!app || app->visible_count() == 0) return invalid("no such application");
  if (args.items.empty()) return invalid("no hostname given");

  std::vector<Change> changes;  // one per host; nothing is applied before all are known to be good
  changes.reserve(args.items.size());
  std::unordered_map<size_t, size_t> change_of;
  for (size_t i = 0; i < args.items.size(); ++i) {
    const SetItem& item = args.items[i];
    const size_t index = app->find(args.zone, item.hostname);
    if (index == Application::kNone || app->record(index).numbers.state != RecordState::kVisible) {
      return invalid("no such instance");
    }
    const auto [it, first] = change_of.emplace(index, changes.size());
    if (first) changes.push_back({index, std::nullopt, std::nullopt});
    Change& change = changes[it->second];
    if (item.status) change.status = item.status;
    if (item.has_metadata) {
      auto merged = args.merge(
          i, change.metadata_json ? std::string_view(*change.metadata_json) : app->record(index).metadata_json());
      if (!merged) return merged.error();
      change.metadata_json = std::move(*merged);
    }
  }
  size_t growth = 0;
  for (const Change& change : changes) {
    if (!change.metadata_json) continue;
    const size_t held = app->record(change.index).metadata_json().size();
    growth += std::max(change.metadata_json->size(), held) - held;
  }
  if (growth > 0 && !has_room(growth)) return full();

  int64_t t_last = 0;
  for (Change& change : changes) {
    const Instance& stored = app->record(change.index);
    const int64_t t = t_last = versions_.next(now, above(stored));
    const int64_t stamp = args.set_timestamp_ns > 0 ? args.set_timestamp_ns : t;
    const auto apply = [&](InstanceNumbers& n) {
      n.version.set = {t, settings_.node_id};
      n.dirty_ns = n.latest_ns = stamp;
      if (change.status) n.status = *change.status;
      if (change.status == 1U) n.up_ns = stamp;
    };
    if (!change.metadata_json || *change.metadata_json == stored.metadata_json()) {
      change_record(*app, change.index, {ChangeKind::kSet, args.by, now}, apply);
      note_change(shard, *app, change.index, args.from_peer);
      continue;
    }
    InstanceNumbers n = stored.numbers;
    apply(n);
    InstanceText text = stored.text();
    text.metadata_json = *change.metadata_json;
    put_record(shard, *app, change.index, Instance::make(text, n, stored.key_hash(), stored.key_digest()),
               app->lease_ns(change.index), {ChangeKind::kSet, args.by, now});
    note_change(shard, *app, change.index, args.from_peer);
  }
  return changed_here(shard, *app, t_last, now);
}

}  // namespace discovery::registry
