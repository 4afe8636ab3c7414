// Why an instance is in the lists of a client, or not.
//
//   GET /api/explain?env=&appid=&hostname=&zone=&client_zone=&status=
//
// The answer is a JSON object (explain.h). Thread: any that serves no clients. Errors: kInvalidArgument.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "explain/explain.h"
#include "history/history.h"
#include "registry/registry.h"

namespace discovery::queries {

[[nodiscard]] Result<std::string> explain_json(const history::History& history, const registry::Registry& registry,
                                               const explain::NodeFacts& facts, std::string_view query, TimePoint now);

}  // namespace discovery::queries
