// nmid: `nmid/<worker name>`, the value JSON of the functions a worker serves and the addresses of each.
//
// One instance per function and address, hostname `<worker>@<address>`: a function may have several addresses, and
// only a name made of the address alone is the same whatever the order of the list, and when addresses come or go.
// Thread: pure function. Source: HughNian/nmid pkg/worker/register.go (v1.0.17), pkg/client/discovery.go.
#pragma once

#include <string_view>

#include "layouts/reading.h"

namespace discovery::layouts {

/// Ordered by function, then as written; an address that stands twice counts once.
[[nodiscard]] Reading read_nmid(std::string_view worker, std::string_view value);

}  // namespace discovery::layouts
