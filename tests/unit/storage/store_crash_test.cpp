// Power is lost after every single operation of a run of the store that begins files, commits, takes snapshots, removes
// old files and starts again; and what comes back is compared with what was promised.
#include <gtest/gtest.h>

#include <cstdio>
#include <map>
#include <set>
#include <string>

#include "base/random.h"
#include "process.h"
#include "storage/store.h"

namespace discovery::storage {
namespace {

constexpr uint64_t kSeed = 5150;

/// Every state a record was ever in, and the last one that was durable by promise.
struct History {
  std::map<Key, std::set<std::pair<registry::Version, std::string>>> ever;
  std::map<Key, registry::Version> promised;
};

/// One life of a process: registers, re-registers and cancels; commits every 50 ms; snapshots when due. Ends where the
/// disk stops. `now` goes on.
void live(SimulatedDisk& disk, TimePoint& now, Random& random, History& history, int rounds) {
  StoreSettings settings;
  settings.snapshot_every = milliseconds(400);
  Process process(disk, settings);
  process.store.open(moment(now));
  for (int round = 0; round < rounds; ++round) {
    for (uint64_t i = random.below(6); i > 0; --i) {
      const std::string host = "h" + std::to_string(random.below(300));
      const std::string addrs = "[\"" + std::string(static_cast<size_t>(random.below(3000)), 'x') + "\"]";
      process.put(host, now, addrs);
      if (random.below(4) == 0) process.cancel(host, now);
    }
    registry::LocalChanges changes;
    process.registry.take_changes(changes);
    std::map<Key, registry::Version> waiting;
    for (const auto& change : changes.changed) {
      process.registry.with_record(change.ref, [&](const registry::StoredRecord& stored) {
        const registry::Record r = stored.at(now);
        history.ever[key_of(r)].insert({r.version, std::string(r.text.addrs_json)});
        waiting[key_of(r)] = r.version;
        process.store.wrote(stored, moment(now));
      });
    }
    now += milliseconds(50);
    process.settle(moment(now));
    if (process.store.stats().journal_failures > 0 || process.store.stats().snapshot_failures > 0) return;
    for (const auto& [key, version] : waiting) history.promised[key] = std::max(history.promised[key], version);
  }
}

/// Nothing is there that never was, and nothing is older than promised.
void check(SimulatedDisk& disk, TimePoint now, const History& history) {
  Process after(disk);
  const Recovery found = after.store.open(moment(now));
  ASSERT_EQ(found.sections_bad, 0U);
  std::map<Key, registry::Version> present;
  for (const auto& [key, content] : after.contents()) {
    const auto known = history.ever.find(key);
    ASSERT_TRUE(known != history.ever.end());
    ASSERT_TRUE(known->second.contains({content.version, content.addrs}));
    present[key] = content.version;
  }
  for (const auto& [key, version] : history.promised) ASSERT_GE(present[key], version) << std::get<3>(key);
}

TEST(StoreCrash, KeepsItsPromiseWhereverPowerIsLost) {
  uint64_t points = 0;
  for (uint64_t stop = 0;; ++stop) {
    SCOPED_TRACE("seed " + std::to_string(kSeed) + ", power lost after operation " + std::to_string(stop));
    SeededRandom random(kSeed);  // the same life each time
    SeededRandom damage(kSeed + stop);
    SimulatedDisk disk;
    History history;
    TimePoint now = kStart;
    disk.stop_after(stop);
    live(disk, now, random, history, 120);
    const bool stopped = disk.writes() == stop;
    disk.crash(damage);
    check(disk, now, history);
    // And a second life over what the first one left, cut as well.
    disk.stop_after(damage.below(60));
    live(disk, now, damage, history, 20);
    disk.crash(damage);
    check(disk, now, history);
    if (HasFatalFailure()) return;
    if (!stopped) break;
    ++points;
  }
  EXPECT_GE(points, 200U);
  std::printf("store: power lost at %lu points, twice each; wrong records 0, promises broken 0\n",
              static_cast<unsigned long>(points));
}

TEST(StoreCrash, KilledWithoutLossOfPowerLosesNothingThatWasWritten) {
  for (uint64_t stop = 0; stop < 250; stop += 3) {
    SCOPED_TRACE("killed after operation " + std::to_string(stop));
    SeededRandom random(kSeed);
    SimulatedDisk disk;
    History history;
    TimePoint now = kStart;
    disk.stop_after(stop);
    live(disk, now, random, history, 120);
    disk.revive();
    check(disk, now, history);
    if (HasFatalFailure()) return;
  }
}

}  // namespace
}  // namespace discovery::storage
