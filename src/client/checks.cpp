// What is refused before anybody is asked: options, instances, and what the environment says.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <tuple>

#include "client/checks.h"
#include "client/node_list.h"
#include "discovery/call.h"
#include "discovery/instance.h"
#include "discovery/options.h"

namespace discovery::client {

namespace {

constexpr size_t kNameBytesMax = 1024;
constexpr size_t kAddrsMax = 64;
constexpr size_t kMetadataMembersMax = 256;
constexpr size_t kMetadataBytesMax = size_t{64} * 1024;
constexpr size_t kTokenBytesMax = 4096;
constexpr milliseconds kTimeMax = std::chrono::hours(24 * 365);

Error check_nodes(const std::vector<std::string>& nodes) {
  if (nodes.empty()) return invalid("nodes: at least one host:port is needed");
  if (nodes.size() > kNodesMax) return invalid("nodes: more than " + std::to_string(kNodesMax));
  for (const std::string& node : nodes) {
    if (node.starts_with("https://")) return invalid("nodes: " + node + ": there is no TLS in this version");
    if (!parse_node(node)) return invalid("nodes: \"" + node + "\" is no host:port");
  }
  return {};
}

Error check_token(const std::string& token) {
  const bool plain = std::all_of(token.begin(), token.end(), [](char c) { return c > ' ' && c < 0x7f; });
  if (!plain || token.size() > kTokenBytesMax) return invalid("token: blanks, control characters, or too long");
  return {};
}

struct NamedTime {
  const char* name;
  milliseconds value;
};

template <size_t N>
Error check_times(const std::array<NamedTime, N>& times) {
  for (const NamedTime& time : times) {
    if (time.value <= milliseconds(0) || time.value > kTimeMax) {
      return invalid(std::string(time.name) + ": must be above 0 and at most a year");
    }
  }
  return {};
}

Error check_metadata(const std::map<std::string, std::string>& metadata) {
  size_t bytes = 0;
  for (const auto& [name, value] : metadata) bytes += name.size() + value.size();
  if (metadata.size() > kMetadataMembersMax) return invalid("metadata: more than 256 members");
  if (bytes > kMetadataBytesMax) return invalid("metadata: more than 64 KiB");
  return {};
}

const char* environment(const char* name) {
  return std::getenv(name);  // NOLINT(concurrency-mt-unsafe): read once, by who asks for it; documented
}

void take(const char* name, std::string& into) {
  const char* value = environment(name);
  if (value != nullptr && *value != '\0') into = value;
}

}  // namespace

Error invalid(std::string message) { return {Errc::kInvalid, std::move(message)}; }

Error check_name(std::string_view what, std::string_view name) {
  if (name.empty()) return invalid(std::string(what) + ": empty");
  if (name.size() > kNameBytesMax) return invalid(std::string(what) + ": longer than 1,024 bytes");
  return {};
}

Error check_appid(std::string_view appid) {
  if (Error error = check_name("appid", appid)) return error;
  if (appid.find(',') != std::string_view::npos) return invalid("appid: a comma cannot be in it");
  return {};
}

Error check(const Instance& instance) {
  if (Error error = check_appid(instance.appid)) return error;
  if (Error error = check_name("zone", instance.zone)) return error;
  if (Error error = check_name("env", instance.env)) return error;
  if (Error error = check_name("hostname", instance.hostname)) return error;
  if (instance.addrs.empty()) return invalid("addrs: at least one is needed");
  if (instance.addrs.size() > kAddrsMax) return invalid("addrs: more than 64");
  for (const std::string& addr : instance.addrs) {
    if (addr.empty() || addr.find(',') != std::string::npos) return invalid("addrs: empty, or with a comma");
  }
  if (instance.status != Status::kInService && instance.status != Status::kWaiting) return invalid("status: 1 or 2");
  return check_metadata(instance.metadata);
}

Error check(const Options& options) {
  if (Error error = check_nodes(options.nodes)) return error;
  if (Error error = check_token(options.token)) return error;
  if (Error error = check_name("env", options.env)) return error;
  if (options.zone.size() > kNameBytesMax) return invalid("zone: longer than 1,024 bytes");
  if (options.hostname.size() > kNameBytesMax) return invalid("hostname: longer than 1,024 bytes");
  const std::array<NamedTime, 9> times{
      {{"connect_timeout", options.connect_timeout},
       {"request_timeout", options.request_timeout},
       {"poll_timeout", options.poll_timeout},
       {"cancel_timeout", options.cancel_timeout},
       {"renew_interval", options.renew_interval},
       {"back_off_min", options.back_off_min},
       {"back_off_max", options.back_off_max},
       {"unknown_grace", options.unknown_grace},
       {"node_change_interval", std::max(options.node_change_interval, milliseconds(1))}}};
  if (Error error = check_times(times)) return error;
  if (options.node_change_interval < milliseconds(0)) return invalid("node_change_interval: negative");
  if (options.back_off_max < options.back_off_min) return invalid("back_off_max: below back_off_min");
  if (options.answer_bytes_max == 0) return invalid("answer_bytes_max: must be above 0");
  if (options.instances_max == 0) return invalid("instances_max: must be above 0");
  return {};
}

Error check(const CallOptions& options) {
  if (Error error = check_nodes(options.nodes)) return error;
  if (Error error = check_token(options.token)) return error;
  const std::array<NamedTime, 3> times{{{"connect_timeout", options.connect_timeout},
                                        {"node_timeout", options.node_timeout},
                                        {"timeout", options.timeout}}};
  if (Error error = check_times(times)) return error;
  if (options.answer_bytes_max == 0) return invalid("answer_bytes_max: must be above 0");
  return {};
}

Options options_from_environment() {
  Options options;
  take("REGION", options.region);
  take("ZONE", options.zone);
  take("DEPLOY_ENV", options.env);
  take("HOSTNAME", options.hostname);
  std::string nodes;
  take("DISCOVERY_NODES", nodes);
  for (size_t begin = 0; begin < nodes.size();) {
    const size_t end = std::min(nodes.find(',', begin), nodes.size());
    if (end > begin) options.nodes.push_back(nodes.substr(begin, end - begin));
    begin = end + 1;
  }
  return options;
}

std::string host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0 || name[0] == '\0') return "localhost";
  return name.data();
}

bool same_content(const Instance& a, const Instance& b) {
  const auto content = [](const Instance& i) {
    return std::tie(i.region, i.zone, i.env, i.hostname, i.appid, i.addrs, i.version, i.metadata, i.status);
  };
  return content(a) == content(b);
}

std::vector<Instance> InstanceList::in_zone(std::string_view zone) const {
  std::vector<Instance> found;
  for (const Instance& instance : instances) {
    if (instance.zone == zone) found.push_back(instance);
  }
  return found;
}

}  // namespace discovery::client
