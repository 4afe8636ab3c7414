#include "node/config_value.h"

#include "codec/text.h"

namespace discovery::node {
namespace {

bool has_control(std::string_view utf8) {
  for (size_t i = 0; i < utf8.size(); ++i) {
    const auto c = static_cast<unsigned char>(utf8[i]);
    if (c < 0x20 || c == 0x7F) return true;
    if (c == 0xC2 && i + 1 < utf8.size() && static_cast<unsigned char>(utf8[i + 1]) < 0xA0) return true;  // C1
  }
  return false;
}

}  // namespace

Result<ZoneNodes> parse_zones(std::string_view text) {
  ZoneNodes zones;
  while (!text.empty()) {
    const size_t semicolon = text.find(';');
    const std::string_view item = text.substr(0, semicolon);
    text.remove_prefix(semicolon == std::string_view::npos ? text.size() : semicolon + 1);
    const size_t equals = item.find('=');
    const std::string_view name = codec::trim_blanks(item.substr(0, equals));
    if (equals == std::string_view::npos || name.empty()) {
      return invalid(shown(item) + " is no zone; write zone=host:port,host:port;zone2=host:port");
    }
    if (!zones.emplace(name, split_list(item.substr(equals + 1))).second) {
      return invalid("the zone " + shown(name) + " stands there twice");
    }
  }
  return zones;
}

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> items;
  while (!text.empty()) {
    const size_t comma = text.find(',');
    const std::string_view item = codec::trim_blanks(text.substr(0, comma));
    if (!item.empty()) items.emplace_back(item);
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
  }
  return items;
}

Result<void> check_plain_text(std::string_view text, size_t bytes_max) {
  if (text.size() > bytes_max) {
    return invalid("has " + std::to_string(text.size()) + " bytes; at most " + std::to_string(bytes_max) +
                   " are allowed");
  }
  if (!codec::is_utf8(text)) return invalid(shown(text) + " is no valid UTF-8");
  if (has_control(text)) return invalid(shown(text) + " holds control characters");
  return {};
}

std::string quote_toml(std::string_view text) {
  constexpr std::string_view hex = "0123456789ABCDEF";
  std::string quoted = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (byte < 0x20 || byte == 0x7F) {
      quoted += "\\u00";
      quoted += hex[byte >> 4];
      quoted += hex[byte & 0xF];
    } else {
      quoted += c;
    }
  }
  return quoted += '"';
}

std::string quote_toml_list(const std::vector<std::string>& items) {
  std::string list = "[";
  for (const std::string& item : items) {
    if (list.size() > 1) list += ", ";
    list += quote_toml(item);
  }
  return list += ']';
}

}  // namespace discovery::node
