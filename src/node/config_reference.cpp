#include "node/config_reference.h"

#include <string_view>

#include "node/config_keys.h"

namespace discovery::node {
namespace {

constexpr std::string_view kHead =
    "| key | type | default | allowed | reload | meaning |\n"
    "|---|---|---|---|---|---|\n";

std::string_view note_of(Effect effect) {
  switch (effect) {
    case Effect::kOriginal:
      return " *Without effect, a warning.*";
    case Effect::kNow:
      break;
  }
  return "";
}

/// The section under which a key stands: "zones" is one of its own, and its only key.
std::string_view heading_of(const KeySpec& key) { return key.type == KeyType::kZones ? key.name : key.section(); }

void append_heading(std::string& out, std::string_view section) {
  if (!out.empty()) out += '\n';
  if (section.empty()) {
    out += "### At the top of the file\n\n";
  } else {
    out.append("### `[").append(section).append("]`\n\n");
  }
  out += kHead;
}

void append_row(std::string& out, const KeySpec& key) {
  out.append("| `").append(key.name).append("` | ").append(type_name(key)).append(" | ");
  if (!key.default_text.empty()) out.append("`").append(key.default_text).append("`");
  out += " | ";
  if (!key.max_text.empty()) out.append(key.min_text).append(" to ").append(key.max_text);
  out.append(" | ").append(key.reloadable ? "yes" : "").append(" | ");
  out.append(key.description).append(note_of(key.effect)).append(" |\n");
}

}  // namespace

std::string config_reference() {
  std::string out;
  std::string_view section = "?";
  for (const KeySpec& key : config_keys()) {
    if (heading_of(key) != section) {
      section = heading_of(key);
      append_heading(out, section);
    }
    append_row(out, key);
  }
  return out;
}

}  // namespace discovery::node
