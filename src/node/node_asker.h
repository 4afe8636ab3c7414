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
#include "node/peer_signer.h"

namespace discovery::node {

struct AskedNode {
  std::string address;  ///< as it is configured, host:port
  net::ClientEndpoint endpoint;
};

/// What all questions of a node have in common.
struct AskWith {
  net::Reactor& reactor;
  net::ClientLimits limits;
  PeerSigner signer;
};

/// All at the same time; the answers in the order of the nodes.
[[nodiscard]] std::vector<Result<std::string>> ask_nodes(const AskWith& with, std::span<const AskedNode> nodes,
                                                         const std::string& target);
[[nodiscard]] Result<std::string> ask_node(const AskWith& with, const AskedNode& node, const std::string& target);

}  // namespace discovery::node
