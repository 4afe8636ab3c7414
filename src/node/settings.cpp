#include "node/settings.h"

#include <unistd.h>

#include <algorithm>

#include "base/siphash.h"
#include "node/config_address.h"
#include "node/kernel_random.h"

namespace discovery::node {

namespace {

/// ":7171" is every address of the machine, in both families it has.
void add_address(const std::string& text, std::vector<net::ListenAddress>& addresses) {
  const auto parsed = parse_listen_address(text);
  DISCOVERY_CHECK(parsed.has_value(), "read_config() lets no other address through");
  if (!parsed->host.empty()) {
    addresses.push_back({parsed->host, parsed->port});
    return;
  }
  addresses.push_back({"0.0.0.0", parsed->port});
  if (access("/proc/net/if_inet6", F_OK) == 0) addresses.push_back({"::", parsed->port});
}

/// 1 to 65535; equal on every start of a node, different for most nodes (replication.md 2.3).
uint16_t node_id_of(const Config& config) {
  if (config.cluster.node_id != 0) return static_cast<uint16_t>(config.cluster.node_id);
  return static_cast<uint16_t>(1 + siphash(HashKey{}, config.http_server.advertise) % 65535);
}

}  // namespace

registry::RegistrySettings registry_settings(const Config& config) {
  registry::RegistrySettings s;
  s.hash_key = from_kernel<HashKey>();
  s.node_id = node_id_of(config);
  s.memory_bytes_max = config.limits.registry_memory_bytes;
  s.lease.expire_after = config.lease.expire_after;
  s.lease.expire_after_max = config.lease.expire_after_max;
  s.lease.sweep_interval = config.lease.sweep_interval;
  s.lease.recount_interval = config.lease.recount_interval;
  s.lease.share = config.lease.share;
  s.lease.renewals_per_minute = std::max<int64_t>(1, std::chrono::minutes(1) / config.lease.renew_interval);
  // Ceiling, lease, and the age of what may still arrive: nothing older can come back afterwards (replication.md 2.3).
  s.lease.forget_after = config.lease.expire_after_max + config.lease.expire_after + config.cluster.snapshot_max_age;
  return s;
}

protocol::ApiSettings api_settings(const Config& config) {
  protocol::ApiSettings s;
  s.zone = config.env.zone;
  s.self_addr = config.http_server.advertise;
  s.node_addrs.insert(s.self_addr);
  const auto add = [&](const std::string& addr) {
    s.node_addrs.insert(addr);
    if (addr == s.self_addr) return;
    const auto parsed = parse_peer_address(addr);
    if (parsed && is_ip_address(parsed->host)) s.peer_ips.insert(parsed->host);
  };
  for (const std::string& addr : config.nodes) {
    if (addr != s.self_addr) s.nodes.push_back(addr);
    add(addr);
  }
  for (const auto& [zone, addrs] : config.zones) {
    for (const std::string& addr : addrs) add(addr);
  }
  s.open_membership = config.cluster.open_membership;
  s.request_timeout = config.http_server.timeout;
  s.max_park = config.polls.max_park;
  s.empty_hold = config.polls.empty_hold;
  s.form_fields_max = config.limits.form_fields;
  s.poll_apps_max = config.limits.poll_apps;
  s.name_bytes_max = config.limits.name_bytes;
  s.addrs_max = config.limits.addrs;
  s.metadata = {config.limits.metadata_members, config.limits.metadata_bytes};
  return s;
}

SelfIdentity self_identity(const Config& config) {
  return {config.env.region, config.env.zone, config.env.host, config.http_server.advertise, config.env.self_env};
}

codec::HttpLimits http_limits(const Config& config) {
  codec::HttpLimits limits;
  limits.head_bytes_max = config.limits.head_bytes;
  limits.fields_max = config.limits.head_fields;
  limits.body_bytes_max = config.limits.body_bytes;
  return limits;
}

net::ServerOptions server_options(const Config& config, const Clock& clock) {
  net::ServerOptions options;
  options.reactors = config.http_server.threads;
  options.session.head = config.limits.head_timeout;
  options.session.body = config.limits.body_timeout;
  options.session.idle = config.limits.idle_timeout;
  options.session.write_stall = config.limits.write_timeout;
  options.session.body_bytes_per_second_min = config.limits.min_rate_bytes;
  if (config.limits.min_rate_bytes == 0) options.session.rate_grace = config.limits.body_timeout;
  options.connections_max = config.limits.connections;
  options.connections_per_address_max = config.limits.connections_per_address;
  options.partial_bytes_max = config.limits.partial_bytes;
  options.clock = &clock;
  return options;
}

std::vector<net::ListenAddress> api_addresses(const Config& config) {
  std::vector<net::ListenAddress> addresses;
  for (const std::string& addr : config.http_server.addr) add_address(addr, addresses);
  return addresses;
}

std::vector<net::ListenAddress> admin_addresses(const Config& config) {
  std::vector<net::ListenAddress> addresses;
  if (!config.admin.listen.empty()) add_address(config.admin.listen, addresses);
  return addresses;
}

void apply_budget(const Config& config, registry::PollBudget& budget) {
  budget.polls_max.store(config.polls.max_parked, std::memory_order_relaxed);
  budget.watches_max.store(config.polls.max_watches, std::memory_order_relaxed);
}

}  // namespace discovery::node
