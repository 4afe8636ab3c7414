// What a scrape asks the node for.
#include <array>
#include <map>

#include "node/cluster_metrics.h"
#include "node/etcd_metrics.h"
#include "node/node.h"

namespace discovery::node {

namespace metric = observe::metric;

void Node::add_metrics() {
  for (const auto& unit : units_) metrics_registry_.add_reactor(unit->metrics());
  const auto number = [](auto value) { return static_cast<double>(value); };
  metrics_registry_.add_value(metric::kReady, {}, [this, number] { return number(is_ready(readiness(clock_.now()))); });
  for (const sandbox::Part part : sandbox::kParts) {
    metrics_registry_.add_value(metric::kSandbox, {sandbox::part_name(part)},
                                [this, part, number] { return number(sandbox_.of(part).holds); });
  }
  metrics_registry_.add_value(metric::kSelfProtection, {},
                              [this, number] { return number(registry_.lease_status().protecting); });
  metrics_registry_.add_value(metric::kRenewsExpected, {},
                              [this, number] { return number(registry_.lease_status().expected_per_minute); });
  metrics_registry_.add_value(metric::kRenewsLastMinute, {},
                              [this, number] { return number(registry_.lease_status().renewals_last_minute); });
  metrics_registry_.add_value(metric::kHeldInstances, {},
                              [this, number] { return number(registry_.lease_status().held); });
  metrics_registry_.add_value(metric::kMemoryBytes, {"registry"},
                              [this, number] { return number(registry_.memory_bytes()); });
  metrics_registry_.add_value(metric::kMemoryBytes, {"partly_read_requests"},
                              [this, number] { return number(server_->partial_bytes()); });
  metrics_registry_.add_value(metric::kMemoryBytes, {"unsent_answers"},
                              [this, number] { return number(server_->unsent_bytes()); });
  metrics_registry_.add_value(metric::kMemoryBytes, {"history"}, [this, number] { return number(history_.bytes()); });
  metrics_registry_.add_value(metric::kLogLinesDropped, {}, [this, number] { return number(logger_.dropped()); });
  metrics_registry_.add_value(metric::kConnections, {}, [this, number] { return number(server_->stats().open); });
  metrics_registry_.add_value(metric::kSlowConsumers, {},
                              [this, number] { return number(server_->stats().slow_writers); });
  metrics_registry_.add_value(metric::kParkedPolls, {observe::kProtoDiscovery},
                              [this, number] { return number(polls_.polls.load(std::memory_order_relaxed)); });
  for (const auto& unit : units_) {
    metrics_registry_.add_value(metric::kLoopLag, {unit->reactor().name()}, [reactor = &unit->reactor()] {
      return std::chrono::duration<double>(reactor->take_loop_lag()).count();
    });
    metrics_registry_.add_value(metric::kLoopTurnMax, {unit->reactor().name()}, [reactor = &unit->reactor()] {
      return std::chrono::duration<double>(reactor->take_longest_turn()).count();
    });
  }
  metrics_registry_.add_value(metric::kLoopLag, {"cluster"}, [this] {
    return std::chrono::duration<double>(cluster_.reactor().take_loop_lag()).count();
  });
  metrics_registry_.add_value(metric::kPeerBytes, {"sent"}, [this, number] { return number(cluster_.bytes_sent()); });
  metrics_registry_.add_value(metric::kPeerBytes, {"received"},
                              [this, number] { return number(cluster_.bytes_received()); });
  metrics_registry_.add_collector([this](observe::FamilySink& sink) { collect(sink); });
  metrics_registry_.add_collector([this](observe::FamilySink& sink) {
    const TimePoint now = clock_.now();
    collect_links(cluster_.links(), sink);
    collect_records(registry_.lease_status(), now, sink);
    collect_keys(etcd_.keys().numbers(), sink);
    collect_front_end(etcd_.numbers(), sink);
    if (store_) {
      collect_store(store_->stats(), store_->not_journalled(), now, sink);
    } else {
      collect_no_store(sink);
    }
  });
}

void Node::collect(observe::FamilySink& sink) const {
  std::map<std::string, double, std::less<>> apps;
  std::map<std::array<std::string, 3>, double> instances;
  registry_.for_each_application([&](const registry::Application& app) {
    const std::string env(app.key().env);
    apps[env] += 1;
    for (const auto& [zone, count] : app.zones()) {
      if (count.in_service > 0) instances[{env, zone, "up"}] += count.in_service;
      if (count.visible > count.in_service) instances[{env, zone, "waiting"}] += count.visible - count.in_service;
    }
  });
  for (const auto& [env, count] : apps) sink.add(metric::kApps, {env}, count);
  for (const auto& [labels, count] : instances) sink.add(metric::kInstances, {labels[0], labels[1], labels[2]}, count);

  const auto slowed = clients(guard::ClientTable::Which::kSlowed, clock_.now());
  sink.add(metric::kSlowedClients, {}, static_cast<double>(queries::slowed_clients(slowed, clock_.now())));
  for (const RouteRow& row : kRoutes) {
    if (row.need == Need::kNothing) continue;
    sink.add(metric::kAuthDenied, {row.path}, static_cast<double>(denials(row)));
  }

  // What the server refused before a handler saw it.
  const net::ServerStats stats = server_->stats();
  const auto throttled = [&](std::string_view rule, uint64_t count) {
    if (count > 0) sink.add(metric::kThrottled, {rule}, static_cast<double>(count));
  };
  throttled("connections", stats.rejected);
  throttled("descriptors", stats.descriptors_short);
  throttled("tls_handshake", stats.handshake_failures);
  throttled("idle", stats.timeouts[static_cast<size_t>(net::TimeoutKind::kIdle)]);
  throttled("slow_consumer", stats.timeouts[static_cast<size_t>(net::TimeoutKind::kWriteStall)]);
  for (size_t i = 0; i < net::kReadErrorStatuses.size(); ++i) {
    const int status = net::kReadErrorStatuses[i];
    if (stats.read_errors[i] == 0) continue;
    const std::string code = std::to_string(status);
    sink.add(metric::kHttpRequests, {kUnknownRoute, code}, static_cast<double>(stats.read_errors[i]));
    if (status == 408) throttled("slow_sender", stats.read_errors[i]);
    if (status == 413) throttled("body", stats.read_errors[i]);
    if (status == 431) throttled("head", stats.read_errors[i]);
    if (status == 503) throttled("partly_read", stats.read_errors[i]);
  }
}

}  // namespace discovery::node
