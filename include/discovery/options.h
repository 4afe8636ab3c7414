// What a Client is told. The defaults suit a service; only `nodes` has none.
//
// Thread: values. Errors: check() names the first option that cannot be. Limits: kNodesMax nodes, and those of check().
// Time: durations are measured on the steady clock. Figures of the protocol: renewals every 30 s for a lease of 90 s,
// polls answered within 30 s (docs/http-api.md).
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "discovery/error.h"

namespace discovery::client {

using std::chrono::milliseconds;

inline constexpr size_t kNodesMax = 256;

using ErrorHandler = std::function<void(const Error&)>;

struct Options {
  /// host:port of registry nodes, one of which must answer at the start; IPv6 in brackets. Plain HTTP: there is no TLS
  /// in this version, an https:// address is refused.
  std::vector<std::string> nodes{};
  std::string region{};
  std::string zone{};  ///< nodes are taken from this zone; "": of all zones
  std::string env = "dev";
  std::string hostname{};  ///< "": that of the machine
  std::string token{};     ///< sent as "Authorization: Bearer ..."; "": none

  bool discover_nodes = true;  ///< follow infra.discovery; false: only the nodes above
  bool shuffle_nodes = true;   ///< so that not all clients begin at the same one
  bool keep_cursors = true;    ///< false where nodes of the original take part, see docs/client.md

  milliseconds connect_timeout{3'000};  ///< resolving and connecting
  milliseconds request_timeout{5'000};  ///< register, renew, cancel, fetch: at one node, connecting included
  milliseconds poll_timeout{40'000};    ///< a long poll; the node is asked to answer after three quarters of it
  milliseconds cancel_timeout{3'000};   ///< cancelling one registration, over all nodes
  milliseconds renew_interval{30'000};  ///< give or take a tenth
  milliseconds back_off_min{200};       ///< after the first failure; doubles up to the next; half of it is random
  milliseconds back_off_max{10'000};
  milliseconds node_change_interval{1'800'000};  ///< moves on to the next node, for balance; 0: only on failure
  /// How long the last list is kept when a node that never told us of the application says that there is none.
  milliseconds unknown_grace{90'000};

  size_t answer_bytes_max = size_t{64} * 1024 * 1024;
  size_t instances_max = 100'000;  ///< of one application

  /// Told of every failure, and of exceptions of other callbacks, on the client's thread. May be empty.
  ErrorHandler on_error{};
};

[[nodiscard]] Error check(const Options& options);

/// Defaults with DISCOVERY_NODES (separated by commas), REGION, ZONE, DEPLOY_ENV and HOSTNAME where they are set.
[[nodiscard]] Options options_from_environment();

}  // namespace discovery::client
