// One running node: what main() starts, and what happens from then on.
//
//   open() -- listeners bound, own entry registered --> run(): Serving --SIGTERM, SIGINT, SIGQUIT, /admin/drain-->
//   Draining --> 0
//                                                          |  ^    \--SIGUSR2, /admin/upgrade--> Leaving --> 0
//                                     SIGHUP, /admin/reload+--+         (a new process serves; upgrade.h)
//
// Lifecycle: one per process. The cluster and the data folder have threads of their own (cluster_host.h,
// store_keeper.h). Thread: open() and run() on the main thread, which must block the signals before it makes
// any thread (block_signals()); Operations from any reactor.
// Errors of open(): with the exit code of each.
// Source: operations.md 1 to 5.
#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "base/result.h"
#include "explain/explain.h"
#include "history/history.h"
#include "net/client_types.h"
#include "net/http_server.h"
#include "net/steady_clock.h"
#include "net/worker.h"
#include "node/access_files.h"
#include "node/admin_token.h"
#include "node/audit_log.h"
#include "node/background.h"
#include "node/change_fanout.h"
#include "node/cluster_host.h"
#include "node/command_line.h"
#include "node/config.h"
#include "node/config_address.h"
#include "node/etcd_host.h"
#include "node/kernel_random.h"
#include "node/large_pages.h"
#include "node/node_asker.h"
#include "node/notify.h"
#include "node/operator_api.h"
#include "node/reactor_unit.h"
#include "node/scheduler_watch.h"
#include "node/self_registration.h"
#include "node/store_keeper.h"
#include "node/take_over.h"
#include "node/upgrade.h"
#include "node/watchdog.h"
#include "observe/limited_logger.h"
#include "observe/log.h"
#include "observe/metrics_registry.h"
#include "queries/agreement.h"
#include "queries/clients_query.h"
#include "queries/rates.h"
#include "queries/services_query.h"
#include "registry/registry.h"
#include "registry/start_protection.h"
#include "registry/sweep.h"
#include "sandbox/plan.h"
#include "sandbox/sandbox.h"

namespace discovery::node {

/// Reads the configuration again from where it came.
using ConfigSource = std::function<Result<Config>()>;

/// What a node is opened with.
struct NodeInput {
  Config config;
  ConfigSource reread;
  std::string scheduler_folder;  ///< where scheduler files are, "" for nowhere
  ServiceNotifier notifier;
  Program program;                           ///< what is started for an upgrade
  net::SteadyClock::Anchor anchor;           ///< of the clock
  std::unique_ptr<TakeOver> heir = nullptr;  ///< this process takes over from another
};

/// What is known of another node, as answers show it.
[[nodiscard]] nlohmann::ordered_json link_json(const cluster::LinkStatus& link);

class Node final : private Operations, private ClusterEvents {
 public:
  /// Every signal that run() waits for; in the main thread, before any other is made.
  static void block_signals();

  /// `logger` and `clock` outlive the node. On an error `exit_code` says with what the process is to end.
  [[nodiscard]] static Result<std::unique_ptr<Node>> open(NodeInput input, observe::Logger& logger, const Clock& clock,
                                                          ExitCode& exit_code);
  ~Node();

  /// What is closed, for answers and the start table; before run(), which does not close anything itself.
  void set_sandbox(sandbox::Plan plan, sandbox::State state);

  /// Serves until told to stop; the exit code of the process.
  int run();

  /// One line per listener: protocol, address, TLS, authentication. For the operator's eyes at start.
  [[nodiscard]] std::string start_table() const;

 private:
  Node(NodeInput input, observe::Logger& logger, const Clock& clock);

  Result<void> open_parts(ExitCode& exit_code);
  Result<void> open_store() EXCLUDES(config_mutex_);
  /// The token of admin calls, which is kept, and what is shown with TLS.
  Result<std::shared_ptr<const net::TlsIdentity>> read_secrets() EXCLUDES(config_mutex_);
  void take_token(AdminToken token) EXCLUDES(token_mutex_);
  Result<void> open_server(std::shared_ptr<const net::TlsIdentity> identity) EXCLUDES(config_mutex_);
  std::unique_ptr<codec::HttpHandler> make_handler(net::Reactor& reactor, OperatorApi::Listener listener)
      DISCOVERY_TS(no_thread_safety_analysis);
  // node_metrics.cpp
  void add_metrics();
  void collect(observe::FamilySink& sink) const;

  // housekeeping.cpp: what the main thread does between signals
  TimePoint keep_house(TimePoint now);
  TimePoint list_self(TimePoint now);
  void fit_history() EXCLUDES(config_mutex_);
  TimePoint sweep_slice(TimePoint now);
  void warn_at_start() EXCLUDES(config_mutex_);
  /// Where whoever reaches this node may do everything: addresses beyond loopback, without access control.
  [[nodiscard]] std::vector<std::string> open_to_all() const EXCLUDES(config_mutex_);
  void log_summary();
  int drain_and_stop() EXCLUDES(config_mutex_);

  // node_upgrade.cpp: from one process of the node to the next
  [[nodiscard]] HandoverParts handover_parts();
  void make_upgrade(Program program, const net::SteadyClock::Anchor& anchor) EXCLUDES(config_mutex_);
  /// False: it could not be done, and the process has to end.
  [[nodiscard]] bool take_over();
  /// True: it has begun to serve, alone or in the place of another process.
  [[nodiscard]] bool begin_serving();
  TimePoint keep_registry(TimePoint now);
  /// What a signal asks for; the exit code where the process ends.
  std::optional<int> on_signal(int signal);
  int end_left();

  // Operations
  [[nodiscard]] std::vector<ReadyCheck> readiness(TimePoint now) const override;
  [[nodiscard]] std::string metrics_text() const override;
  [[nodiscard]] std::string state_json(TimePoint now) const override;
  [[nodiscard]] Result<std::string> reload() override EXCLUDES(config_mutex_);
  void drain() override;
  [[nodiscard]] Result<std::string> upgrade() override;
  [[nodiscard]] Result<void> set_log_level(std::string_view level) override;
  [[nodiscard]] std::string cluster_json() override;
  [[nodiscard]] Result<void> remove_node(std::string_view address) override;

  // Operations: the questions of an operator (node_queries.cpp)
  [[nodiscard]] Result<std::string> ask(OperatorRoute route, const OperatorCall& call) override;
  [[nodiscard]] bool authorized(std::string_view authorization) const override;
  void admitted(const RouteRow& row, const codec::HttpRequest& request, std::string_view user) override;
  void denied(const RouteRow& row, const codec::HttpRequest& request, std::string_view user,
              const Denial& denial) override;
  [[nodiscard]] uint64_t denials(const RouteRow& row) const;
  [[nodiscard]] uint64_t last_event() const override;
  [[nodiscard]] std::string events_text(uint64_t since, TimePoint now) const override;
  [[nodiscard]] explain::NodeFacts explain_facts(TimePoint now) EXCLUDES(config_mutex_);
  [[nodiscard]] queries::Watchers watchers() const;
  [[nodiscard]] std::vector<guard::ClientTable::Row> clients(guard::ClientTable::Which which, TimePoint now) const;
  [[nodiscard]] queries::ConnectionsByClient connections() const;
  [[nodiscard]] nlohmann::ordered_json protection_json(const registry::LeaseStatus& lease) const;
  [[nodiscard]] nlohmann::ordered_json nodes_json() EXCLUDES(config_mutex_);
  /// Null without a data folder.
  [[nodiscard]] nlohmann::ordered_json disk_json() const;
  [[nodiscard]] nlohmann::ordered_json most_changed_json(TimePoint now) const;
  [[nodiscard]] Result<std::string> overview_json(const OperatorCall& call) EXCLUDES(config_mutex_);
  // node_others.cpp
  [[nodiscard]] Result<std::string> compare_json(const OperatorCall& call) EXCLUDES(config_mutex_);
  [[nodiscard]] Result<std::string> explain_json(const OperatorCall& call) EXCLUDES(config_mutex_);
  [[nodiscard]] std::vector<queries::NodeAnswer> ask_others(const std::string& records_query) EXCLUDES(config_mutex_);
  [[nodiscard]] net::ClientEndpoint endpoint_of(const HostPort& address) const EXCLUDES(config_mutex_);
  [[nodiscard]] AskWith ask_with() EXCLUDES(config_mutex_);
  [[nodiscard]] bool access_required() const EXCLUDES(config_mutex_);
  [[nodiscard]] Result<std::string> write_instance(OperatorRoute route, const OperatorCall& call);
  [[nodiscard]] Result<std::string> release_brake(const OperatorCall& call);
  [[nodiscard]] std::shared_ptr<const AdminToken> token() const EXCLUDES(token_mutex_);
  void sample_rates(TimePoint now);

  // ClusterEvents, on the cluster's thread
  void changed(const registry::Wake& wake, TimePoint now) override { wakes_.changed_elsewhere(wake, now); }
  void made_here(registry::RecordRef ref) override;
  void may_write() override;
  void may_read() override;
  void acknowledged(uint64_t ticket) override;
  void everywhere(uint64_t ticket) override { etcd_.everywhere(ticket); }

  Result<std::string> reload_config() EXCLUDES(config_mutex_);
  [[nodiscard]] std::string own_address() const EXCLUDES(config_mutex_);
  void apply(const Config& config) REQUIRES(config_mutex_);
  /// The service manager could not be told: a warning, no more.
  void told(const Result<void>& result);
  void stop_workers();

  observe::Logger& logger_;
  const Clock& clock_;
  const TimePoint started_;
  const ConfigSource reread_;
  mutable Mutex config_mutex_;
  Config config_ GUARDED_BY(config_mutex_);
  access::AccessSettings access_ GUARDED_BY(config_mutex_);
  std::shared_ptr<const net::TlsIdentity> etcd_identity_ GUARDED_BY(config_mutex_);  ///< until the server is open

  observe::RateLimitedLogger warnings_;
  AuditLog audit_;  ///< opened before the reactors are
  observe::NodeMetrics metrics_;
  observe::MetricsRegistry metrics_registry_;
  KernelRandom random_;
  history::History history_;
  registry::Registry registry_;
  registry::StartProtection protection_;
  protocol::ProofOfLife proofs_;
  access::ReplayGuard replays_{from_kernel<HashKey>()};
  guard::RateLimit rate_limit_;
  registry::PollBudget polls_;
  registry::Sweep sweep_;
  WakeDispatcher wakes_;
  SchedulerWatch schedulers_;
  // Constant while there are other threads.
  sandbox::Plan sandbox_plan_;
  sandbox::State sandbox_;
  LargePages large_pages_;  ///< main thread
  ServiceNotifier notifier_;
  std::unique_ptr<StoreKeeper> store_;  ///< null without a data folder
  ClusterHost cluster_;
  EtcdHost etcd_;
  ChangeFanout changes_;
  std::vector<std::unique_ptr<ReactorUnit>> units_;
  // Stopped before the reactors they answer by are destroyed.
  net::Worker clerk_{"clerk", give_way};
  net::Worker comparer_{"comparer", give_way};
  net::Worker explainer_{"explainer", give_way};
  std::unique_ptr<net::HttpServer> server_;  ///< destroyed before the units its handlers use
  std::unique_ptr<SelfRegistration> self_;
  std::unique_ptr<Watchdog> watchdog_;
  std::unique_ptr<TakeOver> heir_;    ///< null: nobody served before
  std::unique_ptr<Upgrade> upgrade_;  ///< destroyed before what it hands over
  const Duration expire_after_;       ///< of a lease, as the next; needs a restart to change
  const Duration expire_after_max_;
  queries::Rates rates_;
  mutable Mutex token_mutex_;
  std::shared_ptr<const AdminToken> token_ GUARDED_BY(token_mutex_) = std::make_shared<AdminToken>();
  std::atomic<uint64_t> connections_max_;
  std::atomic<bool> draining_{false};
  std::atomic<bool> drain_asked_{false};  ///< by an admin call
  std::atomic<bool> left_{false};         ///< another process serves, and this one has nothing left to do
  bool was_protecting_ = false;           ///< main thread
  bool self_listed_ = false;              ///< main thread
  bool was_braking_ = false;              ///< main thread
  TimePoint next_rates_{};
  TimePoint next_warnings_tick_{};
};

}  // namespace discovery::node
