// What a request under /discovery/ asks for (spec: discovery-api.md 1.2). Paths, methods and who may ask stand in the
// one table of the daemon (node/routes.h).
#pragma once

#include <cstdint>

namespace discovery::protocol {

enum class Route : uint8_t { kRegister, kRenew, kCancel, kSet, kFetch, kFetchs, kFetchAll, kPoll, kPolls, kNodes };

}  // namespace discovery::protocol
