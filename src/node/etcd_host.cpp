#include "node/etcd_host.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/siphash.h"
#include "codec/json_writer.h"
#include "codec/metadata.h"
#include "layouts/mapped_instance.h"
#include "node/cluster_host.h"
#include "node/config_address.h"
#include "node/reactor_unit.h"
#include "node/self_registration.h"
#include "node/settings.h"
#include "protocol/discovery/api.h"

namespace discovery::node {

namespace {

constexpr Duration kKeyAuditEvery = std::chrono::seconds(60);
constexpr Duration kRememberEvery = std::chrono::seconds(2);
constexpr std::string_view kHttp = "http://";
/// Equal on all nodes and in all clusters: clients only compare it with itself.
constexpr uint64_t kClusterId = 0x6469'7363'6f76'6572;
constexpr HashKey kMemberKey{0x6d65'6d62'6572, 0x6964};

uint64_t id_of(std::string_view address) { return siphash(kMemberKey, address) | 1; }

keyspace::KeyspaceSettings keyspace_settings(const Config& config, uint16_t node_id) {
  keyspace::KeyspaceSettings s;
  s.node_id = node_id;
  s.zone = config.env.zone;
  s.shows_instances = !config.etcd.listen.empty();
  s.hold = config.etcd.hold;
  return s;
}

}  // namespace

/// One reactor's part.
struct EtcdHost::Unit {
  explicit Unit(net::Reactor& the_reactor) : reactor(the_reactor) {}
  net::Reactor& reactor;
  protocol::etcd::EtcdService* service = nullptr;  ///< owned by the server; lives as long as the reactor runs
  std::shared_ptr<const keyspace::WatchCounts> watches;
  std::atomic<bool> asked{false};
};

/// HTTP/1.1 on the same port.
class EtcdHost::Handler final : public codec::HttpHandler {
 public:
  explicit Handler(const EtcdHost& host) : host_(host) {}
  void handle(const codec::HttpRequest& request, codec::HttpReply& reply, codec::HttpExchange& /*exchange*/) override {
    if (protocol::etcd::answer_plain_get(request.path, host_.serves(), reply)) return;
    reply.status = 404;
    reply.append("404 page not found: clients of etcd speak gRPC here");
  }

 private:
  const EtcdHost& host_;
};

EtcdHost::EtcdHost(const Config& config, const Parts& parts)
    : registry_(parts.registry),
      cluster_(parts.cluster),
      protection_(parts.protection),
      audit_(parts.audit),
      clock_(parts.clock),
      mapper_(layout_settings(config), etcd_env(config), config.env.region),
      keys_(keyspace_settings(config, registry_settings(config).node_id), parts.registry, mapper_, parts.clock.now()),
      listen_(config.etcd.listen),
      tls_(config.etcd.tls),
      self_env_(config.env.deploy_env),
      host_name_(config.env.host),
      write_wait_(config.etcd.write_wait) {
  keyspace::Keyspace::Listener listener;
  listener.changed = [&wakes = parts.wakes](const registry::Wake& wake, TimePoint now) { wakes.changed(wake, now); };
  if (listens()) listener.happened = [this] { happened(); };
  keys_.set_listener(std::move(listener));
}

EtcdHost::~EtcdHost() = default;

// ---------------------------------------------------------------------------------------------------- listening

std::unique_ptr<grpc::Service> EtcdHost::make_service(net::Reactor& reactor) {
  auto service = std::make_unique<protocol::etcd::EtcdService>(
      protocol::etcd::ServiceParts{keys_, *this, reactor, clock_, protocol::etcd::Permissions(tokens_, mapper_)});
  auto unit = std::make_unique<Unit>(reactor);
  unit->service = service.get();
  unit->watches = service->watch_counts();
  methods_ = service->methods();
  units_.push_back(std::move(unit));
  return service;
}

std::vector<net::ListenerGroup> EtcdHost::groups(const std::shared_ptr<const net::TlsIdentity>& identity,
                                                 std::shared_ptr<const access::TokenTable> tokens,
                                                 const codec::HttpLimits& http) {
  std::vector<net::ListenerGroup> groups;
  if (!listens()) return groups;
  tokens_ = std::move(tokens);
  server_ = std::make_unique<grpc::Server>(grpc::Limits{}, [this](net::Reactor& r) { return make_service(r); });
  const auto address = parse_listen_address(listen_);
  net::ListenerGroup group;
  group.name = "etcd";
  group.addresses = {{address->host, address->port}};
  group.make_handler = [this](net::Reactor&) { return std::make_unique<Handler>(*this); };
  group.http = http;
  if (tls_) group.identity = identity;
  group.make_conversations = server_->conversations();
  groups.push_back(std::move(group));
  return groups;
}

void EtcdHost::bound(const Config& config, const std::vector<net::ListenAddress>& addresses) {
  const MutexLock lock(mutex_);
  address_ = config.http_server.advertise;
  member_id_.store(id_of(address_), std::memory_order_relaxed);
  if (!listens() || addresses.empty()) return;
  std::string reached = config.etcd.advertise;
  if (reached.empty()) {
    const auto listen = parse_listen_address(listen_);
    net::ListenAddress where = addresses.front();
    const auto own = parse_peer_address(address_);
    if (listen->is_wildcard() && own) where.host = own->host;
    reached = net::to_string(where);
  }
  url_ = (config.etcd.tls ? "https://" : "http://") + reached;
}

std::string EtcdHost::url() const {
  const MutexLock lock(mutex_);
  return url_;
}

// ---------------------------------------------------------------------------------------------------- what is due

void EtcdHost::happened() {
  for (const auto& unit : units_) {
    if (unit->asked.exchange(true, std::memory_order_acq_rel)) continue;
    unit->reactor.post([u = unit.get()] {
      u->asked.store(false, std::memory_order_release);  // before it looks: what comes now asks anew
      u->service->happened();
    });
  }
}

void EtcdHost::everywhere(uint64_t ticket) {
  for (const auto& unit : units_) {
    unit->reactor.post([u = unit.get(), ticket] { u->service->everywhere(ticket); });
  }
}

void EtcdHost::update_access(const std::shared_ptr<const access::TokenTable>& tokens) {
  for (const auto& unit : units_) {
    unit->reactor.post([u = unit.get(), tokens] { u->service->update_access(tokens); });
  }
}

TimePoint EtcdHost::tick(TimePoint now) {
  if (stopping_.load(std::memory_order_relaxed) || !cluster_.accepts_writes()) return now + std::chrono::seconds(1);
  if (listens() && now >= next_remember_) {
    remember_members();
    next_remember_ = now + kRememberEvery;
  }
  const TimePoint next = keys_.expire(cluster_.board().covered_until(), now);
  if (now >= next_key_audit_) {
    if (next_key_audit_ != TimePoint{}) keys_.audit(now);
    next_key_audit_ = now + kKeyAuditEvery;
  }
  return std::max(next, now + std::chrono::milliseconds(50));
}

FrontEndNumbers EtcdHost::numbers() const {
  FrontEndNumbers numbers;
  numbers.methods = methods_;
  if (server_) numbers.grpc = server_->stats();
  for (const auto& unit : units_) {
    numbers.watches += unit->watches->watches.load(std::memory_order_relaxed);
    numbers.events_told += unit->watches->told.load(std::memory_order_relaxed);
  }
  return numbers;
}

// ---------------------------------------------------------------------------------------------------- NodePort

uint64_t EtcdHost::cluster_id() const { return kClusterId; }

// Where a node's clients of etcd connect stands in its own entry.
std::vector<protocol::etcd::MemberInfo> EtcdHost::listed_members(std::string_view own) const {
  std::vector<protocol::etcd::MemberInfo> members;
  registry_.with_application({self_env_, protocol::kSelfApp}, [&](const registry::Application& app) {
    app.for_each_listed([&](const registry::InstanceView& view) {
      const auto entry = layouts::mapped({protocol::kSelfApp, view.instance->hostname(), "",
                                          view.instance->addrs_json(), view.instance->metadata_json(), 1});
      if (!entry || entry->addrs.empty()) return;
      const auto& told = entry->metadata.members;
      const auto url = std::ranges::find(told, kEtcdUrlMember, &std::pair<std::string, std::string>::first);
      std::string_view address = entry->addrs.front();
      if (address.starts_with(kHttp)) address.remove_prefix(kHttp.size());
      if (url == told.end() || address == own) return;
      members.push_back({id_of(address), std::string(view.instance->hostname()),
                         std::string(kHttp) + std::string(address), std::string(url->second)});
    });
  });
  return members;
}

void EtcdHost::remember_members() {
  const MutexLock lock(mutex_);
  std::map<uint64_t, protocol::etcd::MemberInfo> known;
  for (protocol::etcd::MemberInfo& one : listed_members(address_)) known.insert_or_assign(one.id, std::move(one));
  known.merge(std::exchange(seen_, {}));
  const std::shared_ptr<const cluster::NodeList> nodes = cluster_.board().nodes();
  for (const cluster::NodeOnBoard& node : *nodes) {  // anybody may list what is no node of ours
    if (auto one = known.extract(id_of(node.address))) seen_.insert(std::move(one));
  }
}

std::vector<protocol::etcd::MemberInfo> EtcdHost::members() const {
  const MutexLock lock(mutex_);
  std::vector<protocol::etcd::MemberInfo> members = listed_members(address_);
  // Who is down is none of those; clients would lose its address until they ask again.
  const std::shared_ptr<const cluster::NodeList> nodes = cluster_.board().nodes();
  for (const cluster::NodeOnBoard& node : *nodes) {
    const auto seen = seen_.find(id_of(node.address));  // never this node: it is no other's entry
    if (seen == seen_.end()) continue;
    const auto listed = std::ranges::find(members, seen->first, &protocol::etcd::MemberInfo::id);
    if (listed == members.end()) members.push_back(seen->second);
  }
  members.insert(members.begin(),
                 {member_id(), host_name_.empty() ? address_ : host_name_, std::string(kHttp) + address_, url_});
  return members;
}

bool EtcdHost::serves() const {
  return !stopping_.load(std::memory_order_relaxed) && !protection_.active(clock_.now()) && cluster_.accepts_writes();
}

uint64_t EtcdHost::write_ticket() { return cluster_.ack_ticket(); }

void EtcdHost::audited(const protocol::etcd::AuditNote& note) {
  const std::array<observe::LogField, 9> fields{{{"user", note.user},
                                                 {"client", note.client},
                                                 {"route", note.method},
                                                 {"key", note.key},
                                                 {"range_end", note.range_end},
                                                 {"code", static_cast<int>(note.code)},
                                                 {"count", note.count},
                                                 {"before", note.before},
                                                 {"after", note.after}}};
  audit_.write(fields);
}

}  // namespace discovery::node
