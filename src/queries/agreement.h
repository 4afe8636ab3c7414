// Whether the other nodes have of an instance what this node has, and at which of them its last renewal arrived.
//
// Thread: pure. Errors: none; a node whose answer is none of a node agrees with nothing and says why.
#pragma once

#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace discovery::queries {

/// What another node answered to /api/records?env=&appid=&hostname= (records_query.h); an error where it was not, or
/// could not be asked.
struct NodeAnswer {
  std::string address;
  Result<std::string> records;
};

/// Adds a verdict that passes: what is only said, and changes no answer.
void add_remark(nlohmann::ordered_json& explained, std::string_view about, std::string_view detail);

/// Adds to the answer of /api/explain: "nodes":[{"address","agrees","says"}], "agrees" being null where that is not
/// known, and the verdicts "renewal" and "nodes". `here`: this node's own answer. `zone` of the instance; "": any.
void add_agreement(nlohmann::ordered_json& explained, const std::string& here, std::string_view zone,
                   std::span<const NodeAnswer> others);

}  // namespace discovery::queries
