// Values of layouts as JSON: what their readers share. Over codec::JsonReader, so nothing here recurses, and text that
// is no UTF-8 is repaired, as in what comes by the native protocol.
//
// Thread: pure functions. Errors: false, for what is no valid JSON or not of the kind asked for; the reader is then of
// no more use. Of members with one name the last wins, as in Go's encoding/json, which writes them all.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "codec/json_reader.h"

namespace discovery::layouts {

using Members = std::vector<std::pair<std::string, std::string>>;

/// After kObjectBegin: member(const std::string& name, const codec::JsonToken& first) -> bool, for each, reads its
/// value.
template <class F>
[[nodiscard]] bool each_member(codec::JsonReader& reader, F member) {
  for (codec::JsonToken token = reader.next(); token.kind != codec::JsonKind::kObjectEnd; token = reader.next()) {
    if (token.kind != codec::JsonKind::kName) return false;
    if (!member(codec::json_text(token.text), reader.next())) return false;
  }
  return true;
}

/// The same for a text that is one object and nothing else.
template <class F>
[[nodiscard]] bool each_member_of(std::string_view text, F member) {
  codec::JsonReader reader(text);
  if (reader.next().kind != codec::JsonKind::kObjectBegin) return false;
  return each_member(reader, [&](const std::string& name,
                                 const codec::JsonToken& first) { return member(reader, name, first); }) &&
         reader.next().kind == codec::JsonKind::kEnd;
}

/// `first` begins an array, or is null, which is an empty one: item(first token) -> bool for each reads it.
template <class F>
[[nodiscard]] bool each_item(codec::JsonReader& reader, const codec::JsonToken& first, F item) {
  if (first.kind == codec::JsonKind::kNull) return true;
  if (first.kind != codec::JsonKind::kArrayBegin) return false;
  for (codec::JsonToken token = reader.next(); token.kind != codec::JsonKind::kArrayEnd; token = reader.next()) {
    if (!item(token)) return false;
  }
  return true;
}

/// A string, or null, which is "".
[[nodiscard]] bool take_string(const codec::JsonToken& first, std::string& to);

/// A value of any kind as text: of a string what it says, of null "", of others what was written.
[[nodiscard]] bool take_text(codec::JsonReader& reader, const codec::JsonToken& first, std::string& to);

/// An object, its values as take_text() gives them; or null, which has no members. In the order they were written.
/// False too when there are more than `members_max`, repeated names included; `to` has then one more.
[[nodiscard]] bool take_members(codec::JsonReader& reader, const codec::JsonToken& first, size_t members_max,
                                Members& to);

}  // namespace discovery::layouts
