// Asks another node a question and waits for the answer, for threads that may wait.
//
// Thread: any but the reactor's. Time: at most the timeout of the limits. Errors: kUnavailable when the node does not
// answer with 200, with what it said instead.
#pragma once

#include <string>

#include "base/result.h"
#include "net/client_types.h"
#include "net/reactor.h"

namespace discovery::node {

[[nodiscard]] Result<std::string> ask_node(net::Reactor& reactor, const net::ClientEndpoint& node,
                                           const net::ClientLimits& limits, const std::string& target);

}  // namespace discovery::node
