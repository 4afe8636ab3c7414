#include "layouts/go_micro.h"

#include <iterator>

#include "codec/json_writer.h"
#include "layouts/address.h"

namespace discovery::layouts {

using codec::JsonKind;
using codec::JsonReader;
using codec::JsonToken;

namespace {

constexpr std::string_view kProtocol = "protocol";
constexpr std::string_view kDefaultScheme = "tcp";
constexpr size_t kNodesKept = 2;  // one too many

struct Node {
  std::string id;
  std::string address;
  Members metadata;
};

bool read_node(JsonReader& reader, size_t members_max, Node& node) {
  return each_member(reader, [&](const std::string& name, const JsonToken& first) {
    if (name == "id") return take_string(first, node.id);
    if (name == "address") return take_string(first, node.address);
    if (name == "metadata") return take_members(reader, first, members_max, node.metadata);
    return reader.skip(first);
  });
}

/// Keeps kNodesKept of them.
bool read_nodes(JsonReader& reader, const JsonToken& first, size_t members_max, std::vector<Node>& nodes) {
  nodes.clear();
  return each_item(reader, first, [&](const JsonToken& item) {
    if (item.kind != JsonKind::kObjectBegin) return false;
    if (nodes.size() == kNodesKept) return reader.skip_container();
    return read_node(reader, members_max, nodes.emplace_back());
  });
}

std::string_view scheme_of(const Members& metadata) {
  std::string_view scheme = kDefaultScheme;
  for (const auto& [name, value] : metadata) {
    if (name == kProtocol) scheme = is_scheme(value) ? std::string_view(value) : kDefaultScheme;
  }
  return scheme;
}

std::string_view member(const codec::Metadata& metadata, std::string_view name) {
  for (const auto& [key, value] : metadata.members) {
    if (key == name) return value;
  }
  return "";
}

/// With the scheme that the node's address has here, where nothing is said of it.
codec::Metadata with_protocol(const codec::Metadata& metadata, std::string_view scheme, const InstanceLimits& limits) {
  if (scheme.empty() || scheme == kDefaultScheme || !member(metadata, kProtocol).empty()) return metadata;
  codec::Metadata with = metadata;
  codec::merge_metadata(with, {codec::Metadata::Kind::kObject, {{std::string(kProtocol), std::string(scheme)}}});
  return codec::within_limits(with, limits.metadata) ? with : metadata;
}

/// One segment of a path that path.Join() leaves as it is, and nothing of which was replaced.
bool is_segment(std::string_view text) {
  return !text.empty() && text != "." && text != ".." && text.find('/') == std::string_view::npos;
}

}  // namespace

Reading read_go_micro(std::string_view value, const InstanceLimits& limits) {
  MappedInstance instance;
  std::vector<Node> nodes;
  Members metadata;
  const size_t members_max = limits.metadata.members_max;
  const bool read = each_member_of(value, [&](JsonReader& reader, const std::string& name, const JsonToken& first) {
    if (name == "name") return take_string(first, instance.appid);
    if (name == "version") return take_string(first, instance.version);
    if (name == "metadata") return take_members(reader, first, members_max, metadata);
    if (name == "nodes") return read_nodes(reader, first, members_max, nodes);
    return reader.skip(first);
  });
  if (!read) {
    const Members& last = nodes.empty() ? metadata : nodes.back().metadata;
    return refuse_unread("the value is not the JSON of a go-micro service", last.size() > members_max ? last : metadata,
                         limits);
  }
  if (nodes.size() != 1) return refuse("a go-micro service in a key has exactly one node");
  Node& node = nodes.front();
  if (node.address.empty()) return refuse("the go-micro node has no address");
  instance.hostname = std::move(node.id);
  instance.addrs.push_back(with_scheme(scheme_of(node.metadata), node.address));
  metadata.insert(metadata.end(), std::make_move_iterator(node.metadata.begin()),
                  std::make_move_iterator(node.metadata.end()));
  instance.metadata = to_metadata(std::move(metadata));
  return one(std::move(instance));
}

std::optional<std::string> go_micro_value(const MappedInstance& instance, const InstanceLimits& limits) {
  const auto address = pick_address(instance.addrs, member(instance.metadata, kProtocol));
  if (!address) return std::nullopt;
  std::string out = R"({"name":)";
  codec::append_json_string(out, instance.appid);
  out += R"(,"version":)";
  codec::append_json_string(out, instance.version);
  out += R"(,"metadata":{},"endpoints":[],"nodes":[{"id":)";
  codec::append_json_string(out, instance.hostname);
  out += R"(,"address":)";
  codec::append_json_string(out, address->host_port);
  out += R"(,"metadata":)";
  codec::append_metadata(out, with_protocol(instance.metadata, address->scheme, limits));
  return out += "}]}";
}

std::string go_micro_gone_value(std::string_view appid) {
  std::string out = R"({"name":)";
  codec::append_json_string(out, appid);
  return out += R"(,"version":"","metadata":{},"endpoints":[],"nodes":[]})";
}

std::optional<std::string> go_micro_key(std::string_view appid, std::string_view hostname) {
  if (!is_segment(appid) || !is_segment(hostname)) return std::nullopt;
  return std::string(kGoMicroPrefix).append("/").append(appid).append("/").append(hostname);
}

}  // namespace discovery::layouts
