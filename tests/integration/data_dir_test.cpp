// cluster.data_dir: what a node still knows after it was killed, and what it says when the folder is no good.
#include <gtest/gtest.h>

#include "integration/cluster_nodes.h"

namespace discovery::integration {
namespace {

using Hosts = std::vector<std::string>;
constexpr const char* kCommits = "discovery_journal_commits_total{result=\"ok\"}";

/// A lone node with a folder, which outlives it.
class DataDir : public ::testing::Test {
 protected:
  void start(const std::vector<std::string>& more = {}) {
    std::vector<std::string> settings{"cluster.data_dir=" + (folder_ / "data")};
    settings.insert(settings.end(), more.begin(), more.end());
    node_.start({node_.text()}, settings);
  }
  /// Does it, and waits until the journal has it.
  template <class Write>
  void journalled(Write write) {
    ASSERT_TRUE(eventually([&] { return node_->count(kCommits) >= 1; })) << "its own entry";
    const double before = node_->count(kCommits);
    write();
    ASSERT_TRUE(eventually([&] { return node_->count(kCommits) > before; }));
  }
  [[nodiscard]] ChildOptions another(const std::string& folder) const {
    return {.arguments = {"--listen", "127.0.0.1:0", "--set", "cluster.data_dir=" + folder},
            .environment = {},
            .descriptors = {}};
  }

  const TempDir folder_;
  ClusterNode node_{"n1"};
};

TEST_F(DataDir, HistoryOutlivesTheProcess) {
  start();
  node_->add({.appid = "kept"});
  node_->post("/discovery/cancel", TestInstance{.appid = "kept"}.key_form());
  const auto kinds = [&] {
    std::string all;
    const nlohmann::json history = node_->get("/api/history?appid=kept").json();
    for (const auto& e : history.at("events")) all += e.at("kind").get<std::string>() + " ";
    return all;
  };
  ASSERT_EQ(kinds(), "cancelled registered ");
  EXPECT_EQ(node_.end().code, 0);
  start();
  EXPECT_EQ(kinds(), "cancelled registered ") << "and what was loaded is no event";
  EXPECT_TRUE(node_->eventually_logs("recovered", "events="));
}

TEST_F(DataDir, ARegisterSurvivesAKillByTheJournalAlone) {
  start();
  const TestInstance kept{.appid = "kept", .version = "v7"};
  journalled([&] { node_->add(kept); });
  EXPECT_EQ(node_->count("discovery_snapshots_total{result=\"ok\"}"), 0) << "the journal alone";
  node_.kill();
  start();
  EXPECT_TRUE(eventually([&] { return node_.ready(); }));
  EXPECT_EQ(node_->hosts("kept"), Hosts{"h1"});
  EXPECT_EQ(node_->post("/discovery/renew", kept.key_form()).code(), 0);
  EXPECT_TRUE(node_->eventually_logs("recovered", "count="));
}

TEST_F(DataDir, ACancelSurvivesAKill) {
  start();
  const TestInstance gone{.appid = "gone"};
  journalled([&] { node_->add(gone); });
  journalled([&] { EXPECT_EQ(node_->post("/discovery/cancel", gone.key_form()).code(), 0); });
  node_.kill();
  start();
  EXPECT_TRUE(node_->hosts("gone").empty());
  EXPECT_EQ(node_->post("/discovery/renew", gone.key_form()).code(), -404);
}

TEST_F(DataDir, ACleanEndLeavesASnapshotThatIsLoaded) {
  start();
  for (int i = 0; i < 100; ++i) node_->add({.appid = "many", .hostname = "h" + std::to_string(i)});
  const int64_t told = node_->timestamp("many");
  EXPECT_EQ(node_.end().code, 0);
  start();
  EXPECT_EQ(node_->hosts("many").size(), 100U);
  EXPECT_GE(node_->timestamp("many"), told) << "no poller sees its list go back";
  EXPECT_EQ(node_.end().code, 0);
  start();
  EXPECT_EQ(node_->hosts("many").size(), 100U) << "and once more";
}

TEST_F(DataDir, ASnapshotThatIsTooOldIsNotLoaded) {
  start();
  node_->add({.appid = "old"});
  EXPECT_EQ(node_.end().code, 0);
  const Stopwatch since_end;
  // sleeps: a snapshot ages by the wall clock
  ASSERT_TRUE(eventually([&] { return since_end.elapsed() > milliseconds(1100); }));
  start({"cluster.snapshot_max_age=1s"});
  EXPECT_TRUE(eventually([&] { return node_.ready(); }));
  EXPECT_TRUE(node_->hosts("old").empty());
  node_->add({.appid = "old", .hostname = "h2"});
  EXPECT_EQ(node_->hosts("old"), Hosts{"h2"}) << "and it goes on with an empty registry";
}

TEST_F(DataDir, ASecondProcessOnTheFolderEndsWithFour) {
  start();
  const Finished second = run_discoveryd(another(folder_ / "data"));
  EXPECT_EQ(second.code, 4);
  EXPECT_NE(second.errors.find("data directory locked"), std::string::npos) << second.errors;
  EXPECT_NE(second.errors.find(folder_ / "data"), std::string::npos) << second.errors;
  node_->add({.appid = "undisturbed"});
  node_.kill();
  start();  // a lock does not outlive its process
  EXPECT_EQ(node_->get("/healthz").status, 200);
}

TEST_F(DataDir, AFolderThatCannotBeUsedEndsItWithAMessage) {
  const std::string file = folder_.put("file", "no folder");
  for (const std::string& place : {file, file + "/below", folder_ / "not/there", std::string("/proc/discoveryd")}) {
    const Finished ended = run_discoveryd(another(place));
    EXPECT_EQ(ended.code, 1) << place;
    EXPECT_NE(ended.errors.find(place), std::string::npos) << ended.errors;
    EXPECT_TRUE(ended.output.empty()) << "it must not look as if it had started: " << ended.output;
  }
}

TEST_F(DataDir, DamagedFilesDoNotKeepItFromStarting) {
  start();
  journalled([&] { node_->add({.appid = "damaged"}); });
  EXPECT_EQ(node_.end().code, 0);
  size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder_ / "data")) {
    if (entry.path().filename() == "lock") continue;
    std::ofstream(entry.path(), std::ios::binary) << "this is neither a snapshot nor a journal";
    ++files;
  }
  ASSERT_GE(files, 1U);
  start();
  EXPECT_TRUE(eventually([&] { return node_.ready(); }));
  EXPECT_TRUE(node_->hosts("damaged").empty());
  node_->add({.appid = "damaged"});
  EXPECT_EQ(node_.end().code, 0);
  start();
  EXPECT_EQ(node_->hosts("damaged"), Hosts{"h1"});
}

// Its records are a snapshot's, hence old: what the cluster has newer wins, and what it cancelled stays cancelled.
TEST_F(DataDir, ANodeWithAFolderLearnsWhatItMissed) {
  ClusterNode other("n2");
  const std::vector<std::string> both{node_.text(), other.text()};
  const std::string place = "cluster.data_dir=" + (folder_ / "data");
  node_.start(both, {place});
  other.start(both);
  ASSERT_TRUE(eventually([&] { return node_.ready() && other.ready() && node_.joined(other.text()); }));
  const TestInstance cancelled{.appid = "cancelled"};
  journalled([&] { node_->add(cancelled); });
  ASSERT_TRUE(eventually([&] { return other->hosts("cancelled") == Hosts{"h1"}; }));
  node_.kill();
  ASSERT_EQ(other->post("/discovery/cancel", cancelled.key_form()).code(), 0);
  other->add({.appid = "newer"});
  node_.start(both, {place});
  EXPECT_TRUE(eventually([&] { return node_.ready() && node_->hosts("newer") == Hosts{"h1"}; }));
  EXPECT_TRUE(node_->hosts("cancelled").empty());
  EXPECT_TRUE(other->hosts("cancelled").empty()) << "and nobody got it back from there";
}

}  // namespace
}  // namespace discovery::integration
