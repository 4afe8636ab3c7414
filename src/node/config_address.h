// host:port as it stands in the configuration.
//
// A host is an IPv4 address, an IPv6 address in brackets, or a name (letters, digits, '-', '_', '.'; not resolved
// here). Thread: pure functions. Errors: kInvalidArgument, a message that says what is expected.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace discovery::node {

struct HostPort {
  std::string host;  ///< without brackets; "" for every address (":7171")
  uint16_t port = 0;
  bool ipv6 = false;  ///< host is an IPv6 address

  /// Listens on all addresses of the machine: "", 0.0.0.0 or ::.
  [[nodiscard]] bool is_wildcard() const;
};

/// Where to listen: the host may be empty or a wildcard, the port 0 (the system chooses).
[[nodiscard]] Result<HostPort> parse_listen_address(std::string_view text);
/// Where somebody is reached: neither.
[[nodiscard]] Result<HostPort> parse_peer_address(std::string_view text);
/// An IPv4 or IPv6 address without port and brackets.
[[nodiscard]] bool is_ip_address(std::string_view text);

}  // namespace discovery::node
