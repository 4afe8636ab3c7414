// rpcx: `<base>/<service>/<network@host:port>`, the value a URL query, often empty. `<base>` with the value `rpcx_path`
// and `<base>/<service>` with the service's name are markers and no instances.
//
// Thread: pure functions. Source: rpcxio/rpcx-etcd serverplugin/etcdv3.go (v0.5.0); Go's url.ParseQuery, whose errors
// rpcx ignores: pairs that do not decode, or have a semicolon, are left out; of equal names the first counts.
#pragma once

#include <string_view>

#include "layouts/reading.h"

namespace discovery::layouts {

/// `<network>@<host:port>`.
[[nodiscard]] bool is_rpcx_node(std::string_view segment);

/// A value that rpcx writes for base or service.
[[nodiscard]] bool is_rpcx_marker(std::string_view key, std::string_view value);

/// `node`: the last segment of a key; `service`: what stands before it.
struct RpcxPlace {
  std::string_view service;
  std::string_view node;
};
/// Hostname: the node as it is. Status 2 if state=inactive.
[[nodiscard]] Reading read_rpcx(const RpcxPlace& place, std::string_view value, const InstanceLimits& limits);

}  // namespace discovery::layouts
