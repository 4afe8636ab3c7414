#include "ctl/fields.h"

#include <algorithm>
#include <limits>

namespace discovery::ctl {

namespace {

/// Levels of brackets outside of strings.
bool too_deep(std::string_view text) {
  size_t depth = 0;
  bool in_string = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      if (++depth > kDepthMax) return true;
    } else if ((c == '}' || c == ']') && depth > 0) {
      --depth;
    }
  }
  return false;
}

}  // namespace

std::optional<Document> parse_answer(std::string_view text) {
  if (too_deep(text)) return std::nullopt;
  Document document{Json::parse(text.begin(), text.end(), nullptr, false)};
  if (!document.json.is_object()) return std::nullopt;
  return document;
}

const Json& member(const Json& from, const char* name) {
  static const Json kNull;
  if (!from.is_object()) return kNull;
  const auto it = from.find(name);
  return it == from.end() ? kNull : *it;
}

std::string text_at(const Json& from, const char* name) {
  const Json& value = member(from, name);
  return value.is_string() ? value.get<std::string>() : "";
}

int64_t number_at(const Json& from, const char* name) {
  const Json& value = member(from, name);
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
  if (value.is_number_unsigned())
    return static_cast<int64_t>(std::min(value.get<uint64_t>(), static_cast<uint64_t>(kMost)));
  return value.is_number_integer() ? value.get<int64_t>() : 0;
}

double real_at(const Json& from, const char* name) {
  const Json& value = member(from, name);
  return value.is_number() ? value.get<double>() : 0;
}

bool flag_at(const Json& from, const char* name) {
  const Json& value = member(from, name);
  return value.is_boolean() && value.get<bool>();
}

const Json& rows_at(const Json& from, const char* name) {
  static const Json kNone = Json::array();
  const Json& value = member(from, name);
  return value.is_array() ? value : kNone;
}

}  // namespace discovery::ctl
