// The sweep: once a minute it hides the instances whose lease ran out, as far as self-protection lets it, and forgets
// what is gone for good (spec: discovery-api.md 8, replication.md 2.4).
//
//   Waiting --due--> Forgetting --all read--> Collecting --all read--> Hiding --as many as allowed--> Waiting
//
// It works in slices so that no request waits for it: step() handles at most kRecordsPerStep records and takes one
// shard's mutex at a time. Others write between the slices, and still nothing is missed: applications keep their place
// in the shard, and records are removed here only, while forgetting. So what was collected stands where it stood when
// its turn to be hidden comes. Forgetting goes through records from their end: removal moves the last into the gap.
//
// Lifecycle: one per Registry, which must outlive it.
// Thread: one thread calls step(); other threads may use the registry, and braked() and release().
// Cost: eight bytes are read, twice, of a record whose lease is fresh, the record itself only of others.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/function_ref.h"
#include "base/mutex.h"
#include "base/random.h"
#include "registry/brake.h"
#include "registry/registry.h"

namespace discovery::registry {

/// One instance that a sweep took out of the lists.
struct Expired {
  InstanceView instance;  ///< valid inside the callback, which runs under the lock of its shard
  bool past_ceiling = false;
  Wake wake;
};

/// An application that the brake holds (brake.h).
struct BrakedApplication {
  AppKey app;
  TimePoint since;
  TimePoint until;      ///< at the latest
  int64_t visible = 0;  ///< listed, when the last sweep looked
  int64_t overdue = 0;  ///< of these, past their lease
};

class Sweep {
 public:
  static constexpr size_t kRecordsPerStep = 2000;
  static constexpr size_t kEvictionsPerStep = 200;

  /// The first sweep is due one interval after `start`.
  Sweep(Registry& registry, TimePoint start);

  /// Does the next slice of a sweep that is due or under way, and says when it wants to be called again: `now` when
  /// there is more to do.
  TimePoint step(TimePoint now, Random& random, FunctionRef<void(const Expired&)> hidden);

  /// What the brake holds, as the last sweep left it, by name. Thread: any.
  [[nodiscard]] std::vector<BrakedApplication> braked() const EXCLUDES(brake_mutex_);
  /// The next sweep lets it go, at most a sweep interval from now. False: the brake does not hold it. Thread: any.
  bool release(AppKeyView app) EXCLUDES(brake_mutex_);

  /// When the next ones are due; a process that takes over goes on at the same beat. Thread: that of step().
  struct Beat {
    TimePoint next_sweep;
    TimePoint next_recount;
  };
  [[nodiscard]] Beat beat() const { return {next_sweep_, next_recount_}; }
  /// Between two sweeps only.
  void set_beat(const Beat& beat) {
    next_sweep_ = beat.next_sweep;
    next_recount_ = beat.next_recount;
  }

  [[nodiscard]] bool under_way() const { return phase_ != Phase::kWaiting; }

 private:
  enum class Phase : uint8_t { kWaiting, kForgetting, kCollecting, kHiding };
  struct Candidate {
    uint64_t app_id;
    uint32_t app_place;
    uint32_t record;
    uint16_t shard;
  };

  void begin(TimePoint now);
  void begin_reading(Phase phase);
  void begin_hiding(TimePoint now);
  void decide_brake(TimePoint now) EXCLUDES(brake_mutex_);
  void take_releases() EXCLUDES(brake_mutex_);
  /// The next slice of all records; true when all are read.
  bool read_some(TimePoint now);
  bool read_application(Registry::Shard& shard, Application& app, TimePoint now, size_t& budget) REQUIRES(shard.mutex);
  void forget(Registry::Shard& shard, Application& app, size_t record, TimePoint now) REQUIRES(shard.mutex);
  void collect(const Application& app, size_t record, TimePoint now);
  void hide_some(TimePoint now, Random& random, FunctionRef<void(const Expired&)> hidden);
  bool hide(const Candidate& c, TimePoint now, FunctionRef<void(const Expired&)> hidden);
  [[nodiscard]] bool may_matter(int64_t lease_ns, TimePoint now) const;

  Registry& registry_;
  Brake brake_;
  std::map<uint64_t, AppKey> braked_names_;  ///< of those that lose instances in this sweep, where the brake is on
  mutable Mutex brake_mutex_;
  std::vector<std::pair<uint64_t, BrakedApplication>> braked_ GUARDED_BY(brake_mutex_);
  std::vector<uint64_t> releases_ GUARDED_BY(brake_mutex_);
  TimePoint hiding_since_{};
  Phase phase_ = Phase::kWaiting;
  TimePoint next_sweep_;
  TimePoint next_recount_;
  bool protected_ = false;
  size_t shard_ = 0;
  size_t app_ = 0;     ///< applications of the shard still to be read
  size_t record_ = 0;  ///< records of the application still to be read
  bool in_app_ = false;
  std::vector<Candidate> candidates_;
  int64_t expired_ = 0;  ///< visible and expired, candidates or not, as far as this sweep knows
  size_t allowed_ = 0;   ///< how many may still be hidden
};

}  // namespace discovery::registry
