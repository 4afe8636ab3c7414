#include "observe/catalogue.h"

namespace discovery::observe {

namespace {
constexpr const MetricInfo* kAll[] = {
    &metric::kBuildInfo,
    &metric::kReady,
    &metric::kInstances,
    &metric::kApps,
    &metric::kSelfProtection,
    &metric::kRenewsExpected,
    &metric::kRenewsLastMinute,
    &metric::kHeldInstances,
    &metric::kMemoryBytes,
    &metric::kLoopLag,
    &metric::kLoopTurnMax,
    &metric::kHttpRequests,
    &metric::kHttpRequestSeconds,
    &metric::kConnections,
    &metric::kRegisters,
    &metric::kRenews,
    &metric::kCancels,
    &metric::kSets,
    &metric::kParkedPolls,
    &metric::kPollWakeups,
    &metric::kNotifySeconds,
    &metric::kEmptyAnswers,
    &metric::kFanoutBytes,
    &metric::kViewRenders,
    &metric::kViewReuses,
    &metric::kSlowConsumers,
    &metric::kThrottled,
    &metric::kEvictions,
    &metric::kConfigReloads,
    &metric::kUpgrades,
    &metric::kLogLinesDropped,
    &metric::kPeerUp,
    &metric::kPeerSilent,
    &metric::kReplicationQueue,
    &metric::kReplicationOverflows,
    &metric::kReplicationLag,
    &metric::kReplicationOps,
    &metric::kRounds,
    &metric::kAntiEntropyBytes,
    &metric::kDivergent,
    &metric::kPeerBytes,
    &metric::kRecords,
    &metric::kTombstones,
    &metric::kCovered,
    &metric::kBraked,
    &metric::kSlowedClients,
    &metric::kAuthDenied,
    &metric::kSnapshots,
    &metric::kSnapshotBytes,
    &metric::kSnapshotRecords,
    &metric::kSnapshotAge,
    &metric::kSnapshotTook,
    &metric::kJournalCommits,
    &metric::kJournalBytes,
    &metric::kJournalLost,
    &metric::kDiskFailing,
    &metric::kKeys,
    &metric::kLeases,
    &metric::kKeyEvents,
    &metric::kLeasesAdopted,
    &metric::kLeasesExpired,
    &metric::kWatches,
    &metric::kWatchEvents,
    &metric::kGrpcConnections,
    &metric::kGrpcOpenCalls,
    &metric::kGrpcCalls,
    &metric::kGrpcRefused,
    &metric::kGrpcMessages,
    &metric::kGrpcUnsent,
    &metric::kSandbox,
    &metric::kProcessCpu,
    &metric::kProcessResident,
    &metric::kProcessVirtual,
    &metric::kProcessOpenFds,
    &metric::kProcessMaxFds,
    &metric::kProcessStart,
};
}  // namespace

std::string_view type_name(MetricType type) {
  switch (type) {
    case MetricType::kCounter:
      return "counter";
    case MetricType::kGauge:
      return "gauge";
    case MetricType::kHistogram:
      return "histogram";
  }
  return "untyped";
}

std::span<const MetricInfo* const> catalogue() { return kAll; }

}  // namespace discovery::observe
