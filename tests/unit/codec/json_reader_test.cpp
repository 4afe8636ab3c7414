#include "codec/json_reader.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace discovery::codec {
namespace {

/// The tokens as one line, the texts of names and scalars in place; ends with "." for kEnd or "!" for kError.
std::string tokens(std::string_view text) {
  JsonReader reader(text);
  std::string out;
  while (true) {
    const JsonToken t = reader.next();
    switch (t.kind) {
      case JsonKind::kEnd:
        return out + ".";
      case JsonKind::kError:
        return out + "!";
      case JsonKind::kName:
        out += std::string(t.text) + ":";
        break;
      default:
        out += std::string(t.text) + " ";
    }
  }
}

std::string unescape(std::string_view raw) {
  std::string out(raw.size(), '\0');
  out.resize(json_unescape(raw, out.data()));
  return out;
}

std::string nested(size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

TEST(JsonReader, GivesTokensInOrder) {
  EXPECT_EQ(tokens(R"( {"a" : [1, -2.5e+3, true], "b":{}, "c":null,"d":"x\ny"} )"),
            R"({ a:[ 1 -2.5e+3 true ] b:{ } c:null d:x\ny } .)");
  EXPECT_EQ(tokens("[]"), "[ ] .");
  EXPECT_EQ(tokens("\t\"\"\r\n"), " .");
  EXPECT_EQ(tokens("[[],[{}],{\"\":false}]"), "[ [ ] [ { } ] { :false } ] .");
}

TEST(JsonReader, KeepsNumbersExactly) {
  for (const char* number :
       {"0", "-0", "9007199254740993", "123456789012345678901234567890", "1e999999", "1E-7", "0.10"}) {
    EXPECT_EQ(tokens(number), std::string(number) + " .");
  }
}

TEST(JsonReader, RefusesWhatIsNoJson) {
  for (const char* bad :
       {"",      " ",       "{",     "}",      "[",        "]",          "[1",          "[1,]",      "[,1]",
        "[1 2]", "{\"a\"}", "{a:1}", "{1:2}",  "{\"a\":}", "{\"a\":1,}", "{,}",         "{\"a\" 1}", "{\"a\":1]",
        "[1}",   "1 2",     "{} x",  "tru",    "truex",    "True",       "nul",         "NaN",       "Infinity",
        "'a'",   "\"",      "\"a",   "\"\\\"", "\"\\x\"",  "\"\\u12\"",  "\"\\u12g4\"", "\"\n\"",    "01",
        "+1",    "-",       ".5",    "1.",     "1e",       "1e+",        "0x1",         "1,",        "\xEF\xBB\xBF{}",
        "/**/1", "\"\\"}) {
    const std::string seen = tokens(bad);
    EXPECT_EQ(seen.back(), '!') << bad << " gave " << seen;
  }
}

TEST(JsonReader, RefusesANulByte) {
  EXPECT_EQ(tokens(std::string_view("1\0", 2)).back(), '!');
  EXPECT_EQ(tokens(std::string_view("\"\0\"", 3)).back(), '!');
  EXPECT_EQ(tokens(std::string_view("\"\\\0\"", 4)).back(), '!');
}

TEST(JsonReader, StaysAtTheError) {
  JsonReader reader("[1}");
  EXPECT_EQ(reader.next().kind, JsonKind::kArrayBegin);
  EXPECT_EQ(reader.next().kind, JsonKind::kNumber);
  EXPECT_EQ(reader.next().kind, JsonKind::kError);
  EXPECT_EQ(reader.next().kind, JsonKind::kError);
}

TEST(JsonReader, BoundsTheDepth) {
  EXPECT_EQ(tokens(nested(JsonReader::kDepthMax)).back(), '.');
  EXPECT_EQ(tokens(nested(JsonReader::kDepthMax + 1)).back(), '!');
  EXPECT_EQ(tokens(std::string(1'000'000, '[')).back(), '!');
  std::string objects;
  for (int i = 0; i < 200'000; ++i) objects += "{\"a\":";
  EXPECT_EQ(tokens(objects).back(), '!');
}

TEST(JsonReader, SkipsAWholeContainer) {
  JsonReader reader(R"({"a":[1,{"b":[]},"]"],"c":2})");
  EXPECT_EQ(reader.next().kind, JsonKind::kObjectBegin);
  EXPECT_EQ(reader.next().text, "a");
  EXPECT_EQ(reader.next().kind, JsonKind::kArrayBegin);
  EXPECT_TRUE(reader.skip_container());
  EXPECT_EQ(reader.next().text, "c");
  JsonReader broken("[[1,]");
  EXPECT_EQ(broken.next().kind, JsonKind::kArrayBegin);
  EXPECT_FALSE(broken.skip_container());
}

TEST(JsonUnescape, DecodesEveryEscape) {
  EXPECT_EQ(unescape(R"(\"\\\/\b\f\n\r\t)"), "\"\\/\b\f\n\r\t");
  EXPECT_EQ(unescape(R"(\u0041\u00e4\u20AC\ud83d\ude00)"), "Aä€😀");
  EXPECT_EQ(unescape(R"(\u0000)"), std::string(1, '\0'));
  EXPECT_EQ(unescape("plain"), "plain");
  EXPECT_EQ(unescape(""), "");
}

TEST(JsonUnescape, ReplacesLoneSurrogates) {
  EXPECT_EQ(unescape(R"(\ud83d)"), "\uFFFD");
  EXPECT_EQ(unescape(R"(\ude00)"), "\uFFFD");
  EXPECT_EQ(unescape(R"(\ud83dx)"), "\uFFFDx");
  EXPECT_EQ(unescape(R"(\ud83d\u0041)"), "\uFFFDA");
  EXPECT_EQ(unescape(R"(\ud83d\ud83d\ude00)"), "\uFFFD😀");
  EXPECT_EQ(unescape(R"(\ude00\ud83d)"), "\uFFFD\uFFFD");
}

}  // namespace
}  // namespace discovery::codec
