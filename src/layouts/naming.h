// etcd's own naming, which gRPC resolvers read: `<target>/<anything>`, the value JSON of one address.
//
// Thread: pure functions. Source: etcd-io/etcd client/v3/naming/endpoints/endpoints_impl.go and internal/update.go,
// naming/resolver/resolver.go; grpc-go resolver.Address.Equal, which compares metadata by ==.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "layouts/reading.h"

namespace discovery::layouts {

struct NamingPlace {
  std::string_view target;
  std::string_view endpoint;
};
/// Address `grpc://<Addr>`; Metadata flattened if it is an object, else as text in the member `metadata`.
[[nodiscard]] Reading read_naming(const NamingPlace& place, std::string_view value, const InstanceLimits& limits);

/// None: no address that a resolver could dial.
[[nodiscard]] std::optional<std::string> naming_value(const MappedInstance& instance);

/// None: the hostname would not come back from the key.
[[nodiscard]] std::optional<std::string> naming_key(std::string_view target, std::string_view hostname);

}  // namespace discovery::layouts
