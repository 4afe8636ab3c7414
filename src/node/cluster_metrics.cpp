#include "node/cluster_metrics.h"

#include <algorithm>
#include <array>

#include "observe/node_metrics.h"

namespace discovery::node {

namespace metric = observe::metric;
using cluster::LinkCounters;
using cluster::LinkStatus;
using observe::PeerOp;
using observe::PeerResult;
using observe::RoundResult;

namespace {

double seconds(Duration d) { return std::chrono::duration<double>(d).count(); }
double number(uint64_t n) { return static_cast<double>(n); }

constexpr std::array kLinkFamilies = {
    &metric::kPeerUp,         &metric::kPeerSilent,     &metric::kReplicationQueue, &metric::kReplicationOverflows,
    &metric::kReplicationLag, &metric::kReplicationOps, &metric::kRounds,           &metric::kAntiEntropyBytes,
    &metric::kDivergent};
constexpr std::array kStoreFamilies = {&metric::kSnapshots,    &metric::kSnapshotBytes, &metric::kSnapshotRecords,
                                       &metric::kSnapshotAge,  &metric::kSnapshotTook,  &metric::kJournalCommits,
                                       &metric::kJournalBytes, &metric::kJournalLost,   &metric::kDiskFailing};

void collect_link(const LinkStatus& link, observe::FamilySink& sink) {
  const std::string_view peer = link.address;
  const LinkCounters& c = link.counters;
  const auto op = [&](PeerOp what, PeerResult result, uint64_t count) {
    sink.add(metric::kReplicationOps, {peer, observe::name_of(what), observe::name_of(result)}, number(count));
  };
  const auto round = [&](RoundResult result, uint64_t count) {
    sink.add(metric::kRounds, {peer, observe::name_of(result)}, number(count));
  };
  sink.add(metric::kPeerUp, {peer, link.zone}, link.up ? 1 : 0);
  if (link.silent_for) sink.add(metric::kPeerSilent, {peer}, seconds(*link.silent_for));
  sink.add(metric::kReplicationQueue, {peer}, number(link.queued));
  sink.add(metric::kReplicationOverflows, {peer}, number(c.queue_overflows));
  sink.add(metric::kReplicationLag, {peer}, seconds(link.lag));
  op(PeerOp::kPush, PeerResult::kSent, c.pushes);
  op(PeerOp::kPush, PeerResult::kFailed, c.pushes_failed);
  op(PeerOp::kRecord, PeerResult::kSent, c.records_sent);
  op(PeerOp::kRecord, PeerResult::kReceived, c.records_received);
  op(PeerOp::kRecord, PeerResult::kApplied, c.records_applied);
  op(PeerOp::kRecord, PeerResult::kRefused, c.records_refused);
  op(PeerOp::kRecord, PeerResult::kPassedOn, c.records_passed_on);
  op(PeerOp::kLease, PeerResult::kSent, c.leases_sent);
  op(PeerOp::kLease, PeerResult::kReceived, c.leases_received);
  op(PeerOp::kPost, PeerResult::kSent, c.posts);
  op(PeerOp::kPost, PeerResult::kFailed, c.posts_failed);
  round(RoundResult::kEqual, c.rounds_equal);
  round(RoundResult::kDifferent, c.rounds_different);
  round(RoundResult::kFailed, c.rounds_failed);
  sink.add(metric::kAntiEntropyBytes, {peer}, number(c.digest_bytes));
  sink.add(metric::kDivergent, {peer}, number(link.divergent));
}

}  // namespace

void collect_links(const std::vector<LinkStatus>& links, observe::FamilySink& sink) {
  for (const observe::MetricInfo* family : kLinkFamilies) sink.declare(*family);
  for (const LinkStatus& link : links) collect_link(link, sink);
}

void collect_records(const registry::LeaseStatus& status, TimePoint now, observe::FamilySink& sink) {
  sink.add(metric::kRecords, {}, static_cast<double>(status.records));
  sink.add(metric::kTombstones, {}, static_cast<double>(status.tombstones));
  sink.add(metric::kBraked, {}, static_cast<double>(status.braked_applications));
  sink.declare(metric::kCovered);
  if (status.covered_until > TimePoint{}) {
    sink.add(metric::kCovered, {}, seconds(std::max(Duration::zero(), now - status.covered_until)));
  }
}

void collect_store(const storage::StoreStats& stats, uint64_t not_journalled, TimePoint now,
                   observe::FamilySink& sink) {
  constexpr std::string_view ok = "ok";
  constexpr std::string_view error = "error";
  collect_no_store(sink);
  sink.add(metric::kSnapshots, {ok}, number(stats.snapshots));
  sink.add(metric::kSnapshots, {error}, number(stats.snapshot_failures));
  if (stats.snapshots > 0) {
    sink.add(metric::kSnapshotBytes, {}, number(stats.snapshot_bytes));
    sink.add(metric::kSnapshotRecords, {}, number(stats.snapshot_records));
    sink.add(metric::kSnapshotAge, {}, seconds(std::max(Duration::zero(), now - stats.snapshot_at)));
    sink.add(metric::kSnapshotTook, {}, seconds(stats.snapshot_took));
  }
  sink.add(metric::kJournalCommits, {ok}, number(stats.journal_commits));
  sink.add(metric::kJournalCommits, {error}, number(stats.journal_failures));
  sink.add(metric::kJournalBytes, {}, number(stats.journal_bytes));
  sink.add(metric::kJournalLost, {}, number(stats.journal_lost + not_journalled));
  sink.add(metric::kDiskFailing, {}, stats.failing ? 1 : 0);
}

void collect_no_store(observe::FamilySink& sink) {
  for (const observe::MetricInfo* family : kStoreFamilies) sink.declare(*family);
}

}  // namespace discovery::node
