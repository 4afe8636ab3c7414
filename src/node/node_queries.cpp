// The questions of an operator to this node, and what an operator does to an instance.
#include <sys/resource.h>

#include <algorithm>
#include <future>
#include <map>
#include <nlohmann/json.hpp>

#include "cluster/other.h"
#include "node/node.h"
#include "node/operator_writes.h"
#include "node/version.h"
#include "queries/clients_query.h"
#include "queries/history_query.h"
#include "queries/question.h"
#include "queries/record_json.h"
#include "queries/records_query.h"
#include "queries/services_query.h"

namespace discovery::node {

using guard::ClientTable;
using nlohmann::ordered_json;
using queries::Question;

namespace {

/// A reactor that does not answer for so long is left out of an answer.
constexpr Duration kReactorPatience = std::chrono::seconds(2);
constexpr Duration kMostChangedWithin = std::chrono::minutes(10);
constexpr size_t kMostChangedEvents = 2000;  ///< the latest that are looked at
constexpr size_t kMostChanged = 10;
constexpr size_t kEventsPerAnswer = 200;

double seconds(Duration d) { return std::chrono::duration<double>(d).count(); }

/// What f says on each unit's reactor.
template <class T, class F>
std::vector<T> ask_units(const std::vector<std::unique_ptr<ReactorUnit>>& units, F f) {
  std::vector<std::future<T>> answers;
  for (const auto& unit : units) {
    auto answer = std::make_shared<std::promise<T>>();
    answers.push_back(answer->get_future());
    unit->reactor().post([answer, f, u = unit.get()] { answer->set_value(f(*u)); });
  }
  std::vector<T> all;
  const auto until = std::chrono::steady_clock::now() + kReactorPatience;
  for (auto& answer : answers) {
    if (answer.wait_until(until) == std::future_status::ready) all.push_back(answer.get());
  }
  return all;
}

double cpu_seconds() {
  rusage usage{};
  if (getrusage(RUSAGE_SELF, &usage) != 0) return 0;
  const auto of = [](const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6; };
  return of(usage.ru_utime) + of(usage.ru_stime);
}

std::string changed_text(std::string_view what) { return "{\"" + std::string(what) + "\":true}"; }

}  // namespace

ordered_json link_json(const cluster::LinkStatus& l) {
  ordered_json node;
  node["address"] = l.address;
  node["zone"] = l.zone;
  node["state"] = l.state;
  node["member"] = l.member;
  node["queued"] = l.queued;
  node["lag_seconds"] = seconds(l.lag);
  node["divergent"] = l.divergent;
  node["silent_seconds"] = nullptr;
  if (l.silent_for) node["silent_seconds"] = seconds(*l.silent_for);
  node["trouble"] = l.trouble;
  node["clock_ahead_seconds"] = nullptr;
  if (l.clock_ahead) node["clock_ahead_seconds"] = seconds(*l.clock_ahead);
  return node;
}

Result<std::string> Node::ask(OperatorRoute route, const OperatorCall& call) {
  switch (route) {
    case OperatorRoute::kHistory:
      return queries::history_json(history_, registry_, own_address(), call.query, call.at);
    case OperatorRoute::kExplain:
      return explain_json(call);
    case OperatorRoute::kOverview:
      return overview_json(call);
    case OperatorRoute::kRates:
      if (const auto asked = Question::read(call.query, {}); !asked) return asked.error();
      return rates_.json(own_address());
    case OperatorRoute::kServices:
      return queries::services_json(registry_, watchers(), own_address(), call.query);
    case OperatorRoute::kService: {
      const std::string node = own_address();
      const queries::Watchers waiting = watchers();
      const auto braked = sweep_.braked();
      return queries::service_json(registry_, {node, expire_after_, waiting, braked}, call.query, call.at);
    }
    case OperatorRoute::kClients:
      return queries::clients_json(clients(ClientTable::Which::kAll, call.at), connections(), own_address(),
                                   call.query);
    case OperatorRoute::kDigest:
      return queries::digest_json(registry_, own_address(), call.query);
    case OperatorRoute::kRecords:
      return queries::records_json(registry_, own_address(), call.query, call.at);
    case OperatorRoute::kCompare:
      return compare_json(call);
    case OperatorRoute::kInstanceSet:
    case OperatorRoute::kInstanceCancel:
      return write_instance(route, call);
    case OperatorRoute::kBrakeRelease:
      return release_brake(call);
    default:
      return Error{ErrorCode::kInternal, "no such question"};
  }
}

// ------------------------------------------------------------------------------------------------------- what it knows

explain::NodeFacts Node::explain_facts(TimePoint now) {
  const registry::LeaseStatus lease = registry_.lease_status();
  explain::NodeFacts facts;
  facts.address = own_address();
  facts.expire_after = expire_after_;
  for (const ReadyCheck& check : readiness(now)) {
    const bool of_reads = check.name == "start_protection" || check.name == "synced";
    if (of_reads && !check.ok) facts.refuses_reads = check.detail;
  }
  facts.protecting = lease.protecting;
  facts.renewals_last_minute = lease.renewals_last_minute;
  facts.renewals_needed = lease.needed;
  facts.covered_until = lease.covered_until;
  facts.braked = sweep_.braked();
  facts.nodes[cluster_.node_id()] = facts.address;
  for (const cluster::LinkStatus& link : cluster_.links()) {
    if (link.node_id != 0) facts.nodes[link.node_id] = link.address;
    if (link.member && link.silent_for.value_or(Duration::max()) > cluster::kHeardWithin)
      facts.silent_peers.push_back(link.address);
  }
  return facts;
}

queries::Watchers Node::watchers() const {
  queries::Watchers all;
  for (const queries::Watchers& some : ask_units<queries::Watchers>(units_, [](ReactorUnit& unit) {
         queries::Watchers here;
         unit.hub().for_each_watched([&](const registry::AppKey& app, uint32_t count) { here[app] += count; });
         return here;
       })) {
    for (const auto& [app, count] : some) all[app] += count;
  }
  return all;
}

std::vector<guard::ClientTable::Row> Node::clients(ClientTable::Which which, TimePoint now) const {
  using Rows = std::vector<guard::ClientTable::Row>;
  Rows all;
  for (Rows& some :
       ask_units<Rows>(units_, [which, now](ReactorUnit& unit) { return unit.guard().clients(which, now); })) {
    std::move(some.begin(), some.end(), std::back_inserter(all));
  }
  return queries::sum_by_address(std::move(all));
}

queries::ConnectionsByClient Node::connections() const {
  using net::Session;
  queries::ConnectionsByClient all;
  for (const auto& some : ask_units<queries::ConnectionsByClient>(units_, [this](ReactorUnit& unit) {
         queries::ConnectionsByClient here;
         server_->for_each_session(unit.reactor(), [&](const Session& s) {
           queries::ConnectionCounts& counts = here[s.client().ip];
           ++counts.open;
           counts.parked += s.waits();
           counts.slow += s.state() == Session::State::kWriting;
         });
         return here;
       })) {
    for (const auto& [ip, counts] : some) {
      queries::ConnectionCounts& sum = all[ip];
      sum.open += counts.open;
      sum.parked += counts.parked;
      sum.slow += counts.slow;
    }
  }
  return all;
}

ordered_json Node::protection_json(const registry::LeaseStatus& lease) const {
  ordered_json json;
  json["active"] = lease.protecting;
  json["since"] = nullptr;
  json["renewals_last_minute"] = lease.renewals_last_minute;
  json["renewals_needed"] = lease.needed;
  json["renewals_expected"] = lease.expected_per_minute;
  json["first_release_at"] = nullptr;
  if (lease.protecting) {
    // Who was silent when it began had renewed at most expire_after before.
    json["since"] = to_wire_ns(lease.protecting_since);
    json["first_release_at"] = to_wire_ns(lease.protecting_since - expire_after_ + expire_after_max_);
  }
  return json;
}

ordered_json Node::nodes_json() {
  ordered_json nodes = ordered_json::array();
  {
    const MutexLock lock(config_mutex_);
    nodes.push_back({{"address", config_.http_server.advertise},
                     {"zone", config_.env.zone},
                     {"self", true},
                     {"state", "self"},
                     {"member", true},
                     {"queued", 0},
                     {"lag_seconds", 0},
                     {"divergent", 0},
                     {"silent_seconds", nullptr},
                     {"trouble", ""},
                     {"clock_ahead_seconds", nullptr}});
  }
  for (const cluster::LinkStatus& l : cluster_.links()) {
    ordered_json node = link_json(l);
    node["self"] = false;
    nodes.push_back(std::move(node));
  }
  return nodes;
}

ordered_json Node::most_changed_json(TimePoint now) const {
  struct Changes {
    uint64_t count = 0;
    TimePoint last;
  };
  history::Filter filter;
  filter.since = now - kMostChangedWithin;
  filter.limit = kMostChangedEvents;
  std::map<registry::AppKey, Changes> by_app;
  for (const history::Event& e : history_.find(filter).events) {
    if (e.app.appid.empty()) continue;
    Changes& changes = by_app[e.app];
    changes.count += e.count;
    changes.last = std::max(changes.last, e.last);
  }
  std::vector<std::pair<registry::AppKey, Changes>> sorted(by_app.begin(), by_app.end());
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.second.count > b.second.count; });
  if (sorted.size() > kMostChanged) sorted.resize(kMostChanged);
  ordered_json json = ordered_json::array();
  for (const auto& [app, changes] : sorted) {
    json.push_back(
        {{"env", app.env}, {"appid", app.appid}, {"changes", changes.count}, {"last", to_wire_ns(changes.last)}});
  }
  return json;
}

ordered_json Node::disk_json() const {
  if (!store_) return nullptr;
  const storage::StoreStats stats = store_->stats();
  return {{"failing", stats.failing}, {"error", stats.failing ? stats.last_error : ""}};
}

Result<std::string> Node::overview_json(const OperatorCall& call) {
  if (const auto asked = Question::read(call.query, {}); !asked) return asked.error();
  const registry::LeaseStatus lease = registry_.lease_status();
  const net::ServerStats server = server_->stats();
  uint64_t applications = 0;
  uint64_t hidden = 0;
  registry_.for_each_stored([&](const registry::Application& app) {
    applications += app.visible_count() > 0;
    hidden += app.hidden_count();
  });
  ordered_json json;
  {
    const MutexLock lock(config_mutex_);
    json["node"] = config_.http_server.advertise;
    json["region"] = config_.env.region;
    json["zone"] = config_.env.zone;
    json["env"] = config_.env.deploy_env;
    json["version"] = kVersion;
    json["commit"] = kCommit;
    json["now"] = to_wire_ns(call.at);
    json["started_at"] = to_wire_ns(started_);
    json["brake"] = {{"enabled", config_.lease.brake}, {"applications", ordered_json::array()}};
  }
  const auto checks = readiness(call.at);
  json["ready"] = is_ready(checks);
  json["draining"] = draining_.load(std::memory_order_relaxed);
  json["checks"] = ordered_json::array();
  for (const ReadyCheck& c : checks) json["checks"].push_back({{"name", c.name}, {"ok", c.ok}, {"detail", c.detail}});
  json["instances"] = lease.size;
  json["hidden"] = hidden;
  json["applications"] = applications;
  json["records"] = lease.records;
  json["tombstones"] = lease.tombstones;
  json["held"] = lease.held;
  json["protection"] = protection_json(lease);
  for (const registry::BrakedApplication& b : sweep_.braked()) {
    json["brake"]["applications"].push_back({{"env", b.app.env},
                                             {"appid", b.app.appid},
                                             {"since", to_wire_ns(b.since)},
                                             {"until", to_wire_ns(b.until)},
                                             {"visible", b.visible},
                                             {"overdue", b.overdue}});
  }
  json["connections"] = server.open;
  json["parked_polls"] = polls_.polls.load(std::memory_order_relaxed);
  json["watched_applications"] = polls_.watches.load(std::memory_order_relaxed);
  json["memory_bytes"] = registry_.memory_bytes();
  json["requests"] = server.requests;
  json["slowed_clients"] = queries::slowed_clients(clients(ClientTable::Which::kSlowed, call.at), call.at);
  json["disk"] = disk_json();
  json["nodes"] = nodes_json();
  json["most_changed"] = most_changed_json(call.at);
  const bool required = access_required();
  json["access"] = {{"required", required}, {"open_to_all", open_to_all()}};
  json["actions"] = call.may_act && (token()->set() || required);
  return queries::text_of(json);
}

// ------------------------------------------------------------------------------------------------------- actions

Result<std::string> Node::write_instance(OperatorRoute route, const OperatorCall& call) {
  const bool sets = route == OperatorRoute::kInstanceSet;
  const auto asked = sets ? Question::read(call.query, {"env", "appid", "zone", "hostname", "status"})
                          : Question::read(call.query, {"env", "appid", "zone", "hostname"});
  if (!asked) return asked.error();
  if (const auto named = asked->require({"env", "appid", "zone", "hostname"}); !named) return named.error();
  if (draining_.load(std::memory_order_relaxed)) return Error{ErrorCode::kUnavailable, "this node is ending"};
  const registry::InstanceKeyView key{
      {asked->text("env"), asked->text("appid")}, asked->text("zone"), asked->text("hostname")};
  bool listed = false;
  registry_.with_records(key.app, [&](const registry::Application* app) {
    const size_t i = app ? app->find(key.zone, key.hostname) : registry::Application::kNone;
    listed = i != registry::Application::kNone && app->record(i).numbers.state == registry::RecordState::kVisible;
  });
  if (!listed) return not_found("no such instance is listed");
  OperatorWrites writes(registry_, cluster_, wakes_, logger_);
  if (!sets) {
    const auto done = writes.cancel(key, call.by, call.at);
    return done ? Result<std::string>(changed_text("cancelled")) : done.error();
  }
  if (const auto given = asked->require({"status"}); !given) return given.error();
  const auto status = asked->number("status", {1, 2, 0});
  if (!status) return status.error();
  const auto done = writes.set_status(key, static_cast<uint32_t>(*status), call.by, call.at);
  return done ? Result<std::string>(changed_text("changed")) : done.error();
}

Result<std::string> Node::release_brake(const OperatorCall& call) {
  const auto asked = Question::read(call.query, {"env", "appid"});
  if (!asked) return asked.error();
  if (const auto named = asked->require({"env", "appid"}); !named) return named.error();
  const registry::AppKeyView app{asked->text("env"), asked->text("appid")};
  if (!sweep_.release(app)) return not_found("the brake does not hold that application");
  logger_.log(observe::LogLevel::kWarn, "brake_released",
              {{"appid", app.appid}, {"env", app.env}, {"client", std::string_view(call.by)}, {"cause", "operator"}});
  return changed_text("released");
}

// ------------------------------------------------------------------------------------------------------- token

std::shared_ptr<const AdminToken> Node::token() const {
  const MutexLock lock(token_mutex_);
  return token_;
}

bool Node::authorized(std::string_view authorization) const { return token()->matches(authorization); }

void Node::admitted(const RouteRow& row, const codec::HttpRequest& request, std::string_view user) {
  audit_.call(row, request, user, 0);
}

void Node::denied(const RouteRow& row, const codec::HttpRequest& request, std::string_view user, const Denial& denial) {
  audit_.call(row, request, user, denial.status);
  const std::string_view client = request.client->ip;
  warnings_.log({observe::LogLevel::kWarn, acts(row.need) ? "admin_denied" : "denied", client}, clock_.now(),
                {{"client", client}, {"user", user}, {"request", row.path}, {"cause", denial.why}});
}

/// Refusals stand among the outcomes of the requests: as statuses, and under /discovery/ as codes.
uint64_t Node::denials(const RouteRow& row) const {
  uint64_t count = 0;
  for (const auto& unit : units_) {
    const observe::RequestMetrics& requests = unit->metrics().requests;
    for (const int outcome : {401, 403, -401, -403}) {
      count += requests.requests(route_index(row), observe::RequestMetrics::outcome_of(outcome));
    }
  }
  return count;
}

// ------------------------------------------------------------------------------------------------------- what happens

uint64_t Node::last_event() const { return history_.last_number(); }

std::string Node::events_text(uint64_t since, TimePoint now) const {
  const uint64_t latest = history_.last_number();
  if (since > latest) {  // of an earlier life of this node: look at the whole again
    return "retry: 500\nid: " + std::to_string(latest) + "\nevent: change\ndata: {\"missed\":true,\"events\":[]}\n\n";
  }
  std::vector<history::Event> events = history_.after(since);
  if (events.empty()) {
    // With its number even who has seen nothing yet misses nothing between this answer and the next.
    return "retry: 500\nid: " + std::to_string(since) +
           "\nevent: tick\ndata: {\"now\":" + std::to_string(to_wire_ns(now)) + "}\n\n";
  }
  const uint64_t last = events.back().number;
  // What a slow reader missed is not told twice: it looks at the whole again.
  const bool missed = events.size() > kEventsPerAnswer || events.front().number > since + 1;
  if (events.size() > kEventsPerAnswer) events.erase(events.begin(), events.end() - kEventsPerAnswer);
  ordered_json json;
  json["missed"] = missed;
  json["events"] = ordered_json::array();
  for (const history::Event& e : events) json["events"].push_back(queries::event_json(e));
  return "retry: 500\nid: " + std::to_string(last) + "\nevent: change\ndata: " + queries::text_of(json) + "\n\n";
}

void Node::sample_rates(TimePoint now) {
  queries::Totals t;
  t.at = now;
  observe::HistogramTotal notified;
  for (const auto& unit : units_) {
    const observe::ReactorMetrics& m = unit->metrics();
    t.registers += m.discovery.registers[observe::WriteResult::kOk].value();
    t.renews += m.discovery.renews[observe::WriteResult::kOk].value();
    for (const auto& cancels : m.discovery.cancels) t.cancels += cancels[observe::WriteResult::kOk].value();
    t.wakeups += m.poll_wakeups[observe::WakeReason::kChange].value();
    m.discovery.notify_seconds.add_to(notified);
  }
  for (const auto& evictions : metrics_.evictions.all()) t.expired += evictions.value();
  t.notify_counts.assign(notified.counts.begin(), notified.counts.end());
  t.notify_bounds = observe::kBucketBounds;
  t.requests = server_->stats().requests;
  t.cpu_seconds = cpu_seconds();
  t.instances = registry_.size();
  t.parked_polls = polls_.polls.load(std::memory_order_relaxed);
  t.memory_bytes = registry_.memory_bytes();
  for (const cluster::LinkStatus& link : cluster_.links()) t.lag_seconds[link.address] = seconds(link.lag);
  rates_.add(t);
}

}  // namespace discovery::node
