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

}  // namespace

bool take_string(const JsonToken& first, std::string& to) {
  to.clear();
  if (first.kind == JsonKind::kNull) return true;
  if (first.kind != JsonKind::kString) return false;
  to = codec::json_text(first.text);
  return true;
}

bool take_text(JsonReader& reader, const JsonToken& first, std::string& to) {
  switch (first.kind) {
    case JsonKind::kObjectBegin:
    case JsonKind::kArrayBegin: {
      const std::string_view raw = container_text(reader, first);  // with its escapes: it stays JSON
      to = codec::is_utf8(raw) ? std::string(raw) : codec::repair_utf8(raw);
      return !to.empty();
    }
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
