// The configuration of one node: effective values, where each came from, and how it is read, printed and reloaded.
//
//   flag > environment DISCOVERYD_SECTION_KEY > file > the original's environment (REGION ...) > default
//
// Every key stands once in the table of config_keys.h; docs/configuration.md and config/discovery.toml are held against
// it by tests. Reading is a function of its arguments (ConfigInput), so it needs neither the machine nor a file.
//
// Thread: pure functions. Limits: kConfigBytesMax of file text. Errors: kInvalidArgument; the message has one line per
// problem found, with place, key, value and what is allowed, all problems of all sources together.
// Source: operations.md 1, discovery-api.md 12.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "node/config_host.h"
#include "node/config_value.h"
#include "observe/log.h"
#include "observe/log_line.h"
#include "sandbox/plan.h"

namespace discovery::node {

inline constexpr size_t kConfigBytesMax = 1024 * 1024;
inline constexpr size_t kNameBytesMax = 1024;  ///< of region, zone, host and environments

/// When self-protection may hold expired instances.
enum class ProtectWhen : uint8_t {
  kAlways,     ///< as the original: too few renewals are enough
  kUncovered,  ///< only while some peer cannot be heard (replication.md 2.4)
};

struct EnvConfig {
  std::string region;
  std::string zone;
  std::string host;
  std::string deploy_env;
  std::vector<std::string> self_env;  ///< where the node lists itself; deploy_env is always the first
};

struct HttpServerConfig {
  std::vector<std::string> addr;  ///< at least one; see parse_listen_address()
  std::string advertise;          ///< host:port; "" only when the first addr has port 0: its name is known once bound
  Duration timeout{};
  uint64_t threads = 0;  ///< 1 to 64
  bool gzip = true;
  Duration gather{};
};

struct HttpClientConfig {
  Duration dial{};
  Duration timeout{};
  Duration keep_alive{};
};

struct ClusterConfig {
  bool open_membership = false;
  std::string peer_bind_address;
  uint64_t node_id = 0;  ///< 0: from the advertised address
  std::string data_dir;
  Duration snapshot_max_age{};
  Duration ack_wait{};
  Duration max_clock_lead{};
};

struct LeaseConfig {
  Duration renew_interval{};
  Duration expire_after{};
  Duration expire_after_max{};
  double share = 0;
  Duration sweep_interval{};
  Duration recount_interval{};
  ProtectWhen protect = ProtectWhen::kAlways;
  bool trust_refused = false;
  bool brake = false;
  double brake_share = 0;
  Duration brake_max{};
};

struct PollsConfig {
  Duration max_park{};
  Duration empty_hold{};
  Duration cursor_hold{};
  Duration coalesce{};
  uint64_t max_parked = 0;  ///< at least 1
  uint64_t max_watches = 0;
};

struct LimitsConfig {
  uint64_t head_bytes = 0;
  uint64_t head_fields = 0;
  uint64_t body_bytes = 0;
  uint64_t form_fields = 0;
  uint64_t poll_apps = 0;
  uint64_t name_bytes = 0;
  uint64_t metadata_members = 0;
  uint64_t metadata_bytes = 0;
  uint64_t addrs = 0;
  uint64_t partial_bytes = 0;
  uint64_t unsent_bytes = 0;
  uint64_t registry_memory_bytes = 0;
  uint64_t connections = 0;              ///< at least 1
  uint64_t connections_per_address = 0;  ///< 0: no limit
  Duration head_timeout{};
  Duration body_timeout{};
  Duration idle_timeout{};
  Duration write_timeout{};
  uint64_t min_rate_bytes = 0;     ///< a second, of a request being read; 0: no limit
  uint64_t reads_per_second = 0;   ///< of one client; 0: no limit
  uint64_t writes_per_second = 0;  ///< as above
  Duration burst{};                ///< so much of these rates may come at once
};

struct AdminConfig {
  std::string listen;      ///< host:port; "" for none of its own
  std::string token_file;  ///< a path; "": no token
};

struct AccessConfig {
  bool required = false;
  std::string token_file;     ///< a path; set exactly when required
  std::string peer_key_file;  ///< a path; set only when required
  std::string audit_file;     ///< a path; "": the log
  uint64_t audit_bytes = 0;   ///< of that file, before it is begun anew; 0: no bound
};

struct ShieldConfig {
  bool enabled = true;
  uint64_t repeats = 0;  ///< a second
  Duration delay{};
};

struct TlsConfig {
  std::vector<std::string> listen;  ///< as HttpServerConfig::addr; empty: no TLS
  std::string certificate;          ///< a path; set exactly when there is something to listen on
  std::string key;                  ///< a path; as certificate
};

struct HistoryConfig {
  bool enabled = true;
  uint64_t memory_bytes = 0;  ///< 0: by the size of the registry
};

struct EtcdConfig {
  std::string listen;
  std::string advertise;
  bool tls = false;
  std::string env;  ///< "": env.DeployEnv
  Duration write_wait{};
  Duration hold{};
  std::vector<std::string> show;  ///< names of layouts
  std::string kratos_namespace;
  std::vector<std::string> naming_targets;
  std::vector<std::string> prefixes;  ///< "prefix=layout"
};

struct LogConfig {
  observe::LogLevel level = observe::LogLevel::kInfo;
  observe::LogFormat format = observe::LogFormat::kText;
  std::string file;            ///< "": standard error
  uint64_t access_sample = 0;  ///< one request in so many; 0: none; fits uint32_t
};

struct MetricsConfig {
  bool enabled = false;
};

struct DrainConfig {
  Duration wait{};
  Duration deadline{};
};

struct SandboxConfig {
  bool enabled = true;
  bool require = false;
  sandbox::Violation violation = sandbox::Violation::kKill;
};

/// Where the value of a key came from.
struct ValueSource {
  enum class Kind : uint8_t { kDefault, kHost, kFallback, kFile, kEnvironment, kFlag };
  Kind kind = Kind::kDefault;
  std::string place;  ///< "discovery.toml:12", the variable, or the flag

  /// "default", "file discovery.toml:12", "env DISCOVERYD_NODES", "flag --listen", "host".
  [[nodiscard]] std::string text() const;
};

/// Made by read_config(); a default-constructed one holds zeros, not defaults.
struct Config {
  std::vector<std::string> nodes;
  bool enable_protect = false;
  ZoneNodes zones;
  EnvConfig env;
  HttpServerConfig http_server;
  HttpClientConfig http_client;
  ClusterConfig cluster;
  LeaseConfig lease;
  PollsConfig polls;
  LimitsConfig limits;
  AdminConfig admin;
  AccessConfig access;
  ShieldConfig shield;
  TlsConfig tls;
  HistoryConfig history;
  EtcdConfig etcd;
  LogConfig log;
  MetricsConfig metrics;
  DrainConfig drain;
  SandboxConfig sandbox;

  std::vector<ValueSource> sources;   ///< parallel to config_keys()
  std::vector<std::string> warnings;  ///< for the log, in the order found
};

/// A value given on the command line.
struct FlagSetting {
  std::string key;    ///< as in config_keys(), without regard to case
  std::string value;  ///< lists separated by commas
  std::string shown;  ///< how the user wrote it: "--listen", "--set limits.body_bytes"
};

struct ConfigInput {
  std::string file_name;  ///< for messages; "" when there is no file
  std::string file_text;
  Environment environment;
  std::vector<FlagSetting> flags;
  HostFacts host;
};

[[nodiscard]] Result<Config> read_config(const ConfigInput& input);

/// Precondition: `key` is one of config_keys() and `config` was read.
[[nodiscard]] const ValueSource& source_of(const Config& config, std::string_view key);

/// A configuration file with every effective value and where it came from; reading it gives the same values. Secrets
/// are left out and named in a comment.
[[nodiscard]] std::string print_config(const Config& config);

/// The keys whose effective values differ, in the order of the table.
[[nodiscard]] std::vector<std::string_view> changed_keys(const Config& a, const Config& b);

struct Reload {
  Config config;                                ///< what is to be in force from now on
  std::vector<std::string_view> changed;        ///< keys with a new value
  std::vector<std::string_view> needs_restart;  ///< keys that keep the running value, though the file says otherwise
};

/// Takes from `fresh` what may change while the node runs.
[[nodiscard]] Reload plan_reload(const Config& running, Config fresh);

}  // namespace discovery::node
