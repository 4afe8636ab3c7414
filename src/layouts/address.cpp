#include "layouts/address.h"

#include <algorithm>

namespace discovery::layouts {

namespace {

constexpr std::string_view kSchemeEnd = "://";
constexpr size_t kPortDigitsMax = 5;
constexpr unsigned kPortMax = 65535;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool is_host_char(char c) { return is_letter(c) || is_digit(c) || c == '.' || c == '-' || c == '_'; }

bool is_port(std::string_view text) {
  if (text.empty() || text.size() > kPortDigitsMax || !std::ranges::all_of(text, is_digit)) return false;
  unsigned port = 0;
  for (const char c : text) port = port * 10 + static_cast<unsigned>(c - '0');
  return port >= 1 && port <= kPortMax;
}

/// What stands between brackets.
bool is_ipv6(std::string_view text) {
  const size_t zone = text.find('%');
  const std::string_view number = text.substr(0, zone);
  if (number.find(':') == std::string_view::npos) return false;
  if (!std::ranges::all_of(number, [](char c) { return is_hex(c) || c == ':' || c == '.'; })) return false;
  if (zone == std::string_view::npos) return true;
  const std::string_view name = text.substr(zone + 1);
  return !name.empty() && std::ranges::all_of(name, is_host_char);
}

bool is_host(std::string_view text) {
  if (text.starts_with('[')) return text.ends_with(']') && is_ipv6(text.substr(1, text.size() - 2));
  return !text.empty() && std::ranges::all_of(text, is_host_char);
}

/// Up to the path, the query or the fragment.
std::string_view authority_of(std::string_view text) { return text.substr(0, text.find_first_of("/?#")); }

/// What stands in path and query of a URL as it is, without `%`.
bool is_url_char(char c) {
  constexpr std::string_view kOthers = "-._~:/?@!$&'()*+,;=";
  return is_letter(c) || is_digit(c) || kOthers.find(c) != std::string_view::npos;
}

}  // namespace

bool is_host_port(std::string_view text) {
  const size_t colon = text.rfind(':');
  return colon != std::string_view::npos && is_port(text.substr(colon + 1)) && is_host(text.substr(0, colon));
}

bool is_scheme(std::string_view text) {
  return !text.empty() && is_letter(text.front()) && std::ranges::all_of(text, [](char c) {
    return is_letter(c) || is_digit(c) || c == '+' || c == '-' || c == '.';
  });
}

std::optional<AddressParts> split_address(std::string_view addr) {
  AddressParts parts;
  if (const size_t end = addr.find(kSchemeEnd); end != std::string_view::npos) {
    parts.scheme = addr.substr(0, end);
    if (!is_scheme(parts.scheme)) return std::nullopt;
    addr.remove_prefix(end + kSchemeEnd.size());
  }
  parts.host_port = authority_of(addr);
  if (!is_host_port(parts.host_port)) return std::nullopt;
  return parts;
}

std::optional<AddressParts> pick_address(const std::vector<std::string>& addrs, std::string_view preferred_scheme) {
  std::optional<AddressParts> picked;
  for (const std::string& addr : addrs) {
    const auto parts = split_address(addr);
    if (!parts) continue;
    if (!preferred_scheme.empty() && parts->scheme == preferred_scheme) return parts;
    if (!picked) picked = parts;
  }
  return picked;
}

std::string with_scheme(std::string_view scheme, std::string_view addr) {
  std::string out;
  if (addr.find(kSchemeEnd) == std::string_view::npos) out.append(scheme).append(kSchemeEnd);
  return out.append(addr);
}

bool is_plain_url(std::string_view addr) {
  const size_t end = addr.find(kSchemeEnd);
  if (end == std::string_view::npos || !is_scheme(addr.substr(0, end))) return false;
  addr.remove_prefix(end + kSchemeEnd.size());
  const std::string_view authority = authority_of(addr);
  if (authority.find('%') != std::string_view::npos) return false;
  return (is_host_port(authority) || is_host(authority)) &&
         std::ranges::all_of(addr.substr(authority.size()), is_url_char);
}

}  // namespace discovery::layouts
