// Answers of nodes that are not what they should be.
#include "ctl/fields.h"

#include <gtest/gtest.h>

namespace discovery::ctl {
namespace {

TEST(Fields, WhatIsMissingOrOfAnotherKindReadsAsNothing) {
  const auto document = parse_answer(R"({"a":"x","b":[1],"c":true,"d":-3,"e":1.5,"f":18446744073709551615,"g":null})");
  ASSERT_TRUE(document);
  const Json& json = document->json;
  EXPECT_EQ(text_at(json, "a"), "x");
  EXPECT_EQ(text_at(json, "b"), "");
  EXPECT_EQ(rows_at(json, "b").size(), 1U);
  EXPECT_TRUE(rows_at(json, "a").empty());
  EXPECT_TRUE(flag_at(json, "c"));
  EXPECT_FALSE(flag_at(json, "d"));
  EXPECT_EQ(number_at(json, "d"), -3);
  EXPECT_EQ(number_at(json, "e"), 0) << "no integer";
  EXPECT_EQ(number_at(json, "f"), INT64_MAX) << "past the range";
  EXPECT_DOUBLE_EQ(real_at(json, "e"), 1.5);
  EXPECT_DOUBLE_EQ(real_at(json, "g"), 0);
  EXPECT_TRUE(member(json, "nobody").is_null());
  EXPECT_TRUE(member(member(json, "b"), "x").is_null()) << "of what is no object";
}

TEST(Fields, RefusesWhatIsNoObject) {
  for (const char* text : {"", "null", "[]", "1", "\"x\"", "{", "{\"a\":}", "404 page not found\n", "{} {}"}) {
    EXPECT_FALSE(parse_answer(text)) << text;
  }
  EXPECT_TRUE(parse_answer("{}"));
}

TEST(Fields, BoundsTheDepth) {
  const auto nested = [](size_t depth) {  // with the object itself
    return "{\"a\":" + std::string(depth - 1, '[') + std::string(depth - 1, ']') + "}";
  };
  EXPECT_TRUE(parse_answer(nested(kDepthMax)));
  EXPECT_FALSE(parse_answer(nested(kDepthMax + 1)));
  EXPECT_FALSE(parse_answer("{\"a\":" + std::string(1'000'000, '[')));
  EXPECT_TRUE(parse_answer("{\"a\":\"" + std::string(1000, '[') + "\\\"[[\"}")) << "brackets of a string do not count";
}

}  // namespace
}  // namespace discovery::ctl
