// print_config() of config.h.
#include <string>
#include <string_view>

#include "codec/text.h"
#include "node/config.h"
#include "node/config_assign.h"
#include "node/config_keys.h"
#include "node/config_print.h"

namespace discovery::node {
namespace {

std::string comment(const ValueSource& source) { return "  # " + codec::printable(source.text(), 1024) + "\n"; }

void append_zones(std::string& out, const Config& config, size_t index) {
  const ValueSource& source = config.sources[index];
  out += "\n[zones]" + comment(source);
  for (const auto& [zone, nodes] : config.zones) out += quote_toml(zone) + " = " + quote_toml_list(nodes) + "\n";
}

}  // namespace

void append_setting(std::string& out, const KeySpec& key, const std::string& value, const ValueSource& source) {
  if (key.secret) {
    const bool set = source.kind != ValueSource::Kind::kDefault;
    out.append("# ").append(key.leaf()) += (set ? " is set and not shown" : " is not set") + comment(source);
    return;
  }
  out.append(key.leaf()).append(" = ") += value + comment(source);
}

std::string print_config(const Config& config) {
  std::string out = "# Every effective value, and where it came from. This is a valid configuration file.\n";
  std::string_view section;
  const auto keys = config_keys();
  for (size_t i = 0; i < keys.size(); ++i) {
    if (keys[i].field == nullptr) continue;
    if (keys[i].type == KeyType::kZones) {
      append_zones(out, config, i);
      continue;
    }
    if (keys[i].section() != section) {
      section = keys[i].section();
      out.append("\n[").append(section).append("]\n");
    }
    append_setting(out, keys[i], format_value(keys[i], config), config.sources[i]);
  }
  return out;
}

}  // namespace discovery::node
