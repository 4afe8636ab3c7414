#include "node/node.h"

#include <fmt/format.h>

#include <unistd.h>

#include <csignal>
#include <nlohmann/json.hpp>

#include "node/front_door.h"
#include "node/kernel_random.h"
#include "node/sandbox_plan.h"
#include "node/secrets.h"
#include "node/settings.h"
#include "node/version.h"

namespace discovery::node {

using observe::LogLevel;

namespace {
/// Null: nobody is asked for one.
std::shared_ptr<const access::TokenTable> tokens_asked_for(const access::AccessSettings& settings) {
  return settings.required ? settings.tokens : nullptr;
}
}  // namespace

Node::Node(NodeInput input, observe::Logger& logger, const Clock& clock)
    : logger_(logger),
      clock_(clock),
      started_(clock.now()),
      reread_(std::move(input.reread)),
      config_(std::move(input.config)),
      warnings_(logger),
      metrics_registry_({kVersion, kCommit}, metrics_),
      history_(config_.history.enabled ? history_bytes(config_, UINT64_MAX) : 0),
      registry_(registry_settings(config_)),
      protection_(config_.enable_protect, started_),
      proofs_(from_kernel<HashKey>()),
      rate_limit_(from_kernel<HashKey>(), rate_settings(config_)),
      sweep_(registry_, started_),
      schedulers_(registry_, wakes_, logger, std::move(input.scheduler_folder)),
      notifier_(std::move(input.notifier)),
      cluster_(host_settings(config_), registry_, *this, logger, clock),
      etcd_(config_, {registry_, cluster_, wakes_, protection_, audit_, clock}),
      changes_(etcd_.keys(), history_),
      heir_(std::move(input.heir)),
      expire_after_(config_.lease.expire_after),
      expire_after_max_(config_.lease.expire_after_max),
      connections_max_(config_.limits.connections) {
  apply_budget(config_, polls_);
  registry_.set_observer(&changes_);
}

void Node::set_sandbox(sandbox::Plan plan, sandbox::State state) {
  sandbox_plan_ = std::move(plan);
  sandbox_ = std::move(state);
}

Node::~Node() {
  stop_workers();
  cluster_.stop();
}

void Node::stop_workers() {
  for (net::Worker* worker : {&clerk_, &comparer_, &explainer_}) worker->stop();
}

Result<std::unique_ptr<Node>> Node::open(NodeInput input, observe::Logger& logger, const Clock& clock,
                                         ExitCode& exit_code) {
  const Program program = std::move(input.program);
  const net::SteadyClock::Anchor anchor = input.anchor;
  std::unique_ptr<Node> node(new Node(std::move(input), logger, clock));
  if (const auto opened = node->open_parts(exit_code); !opened) {
    if (node->heir_) node->heir_->refuse(opened.error().message);
    return opened.error();
  }
  node->make_upgrade(program, anchor);
  return node;
}

Result<void> Node::open_parts(ExitCode& exit_code) {
  const auto in_use = [](const Error& e) { return e.code == ErrorCode::kConflict; };
  if (const auto opened = open_store(); !opened) {
    exit_code = in_use(opened.error()) ? ExitCode::kDataDirectoryLocked : ExitCode::kFailure;
    return opened.error();
  }
  // From here on: what the data folder gave back is no news, and would push out what is.
  if (history_.enabled() && !heir_) changes_.tell_history();
  auto identity = read_secrets();
  if (!identity) {
    exit_code = ExitCode::kBadConfiguration;
    return identity.error();
  }
  if (const auto opened = open_server(std::move(*identity)); !opened) {
    exit_code = in_use(opened.error()) ? ExitCode::kAddressInUse : ExitCode::kFailure;
    return opened.error();
  }
  return {};
}

Result<void> Node::open_store() {
  const MutexLock lock(config_mutex_);
  if (config_.cluster.data_dir.empty()) return {};
  const bool held = heir_ && heir_->data_dir() == config_.cluster.data_dir;
  const auto open = held ? &StoreKeeper::open_held : &StoreKeeper::open;
  auto opened = open(config_.cluster.data_dir, store_settings(config_), registry_, history_, logger_, clock_);
  if (!opened) return opened.error();
  store_ = std::move(*opened);
  return {};
}

Result<std::shared_ptr<const net::TlsIdentity>> Node::read_secrets() {
  const MutexLock lock(config_mutex_);
  auto secrets = load_secrets(config_);
  if (!secrets) return secrets.error();
  if (const auto opened = audit_.open(config_, logger_, clock_); !opened) return opened.error();
  take_token(std::move(secrets->token));
  access_ = std::move(secrets->access);
  etcd_identity_ = std::move(secrets->etcd_identity);
  cluster_.set_signer(PeerSigner(access_.peer_key));
  return std::move(secrets->identity);
}

void Node::take_token(AdminToken token) {
  auto fresh = std::make_shared<const AdminToken>(std::move(token));
  const MutexLock lock(token_mutex_);
  token_ = std::move(fresh);
}

Result<void> Node::open_server(std::shared_ptr<const net::TlsIdentity> identity) {
  const MutexLock lock(config_mutex_);
  const auto admin = admin_addresses(config_);
  const auto api_listener = admin.empty() ? OperatorApi::Listener::kApi : OperatorApi::Listener::kApiNoAdmin;
  std::vector<net::ListenerGroup> groups;
  const codec::HttpLimits limits = http_limits(config_);
  const auto add = [&](std::string name, std::vector<net::ListenAddress> addresses, OperatorApi::Listener listener,
                       std::shared_ptr<const net::TlsIdentity> shown) {
    if (addresses.empty()) return;
    groups.push_back({std::move(name), std::move(addresses),
                      [this, listener](net::Reactor& r) { return make_handler(r, listener); }, limits,
                      std::move(shown)});
  };
  add("api", api_addresses(config_), api_listener, nullptr);
  add("tls", tls_addresses(config_), api_listener, std::move(identity));
  add("admin", admin, OperatorApi::Listener::kAdmin, nullptr);
  for (net::ListenerGroup& group : etcd_.groups(etcd_identity_, tokens_asked_for(access_), limits))
    groups.push_back(std::move(group));
  auto server = net::HttpServer::open(server_options(config_, clock_), std::move(groups),
                                      heir_ ? heir_->sockets() : std::vector<net::GroupSocket>());
  if (!server) return server.error();
  server_ = std::move(*server);
  if (config_.http_server.advertise.empty()) {  // port 0: the name is known only now
    config_.http_server.advertise = net::to_string(server_->bound_addresses("api").front());
    access_.own_address = config_.http_server.advertise;
    for (const auto& unit : units_) {
      unit->api().update(api_settings(config_));
      unit->access().update(access_);
    }
  }
  etcd_.bound(config_, server_->bound_addresses("etcd"));
  cluster_.prepare(config_.http_server.advertise);
  self_ = std::make_unique<SelfRegistration>(SelfContext{registry_, cluster_, wakes_, logger_},
                                             self_identity(config_, etcd_.url()), config_.lease.renew_interval);
  if (const auto interval = notifier_.watchdog_interval()) {
    watchdog_ = std::make_unique<Watchdog>(*server_, notifier_, *interval / 2);
  }
  add_metrics();
  return {};
}

// Called while the server opens, by open_server(), which holds the lock; the analysis cannot see through the factory.
std::unique_ptr<codec::HttpHandler> Node::make_handler(net::Reactor& reactor, OperatorApi::Listener listener) {
  ReactorUnit* unit = nullptr;
  for (const auto& known : units_) {
    if (&known->reactor() == &reactor) unit = known.get();
  }
  if (!unit) {
    const auto access_one_in = static_cast<uint32_t>(config_.log.access_sample);
    const UnitContext context{registry_,
                              polls_,
                              protection_,
                              cluster_,
                              proofs_,
                              wakes_,
                              logger_,
                              warnings_,
                              audit_,
                              access_one_in,
                              peer_access(config_),
                              access_,
                              replays_,
                              shield_settings(config_),
                              rate_limit_,
                              clerk_};
    units_.push_back(
        std::make_unique<ReactorUnit>(context, reactor, static_cast<unsigned>(units_.size()), api_settings(config_)));
    unit = units_.back().get();
    wakes_.add(*unit);
  }
  return std::make_unique<FrontDoor>(*unit, OperatorApi(*this, unit->access(), listener, config_.metrics.enabled),
                                     FrontDoor::Workers{clerk_, comparer_, explainer_});
}

// ---------------------------------------------------------------------------------------------------- operations

std::vector<ReadyCheck> Node::readiness(TimePoint now) const {
  const bool draining = draining_.load(std::memory_order_relaxed);
  const bool protecting = protection_.protecting(now);
  const bool warming = protection_.warming();
  const net::ServerStats stats = server_->stats();
  const uint64_t connections_max = connections_max_.load(std::memory_order_relaxed);
  const bool room = stats.open < connections_max;
  return {{"serving", !draining, draining ? "draining" : "serving"},
          {"start_protection", !protecting, protecting ? "reads are refused for the first minute" : "over or off"},
          {"synced", !warming, warming ? "learning what the other nodes know" : "yes"},
          {"connections", room, fmt::format("{} of {}", stats.open, connections_max)}};
}

std::string Node::metrics_text() const { return metrics_registry_.render(); }

std::string Node::state_json(TimePoint now) const {
  const registry::LeaseStatus lease = registry_.lease_status();
  const net::ServerStats server = server_->stats();
  const auto seconds = [](Duration d) { return std::chrono::duration<double>(d).count(); };
  nlohmann::ordered_json state;
  state["version"] = kVersion;
  state["commit"] = kCommit;
  state["uptime_seconds"] = seconds(now - started_);
  state["pid"] = getpid();
  state["leaving"] = upgrade_->leaving();
  state["draining"] = draining_.load(std::memory_order_relaxed);
  state["start_protection"] = protection_.active(now);
  state["instances"] = lease.size;
  state["self_protection"] = {{"active", lease.protecting},
                              {"since_seconds", lease.protecting ? seconds(now - lease.protecting_since) : 0.0},
                              {"renewals_expected", lease.expected_per_minute},
                              {"renewals_needed", lease.needed},
                              {"renewals_last_minute", lease.renewals_last_minute},
                              {"held", lease.held}};
  state["registry_bytes"] = registry_.memory_bytes();
  state["connections"] = server.open;
  state["parked_polls"] = polls_.polls.load(std::memory_order_relaxed);
  state["watched_applications"] = polls_.watches.load(std::memory_order_relaxed);
  state["requests"] = server.requests;
  state["records"] = lease.records;
  state["tombstones"] = lease.tombstones;
  nlohmann::ordered_json& closed = state["sandbox"];
  for (const sandbox::Part part : sandbox::kParts) {
    closed[std::string(sandbox::part_name(part))] = {{"holds", sandbox_.of(part).holds},
                                                     {"detail", sandbox_.of(part).detail}};
  }
  state["log_level"] = observe::level_name(logger_.level());
  return state.dump();
}

Result<void> Node::set_log_level(std::string_view level) {
  const auto parsed = observe::parse_level(level);
  if (!parsed) return invalid("level must be debug, info, warn or error");
  logger_.set_level(*parsed);
  logger_.log(LogLevel::kWarn, "log_level_changed", {{"cause", level}});
  return {};
}

std::string Node::cluster_json() {
  nlohmann::ordered_json nodes = nlohmann::ordered_json::array();
  for (const cluster::LinkStatus& l : cluster_.links()) {
    const cluster::LinkCounters& c = l.counters;
    nlohmann::ordered_json node = link_json(l);
    node["records_sent"] = c.records_sent;
    node["records_received"] = c.records_received;
    node["records_passed_on"] = c.records_passed_on;
    node["leases_sent"] = c.leases_sent;
    node["leases_received"] = c.leases_received;
    node["rounds_equal"] = c.rounds_equal;
    node["rounds_different"] = c.rounds_different;
    node["rounds_failed"] = c.rounds_failed;
    node["digest_bytes"] = c.digest_bytes;
    node["posts"] = c.posts;
    nodes.push_back(std::move(node));
  }
  const registry::LeaseStatus lease = registry_.lease_status();
  nlohmann::ordered_json whole;
  whole["ready"] = !protection_.warming();
  whole["records"] = lease.records;
  whole["covered_until"] = to_wire_ns(lease.covered_until);
  whole["bytes_sent"] = cluster_.bytes_sent();
  whole["bytes_received"] = cluster_.bytes_received();
  whole["nodes"] = std::move(nodes);
  return whole.dump();
}

Result<void> Node::remove_node(std::string_view address) { return cluster_.remove(std::string(address)); }

bool Node::access_required() const {
  const MutexLock lock(config_mutex_);
  return access_.required;
}

std::string Node::own_address() const {
  const MutexLock lock(config_mutex_);
  return config_.http_server.advertise;
}

void Node::made_here(registry::RecordRef ref) {
  if (store_) store_->wrote(ref);
}

void Node::may_write() {
  for (const auto& unit : units_) {
    unit->reactor().post([u = unit.get()] { u->open_writes(); });
  }
}

// A lone node took nothing over from anybody: the minute of `enableprotect` stays (replication.md 3.3).
void Node::may_read() {
  if (cluster_.board().nodes()->size() > 1) protection_.synced();
  protection_.set_ready(true);
}

void Node::acknowledged(uint64_t ticket) {
  for (const auto& unit : units_) {
    unit->reactor().post([u = unit.get(), ticket] { u->api().acknowledged(ticket); });
  }
}

// The main thread waits for signals; this is how a reactor asks it to stop.
void Node::drain() {
  if (!drain_asked_.exchange(true)) kill(getpid(), SIGTERM);  // a second signal would end the process at once
}

Result<std::string> Node::reload() {
  told(notifier_.reloading(std::chrono::steady_clock::now()));
  auto done = reload_config();
  told(notifier_.ready("serving"));
  metrics_.config_reloads[done ? observe::ReloadResult::kOk : observe::ReloadResult::kError].add();
  if (!done) {
    logger_.log(LogLevel::kError, "reload_failed", {{"error", std::string_view(done.error().message)}});
  }
  return done;
}

Result<std::string> Node::reload_config() {
  const MutexLock lock(config_mutex_);
  auto fresh = reread_();
  if (!fresh) return fresh.error();
  for (const std::string& warning : fresh->warnings) {
    logger_.log(LogLevel::kWarn, "config", {{"cause", std::string_view(warning)}});
  }
  Reload plan = plan_reload(config_, std::move(*fresh));
  if (sandbox_.of(sandbox::Part::kLandlock).holds) {
    if (const auto covered = all_files_covered(plan.config, sandbox_plan_); !covered) return covered.error();
  }
  auto secrets = load_secrets(plan.config);
  if (!secrets) return secrets.error();
  if (secrets->access.own_address.empty()) secrets->access.own_address = access_.own_address;
  if (const auto reopened = logger_.reopen(); !reopened) return reopened.error();
  if (const auto reopened = audit_.reopen(); !reopened) return reopened.error();
  config_ = std::move(plan.config);
  access_ = std::move(secrets->access);
  apply(config_);
  etcd_.update_access(tokens_asked_for(access_));
  if (secrets->identity) server_->update_identity("tls", secrets->identity);
  if (secrets->etcd_identity && etcd_.listens()) server_->update_identity("etcd", secrets->etcd_identity);
  take_token(std::move(secrets->token));
  nlohmann::ordered_json told;
  told["changed"] = plan.changed;
  told["needs_restart"] = plan.needs_restart;
  told["schedulers"] = schedulers_.load(clock_.now());
  for (const std::string_view key : plan.needs_restart) logger_.log(LogLevel::kWarn, "restart_needed", {{"key", key}});
  logger_.log(LogLevel::kInfo, "config_reloaded", {{"count", plan.changed.size()}});
  return told.dump();
}

void Node::told(const Result<void>& result) {
  if (result) return;
  warnings_.log({LogLevel::kWarn, "notify_failed", ""}, clock_.now(),
                {{"error", std::string_view(result.error().message)}});
}

void Node::apply(const Config& config) {
  logger_.set_level(config.log.level);
  registry_.set_memory_bytes_max(config.limits.registry_memory_bytes);
  cluster_.set_seeds(seed_nodes(config));
  cluster_.set_ack_wait(config.cluster.ack_wait);
  cluster_.set_signer(PeerSigner(access_.peer_key));
  apply_budget(config, polls_);
  rate_limit_.update(rate_settings(config));
  server_->update_limits(server_options(config, clock_).session, http_limits(config), config.limits.connections);
  connections_max_.store(config.limits.connections, std::memory_order_relaxed);
  for (const auto& unit : units_) {
    unit->reporter().access().set_one_in(static_cast<uint32_t>(config.log.access_sample));
    unit->reactor().post([u = unit.get(), settings = api_settings(config), access = peer_access(config),
                          shield = shield_settings(config), control = access_] {
      u->access().update(control);
      u->api().update(settings);
      u->peers().update(access);
      u->guard().update(shield);
      u->guard().exempt(access.ips);
    });
  }
}

}  // namespace discovery::node
