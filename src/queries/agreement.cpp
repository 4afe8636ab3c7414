#include "queries/agreement.h"

#include <cstdio>
#include <map>
#include <optional>

#include "queries/other_node.h"

namespace discovery::queries {

using nlohmann::ordered_json;

namespace {

constexpr size_t kZonesTold = 4;  ///< of a host that differs in more

/// What a node has of a host.
struct Said {
  std::string node;
  std::map<std::string, ordered_json> zones;  ///< state, status and version, by zone
  std::optional<double> renewed_ago;          ///< seconds since the last renewal that arrived there
};

std::optional<Said> read(const std::string& text, std::string_view zone) {
  const auto answer = read_other(text);
  if (!answer) return std::nullopt;
  Said said;
  const auto records = answer->object.find("records");
  if (!read_text(answer->object, "node", said.node) || records == answer->object.end() || !records->is_array()) {
    return std::nullopt;
  }
  for (const ordered_json& record : *records) {
    std::string in;
    if (!record.is_object() || !read_text(record, "zone", in)) return std::nullopt;
    auto numbers = numbers_of(record);
    if (!numbers) return std::nullopt;
    if (!zone.empty() && in != zone) continue;
    const auto ago = record.find("renewed_here_seconds_ago");
    if (ago != record.end() && ago->is_number()) {
      said.renewed_ago = std::min(said.renewed_ago.value_or(ago->get<double>()), ago->get<double>());
    }
    said.zones[in] = std::move(numbers->object);
  }
  return said;
}

/// Of one zone; null: no record.
std::string difference(const ordered_json& here, const ordered_json& there) {
  if (there.is_null()) return "has no record of it";
  if (here.is_null()) return "has a record of it, " + there["state"].get<std::string>();
  if (here["state"] != there["state"]) return "has it " + there["state"].get<std::string>();
  if (here["status"] != there["status"]) return "has it with status " + there["status"].dump();
  return "has another version of it";
}

/// "": the same.
std::string difference(const Said& here, const Said& there) {
  const auto of = [](const Said& said, const std::string& zone) {
    const auto it = said.zones.find(zone);
    return it == said.zones.end() ? ordered_json(nullptr) : it->second;
  };
  std::map<std::string, ordered_json> all = here.zones;
  all.insert(there.zones.begin(), there.zones.end());
  std::string text;
  size_t told = 0;
  for (const auto& [zone, numbers] : all) {
    const ordered_json ours = of(here, zone);
    const ordered_json theirs = of(there, zone);
    if (ours == theirs) continue;
    if (++told > kZonesTold) return text + "; and more";
    text += (text.empty() ? "" : "; ") + difference(ours, theirs) + (all.size() > 1 ? " in zone " + zone : "");
  }
  return text;
}

std::string seconds_text(double seconds) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f s", seconds);
  return text;
}

}  // namespace

void add_remark(ordered_json& explained, std::string_view about, std::string_view detail) {
  explained["verdicts"].push_back({{"about", about}, {"passes", true}, {"detail", detail}});
}

void add_agreement(ordered_json& explained, const std::string& here, std::string_view zone,
                   std::span<const NodeAnswer> others) {
  const auto ours = read(here, zone);
  if (!ours) return;  // our own answer is one
  explained["nodes"] = ordered_json::array();
  size_t agree = 0;
  std::string otherwise;
  std::string renewed_at = ours->node;
  std::optional<double> ago = ours->renewed_ago;
  for (const NodeAnswer& other : others) {
    ordered_json agrees = nullptr;
    std::string says;
    const auto theirs = other.records ? read(*other.records, zone) : std::nullopt;
    if (!other.records) {
      says = other.records.error().message;
    } else if (!theirs) {
      says = "what it answers is no answer of a node";
    } else {
      const std::string differs = difference(*ours, *theirs);
      agrees = differs.empty();
      says = differs.empty() ? "the same" : differs;
      agree += differs.empty();
      if (theirs->renewed_ago && *theirs->renewed_ago < ago.value_or(*theirs->renewed_ago + 1)) {
        ago = theirs->renewed_ago;
        renewed_at = other.address;
      }
    }
    if (agrees != true) otherwise += "; " + other.address + " " + says;
    explained["nodes"].push_back({{"address", other.address}, {"agrees", std::move(agrees)}, {"says", says}});
  }
  if (ago) add_remark(explained, "renewal", "the last one arrived " + seconds_text(*ago) + " ago at " + renewed_at);
  std::string detail = "there is no other node";
  if (!others.empty()) {
    const std::string of = std::to_string(agree) + " of " + std::to_string(others.size());
    detail = of + " other nodes " + (agree == 1 ? "has" : "have") + " the same" + otherwise;
  }
  add_remark(explained, "nodes", detail);
}

}  // namespace discovery::queries
