// register, renew, cancel and set: how instances change (discovery-api.md 6).
#include <algorithm>

#include "registry/registry.h"

namespace discovery::registry {

namespace {
constexpr Duration kImportLead = std::chrono::seconds(10);  // how far ahead the time of an import is believed

/// dirty_timestamp of an accepted write (replication.md 2.5, R7): the writer's, else a value that wins against the
/// stored one, so that a client is never refused because of a clock that ran ahead (D18).
int64_t dirty_of(int64_t given_ns, int64_t t_ns, int64_t stored_ns) {
  return given_ns > 0 ? given_ns : std::max(t_ns, saturating_add(stored_ns, 1));
}

bool same_content(const Instance& stored, const RegisterArgs& args) {
  return stored.numbers.status == args.status && stored.region() == args.region && stored.version() == args.version &&
         stored.addrs_json() == args.addrs_json && stored.metadata_json() == args.metadata_json;
}

/// The smallest number a version made over this record must exceed.
int64_t above(const Instance& stored) {
  return std::max(stored.numbers.version.incarnation.t_ns, stored.numbers.version.set.t_ns);
}
}  // namespace

// ---------------------------------------------------------------------------------------------------- register

bool Registry::loses(const Instance& stored, const RegisterArgs& args, TimePoint now) const {
  const int64_t stored_dirty = stored.numbers.dirty_ns;
  const bool gone = stored.numbers.state != RecordState::kVisible;
  if (args.writer == Writer::kClient) {
    return !gone && args.dirty_timestamp_ns > 0 && args.dirty_timestamp_ns < stored_dirty;
  }
  const int64_t dirty = args.dirty_timestamp_ns > 0 ? args.dirty_timestamp_ns : to_wire_ns(now);
  // A late replica of what was cancelled must not bring it back: equal loses there too.
  return stored.numbers.state == RecordState::kTombstone ? dirty <= stored_dirty : dirty < stored_dirty;
}

Result<RegisterOutcome> Registry::register_instance(const RegisterArgs& args, TimePoint now) {
  const InstanceText text{args.key.zone, args.key.hostname, args.region,
                          args.version,  args.addrs_json,   args.metadata_json};
  Shard& shard = shard_of(args.key.app.appid);
  const MutexLock lock(shard.mutex);
  Application* known = find(shard, args.key.app);
  const size_t index = known ? known->find(args.key.zone, args.key.hostname) : Application::kNone;
  if (index != Application::kNone && loses(known->record(index), args, now)) return RegisterOutcome{};
  // The same content again needs no room: a full registry still serves those that are in it.
  const size_t growth =
      known ? known->growth(index, text) : bytes_of_new_app(args.key.app) + Application::bytes_of_record(text);
  if (growth > 0 && !has_room(growth)) return full();
  Application& app = known ? *known : find_or_add(shard, args.key.app);
  const size_t bytes_before = app.bytes();
  auto outcome = register_over(app, index, args, now);
  account(app, bytes_before);
  return outcome;
}

Result<RegisterOutcome> Registry::register_over(Application& app, size_t index, const RegisterArgs& args,
                                                TimePoint now) {
  const Instance* stored = index == Application::kNone ? nullptr : &app.record(index);
  const bool visible = stored && stored->numbers.state == RecordState::kVisible;
  if (visible && args.writer == Writer::kReplica && args.dirty_timestamp_ns == stored->numbers.dirty_ns &&
      same_content(*stored, args)) {
    app.renew(index, std::max(app.lease_ns(index), to_wire_ns(now)));  // here already: only the lease is news
    return RegisterOutcome{.applied = true, .created = false, .wake = {}};
  }
  const int64_t t = versions_.next(now, stored ? above(*stored) : 0);
  InstanceNumbers n;
  n.version.incarnation = {t, settings_.node_id, false};
  n.reg_ns = args.writer == Writer::kReplica && args.reg_timestamp_ns > 0 ? args.reg_timestamp_ns : t;
  n.up_ns = visible ? stored->numbers.up_ns : t;
  n.dirty_ns = dirty_of(args.dirty_timestamp_ns, t, stored ? stored->numbers.dirty_ns : 0);
  n.latest_ns = t;
  n.status = args.status;
  auto record =
      Instance::make({args.key.zone, args.key.hostname, args.region, args.version, args.addrs_json, args.metadata_json},
                     n, stored ? stored->key_hash() : app.key_hash(args.key.zone, args.key.hostname));
  // The lease is measured on the clock: t may be ahead of it, by what other writers were.
  if (stored) {
    app.replace(index, std::move(record), std::max(app.lease_ns(index), to_wire_ns(now)));
  } else {
    app.insert(std::move(record), to_wire_ns(now));
  }
  app.touch(t);
  if (!visible) {
    size_.fetch_add(1, std::memory_order_relaxed);
    expected_.fetch_add(settings_.lease.renewals_per_minute, std::memory_order_relaxed);
  }
  return RegisterOutcome{.applied = true, .created = !visible, .wake = {app.id(), app.watchers()}};
}

// ---------------------------------------------------------------------------------------------------- renew

Result<RenewVerdict> Registry::renew(const RenewArgs& args, TimePoint now,
                                     FunctionRef<void(const InstanceView&)> seen) {
  Shard& shard = shard_of(args.key.app.appid);
  const MutexLock lock(shard.mutex);
  Application* app = find(shard, args.key.app);
  const size_t index = app ? app->find(args.key.zone, args.key.hostname) : Application::kNone;
  if (index == Application::kNone || app->record(index).numbers.state != RecordState::kVisible) {
    return not_found("no such instance");
  }
  // A lease is a maximum, never an assignment: two threads may come with their clocks read in the other order.
  app->renew(index, std::max(app->lease_ns(index), to_wire_ns(now)));
  factual_.fetch_add(1, std::memory_order_relaxed);
  seen(app->view_of(index));
  const int64_t stored = app->record(index).numbers.dirty_ns;
  if (!args.compare || args.dirty_timestamp_ns == stored) return RenewVerdict::kRenewed;
  return args.dirty_timestamp_ns > stored ? RenewVerdict::kSenderIsNewer : RenewVerdict::kSenderIsOlder;
}

// ---------------------------------------------------------------------------------------------------- cancel

// Of a cancelled record only key, version and dirty_timestamp stay; its lease array entry tells since when. A replica's
// cancel may be of a newer state than the stored one: then it is that state that must not come back.
void Registry::bury(Application& app, size_t index, int64_t stamp_ns, TimePoint now) {
  const Instance& old = app.record(index);
  InstanceNumbers n = old.numbers;
  n.version = {{versions_.next(now, above(old)), settings_.node_id, true}, {}};
  n.dirty_ns = std::max(n.dirty_ns, stamp_ns);
  n.state = RecordState::kTombstone;
  app.replace(index, Instance::make({.zone = old.zone(), .hostname = old.hostname()}, n, old.key_hash()),
              to_wire_ns(now));
}

// What follows when a visible record has left the lists.
void Registry::left(Application& app, int64_t t_ns) {
  app.touch(t_ns);
  size_.fetch_sub(1, std::memory_order_relaxed);
  int64_t expected = expected_.load(std::memory_order_relaxed);
  while (!expected_.compare_exchange_weak(
      expected, std::max<int64_t>(0, expected - settings_.lease.renewals_per_minute), std::memory_order_relaxed)) {
  }
}

// A replica's cancel of something unknown may have overtaken its register: remember it (discovery-api.md 6.3).
// Its version is that of an import: the value it carried, node 0 (replication.md 2.5, R7).
void Registry::leave_tombstone(Application& app, const CancelArgs& args, TimePoint now) {
  InstanceNumbers n;
  n.version.incarnation = {args.stamp_ns > to_wire_ns(now + kImportLead) ? to_wire_ns(now) : args.stamp_ns, 0, true};
  n.dirty_ns = args.stamp_ns;
  n.state = RecordState::kTombstone;
  app.insert(Instance::make({.zone = args.key.zone, .hostname = args.key.hostname}, n,
                            app.key_hash(args.key.zone, args.key.hostname)),
             to_wire_ns(now));
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
    if (stamped && has_room(bytes)) {
      Application& target = app ? *app : find_or_add(shard, args.key.app);
      const size_t before = target.bytes();
      leave_tombstone(target, args, now);
      account(target, before);
    }
    return not_found("no such instance");
  }
  const InstanceNumbers& stored = app->record(index).numbers;
  const bool visible = stored.state == RecordState::kVisible;
  const bool late = stamped && args.stamp_ns < stored.dirty_ns;
  if (visible && late) return CancelOutcome{};
  const size_t before = app->bytes();
  const int64_t stamp_ns = stamped ? args.stamp_ns : 0;
  if (visible) {
    bury(*app, index, stamp_ns, now);
    left(*app, app->record(index).numbers.version.incarnation.t_ns);
    account(*app, before);
    return CancelOutcome{.applied = true, .wake = {app->id(), app->watchers()}};
  }
  if (stored.state == RecordState::kHidden && !late) {  // it stays away also for a peer that still has it
    bury(*app, index, stamp_ns, now);
    account(*app, before);
  } else if (stored.state == RecordState::kTombstone && stamp_ns > stored.dirty_ns) {
    app->update(index, [&](InstanceNumbers& n) { n.dirty_ns = stamp_ns; });
    app->renew(index, to_wire_ns(now));  // kept as long as one made now
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

  const size_t before = app->bytes();
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
      app->update(change.index, apply);
      continue;
    }
    InstanceNumbers n = stored.numbers;
    apply(n);
    InstanceText text = stored.text();
    text.metadata_json = *change.metadata_json;
    app->replace(change.index, Instance::make(text, n, stored.key_hash()), app->lease_ns(change.index));
  }
  app->touch(t_last);
  account(*app, before);
  return Wake{app->id(), app->watchers()};
}

}  // namespace discovery::registry
