#include "node/config_address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <iterator>

#include "node/config_value.h"

namespace discovery::node {
namespace {

constexpr size_t kHostBytesMax = 253;  // RFC 1035, as text

bool is_address_of(int family, std::string_view text) {
  in6_addr address{};  // the larger one
  return inet_pton(family, std::string(text).c_str(), &address) == 1;
}

bool is_name(std::string_view host) {
  if (host.empty() || host.size() > kHostBytesMax) return false;
  bool digits_only = true;
  for (const char c : host) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const bool digit = c >= '0' && c <= '9';
    if (!letter && !digit && c != '-' && c != '_' && c != '.') return false;
    digits_only = digits_only && (digit || c == '.');
  }
  return !digits_only || is_address_of(AF_INET, host);  // 10.0.0 and 10.0.0.256 are slips, not names
}

bool read_port(std::string_view text, uint16_t& port) {
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), port);
  return !text.empty() && problem == std::errc{} && end == text.data() + text.size();
}

/// False: not of the form. Takes any host there is, wildcards and the empty one too.
bool split(std::string_view text, HostPort& address) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || !read_port(text.substr(colon + 1), address.port)) return false;
  std::string_view host = text.substr(0, colon);
  if (host.starts_with('[')) {
    if (!host.ends_with(']')) return false;
    host = host.substr(1, host.size() - 2);
    if (!is_address_of(AF_INET6, host)) return false;
    address.ipv6 = true;
  } else if (!host.empty() && !is_name(host)) {
    return false;
  }
  address.host = host;
  return true;
}

Error no_address(std::string_view text) {
  return invalid(shown(text) + " is no address; write host:port, an IPv6 address in brackets: [::1]:7171");
}

}  // namespace

bool HostPort::is_wildcard() const {
  if (host.empty()) return true;
  if (!ipv6) return host == "0.0.0.0";  // the one way inet_pton() takes it
  in6_addr address{};
  if (inet_pton(AF_INET6, host.c_str(), &address) != 1) return false;
  return std::all_of(std::begin(address.s6_addr), std::end(address.s6_addr), [](uint8_t byte) { return byte == 0; });
}

Result<HostPort> parse_listen_address(std::string_view text) {
  HostPort address;
  if (!split(text, address)) return no_address(text);
  return address;
}

Result<HostPort> parse_peer_address(std::string_view text) {
  HostPort address;
  if (!split(text, address)) return no_address(text);
  if (address.is_wildcard()) return invalid(shown(text) + " names every address; write the one others reach");
  if (address.port == 0) return invalid(shown(text) + " has port 0; write the port others reach");
  return address;
}

bool is_ip_address(std::string_view text) { return is_address_of(AF_INET, text) || is_address_of(AF_INET6, text); }

}  // namespace discovery::node
