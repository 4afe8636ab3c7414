// go-micro: `/micro/registry/<service>/<node id>`, "/" in both replaced by "-". The value is JSON of one service with
// exactly one node; names are taken from it, because the key has lost its slashes.
//
// Thread: pure functions. Source: go-micro/plugins v4 registry/etcd/etcd.go (encode, nodePath), go-micro.dev/v4
// registry.Service.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "layouts/reading.h"

namespace discovery::layouts {

/// Address `<node.metadata.protocol, or tcp>://<node.address>`; metadata of the node over that of the service.
[[nodiscard]] Reading read_go_micro(std::string_view value, const InstanceLimits& limits);

/// As go-micro's own encoding would write it, metadata all with the node. None: no address that it can dial.
[[nodiscard]] std::optional<std::string> go_micro_value(const MappedInstance& instance, const InstanceLimits& limits);

/// For the deletion of a key of that service of which nothing else is known. go-micro's watcher reads a deletion by the
/// value that was there, and without one ends its process; told of no node, its cache forgets the service and lists it
/// again. It finds a node by its version too, which a key does not tell.
[[nodiscard]] std::string go_micro_gone_value(std::string_view appid);

/// None: the names would not come back from the key.
[[nodiscard]] std::optional<std::string> go_micro_key(std::string_view appid, std::string_view hostname);

}  // namespace discovery::layouts
