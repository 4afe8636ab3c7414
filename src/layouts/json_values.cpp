#include "layouts/json_values.h"

#include "codec/text.h"

namespace discovery::layouts {

using codec::JsonKind;
using codec::JsonReader;
using codec::JsonToken;

namespace {

/// After the beginning of a container: all of it, as it was written. "": not valid JSON.
std::string_view container_text(JsonReader& reader, const JsonToken& begin) {
  for (unsigned open = 1;;) {
    const JsonToken token = reader.next();
    switch (token.kind) {
      case JsonKind::kError:
        return "";
      case JsonKind::kObjectBegin:
      case JsonKind::kArrayBegin:
        ++open;
        break;
      case JsonKind::kObjectEnd:
      case JsonKind::kArrayEnd:
        if (--open > 0) break;
        return {begin.text.data(), static_cast<size_t>(token.text.data() + token.text.size() - begin.text.data())};
      default:
        break;
    }
  }
}

std::string repaired(std::string_view text) {
  return codec::is_utf8(text) ? std::string(text) : codec::repair_utf8(text);
}

}  // namespace

std::string decoded(std::string_view raw) {
  if (!codec::json_has_escapes(raw)) return repaired(raw);
  std::string text(raw.size(), '\0');
  text.resize(codec::json_unescape(raw, text.data()));
  return codec::is_utf8(text) ? text : codec::repair_utf8(text);
}

bool skip_value(JsonReader& reader, const JsonToken& first) {
  switch (first.kind) {
    case JsonKind::kObjectBegin:
    case JsonKind::kArrayBegin:
      return reader.skip_container();
    case JsonKind::kString:
    case JsonKind::kNumber:
    case JsonKind::kTrue:
    case JsonKind::kFalse:
    case JsonKind::kNull:
      return true;
    default:
      return false;
  }
}

bool take_string(const JsonToken& first, std::string& to) {
  to.clear();
  if (first.kind == JsonKind::kNull) return true;
  if (first.kind != JsonKind::kString) return false;
  to = decoded(first.text);
  return true;
}

bool take_text(JsonReader& reader, const JsonToken& first, std::string& to) {
  switch (first.kind) {
    case JsonKind::kObjectBegin:
    case JsonKind::kArrayBegin:
      to = repaired(container_text(reader, first));
      return !to.empty();
    case JsonKind::kNumber:
    case JsonKind::kTrue:
    case JsonKind::kFalse:
      to = first.text;
      return true;
    default:
      return take_string(first, to);
  }
}

bool take_members(JsonReader& reader, const JsonToken& first, size_t members_max, Members& to) {
  to.clear();
  if (first.kind == JsonKind::kNull) return true;
  if (first.kind != JsonKind::kObjectBegin) return false;
  return each_member(reader, [&](std::string name, const JsonToken& value) {
    return take_text(reader, value, to.emplace_back(std::move(name), std::string()).second) && to.size() <= members_max;
  });
}

}  // namespace discovery::layouts
