#include "codec/metadata.h"

#include <algorithm>

#include "codec/json_reader.h"
#include "codec/json_writer.h"
#include "codec/text.h"

namespace discovery::codec {

namespace {

using Members = std::vector<std::pair<std::string, std::string>>;

Error not_json() { return invalid("metadata is not valid JSON, or nested too deep"); }

Error past_limit(std::string_view what, size_t limit) {
  return {ErrorCode::kLimitExceeded, "metadata has more than " + std::to_string(limit) + " " + std::string(what)};
}

std::string decode(std::string_view raw) {
  std::string text(raw);
  if (json_has_escapes(raw)) text.resize(json_unescape(raw, text.data()));
  return is_utf8(text) ? text : repair_utf8(text);
}

/// The value of a member, its first token given. False: not valid JSON.
bool read_member(JsonReader& reader, const JsonToken& token, std::string& value) {
  switch (token.kind) {
    case JsonKind::kString:
      value = decode(token.text);
      return true;
    case JsonKind::kNumber:
    case JsonKind::kTrue:
    case JsonKind::kFalse:
      value = token.text;
      return true;
    case JsonKind::kNull:
      return true;
    case JsonKind::kObjectBegin:
    case JsonKind::kArrayBegin:
      return reader.skip_container();
    default:
      return false;
  }
}

/// Sorted by name; of equal names the last one stays.
void sort_unique(Members& members) {
  const auto not_before = [](const auto& a, const auto& b) { return a.first >= b.first; };
  if (std::ranges::adjacent_find(members, not_before) == members.end()) return;  // as most are sent
  std::stable_sort(members.begin(), members.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  // unique() keeps the first of equals, so it runs from the back.
  const auto kept =
      std::unique(members.rbegin(), members.rend(), [](const auto& a, const auto& b) { return a.first == b.first; });
  members.erase(members.begin(), kept.base());
}

Result<Metadata> read_object(JsonReader& reader, const MetadataLimits& limits) {
  Metadata result;
  size_t text_bytes = 0;
  for (JsonToken token = reader.next(); token.kind != JsonKind::kObjectEnd; token = reader.next()) {
    if (token.kind != JsonKind::kName) return not_json();
    if (result.members.size() == limits.members_max) return past_limit("members", limits.members_max);
    auto& [name, value] = result.members.emplace_back(decode(token.text), std::string());
    if (!read_member(reader, reader.next(), value)) return not_json();
    text_bytes += name.size() + value.size();
    if (text_bytes > limits.text_bytes_max) return past_limit("bytes of text", limits.text_bytes_max);
  }
  if (reader.next().kind != JsonKind::kEnd) return not_json();
  sort_unique(result.members);
  return result;
}

}  // namespace

Result<Metadata> parse_metadata(std::string_view json, const MetadataLimits& limits) {
  if (json.empty()) return Metadata{};
  JsonReader reader(json);
  const JsonToken first = reader.next();
  if (first.kind == JsonKind::kObjectBegin) return read_object(reader, limits);
  if (first.kind == JsonKind::kError) return not_json();
  if (first.kind == JsonKind::kArrayBegin && !reader.skip_container()) return not_json();
  if (reader.next().kind != JsonKind::kEnd) return not_json();
  return Metadata{first.kind == JsonKind::kNull ? Metadata::Kind::kNull : Metadata::Kind::kOther, {}};
}

void append_metadata(std::string& out, const Metadata& metadata) {
  out += '{';
  for (const auto& [name, value] : metadata.members) {
    if (out.back() != '{') out += ',';
    append_json_string(out, name);
    out += ':';
    append_json_string(out, value);
  }
  out += '}';
}

void merge_metadata(Metadata& into, const Metadata& patch) {
  if (patch.kind == Metadata::Kind::kNull) into.members.clear();
  into.members.insert(into.members.end(), patch.members.begin(), patch.members.end());
  sort_unique(into.members);
  into.kind = Metadata::Kind::kObject;
}

bool within_limits(const Metadata& metadata, const MetadataLimits& limits) {
  size_t text_bytes = 0;
  for (const auto& [name, value] : metadata.members) text_bytes += name.size() + value.size();
  return metadata.members.size() <= limits.members_max && text_bytes <= limits.text_bytes_max;
}

}  // namespace discovery::codec
