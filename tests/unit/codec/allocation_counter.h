// Counts what this test program allocates, for "allocates nothing once warm".
#pragma once

#include <cstddef>

namespace discovery::codec {

/// Calls of operator new since the start of the program.
[[nodiscard]] size_t allocations();

}  // namespace discovery::codec
