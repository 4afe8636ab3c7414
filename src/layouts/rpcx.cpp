#include "layouts/rpcx.h"

#include <algorithm>

#include "codec/percent.h"
#include "codec/text.h"
#include "layouts/address.h"
#include "layouts/paths.h"

namespace discovery::layouts {

namespace {

constexpr std::string_view kBaseMarker = "rpcx_path";

/// False: it does not decode.
bool decode_part(std::string_view text, std::string& to) {
  if (!codec::percent_decode_form(text, to)) return false;
  if (!codec::is_utf8(to)) to = codec::repair_utf8(to);
  return true;
}

void read_pair(std::string_view pair, Members& members) {
  if (pair.empty() || pair.find(';') != std::string_view::npos) return;
  const size_t equals = std::min(pair.find('='), pair.size());
  std::string name;
  std::string value;
  if (!decode_part(pair.substr(0, equals), name)) return;
  if (!decode_part(pair.substr(std::min(equals + 1, pair.size())), value)) return;
  members.emplace_back(std::move(name), std::move(value));
}

/// At most `members_max` and one more.
Members read_query(std::string_view query, size_t members_max) {
  Members members;
  for (size_t from = 0; from < query.size() && members.size() <= members_max;) {
    const size_t end = std::min(query.find('&', from), query.size());
    read_pair(query.substr(from, end - from), members);
    from = end + 1;
  }
  std::reverse(members.begin(), members.end());  // of equal names the last one stays
  return members;
}

}  // namespace

bool is_rpcx_node(std::string_view segment) {
  const size_t at = segment.find('@');
  return at != std::string_view::npos && is_scheme(segment.substr(0, at)) && is_host_port(segment.substr(at + 1));
}

bool is_rpcx_marker(std::string_view key, std::string_view value) {
  return value == kBaseMarker || (key.find('/') != std::string_view::npos && last_segment(key) == value);
}

Reading read_rpcx(const RpcxPlace& place, std::string_view value, const InstanceLimits& limits) {
  if (!is_rpcx_node(place.node)) return refuse("the last segment is not <network>@<host:port>");
  if (place.service.empty()) return refuse("no service stands before the rpcx address");
  MappedInstance instance;
  instance.appid = place.service;
  instance.hostname = place.node;
  const size_t at = place.node.find('@');
  instance.addrs.push_back(with_scheme(place.node.substr(0, at), place.node.substr(at + 1)));
  Members query = read_query(value, limits.metadata.members_max);
  if (query.size() > limits.metadata.members_max) return refuse(kTooMuchMetadata);
  instance.metadata = to_metadata(std::move(query));
  for (const auto& [name, text] : instance.metadata.members) {
    if (name == "state" && text == "inactive") instance.status = kStatusWaiting;
  }
  return one(std::move(instance));
}

}  // namespace discovery::layouts
