// Tables of the clients that /api/clients tells of, for clients and top.
//
// Thread: pure functions. Errors: none.
#pragma once

#include "base/time.h"
#include "ctl/fields.h"
#include "ctl/table.h"

namespace discovery::ctl {

[[nodiscard]] Table client_table(const Json& clients);
/// One row for each rule that slows one of them.
[[nodiscard]] Table slowed_table(const Json& clients, TimePoint now);

}  // namespace discovery::ctl
