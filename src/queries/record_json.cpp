#include "queries/record_json.h"

namespace discovery::queries {

using nlohmann::ordered_json;
using registry::InstanceNumbers;
using registry::RecordState;

std::string text_of(const ordered_json& json) {
  return json.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

ordered_json parsed(std::string_view text) {
  ordered_json json = ordered_json::parse(text, nullptr, false);
  return json.is_discarded() ? ordered_json(nullptr) : json;
}

std::string_view state_name(RecordState state) {
  switch (state) {
    case RecordState::kVisible:
      return "visible";
    case RecordState::kHidden:
      return "hidden";
    case RecordState::kTombstone:
      break;
  }
  return "cancelled";
}

ordered_json version_json(const registry::Version& v) {
  ordered_json json;
  json["t"] = v.incarnation.t_ns;
  json["node"] = v.incarnation.node;
  if (v.set.t_ns != 0) json["set"] = {{"t", v.set.t_ns}, {"node", v.set.node}};
  return json;
}

void add_numbers(ordered_json& to, const InstanceNumbers& n) {
  to["state"] = state_name(n.state);
  to["status"] = n.status;
  to["version_number"] = version_json(n.version);
}

void add_content(ordered_json& to, const ContentView& c) {
  to["region"] = c.region;
  to["version"] = c.version;
  to["addrs"] = parsed(c.addrs_json.empty() ? "[]" : c.addrs_json);
  to["metadata"] = parsed(c.metadata_json.empty() ? "null" : c.metadata_json);
}

ordered_json origin_json(const OriginView& origin) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string id(origin.lease_id != 0 ? 16 : 0, '0');  // as etcdctl writes it
  uint64_t rest = origin.lease_id;
  for (auto c = id.rbegin(); c != id.rend(); ++c, rest >>= 4) *c = kDigits[rest & 15];
  ordered_json json;
  json["protocol"] = "etcd";
  json["layout"] = origin.layout;
  json["key"] = origin.key;
  json["lease_id"] = id;
  json["lease_seconds"] = nullptr;
  if (origin.lease > Duration::zero()) json["lease_seconds"] = std::chrono::duration<double>(origin.lease).count();
  return json;
}

void add_origin(ordered_json& to, const std::optional<keyspace::KeyOrigin>& from) {
  if (from) to["origin"] = origin_json({from->layout, from->key, static_cast<uint64_t>(from->lease_id), from->lease});
}

void add_times(ordered_json& to, const InstanceNumbers& n, int64_t renew_ns) {
  to["reg_timestamp"] = n.reg_ns;
  to["up_timestamp"] = n.up_ns;
  to["renew_timestamp"] = renew_ns;
  to["dirty_timestamp"] = n.dirty_ns;
  to["latest_timestamp"] = n.latest_ns;
}

}  // namespace discovery::queries
