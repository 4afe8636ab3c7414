#include "queries/other_node.h"

namespace discovery::queries {

using nlohmann::ordered_json;

namespace {

constexpr int kDepthMax = 6;

bool is_stamp(const ordered_json& json) {
  return json.is_object() && json.contains("t") && json["t"].is_number_integer() && json.contains("node") &&
         json["node"].is_number_unsigned();
}

bool is_state(const ordered_json& json) { return json == "visible" || json == "hidden" || json == "cancelled"; }

}  // namespace

std::optional<OtherAnswer> read_other(std::string_view text) {
  bool flat = true;
  const auto not_deep = [&](int depth, ordered_json::parse_event_t /*event*/, ordered_json& /*parsed*/) {
    flat = flat && depth <= kDepthMax;
    return flat;  // what lies deeper is not kept: copying and comparing would follow it down
  };
  OtherAnswer answer{ordered_json::parse(text, not_deep, false)};
  if (!flat || !answer.object.is_object()) return std::nullopt;
  return answer;
}

bool read_text(const ordered_json& from, const char* name, std::string& to) {
  const auto it = from.find(name);
  if (it == from.end() || !it->is_string()) return false;
  to = it->get<std::string>();
  return true;
}

std::optional<OtherAnswer> numbers_of(const ordered_json& record) {
  const auto state = record.find("state");
  const auto status = record.find("status");
  const auto version = record.find("version_number");
  if (state == record.end() || !is_state(*state) || status == record.end() || !status->is_number_unsigned() ||
      version == record.end() || !is_stamp(*version)) {
    return std::nullopt;
  }
  ordered_json stamp = {{"t", (*version)["t"]}, {"node", (*version)["node"]}};
  if (const auto set = version->find("set"); set != version->end()) {
    if (!is_stamp(*set)) return std::nullopt;
    stamp["set"] = {{"t", (*set)["t"]}, {"node", (*set)["node"]}};
  }
  return OtherAnswer{{{"state", *state}, {"status", *status}, {"version_number", std::move(stamp)}}};
}

}  // namespace discovery::queries
