// The shapes of the answers, as the components of /openapi.json: what the daemon answers, field by field.
//
// Thread: a constant. Source: discovery-api.md 1.5 and 3, operations.md 4 and 7; a test holds real answers to them.
#pragma once

#include <string_view>

namespace discovery::node {

/// A JSON object: name -> schema (OpenAPI 3.0.3).
[[nodiscard]] std::string_view openapi_schemas();

}  // namespace discovery::node
