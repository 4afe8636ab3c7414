// Asks other nodes a question and waits for the answers, for threads that may wait.
//
// Thread: any but the reactor's. Time: at most the timeout of the limits. Errors: kUnavailable when the node does not
// answer with 200, with what it said instead.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "net/client_types.h"
#include "net/reactor.h"

namespace discovery::node {

/// All at the same time; the answers in the order of the nodes.
[[nodiscard]] std::vector<Result<std::string>> ask_nodes(net::Reactor& reactor,
                                                         std::span<const net::ClientEndpoint> nodes,
                                                         const net::ClientLimits& limits, const std::string& target);
[[nodiscard]] Result<std::string> ask_node(net::Reactor& reactor, const net::ClientEndpoint& node,
                                           const net::ClientLimits& limits, const std::string& target);

}  // namespace discovery::node
