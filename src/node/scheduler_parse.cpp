// parse_scheduler() of scheduler_files.h.
#include <charconv>
#include <limits>
#include <map>
#include <optional>

#include "codec/json_reader.h"
#include "codec/json_writer.h"
#include "codec/text.h"
#include "node/config.h"
#include "node/scheduler_files.h"

namespace discovery::node {
namespace {

using codec::JsonKind;
using codec::JsonReader;
using codec::JsonToken;

using Weights = std::map<std::string, int64_t>;
using Clients = std::map<std::string, Weights>;

Error no_json() { return invalid("is no valid JSON, or nested too deeply"); }

Error expected(const std::string& where, std::string_view what) {
  return invalid(codec::printable(where) + ": expected " + std::string(what));
}

/// The name, decoded, if it is one that an application or zone may have.
Result<std::string> checked_name(const std::string& where, std::string name) {
  if (name.empty()) return expected(where, "a name, found empty text");
  if (Result<void> good = check_plain_text(name, kNameBytesMax); !good) {
    return invalid(codec::printable(where) + ": " + good.error().message);
  }
  return name;
}

/// Reads the rest of a value whose first token is `token`.
bool skip(JsonReader& reader, const JsonToken& token) {
  const bool container = token.kind == JsonKind::kObjectBegin || token.kind == JsonKind::kArrayBegin;
  return container ? reader.skip_container() : token.kind != JsonKind::kError;
}

/// Calls member(decoded name, first token of its value) -> Result<void> for each member of the object at hand.
template <class F>
Result<void> for_each_member(JsonReader& reader, const JsonToken& first, const std::string& where, F member) {
  if (first.kind == JsonKind::kError) return no_json();
  if (first.kind != JsonKind::kObjectBegin) return expected(where, "an object");
  for (JsonToken name = reader.next(); name.kind != JsonKind::kObjectEnd; name = reader.next()) {
    if (name.kind != JsonKind::kName) return no_json();
    const JsonToken value = reader.next();
    if (value.kind == JsonKind::kError) return no_json();
    if (Result<void> read = member(codec::json_unescaped(name.text), value); !read) return read.error();
  }
  return {};
}

Result<void> read_weight(const JsonToken& token, const std::string& where, std::optional<int64_t>& weight) {
  int64_t value = 0;
  const auto [end, problem] = std::from_chars(token.text.data(), token.text.data() + token.text.size(), value);
  if (token.kind != JsonKind::kNumber || problem != std::errc{} || end != token.text.data() + token.text.size() ||
      value < 0) {
    return expected(where, "a whole number from 0 to 9223372036854775807");
  }
  weight = value;
  return {};
}

/// {"weight":3}
Result<int64_t> read_strategy(JsonReader& reader, const JsonToken& first, const std::string& where) {
  std::optional<int64_t> weight;
  const auto read = for_each_member(reader, first, where, [&](const std::string& name, const JsonToken& value) {
    if (name == "weight") return read_weight(value, where + ".weight", weight);
    return skip(reader, value) ? Result<void>() : Result<void>(no_json());
  });
  if (!read) return read.error();
  if (!weight) return expected(where, "a member \"weight\"");
  return *weight;
}

Result<void> read_weights(JsonReader& reader, const JsonToken& first, const std::string& where, Weights& weights) {
  weights.clear();
  return for_each_member(reader, first, where, [&](const std::string& zone, const JsonToken& value) -> Result<void> {
    const std::string here = where + "." + zone;
    Result<std::string> name = checked_name(where, zone);
    if (!name) return name.error();
    const Result<int64_t> weight = read_strategy(reader, value, here);
    if (!weight) return weight.error();
    weights[*name] = *weight;
    return {};
  });
}

/// {"zones":{...}}
Result<void> read_client(JsonReader& reader, const JsonToken& first, const std::string& where, Weights& weights) {
  bool found = false;
  const auto read =
      for_each_member(reader, first, where, [&](const std::string& name, const JsonToken& value) -> Result<void> {
        if (name != "zones") return skip(reader, value) ? Result<void>() : Result<void>(no_json());
        found = true;
        return read_weights(reader, value, where + ".zones", weights);
      });
  if (!read) return read.error();
  if (!found) return expected(where, "a member \"zones\"");
  return {};
}

Result<void> read_clients(JsonReader& reader, const JsonToken& first, Clients& clients) {
  clients.clear();
  return for_each_member(reader, first, "clients",
                         [&](const std::string& zone, const JsonToken& value) -> Result<void> {
                           Result<std::string> name = checked_name("clients", zone);
                           if (!name) return name.error();
                           return read_client(reader, value, "clients." + zone, clients[*name]);
                         });
}

Result<void> read_text(const JsonToken& value, const std::string& name, std::string& text) {
  if (value.kind != JsonKind::kString) return expected(name, "text");
  Result<std::string> read = checked_name(name, codec::json_unescaped(value.text));
  if (!read) return read.error();
  text = std::move(*read);
  return {};
}

std::string written(const Clients& clients) {
  std::string json = "{\"clients\":{";
  for (const auto& [client, weights] : clients) {
    if (json.back() != '{') json += ',';
    codec::append_json_string(json, client);
    json += ":{\"zones\":{";
    for (const auto& [zone, weight] : weights) {
      if (json.back() != '{') json += ',';
      codec::append_json_string(json, zone);
      json += ":{\"weight\":";
      codec::append_json_int(json, weight);
      json += '}';
    }
    json += "}}";
  }
  return json += "},\"remark\":\"\"}";
}

}  // namespace

Result<SchedulerFile> parse_scheduler(std::string_view json) {
  if (json.size() > kSchedulerFileBytesMax) return invalid("is larger than " + format_size(kSchedulerFileBytesMax));
  if (!codec::is_utf8(json)) return invalid("is no valid UTF-8");
  SchedulerFile file;
  Clients clients;
  bool has_clients = false;
  JsonReader reader(json);
  const JsonToken first = reader.next();
  const auto read =
      for_each_member(reader, first, "the file", [&](const std::string& name, const JsonToken& value) -> Result<void> {
        if (name == "app_id") return read_text(value, name, file.app_id);
        if (name == "env") return read_text(value, name, file.env);
        if (name == "remark" && value.kind != JsonKind::kString) return expected(name, "text");
        if (name != "clients") return skip(reader, value) ? Result<void>() : Result<void>(no_json());
        has_clients = true;
        return read_clients(reader, value, clients);
      });
  if (!read) return read.error();
  if (reader.next().kind != JsonKind::kEnd) return no_json();
  if (file.app_id.empty()) return expected("the file", "a member \"app_id\"");
  if (file.env.empty()) return expected("the file", "a member \"env\"");
  if (!has_clients) return expected("the file", "a member \"clients\"");
  file.clients_json = written(clients);
  return file;
}

}  // namespace discovery::node
