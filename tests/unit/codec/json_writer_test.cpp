#include "codec/json_writer.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>

namespace discovery::codec {
namespace {

using namespace std::string_literals;

std::string json(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

std::string script(std::string_view text) {
  std::string out;
  append_js_escaped(out, text);
  return out;
}

TEST(AppendJsonString, EscapesAsTheOriginalDoes) {
  EXPECT_EQ(json(""), "\"\"");
  EXPECT_EQ(json("http://10.1.0.7:8000"), "\"http://10.1.0.7:8000\"");
  EXPECT_EQ(json("a\"b\\c/d"), R"("a\"b\\c/d")");
  EXPECT_EQ(json("\n\r\t\b\f\x01\x1f\x7f"), "\"\\n\\r\\t\\b\\f\\u0001\\u001f\x7f\"");
  EXPECT_EQ(json("<svg onload>&"), R"("\u003csvg onload\u003e\u0026")");
  EXPECT_EQ(json("x\u2028y\u2029z\u2027\u202a"), "\"x\\u2028y\\u2029z\u2027\u202a\"");
  EXPECT_EQ(json("\0"s), R"("\u0000")");
  EXPECT_EQ(json("漢字 😀"), "\"漢字 😀\"");
}

TEST(AppendJsonString, RepairsIllFormedText) {
  EXPECT_EQ(json("a\xff\xc3"), "\"a\uFFFD\uFFFD\"");
  EXPECT_EQ(json("\xed\xa0\x80"), "\"\uFFFD\uFFFD\uFFFD\"");
  EXPECT_EQ(json("\xf0\x9f\x98"), "\"\uFFFD\"");
  EXPECT_EQ(json("\xe2\x80"), "\"\uFFFD\"") << "the beginning of U+2028";
}

TEST(AppendJsonString, AppendsAndRoundTripsEveryAsciiByte) {
  std::string all;
  for (int c = 0; c < 128; ++c) all += static_cast<char>(c);
  std::string out = "[";
  append_json_string(out, all);
  out += ',';
  append_json_string(out, "b");
  out += ']';
  EXPECT_EQ(nlohmann::json::parse(out), nlohmann::json::array({all, "b"}));
}

TEST(AppendJsonInt, WritesTheWholeRange) {
  std::string out;
  append_json_int(out, std::numeric_limits<int64_t>::min());
  out += ',';
  append_json_int(out, 0);
  out += ',';
  append_json_int(out, std::numeric_limits<int64_t>::max());
  EXPECT_EQ(out, "-9223372036854775808,0,9223372036854775807");
}

TEST(AppendJsEscaped, LeavesNothingThatEndsAScriptOrAString) {
  EXPECT_EQ(script("callback_1.x"), "callback_1.x");
  EXPECT_EQ(script("</script>"), "\\u003C/script\\u003E");
  EXPECT_EQ(script("a'b\"c\\d&e=f"), "a\\'b\\\"c\\\\d\\u0026e\\u003Df");
  EXPECT_EQ(script("\n\x1f"), "\\u000A\\u001F");
  EXPECT_EQ(script("ä\u0085\u2028\u202e"), "ä\\u0085\\u2028\\u202E");
  EXPECT_EQ(script("\xff"), "\uFFFD");
}

}  // namespace
}  // namespace discovery::codec
