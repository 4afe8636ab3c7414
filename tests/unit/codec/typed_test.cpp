#include "codec/typed.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace discovery::codec {
namespace {

template <class T>
std::string message(const Result<T>& result) {
  EXPECT_TRUE(result.has_error());
  if (!result.has_error()) return "";
  EXPECT_EQ(result.error().code, ErrorCode::kInvalidArgument);
  return result.error().message;
}

TEST(ParseU32, TakesDecimalDigits) {
  EXPECT_EQ(parse_u32("").value(), 0U);
  EXPECT_EQ(parse_u32("0").value(), 0U);
  EXPECT_EQ(parse_u32("007").value(), 7U);
  EXPECT_EQ(parse_u32("4294967295").value(), 4294967295U);
}

TEST(ParseU32, RefusesTheRest) {
  EXPECT_EQ(message(parse_u32("x")), "strconv.ParseUint: parsing \"x\": invalid syntax");
  EXPECT_EQ(message(parse_u32("4294967296")), "strconv.ParseUint: parsing \"4294967296\": value out of range");
  EXPECT_EQ(message(parse_u32(std::string(30, '9'))),
            "strconv.ParseUint: parsing \"999999999999999999999999999999\": value out of range");
  for (const char* bad : {"+1", "-1", " 1", "1 ", "0x1", "1_0", "1.0", "1e3", "\xd9\xa1"}) {
    EXPECT_NE(message(parse_u32(bad)).find("invalid syntax"), std::string::npos) << bad;
  }
}

TEST(ParseI64, TakesOneSign) {
  EXPECT_EQ(parse_i64("").value(), 0);
  EXPECT_EQ(parse_i64("+5").value(), 5);
  EXPECT_EQ(parse_i64("-5").value(), -5);
  EXPECT_EQ(parse_i64("9007199254740993").value(), 9007199254740993);
  EXPECT_EQ(parse_i64("9223372036854775807").value(), std::numeric_limits<int64_t>::max());
  EXPECT_EQ(parse_i64("-9223372036854775808").value(), std::numeric_limits<int64_t>::min());
}

TEST(ParseI64, RefusesTheRest) {
  EXPECT_EQ(message(parse_i64("9223372036854775808")),
            "strconv.ParseInt: parsing \"9223372036854775808\": value out of range");
  EXPECT_EQ(message(parse_i64("-9223372036854775809")),
            "strconv.ParseInt: parsing \"-9223372036854775809\": value out of range");
  for (const char* bad : {"+", "-", "+-1", "--1", "1-", " 1", "0x1", "1_0", "1.5"}) {
    EXPECT_NE(message(parse_i64(bad)).find("strconv.ParseInt: parsing"), std::string::npos) << bad;
    EXPECT_NE(message(parse_i64(bad)).find("invalid syntax"), std::string::npos) << bad;
  }
}

TEST(ParseNumber, ShowsTheRefusedTextEscapedAndBounded) {
  EXPECT_EQ(message(parse_u32("a\"b\\")), "strconv.ParseUint: parsing \"a\\\"b\\\\\": invalid syntax");
  EXPECT_EQ(message(parse_u32("\r\n\xff")), "strconv.ParseUint: parsing \"\\u000d\\u000a\uFFFD\": invalid syntax");
  const std::string at(kQuotedBytesMax, 'x');
  EXPECT_EQ(message(parse_u32(at)), "strconv.ParseUint: parsing \"" + at + "\": invalid syntax");
  EXPECT_EQ(message(parse_u32(at + "y")), "strconv.ParseUint: parsing \"" + at + "…\": invalid syntax");
  EXPECT_LT(message(parse_i64(std::string(1'000'000, '\x01'))).size(), 150U);
}

TEST(ParseBool, IsNeverAnError) {
  for (const char* yes : {"1", "t", "T", "true", "TRUE", "True"}) EXPECT_TRUE(parse_bool(yes)) << yes;
  for (const char* no : {"", "0", "f", "false", "yes", "tRUE", "on", "1 ", "2"}) EXPECT_FALSE(parse_bool(no)) << no;
}

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> items;
  split_commas(text, [&](std::string_view item) { items.emplace_back(item); });
  return items;
}

TEST(SplitCommas, DropsEmptyItems) {
  using List = std::vector<std::string>;
  EXPECT_EQ(split(""), List{});
  EXPECT_EQ(split(",,,"), List{});
  EXPECT_EQ(split("a"), List{"a"});
  EXPECT_EQ(split(",a,,b c,"), (List{"a", "b c"}));
  EXPECT_EQ(split(std::string(1'000'000, ',') + "x"), List{"x"});
}

}  // namespace
}  // namespace discovery::codec
