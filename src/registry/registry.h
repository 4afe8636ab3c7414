// The registry: applications and instances of one node, their leases, and the rules by which they change.
//
// Lifecycle: made once, lives as long as the process. Thread: any thread may call anything but the sweep (one thread at
// a time, see sweep.h). Applications are spread over shards by appid, so all environments of an application stand in
// one shard; each shard has one mutex, held for one call and never while calling out, except for the callbacks that say
// so: they run under the lock, must be short, and must not call the registry. Pure: time, randomness and the size of
// the machine come in as arguments; who must be woken goes out as a value (Wake). Errors: kNotFound, kInvalidArgument,
// kExhausted (registry_memory), as each call says; a failed call changes nothing. Source of the rules: discovery-api.md
// 4 to 8 and 14, replication.md 2.3, 2.4 and 2.5 (R7, R8).
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/function_ref.h"
#include "base/mutex.h"
#include "base/result.h"
#include "base/siphash.h"
#include "base/time.h"
#include "registry/app_table.h"
#include "registry/application.h"
#include "registry/change_observer.h"
#include "registry/digest.h"
#include "registry/instance.h"
#include "registry/origin.h"
#include "registry/record.h"
#include "registry/self_protection.h"
#include "registry/version.h"

namespace discovery::registry {

struct RegistrySettings {
  HashKey hash_key;                        ///< secret of the process
  HashKey cluster_key;                     ///< equal on all nodes of the cluster
  uint16_t node_id = 1;                    ///< 1 to 65535
  uint64_t memory_bytes_max = 1ULL << 30;  ///< stored records; not the rendered views
  LeaseSettings lease;
  Duration view_max_age = std::chrono::seconds(1);  ///< how old a renew_timestamp in a list may be
};

/// Who is to be told of a change: bit r stands for the poll hub of reactor r. Empty when nobody waits.
struct Wake {
  uint64_t app_id = 0;
  uint64_t reactors = 0;
};

/// A write is a replica's when its replication or from_zone parameter is honoured (replication.md 2.5, R7).
enum class Writer : uint8_t { kClient, kReplica };

struct RegisterArgs {
  InstanceKeyView key;
  std::string_view region;
  std::string_view version;
  std::string_view addrs_json;     ///< canonical, see instance.h
  std::string_view metadata_json;  ///< canonical
  uint32_t status = 1;             ///< 1 or 2
  Writer writer = Writer::kClient;
  int64_t dirty_timestamp_ns = 0;  ///< content version given by the writer; <= 0: none
  int64_t reg_timestamp_ns = 0;    ///< given by peers; <= 0: none
  std::string_view by{};           ///< whose request it is, for the observer; so in the other arguments
  std::string_view origin{};       ///< of a guest (origin.h), else empty
  bool from_peer = false;          ///< replication=true is honoured: the other nodes usually have it from its sender
  bool proof_of_life = false;  ///< the original that sends it renewed the instance just now (replication.md 2.5, R7)
};

struct RegisterOutcome {
  bool applied = false;  ///< false: lost against a newer dirty_timestamp; nothing changed
  bool created = false;  ///< was not visible before
  /// It was visible with the same content: the time since its lease was last raised, by whatever.
  std::optional<Duration> again_after{};
  int64_t before_ns = 0;  ///< version before; 0: there was no record
  int64_t after_ns = 0;   ///< version now; 0: nothing changed
  Wake wake;
};

struct RenewArgs {
  InstanceKeyView key;
  bool compare = false;  ///< replication=true is honoured: dirty_timestamp_ns is compared
  int64_t dirty_timestamp_ns = 0;
  std::string_view by{};
};

enum class RenewVerdict : uint8_t {
  kRenewed,
  kProvisional,    ///< not known yet, while the node still learns from its peers: `seen` was not called
  kSenderIsNewer,  ///< the sender should register (-404 on the wire)
  kSenderIsOlder,  ///< the sender should take what is here (-409 on the wire)
};

struct CancelArgs {
  InstanceKeyView key;
  Writer writer = Writer::kClient;
  int64_t stamp_ns = 0;    ///< of a replica: its dirty_timestamp, or else its latest_timestamp; <= 0: none
  bool from_peer = false;  ///< see RegisterArgs
  std::string_view by{};
};

struct CancelOutcome {
  bool applied = false;   ///< false: a replica's cancel that is older than what is stored
  int64_t dirty_ns = 0;   ///< of what was cancelled
  int64_t before_ns = 0;  ///< version before
  int64_t after_ns = 0;   ///< version now; 0: nothing changed
  Wake wake;
};

struct SetItem {
  std::string_view hostname;
  std::optional<uint32_t> status;  ///< 1 or 2
  bool has_metadata = false;       ///< merge() is asked for this item
};

struct SetArgs {
  AppKeyView app;
  std::string_view zone;
  std::span<const SetItem> items;  ///< a host named twice: the later item is applied to the result of the earlier
  int64_t set_timestamp_ns = 0;    ///< <= 0: now
  bool from_peer = false;          ///< see RegisterArgs
  /// The metadata of item i merged into `stored` (both canonical JSON). Runs under the lock.
  FunctionRef<Result<std::string>(size_t i, std::string_view stored)> merge;
  std::string_view by{};
};

/// What a reader learns of an application in one step.
struct AppState {
  bool known = false;       ///< has at least one visible instance
  bool zone_known = false;  ///< has one in the zone asked for (true for zone "" if known)
  bool in_service = false;  ///< has one of status 1 (there)
  int64_t latest_timestamp_ns = 0;
  int64_t changed_ns = 0;  ///< latest_timestamp as the last change of the list here left it (cursor.h)
  bool named = false;      ///< latest_timestamp names its content: the node is not alone (cursor.h)
  TimePoint held_since{};  ///< of watch(): since when that cursor is held; zero: it is not
};

struct AppView : AppState {
  SharedBytes bytes;  ///< what the renderer wrote; null when the application or the zone is unknown
  bool rendered = false;
};

/// Writes the list of an application in a form; runs without a lock.
using Renderer = FunctionRef<void(const Listing&, const ViewForm&, std::string& out)>;

struct SchedulerEntry {
  std::string env;
  std::string appid;
  std::string json;  ///< as it stands in answers
};

struct LeaseStatus {
  int64_t size = 0;  ///< visible instances
  int64_t expected_per_minute = 0;
  int64_t renewals_last_minute = 0;
  int64_t needed = 0;  ///< between two sweeps, so as not to protect
  bool protecting = false;
  TimePoint protecting_since{};
  int64_t held = 0;     ///< expired but still listed, as the last sweep left them
  int64_t records = 0;  ///< all that is stored: visible, hidden, tombstones
  int64_t tombstones = 0;
  TimePoint covered_until{};
  int64_t braked_applications = 0;  ///< held by the brake, as the last sweep left them
};

/// What happened here, by a client or an original, since the last call of take_changes(): what the peers must learn.
struct LocalChanges {
  struct Change {
    RecordRef ref;
    bool from_peer = false;
  };
  static constexpr size_t kChangesMax = 65536;            ///< per shard
  static constexpr size_t kRenewedMax = size_t{1} << 20;  ///< per shard

  std::vector<Change> changed;     ///< registered, set, cancelled; a record may stand in it several times
  std::vector<RecordRef> renewed;  ///< each once, registered ones included
  bool changes_lost = false;       ///< there were more than kChangesMax: the digests must find them
  bool renewals_lost = false;      ///< there were more than kRenewedMax: read_records() finds them by home_ns
};

/// How a record from a peer or from disk is taken in.
struct JoinArgs {
  Record record;
  /// The latest renewal its sender vouches for, on our clock; none: the sender is not the one that accepted any.
  std::optional<TimePoint> lease;
  /// Takes over that the sender hides this version, if our own lease of it is unknown or older than expire_after
  /// (replication.md 2.4, "Start sync carries hidden"). A record that is new here is always taken as the sender has it.
  bool trust_hidden = false;
  /// `lease` is the latest that anybody accepted, as far as can be known: this node's own memory, or an original's.
  /// Else it is what its sender accepted, and of a record that is new here others may have accepted, and told, later
  /// ones.
  bool latest_lease = false;
  std::string_view by{};
};

enum class JoinResult : uint8_t {
  kApplied,    ///< it was newer
  kSame,       ///< the same version is stored; lease and T may have risen
  kOlder,      ///< what is stored is newer: the sender should have it
  kForgotten,  ///< so old that it would be forgotten at once
  kFull,       ///< no room (limits.registry_memory)
};

struct JoinOutcome {
  JoinResult result = JoinResult::kSame;
  RecordRef ref;  ///< of what is stored now; empty for kForgotten and kFull
  Wake wake;
};

/// A record as the process that serves this node until now hands it over. Times are of the clock that both share.
struct HandedRecord {
  Record record;  ///< without home_age and hidden_age: these follow from the times
  int64_t lease_ns = 0;
  bool lease_known = false;
  int64_t home_ns = 0;  ///< latest renewal that a client brought to this node, 0: none
};

/// What self-protection has counted; in a process that takes over it goes on with it.
struct LeaseCounts {
  int64_t expected_per_minute = 0;
  int64_t renewals_since_sweep = 0;
  int64_t renewals_last_minute = 0;
  int64_t protecting_since_ns = 0;  ///< 0: not protecting
  int64_t held = 0;
};

/// Where read_records() goes on; a fresh one begins.
struct RecordCursor {
  uint32_t shard = 0;
  uint32_t slot = 0;
};

class Registry {
 public:
  explicit Registry(const RegistrySettings& settings);
  ~Registry();
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  // -- writing (discovery-api.md 6; registry_writes.cpp)
  Result<RegisterOutcome> register_instance(const RegisterArgs& args, TimePoint now);
  /// kNotFound when unknown, hidden or cancelled; else `seen` is called with the instance, under the lock.
  Result<RenewVerdict> renew(const RenewArgs& args, TimePoint now, FunctionRef<void(const InstanceView&)> seen);
  /// kNotFound when unknown, hidden or cancelled already.
  Result<CancelOutcome> cancel(const CancelArgs& args, TimePoint now);
  /// All or nothing. kInvalidArgument when the application or a host is unknown, or merge() failed (its error).
  Result<Wake> set(const SetArgs& args, TimePoint now);
  /// Replaces all scheduler entries; the applications whose entry changed are touched.
  std::vector<Wake> load_schedulers(std::vector<SchedulerEntry> entries, TimePoint now);

  // -- reading
  [[nodiscard]] AppState look(AppKeyView key, std::string_view zone) const;
  [[nodiscard]] AppView view(AppKeyView key, const ViewForm& form, TimePoint now, Renderer render);
  // None of these shows reserved environments (origin.h).
  /// Every application with a visible instance, by (appid, env).
  [[nodiscard]] std::vector<AppKey> application_keys() const;
  /// Calls f under the lock if the application has a visible instance.
  void with_application(AppKeyView key, FunctionRef<void(const Application&)> f) const;
  /// Calls f under the lock with the application as it is stored, all its records included; with null when there is
  /// none.
  void with_records(AppKeyView key, FunctionRef<void(const Application*)> f) const;
  /// Calls f for every application with a visible instance, in slices, each under the lock of its shard. One that comes
  /// or goes meanwhile may be seen or not, every other once.
  void for_each_application(FunctionRef<void(const Application&)> f) const;
  /// The same with every application that has a record, visible or not.
  void for_each_stored(FunctionRef<void(const Application&)> f) const;

  // -- waiting: compare and join are one step, so no change falls between them (D25)
  /// What look() tells; and from now on every change of the application, known or not, names `reactor` (0 to 63) in its
  /// Wake, until unwatch(). kExhausted when an unknown application cannot be remembered.
  /// The cursor is what the poll came with: a later change is told with a larger T than any plausible one.
  Result<AppState> watch(AppKeyView key, std::string_view zone, unsigned reactor, int64_t cursor_ns, TimePoint now,
                         uint64_t& app_id);
  void unwatch(AppKeyView key, unsigned reactor);

  /// For a parked poll whose cursor must be held from now on: since when it is (AppState::held_since). pass_cursor() is
  /// the end of a hold (cursor.h): T's tau becomes larger than the cursor's, unless that is implausible; it returns
  /// what look() tells then, and names in `wake` the polls of others whose cursors were passed this way.
  TimePoint hold_cursor(AppKeyView key, int64_t cursor_ns, TimePoint now);
  /// HeldCursors::told().
  void told_held(AppKeyView key, int64_t cursor_ns);
  AppState pass_cursor(AppKeyView key, std::string_view zone, int64_t cursor_ns, TimePoint now, Wake& wake);

  // -- guests (origin.h; registry_guests.cpp). They are registered, renewed and cancelled like others.
  /// Its lease begins anew. False: it is not visible, or is no guest (any more).
  bool renew_guest(RecordRef ref, TimePoint now);
  /// The lease of that guest is over, unless it was raised after `lease`: it is hidden, and the peers are told. False:
  /// it was raised, is not visible, or is no guest.
  bool hide_guest(RecordRef ref, TimePoint lease, TimePoint now, Wake& wake);
  /// That guest was renewed at `lease`, if not by its own name: it is visible again, here. False: it is not hidden, or
  /// that is not fresh.
  bool show_guest(RecordRef ref, TimePoint lease, TimePoint now, Wake& wake);
  /// Every guest, whatever its state, in slices, each under the lock of its shard.
  void for_each_guest(FunctionRef<void(const StoredRecord&)> f) const;

  // -- what nodes exchange (registry_join.cpp, registry_records.cpp; replication.md 2.3 to 2.5)
  /// Takes in a record of another node or of a snapshot.
  JoinOutcome join(const JoinArgs& args, TimePoint now);
  /// The version under which a record of an original's fetch/all is joined: node 0, t its dirty_timestamp, or where
  /// that is more than 10 s ahead of our clock the smaller of its reg_timestamp and our clock.
  [[nodiscard]] Version import_version(const Record& record, TimePoint now) const;
  /// A renewal that another node accepted at `lease` (our clock). Shows a hidden record again if that is fresh enough.
  /// False: there is no such record (any more), or it is a hidden guest: only the record itself tells which of its
  /// registrations was renewed. `counts`: it was not counted before, for self-protection.
  bool raise_lease(RecordRef ref, TimePoint lease, bool counts, TimePoint now, Wake& wake, std::string_view by = {});
  [[nodiscard]] RecordRef find_record(const InstanceKeyView& key) const;
  /// False, without a call, when the record is gone.
  bool with_record(RecordRef ref, FunctionRef<void(const StoredRecord&)> f) const;
  /// Calls f for at most `budget` records in a fixed order, and says whether there are more. A record that was there
  /// during the whole round is seen exactly once; one lock is held for at most `budget` records.
  bool read_records(RecordCursor& at, size_t budget, FunctionRef<void(const StoredRecord&)> f) const;
  [[nodiscard]] const Digest& digest() const { return digest_; }
  /// From now on changes are kept for take_changes(); off at first.
  void keep_changes(bool on);
  /// Appends what happened since the last call.
  void take_changes(LocalChanges& out);
  /// From now on T names its content (cursor.h), for good. Every T is made anew; returns who is to be told.
  std::vector<Wake> name_contents();
  /// While warming, renewals of unknown instances are accepted and remembered until their record comes from a peer.
  /// Ending it forgets those for which none came.
  void set_warming(bool on);
  /// Up to when it is proven that every renewal anywhere would be known here (replication.md 2.4): a lease expires only
  /// if it is at least `expire_after` older than that. TimePoint::max(), the value at first: there are no others.
  void set_covered_until(TimePoint proven);
  /// False: mass silence is taken for mass death, as long as it stays false (lease.protect = "uncovered").
  void set_protection_allowed(bool allowed);
  [[nodiscard]] VersionClock& versions() { return versions_; }
  [[nodiscard]] const VersionClock& versions() const { return versions_; }

  /// Told of every change of a record; set before the first, null for nobody. Outlives the registry's last change.
  void set_observer(ChangeObserver* observer) { observer_ = observer; }

  // -- from one process of a node to the next (registry_handover.cpp)
  /// As join(), with all that is known of the lease; where changes are kept, it is one that was made here.
  JoinOutcome take_over(const HandedRecord& handed, TimePoint now);
  /// T of an application, exactly; for what nobody has read yet. Where T names its content, of `t_ns` only the time.
  void set_timestamp(AppKeyView key, int64_t t_ns);
  [[nodiscard]] LeaseCounts lease_counts() const;
  void set_lease_counts(const LeaseCounts& counts);
  /// T names its content (name_contents()).
  [[nodiscard]] bool names_contents() const;

  // -- numbers
  /// Renewals that all visible instances should send in a minute. Any thread.
  [[nodiscard]] int64_t expected_per_minute() const { return expected_.load(std::memory_order_relaxed); }
  [[nodiscard]] LeaseStatus lease_status() const;
  [[nodiscard]] uint64_t memory_bytes() const { return memory_bytes_.load(std::memory_order_relaxed); }
  /// Visible instances, guests included; what stands in reserved environments is not counted.
  [[nodiscard]] int64_t size() const { return size_.load(std::memory_order_relaxed); }
  /// Of these, those that are guests.
  [[nodiscard]] int64_t guests() const { return guests_.load(std::memory_order_relaxed); }
  /// For a reload of the configuration.
  void set_memory_bytes_max(uint64_t bytes) { memory_bytes_max_.store(bytes, std::memory_order_relaxed); }

 private:
  friend class Sweep;

  struct TextHash {
    HashKey key;
    size_t operator()(const std::string& text) const { return siphash(key, text); }
  };
  /// By the names of an instance, each with its length in front: when its renewal was accepted.
  using ProvisionalTable = std::unordered_map<std::string, int64_t, TextHash>;

  /// Where the record of a RecordRef is.
  struct Slot {
    Application* app = nullptr;  ///< null: free
    uint32_t index = 0;
    uint32_t generation = 1;  ///< never 0
  };

  struct Shard {
    mutable Mutex mutex;
    AppTable apps GUARDED_BY(mutex){HashKey{}};
    /// Order of no meaning; an application keeps its place, null is a free one. Never shorter than it once was.
    std::vector<std::unique_ptr<Application>> list GUARDED_BY(mutex);
    std::vector<size_t> free_places GUARDED_BY(mutex);
    std::vector<SchedulerEntry> schedulers GUARDED_BY(mutex);
    /// Never shorter than it once was; free slots are taken again, the latest first.
    std::vector<Slot> slots GUARDED_BY(mutex);
    std::vector<uint32_t> free_slots GUARDED_BY(mutex);
    LocalChanges changes GUARDED_BY(mutex);
    ProvisionalTable provisional GUARDED_BY(mutex);
    bool named GUARDED_BY(mutex) = false;  ///< see name_contents()
  };
  static constexpr int kShardBits = 4;
  static constexpr size_t kShards = size_t{1} << kShardBits;
  static constexpr int64_t kProvisionalMax = int64_t{1} << 20;  ///< in all shards

  [[nodiscard]] Shard& shard_of(std::string_view appid);
  [[nodiscard]] const Shard& shard_of(std::string_view appid) const;
  static Application* find(const Shard& shard, AppKeyView key) REQUIRES(shard.mutex);
  Application& find_or_add(Shard& shard, AppKeyView key) REQUIRES(shard.mutex);
  /// Destroys it if nothing needs it any more.
  void drop_if_unused(Shard& shard, Application& app, TimePoint now) REQUIRES(shard.mutex);
  static size_t bytes_of_new_app(AppKeyView key);
  static Error full();
  static AppState state_of(const Shard& shard, const Application* app, std::string_view zone) REQUIRES(shard.mutex);
  [[nodiscard]] bool has_room(size_t more_bytes) const;

  // -- registry_store.cpp: the only way in which records change. They keep slots, digest, fingerprints, counts and
  // memory right; T is left to the caller, when all of a change is done.
  struct Reason {
    ChangeKind kind;
    std::string_view by;
    TimePoint at;
  };
  /// Inserts (index kNone) or replaces. Returns its index; what stands beside a replaced record stays.
  size_t put_record(Shard& shard, Application& app, size_t index, InstancePtr record, int64_t lease_ns,
                    const Reason& reason) REQUIRES(shard.mutex);
  void change_record(Application& app, size_t index, const Reason& reason, FunctionRef<void(InstanceNumbers&)> change);
  void remove_record(Shard& shard, Application& app, size_t index, const Reason& reason) REQUIRES(shard.mutex);
  struct Share;  ///< what a record adds to the sums and counts
  [[nodiscard]] Share share_of_record(const Instance& record) const;
  void exchange(Application& app, const Share& out, const Share& in);
  /// So many more renewals a minute.
  void expect(int64_t more);
  static uint32_t take_slot(Shard& shard, Application& app, size_t index) REQUIRES(shard.mutex);
  static const Slot* resolve(const Shard& shard, RecordRef ref) REQUIRES(shard.mutex);
  [[nodiscard]] RecordRef ref_of(const Shard& shard, const Application& app, size_t index) const REQUIRES(shard.mutex);
  [[nodiscard]] StoredRecord stored_record(const Shard& shard, const Application& app, size_t index) const
      REQUIRES(shard.mutex);

  // -- T (cursor.h, replication.md 2.5, R8)
  /// The list changed by something done here; `t_ns` is its time on a lone node.
  Wake changed_here(const Shard& shard, Application& app, int64_t t_ns, TimePoint now) REQUIRES(shard.mutex);
  /// A record was joined, with or without a change of the list; `told_ns` is T where it came from.
  Wake changed_there(const Shard& shard, Application& app, bool list_changed, int64_t told_ns, TimePoint now)
      REQUIRES(shard.mutex);

  // -- what peers are told
  void note_change(Shard& shard, const Application& app, size_t index, bool from_peer) REQUIRES(shard.mutex);
  void note_renewal(Shard& shard, Application& app, size_t index, int64_t at_ns) REQUIRES(shard.mutex);

  // -- leases
  /// The rule by which a lease has run out (replication.md 2.4).
  [[nodiscard]] bool expired(int64_t lease_ns, TimePoint now) const;
  [[nodiscard]] bool past_ceiling(int64_t lease_ns, TimePoint now) const;
  /// How old a tombstone is, on the clock that all nodes share where its version has a time on it.
  [[nodiscard]] Duration tombstone_age(const Version& version, Duration age_here, TimePoint now) const;
  Result<RenewVerdict> renew_provisionally(Shard& shard, const InstanceKeyView& key, TimePoint now)
      REQUIRES(shard.mutex);
  /// Takes the provisional lease of that key out; 0: there is none.
  int64_t take_provisional(Shard& shard, const InstanceKeyView& key) REQUIRES(shard.mutex);

  // -- registry_writes.cpp
  [[nodiscard]] InstanceNumbers numbers_to_register(const RegisterArgs& args, const Instance* stored, int64_t t) const;
  RegisterOutcome register_again(Shard& shard, Application& app, size_t index, const RegisterArgs& args, TimePoint now)
      REQUIRES(shard.mutex);
  RegisterOutcome register_over(Shard& shard, Application& app, size_t index, const RegisterArgs& args, TimePoint now)
      REQUIRES(shard.mutex);
  [[nodiscard]] bool loses(const Application& app, size_t index, const RegisterArgs& args, TimePoint now) const;
  void bury(Shard& shard, Application& app, size_t index, const CancelArgs& args, TimePoint now) REQUIRES(shard.mutex);
  void leave_tombstone(Shard& shard, Application& app, const CancelArgs& args, TimePoint now) REQUIRES(shard.mutex);

  // -- registry_join.cpp
  struct Lease {
    int64_t ns = 0;
    bool known = false;
  };
  JoinOutcome join_newer(Shard& shard, Application* known, size_t index, const JoinArgs& args, TimePoint now)
      REQUIRES(shard.mutex);
  JoinOutcome join_known(Shard& shard, Application& app, size_t index, const JoinArgs& args, TimePoint now)
      REQUIRES(shard.mutex);
  [[nodiscard]] static Lease lease_of_joined(const Application* app, size_t index, const JoinArgs& args, TimePoint now);
  [[nodiscard]] Duration lease_length(std::string_view origin) const;
  [[nodiscard]] bool is_fresh(std::string_view origin, const Lease& lease, TimePoint now) const;
  [[nodiscard]] static bool is_another(const Instance& stored, const Record& record);
  [[nodiscard]] bool believes_hidden(const Record& record, std::string_view origin, const Lease& lease,
                                     TimePoint now) const;
  /// A renewal of that time can be of that registration, as far as clocks tell: it is not one of the time before.
  [[nodiscard]] static bool is_of(const Version& version, int64_t lease_ns);
  static bool has_provisional(const Shard& shard, const InstanceKeyView& key) REQUIRES(shard.mutex);
  [[nodiscard]] bool hides(const Instance* stored, const Record& record, Lease& lease, TimePoint now) const;
  /// Raises the lease of a record that is alive; true: it is shown again.
  bool raise(Application& app, size_t index, TimePoint lease, std::string_view by, TimePoint now);

  const RegistrySettings settings_;
  ChangeObserver* observer_ = nullptr;
  VersionClock versions_;
  Digest digest_;
  std::array<Shard, kShards> shards_;
  std::atomic<uint64_t> next_app_id_{1};
  // Counters of the node; each is one atomic number, exact when nothing runs and off by the calls in flight otherwise.
  std::atomic<uint64_t> memory_bytes_{0};
  std::atomic<uint64_t> memory_bytes_max_;
  std::atomic<int64_t> size_{0};
  std::atomic<int64_t> guests_{0};    ///< of size_
  std::atomic<int64_t> expected_{0};  ///< renewals a minute
  std::atomic<int64_t> factual_{0};   ///< renewals since the last sweep
  std::atomic<int64_t> last_minute_{0};
  std::atomic<int64_t> held_{0};
  std::atomic<int64_t> protecting_since_ns_{0};  ///< 0: not protecting
  std::atomic<int64_t> records_{0};
  std::atomic<int64_t> tombstones_{0};
  std::atomic<int64_t> braked_{0};
  std::atomic<int64_t> provisional_{0};
  std::atomic<int64_t> covered_until_ns_;
  std::atomic<bool> protection_allowed_{true};
  std::atomic<bool> keep_changes_{false};
  std::atomic<bool> warming_{false};
};

}  // namespace discovery::registry
