// What a node has, for a comparison with another one: 256 sums over all records, and the records behind one of them.
//
//   GET /api/digest                      {"node","records","sums":["16 hexadecimal digits", 256 of them]}
//   GET /api/records?branch=0..255       {"node","branch","records":[{env, appid, zone, hostname, state, ...}]}
//   GET /api/records?env=&appid=&hostname=
//                                        {"node","records":[...]}: those of one host, with "renewed_here_seconds_ago",
//                                        when a renewal arrived at this node itself; null if none did
//
// A record stands in the branch that the top eight bits of its key's hash name, which is the same at all nodes of a
// cluster. The sums are over key, version and whether it is listed: unlike those by which nodes repair each other
// (registry/digest.h) they differ where one node hides what the other lists.
// Thread: any that serves no clients. Cost: one pass over all records, in slices, each under the lock of its shard.
// Errors: kInvalidArgument.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "registry/registry.h"

namespace discovery::queries {

inline constexpr size_t kBranches = 256;

[[nodiscard]] Result<std::string> digest_json(const registry::Registry& registry, std::string_view node,
                                              std::string_view query);
[[nodiscard]] Result<std::string> records_json(const registry::Registry& registry, std::string_view node,
                                               std::string_view query, TimePoint now);

}  // namespace discovery::queries
