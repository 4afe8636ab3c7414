// The configuration, translated into what each part of the node is made with.
//
// Thread: pure functions. Precondition: `config` was read by read_config(), so its values are in range.
#pragma once

#include <vector>

#include "codec/http_head.h"
#include "guard/rate_limit.h"
#include "guard/shield.h"
#include "layouts/settings.h"
#include "net/http_server.h"
#include "node/cluster_host.h"
#include "node/config.h"
#include "node/peer_desk.h"
#include "node/self_registration.h"
#include "protocol/discovery/api.h"
#include "registry/poll_hub.h"
#include "registry/registry.h"
#include "storage/store.h"

namespace discovery::node {

[[nodiscard]] registry::RegistrySettings registry_settings(const Config& config);
[[nodiscard]] protocol::ApiSettings api_settings(const Config& config);
/// Without the own address, which may be known only once the listeners are bound.
[[nodiscard]] HostSettings host_settings(const Config& config);
[[nodiscard]] guard::ShieldSettings shield_settings(const Config& config);
[[nodiscard]] guard::RateSettings rate_settings(const Config& config);
/// The other configured nodes, of all zones.
[[nodiscard]] std::vector<cluster::SeedNode> seed_nodes(const Config& config);
[[nodiscard]] PeerAccess peer_access(const Config& config);
[[nodiscard]] storage::StoreSettings store_settings(const Config& config);
/// In which instances made from keys of etcd stand.
[[nodiscard]] std::string etcd_env(const Config& config);
[[nodiscard]] layouts::Settings layout_settings(const Config& config);
[[nodiscard]] SelfIdentity self_identity(const Config& config, const std::string& etcd_url);
/// For the history of a registry that holds so much.
[[nodiscard]] size_t history_bytes(const Config& config, uint64_t registry_bytes);
[[nodiscard]] codec::HttpLimits http_limits(const Config& config);
[[nodiscard]] net::ServerOptions server_options(const Config& config, const Clock& clock);
[[nodiscard]] std::vector<net::ListenAddress> api_addresses(const Config& config);
[[nodiscard]] std::vector<net::ListenAddress> tls_addresses(const Config& config);
/// Null without TLS. Reads the files; errors as TlsIdentity::load().
[[nodiscard]] Result<std::shared_ptr<const net::TlsIdentity>> tls_identity(const Config& config);
/// The same for clients of etcd, who speak HTTP/2.
[[nodiscard]] Result<std::shared_ptr<const net::TlsIdentity>> etcd_identity(const Config& config);
/// Empty when admin calls stand on the API listener.
[[nodiscard]] std::vector<net::ListenAddress> admin_addresses(const Config& config);
void apply_budget(const Config& config, registry::PollBudget& budget);

}  // namespace discovery::node
