#include "node/cluster_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace discovery::node {
namespace {

using observe::Exposition;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;

constexpr TimePoint kNow{seconds(1'000'000)};

/// "name{labels} value" stands there as a whole line.
MATCHER_P(HasLine, line, "") { return ("\n" + arg).find("\n" + std::string(line) + "\n") != std::string::npos; }

TEST(ClusterMetrics, ShowEachNode) {
  cluster::LinkStatus up;
  up.address = "10.0.0.2:7171";
  up.zone = "z1";
  up.up = true;
  up.queued = 7;
  up.lag = milliseconds(1500);
  up.divergent = 3;
  up.silent_for = milliseconds(250);
  up.counters.pushes = 10;
  up.counters.pushes_failed = 1;
  up.counters.records_sent = 11;
  up.counters.records_received = 12;
  up.counters.records_applied = 13;
  up.counters.records_refused = 14;
  up.counters.leases_sent = 15;
  up.counters.leases_received = 16;
  up.counters.rounds_equal = 17;
  up.counters.rounds_different = 18;
  up.counters.rounds_failed = 19;
  up.counters.digest_bytes = 20;
  up.counters.queue_overflows = 21;
  up.counters.posts = 22;
  up.counters.posts_failed = 23;
  cluster::LinkStatus down;
  down.address = "10.0.0.3:7171";
  down.zone = "z2";
  Exposition out;
  collect_links({up, down}, out);
  const std::string text = out.text();
  for (const std::string_view line :
       {R"(discovery_peer_up{peer="10.0.0.2:7171",zone="z1"} 1)",
        R"(discovery_peer_up{peer="10.0.0.3:7171",zone="z2"} 0)",
        R"(discovery_peer_silent_seconds{peer="10.0.0.2:7171"} 0.25)",
        R"(discovery_replication_queue_length{peer="10.0.0.2:7171"} 7)",
        R"(discovery_replication_queue_overflows_total{peer="10.0.0.2:7171"} 21)",
        R"(discovery_replication_lag_seconds{peer="10.0.0.2:7171"} 1.5)",
        R"(discovery_replication_ops_total{peer="10.0.0.2:7171",op="push",result="sent"} 10)",
        R"(discovery_replication_ops_total{peer="10.0.0.2:7171",op="push",result="failed"} 1)",
        R"(discovery_replication_ops_total{peer="10.0.0.2:7171",op="record",result="sent"} 11)",
        R"(discovery_replication_ops_total{peer="10.0.0.2:7171",op="record",result="received"} 12)",
        R"(discovery_replication_ops_total{peer="10.0.0.2:7171",op="record",result="applied"} 13)",
        R"(discovery_replication_ops_total{peer="10.0.0.2:7171",op="record",result="refused"} 14)",
        R"(discovery_replication_ops_total{peer="10.0.0.2:7171",op="lease",result="sent"} 15)",
        R"(discovery_replication_ops_total{peer="10.0.0.2:7171",op="lease",result="received"} 16)",
        R"(discovery_replication_ops_total{peer="10.0.0.2:7171",op="post",result="sent"} 22)",
        R"(discovery_replication_ops_total{peer="10.0.0.2:7171",op="post",result="failed"} 23)",
        R"(discovery_anti_entropy_rounds_total{peer="10.0.0.2:7171",result="equal"} 17)",
        R"(discovery_anti_entropy_rounds_total{peer="10.0.0.2:7171",result="different"} 18)",
        R"(discovery_anti_entropy_rounds_total{peer="10.0.0.2:7171",result="failed"} 19)",
        R"(discovery_anti_entropy_bytes_total{peer="10.0.0.2:7171"} 20)",
        R"(discovery_divergent_entries{peer="10.0.0.2:7171"} 3)"}) {
    EXPECT_THAT(text, HasLine(line));
  }
  EXPECT_THAT(text, Not(HasSubstr(R"(discovery_peer_silent_seconds{peer="10.0.0.3:7171"})"))) << "never heard";
}

TEST(ClusterMetrics, ANodeAloneDeclaresThem) {
  Exposition out;
  collect_links({}, out);
  collect_no_store(out);
  const std::string text = out.text();
  EXPECT_THAT(text, HasLine("# TYPE discovery_peer_up gauge"));
  EXPECT_THAT(text, HasLine("# TYPE discovery_replication_ops_total counter"));
  EXPECT_THAT(text, HasLine("# TYPE discovery_snapshots_total counter"));
  EXPECT_THAT(text, Not(HasSubstr("\ndiscovery_")));
}

TEST(ClusterMetrics, ShowWhatIsStoredAndCovered) {
  registry::LeaseStatus status;
  status.records = 5;
  status.tombstones = 2;
  status.braked_applications = 1;
  status.covered_until = kNow - seconds(4);
  Exposition out;
  collect_records(status, kNow, out);
  EXPECT_THAT(out.text(), HasLine("discovery_records 5"));
  EXPECT_THAT(out.text(), HasLine("discovery_tombstones 2"));
  EXPECT_THAT(out.text(), HasLine("discovery_braked_applications 1"));
  EXPECT_THAT(out.text(), HasLine("discovery_covered_seconds 4"));
}

TEST(ClusterMetrics, NothingCoveredHasNoAge) {
  Exposition out;
  collect_records({}, kNow, out);
  EXPECT_THAT(out.text(), HasLine("# TYPE discovery_covered_seconds gauge"));
  EXPECT_THAT(out.text(), Not(HasSubstr("\ndiscovery_covered_seconds")));
}

TEST(ClusterMetrics, ANodeAloneIsCoveredAlways) {
  registry::LeaseStatus status;
  status.covered_until = TimePoint::max();
  Exposition out;
  collect_records(status, kNow, out);
  EXPECT_THAT(out.text(), HasLine("discovery_covered_seconds 0"));
}

TEST(ClusterMetrics, ShowTheDataFolder) {
  storage::StoreStats stats;
  stats.snapshots = 3;
  stats.snapshot_failures = 4;
  stats.snapshot_bytes = 1000;
  stats.snapshot_records = 10;
  stats.snapshot_took = milliseconds(20);
  stats.snapshot_at = kNow - seconds(30);
  stats.journal_commits = 5;
  stats.journal_failures = 6;
  stats.journal_bytes = 700;
  stats.journal_lost = 8;
  stats.failing = true;
  Exposition out;
  collect_store(stats, 100, kNow, out);
  const std::string text = out.text();
  for (const std::string_view line :
       {R"(discovery_snapshots_total{result="ok"} 3)", R"(discovery_snapshots_total{result="error"} 4)",
        "discovery_snapshot_bytes 1000", "discovery_snapshot_records 10", "discovery_snapshot_seconds 0.02",
        "discovery_snapshot_age_seconds 30", R"(discovery_journal_commits_total{result="ok"} 5)",
        R"(discovery_journal_commits_total{result="error"} 6)", "discovery_journal_bytes 700",
        "discovery_journal_records_lost_total 108", "discovery_disk_failing 1"}) {
    EXPECT_THAT(text, HasLine(line));
  }
}

TEST(ClusterMetrics, BeforeTheFirstSnapshotThereIsNoneToDescribe) {
  Exposition out;
  collect_store({}, 0, kNow, out);
  EXPECT_THAT(out.text(), HasLine("discovery_disk_failing 0"));
  EXPECT_THAT(out.text(), Not(HasSubstr("\ndiscovery_snapshot_age_seconds")));
}

}  // namespace
}  // namespace discovery::node
