#include "storage/store.h"

#include <gtest/gtest.h>

#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/random.h"
#include "process.h"

namespace discovery::storage {
namespace {

constexpr uint64_t kSeed = 90;

TEST(Store, StartsWithNothingOnAnEmptyDisk) {
  SimulatedDisk disk;
  Process process(disk);
  const Recovery found = process.store.open(moment(kStart));
  EXPECT_EQ(found.generation, 0U);
  EXPECT_EQ(found.records, 0U);
  EXPECT_EQ(found.error, "");
  EXPECT_EQ(process.store.next(), kStart + Store::kFirstSnapshotAfter);
}

TEST(Store, BringsBackASnapshot) {
  SimulatedDisk disk;
  const auto before = saved(disk, 100, moment(kStart));
  Process after(disk);
  const Recovery found = after.store.open(moment(kStart + seconds(20)));
  EXPECT_EQ(found.records, 100U);
  EXPECT_EQ(found.age, seconds(20));
  EXPECT_GT(found.generation, 0U);
  EXPECT_EQ(after.contents(), before->contents());
  EXPECT_TRUE(after.registry.digest() == before->registry.digest());
  EXPECT_EQ(after.registry.size(), 100);
}

TEST(Store, AddsTheTimeAwayToALease) {
  SimulatedDisk disk;
  {
    Process process(disk);
    process.store.open(moment(kStart));
    process.put("h", kStart);
    ASSERT_TRUE(process.store.finish(moment(kStart + seconds(7))).has_value());
  }
  Process after(disk);
  after.store.open(moment(kStart + seconds(47)));
  after.look("h", [&](const registry::StoredRecord& stored) {
    EXPECT_EQ(stored.lease_ns, to_wire_ns(kStart));
    EXPECT_TRUE(stored.lease_known);
    EXPECT_EQ(stored.home_ns, 0);
  });
}

TEST(Store, MeasuresTheTimeAwayOnTheWall) {
  SimulatedDisk disk;
  {
    // The wall was set forward by an hour while the process ran.
    Process process(disk);
    process.store.open(moment(kStart));
    process.put("h", kStart);
    ASSERT_TRUE(process.store.finish(moment(kStart + seconds(5), hours(1))).has_value());
  }
  Process after(disk);
  const Recovery found = after.store.open(moment(kStart + hours(1) + seconds(15)));
  EXPECT_EQ(found.age, seconds(10));
  after.look("h", [&](const registry::StoredRecord& stored) {
    EXPECT_EQ(stored.lease_ns, to_wire_ns(kStart + hours(1)));  // 15 s ago: 5 before the snapshot, 10 away
  });
}

TEST(Store, TakesASnapshotFromTheFutureForNew) {
  SimulatedDisk disk;
  saved(disk, 1, moment(kStart, hours(5)));
  Process after(disk);
  const Recovery found = after.store.open(moment(kStart));
  EXPECT_EQ(found.records, 1U);
  EXPECT_EQ(found.age, seconds(0));
  after.look("h0", [&](const registry::StoredRecord& stored) { EXPECT_EQ(stored.lease_ns, to_wire_ns(kStart)); });
}

TEST(Store, LeavesAnOldSnapshotButKeepsItsClock) {
  SimulatedDisk disk;
  const auto before = saved(disk, 1, moment(kStart));
  const int64_t hlc = before->registry.versions().last();
  const Duration max = StoreSettings{}.snapshot_max_age;
  {
    Process just(disk);
    EXPECT_EQ(just.store.open(moment(kStart + max)).records, 1U);
  }
  Process after(disk);
  const Recovery found = after.store.open(moment(kStart + max + Duration(1)));
  EXPECT_EQ(found.records, 0U);
  EXPECT_EQ(found.generation, 0U);
  EXPECT_GE(found.snapshots_old, 1U);
  EXPECT_EQ(after.registry.size(), 0);
  EXPECT_GE(after.registry.versions().last(), hlc);
}

TEST(Store, KeepsTheVersionClockAboveWhatItGaveOut) {
  SimulatedDisk disk;
  {
    Process process(disk);
    process.store.open(moment(kStart));
    process.put("a", kStart + hours(1));
    process.journal(moment(kStart));
    process.store.tick(moment(kStart + milliseconds(50)));
  }
  Process after(disk);
  after.store.open(moment(kStart));  // its clock reads an hour less
  after.put("a", kStart, R"(["http://10.0.0.2:80"])");
  after.look("a", [&](const registry::StoredRecord& stored) {
    EXPECT_GT(stored.instance->numbers.version.incarnation.t_ns, to_wire_ns(kStart + hours(1)));
  });
}

TEST(Store, KeepsHiddenRecordsHiddenAndTombstonesDead) {
  SimulatedDisk disk;
  const TimePoint later = kStart + seconds(200);
  Contents before;
  {
    registry::RegistrySettings settings;
    Process process(disk, {}, settings);
    process.store.open(moment(kStart));
    process.put("dead", kStart);
    for (int i = 0; i < 9; ++i) process.put("live" + std::to_string(i), later);
    process.put("cancelled", later);
    process.cancel("cancelled", later);
    registry::JoinArgs hide;
    process.look("dead", [&](const registry::StoredRecord& stored) { hide.record = stored.at(later); });
    // What its peer hides: the same version, taken over because the lease has run out.
    const std::string env = "dev";
    const std::string appid = "shop.cart";
    hide.record.app = {env, appid};
    hide.record.text = {.zone = "z", .hostname = "dead"};
    hide.record.hidden = true;
    hide.record.hidden_age = seconds(200);
    hide.trust_hidden = true;
    process.registry.join(hide, later);
    before = process.contents();
    ASSERT_TRUE(process.store.finish(moment(later)).has_value());
  }
  Process after(disk);
  after.store.open(moment(later + seconds(30)));
  EXPECT_EQ(after.contents(), before);
  EXPECT_EQ(after.registry.size(), 9);
  after.look("dead", [&](const registry::StoredRecord& stored) {
    EXPECT_EQ(stored.instance->numbers.state, registry::RecordState::kHidden);
    EXPECT_EQ(stored.at(later + seconds(30)).hidden_age, seconds(230));
  });
  after.look("cancelled", [&](const registry::StoredRecord& stored) {
    EXPECT_EQ(stored.instance->numbers.state, registry::RecordState::kTombstone);
  });
}

TEST(Store, BringsBackJournalledWritesWithoutASnapshot) {
  SimulatedDisk disk;
  SeededRandom random(kSeed);
  Contents before;
  {
    Process process(disk);
    process.store.open(moment(kStart));
    process.put("a", kStart);
    process.put("b", kStart);
    process.cancel("a", kStart);
    process.journal(moment(kStart));
    EXPECT_EQ(process.store.next(), kStart + milliseconds(50));
    process.store.tick(moment(kStart + milliseconds(49)));
    EXPECT_TRUE(disk.names().empty());
    process.store.tick(moment(kStart + milliseconds(50)));
    before = process.contents();
    EXPECT_EQ(process.store.stats().journal_commits, 1U);
  }
  disk.crash(random);
  Process after(disk);
  const Recovery found = after.store.open(moment(kStart + seconds(3)));
  EXPECT_EQ(found.journals, 1U);
  EXPECT_EQ(found.journal_records, 3U);
  EXPECT_EQ(after.contents(), before);
}

TEST(Store, LeavesOldFramesOfAJournal) {
  SimulatedDisk disk;
  {
    Process process(disk);
    process.store.open(moment(kStart));
    process.put("old", kStart);
    process.journal(moment(kStart));
    process.store.tick(moment(kStart + milliseconds(50)));
  }
  Process after(disk);
  const Recovery found = after.store.open(moment(kStart + seconds(310) + Duration(1)));
  EXPECT_EQ(found.journal_frames_old, 1U);
  EXPECT_EQ(after.registry.size(), 0);
}

TEST(Store, KeepsTwoGenerationsAndTheJournalsTheyNeed) {
  SimulatedDisk disk;
  Process process(disk);
  process.store.open(moment(kStart));
  for (int i = 0; i < 5; ++i) {
    const Moment at = moment(kStart + i * minutes(1));
    process.put("h" + std::to_string(i), at.now);
    process.journal(at);
    process.settle(moment(at.now + seconds(20)));
  }
  EXPECT_EQ(process.store.stats().snapshots, 5U);
  size_t snapshots = 0;
  uint64_t oldest = std::numeric_limits<uint64_t>::max();
  for (const auto& name : disk.names()) {
    if (const auto n = number_of(kSnapshotPrefix, name)) {
      ++snapshots;
      oldest = std::min(oldest, *n);
    }
  }
  EXPECT_EQ(snapshots, 2U);
  for (const auto& name : disk.names()) {
    EXPECT_GT(number_of(kJournalPrefix, name).value_or(oldest + 1), oldest) << name;
  }
  EXPECT_LE(disk.names().size(), 4U);
}

TEST(Store, GoesBackToThePreviousGenerationAndItsJournals) {
  SimulatedDisk disk;
  Contents before;
  std::string newest;
  {
    Process process(disk);
    process.store.open(moment(kStart));
    for (int i = 0; i < 3; ++i) {
      const Moment at = moment(kStart + i * minutes(1));
      process.put("h" + std::to_string(i), at.now);
      process.journal(at);
      process.settle(at);
      process.settle(moment(at.now + seconds(30)));
    }
    process.put("last", kStart + minutes(3));
    process.journal(moment(kStart + minutes(3) - seconds(30)));
    process.store.tick(moment(kStart + minutes(3) - seconds(29)));
    before = process.contents();
    newest = numbered(kSnapshotPrefix, process.store.stats().generation);
  }
  std::string bytes = disk.bytes(newest);
  bytes.back() ^= 1;
  disk.put(newest, bytes);
  Process after(disk);
  const Recovery found = after.store.open(moment(kStart + minutes(3)));
  EXPECT_EQ(found.snapshots_bad, 1U);
  EXPECT_GT(found.generation, 0U);
  EXPECT_EQ(after.contents(), before);
}

TEST(Store, MakesASnapshotOfALongJournal) {
  SimulatedDisk disk;
  StoreSettings settings;
  settings.journal_bytes_max = 2000;
  Process process(disk, settings);
  process.store.open(moment(kStart));
  TimePoint now = kStart;
  uint64_t most = 0;
  while (process.store.stats().snapshots == 0) {
    process.put("h", now);
    process.journal(moment(now));
    most = std::max(most, process.store.stats().journal_bytes);
    now += milliseconds(50);
    ASSERT_LT(now, kStart + seconds(9));  // long before the first one is due
    process.store.tick(moment(now));
  }
  EXPECT_GT(most, settings.journal_bytes_max - 500);
  EXPECT_LT(most, settings.journal_bytes_max);
  EXPECT_EQ(process.store.stats().journal_bytes, 0U);  // nothing older is needed
}

TEST(Store, CountsWhatFindsNoRoom) {
  SimulatedDisk disk;
  saved(disk, 50, moment(kStart));
  registry::RegistrySettings small;
  small.memory_bytes_max = 4000;
  Process after(disk, {}, small);
  const Recovery found = after.store.open(moment(kStart));
  EXPECT_EQ(found.records, 50U);
  EXPECT_GT(found.records_refused, 0U);
  EXPECT_EQ(static_cast<uint64_t>(after.registry.size()), 50 - found.records_refused);
}

TEST(Store, FinishesWithWhatCameSinceTheSnapshotWasBegun) {
  SimulatedDisk disk;
  Process process(disk);
  process.store.open(moment(kStart));
  for (int i = 0; i < 500; ++i) process.put("h" + std::to_string(i), kStart);
  process.journal(moment(kStart));
  const TimePoint now = kStart + seconds(10);
  process.store.tick(moment(now));  // one slice of several
  EXPECT_EQ(process.store.stats().snapshots, 0U);
  process.put("late", now);
  ASSERT_TRUE(process.store.finish(moment(now)).has_value());
  Process after(disk);
  const Recovery found = after.store.open(moment(now));
  EXPECT_EQ(found.records, 501U);
  EXPECT_EQ(after.contents(), process.contents());
}

/// Has "a" in the folder, and gives the folder away; what is pending is committed by that.
void write_and_rest(Process& old) {
  old.store.open(moment(kStart));
  old.put("a", kStart);
  old.journal(moment(kStart));
  old.store.rest(moment(kStart));
}

TEST(Store, AnotherProcessGoesOnInTheFolderWithAllThatIsKnown) {
  SimulatedDisk disk;
  Process old(disk);
  write_and_rest(old);

  Process heir(disk);
  heir.put("a", kStart);  // it has it by other ways
  heir.store.adopt(moment(kStart));
  heir.put("b", kStart);
  heir.journal(moment(kStart));
  heir.settle(moment(kStart));
  EXPECT_GE(heir.store.stats().snapshots, 1U) << "one is due at once";

  Process after(disk);
  after.store.open(moment(kStart));
  EXPECT_EQ(after.registry.size(), 2);
}

TEST(Store, WhatWasCommittedIsReadWhereTheHeirWroteNothing) {
  SimulatedDisk disk;
  Process old(disk);
  write_and_rest(old);
  Process heir(disk);
  heir.store.adopt(moment(kStart));
  Process after(disk);
  after.store.open(moment(kStart));
  EXPECT_EQ(after.registry.size(), 1);
}

TEST(Store, ComesBackToAFolderThatItHadGivenAway) {
  SimulatedDisk disk;
  Process old(disk);
  write_and_rest(old);
  Process heir(disk);
  heir.store.adopt(moment(kStart));
  heir.put("b", kStart);
  heir.journal(moment(kStart));
  heir.settle(moment(kStart));

  old.put("b", kStart);
  old.put("c", kStart);
  old.store.adopt(moment(kStart));
  old.journal(moment(kStart));
  old.settle(moment(kStart));
  Process after(disk);
  after.store.open(moment(kStart));
  EXPECT_EQ(after.registry.size(), 3);
}

}  // namespace
}  // namespace discovery::storage
