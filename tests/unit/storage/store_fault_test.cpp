// The store over files that are damaged and a disk that refuses.
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "base/random.h"
#include "process.h"
#include "storage/file_names.h"
#include "storage/store.h"

namespace discovery::storage {
namespace {

using Op = SimulatedDisk::Op;
constexpr uint64_t kSeed = 91;

std::optional<Error> broken(bool is) {
  return is ? std::optional<Error>({ErrorCode::kUnavailable, "input/output error"}) : std::nullopt;
}

TEST(StoreFaults, StartsColdWhenAllIsDamaged) {
  SimulatedDisk disk;
  saved(disk, 3, moment(kStart));
  for (const auto& name : disk.names()) disk.put(name, "garbage");
  Process after(disk);
  const Recovery found = after.store.open(moment(kStart));
  EXPECT_EQ(found.snapshots_bad, 1U);
  EXPECT_EQ(after.registry.size(), 0);
  after.put("new", kStart);
  EXPECT_TRUE(after.store.finish(moment(kStart)).has_value());
}

TEST(StoreFaults, StartsColdWhenTheDiskSaysNothing) {
  SimulatedDisk disk;
  saved(disk, 3, moment(kStart));
  for (const Op refused : {Op::kList, Op::kRead}) {
    disk.set_fault([&](Op op, std::string_view) { return broken(op == refused); });
    Process after(disk);
    const Recovery found = after.store.open(moment(kStart));
    EXPECT_EQ(found.generation, 0U);
    EXPECT_EQ(after.registry.size(), 0);
    EXPECT_EQ(!found.error.empty(), refused == Op::kList);
  }
}

TEST(StoreFaults, TriesAFailedSnapshotAgainLaterAndLater) {
  SimulatedDisk disk;
  Process process(disk);
  process.store.open(moment(kStart));
  process.put("h", kStart);
  disk.set_fault([](Op op, std::string_view) { return broken(op == Op::kSync); });
  TimePoint now = process.store.next();
  Duration expected = seconds(1);
  for (int i = 1; i <= 8; ++i) {
    process.store.tick(moment(now));
    EXPECT_EQ(process.store.stats().snapshot_failures, static_cast<uint64_t>(i));
    EXPECT_TRUE(process.store.stats().failing);
    EXPECT_EQ(process.store.next() - now, expected) << i;
    EXPECT_TRUE(disk.names().empty()) << i;  // no leftovers
    now = process.store.next();
    expected = std::min<Duration>(expected * 2, Store::kRetryMax);
  }
  disk.set_fault({});
  process.settle(moment(now));
  EXPECT_EQ(process.store.stats().snapshots, 1U);
  EXPECT_FALSE(process.store.stats().failing);
  EXPECT_EQ(process.store.next(), now + seconds(60));
}

TEST(StoreFaults, LosesNothingThatIsInMemoryWhenTheJournalFails) {
  SimulatedDisk disk;
  Contents before;
  {
    Process process(disk);
    process.store.open(moment(kStart));
    disk.set_fault([](Op op, std::string_view) { return broken(op == Op::kSync); });
    process.put("a", kStart);
    process.journal(moment(kStart));
    process.store.tick(moment(kStart + milliseconds(50)));
    EXPECT_EQ(process.store.stats().journal_failures, 1U);
    process.put("b", kStart);
    process.journal(moment(kStart + milliseconds(60)));
    disk.set_fault({});
    process.store.tick(moment(kStart + milliseconds(1050)));
    EXPECT_EQ(process.store.stats().journal_commits, 1U);
    before = process.contents();
  }
  SeededRandom random(kSeed);
  disk.crash(random);
  Process after(disk);
  after.store.open(moment(kStart + seconds(2)));
  EXPECT_EQ(after.contents(), before);
}

TEST(StoreFaults, ServesOnAFullDiskAndRecoversWhenThereIsRoom) {
  SimulatedDisk disk;
  Process process(disk);
  process.store.open(moment(kStart));
  disk.set_capacity(1000);
  for (int i = 0; i < 100; ++i) process.put("h" + std::to_string(i), kStart);
  process.journal(moment(kStart));
  TimePoint now = kStart;
  for (int i = 0; i < 50; ++i) {
    now = std::max(now, process.store.next());
    process.store.tick(moment(now));
  }
  const StoreStats stats = process.store.stats();
  EXPECT_GT(stats.snapshot_failures, 0U);
  EXPECT_GT(stats.journal_failures, 0U);
  EXPECT_EQ(stats.snapshots, 0U);
  EXPECT_NE(stats.last_error.find("no space left"), std::string::npos);
  for (const auto& name : disk.names()) EXPECT_EQ(name, kSnapshotTmp);  // of the try that is under way
  disk.set_capacity(1 << 20);
  for (int i = 0; i < 10; ++i) {
    now = std::max(now, process.store.next());
    process.store.tick(moment(now));
  }
  EXPECT_GE(process.store.stats().snapshots, 1U);
  Process after(disk);
  after.store.open(moment(now));
  EXPECT_EQ(after.contents(), process.contents());
}

TEST(StoreFaults, StopsTheJournalWhereNoSnapshotSucceeds) {
  SimulatedDisk disk;
  StoreSettings settings;
  settings.journal_bytes_max = 2000;
  Process process(disk, settings);
  process.store.open(moment(kStart));
  disk.set_fault([](Op op, std::string_view name) { return broken(op == Op::kCreate && name == kSnapshotTmp); });
  TimePoint now = kStart;
  for (int i = 0; i < 300; ++i) {
    process.put("h", now);
    process.journal(moment(now));
    now += milliseconds(50);
    process.store.tick(moment(now));
  }
  EXPECT_GT(process.store.stats().journal_lost, 0U);
  EXPECT_LT(process.store.stats().journal_bytes, Store::kJournalFactor * settings.journal_bytes_max + 1000);
  disk.set_fault({});
  process.settle(moment(now + seconds(61)));
  EXPECT_GE(process.store.stats().snapshots, 1U);
  Process after(disk);
  after.store.open(moment(now + seconds(61)));
  EXPECT_EQ(after.contents(), process.contents());  // the snapshot has what the journal has not
}

TEST(StoreFaults, SaysWhenItCouldNotFinish) {
  SimulatedDisk disk;
  Process process(disk);
  process.store.open(moment(kStart));
  process.put("h", kStart);
  disk.set_fault([](Op op, std::string_view) { return broken(op == Op::kRename); });
  EXPECT_FALSE(process.store.finish(moment(kStart)).has_value());
}

}  // namespace
}  // namespace discovery::storage
