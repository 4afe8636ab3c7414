// What an operator says about keys of etcd: how to read those under a prefix, and what to show.
//
// Lifecycle: made and checked once, then read only. Thread: any, nobody changes it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "codec/metadata.h"
#include "layouts/layout.h"

namespace discovery::layouts {

inline constexpr std::string_view kGoMicroPrefix = "/micro/registry";  ///< not configurable in go-micro
inline constexpr std::string_view kKratosNamespace = "/microservices";
inline constexpr std::string_view kNmidPrefix = "nmid";

/// Keys `<prefix>/...` are of that layout, whatever they look like; kNone: they are keys and values only.
struct PrefixRule {
  std::string prefix;  ///< without a slash at its end; "" are all keys
  Layout layout = Layout::kNone;
};

/// What the registry can hold of an instance (limits.* of the configuration; instance.h).
struct InstanceLimits {
  size_t name_bytes_max = 1024;  ///< of appid, hostname, version and each address
  size_t addrs_max = 64;
  codec::MetadataLimits metadata;
};

struct Settings {
  /// The longest that fits a key decides. They stand before everything that is recognised by itself.
  std::vector<PrefixRule> prefixes;
  /// Of kratos' clients; read and, with show_kratos, shown. `/microservices` is read beside any other.
  std::string kratos_namespace{kKratosNamespace};
  /// Applications that resolvers of etcd's naming ask for: `<target>/...` is read as naming, and the application of
  /// that name is shown there.
  std::vector<std::string> naming_targets;
  bool show_go_micro = true;
  bool show_kratos = true;
  /// Lists the registry's own nodes: no key makes an instance of it, and it is shown in none.
  std::string self_appid = "infra.discovery";
  InstanceLimits limits;
};

/// kInvalidArgument, with what is wrong: a prefix that ends with a slash or stands twice, a namespace or target that is
/// empty, and whatever would show instances below `nmid/`, or two of them as one key.
[[nodiscard]] Result<void> check(const Settings& settings);

}  // namespace discovery::layouts
