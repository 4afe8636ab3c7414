#include "node/store_keeper.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "net/steady_clock.h"
#include "observe/memory_logger.h"
#include "temp_folder.h"
#include "unit/node/eventually.h"

namespace discovery::node {
namespace {

namespace fs = std::filesystem;

/// A process with a data folder: its registry, and what was made in it goes to the keeper.
class Life {
 public:
  explicit Life(const std::string& folder) : registry(registry::RegistrySettings{}) {
    storage::StoreSettings settings;
    settings.boot = 5;
    settings.commit_every = Duration::zero();
    registry.keep_changes(true);
    opened = StoreKeeper::open(folder, settings, registry, history, logger, clock);
  }
  [[nodiscard]] StoreKeeper& keeper() { return **opened; }

  registry::RecordRef put(const std::string& hostname) {
    registry::RegisterArgs args;
    args.key = key(hostname);
    args.addrs_json = R"(["http://10.0.0.1:80"])";
    args.metadata_json = "{}";
    EXPECT_TRUE(registry.register_instance(args, clock.now()));
    return registry.find_record(key(hostname));
  }
  [[nodiscard]] bool knows(const std::string& hostname) const {
    return static_cast<bool>(registry.find_record(key(hostname)));
  }
  static registry::InstanceKeyView key(const std::string& hostname) { return {{"dev", "shop.cart"}, "z", hostname}; }

  net::SteadyClock clock;
  observe::MemoryLogger logger;
  registry::Registry registry;
  history::History history{size_t{1} << 20};
  Result<std::unique_ptr<StoreKeeper>> opened = std::unique_ptr<StoreKeeper>();
};

TEST(StoreKeeper, AFolderHasOneProcess) {
  const TempFolder folder;
  Life first(folder.path("data"));
  ASSERT_TRUE(first.opened);
  const Life second(folder.path("data"));
  ASSERT_FALSE(second.opened);
  EXPECT_EQ(second.opened.error().code, ErrorCode::kConflict);  // the process ends with code 4
  first.opened->reset();
  EXPECT_TRUE(Life(folder.path("data")).opened);
}

TEST(StoreKeeper, AFolderThatCannotBeMadeIsAnError) {
  const TempFolder folder;
  const Life life(folder.path("missing/data"));
  ASSERT_FALSE(life.opened);
  EXPECT_NE(life.opened.error().code, ErrorCode::kConflict);
}

TEST(StoreKeeper, AnEmptyFolderRecoversNothing) {
  const TempFolder folder;
  Life life(folder.path("data"));
  ASSERT_TRUE(life.opened);
  EXPECT_EQ(life.keeper().recovery().generation, 0U);
  EXPECT_EQ(life.registry.size(), 0);
  EXPECT_EQ(life.logger.count("recovered"), 1U);
  EXPECT_EQ(life.logger.count("recovery_failed"), 0U);
}

TEST(StoreKeeper, ALastSnapshotIsWrittenAtTheEnd) {
  const TempFolder folder;
  Life before(folder.path("data"));
  ASSERT_TRUE(before.opened);
  before.keeper().start();
  before.keeper().wrote(before.put("h1"));
  before.put("h2");  // nobody told the keeper: the snapshot has it
  before.keeper().finish();
  EXPECT_EQ(before.keeper().stats().snapshots, 1U);
  before.opened->reset();

  Life after(folder.path("data"));
  ASSERT_TRUE(after.opened);
  EXPECT_GT(after.keeper().recovery().generation, 0U);
  EXPECT_TRUE(after.knows("h1"));
  EXPECT_TRUE(after.knows("h2"));
}

TEST(StoreKeeper, WhatWasJournalledSurvivesAKill) {
  const TempFolder folder;
  Life killed(folder.path("data"));
  ASSERT_TRUE(killed.opened);
  killed.keeper().start();
  killed.keeper().wrote(killed.put("h1"));
  ASSERT_TRUE(eventually([&] { return killed.keeper().stats().journal_commits > 0; }));
  // What a kill would leave.
  fs::copy(folder.path("data"), folder.path("copy"));

  Life after(folder.path("copy"));
  ASSERT_TRUE(after.opened);
  EXPECT_EQ(after.keeper().recovery().generation, 0U) << "there is no snapshot yet";
  EXPECT_EQ(after.keeper().recovery().journal_records, 1U);
  EXPECT_TRUE(after.knows("h1"));
}

TEST(StoreKeeper, AChangeThatFindsNoRoomIsCounted) {
  const TempFolder folder;
  Life life(folder.path("data"));
  ASSERT_TRUE(life.opened);
  const registry::RecordRef ref = life.put("h1");
  for (size_t i = 0; i < StoreKeeper::kWaitingMax; ++i) life.keeper().wrote(ref);  // its thread does not run
  EXPECT_EQ(life.keeper().not_journalled(), 0U);
  life.keeper().wrote(ref);
  EXPECT_EQ(life.keeper().not_journalled(), 1U);
}

TEST(StoreKeeper, ARecordThatIsGoneIsNothing) {
  const TempFolder folder;
  Life life(folder.path("data"));
  ASSERT_TRUE(life.opened);
  life.keeper().wrote({1234, 1});
  life.keeper().finish();
  EXPECT_FALSE(life.keeper().stats().failing);
}

TEST(StoreKeeper, ADiskThatFailsIsToldOnceAndHoldsUpNobody) {
  const TempFolder folder;
  Life life(folder.path("data"));
  ASSERT_TRUE(life.opened);
  fs::remove_all(folder.path("data"));  // no file can be made there any more
  life.keeper().start();
  life.keeper().wrote(life.put("h1"));
  ASSERT_TRUE(eventually([&] { return life.keeper().stats().failing; }));
  EXPECT_FALSE(life.keeper().stats().last_error.empty());
  for (int i = 0; i < 1000; ++i) life.keeper().wrote(life.put("h" + std::to_string(i)));
  EXPECT_EQ(life.registry.size(), 1000);
  ASSERT_TRUE(eventually([&] { return life.logger.count("disk_failing") == 1; }));
  life.keeper().finish();  // ends all the same
  EXPECT_TRUE(life.keeper().stats().failing);
  EXPECT_EQ(life.keeper().stats().snapshots, 0U);
}

}  // namespace
}  // namespace discovery::node
