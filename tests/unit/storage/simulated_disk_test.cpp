// The simulated disk forgets what a disk may forget, and nothing else.
#include "simulation/simulated_disk.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"

namespace discovery::simulation {
namespace {

using Names = std::vector<std::string>;

TEST(SimulatedDisk, KeepsWhatWasSyncedThroughALossOfPower) {
  for (uint64_t seed = 0; seed < 50; ++seed) {
    SeededRandom random(seed);
    SimulatedDisk disk;
    auto file = *disk.create("f");
    ASSERT_TRUE(file->append("synced").has_value());
    ASSERT_TRUE(file->sync().has_value());
    ASSERT_TRUE(disk.sync_folder().has_value());
    ASSERT_TRUE(file->append("not").has_value());
    disk.crash(random);
    EXPECT_EQ(disk.bytes("f").substr(0, 6), "synced") << seed;
  }
}

TEST(SimulatedDisk, LosesTearsOrKeepsWhatWasNotSynced) {
  std::set<std::string> seen;
  for (uint64_t seed = 0; seed < 400; ++seed) {
    SeededRandom random(seed);
    SimulatedDisk disk;
    auto file = *disk.create("f");
    ASSERT_TRUE(disk.sync_folder().has_value());
    ASSERT_TRUE(file->append("ab").has_value());
    disk.crash(random);
    seen.insert(disk.bytes("f"));
  }
  const std::string zero(1, '\0');
  EXPECT_EQ(seen, (std::set<std::string>{"", "a", "ab", zero, "a" + zero, zero + zero}));
}

TEST(SimulatedDisk, MayForgetNamesThatWereNotSynced) {
  std::set<Names> seen;
  for (uint64_t seed = 0; seed < 100; ++seed) {
    SeededRandom random(seed);
    SimulatedDisk disk;
    disk.put("old", "1");
    ASSERT_TRUE(disk.create("tmp").has_value());
    ASSERT_TRUE(disk.rename("tmp", "new").has_value());
    ASSERT_TRUE(disk.remove("old").has_value());
    disk.crash(random);
    seen.insert(disk.names());
  }
  EXPECT_EQ(seen, (std::set<Names>{{}, {"old"}, {"tmp"}, {"new"}, {"old", "tmp"}, {"new", "old"}}));
}

TEST(SimulatedDisk, LosesWhatASyncFailedToKeepWhateverComesLater) {
  int lost = 0;
  for (uint64_t seed = 0; seed < 50; ++seed) {
    SeededRandom random(seed);
    SimulatedDisk disk;
    auto file = *disk.create("f");
    ASSERT_TRUE(disk.sync_folder().has_value());
    ASSERT_TRUE(file->append("x").has_value());
    disk.set_fault([](SimulatedDisk::Op op, std::string_view) -> std::optional<Error> {
      return op == SimulatedDisk::Op::kSync ? std::optional<Error>(Error{}) : std::nullopt;
    });
    EXPECT_FALSE(file->sync().has_value());
    disk.set_fault({});
    EXPECT_TRUE(file->sync().has_value());
    EXPECT_EQ(disk.bytes("f"), "x");
    disk.crash(random);
    if (disk.bytes("f") != "x") ++lost;
  }
  EXPECT_GT(lost, 0);
}

TEST(SimulatedDisk, StopsAfterSoManyWrites) {
  SimulatedDisk disk;
  disk.stop_after(2);
  auto file = *disk.create("f");
  EXPECT_TRUE(file->append("12").has_value());
  EXPECT_FALSE(file->append("34").has_value());
  EXPECT_EQ(disk.bytes("f"), "123");  // half of the last one
  EXPECT_FALSE(file->sync().has_value());
  EXPECT_FALSE(disk.rename("f", "g").has_value());
  EXPECT_EQ(disk.writes(), 2U);
  EXPECT_TRUE(disk.list().has_value());
  disk.revive();
  EXPECT_TRUE(disk.rename("f", "g").has_value());
}

TEST(SimulatedDisk, IsFullAtItsCapacity) {
  SimulatedDisk disk;
  disk.set_capacity(5);
  auto file = *disk.create("f");
  EXPECT_TRUE(file->append("12345").has_value());
  const auto more = file->append("6");
  ASSERT_FALSE(more.has_value());
  EXPECT_EQ(more.error().code, ErrorCode::kExhausted);
  EXPECT_EQ(disk.bytes("f"), "12345");
}

TEST(SimulatedDisk, GivesAHandleFromBeforeACrashNoWayIn) {
  SeededRandom random(1);
  SimulatedDisk disk;
  auto file = *disk.create("f");
  ASSERT_TRUE(disk.sync_folder().has_value());
  disk.crash(random);
  EXPECT_TRUE(file->append("ghost").has_value());
  EXPECT_EQ(disk.bytes("f"), "");
}

}  // namespace
}  // namespace discovery::simulation
