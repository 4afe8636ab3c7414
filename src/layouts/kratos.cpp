#include "layouts/kratos.h"

#include "codec/json_writer.h"
#include "layouts/address.h"

namespace discovery::layouts {

using codec::JsonKind;
using codec::JsonReader;
using codec::JsonToken;

namespace {

bool read_endpoints(JsonReader& reader, const JsonToken& first, size_t addrs_max, std::vector<std::string>& addrs) {
  addrs.clear();
  return each_item(reader, first, [&](const JsonToken& item) {
    std::string& addr = addrs.emplace_back();
    if (item.kind != JsonKind::kString || !take_string(item, addr)) return false;
    if (const size_t query = addr.find('?'); query != std::string::npos) addr.resize(query);
    return addrs.size() <= addrs_max;
  });
}

}  // namespace

Reading read_kratos(std::string_view value, const InstanceLimits& limits) {
  MappedInstance instance;
  Members metadata;
  const bool read = each_member_of(value, [&](JsonReader& reader, const std::string& name, const JsonToken& first) {
    if (name == "id") return take_string(first, instance.hostname);
    if (name == "name") return take_string(first, instance.appid);
    if (name == "version") return take_string(first, instance.version);
    if (name == "metadata") return take_members(reader, first, limits.metadata.members_max, metadata);
    if (name == "endpoints") return read_endpoints(reader, first, limits.addrs_max, instance.addrs);
    return reader.skip(first);
  });
  if (!read && instance.addrs.size() > limits.addrs_max) return refuse(kTooManyAddrs);
  if (!read) return refuse_unread("the value is not the JSON of a kratos instance", metadata, limits);
  instance.metadata = to_metadata(std::move(metadata));
  return one(std::move(instance));
}

std::optional<std::string> kratos_value(const MappedInstance& instance) {
  std::vector<std::string> endpoints;
  for (const std::string& addr : instance.addrs) {
    if (is_plain_url(addr)) endpoints.push_back(addr);
  }
  if (endpoints.empty()) return std::nullopt;
  std::string out = R"({"id":)";
  codec::append_json_string(out, instance.hostname);
  out += R"(,"name":)";
  codec::append_json_string(out, instance.appid);
  out += R"(,"version":)";
  codec::append_json_string(out, instance.version);
  out += R"(,"metadata":)";
  codec::append_metadata(out, instance.metadata);
  out.append(R"(,"endpoints":)").append(addrs_json(endpoints));
  return out += '}';
}

std::optional<std::string> kratos_key(std::string_view name_space, std::string_view appid, std::string_view hostname) {
  if (appid.empty() || hostname.empty() || hostname.find('/') != std::string_view::npos) return std::nullopt;
  return std::string(name_space).append("/").append(appid).append("/").append(hostname);
}

}  // namespace discovery::layouts
