// Every metric of the daemon: its name, type, label names and meaning, in one place.
//
// Whoever exports a value names its entry here, so nothing reaches /metrics that is not in catalogue(), and a test
// holds docs/metrics.md against it. Conventions (operations.md 5): base units, counters end in _total, few labels.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace discovery::observe {

enum class MetricType : uint8_t { kCounter, kGauge, kHistogram };

struct MetricInfo {
  std::string_view name;
  MetricType type;
  std::array<std::string_view, 3> labels;  ///< names, "" where there are fewer
  std::string_view help;                   ///< one line without backslash

  [[nodiscard]] constexpr size_t label_count() const {
    size_t n = 0;
    while (n < labels.size() && !labels[n].empty()) ++n;
    return n;
  }
};

/// "counter", "gauge", "histogram".
[[nodiscard]] std::string_view type_name(MetricType type);

/// All of namespace metric, in the order in which they are exported.
[[nodiscard]] std::span<const MetricInfo* const> catalogue();

namespace metric {

// What the node is and holds: values handed in by src/node.
inline constexpr MetricInfo kBuildInfo{
    "discovery_build_info", MetricType::kGauge, {"version", "commit"}, "Always 1; the labels say what runs."};
inline constexpr MetricInfo kReady{
    "discovery_ready", MetricType::kGauge, {}, "1 while /readyz answers 200: clients may be sent here; else 0."};
inline constexpr MetricInfo kInstances{"discovery_instances",
                                       MetricType::kGauge,
                                       {"env", "zone", "status"},
                                       "Instances stored, by environment, zone and status."};
inline constexpr MetricInfo kApps{
    "discovery_apps", MetricType::kGauge, {"env"}, "Applications that have at least one instance, by environment."};
inline constexpr MetricInfo kSelfProtection{"discovery_self_protection_active",
                                            MetricType::kGauge,
                                            {},
                                            "1 while self-protection holds expired instances back, else 0."};
inline constexpr MetricInfo kRenewsExpected{
    "discovery_renews_expected", MetricType::kGauge, {}, "Renewals a minute that the stored instances should send."};
inline constexpr MetricInfo kRenewsLastMinute{"discovery_renews_last_minute",
                                              MetricType::kGauge,
                                              {},
                                              "Renewals counted between the last two sweeps; a minute by default."};
inline constexpr MetricInfo kHeldInstances{"discovery_held_instances",
                                           MetricType::kGauge,
                                           {},
                                           "Instances past their lease that protection or the brake keeps."};
inline constexpr MetricInfo kMemoryBytes{
    "discovery_memory_bytes", MetricType::kGauge, {"kind"}, "Memory in use, by what it holds."};
inline constexpr MetricInfo kLoopLag{"discovery_loop_lag_seconds",
                                     MetricType::kGauge,
                                     {"thread"},
                                     "The most that a timer of the event loop ran late since the last scrape."};
inline constexpr MetricInfo kLoopTurnMax{"discovery_loop_turn_max_seconds",
                                         MetricType::kGauge,
                                         {"thread"},
                                         "Longest turn of the event loop since the last scrape."};

// Requests, counted by the reactors.
inline constexpr MetricInfo kHttpRequests{"discovery_http_requests_total",
                                          MetricType::kCounter,
                                          {"route", "code"},
                                          "Requests answered, by route and by the code in the answer."};
inline constexpr MetricInfo kHttpRequestSeconds{
    "discovery_http_request_seconds",
    MetricType::kHistogram,
    {"route"},
    "Time from the whole request read to its answer made; parked polls are not observed."};
inline constexpr MetricInfo kConnections{
    "discovery_connections", MetricType::kGauge, {}, "Client connections open now."};
inline constexpr MetricInfo kRegisters{"discovery_registers_total",
                                       MetricType::kCounter,
                                       {"proto", "result"},
                                       "Registrations asked for, by protocol and result."};
inline constexpr MetricInfo kRenews{
    "discovery_renews_total", MetricType::kCounter, {"proto", "result"}, "Renewals, by protocol and result."};
inline constexpr MetricInfo kCancels{"discovery_cancels_total",
                                     MetricType::kCounter,
                                     {"proto", "cause", "result"},
                                     "Cancellations, by protocol, who asked and result."};
inline constexpr MetricInfo kSets{
    "discovery_sets_total", MetricType::kCounter, {"proto", "result"}, "Set requests, by protocol and result."};
inline constexpr MetricInfo kParkedPolls{
    "discovery_parked_polls", MetricType::kGauge, {"proto"}, "Long polls that wait now."};
inline constexpr MetricInfo kPollWakeups{
    "discovery_poll_wakeups_total", MetricType::kCounter, {"reason"}, "Parked polls that ended, by what ended them."};
inline constexpr MetricInfo kNotifySeconds{"discovery_notify_seconds",
                                           MetricType::kHistogram,
                                           {"proto"},
                                           "Time from a change to the answer of a poll that waited for it."};
inline constexpr MetricInfo kEmptyAnswers{"discovery_empty_answers_total",
                                          MetricType::kCounter,
                                          {},
                                          "Answers of code 0 that list no instance of an application asked for."};
inline constexpr MetricInfo kFanoutBytes{
    "discovery_fanout_bytes_total", MetricType::kCounter, {"proto"}, "Bytes of answers to polls woken by a change."};
inline constexpr MetricInfo kViewRenders{
    "discovery_view_renders_total", MetricType::kCounter, {}, "Views of an application written as JSON."};
inline constexpr MetricInfo kViewReuses{
    "discovery_view_reuses_total", MetricType::kCounter, {}, "Answers made from a view that was there already."};
inline constexpr MetricInfo kSlowConsumers{
    "discovery_slow_consumers", MetricType::kGauge, {}, "Connections that have not taken their whole answer yet."};
inline constexpr MetricInfo kThrottled{"discovery_client_throttled_total",
                                       MetricType::kCounter,
                                       {"rule"},
                                       "Requests or connections refused or ended by a limit, by limit."};

// Counted by the node.
inline constexpr MetricInfo kEvictions{"discovery_evictions_total",
                                       MetricType::kCounter,
                                       {"reason"},
                                       "Instances removed because they did not renew, by reason."};
inline constexpr MetricInfo kConfigReloads{
    "discovery_config_reloads_total", MetricType::kCounter, {"result"}, "Reloads of the configuration, by result."};
inline constexpr MetricInfo kUpgrades{"discovery_upgrades_total",
                                      MetricType::kCounter,
                                      {"result"},
                                      "Changes from one process of the node to the next, by result."};
inline constexpr MetricInfo kLogLinesDropped{"discovery_log_lines_dropped_total",
                                             MetricType::kCounter,
                                             {},
                                             "Log lines lost in a full queue or refused by the file."};

// The cluster and the data folder, asked at each scrape; src/node/cluster_metrics.h.
inline constexpr MetricInfo kPeerUp{
    "discovery_peer_up", MetricType::kGauge, {"peer", "zone"}, "1 while that node answers, else 0."};
inline constexpr MetricInfo kPeerSilent{"discovery_peer_silent_seconds",
                                        MetricType::kGauge,
                                        {"peer"},
                                        "Time since that node was heard last; no series when it never was."};
inline constexpr MetricInfo kReplicationQueue{
    "discovery_replication_queue_length", MetricType::kGauge, {"peer"}, "Changes that wait to be told to that node."};
inline constexpr MetricInfo kReplicationOverflows{
    "discovery_replication_queue_overflows_total",
    MetricType::kCounter,
    {"peer"},
    "Times the queue of that node was full; what it missed is found by comparison."};
inline constexpr MetricInfo kReplicationLag{"discovery_replication_lag_seconds",
                                            MetricType::kGauge,
                                            {"peer"},
                                            "Age of the oldest change that node has not acknowledged."};
inline constexpr MetricInfo kReplicationOps{"discovery_replication_ops_total",
                                            MetricType::kCounter,
                                            {"peer", "op", "result"},
                                            "What was exchanged with that node, by kind and result."};
inline constexpr MetricInfo kRounds{"discovery_anti_entropy_rounds_total",
                                    MetricType::kCounter,
                                    {"peer", "result"},
                                    "Comparisons with that node, by result."};
inline constexpr MetricInfo kAntiEntropyBytes{"discovery_anti_entropy_bytes_total",
                                              MetricType::kCounter,
                                              {"peer"},
                                              "Bytes of comparisons with that node, both ways, without HTTP."};
inline constexpr MetricInfo kDivergent{"discovery_divergent_entries",
                                       MetricType::kGauge,
                                       {"peer"},
                                       "Records that the last comparison with that node found to differ."};
inline constexpr MetricInfo kPeerBytes{"discovery_peer_bytes_total",
                                       MetricType::kCounter,
                                       {"direction"},
                                       "Bytes on connections this node opened to others, HTTP included."};
inline constexpr MetricInfo kRecords{
    "discovery_records", MetricType::kGauge, {}, "Records stored: listed, hidden, and of cancelled instances."};
inline constexpr MetricInfo kTombstones{"discovery_tombstones",
                                        MetricType::kGauge,
                                        {},
                                        "Records of cancelled instances, kept so that no late message revives them."};
inline constexpr MetricInfo kCovered{
    "discovery_covered_seconds",
    MetricType::kGauge,
    {},
    "Age of the moment up to which every renewal anywhere is known here; no series while there is none."};
inline constexpr MetricInfo kSlowedClients{"discovery_slowed_clients",
                                           MetricType::kGauge,
                                           {},
                                           "Clients whose answers were held back in the last ten seconds."};
inline constexpr MetricInfo kAuthDenied{
    "discovery_auth_denied_total", MetricType::kCounter, {"route"}, "Requests refused because of who sent them."};
inline constexpr MetricInfo kBraked{
    "discovery_braked_applications", MetricType::kGauge, {}, "Applications held by the brake."};
inline constexpr MetricInfo kSnapshots{
    "discovery_snapshots_total", MetricType::kCounter, {"result"}, "Snapshots written, by result."};
inline constexpr MetricInfo kSnapshotBytes{
    "discovery_snapshot_bytes", MetricType::kGauge, {}, "Size of the last snapshot."};
inline constexpr MetricInfo kSnapshotRecords{
    "discovery_snapshot_records", MetricType::kGauge, {}, "Records in the last snapshot."};
inline constexpr MetricInfo kSnapshotAge{
    "discovery_snapshot_age_seconds", MetricType::kGauge, {}, "Time since the last snapshot was begun."};
inline constexpr MetricInfo kSnapshotTook{
    "discovery_snapshot_seconds", MetricType::kGauge, {}, "How long the last snapshot took."};
inline constexpr MetricInfo kJournalCommits{
    "discovery_journal_commits_total", MetricType::kCounter, {"result"}, "Groups of changes made durable, by result."};
inline constexpr MetricInfo kJournalBytes{
    "discovery_journal_bytes", MetricType::kGauge, {}, "Size of the journals that are still needed."};
inline constexpr MetricInfo kJournalLost{"discovery_journal_records_lost_total",
                                         MetricType::kCounter,
                                         {},
                                         "Changes that were not journalled; the next snapshot has them."};
inline constexpr MetricInfo kDiskFailing{
    "discovery_disk_failing", MetricType::kGauge, {}, "1 while the data folder refuses to be written, else 0."};

// Clients of etcd, asked at each scrape; src/node/etcd_metrics.h.
inline constexpr MetricInfo kKeys{
    "discovery_keys", MetricType::kGauge, {}, "Keys that clients of etcd see here, those made of instances included."};
inline constexpr MetricInfo kLeases{"discovery_leases", MetricType::kGauge, {}, "Leases of clients of etcd."};
inline constexpr MetricInfo kKeyEvents{
    "discovery_key_events_total", MetricType::kCounter, {}, "Changes of keys, by whatever protocol."};
inline constexpr MetricInfo kLeasesAdopted{
    "discovery_leases_adopted_total",
    MetricType::kCounter,
    {},
    "Leases granted elsewhere that this node took on before it was told of them."};
inline constexpr MetricInfo kLeasesExpired{"discovery_leases_expired_total",
                                           MetricType::kCounter,
                                           {},
                                           "Leases that this node ended because nobody renewed them."};
inline constexpr MetricInfo kWatches{"discovery_watches", MetricType::kGauge, {}, "Watches of clients of etcd."};
inline constexpr MetricInfo kWatchEvents{
    "discovery_watch_events_total", MetricType::kCounter, {}, "Events told to watches, one for each watch."};
inline constexpr MetricInfo kGrpcConnections{
    "discovery_grpc_connections", MetricType::kGauge, {}, "Connections of gRPC open now."};
inline constexpr MetricInfo kGrpcOpenCalls{
    "discovery_grpc_open_calls", MetricType::kGauge, {}, "Calls of gRPC under way, most of them streams."};
inline constexpr MetricInfo kGrpcCalls{"discovery_grpc_calls_total",
                                       MetricType::kCounter,
                                       {"method", "code"},
                                       "Calls of gRPC that ended, by method and code."};
inline constexpr MetricInfo kGrpcRefused{"discovery_grpc_refused_total",
                                         MetricType::kCounter,
                                         {"rule"},
                                         "Calls or connections of gRPC refused or ended by a limit, by limit."};
inline constexpr MetricInfo kGrpcMessages{
    "discovery_grpc_messages_total", MetricType::kCounter, {"direction"}, "Messages of gRPC."};
inline constexpr MetricInfo kGrpcUnsent{"discovery_grpc_unsent_bytes",
                                        MetricType::kGauge,
                                        {},
                                        "Bytes of messages that wait for their clients, a part of unsent_answers."};

inline constexpr MetricInfo kSandbox{
    "discovery_sandbox", MetricType::kGauge, {"part"}, "1 where that part of the sandbox holds, else 0."};

// The process, under the names every Prometheus client uses.
inline constexpr MetricInfo kProcessCpu{
    "process_cpu_seconds_total", MetricType::kCounter, {}, "Processor time used, user and system."};
inline constexpr MetricInfo kProcessResident{"process_resident_memory_bytes", MetricType::kGauge, {}, "Memory in RAM."};
inline constexpr MetricInfo kProcessVirtual{"process_virtual_memory_bytes", MetricType::kGauge, {}, "Address space."};
inline constexpr MetricInfo kProcessOpenFds{"process_open_fds", MetricType::kGauge, {}, "File descriptors open."};
inline constexpr MetricInfo kProcessMaxFds{
    "process_max_fds", MetricType::kGauge, {}, "Soft limit of file descriptors."};
inline constexpr MetricInfo kProcessStart{
    "process_start_time_seconds", MetricType::kGauge, {}, "When the process started, in Unix time."};

}  // namespace metric
}  // namespace discovery::observe
