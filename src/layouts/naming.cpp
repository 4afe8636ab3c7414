#include "layouts/naming.h"

#include "codec/json_writer.h"
#include "layouts/address.h"

namespace discovery::layouts {

using codec::JsonKind;
using codec::JsonReader;
using codec::JsonToken;

namespace {

constexpr std::string_view kScheme = "grpc";

bool read_metadata(JsonReader& reader, const JsonToken& first, size_t members_max, Members& to) {
  if (first.kind == JsonKind::kNull || first.kind == JsonKind::kObjectBegin) {
    return take_members(reader, first, members_max, to);
  }
  to.assign(1, {"metadata", ""});
  return take_text(reader, first, to.front().second);
}

}  // namespace

Reading read_naming(const NamingPlace& place, std::string_view value, const InstanceLimits& limits) {
  MappedInstance instance;
  std::string addr;
  Members metadata;
  const bool read = each_member_of(value, [&](JsonReader& reader, const std::string& name, const JsonToken& first) {
    if (name == "Addr") return take_string(first, addr);
    if (name == "Metadata") return read_metadata(reader, first, limits.metadata.members_max, metadata);
    return reader.skip(first);
  });
  if (!read) return refuse_unread("the value is not the JSON of an endpoint of etcd's naming", metadata, limits);
  if (addr.empty()) return refuse("the endpoint has no Addr");
  instance.appid = place.target;
  instance.hostname = place.endpoint;
  instance.addrs.push_back(with_scheme(kScheme, addr));
  instance.metadata = to_metadata(std::move(metadata));
  return one(std::move(instance));
}

std::optional<std::string> naming_value(const MappedInstance& instance) {
  const auto address = pick_address(instance.addrs, kScheme);
  if (!address) return std::nullopt;
  std::string out = R"({"Op":0,"Addr":)";
  codec::append_json_string(out, address->host_port);
  out += R"(,"Metadata":)";
  if (instance.metadata.members.empty()) return out += "null}";
  std::string metadata;
  codec::append_metadata(metadata, instance.metadata);
  codec::append_json_string(out, metadata);
  return out += '}';
}

std::optional<std::string> naming_key(std::string_view target, std::string_view hostname) {
  if (target.empty() || hostname.empty() || hostname.find('/') != std::string_view::npos) return std::nullopt;
  return std::string(target).append("/").append(hostname);
}

}  // namespace discovery::layouts
