#include "storage/snapshot.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/random.h"
#include "process.h"
#include "storage/crc32c.h"
#include "storage/snapshot_format.h"

namespace discovery::storage {
namespace {

constexpr uint64_t kSeed = 7301;
const FileHeader kHeader{1'700'000'000'000'000'000, 99, 1'700'000'000'000'000'123};

/// Writes a snapshot of the process under number 1.
void save(Disk& disk, const Process& from) {
  SnapshotWriter writer(disk, 1, kHeader, kStart);
  for (int i = 0; i < 100'000; ++i) {
    const auto done = writer.step(
        [&](registry::RecordCursor& at, size_t budget, auto f) { return from.registry.read_records(at, budget, f); });
    ASSERT_TRUE(done.has_value()) << done.error().message;
    if (*done) return;
  }
  FAIL() << "no end";
}

struct Loaded {
  Contents contents;
  SnapshotCounts counts;
};
/// None when the file as a whole is refused.
std::optional<Loaded> load(Disk& disk) {
  const auto index = read_index(disk, "snap.1");
  if (!index) return std::nullopt;
  Loaded loaded;
  loaded.counts = read_sections(
      disk, *index, [&](const Entry& e) { loaded.contents.emplace(key_of(e.record), content_of(e.record)); });
  return loaded;
}

/// So many instances that there are several sections.
void fill(Process& process, int instances, size_t addrs_bytes) {
  for (int i = 0; i < instances; ++i) {
    process.put("h" + std::to_string(i), kStart,
                "[\"" + std::string(addrs_bytes, static_cast<char>('a' + i % 26)) + "\"]");
  }
  process.cancel("h0", kStart);
}

std::string bytes_with(uint32_t type, uint32_t count, std::string_view payload, uint32_t& total) {
  std::string head;
  append_le(head, type);
  append_le(head, count);
  append_le(head, static_cast<uint32_t>(payload.size()));
  append_le(head, crc32c(payload));
  total = crc32c(head, total);
  return head + std::string(payload);
}
std::string begin_file(uint32_t& total) {
  std::string out;
  append_header(out, kSnapshotMagic, kHeader);
  total = crc32c(out);
  return out;
}
std::string footer(uint32_t total, uint64_t count) {
  std::string out;
  append_le(out, kFooter);
  append_le(out, total);
  append_le(out, count);
  return out;
}

TEST(Snapshot, GivesBackEveryRecord) {
  SimulatedDisk disk;
  Process process(disk);
  fill(process, 2000, 1000);
  save(disk, process);
  const auto index = read_index(disk, "snap.1");
  ASSERT_TRUE(index.has_value()) << index.error().message;
  EXPECT_EQ(index->header.wall_ns, kHeader.wall_ns);
  EXPECT_EQ(index->header.boot, kHeader.boot);
  EXPECT_EQ(index->header.hlc_upper_ns, kHeader.hlc_upper_ns);
  EXPECT_GT(index->sections.size(), 5U);
  for (const auto& section : index->sections) EXPECT_LE(section.bytes, kSectionBytes);
  const auto loaded = load(disk);
  ASSERT_TRUE(loaded.has_value());
  EXPECT_EQ(loaded->contents, process.contents());
  EXPECT_EQ(loaded->counts.records, 2000U);
  EXPECT_EQ(loaded->counts.sections_bad, 0U);
  EXPECT_EQ(disk.names(), std::vector<std::string>{"snap.1"});
}

TEST(Snapshot, OfNothingIsWhole) {
  SimulatedDisk disk;
  const Process process(disk);
  save(disk, process);
  const auto loaded = load(disk);
  ASSERT_TRUE(loaded.has_value());
  EXPECT_EQ(loaded->counts.records, 0U);
}

TEST(Snapshot, GivesALargeRecordASectionOfItsOwn) {
  SimulatedDisk disk;
  Process process(disk);
  fill(process, 3, size_t{1} << 20);
  save(disk, process);
  const auto loaded = load(disk);
  ASSERT_TRUE(loaded.has_value());
  EXPECT_EQ(loaded->contents, process.contents());
}

TEST(Snapshot, LeavesOutWhatNoReaderWouldTake) {
  SimulatedDisk disk;
  Process process(disk);
  process.put("fits", kStart);
  process.put(std::string(registry::kNameBytesMax + 1, 'h'), kStart);
  process.put("fat", kStart, "[\"" + std::string(registry::kRecordBytesMax, 'x') + "\"]");
  save(disk, process);
  const auto loaded = load(disk);
  ASSERT_TRUE(loaded.has_value());
  EXPECT_EQ(loaded->counts.records, 1U);
  EXPECT_EQ(loaded->counts.sections_bad, 0U);
}

TEST(Snapshot, LosesOnlyTheDamagedSection) {
  SimulatedDisk disk;
  Process process(disk);
  fill(process, 2000, 1000);
  save(disk, process);
  const auto index = read_index(disk, "snap.1");
  ASSERT_TRUE(index.has_value());
  std::string bytes = disk.bytes("snap.1");
  const auto& damaged = index->sections[2];
  bytes[static_cast<size_t>(damaged.offset) + 17] ^= 1;
  disk.put("snap.1", bytes);
  const auto loaded = load(disk);
  ASSERT_TRUE(loaded.has_value());
  EXPECT_EQ(loaded->counts.sections_bad, 1U);
  EXPECT_EQ(loaded->counts.records, 2000U - damaged.count);
}

TEST(Snapshot, LosesTheSectionThatTheDiskRefuses) {
  SimulatedDisk disk;
  Process process(disk);
  fill(process, 2000, 1000);
  save(disk, process);
  const auto index = read_index(disk, "snap.1");
  ASSERT_TRUE(index.has_value());
  int reads = 0;
  disk.set_fault([&](SimulatedDisk::Op, std::string_view) -> std::optional<Error> {
    return ++reads == 2 ? std::optional<Error>({ErrorCode::kUnavailable, "input/output error"}) : std::nullopt;
  });
  const auto counts = read_sections(disk, *index, [](const Entry&) {});
  EXPECT_EQ(counts.sections_bad, 1U);
}

TEST(Snapshot, IsRefusedWhenCutAnywhere) {
  SimulatedDisk disk;
  Process process(disk);
  fill(process, 5, 10);
  save(disk, process);
  const std::string whole = disk.bytes("snap.1");
  for (size_t n = 0; n < whole.size(); ++n) {
    disk.put("snap.1", whole.substr(0, n));
    ASSERT_FALSE(read_index(disk, "snap.1").has_value()) << n;
  }
  disk.put("snap.1", whole + "x");
  EXPECT_FALSE(read_index(disk, "snap.1").has_value());
}

TEST(Snapshot, NeverGivesAWrongRecordAfterAFlippedBit) {
  SimulatedDisk disk;
  Process process(disk);
  fill(process, 400, 1000);
  save(disk, process);
  const Contents original = process.contents();
  const std::string whole = disk.bytes("snap.1");
  SeededRandom random(kSeed);
  int refused = 0;
  int partly = 0;
  for (int i = 0; i < 10'000; ++i) {
    // Every other one in the last bytes or the first, where the structure is.
    const uint64_t spot = random.below(4);
    const size_t byte = static_cast<size_t>(spot == 0   ? random.below(60)
                                            : spot == 1 ? whole.size() - 1 - random.below(20)
                                                        : random.below(whole.size()));
    std::string bad = whole;
    bad[byte] = static_cast<char>(bad[byte] ^ (1 << random.below(8)));
    disk.put("snap.1", std::move(bad));
    const auto loaded = load(disk);
    if (!loaded) {
      ++refused;
      continue;
    }
    ASSERT_EQ(loaded->counts.sections_bad, 1U) << "seed " << kSeed << " flip " << i;
    ++partly;
    for (const auto& [key, content] : loaded->contents) {
      const auto it = original.find(key);
      ASSERT_TRUE(it != original.end() && it->second == content) << "seed " << kSeed << " flip " << i;
    }
  }
  EXPECT_GT(refused, 1000);
  EXPECT_GT(partly, 1000);
  std::printf("snapshot flips: 10000, refused %d, one section lost %d, wrong records 0\n", refused, partly);
}

TEST(Snapshot, PassesOverSectionsOfANewerNode) {
  SimulatedDisk disk;
  uint32_t total = 0;
  std::string bytes = begin_file(total);
  bytes += bytes_with(77, 5, "not known here", total);
  bytes += footer(total, 0);
  disk.put("snap.1", bytes);
  const auto loaded = load(disk);
  ASSERT_TRUE(loaded.has_value());
  EXPECT_EQ(loaded->counts.records, 0U);
  EXPECT_EQ(loaded->counts.sections_bad, 0U);
}

TEST(Snapshot, CountsASoundSectionOfGarbageAsBad) {
  SimulatedDisk disk;
  uint32_t total = 0;
  std::string bytes = begin_file(total);
  bytes += bytes_with(kRecordSection, 3, "garbage that is no entry at all", total);
  bytes += bytes_with(kRecordSection, 0, "bytes without entries", total);
  bytes += footer(total, 3);
  disk.put("snap.1", bytes);
  const auto loaded = load(disk);
  ASSERT_TRUE(loaded.has_value());
  EXPECT_EQ(loaded->counts.sections_bad, 2U);
  EXPECT_EQ(loaded->counts.records, 0U);
}

TEST(Snapshot, RefusesASectionPastTheLimitBeforeReadingIt) {
  SimulatedDisk disk;
  for (const uint32_t over : {0U, 1U}) {
    uint32_t total = 0;
    std::string bytes = begin_file(total);
    bytes += bytes_with(77, 0, std::string(kSectionBytesMax + over, 'x'), total);
    bytes += footer(total, 0);
    disk.put("snap.1", bytes);
    EXPECT_EQ(read_index(disk, "snap.1").has_value(), over == 0);
  }
}

TEST(Snapshot, RefusesTooManySections) {
  SimulatedDisk disk;
  for (const size_t over : {size_t{0}, size_t{1}}) {
    uint32_t total = 0;
    std::string bytes = begin_file(total);
    for (size_t i = 0; i < kSectionsMax + over; ++i) bytes += bytes_with(kRecordSection, 0, "", total);
    bytes += footer(total, 0);
    disk.put("snap.1", std::move(bytes));
    EXPECT_EQ(read_index(disk, "snap.1").has_value(), over == 0);
  }
}

TEST(Snapshot, RefusesAnotherFormatAndAnotherMagic) {
  SimulatedDisk disk;
  uint32_t total = 0;
  std::string bytes = begin_file(total);
  bytes[4] = 2;
  total = crc32c(bytes);
  disk.put("snap.1", bytes + footer(total, 0));
  EXPECT_FALSE(read_index(disk, "snap.1").has_value());
  bytes[4] = 1;
  bytes[0] = 'X';
  total = crc32c(bytes);
  disk.put("snap.1", bytes + footer(total, 0));
  EXPECT_FALSE(read_index(disk, "snap.1").has_value());
}

TEST(SnapshotWriter, RemovesItsFileWhenItIsGivenUp) {
  SimulatedDisk disk;
  Process process(disk);
  fill(process, 300, 10);
  {
    SnapshotWriter writer(disk, 1, kHeader, kStart);
    const auto done = writer.step([&](registry::RecordCursor& at, size_t budget, auto f) {
      return process.registry.read_records(at, budget, f);
    });
    ASSERT_TRUE(done.has_value() && !*done);
    EXPECT_EQ(disk.names(), std::vector<std::string>{"snap.tmp"});
  }
  EXPECT_TRUE(disk.names().empty());
}

TEST(SnapshotWriter, ReadsNoMoreInAStepThanItSays) {
  SimulatedDisk disk;
  SnapshotWriter writer(disk, 1, kHeader, kStart);
  size_t most = 0;
  int steps = 0;
  const auto source = [&](registry::RecordCursor&, size_t budget, auto) {
    most = std::max(most, budget);
    return ++steps < 20;
  };
  while (true) {
    const auto done = writer.step(source);
    ASSERT_TRUE(done.has_value());
    if (*done) break;
  }
  EXPECT_EQ(most, SnapshotWriter::kRecordsPerStep);
}

}  // namespace
}  // namespace discovery::storage
