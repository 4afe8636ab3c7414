// Targets of src/codec that read or write JSON, checked against the borrowed JSON library where both must agree.
#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "codec/json_reader.h"
#include "codec/json_writer.h"
#include "codec/metadata.h"
#include "codec/params.h"
#include "codec/text.h"
#include "fuzz/fuzz_target.h"

namespace discovery::fuzz {

namespace {

using codec::JsonKind;
using codec::JsonReader;
using codec::JsonToken;
using nlohmann::json;

json library_parse(std::string_view text) { return json::parse(text.begin(), text.end(), nullptr, false); }

std::string decoded(std::string_view raw) {
  std::string out(raw.size(), '\0');
  out.resize(codec::json_unescape(raw, out.data()));
  return out;
}

/// A document of the library built from our tokens.
class Builder {
 public:
  /// False: the text was refused.
  bool read(std::string_view text) {
    JsonReader reader(text);
    for (JsonToken t = reader.next(); t.kind != JsonKind::kEnd; t = reader.next()) {
      if (t.kind == JsonKind::kError) return false;
      take(t);
    }
    return true;
  }
  json root;
  bool beyond_library = false;  ///< a number or a text that the library refuses and we keep

 private:
  void take(const JsonToken& t) {
    switch (t.kind) {
      case JsonKind::kName:
        name_ = text(t);
        break;
      case JsonKind::kObjectBegin:
        open_.push_back(put(json::object()));
        break;
      case JsonKind::kArrayBegin:
        open_.push_back(put(json::array()));
        break;
      case JsonKind::kObjectEnd:
      case JsonKind::kArrayEnd:
        open_.pop_back();
        break;
      case JsonKind::kString:
        put(text(t));
        break;
      default: {
        json value = library_parse(t.text);
        beyond_library = beyond_library || value.is_discarded();
        put(value.is_discarded() ? json() : value);
      }
    }
  }
  std::string text(const JsonToken& t) {
    std::string out = decoded(t.text);
    // The library refuses ill-formed text and lone surrogates; the latter have become U+FFFD here.
    beyond_library = beyond_library || !codec::is_utf8(out) || out.find("\uFFFD") != std::string::npos;
    return out;
  }
  /// Containers are filled in place: pointers stay valid because only the innermost one grows.
  json* put(json value) {
    if (open_.empty()) return &(root = std::move(value));
    json& parent = *open_.back();
    if (parent.is_array()) {
      parent.push_back(std::move(value));
      return &parent.back();
    }
    return &(parent[name_] = std::move(value));
  }

  std::vector<json*> open_;
  std::string name_;
};

size_t depth(const json& value) {
  size_t deepest = 0;
  for (const json& item : value) {
    if (item.is_structured()) deepest = std::max(deepest, depth(item));
  }
  return value.is_structured() ? deepest + 1 : 0;
}

/// The bracket depth as written, which a repeated name can hide from depth().
size_t brackets(std::string_view text) {
  size_t open = 0;
  size_t deepest = 0;
  for (const char c : text) {
    if (c == '[' || c == '{') deepest = std::max(deepest, ++open);
    if ((c == ']' || c == '}') && open > 0) --open;
  }
  return deepest;
}

const std::vector<std::string> kJsonTokens = {
    "{",    "}",    "[",    "]",     ",",        ":",  "\"",  "\\",     "\\u",      "\\ud83d", "\\ude00",
    "\\\"", "null", "true", "false", "1e999999", "-0", "0.5", "\"a\":", "[[[[[[[[", "]]]]]]]]"};

}  // namespace

void fuzz_json_reader(std::string_view input) {
  Builder ours;
  const bool accepted = ours.read(input);
  const json theirs = library_parse(input);
  if (accepted) {
    FUZZ_CHECK(depth(ours.root) <= JsonReader::kDepthMax);
    if (!ours.beyond_library) FUZZ_CHECK(!theirs.is_discarded() && theirs == ours.root);
  } else if (!theirs.is_discarded()) {
    // What we refuse and the library reads: too deep, a byte order mark, a NUL (which it takes for the end).
    FUZZ_CHECK(brackets(input) > JsonReader::kDepthMax || input.starts_with("\xEF\xBB\xBF") ||
               input.find('\0') != std::string_view::npos);
  }
}

const RegisteredTarget kJsonReader({"json_reader",
                                    fuzz_json_reader,
                                    {R"({"a":[1,-2.5e+3,true,null],"b":{"c":"\u00e4\n"}})",
                                     "[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]", "\"\\ud83d\\ude00\"",
                                     " 12345678901234567890 "},
                                    kJsonTokens});

void fuzz_json_params(std::string_view input) {
  static constexpr std::array<std::string_view, 3> kKnown = {"appid", "latest_timestamp", "addrs"};
  constexpr size_t kParamsMax = 30;
  codec::Params params;
  const auto added = params.add_json(input, kKnown, kParamsMax);
  FUZZ_CHECK(params.all().size() <= kParamsMax);
  for (const codec::Param& p : params.all()) {
    FUZZ_CHECK(std::find(kKnown.begin(), kKnown.end(), p.name) != kKnown.end());
  }
  Builder plain;
  const bool valid = plain.read(input);
  if (added) FUZZ_CHECK(valid && plain.root.is_object());
  if (!added && added.error().code == ErrorCode::kLimitExceeded) return;
  // The library keeps the last of equal names only, so compare where a member stands once.
  if (!added || plain.root.size() != 1 || params.all().size() != 1) return;
  const json& value = plain.root.begin().value();
  if (value.is_string()) FUZZ_CHECK(value.get<std::string>() == params.all()[0].value || input.find(',') != input.npos);
}

const RegisteredTarget kJsonParams(
    {"json_params",
     fuzz_json_params,
     {R"({"appid":"shop.cart","LatestTimestamp":1700000000000000001,"addrs":["http://a","grpc://b"]})",
      R"({"x":{"y":[[]]},"app_id":"\u00e4","addrs":[null,true,1]})"},
     kJsonTokens});

void fuzz_metadata(std::string_view input) {
  const codec::MetadataLimits limits{.members_max = 12, .text_bytes_max = 400};
  const auto parsed = codec::parse_metadata(input, limits);
  if (!parsed) return;
  const auto& members = parsed->members;
  const auto not_less = [](const auto& a, const auto& b) { return a.first >= b.first; };
  FUZZ_CHECK(std::adjacent_find(members.begin(), members.end(), not_less) == members.end());
  FUZZ_CHECK(codec::within_limits(*parsed, limits));
  FUZZ_CHECK(members.empty() || parsed->kind == codec::Metadata::Kind::kObject);

  std::string text;
  codec::append_metadata(text, *parsed);
  FUZZ_CHECK(codec::is_utf8(text));
  FUZZ_CHECK(library_parse(text).size() == members.size());
  const auto again = codec::parse_metadata(text, limits);
  FUZZ_CHECK(again.has_value() && again->members == members);

  codec::Metadata merged = *parsed;
  codec::merge_metadata(merged, *again);
  FUZZ_CHECK(merged.members == members);
}

const RegisteredTarget kMetadata({"metadata",
                                  fuzz_metadata,
                                  {R"({"weight":"10","color":"red"})",
                                   R"({"a":10,"b":null,"c":[{"d":1}],"a":1e999999})", "null",
                                   R"({"\ud800":"x\u2028<>&"})"},
                                  kJsonTokens});

void fuzz_json_string(std::string_view input) {
  std::string text;
  codec::append_json_string(text, input);
  const json back = library_parse(text);
  FUZZ_CHECK(back.is_string() && back.get<std::string>() == codec::repair_utf8(input));
  FUZZ_CHECK(text.find_first_of("<>&") == std::string::npos);
  FUZZ_CHECK(text.find("\u2028") == std::string::npos && text.find("\u2029") == std::string::npos);

  std::string script;
  codec::append_js_escaped(script, input);
  FUZZ_CHECK(codec::is_utf8(script));
  for (size_t i = 0; i < script.size(); ++i) {
    FUZZ_CHECK(static_cast<unsigned char>(script[i]) >= 0x20);
    FUZZ_CHECK(std::string_view("<>&='\"").find(script[i]) == std::string_view::npos);
    if (script[i] == '\\') ++i;  // the next one is spoken for
  }
}

const RegisteredTarget kJsonString({"json_string",
                                    fuzz_json_string,
                                    {"http://10.1.0.7:8000", "a\"b\\c<d>&\u2028\u2029=\n", "\xff\xc3(ä漢😀"},
                                    {"\\", "\"", "'", "<", "\u2028", "\u2029", "\xe2\x80", "\x01", "\x7f", "\u0085"}});

}  // namespace discovery::fuzz
