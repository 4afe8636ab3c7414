#include "client/answers.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

namespace discovery::client {

namespace {

using nlohmann::json;

Error malformed(std::string where) { return {Errc::kMalformed, std::move(where)}; }

// A document that nests too deeply is not given to the parser.
bool nests_within(std::string_view text, size_t depth_max) {
  size_t depth = 0;
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\') {
        ++i;
      } else if (c == '"') {
        quoted = false;
      }
    } else if (c == '"') {
      quoted = true;
    } else if (c == '[' || c == '{') {
      if (++depth > depth_max) return false;
    } else if ((c == ']' || c == '}') && depth > 0) {
      --depth;
    }
  }
  return true;
}

std::optional<int64_t> integer(const json& value) {
  if (value.is_number_unsigned()) {
    const auto number = value.get<uint64_t>();
    if (number > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) return std::nullopt;
    return static_cast<int64_t>(number);
  }
  if (value.is_number_integer()) return value.get<int64_t>();
  return std::nullopt;
}

const json* member(const json& object, const char* name) {
  const auto it = object.find(name);
  return it == object.end() || it->is_null() ? nullptr : &*it;
}

bool take_text(const json& object, const char* name, std::string& into) {
  const json* value = member(object, name);
  if (value == nullptr) return true;
  if (!value->is_string()) return false;
  into = value->get_ref<const std::string&>();
  return true;
}

bool take_integer(const json& object, const char* name, int64_t& into) {
  const json* value = member(object, name);
  if (value == nullptr) return true;
  const auto number = integer(*value);
  into = number.value_or(0);
  return number.has_value();
}

bool take_addrs(const json& object, std::vector<std::string>& into) {
  const json* addrs = member(object, "addrs");
  if (addrs == nullptr) return true;
  if (!addrs->is_array()) return false;
  for (const json& addr : *addrs) {
    if (!addr.is_string()) return false;
    into.push_back(addr.get<std::string>());
  }
  return true;
}

bool take_metadata(const json& object, std::map<std::string, std::string>& into) {
  const json* metadata = member(object, "metadata");
  if (metadata == nullptr) return true;
  if (!metadata->is_object()) return false;
  for (const auto& [name, value] : metadata->items()) {
    into[name] =
        value.is_string() ? value.get<std::string>() : value.dump(-1, ' ', false, json::error_handler_t::replace);
  }
  return true;
}

// Further members are none of ours; missing ones are empty.
bool read_instance(const json& object, Instance& into) {
  if (!object.is_object()) return false;
  int64_t status = 1;
  const bool well = take_text(object, "region", into.region) && take_text(object, "zone", into.zone) &&
                    take_text(object, "env", into.env) && take_text(object, "appid", into.appid) &&
                    take_text(object, "hostname", into.hostname) && take_text(object, "version", into.version) &&
                    take_addrs(object, into.addrs) && take_metadata(object, into.metadata) &&
                    take_integer(object, "status", status) &&
                    take_integer(object, "reg_timestamp", into.reg_timestamp_ns) &&
                    take_integer(object, "up_timestamp", into.up_timestamp_ns) &&
                    take_integer(object, "renew_timestamp", into.renew_timestamp_ns) &&
                    take_integer(object, "dirty_timestamp", into.dirty_timestamp_ns) &&
                    take_integer(object, "latest_timestamp", into.latest_timestamp_ns);
  if (!well || (status != 1 && status != 2)) return false;
  into.status = static_cast<Status>(status);
  return true;
}

Error read_zone(const json& zone, const std::string& where, size_t instances_max, InstanceList& into) {
  if (zone.is_null()) return {};
  if (!zone.is_array()) return malformed(where + ": a zone is no array");
  if (into.instances.size() + zone.size() > instances_max) {
    return {Errc::kLimit, where + ": more than " + std::to_string(instances_max) + " instances"};
  }
  for (const json& object : zone) {
    Instance instance;
    if (!read_instance(object, instance)) return malformed(where + ": an instance is malformed");
    into.instances.push_back(std::move(instance));
  }
  return {};
}

Error read_list(const json& data, std::string_view appid, size_t instances_max, InstanceList& into) {
  const std::string where = "data of " + std::string(appid.substr(0, 200));
  into.appid = appid;
  into.known = true;
  if (!data.is_object()) return malformed(where + " is " + data.type_name());
  if (!take_integer(data, "latest_timestamp", into.latest_timestamp_ns) || into.latest_timestamp_ns <= 0) {
    return malformed(where + ": no latest_timestamp");
  }
  const json* zones = member(data, "instances");
  if (zones == nullptr) return {};
  if (!zones->is_object()) return malformed(where + ": instances are no object by zone");
  for (const json& zone : *zones) {
    if (Error error = read_zone(zone, where, instances_max, into)) return error;
  }
  std::sort(into.instances.begin(), into.instances.end(), [](const Instance& a, const Instance& b) {
    return std::tie(a.zone, a.hostname) < std::tie(b.zone, b.hostname);
  });
  return {};
}

Error open(std::string_view body, json& document, Envelope& envelope) {
  if (!nests_within(body, kDepthMax)) return malformed("nested too deeply");
  document = json::parse(body, nullptr, false);
  if (document.is_discarded()) return malformed("no JSON");
  if (!document.is_object()) return malformed("no JSON object");
  const json* code = member(document, "code");
  const auto number = code == nullptr ? std::nullopt : integer(*code);
  if (!number || *number < std::numeric_limits<int>::min() || *number > std::numeric_limits<int>::max()) {
    return malformed("no integer code");
  }
  envelope.code = static_cast<int>(*number);
  if (!take_text(document, "message", envelope.message)) envelope.message.clear();
  return {};
}

Error read_unknown(const json& document, std::vector<std::string>& into) {
  const json* errors = member(document, "error");
  if (errors == nullptr) return {};
  const json* unknown = errors->is_object() ? member(*errors, "-404") : nullptr;
  if (unknown == nullptr) return errors->is_object() ? Error{} : malformed("error is no object");
  if (!unknown->is_array()) return malformed("error[-404] is no array");
  for (const json& appid : *unknown) {
    if (!appid.is_string()) return malformed("error[-404] holds no text");
    into.push_back(appid.get<std::string>());
  }
  return {};
}

}  // namespace

Error read_envelope(std::string_view body, Envelope& into) {
  json document;
  return open(body, document, into);
}

Error read_polls(std::string_view body, size_t instances_max, PollsAnswer& into) {
  json document;
  if (Error error = open(body, document, into.envelope)) return error;
  if (into.envelope.code != kCodeOk) return {};
  if (const json* data = member(document, "data")) {
    if (!data->is_object()) return malformed("data is no object");
    for (const auto& [appid, value] : data->items()) {
      InstanceList list;
      Error error = read_list(value, appid, instances_max, list);
      if (!error) {
        into.lists.push_back(std::move(list));
      } else if (!into.bad) {
        into.bad = std::move(error);
      }
    }
  }
  return read_unknown(document, into.unknown);
}

Error read_fetch(std::string_view body, std::string_view appid, size_t instances_max, FetchAnswer& into) {
  json document;
  if (Error error = open(body, document, into.envelope)) return error;
  if (into.envelope.code != kCodeOk) return {};
  const json* data = member(document, "data");
  return data == nullptr ? malformed("no data") : read_list(*data, appid, instances_max, into.list);
}

}  // namespace discovery::client
