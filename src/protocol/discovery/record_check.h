// Whether a record of another node may be shown: its texts are put into answers as they are (registry/instance.h), so a
// peer's mistake, or damage on a disk, would be ours. Thread: pure function. Cost: linear, nothing is allocated.
#pragma once

#include "registry/record.h"

namespace discovery::protocol {

/// Names and texts are UTF-8; of one that is alive, the addresses are a JSON array of strings, the metadata a JSON
/// object of strings, and the status is 1 or 2.
[[nodiscard]] bool is_presentable(const registry::Record& record);

}  // namespace discovery::protocol
