// The registry: applications and instances of one node, their leases, and the rules by which they change.
//
// Lifecycle: made once, lives as long as the process. Thread: any thread may call anything but the sweep (one thread at
// a time, see sweep.h). Applications are spread over shards by appid, so all environments of an application stand in
// one shard; each shard has one mutex, held for one call and never while calling out, except for the callbacks that say
// so: they run under the lock, must be short, and must not call the registry. Pure: time, randomness and the size of
// the machine come in as arguments; who must be woken goes out as a value (Wake). Errors: kNotFound, kInvalidArgument,
// kExhausted (registry_memory), as each call says; a failed call changes nothing. Source of the rules: discovery-api.md
// 4 to 8 and 14, replication.md 2.3, 2.4 and 2.5 (R7).
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
#include "registry/application.h"
#include "registry/instance.h"
#include "registry/self_protection.h"
#include "registry/version.h"

namespace discovery::registry {

struct RegistrySettings {
  HashKey hash_key;                        ///< secret of the process
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
};

struct RegisterOutcome {
  bool applied = false;  ///< false: lost against a newer dirty_timestamp; nothing changed
  bool created = false;  ///< was not visible before
  Wake wake;
};

struct RenewArgs {
  InstanceKeyView key;
  bool compare = false;  ///< replication=true is honoured: dirty_timestamp_ns is compared
  int64_t dirty_timestamp_ns = 0;
};

enum class RenewVerdict : uint8_t {
  kRenewed,
  kSenderIsNewer,  ///< the sender should register (-404 on the wire)
  kSenderIsOlder,  ///< the sender should take what is here (-409 on the wire)
};

struct CancelArgs {
  InstanceKeyView key;
  Writer writer = Writer::kClient;
  int64_t stamp_ns = 0;  ///< of a replica: its dirty_timestamp, or else its latest_timestamp; <= 0: none
};

struct CancelOutcome {
  bool applied = false;  ///< false: a replica's cancel that is older than what is stored
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
  /// The metadata of item i merged into `stored` (both canonical JSON). Runs under the lock.
  FunctionRef<Result<std::string>(size_t i, std::string_view stored)> merge;
};

/// What a reader learns of an application in one step.
struct AppState {
  bool known = false;       ///< has at least one visible instance
  bool zone_known = false;  ///< has one in the zone asked for (true for zone "" if known)
  bool in_service = false;  ///< has one of status 1 (there)
  int64_t latest_timestamp_ns = 0;
};

struct AppView : AppState {
  SharedBytes bytes;  ///< what the renderer wrote; null when the application or the zone is unknown
  bool rendered = false;
};

/// Writes the list of an application in a form; runs under the lock.
using Renderer = FunctionRef<void(const Application&, const ViewForm&, std::string& out)>;

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
  int64_t held = 0;  ///< expired but still listed, as the last sweep left them
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
  /// Every application with a visible instance, by (appid, env).
  [[nodiscard]] std::vector<AppKey> application_keys() const;
  /// Calls f under the lock if the application has a visible instance.
  void with_application(AppKeyView key, FunctionRef<void(const Application&)> f) const;
  /// Calls f for every application with a visible instance, shard after shard, each under its lock.
  void for_each_application(FunctionRef<void(const Application&)> f) const;

  // -- waiting: compare and join are one step, so no change falls between them (D25)
  /// What look() tells; and from now on every change of the application, known or not, names `reactor` (0 to 63) in its
  /// Wake, until unwatch(). kExhausted when an unknown application cannot be remembered.
  Result<AppState> watch(AppKeyView key, std::string_view zone, unsigned reactor, uint64_t& app_id);
  void unwatch(AppKeyView key, unsigned reactor);

  // -- numbers
  [[nodiscard]] LeaseStatus lease_status() const;
  [[nodiscard]] uint64_t memory_bytes() const { return memory_bytes_.load(std::memory_order_relaxed); }
  [[nodiscard]] int64_t size() const { return size_.load(std::memory_order_relaxed); }
  /// For a reload of the configuration.
  void set_memory_bytes_max(uint64_t bytes) { memory_bytes_max_.store(bytes, std::memory_order_relaxed); }

 private:
  friend class Sweep;

  struct AppKeyHash {
    using is_transparent = void;
    HashKey key;
    size_t operator()(const AppKeyView& k) const {
      return siphash(key, k.appid) * 0x9e3779b97f4a7c15ULL ^ siphash(key, k.env);
    }
  };
  /// The key views point into the Application itself.
  using AppTable = std::unordered_map<AppKeyView, Application*, AppKeyHash>;

  struct Shard {
    mutable Mutex mutex;
    AppTable apps GUARDED_BY(mutex);
    /// Order of no meaning; an application keeps its place, null is a free one. Never shorter than it once was.
    std::vector<std::unique_ptr<Application>> list GUARDED_BY(mutex);
    std::vector<size_t> free_places GUARDED_BY(mutex);
    std::vector<SchedulerEntry> schedulers GUARDED_BY(mutex);
  };
  static constexpr size_t kShards = 16;

  [[nodiscard]] Shard& shard_of(std::string_view appid);
  [[nodiscard]] const Shard& shard_of(std::string_view appid) const;
  static Application* find(const Shard& shard, AppKeyView key) REQUIRES(shard.mutex);
  Application& find_or_add(Shard& shard, AppKeyView key) REQUIRES(shard.mutex);
  /// Destroys it if nothing needs it any more.
  void drop_if_unused(Shard& shard, Application& app, TimePoint now) REQUIRES(shard.mutex);
  static size_t bytes_of_new_app(AppKeyView key);
  static Error full();
  static AppState state_of(const Application* app, std::string_view zone);

  Result<RegisterOutcome> register_over(Application& app, size_t index, const RegisterArgs& args, TimePoint now);
  [[nodiscard]] bool loses(const Instance& stored, const RegisterArgs& args, TimePoint now) const;
  [[nodiscard]] bool has_room(size_t more_bytes) const;
  void account(const Application& app, size_t bytes_before);
  void bury(Application& app, size_t index, int64_t stamp_ns, TimePoint now);
  void left(Application& app, int64_t t_ns);
  void leave_tombstone(Application& app, const CancelArgs& args, TimePoint now);

  const RegistrySettings settings_;
  VersionClock versions_;
  std::array<Shard, kShards> shards_;
  std::atomic<uint64_t> next_app_id_{1};
  // Counters of the node; each is one atomic number, exact when nothing runs and off by the calls in flight otherwise.
  std::atomic<uint64_t> memory_bytes_{0};
  std::atomic<uint64_t> memory_bytes_max_;
  std::atomic<int64_t> size_{0};
  std::atomic<int64_t> expected_{0};  ///< renewals a minute
  std::atomic<int64_t> factual_{0};   ///< renewals since the last sweep
  std::atomic<int64_t> last_minute_{0};
  std::atomic<int64_t> held_{0};
  std::atomic<int64_t> protecting_since_ns_{0};  ///< 0: not protecting
};

}  // namespace discovery::registry
