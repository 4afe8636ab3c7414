// Why an instance is in the lists of a client, or not.
//
//   GET /api/explain?env=&appid=&hostname=&zone=&client_zone=&status=&nodes=0|1
//
// The answer is a JSON object (explain.h); with nodes=1, the default, it says what the other nodes have (agreement.h).
// Thread: any that serves no clients. Errors: kInvalidArgument.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "explain/explain.h"
#include "history/history.h"
#include "registry/registry.h"

namespace discovery::queries {

struct Explained {
  nlohmann::ordered_json json;
  bool asks_nodes = true;
  std::string zone;           ///< of the instance; "": any
  std::string records_query;  ///< of /api/records, about the same host
};
[[nodiscard]] Result<Explained> explained(const history::History& history, const registry::Registry& registry,
                                          const explain::NodeFacts& facts, std::string_view query, TimePoint now);

}  // namespace discovery::queries
