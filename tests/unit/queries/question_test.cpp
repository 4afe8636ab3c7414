#include "queries/question.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace discovery::queries {
namespace {

using ::testing::HasSubstr;

constexpr TimePoint kNow = from_wire_ns(1'800'000'000'000'000'000);

TEST(Question, ReadsWhatIsKnown) {
  const auto q = Question::read("appid=shop%2Ecart&limit=7&appid=other", {"appid", "limit", "env"});
  ASSERT_TRUE(q);
  EXPECT_EQ(q->text("appid"), "shop.cart");
  EXPECT_EQ(*q->number("limit", {1, 10, 5}), 7u);
  EXPECT_FALSE(q->has("env"));
  EXPECT_EQ(q->text("env"), "");
}

TEST(Question, RefusesWhatIsNotKnownAndSaysWhatIs) {
  const auto q = Question::read("apid=shop", {"appid", "env"});
  ASSERT_FALSE(q);
  EXPECT_EQ(q.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(q.error().message, HasSubstr("apid"));
  EXPECT_THAT(q.error().message, HasSubstr("appid, env"));
}

TEST(Question, HasALimitOfParameters) {
  const auto many = [](size_t n) {
    std::string query;
    for (size_t i = 0; i < n; ++i) query += "a=1&";
    return query;
  };
  EXPECT_TRUE(Question::read(many(Question::kParamsMax), {"a"}));
  EXPECT_FALSE(Question::read(many(Question::kParamsMax + 1), {"a"}));
}

TEST(Question, RequiresWhatIsMissingOrEmpty) {
  const auto q = Question::read("env=&appid=a", {"env", "appid"});
  ASSERT_TRUE(q);
  EXPECT_TRUE(q->require({"appid"}));
  const auto missing = q->require({"appid", "env"});
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error().message, HasSubstr("env is missing"));
}

TEST(Question, NumbersHaveBounds) {
  const auto of = [](std::string_view text) {
    const std::string query = "n=" + std::string(text);
    return Question::read(query, {"n"})->number("n", {2, 5, 3}).has_value();
  };
  EXPECT_FALSE(of("1"));
  EXPECT_TRUE(of("2"));
  EXPECT_TRUE(of("5"));
  for (const char* bad : {"6", "", "-3", "3x", " 3", "99999999999999999999"}) EXPECT_FALSE(of(bad)) << bad;
  EXPECT_EQ(*Question::read("", {"n"})->number("n", {2, 5, 3}), 3u);
}

TEST(Question, MomentsAreWrittenInFourWays) {
  EXPECT_EQ(*parse_moment("1700000000", kNow), from_wire_ns(1'700'000'000'000'000'000));
  EXPECT_EQ(*parse_moment("1700000000000000001", kNow), from_wire_ns(1'700'000'000'000'000'001));
  EXPECT_EQ(*parse_moment("10m", kNow), kNow - std::chrono::minutes(10));
  EXPECT_EQ(*parse_moment("2023-11-14T22:13:20Z", kNow), from_wire_ns(1'700'000'000'000'000'000));
  EXPECT_EQ(*parse_moment("2024-02-29T00:00:00Z", kNow), from_wire_ns(1'709'164'800'000'000'000));
}

TEST(Question, WhatIsNoMomentIsAnError) {
  for (const char* bad : {"", "yesterday", "-5", "2023-02-29T00:00:00Z", "2023-13-01T00:00:00Z", "2023-11-14T24:00:00Z",
                          "2023-11-14T22:60:00Z", "2023-11-14 22:13:20", "2023-11-14T22:13:20", "2023-11-14T22:13:20Zx",
                          "2023-11-1aT22:13:20Z", "1969-12-31T23:59:59Z", "9999-12-31T23:59:59Z", "5 m", "10x"}) {
    EXPECT_FALSE(parse_moment(bad, kNow)) << bad;
  }
}

}  // namespace
}  // namespace discovery::queries
