#include "storage/journal.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/random.h"
#include "process.h"

namespace discovery::storage {
namespace {

constexpr uint64_t kSeed = 414;

class JournalTest : public ::testing::Test {
 protected:
  bool append(const std::string& hostname, const Moment& at = moment(kStart)) {
    process_.put(hostname, at.now);
    bool kept = false;
    process_.look(hostname, [&](const registry::StoredRecord& stored) { kept = journal_.append(stored, at); });
    return kept;
  }
  /// Three commits of one, two and one record; the whole file.
  std::string three_frames() {
    append("a");
    EXPECT_TRUE(journal_.commit(11).has_value());
    append("b");
    append("c");
    EXPECT_TRUE(journal_.commit(22).has_value());
    append("d");
    EXPECT_TRUE(journal_.commit(33).has_value());
    return disk_.bytes("journal.1");
  }
  std::vector<std::string> read(std::string_view name = "journal.1") {
    std::vector<std::string> hosts;
    counts_ = read_journal(
        disk_, name, [&](int64_t wall_ns) { return wall_ns >= oldest_ns_; },
        [&](const Entry& e, int64_t) { hosts.emplace_back(e.record.text.hostname); });
    return hosts;
  }

  SimulatedDisk disk_;
  Process process_{disk_};
  Sequence numbers_;
  Journal journal_{disk_, numbers_, 5};
  JournalCounts counts_;
  int64_t oldest_ns_ = 0;
};
using Hosts = std::vector<std::string>;

TEST_F(JournalTest, GivesBackWhatWasCommitted) {
  const std::string bytes = three_frames();
  EXPECT_EQ(read(), (Hosts{"a", "b", "c", "d"}));
  EXPECT_EQ(counts_.records, 4U);
  EXPECT_FALSE(counts_.torn);
  EXPECT_EQ(counts_.hlc_upper_ns, 33);
  EXPECT_EQ(counts_.bytes, bytes.size());
  EXPECT_EQ(journal_.bytes(), bytes.size());
}

TEST_F(JournalTest, SurvivesALossOfPowerAfterACommit) {
  SeededRandom random(kSeed);
  three_frames();
  append("not committed");
  disk_.crash(random);
  EXPECT_EQ(read(), (Hosts{"a", "b", "c", "d"}));
}

TEST_F(JournalTest, CommitsNothingWithoutAFile) {
  EXPECT_TRUE(journal_.commit(1).has_value());
  EXPECT_TRUE(disk_.names().empty());
}

TEST_F(JournalTest, RotatesIntoALargerNumber) {
  append("a");
  ASSERT_TRUE(journal_.commit(1).has_value());
  EXPECT_EQ(numbers_.next(), 2U);
  journal_.rotate();
  append("b");
  ASSERT_TRUE(journal_.commit(1).has_value());
  EXPECT_EQ(disk_.names(), (Hosts{"journal.1", "journal.3"}));
  EXPECT_EQ(read("journal.3"), Hosts{"b"});
}

TEST_F(JournalTest, CutsATornTailAtEveryByte) {
  const std::string bytes = three_frames();
  const size_t begin = FileHeader::kBytes + 4;
  size_t frames[4] = {begin, 0, 0, bytes.size()};
  for (int i = 0; i < 2; ++i) {
    std::string_view head = std::string_view(bytes).substr(frames[i]);
    frames[i + 1] = frames[i] + kFrameHeadBytes + take_le<uint32_t>(head);
  }
  const Hosts all[4] = {{}, {"a"}, {"a", "b", "c"}, {"a", "b", "c", "d"}};
  for (size_t n = 0; n <= bytes.size(); ++n) {
    disk_.put("journal.1", bytes.substr(0, n));
    size_t whole = 0;
    while (whole < 3 && frames[whole + 1] <= n) ++whole;
    ASSERT_EQ(read(), all[whole]) << n;
    ASSERT_EQ(counts_.torn, n < begin || n != frames[whole]) << n;
  }
}

TEST_F(JournalTest, ReadsAPrefixAfterAnyFlippedBit) {
  const std::string bytes = three_frames();
  const Hosts all{"a", "b", "c", "d"};
  for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string bad = bytes;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << (bit % 8)));
    disk_.put("journal.1", bad);
    const Hosts hosts = read();
    ASSERT_LT(hosts.size(), all.size()) << bit;
    ASSERT_TRUE(std::equal(hosts.begin(), hosts.end(), all.begin())) << bit;
    ASSERT_TRUE(counts_.torn) << bit;
  }
}

TEST_F(JournalTest, ReadsPastFramesThatAreTooOld) {
  append("old", moment(kStart));
  ASSERT_TRUE(journal_.commit(50).has_value());
  append("new", moment(kStart + seconds(10)));
  ASSERT_TRUE(journal_.commit(40).has_value());
  oldest_ns_ = to_wire_ns(kStart + seconds(10));
  EXPECT_EQ(read(), Hosts{"new"});
  EXPECT_EQ(counts_.frames_old, 1U);
  EXPECT_EQ(counts_.hlc_upper_ns, 50);
}

TEST_F(JournalTest, RefusesAFrameThatSaysItIsTooLong) {
  std::string bytes = three_frames();
  bytes.resize(FileHeader::kBytes + 4);
  append_le(bytes, static_cast<uint32_t>(kPendingBytesMax + 1));
  bytes.append(100, '\0');
  disk_.put("journal.1", bytes);
  EXPECT_TRUE(read().empty());
  EXPECT_TRUE(counts_.torn);
}

TEST_F(JournalTest, CountsAMissingFileAsTorn) {
  EXPECT_TRUE(read("journal.9").empty());
  EXPECT_TRUE(counts_.torn);
}

TEST_F(JournalTest, GoesOnInANewFileAfterAFailureAtAnyStep) {
  for (int step = 0; step < 4; ++step) {  // create, append, sync, sync of the folder
    SimulatedDisk disk;
    Sequence numbers;
    Journal journal(disk, numbers, 5);
    append("a");
    process_.look("a", [&](const registry::StoredRecord& stored) { journal.append(stored, moment(kStart)); });
    int seen = 0;
    disk.set_fault([&](SimulatedDisk::Op, std::string_view) -> std::optional<Error> {
      return seen++ == step ? std::optional<Error>({ErrorCode::kUnavailable, "input/output error"}) : std::nullopt;
    });
    EXPECT_FALSE(journal.commit(1).has_value()) << step;
    EXPECT_TRUE(journal.pending()) << step;
    disk.set_fault({});
    EXPECT_TRUE(disk.names().empty()) << step;
    ASSERT_TRUE(journal.commit(1).has_value()) << step;
    EXPECT_FALSE(journal.pending());
    EXPECT_EQ(disk.names(), Hosts{"journal.2"}) << step;
  }
}

TEST_F(JournalTest, KeepsAFailedFileThatHoldsCommits) {
  append("a");
  ASSERT_TRUE(journal_.commit(1).has_value());
  append("b");
  disk_.set_fault([](SimulatedDisk::Op op, std::string_view) -> std::optional<Error> {
    return op == SimulatedDisk::Op::kSync ? std::optional<Error>({ErrorCode::kUnavailable, "input/output error"})
                                          : std::nullopt;
  });
  EXPECT_FALSE(journal_.commit(2).has_value());
  disk_.set_fault({});
  ASSERT_TRUE(journal_.commit(2).has_value());
  SeededRandom random(kSeed);
  disk_.crash(random);
  EXPECT_EQ(read("journal.1").front(), "a");
  EXPECT_EQ(read("journal.2"), Hosts{"b"});
}

TEST_F(JournalTest, BoundsWhatIsPending) {
  const std::string addrs = "[\"" + std::string(size_t{1} << 20, 'x') + "\"]";
  process_.put("fat", kStart, addrs);
  size_t kept = 0;
  process_.look("fat", [&](const registry::StoredRecord& stored) {
    while (kept < 1000 && journal_.append(stored, moment(kStart))) ++kept;
  });
  EXPECT_EQ(kept, 31U);
  EXPECT_LE(journal_.pending_bytes(), kPendingBytesMax);
  ASSERT_TRUE(journal_.commit(1).has_value());
  EXPECT_EQ(read().size(), kept);
  EXPECT_TRUE(append("room again"));
}

TEST_F(JournalTest, TakesNothingThatNoReaderWouldTake) {
  EXPECT_TRUE(append(std::string(registry::kNameBytesMax, 'h')));
  EXPECT_FALSE(append(std::string(registry::kNameBytesMax + 1, 'h')));
  ASSERT_TRUE(journal_.commit(1).has_value());
  EXPECT_EQ(read().size(), 1U);
}

}  // namespace
}  // namespace discovery::storage
