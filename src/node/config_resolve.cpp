#include "node/config_resolve.h"
#include "codec/text.h"
#include "layouts/layout.h"
#include "layouts/settings.h"
#include "node/settings.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "node/config_address.h"
#include "node/config_assign.h"
#include "node/config_keys.h"

namespace discovery::node {
namespace {

constexpr uint64_t kThreadsMax = 64;
constexpr uint64_t kMemoryUnknown = 1ULL << 30;      // so much is free on whatever runs this
constexpr uint64_t kDescriptorsUnknown = 1024;       // the usual soft limit
constexpr uint64_t kRegistryMemoryMin = 1ULL << 20;  // holds some thousands of instances

/// "httpServer.addr (file discovery.toml:3)"
std::string named(const Config& config, std::string_view key) {
  return std::string(key) + " (" + source_of(config, key).text() + ")";
}

class Resolver {
 public:
  Resolver(Config& config, const HostFacts& host) : config_(config), host_(host) {}

  Result<void> resolve() {
    fill_in_machine();
    fill_in_environments();
    fill_in_name();
    check_rules();
    if (!problems_.empty()) return invalid(problems_);
    warn();
    return {};
  }

 private:
  void fill_in_machine() {
    uint64_t& threads = config_.http_server.threads;
    if (threads == 0) threads = std::clamp<uint64_t>(host_.processors, 1, kThreadsMax);
    LimitsConfig& limits = config_.limits;
    const uint64_t memory = host_.memory_bytes == 0 ? kMemoryUnknown : host_.memory_bytes;
    if (limits.registry_memory_bytes == 0) limits.registry_memory_bytes = memory / 2;
    limits.registry_memory_bytes = std::max(limits.registry_memory_bytes, kRegistryMemoryMin);
    const uint64_t descriptors = host_.descriptors_max == 0 ? kDescriptorsUnknown : host_.descriptors_max;
    if (limits.connections == 0)
      limits.connections = std::max<uint64_t>(1, descriptors / 10 * 9 + descriptors % 10 * 9 / 10);
    if (config_.polls.max_parked == 0) config_.polls.max_parked = limits.connections;
  }

  void fill_in_environments() {
    std::vector<std::string> all{config_.env.deploy_env};
    for (std::string& env : config_.env.self_env) {
      if (env != config_.env.deploy_env) all.push_back(std::move(env));
    }
    config_.env.self_env = std::move(all);
  }

  void fill_in_name() {
    HttpServerConfig& server = config_.http_server;
    if (server.addr.empty()) {
      problem(named(config_, "httpServer.addr") + " is empty; write an address to listen on, such as 127.0.0.1:7171");
      return;
    }
    if (!server.advertise.empty()) return;
    const HostPort first = *parse_listen_address(server.addr.front());
    if (first.is_wildcard()) {
      problem(named(config_, "httpServer.addr") + " listens on every address, " + quote_toml(server.addr.front()) +
              ", which cannot be this node's name: set httpServer.advertise (or --advertise) to the host:port by which "
              "clients and other nodes reach it, or listen on that one address");
    } else if (first.port != 0) {
      server.advertise = server.addr.front();
    }
  }

  void check_rules() {
    const LeaseConfig& lease = config_.lease;
    at_least("lease.expire_after", lease.expire_after, "lease.renew_interval", lease.renew_interval);
    at_least("lease.expire_after_max", lease.expire_after_max, "lease.expire_after", lease.expire_after);
    at_least("drain.deadline", config_.drain.deadline, "drain.wait", config_.drain.wait);
    const LimitsConfig& limits = config_.limits;
    if (limits.partial_bytes < limits.body_bytes) {
      problem(named(config_, "limits.partial_bytes") + " is " + format_size(limits.partial_bytes) +
              ", too little for one body: " + named(config_, "limits.body_bytes") + " is " +
              format_size(limits.body_bytes));
    }
    if (config_.sandbox.require && !config_.sandbox.enabled) {
      problem(named(config_, "sandbox.require") + " is set, but " + named(config_, "sandbox.enabled") + " is false");
    }
    check_tls();
    check_etcd();
    check_access();
    check_listeners();
  }

  void check_tls() {
    const TlsConfig& tls = config_.tls;
    for (const auto& [key, path] : {std::pair{"tls.certificate", &tls.certificate}, std::pair{"tls.key", &tls.key}}) {
      if (!tls.listen.empty() && path->empty()) {
        problem(named(config_, "tls.listen") + " takes a certificate and its key: set " + key);
      } else if (config_.etcd.tls && path->empty()) {
        problem(named(config_, "etcd.tls") + " takes a certificate and its key: set " + key);
      }
      if (tls.listen.empty() && !config_.etcd.tls && !path->empty()) {
        problem(named(config_, key) + " is set, but nothing listens with TLS: set tls.listen");
      }
    }
  }

  void check_etcd() {
    const EtcdConfig& etcd = config_.etcd;
    if (etcd.listen.empty() && (etcd.tls || !etcd.advertise.empty())) {
      problem(named(config_, etcd.tls ? "etcd.tls" : "etcd.advertise") + " is set, but etcd.listen is not");
    }
    for (const std::string& name : etcd.show) {
      if (name != "go-micro" && name != "kratos") {
        problem(named(config_, "etcd.show") + ": " + codec::printable(name, 64) + " is none of go-micro and kratos");
      }
    }
    for (const std::string& rule : etcd.prefixes) {
      const size_t equals = rule.rfind('=');
      if (equals == std::string::npos || !layouts::layout_of_name(std::string_view(rule).substr(equals + 1))) {
        problem(named(config_, "etcd.prefixes") + ": " + codec::printable(rule, 128) +
                " does not end with =LAYOUT, one of go-micro, kratos, rpcx, nmid, naming, go-zero, bare and none");
      }
    }
    if (const auto good = layouts::check(layout_settings(config_)); !good) {
      problem("[etcd] " + good.error().message);
    }
  }

  /// Half secured is not secured: whoever set a key must not believe that it protects something when it does not.
  void check_access() {
    const AccessConfig& access = config_.access;
    for (const auto& [key, path] : {std::pair{"access.token_file", &access.token_file},
                                    std::pair{"access.peer_key_file", &access.peer_key_file}}) {
      if (!access.required && !path->empty()) {
        problem(named(config_, key) + " is set, but without access.required everybody may do everything");
      }
    }
    if (!access.required) return;
    if (access.token_file.empty()) {
      problem(named(config_, "access.required") + " is true, but nobody has a token: set access.token_file");
    }
    if (access.peer_key_file.empty() && (has_others() || config_.cluster.open_membership)) {
      problem(named(config_, "access.required") +
              " is true, and there are other nodes, which could not prove who they are: set access.peer_key_file");
    }
  }

  [[nodiscard]] bool has_others() const {
    const auto& own = config_.http_server.advertise;
    const bool here = std::any_of(config_.nodes.begin(), config_.nodes.end(), [&](const auto& n) { return n != own; });
    return here || !config_.zones.empty();
  }

  /// No address stands at two listeners; port 0 is another port each time.
  void check_listeners() {
    std::vector<std::pair<std::string_view, std::string_view>> taken;  // address, key
    const auto take = [&](std::string_view key, const std::string& address) {
      if (address.empty() || address.ends_with(":0")) return;
      for (const auto& [other, owner] : taken) {
        if (other != address || owner == key) continue;
        problem(named(config_, key) + " is one of " + named(config_, owner) +
                "; leave it empty, or choose a port of its own");
      }
      taken.emplace_back(address, key);
    };
    for (const std::string& addr : config_.http_server.addr) take("httpServer.addr", addr);
    for (const std::string& addr : config_.tls.listen) take("tls.listen", addr);
    take("admin.listen", config_.admin.listen);
    take("etcd.listen", config_.etcd.listen);
  }

  void at_least(std::string_view key, Duration value, std::string_view other, Duration least) {
    if (value >= least) return;
    problem(named(config_, key) + " is " + format_duration(value) + ", less than " + named(config_, other) + ", " +
            format_duration(least));
  }

  void warn() {
    warn_of(Effect::kOriginal, "known to the original, without effect here: ");
    if (config_.polls.max_park >= config_.http_server.timeout) {
      warning(named(config_, "httpServer.timeout") + " ends polls before " + named(config_, "polls.max_park"));
    }
    if (host_.descriptors_max != 0 && config_.limits.connections > host_.descriptors_max) {
      warning(named(config_, "limits.connections") + " is more than the limit of descriptors, " +
              std::to_string(host_.descriptors_max) + "; raise LimitNOFILE or ulimit -n");
    }
    warn_of_open_admin();
  }

  /// One warning for all keys of a kind that are set to something else than their default.
  void warn_of(Effect effect, std::string_view words) {
    std::string set;
    const auto keys = config_keys();
    for (size_t i = 0; i < keys.size(); ++i) {
      if (keys[i].effect != effect || config_.sources[i].kind == ValueSource::Kind::kDefault) continue;
      if (matters(keys[i])) (set += set.empty() ? "" : ", ") += named(config_, keys[i].name);
    }
    if (!set.empty()) warning(std::string(words) + set);
  }

  [[nodiscard]] bool matters(const KeySpec& key) const {
    if (key.field == nullptr) return true;
    Config standard;
    const Result<RawValue> value = raw_from_text(key, key.default_text);
    return !value || !assign(key, *value, standard) || !same_value(key, config_, standard);
  }

  void warn_of_open_admin() {
    const std::string& listen = config_.admin.listen;
    if (listen.empty()) return;
    const std::string host = parse_listen_address(listen)->host;
    if (host == "localhost" || host == "::1" || host.starts_with("127.")) return;
    warning(named(config_, "admin.listen") + " is no loopback address: whoever reaches it may use the admin calls");
  }

  void problem(const std::string& line) { (problems_ += problems_.empty() ? "" : "\n") += line; }
  void warning(std::string text) { config_.warnings.push_back(std::move(text)); }

  Config& config_;
  const HostFacts& host_;
  std::string problems_;
};

}  // namespace

Result<void> resolve_config(Config& config, const HostFacts& host) { return Resolver(config, host).resolve(); }

}  // namespace discovery::node
