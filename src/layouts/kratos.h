// kratos v2: `<namespace>/<name>/<id>`, the value JSON of one service instance.
//
// Thread: pure functions. Source: go-kratos/kratos contrib/registry/etcd/{registry,service}.go,
// registry.ServiceInstance, internal/endpoint (an endpoint that url.Parse() refuses makes a client drop the whole
// instance).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "layouts/reading.h"

namespace discovery::layouts {

/// Addresses: the endpoints without their query.
[[nodiscard]] Reading read_kratos(std::string_view value, const InstanceLimits& limits);

/// As kratos' own encoding would write it. None: no address that its clients could read.
[[nodiscard]] std::optional<std::string> kratos_value(const MappedInstance& instance);

/// None: the names would not come back from the key, which is cut at its last slash.
[[nodiscard]] std::optional<std::string> kratos_key(std::string_view name_space, std::string_view appid,
                                                    std::string_view hostname);

}  // namespace discovery::layouts
