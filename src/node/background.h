// Threads that give way to those that serve clients: housekeeping, the data folder, the clerk.
//
// The scheduler lets a thread of normal priority run for some milliseconds before another gets its turn; a reactor that
// waits for the sweep of its own node would be late by that much. Thread: concerns the calling thread, and those it
// starts later.
#pragma once

#include <sys/resource.h>

namespace discovery::node {

/// About a tenth of a reactor's share where there is not enough for both. Never fails: raising one's own nice value is
/// always allowed.
inline void give_way() { ::setpriority(PRIO_PROCESS, 0, 10); }

}  // namespace discovery::node
