// GET /openapi.json: an OpenAPI 3.0.3 document of all routes, made of the table (routes.h) and of what is written about
// each row (route_docs.h).
//
// Lifecycle: made at the first call, kept for good, about 115 KiB. Thread: any; the first call takes milliseconds, so
// none that serves clients.
#pragma once

#include "base/shared_text.h"

namespace discovery::node {

[[nodiscard]] const SharedBytes& openapi_document();

}  // namespace discovery::node
