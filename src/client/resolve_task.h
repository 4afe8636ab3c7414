// One async_resolve(): what a watch has, else one node after the other is asked by fetch.
//
// Lifecycle: held by what waits for it. Thread: resolve_on() from any, the rest on the loop. Limits: kResolvesMax at a
// time, each node once. Errors: kNotFound, kLimit, kInvalid, else that of the last node.
#pragma once

#include <memory>
#include <string>

#include "client/core.h"

namespace discovery::client {

void resolve_on(const std::shared_ptr<Core>& core, std::string appid, ResolveHandler handler);

}  // namespace discovery::client
