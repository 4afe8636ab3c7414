#include "codec/metadata.h"

#include <gtest/gtest.h>

#include <string>

namespace discovery::codec {
namespace {

/// The stored form of a text that is accepted.
std::string stored(std::string_view json) {
  const auto parsed = parse_metadata(json, {});
  EXPECT_TRUE(parsed.has_value()) << json;
  if (!parsed) return "";
  EXPECT_EQ(parsed->kind, Metadata::Kind::kObject) << json;
  std::string out;
  append_metadata(out, *parsed);
  return out;
}

ErrorCode refusal(std::string_view json, const MetadataLimits& limits = {}) {
  const auto parsed = parse_metadata(json, limits);
  EXPECT_TRUE(parsed.has_error()) << json.substr(0, 100);
  return parsed.has_error() ? parsed.error().code : ErrorCode::kInternal;
}

Metadata object(std::string_view json) { return parse_metadata(json, {}).value(); }

TEST(Metadata, KeepsStringsSortedByName) {
  EXPECT_EQ(stored(R"({"weight":"10","color":"red","Color":"x"})"), R"({"Color":"x","color":"red","weight":"10"})");
  EXPECT_EQ(stored(""), "{}");
  EXPECT_EQ(stored(" {} "), "{}");
  EXPECT_EQ(stored(R"({"":""})"), R"({"":""})");
}

TEST(Metadata, StoresScalarsAsTheirText) {
  EXPECT_EQ(stored(R"({"a":10,"b":-1.50,"c":true,"d":false,"e":null})"),
            R"({"a":"10","b":"-1.50","c":"true","d":"false","e":""})");
  EXPECT_EQ(stored(R"({"big":9007199254740993,"bomb":1e999999})"), R"({"big":"9007199254740993","bomb":"1e999999"})");
}

TEST(Metadata, DropsNestedValues) {
  EXPECT_EQ(stored(R"({"a":{"x":"y"},"b":[1,2],"c":"kept"})"), R"({"a":"","b":"","c":"kept"})");
}

TEST(Metadata, LetsTheLastOfDuplicatesWin) {
  EXPECT_EQ(stored(R"({"b":"0","a":"1","a":"2","a":"3"})"), R"({"a":"3","b":"0"})");
  EXPECT_EQ(stored(R"({"a":"1","\u0061":"2"})"), R"({"a":"2"})") << "one name, written in two ways";
  EXPECT_EQ(stored(R"({"a":"1","a":null})"), R"({"a":""})");
}

TEST(Metadata, TellsNullAndOtherValuesApart) {
  EXPECT_EQ(object("null").kind, Metadata::Kind::kNull);
  for (const char* other : {"1", "\"x\"", "true", "[]", "[{\"a\":1}]"}) {
    EXPECT_EQ(object(other).kind, Metadata::Kind::kOther) << other;
    EXPECT_TRUE(object(other).members.empty());
  }
}

TEST(Metadata, RefusesInvalidJson) {
  for (const char* bad : {"{", "{}x", "{} {}", "null null", "[1", "nul", " ", "{\"a\":1,}", "{\"a\"}", "{a:1}",
                          "{\"a\":[}", "{\"a\":\"\n\"}", "[}"}) {
    EXPECT_EQ(refusal(bad), ErrorCode::kInvalidArgument) << bad;
  }
}

TEST(Metadata, BoundsTheDepth) {
  const auto nested = [](size_t depth) {
    return "{\"a\":" + std::string(depth - 1, '[') + std::string(depth - 1, ']') + "}";
  };
  EXPECT_EQ(stored(nested(16)), R"({"a":""})");
  EXPECT_EQ(refusal(nested(17)), ErrorCode::kInvalidArgument);
  EXPECT_EQ(refusal(std::string(1'000'000, '[')), ErrorCode::kInvalidArgument);
}

TEST(Metadata, BoundsTheMembers) {
  const auto with = [](size_t count) {
    std::string json = "{";
    for (size_t i = 0; i < count; ++i) json += (i ? ",\"m" : "\"m") + std::to_string(i) + "\":\"\"";
    return json + "}";
  };
  const MetadataLimits limits;
  EXPECT_EQ(object(with(limits.members_max)).members.size(), limits.members_max);
  EXPECT_EQ(refusal(with(limits.members_max + 1)), ErrorCode::kLimitExceeded);
}

TEST(Metadata, BoundsTheText) {
  const MetadataLimits limits{.members_max = 4, .text_bytes_max = 10};
  EXPECT_TRUE(parse_metadata(R"({"abc":"de","f":"ghij"})", limits).has_value());
  EXPECT_EQ(refusal(R"({"abc":"de","f":"ghijk"})", limits), ErrorCode::kLimitExceeded);
  EXPECT_TRUE(parse_metadata(R"({"abc":"de\u0041\u0041\n\n\n"})", limits).has_value()) << "decoded bytes count";
  EXPECT_EQ(refusal("{\"a\":\"" + std::string(65536, 'x') + "\"}"), ErrorCode::kLimitExceeded);
  EXPECT_EQ(stored("{\"a\":\"" + std::string(65535, 'x') + "\"}").size(), 65535 + 8U);
}

TEST(Metadata, RepairsText) {
  EXPECT_EQ(stored("{\"a\xff\":\"\xc3(\"}"), "{\"a\uFFFD\":\"\uFFFD(\"}");
  EXPECT_EQ(stored(R"({"a":"\ud800","b":"\udc00x","c":"\ud83d\ude00"})"),
            "{\"a\":\"\uFFFD\",\"b\":\"\uFFFDx\",\"c\":\"😀\"}");
  EXPECT_EQ(stored("{\"a\":\"\xff\\n\"}"), "{\"a\":\"\uFFFD\\n\"}");
}

TEST(Metadata, MergesAPatch) {
  Metadata into = object(R"({"b":"1","d":"1"})");
  merge_metadata(into, object(R"({"e":"2","b":"2","a":"2"})"));
  std::string out = "metadata:";
  append_metadata(out, into);
  EXPECT_EQ(out, R"(metadata:{"a":"2","b":"2","d":"1","e":"2"})");
  merge_metadata(into, object("{}"));
  EXPECT_EQ(into.members.size(), 4U);
  merge_metadata(into, object("null"));
  EXPECT_TRUE(into.members.empty());
  EXPECT_EQ(into.kind, Metadata::Kind::kObject);
}

TEST(Metadata, AMergeMayPassTheLimits) {
  const MetadataLimits limits{.members_max = 2, .text_bytes_max = 6};
  Metadata into = object(R"({"a":"1","b":"1"})");
  EXPECT_TRUE(within_limits(into, limits));
  merge_metadata(into, object(R"({"a":"123"})"));
  EXPECT_TRUE(within_limits(into, limits));
  merge_metadata(into, object(R"({"a":"1234"})"));
  EXPECT_FALSE(within_limits(into, limits)) << "one byte more";
  merge_metadata(into, object(R"({"a":"","c":""})"));
  EXPECT_FALSE(within_limits(into, limits)) << "one member more";
}

}  // namespace
}  // namespace discovery::codec
