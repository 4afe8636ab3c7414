// The keys of key-value protocols, their leases, and the instances they stand for, on one node of a cluster without a
// quorum: available first, and the same on all nodes as soon as these hear each other.
//
//   client of etcd --put, delete, grant, keep alive--> Keyspace --register, cancel, renew--> Registry --> peers, disk
//   peers, disk, clients of the Discovery API --> Registry --changed()--> Keyspace: index, history --> watches
//
// Keys and leases are records of the registry (record_names.h): they are replicated, compared, journalled and handed
// over by what does that for instances. The key space is the view of these records that clients need: in order, with
// revisions, with history; and the rules by which leases end.
//
// * Revisions are this node's own (revision.h): of its events and of what it shows.
// * An event is told `hold` after it was applied, so that the other nodes can answer the list that some clients then
//   ask for (R4).
// * A watch that begins at a revision of another node, or of before the start, is told all keys of its range and what
//   is known to be gone. How far that node was behind cannot be known: the two may have been cut from each other, or
//   told each other by a third. Of a large range it is told the latest change of each key since a little earlier (R2).
// * What is gone is an event also where it was never there: a watch may have been told elsewhere that it was.
// * Several keys may tell of one instance: its record is made from the one written last and names others, and passes on
//   to one of them when that key goes.
// * A lease that is not known here but tells by its id that it cannot be over yet is taken on (R3).
// * The end of a lease: the node that accepted its latest renewal hides lease, keys and instances when it is over and
// no
//   other node can have accepted a later one; the others believe it, and act themselves only after a grace.
//
// Lifecycle: made before the registry has its first record, as its observer; outlives its last change. Thread: any, but
// expire() and audit() one at a time. Local writes are done one after the other. Lock order: writes, shard, mutex_.
// Limits: KeyspaceSettings; keys of kNameBytesMax bytes escaped; memory counts as the registry's.
// Source: etcd-api.md 6. No part of it gives mutual exclusion: two nodes may each take a write of one key, the later
// stays.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "base/time.h"
#include "keyspace/key_index.h"
#include "keyspace/key_mapper.h"
#include "keyspace/key_value.h"
#include "keyspace/lease_id.h"
#include "keyspace/record_names.h"
#include "registry/change_observer.h"
#include "registry/registry.h"

namespace discovery::keyspace {

struct KeyspaceSettings {
  uint16_t node_id = 1;
  std::string zone;             ///< of instances made from keys that are written here
  bool shows_instances = true;  ///< instances that came another way are shown as keys
  Duration hold = std::chrono::milliseconds(100);
  Duration slack = std::chrono::seconds(5);   ///< worst lag and difference of clocks (R2)
  Duration grace = std::chrono::seconds(10);  ///< or the lease's length, where that is more
  std::chrono::seconds lease_min{2};
  size_t replay_whole_max = 1000;    ///< keys of a range that is told whole to a watch that comes from another node
  size_t replay_keys_max = 100'000;  ///< a watch from long ago over more keys is told to list
  HistoryLimits history;
};

/// Why a write was not done.
enum class Fault : uint8_t {
  kNone,
  kKeyTooLong,
  kNoLease,  ///< unknown, or over
  kLeaseExists,
  kNoKey,  ///< ignore_value or ignore_lease of a key that is not there
  kFull,   ///< limits.registry_memory
};

struct PutArgs {
  std::string_view key;
  std::string_view value{};
  LeaseId lease = 0;
  bool keep_value = false;
  bool keep_lease = false;
  std::string_view by{};  ///< the address of the client
};
struct WriteOutcome {
  Fault fault = Fault::kNone;
  Revision revision = 0;
  KeyValuePtr before;  ///< what clients saw; null: nothing
};
struct DeleteOutcome {
  Revision revision = 0;
  std::vector<KeyValuePtr> deleted;
};
struct GrantOutcome {
  Fault fault = Fault::kNone;
  LeaseId id = 0;
  std::chrono::seconds length{};
  Revision revision = 0;
};
struct LeaseState {
  std::chrono::seconds granted{};
  std::chrono::seconds left{};
  std::vector<std::string> keys;
};

struct RangeOutcome {
  std::vector<KeyValuePtr> kvs;
  size_t count = 0;
  Revision revision = 0;
};

/// How a watch begins: what it is told at once, and the number of the event it goes on with.
struct WatchBegin {
  Revision revision = 0;         ///< of the answer that it was made
  Revision compacted = 0;        ///< > 0: too much was missed, list again (the watch is over)
  std::vector<EventPtr> replay;  ///< in rising revisions
  uint64_t next = 0;
};

class Keyspace final : public registry::ChangeObserver {
 public:
  /// What it tells others; called under locks, so only to set a flag or to post.
  struct Listener {
    std::function<void()> happened;                                 ///< an event is there, to be told after the hold
    std::function<void(const registry::Wake&, TimePoint)> changed;  ///< polls of the Discovery API are to be woken
  };

  Keyspace(const KeyspaceSettings& settings, registry::Registry& registry, const KeyMapper& mapper, TimePoint now);
  void set_listener(Listener listener) { listener_ = std::move(listener); }

  // -- writing
  WriteOutcome put(const PutArgs& args, TimePoint now) EXCLUDES(writing_, mutex_);
  /// Why put() would not be done, but for want of room. May take a lease on.
  [[nodiscard]] Fault why_not(const PutArgs& args, TimePoint now) EXCLUDES(writing_, mutex_);
  DeleteOutcome erase(const KeyRange& range, std::string_view by, TimePoint now) EXCLUDES(writing_, mutex_);
  /// `id` 0: one is chosen. The granted length is between lease_min and kLeaseMax.
  GrantOutcome grant(LeaseId id, std::chrono::seconds length, std::string_view by, TimePoint now)
      EXCLUDES(writing_, mutex_);
  /// The granted length; none: unknown or over.
  std::optional<std::chrono::seconds> keep_alive(LeaseId id, std::string_view by, TimePoint now)
      EXCLUDES(writing_, mutex_);
  /// Another process of this node serves beside this one, and grants leases too.
  void leave() EXCLUDES(writing_, mutex_);
  /// False: unknown or over.
  bool revoke(LeaseId id, std::string_view by, TimePoint now) EXCLUDES(writing_, mutex_);

  // -- reading
  [[nodiscard]] RangeOutcome range(const KeyRange& range, size_t limit) const EXCLUDES(mutex_);
  [[nodiscard]] Revision revision() const EXCLUDES(mutex_);
  [[nodiscard]] std::optional<LeaseState> lease(LeaseId id, bool with_keys, TimePoint now) const EXCLUDES(mutex_);
  [[nodiscard]] std::vector<LeaseId> leases() const EXCLUDES(mutex_);

  // -- watching (watch_hub.h)
  /// KeyMapper::gone_value(), for a deletion of what was not there before, here.
  [[nodiscard]] std::string gone_value(std::string_view key) const { return mapper_.gone_value(key); }
  [[nodiscard]] WatchBegin begin_watch(const KeyRange& range, Revision start, TimePoint now) const EXCLUDES(mutex_);
  /// Appends the events from number `next` on whose hold is over, and moves `next` behind them. False: some were
  /// forgotten before they were told.
  bool read_events(uint64_t& next, TimePoint now, std::vector<EventPtr>& out) const EXCLUDES(mutex_);
  /// When there is something for read_events(); none: nothing has happened.
  [[nodiscard]] std::optional<TimePoint> next_event(uint64_t next) const EXCLUDES(mutex_);
  /// Every event up to it was told to who has read up to `next`.
  [[nodiscard]] Revision told_until(uint64_t next) const EXCLUDES(mutex_);

  // -- what is due
  /// Ends leases. `covered`: every renewal that any node accepted before it is known here; TimePoint::max() of a node
  /// alone. When it wants to be called again at the latest.
  TimePoint expire(TimePoint covered, TimePoint now) EXCLUDES(writing_, mutex_);
  /// From time to time: hides guests that nothing keeps any more, whatever became of their lease or key.
  void audit(TimePoint now) EXCLUDES(writing_, mutex_);

  struct Numbers {
    size_t keys = 0, leases = 0, bytes = 0;
    uint64_t events = 0, adopted = 0, expired = 0;
  };
  [[nodiscard]] Numbers numbers() const EXCLUDES(mutex_);

  void changed(const registry::RecordChange& change) override EXCLUDES(mutex_);

 private:
  using Records = std::vector<registry::RecordRef>;
  struct Lease {
    std::chrono::seconds length{};
    bool recorded = false;  ///< its record is here and visible; else only keys tell of it
    std::set<std::string, std::less<>> keys;
    TimePoint due;  ///< when to look at it
    /// What a renewal renews: its record, those of its keys, and those of their instances. Null: to be found.
    std::shared_ptr<const Records> records;
  };
  /// What the registry knows of a lease by its own record and those of its keys.
  struct Life {
    TimePoint renewed;
    bool here = false;   ///< this node accepted that renewal
    bool known = false;  ///< there is any record
  };

  // keyspace.cpp: what clients do
  /// `length`: of its lease.
  [[nodiscard]] Fault check_put(const PutArgs& args, const KeyValuePtr& before, std::chrono::seconds& length,
                                TimePoint now) REQUIRES(writing_) EXCLUDES(mutex_);
  [[nodiscard]] bool register_guest(const registry::InstanceKeyView& name, const MappedInstance* mapped,
                                    std::string_view origin, std::string_view by, TimePoint now);
  void cancel_guest(const registry::InstanceKeyView& name, std::string_view by, TimePoint now);
  [[nodiscard]] std::string zone_of_key(std::string_view key) const;
  void erase_key(const KeyValuePtr& kv, std::string_view by, TimePoint now) REQUIRES(writing_);
  /// The length; none: not all is known, or not all is there.
  [[nodiscard]] std::optional<std::chrono::seconds> renew_known(LeaseId id, TimePoint now) REQUIRES(writing_)
      EXCLUDES(mutex_);
  void know_records(LeaseId id, std::shared_ptr<const Records> records) REQUIRES(writing_) EXCLUDES(mutex_);
  GrantOutcome grant_locked(LeaseId id, std::chrono::seconds length, std::string_view by, TimePoint now)
      REQUIRES(writing_) EXCLUDES(mutex_);
  [[nodiscard]] std::optional<LeaseFacts> granted_elsewhere(LeaseId id, TimePoint now) const;
  [[nodiscard]] std::optional<std::chrono::seconds> find_or_adopt(LeaseId id, std::string_view by, TimePoint now)
      REQUIRES(writing_) EXCLUDES(mutex_);
  [[nodiscard]] std::optional<std::chrono::seconds> length_of(LeaseId id) const EXCLUDES(mutex_);
  /// As a client wrote it; null: none did.
  [[nodiscard]] KeyValuePtr written_key(std::string_view key) const EXCLUDES(mutex_);
  [[nodiscard]] std::vector<std::string> keys_of_lease(LeaseId id) const EXCLUDES(mutex_);

  // keyspace_instances.cpp: what keys stand for
  void map_key(std::string_view key, const KeyValuePtr& before, const PutArgs& args, std::chrono::seconds length,
               TimePoint now) REQUIRES(writing_);
  /// What an instance is made from.
  struct MappedBy {
    std::string_view key;
    LeaseId lease = 0;
    std::chrono::seconds length{};
    std::vector<std::string> others;  ///< keys that say the same
  };
  void map_to(const MappedInstance& one, const registry::InstanceKeyView& name, const MappedBy& keys,
              std::string_view by, TimePoint now);
  /// Written keys besides that one which the record of that name is known to stand for.
  [[nodiscard]] std::vector<std::string> others_of(const registry::InstanceKeyView& name, std::string_view key) const
      EXCLUDES(mutex_);
  /// The key is about to go, from which that instance was made: it is made from another one that tells of it. False:
  /// there is none.
  bool pass_on(const registry::InstanceKeyView& name, std::string_view key, std::string_view by, TimePoint now)
      REQUIRES(writing_) EXCLUDES(mutex_);
  void unmap_key(std::string_view key, std::string_view value, std::string_view by, TimePoint now) REQUIRES(writing_);
  [[nodiscard]] bool stands_for(const registry::InstanceKeyView& name, std::string_view key) const;
  [[nodiscard]] bool tells_of(const KeyValue& kv, const registry::InstanceKeyView& name) const;

  // keyspace_changes.cpp: what the registry tells
  void lease_changed(LeaseId id, const registry::Instance* after, TimePoint now) REQUIRES(mutex_);
  void key_changed(const std::string& key, const registry::RecordChange& change) REQUIRES(mutex_);
  struct Shown;  ///< keys in which an instance is shown, before and after a change
  [[nodiscard]] Shown shown_by(const registry::RecordChange& change) const;
  void record_changed(const registry::RecordChange& change) REQUIRES(mutex_);
  void shown_changed(const registry::RecordChange& change, const Shown& shown) REQUIRES(mutex_);
  void attach(LeaseId id, const std::string& key, std::chrono::seconds length, TimePoint now) REQUIRES(mutex_);
  void detach(LeaseId id, std::string_view key, TimePoint now) REQUIRES(mutex_);
  Lease& lease_entry(LeaseId id, std::chrono::seconds length, TimePoint now) REQUIRES(mutex_);
  void drop_if_unused(LeaseId id) REQUIRES(mutex_);
  void look_again(LeaseId id, Lease& lease, TimePoint when) REQUIRES(mutex_);

  // keyspace_leases.cpp: how leases end
  [[nodiscard]] Life life_of(LeaseId id, const std::vector<std::string>& keys) const;
  [[nodiscard]] TimePoint over_at(const Life& life, std::chrono::seconds length, TimePoint covered) const;
  void end_lease(LeaseId id, const std::vector<std::string>& keys, TimePoint renewed, TimePoint now) REQUIRES(writing_)
      EXCLUDES(mutex_);
  void hide(const registry::InstanceKeyView& name, TimePoint renewed, TimePoint now);
  [[nodiscard]] TimePoint renewed_of(const registry::InstanceKeyView& name) const;
  /// The name of a record that may leave the lock of its shard.
  struct OwnedName {
    explicit OwnedName(const registry::StoredRecord& stored)
        : env(stored.app.env),
          appid(stored.app.appid),
          zone(stored.instance->zone()),
          hostname(stored.instance->hostname()) {}
    [[nodiscard]] registry::InstanceKeyView view() const { return {{env, appid}, zone, hostname}; }
    std::string env, appid, zone, hostname;
  };
  struct Hidden {
    OwnedName name;
    LeaseId lease = 0;
    std::string key;  ///< it stands for; "": it is one itself
  };
  /// Shows again what was hidden with a lease that goes on: the renewals came where the key was not known.
  void revive(TimePoint now) EXCLUDES(writing_, mutex_);
  /// False: not now, but it may have to.
  bool revive_one(const Hidden& one, TimePoint now) REQUIRES(writing_) EXCLUDES(mutex_);

  const KeyspaceSettings settings_;
  registry::Registry& registry_;
  const KeyMapper& mapper_;
  Listener listener_;

  Mutex writing_;  ///< held over a local write: what it did is read from the index
  LeaseIds lease_ids_ GUARDED_BY(writing_);
  mutable Mutex mutex_;
  KeyIndex index_ GUARDED_BY(mutex_);
  std::map<LeaseId, Lease> leases_ GUARDED_BY(mutex_);
  std::set<std::pair<TimePoint, LeaseId>> due_ GUARDED_BY(mutex_);
  bool revive_wanted_ GUARDED_BY(mutex_) = false;
  TimePoint next_revive_ GUARDED_BY(mutex_){};
  uint64_t adopted_ GUARDED_BY(mutex_) = 0;
  uint64_t expired_ GUARDED_BY(mutex_) = 0;
};

}  // namespace discovery::keyspace
