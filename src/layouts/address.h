// Addresses, as far as a layout has to look into them.
//
// Thread: pure functions. Nothing is resolved, and a number is not checked for being an address.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace discovery::layouts {

/// `10.0.0.1:80`, `cart.internal:80`, `[::1]:80`: the host of letters, digits, `.`, `-` and `_`, or in brackets one of
/// IPv6, with a zone if need be; the port from 1 to 65535.
[[nodiscard]] bool is_host_port(std::string_view text);

/// RFC 3986 3.1: a letter, then letters, digits, `+`, `-` and `.`.
[[nodiscard]] bool is_scheme(std::string_view text);

/// Views into an address `[<scheme>://]<host:port>[/...][?...]`.
struct AddressParts {
  std::string_view scheme;  ///< "" without
  std::string_view host_port;
};

/// None: not of that form.
[[nodiscard]] std::optional<AddressParts> split_address(std::string_view addr);

/// Of those that split_address() reads, the first of the preferred scheme, "" prefers none; else the first.
[[nodiscard]] std::optional<AddressParts> pick_address(const std::vector<std::string>& addrs,
                                                       std::string_view preferred_scheme);

/// `<scheme>://<addr>`; as it is when it has a scheme already.
[[nodiscard]] std::string with_scheme(std::string_view scheme, std::string_view addr);

/// Whether Go's url.Parse() reads `<scheme>://<host or host:port>[/...][?...]`. Refuses some that it reads, with `%`
/// among them.
[[nodiscard]] bool is_plain_url(std::string_view addr);

}  // namespace discovery::layouts
