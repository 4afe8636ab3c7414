// What a key and its value of etcd mean as instances.
//
// Recognised, in this order; the first that fits decides, and where its reader then refuses there is no further guess:
//   settings.prefixes (the longest), kratos_namespace, naming_targets
//   nmid/  /micro/registry/  /microservices/
//   the last segment is <network>@<host:port>: rpcx
//   the value is a JSON object: with Addr naming, with nodes go-micro, with endpoints and id kratos
//   the value is <host:port>: go-zero if the last segment is a number, else bare
// What is not recognised stays a key and a value; that is never an error.
//
// Thread: pure function. Limits: kValueBytesMax, kInstancesMax, JsonReader::kDepthMax, settings.limits. Past one the
// key is not recognised. Cost: linear in key and value. Source: etcd-api.md section 8.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "layouts/layout.h"
#include "layouts/mapped_instance.h"
#include "layouts/settings.h"

namespace discovery::layouts {

/// A longer value is not read.
inline constexpr size_t kValueBytesMax = size_t{512} * 1024;
/// Of one key; only nmid makes more than one.
inline constexpr size_t kInstancesMax = 1024;

struct Mapping {
  Layout layout = Layout::kNone;          ///< kNone: not recognised
  Layout tried = Layout::kNone;           ///< whose reader was asked; kNone: nothing fitted, or a prefix says so
  std::string_view why{};                 ///< of kNone: for people, a literal
  std::vector<MappedInstance> instances;  ///< no two of one appid and hostname; an nmid worker may have none
};

[[nodiscard]] Mapping instances_of(std::string_view key, std::string_view value, const Settings& settings);

}  // namespace discovery::layouts
