// The sweep: once a minute it hides the instances whose lease ran out, as far as self-protection lets it, and forgets
// what is gone for good (spec: discovery-api.md 8, replication.md 2.4).
//
//   Waiting --due--> Collecting --all shards read--> Hiding --as many as allowed--> Waiting
//
// It works in slices so that no request waits for it: step() handles at most `budget` records and takes one shard's
// mutex at a time. While collecting it goes through lists from their end, because removal moves the last element into a
// gap: so an element may be met twice, which does no harm, but none is missed.
// Lifecycle: one per Registry, which must outlive it. Thread: one thread calls step(); other threads may use the registry.
// Cost: eight bytes are read of a record whose lease is fresh, the record itself only of others.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/function_ref.h"
#include "base/random.h"
#include "registry/registry.h"

namespace discovery::registry {

/// One instance that a sweep took out of the lists.
struct Expired {
  InstanceView instance;  ///< valid inside the callback, which runs under the lock of its shard
  bool past_ceiling = false;
  Wake wake;
};

class Sweep {
 public:
  static constexpr size_t kRecordsPerStep = 2000;
  static constexpr size_t kEvictionsPerStep = 200;

  /// The first sweep is due one interval after `start`.
  Sweep(Registry& registry, TimePoint start);

  /// Does the next slice of a sweep that is due or under way, and says when it wants to be called again: `now` when there
  /// is more to do.
  TimePoint step(TimePoint now, Random& random, FunctionRef<void(const Expired&)> hidden);

  [[nodiscard]] bool under_way() const { return phase_ != Phase::kWaiting; }

 private:
  enum class Phase : uint8_t { kWaiting, kCollecting, kHiding };
  struct Candidate {
    uint64_t app_id;
    uint32_t app_place;
    uint32_t record;
    uint16_t shard;
  };

  void begin(TimePoint now);
  void collect(TimePoint now);
  /// Records [0, cursor_) of the application from the end; true when it is done.
  bool collect_application(Registry::Shard& shard, Application& app, TimePoint now, size_t& budget);
  void begin_hiding();
  void hide_some(TimePoint now, Random& random, FunctionRef<void(const Expired&)> hidden);
  bool hide(const Candidate& c, TimePoint now, FunctionRef<void(const Expired&)> hidden);
  [[nodiscard]] bool expired(int64_t lease_ns, TimePoint now) const;

  Registry& registry_;
  Phase phase_ = Phase::kWaiting;
  TimePoint next_sweep_;
  TimePoint next_recount_;
  bool protected_ = false;
  size_t shard_ = 0;
  size_t app_ = 0;       ///< applications of the shard still to be read
  size_t record_ = 0;    ///< records of the application still to be read
  bool in_app_ = false;
  std::vector<Candidate> candidates_;
  int64_t expired_ = 0;  ///< seen by this sweep, candidates or not
  size_t allowed_ = 0;   ///< how many may still be hidden
};

}  // namespace discovery::registry
