#include "observe/catalogue.h"

namespace discovery::observe {

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

std::span<const MetricInfo* const> catalogue() {
  using namespace metric;
  static constexpr const MetricInfo* kAll[] = {
      &kBuildInfo,
      &kReady,
      &kInstances,
      &kApps,
      &kSelfProtection,
      &kRenewsExpected,
      &kRenewsLastMinute,
      &kHeldInstances,
      &kMemoryBytes,
      &kLoopLag,
      &kLoopTurnMax,
      &kHttpRequests,
      &kHttpRequestSeconds,
      &kConnections,
      &kRegisters,
      &kRenews,
      &kCancels,
      &kSets,
      &kParkedPolls,
      &kPollWakeups,
      &kNotifySeconds,
      &kEmptyAnswers,
      &kFanoutBytes,
      &kViewRenders,
      &kViewReuses,
      &kSlowConsumers,
      &kThrottled,
      &kEvictions,
      &kConfigReloads,
      &kUpgrades,
      &kLogLinesDropped,
      &kPeerUp,
      &kPeerSilent,
      &kReplicationQueue,
      &kReplicationOverflows,
      &kReplicationLag,
      &kReplicationOps,
      &kRounds,
      &kAntiEntropyBytes,
      &kDivergent,
      &kPeerBytes,
      &kRecords,
      &kTombstones,
      &kCovered,
      &kBraked,
      &kSlowedClients,
      &kAuthDenied,
      &kSnapshots,
      &kSnapshotBytes,
      &kSnapshotRecords,
      &kSnapshotAge,
      &kSnapshotTook,
      &kJournalCommits,
      &kJournalBytes,
      &kJournalLost,
      &kDiskFailing,
      &kKeys,
      &kLeases,
      &kKeyEvents,
      &kLeasesAdopted,
      &kLeasesExpired,
      &kWatches,
      &kWatchEvents,
      &kGrpcConnections,
      &kGrpcOpenCalls,
      &kGrpcCalls,
      &kGrpcRefused,
      &kGrpcMessages,
      &kGrpcUnsent,
      &kSandbox,
      &kProcessCpu,
      &kProcessResident,
      &kProcessVirtual,
      &kProcessOpenFds,
      &kProcessMaxFds,
      &kProcessStart,
  };
  return kAll;
}

}  // namespace discovery::observe
