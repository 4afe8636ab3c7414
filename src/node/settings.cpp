#include "node/settings.h"
#include "codec/metadata.h"
#include "layouts/layout.h"

#include <unistd.h>

#include <algorithm>

#include "base/check.h"
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
  if (::access("/proc/net/if_inet6", F_OK) == 0) addresses.push_back({"::", parsed->port});
}

/// By which records are hashed, equal on all nodes; what is hashed is chosen by clients, so a secret would be better
/// (replication.md 3.1).
constexpr HashKey kClusterKey{0x646973636f766572, 0x79645f636c757374};

/// Of an original's whole registry: some 350 bytes an instance (legacy_answer.h).
constexpr size_t kFetchAllBytesMax = size_t{128} << 20;

/// 1 to 65535; equal on every start of a node, different for most nodes (replication.md 2.3).
uint16_t node_id_of(const Config& config) {
  if (config.cluster.node_id != 0) return static_cast<uint16_t>(config.cluster.node_id);
  return static_cast<uint16_t>(1 + siphash(HashKey{}, config.http_server.advertise) % 65535);
}

}  // namespace

registry::RegistrySettings registry_settings(const Config& config) {
  registry::RegistrySettings s;
  s.hash_key = from_kernel<HashKey>();
  s.cluster_key = kClusterKey;
  s.node_id = node_id_of(config);
  s.memory_bytes_max = config.limits.registry_memory_bytes;
  s.lease.expire_after = config.lease.expire_after;
  s.lease.expire_after_max = config.lease.expire_after_max;
  s.lease.sweep_interval = config.lease.sweep_interval;
  s.lease.recount_interval = config.lease.recount_interval;
  s.lease.share = config.lease.share;
  s.lease.brake = config.lease.brake;
  s.lease.brake_share = config.lease.brake_share;
  s.lease.brake_max = config.lease.brake_max;
  s.lease.late_after = 2 * config.lease.renew_interval;
  s.lease.renewals_per_minute = std::max<int64_t>(1, std::chrono::minutes(1) / config.lease.renew_interval);
  // Ceiling, lease, and the age of what may still arrive: nothing older can come back afterwards (replication.md 2.3).
  s.lease.forget_after = config.lease.expire_after_max + config.lease.expire_after + config.cluster.snapshot_max_age;
  return s;
}

protocol::ApiSettings api_settings(const Config& config) {
  protocol::ApiSettings s;
  const std::string& self_addr = config.http_server.advertise;
  s.node_addrs.insert(self_addr);
  const auto add = [&](const std::string& addr) {
    s.node_addrs.insert(addr);
    if (addr == self_addr) return;
    const auto parsed = parse_peer_address(addr);
    if (parsed && is_ip_address(parsed->host)) s.peer_ips.insert(parsed->host);
  };
  for (const std::string& addr : config.nodes) add(addr);
  for (const auto& [zone, addrs] : config.zones) {
    for (const std::string& addr : addrs) add(addr);
  }
  s.open_membership = config.cluster.open_membership;
  s.request_timeout = config.http_server.timeout;
  s.max_park = config.polls.max_park;
  s.polls = {config.polls.empty_hold, config.polls.cursor_hold, config.polls.coalesce};
  s.form_fields_max = config.limits.form_fields;
  s.poll_apps_max = config.limits.poll_apps;
  s.name_bytes_max = config.limits.name_bytes;
  s.addrs_max = config.limits.addrs;
  s.metadata = {config.limits.metadata_members, config.limits.metadata_bytes};
  return s;
}

guard::ShieldSettings shield_settings(const Config& config) {
  return {config.shield.enabled, static_cast<uint32_t>(config.shield.repeats), config.shield.delay};
}

guard::RateSettings rate_settings(const Config& config) {
  return {config.limits.reads_per_second, config.limits.writes_per_second, config.limits.burst};
}

std::vector<cluster::SeedNode> seed_nodes(const Config& config) {
  std::vector<cluster::SeedNode> seeds;
  const auto add = [&](const std::string& addr, const std::string& zone) {
    if (addr != config.http_server.advertise) seeds.push_back({addr, zone});
  };
  for (const std::string& addr : config.nodes) add(addr, config.env.zone);
  for (const auto& [zone, addrs] : config.zones) {
    for (const std::string& addr : addrs) add(addr, zone);
  }
  return seeds;
}

// The source address of a node that is configured by name is not known here.
PeerAccess peer_access(const Config& config) {
  PeerAccess access;
  access.anybody = config.cluster.open_membership;
  for (const cluster::SeedNode& seed : seed_nodes(config)) {
    const auto parsed = parse_peer_address(seed.address);
    if (parsed && is_ip_address(parsed->host)) {
      access.ips.insert(parsed->host);
    } else {
      access.anybody = true;
    }
  }
  return access;
}

HostSettings host_settings(const Config& config) {
  HostSettings s;
  s.cluster.zone = config.env.zone;
  s.cluster.node_id = node_id_of(config);
  s.cluster.seeds = seed_nodes(config);
  s.cluster.open_membership = config.cluster.open_membership;
  s.cluster.cluster_key = kClusterKey;
  s.cluster.max_clock_lead = config.cluster.max_clock_lead;
  s.cluster.trust_refused = config.lease.trust_refused;
  s.cluster.protect_only_uncovered = config.lease.protect == ProtectWhen::kUncovered;
  s.cluster.wait_for_originals = config.enable_protect;
  s.cluster.always_keep_changes = !config.cluster.data_dir.empty();
  s.cluster.lease.window = config.lease.expire_after;
  // A call must not outlast what a silent peer is given; and who waits for a receipt does not wait for a batch.
  s.cluster.call_timeout = std::min<Duration>(config.http_client.timeout, s.cluster.call_timeout);
  const bool waits = config.cluster.ack_wait > Duration::zero() || !config.etcd.listen.empty();
  if (waits) s.cluster.batch_delay = Duration::zero();
  s.bind_address = config.cluster.peer_bind_address;
  s.client.dial = config.http_client.dial;
  s.client.keep_alive = config.http_client.keep_alive;
  s.client.answer_bytes_max = kFetchAllBytesMax;
  s.legacy.name_bytes_max = config.limits.name_bytes;
  s.legacy.addrs_max = config.limits.addrs;
  s.legacy.metadata = {config.limits.metadata_members, config.limits.metadata_bytes};
  s.self_env = config.env.deploy_env;
  s.ack_wait = config.cluster.ack_wait;
  s.tells_everywhere = !config.etcd.listen.empty() && config.etcd.write_wait > Duration::zero();
  return s;
}

storage::StoreSettings store_settings(const Config& config) {
  storage::StoreSettings s;
  s.boot = from_kernel<uint64_t>();
  s.snapshot_max_age = config.cluster.snapshot_max_age;
  return s;
}

std::string etcd_env(const Config& config) { return config.etcd.env.empty() ? config.env.deploy_env : config.etcd.env; }

layouts::Settings layout_settings(const Config& config) {
  layouts::Settings s;
  s.show_go_micro = false;
  s.show_kratos = false;
  for (const std::string& name : config.etcd.show) {
    const auto layout = layouts::layout_of_name(name);
    s.show_go_micro = s.show_go_micro || layout == layouts::Layout::kGoMicro;
    s.show_kratos = s.show_kratos || layout == layouts::Layout::kKratos;
  }
  s.kratos_namespace = config.etcd.kratos_namespace;
  s.naming_targets = config.etcd.naming_targets;
  for (const std::string& rule : config.etcd.prefixes) {
    const size_t equals = rule.rfind('=');
    const std::string name = equals == std::string::npos ? "" : rule.substr(equals + 1);
    s.prefixes.push_back({rule.substr(0, equals), layouts::layout_of_name(name).value_or(layouts::Layout::kNone)});
  }
  s.self_appid = protocol::kSelfApp;
  s.limits.name_bytes_max = config.limits.name_bytes;
  s.limits.addrs_max = config.limits.addrs;
  s.limits.metadata = {config.limits.metadata_members, config.limits.metadata_bytes};
  return s;
}

SelfIdentity self_identity(const Config& config, const std::string& etcd_url) {
  std::string metadata = "{}";
  if (!etcd_url.empty()) {
    codec::Metadata told;
    told.members.emplace_back(kEtcdUrlMember, etcd_url);
    metadata.clear();
    codec::append_metadata(metadata, told);
  }
  return {config.env.region,   config.env.zone,    config.env.host, config.http_server.advertise,
          std::move(metadata), config.env.self_env};
}

size_t history_bytes(const Config& config, uint64_t registry_bytes) {
  if (config.history.memory_bytes > 0) return config.history.memory_bytes;
  return std::clamp<uint64_t>(registry_bytes / 50, uint64_t{1} << 20, uint64_t{16} << 20);
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
  options.session.gzip = config.http_server.gzip;
  options.session.gather = config.http_server.gather;
  options.session.head = config.limits.head_timeout;
  options.session.body = config.limits.body_timeout;
  options.session.idle = config.limits.idle_timeout;
  options.session.write_stall = config.limits.write_timeout;
  options.session.unsent_bytes_max = config.limits.unsent_bytes;
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

std::vector<net::ListenAddress> tls_addresses(const Config& config) {
  std::vector<net::ListenAddress> addresses;
  for (const std::string& addr : config.tls.listen) add_address(addr, addresses);
  return addresses;
}

Result<std::shared_ptr<const net::TlsIdentity>> tls_identity(const Config& config) {
  if (config.tls.listen.empty()) return std::shared_ptr<const net::TlsIdentity>();
  return net::TlsIdentity::load({config.tls.certificate, config.tls.key});
}

Result<std::shared_ptr<const net::TlsIdentity>> etcd_identity(const Config& config) {
  if (!config.etcd.tls) return std::shared_ptr<const net::TlsIdentity>();
  return net::TlsIdentity::load({config.tls.certificate, config.tls.key}, net::TlsOffer::kHttp2);
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
