// join(): the one way in which a record made elsewhere is taken in (replication.md 2.3 and 2.4).
//
// What is decided by versions alone is a join of a semilattice: in whatever order and how often the records come, the
// same remain. Leases and hiding are this node's own; they only ever use what a sender vouches for.
#include <algorithm>

#include "registry/registry.h"

namespace discovery::registry {

namespace {
constexpr Duration kSameRenewal = std::chrono::seconds(1);
constexpr Duration kForgetEarly = std::chrono::seconds(60);  // one sweep: nobody takes in what others are forgetting

int64_t newest(const Version& v) { return std::max(v.incarnation.t_ns, v.set.t_ns); }

bool is_newer(const Version& joined, const Version& stored) {
#if defined(DISCOVERY_PLANT_CANCEL_IGNORES_VERSIONS)
  if (joined.incarnation.tombstone) return joined != stored;
#endif
#if defined(DISCOVERY_PLANT_WHOLE_RECORD_SET)
  if (newest(joined) != newest(stored)) return newest(joined) > newest(stored);
#endif
  return joined > stored;
}

InstanceNumbers numbers_of(const Record& r, bool hidden) {
  InstanceNumbers n;
  n.version = r.version;
  n.reg_ns = r.reg_ns;
  n.up_ns = r.up_ns;
  n.dirty_ns = r.dirty_ns;
  n.latest_ns = r.latest_ns;
  n.status = r.status;
  n.state = r.tombstone() ? RecordState::kTombstone : hidden ? RecordState::kHidden : RecordState::kVisible;
  return n;
}

InstanceText text_of(const Record& r) {
  if (!r.tombstone()) return r.text;
  return {.zone = r.text.zone, .hostname = r.text.hostname, .extension = r.text.extension};
}

bool is_alive(const Instance& stored) { return stored.numbers.state != RecordState::kTombstone; }
}  // namespace

JoinOutcome Registry::join(const JoinArgs& args, TimePoint now) {
  const Record& r = args.record;
  versions_.observe(newest(r.version));
  const Duration forget_after = settings_.lease.forget_after;
  if (r.tombstone()) {
    const Duration told_age = r.hidden_age + kForgetEarly;
    if (tombstone_age(r.version, told_age, now) > forget_after) return {JoinResult::kForgotten, {}, {}};
  }
  Shard& shard = shard_of(r.app.appid);
  const MutexLock lock(shard.mutex);
  Application* app = find(shard, r.app);
  const size_t index = app ? app->find(r.text.zone, r.text.hostname) : Application::kNone;
  if (index == Application::kNone && r.hidden && !args.lease && r.hidden_age > forget_after - kForgetEarly &&
      !has_provisional(shard, r.key())) {
    return {JoinResult::kForgotten, {}, {}};
  }
  if (index == Application::kNone || is_newer(r.version, app->record(index).numbers.version)) {
    return join_newer(shard, app, index, args, now);
  }
  return join_known(shard, *app, index, args, now);
}

JoinOutcome Registry::join_known(Shard& shard, Application& app, size_t index, const JoinArgs& args, TimePoint now) {
  const Record& r = args.record;
  const bool same = r.version == app.record(index).numbers.version;
  JoinOutcome out{same ? JoinResult::kSame : JoinResult::kOlder, ref_of(shard, app, index), {}};
  bool list_changed = false;
  // A lease is the key's, not the version's: also a sender that is behind may have accepted a renewal.
  // But a guest that is over stays it: a later registration of its name says nothing of it.
  const Instance& stored = app.record(index);
  const bool may_show = same || !stored.is_guest() || stored.numbers.state != RecordState::kHidden;
  if (args.lease && !r.tombstone() && is_alive(stored) && may_show)
    list_changed = raise(app, index, *args.lease, args.by, now);
  const bool trusted = args.trust_hidden || app.record(index).is_guest();
  if (same && trusted && r.hidden && app.record(index).numbers.state == RecordState::kVisible &&
      believes_hidden(r, app.record(index).origin(), {app.lease_ns(index), app.side(index).lease_known}, now)) {
    change_record(app, index, {ChangeKind::kHideToo, args.by, now},
                  [](InstanceNumbers& n) { n.state = RecordState::kHidden; });
    app.renew(index, std::min(app.lease_ns(index), to_wire_ns(now) - r.hidden_age.count()));
    list_changed = true;
  }
  out.wake = list_changed ? changed_here(shard, app, versions_.next(now, app.latest_timestamp_ns()), now)
                          : changed_there(shard, app, false, r.app_latest_ns, now);
  return out;
}

Duration Registry::lease_length(std::string_view origin) const {
  if (origin.empty()) return settings_.lease.expire_after;
  const Duration own = lease_of_origin(origin);
  return own > Duration::zero() ? own : Duration::max();
}

bool Registry::is_fresh(std::string_view origin, const Lease& lease, TimePoint now) const {
  return lease.known && to_wire_ns(now) - lease.ns < lease_length(origin).count();
}

/// A node holds the record hidden. Of a guest with a lease that is believed where it is of the latest renewal known
/// here, fresh or not: of when it was accepted, nodes know a little more or less, by what a message takes. Of an
/// earlier one it says nothing: who hid it has not heard of the later, and had its grace.
bool Registry::believes_hidden(const Record& r, std::string_view origin, const Lease& lease, TimePoint now) const {
  if (!lease.known || lease_of_origin(origin) <= Duration::zero()) return !is_fresh(origin, lease, now);
  return lease.ns <= to_wire_ns(now) - r.hidden_age.count() + kSameRenewal.count();
}

/// Each registration of a guest may be under a lease of its own: what renewed the one before does not renew this one.
/// One that says the same to the last byte is under the same: a lease that two nodes took on, for one.
bool Registry::is_another(const Instance& stored, const Record& r) {
  return r.version.incarnation != stored.numbers.version.incarnation && stored.origin() != r.text.origin;
}

/// The lease under which a newer version of a record that is alive is held.
Registry::Lease Registry::lease_of_joined(const Application* app, size_t index, const JoinArgs& args, TimePoint now) {
  const Record& r = args.record;
  const int64_t now_ns = to_wire_ns(now);
  // Nobody vouches for it: held since now, or since when its sender holds it, and never taken for a renewal.
  int64_t held_ns = r.hidden ? now_ns - std::max<int64_t>(0, r.hidden_age.count()) : now_ns;
  std::optional<int64_t> told_ns;
  if (args.lease) told_ns = std::min(to_wire_ns(*args.lease), now_ns);
  // A guest's lease may be too old for a moment, since only after a grace anything follows from it; but not too fresh:
  // nobody who ends it would be believed.
  const bool guest = !r.text.origin.empty();
  const bool of_guest = told_ns && guest && is_of(r.version, *told_ns);
  if (guest && is_of(r.version, now_ns - r.hidden_age.count())) {
    held_ns = now_ns - std::max<int64_t>(0, r.hidden_age.count());
  }
  if (index == Application::kNone || !is_alive(app->record(index))) {
    // What other nodes told of it while it was not here is lost: nothing proves that the lease told now is the latest.
    const bool latest = r.hidden || args.latest_lease || of_guest;
    return {latest ? told_ns.value_or(held_ns) : guest ? held_ns : now_ns, !!told_ns};
  }
  const bool registered_anew = r.version.incarnation != app->record(index).numbers.version.incarnation;
  if (guest && is_another(app->record(index), r)) return {of_guest ? *told_ns : held_ns, of_guest};
  Lease lease{app->lease_ns(index), app->side(index).lease_known};
  if (told_ns) lease = {std::max(lease.ns, *told_ns), true};
  if (registered_anew) lease.ns = std::max(lease.ns, held_ns);
  return lease;
}

/// Whether the newer version is held hidden. May renew a lease of which only a sender's hint was known.
bool Registry::hides(const Instance* stored, const Record& r, Lease& lease, TimePoint now) const {
  if (r.hidden) return believes_hidden(r, r.text.origin, lease, now);
  if (!stored || stored->numbers.state != RecordState::kHidden) return false;
  if (!r.text.origin.empty()) return lease.known && !is_fresh(r.text.origin, lease, now);
  if (lease.known) return expired(lease.ns, now);
  lease.ns = to_wire_ns(now);  // hidden by hearsay; now one shows it
  return false;
}

JoinOutcome Registry::join_newer(Shard& shard, Application* known, size_t index, const JoinArgs& args, TimePoint now) {
  const Record& r = args.record;
  const InstanceText text = text_of(r);
  const bool is_new = index == Application::kNone;
  const size_t growth =
      known ? known->growth(index, text) : bytes_of_new_app(r.app) + Application::bytes_of_record(text);
  if (growth > 0 && (is_new || !r.tombstone()) && !has_room(growth)) return {JoinResult::kFull, {}, {}};
  Application& app = known ? *known : find_or_add(shard, r.app);
  const Instance* stored = is_new ? nullptr : &app.record(index);
  const bool was_visible = stored && stored->numbers.state == RecordState::kVisible;
  const bool revived = !stored || !is_alive(*stored);
  const bool other_guest = stored && stored->is_guest() && is_another(*stored, r);

  Lease lease;
  int64_t renewed_ns = 0;  // here, before the record came
  bool hidden = false;
  if (r.tombstone()) {
    const Duration age = std::max(Duration::zero(), tombstone_age(r.version, r.hidden_age, now));
    lease.ns = to_wire_ns(now) - age.count();
  } else {
    lease = lease_of_joined(&app, index, args, now);
    if (revived) renewed_ns = take_provisional(shard, r.key());
    if (renewed_ns > 0) lease = {lease.known ? std::max(lease.ns, renewed_ns) : renewed_ns, true};
    hidden = hides(stored, r, lease, now);
  }
  auto record =
      Instance::make(text, numbers_of(r, hidden), stored ? stored->key_hash() : app.key_hash(text.zone, text.hostname),
                     stored ? stored->key_digest() : key_digest(settings_.cluster_key, r.key()));
  index = put_record(shard, app, index, std::move(record), lease.ns, {ChangeKind::kMerge, args.by, now});
  Application::Side& side = app.side(index);
  side.lease_known = lease.known;
  if (other_guest) side.home_ns = 0;  // what was accepted here renewed the one before
  if (renewed_ns > 0) note_renewal(shard, app, index, renewed_ns);
  const bool visible = !r.tombstone() && !hidden;
  return {JoinResult::kApplied, ref_of(shard, app, index),
          changed_there(shard, app, was_visible || visible, r.app_latest_ns, now)};
}

}  // namespace discovery::registry
