// What the main thread does: waits for signals and, between them, keeps house.
#include <fmt/format.h>

#include <algorithm>
#include <csignal>

#include "node/background.h"
#include "node/config_address.h"
#include "node/node.h"
#include "node/settings.h"
#include "node/start_memory.h"

namespace discovery::node {

using observe::LogLevel;

namespace {

constexpr std::array kSignals = {SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR1, SIGUSR2};
constexpr Duration kStartTick = std::chrono::milliseconds(20);
constexpr Duration kLeavingTick = std::chrono::seconds(1);
constexpr Duration kFarewell = std::chrono::seconds(3);
constexpr size_t kNamesShownMax = 200;
constexpr Duration kWarningsTick = std::chrono::seconds(5);

sigset_t awaited_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int s : kSignals) sigaddset(&set, s);
  return set;
}

/// The signal that came within that time, 0 for none.
int wait_for_signal(Duration at_most) {
  const sigset_t set = awaited_signals();
  const Duration wait = std::max(at_most, Duration::zero());
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(wait);
  const timespec time{seconds.count(), (wait - seconds).count()};
  const int signal = sigtimedwait(&set, nullptr, &time);
  return signal > 0 ? signal : 0;
}

}  // namespace

void Node::block_signals() {
  const sigset_t set = awaited_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

int Node::run() {
  warn_at_start();
  schedulers_.load(clock_.now());
  fit_history();
  wakes_.set_cluster(cluster_);
  if (!begin_serving()) return static_cast<int>(ExitCode::kFailure);
  for (const std::string group : {"api", "tls", "admin"}) {
    for (const net::ListenAddress& a : server_->bound_addresses(group)) {
      const std::string addr = net::to_string(a);
      logger_.log(LogLevel::kInfo, "listening", {{"proto", std::string_view(group)}, {"addr", std::string_view(addr)}});
    }
  }
  give_back_start_memory();
  give_way();  // all threads that must not are there
  for (;;) {
    const TimePoint next = keep_house(clock_.now());
    if (const auto code = on_signal(wait_for_signal(next - clock_.now()))) return *code;
  }
}

std::optional<int> Node::on_signal(int signal) {
  switch (signal) {
    case SIGTERM:
    case SIGINT:
    case SIGQUIT:
      upgrade_->end();
      if (upgrade_->leaving()) return end_left();
      logger_.log(LogLevel::kInfo, "draining", {{"cause", sigabbrev_np(signal)}});
      return drain_and_stop();
    case SIGHUP:
      static_cast<void>(reload());
      break;  // it has logged and counted its result
    case SIGUSR1:
      log_summary();
      break;
    case SIGUSR2:
      if (left_.load()) return end_left();
      upgrade_->begin();
      break;
    default:
      break;
  }
  return std::nullopt;
}

TimePoint Node::keep_house(TimePoint now) {
  TimePoint next = keep_registry(now);
  if (watchdog_ && !upgrade_->leaving()) next = std::min(next, watchdog_->tick(now));
  next = std::min(next, large_pages_.tick(now, registry_.memory_bytes()));
  if (now >= next_rates_) {
    clerk_.give([this, now] { sample_rates(now); });  // it waits for the cluster's thread
    next_rates_ = now + queries::Rates::kStep;
  }
  next = std::min(next, next_rates_);
  if (now >= next_warnings_tick_) {
    warnings_.tick(now);
    next_warnings_tick_ = now + kWarningsTick;
    fit_history();
  }
  return std::min(next, next_warnings_tick_);
}

// Not while the registry is handed over, and not once another process keeps it.
TimePoint Node::keep_registry(TimePoint now) {
  const std::lock_guard lock(upgrade_->house());
  if (upgrade_->leaving()) return now + kLeavingTick;
  return std::min({sweep_slice(now), list_self(now), schedulers_.tick(now), etcd_.tick(now)});
}

void Node::fit_history() {
  const MutexLock lock(config_mutex_);
  history_.set_bytes_max(history_bytes(config_, registry_.memory_bytes()));
}

// The own entry gets a version like any other, so it waits until versions may be given.
TimePoint Node::list_self(TimePoint now) {
  if (self_listed_) return self_->tick(now);
  if (!cluster_.accepts_writes()) return now + kStartTick;
  self_->register_all(now);
  self_listed_ = true;
  return now;
}

TimePoint Node::sweep_slice(TimePoint now) {
  struct Hidden {
    registry::AppKey app;
    std::string zone;
    std::string host;
    bool past_ceiling;
  };
  std::vector<Hidden> hidden;  // told after the shard's mutex is free
  const TimePoint next = sweep_.step(now, random_, [&](const registry::Expired& e) {
    const registry::InstanceView& i = e.instance;
    hidden.push_back({{std::string(i.app.appid), std::string(i.app.env)},
                      std::string(i.instance->zone()),
                      std::string(i.instance->hostname()),
                      e.past_ceiling});
    wakes_.changed(e.wake, now);
  });
  for (const Hidden& h : hidden) {
    metrics_.evictions[h.past_ceiling ? observe::EvictReason::kCeiling : observe::EvictReason::kExpired].add();
    warnings_.log({LogLevel::kInfo, "evicted", h.app.appid}, now,
                  {{"appid", std::string_view(h.app.appid)},
                   {"env", std::string_view(h.app.env)},
                   {"zone", std::string_view(h.zone)},
                   {"host", std::string_view(h.host)},
                   {"cause", h.past_ceiling ? "no renewal up to the ceiling" : "no renewal"}});
  }
  const registry::LeaseStatus lease = registry_.lease_status();
  if (lease.protecting != was_protecting_) {
    was_protecting_ = lease.protecting;
    history_.note(lease.protecting ? history::EventKind::kProtectionOn : history::EventKind::kProtectionOff, now);
    logger_.log(LogLevel::kWarn, lease.protecting ? "self_protection_on" : "self_protection_off",
                {{"expected", lease.expected_per_minute},
                 {"needed", lease.needed},
                 {"seen", lease.renewals_last_minute},
                 {"count", lease.size}});
  }
  if (const bool braking = lease.braked_applications > 0; braking != was_braking_) {
    was_braking_ = braking;
    std::string names;
    for (const registry::BrakedApplication& b : sweep_.braked()) {
      if (names.size() < kNamesShownMax) names += (names.empty() ? "" : ", ") + b.app.appid;
    }
    logger_.log(LogLevel::kWarn, braking ? "brake_on" : "brake_off",
                {{"count", lease.braked_applications}, {"appid", std::string_view(names)}});
  }
  return next;
}

void Node::warn_at_start() {
  const std::string holding = sandbox_.holding();
  logger_.log(LogLevel::kInfo, "sandbox", {{"holds", std::string_view(holding)}});
  if (const std::string missing = sandbox_.missing(); !missing.empty()) {
    logger_.log(LogLevel::kWarn, "sandbox_incomplete", {{"cause", std::string_view(missing)}});
  }
  {
    const MutexLock lock(config_mutex_);
    for (const std::string& w : config_.warnings)
      logger_.log(LogLevel::kWarn, "config", {{"cause", std::string_view(w)}});
    for (const std::string& file : readable_by_others(config_)) {
      logger_.log(LogLevel::kWarn, "secret_readable",
                  {{"cause", "others on this machine may read a file with a secret: chmod o-r"}, {"file", file}});
    }
  }
  for (const std::string& addr : open_to_all()) {
    logger_.log(LogLevel::kWarn, "open_to_all",
                {{"addr", addr},
                 {"cause",
                  "no access control: whoever reaches this address may read and write everything "
                  "(access.required)"}});
  }
}

std::vector<std::string> Node::open_to_all() const {
  std::vector<std::string> addresses;
  if (access_required()) return addresses;
  for (const char* const group : {"api", "tls", "admin", "etcd"}) {
    for (const net::ListenAddress& a : server_->bound_addresses(group)) {
      if (a.host != "::1" && !a.host.starts_with("127.")) addresses.push_back(net::to_string(a));
    }
  }
  return addresses;
}

void Node::log_summary() {
  const std::string state = state_json(clock_.now());
  logger_.log(LogLevel::kInfo, "summary", {{"state", std::string_view(state)}});
}

int Node::drain_and_stop() {
  if (heir_) heir_->leave();
  drain_asked_.store(true);                         // an admin call that comes now asks for what happens already
  while (wait_for_signal(Duration::zero()) != 0) {  // what came together with the first is no second one
  }
  // A second signal ends at once, as if this program had never heard of it.
  sigset_t set;
  sigemptyset(&set);
  for (const int s : {SIGTERM, SIGINT, SIGQUIT}) {
    std::signal(s, SIG_DFL);
    sigaddset(&set, s);
  }
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
  told(notifier_.stopping("draining"));
  draining_.store(true, std::memory_order_relaxed);
  etcd_.stopping();
  self_->cancel_all(clock_.now());
  units_.front()->reactor().post([&m = units_.front()->metrics()] {
    m.discovery.cancels_by(observe::CancelCause::kDrain)[observe::WriteResult::kOk].add();
  });
  net::StopOptions options;
  {
    const MutexLock lock(config_mutex_);
    options = {config_.drain.wait, config_.drain.deadline};
  }
  const size_t cut = server_->stop(options);
  stop_workers();
  if (!cluster_.leave(kFarewell)) logger_.log(LogLevel::kWarn, "farewell_incomplete", {{"cause", "a peer is slow"}});
  cluster_.stop();
  if (store_) store_->finish();
  audit_.flush();
  logger_.log(LogLevel::kInfo, "stopped", {{"count", cut}});
  logger_.flush();
  return 0;
}

std::string Node::start_table() const {
  std::string table = fmt::format("{:<10} {:<28} {:<5} {}\n", "PROTOCOL", "ADDRESS", "TLS", "AUTHENTICATION");
  struct Row {
    const char* group;
    const char* protocol;
    const char* tls;
  };
  const char* const authentication = access_required() ? "token" : "none";
  for (const Row& row : {Row{"api", "discovery", "no"}, Row{"tls", "discovery", "yes"}, Row{"admin", "admin", "no"},
                         Row{"etcd", "etcd", etcd_.speaks_tls() ? "yes" : "no"}}) {
    for (const net::ListenAddress& a : server_->bound_addresses(row.group)) {
      table += fmt::format("{:<10} {:<28} {:<5} {}\n", row.protocol, net::to_string(a), row.tls, authentication);
    }
  }
  table += fmt::format("{:<10} {}\n", "SANDBOX", sandbox_.holding());
  if (const std::string missing = sandbox_.missing(); !missing.empty()) {
    table += fmt::format("{:<10} not: {}\n", "", missing);
  }
  const std::string base = "http://" + net::to_string(server_->bound_addresses("api").front());
  if (const auto open = open_to_all(); !open.empty()) {
    table +=
        fmt::format("WARNING: no access control: whoever reaches {} may read and write everything (access.required)\n",
                    fmt::join(open, ", "));
  }
  return table + fmt::format("API {0}/discovery/  health {0}/healthz  ready {0}/readyz  metrics {0}/metrics\n", base);
}

}  // namespace discovery::node
