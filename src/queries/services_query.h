// The applications of this node, and the instances of one: what is stored, whether clients see it or not.
//
//   GET /api/services?env=&zone=&q=&sort=name|changed|instances|watchers&limit=&offset=
//   GET /api/service?env=&appid=&limit=&offset=
//
// The answers are JSON objects. Thread: any that serves no clients. Cost: services_json walks all applications, in
// slices, each under the lock of its shard; service_json copies the records of one under its lock.
// Limits: kRowsMax rows an answer. Errors: kInvalidArgument; kNotFound for an application without records.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "registry/registry.h"
#include "registry/sweep.h"

namespace discovery::queries {

inline constexpr size_t kRowsMax = 10000;

/// How many polls wait for each application.
using Watchers = std::map<registry::AppKey, uint64_t>;

[[nodiscard]] Result<std::string> services_json(const registry::Registry& registry, const Watchers& watchers,
                                                std::string_view node, std::string_view query);

/// What only the node knows.
struct ServiceFacts {
  std::string_view node;
  Duration expire_after{};
  const Watchers& watchers;
  std::span<const registry::BrakedApplication> braked;
};
[[nodiscard]] Result<std::string> service_json(const registry::Registry& registry, const ServiceFacts& facts,
                                               std::string_view query, TimePoint now);

}  // namespace discovery::queries
