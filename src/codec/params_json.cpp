#include <string>

#include "codec/json_reader.h"
#include "codec/params.h"
#include "codec/text.h"

namespace discovery::codec {

namespace {

/// Without regard to case and underscores.
bool same_name(std::string_view a, std::string_view b) {
  size_t i = 0;
  size_t j = 0;
  while (true) {
    while (i < a.size() && a[i] == '_') ++i;
    while (j < b.size() && b[j] == '_') ++j;
    if (i == a.size() || j == b.size()) return i == a.size() && j == b.size();
    if (ascii_lower(a[i++]) != ascii_lower(b[j++])) return false;
  }
}

/// nullptr when there is none.
const std::string_view* find_known(std::span<const std::string_view> known, std::string_view name) {
  for (const std::string_view& k : known) {
    if (same_name(k, name)) return &k;
  }
  return nullptr;
}

bool is_scalar(JsonKind kind) {
  return kind == JsonKind::kString || kind == JsonKind::kNumber || kind == JsonKind::kTrue || kind == JsonKind::kFalse;
}

}  // namespace

std::string_view Params::decode_json(std::string_view raw) {
  if (!json_has_escapes(raw)) return raw;
  char* to = decoded_.room(raw.size());
  const size_t bytes = json_unescape(raw, to);
  decoded_.commit(bytes);
  return {to, bytes};
}

Result<void> Params::add_json(std::string_view body, std::span<const std::string_view> known, size_t params_max) {
  JsonReader reader(body);
  if (reader.next().kind != JsonKind::kObjectBegin) return invalid("the body is not a JSON object");

  const std::string_view* name = nullptr;  // of the member being read; nullptr: it is skipped
  bool in_array = false;                   // one of its items
  while (true) {
    const JsonToken token = reader.next();
    switch (token.kind) {
      case JsonKind::kError:
        return invalid("the body is not valid JSON, or nested too deep");
      case JsonKind::kEnd:
        return {};
      case JsonKind::kName:
        if (auto counted = count_one(params_max); !counted) return counted;
        name = find_known(known, decode_json(token.text));
        break;
      case JsonKind::kArrayBegin:
      case JsonKind::kObjectBegin:
        if (!name) {
          if (!reader.skip_container()) return invalid("the body is not valid JSON, or nested too deep");
        } else if (in_array || token.kind == JsonKind::kObjectBegin) {
          return invalid("nested value in member " + std::string(*name));
        } else {
          in_array = true;
        }
        break;
      case JsonKind::kArrayEnd:
        in_array = false;
        break;
      default:
        if (!name || !is_scalar(token.kind)) break;
        if (in_array) {
          if (auto counted = count_one(params_max); !counted) return counted;
        }
        params_.push_back({*name, token.kind == JsonKind::kString ? decode_json(token.text) : token.text});
    }
  }
}

}  // namespace discovery::codec
