#include <gtest/gtest.h>

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "codec/params.h"

namespace discovery::codec {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;
constexpr std::array<std::string_view, 5> kKnown = {"appid", "latest_timestamp", "status", "replication", "addrs"};

Pairs accepted(std::string_view body) {
  Params params;
  const auto added = params.add_json(body, kKnown, 100);
  EXPECT_TRUE(added.has_value()) << body;
  Pairs list;
  for (const Param& p : params.all()) list.emplace_back(p.name, p.value);
  return list;
}

ErrorCode refused(std::string_view body, size_t params_max = 100) {
  Params params;
  const auto added = params.add_json(body, kKnown, params_max);
  EXPECT_TRUE(added.has_error()) << body.substr(0, 100);
  return added.has_error() ? added.error().code : ErrorCode::kInternal;
}

TEST(ParamsJson, MatchesNamesWithoutCaseAndUnderscores) {
  for (const char* name :
       {"latesttimestamp", "LatestTimestamp", "latest_timestamp", "LATEST__timestamp_", "l\\u0061testtimestamp"}) {
    EXPECT_EQ(accepted("{\"" + std::string(name) + "\":1}"), (Pairs{{"latest_timestamp", "1"}})) << name;
  }
  EXPECT_EQ(accepted(R"({"latest timestamp":1,"latesttimestam":1,"":1,"_":1})"), Pairs{});
}

TEST(ParamsJson, TurnsEachKindIntoText) {
  EXPECT_EQ(accepted(R"({"appid":"shop\ncart","status":3,"replication":true,"latest_timestamp":9007199254740993})"),
            (Pairs{{"appid", "shop\ncart"},
                   {"status", "3"},
                   {"replication", "true"},
                   {"latest_timestamp", "9007199254740993"}}));
  EXPECT_EQ(accepted(R"({"status":1e2,"replication":false,"appid":null})"),
            (Pairs{{"status", "1e2"}, {"replication", "false"}}));
  EXPECT_EQ(accepted("{}"), Pairs{});
}

TEST(ParamsJson, SpreadsArrays) {
  EXPECT_EQ(accepted(R"({"addrs":["http://a","grpc:\/\/b",null,7],"appid":[]})"),
            (Pairs{{"addrs", "http://a"}, {"addrs", "grpc://b"}, {"addrs", "7"}}));
}

TEST(ParamsJson, SkipsUnknownMembersOfAnyShape) {
  EXPECT_EQ(accepted(R"({"x":{"appid":"no","y":[[1]]},"z":[[{"appid":1}]],"w":null,"appid":"yes"})"),
            (Pairs{{"appid", "yes"}}));
}

TEST(ParamsJson, RefusesNestedValuesOfKnownMembers) {
  for (const char* bad : {R"({"appid":{}})", R"({"appid":{"a":1}})", R"({"appid":[[]]})", R"({"appid":["a",{}]})"}) {
    EXPECT_EQ(refused(bad), ErrorCode::kInvalidArgument) << bad;
  }
}

TEST(ParamsJson, RefusesWhatIsNoObject) {
  for (const char* bad : {"", " ", "null", "[]", "\"appid\"", "1", "{", "{}{}", "{}x", "{\"appid\":1",
                          "{\"appid\":\"a}", "{\"appid\":1,}", "{\"x\":[1}", "{\"x\":{]}", "appid=a"}) {
    EXPECT_EQ(refused(bad), ErrorCode::kInvalidArgument) << bad;
  }
}

TEST(ParamsJson, BoundsTheDepth) {
  const auto nested = [](size_t depth) {
    return "{\"x\":" + std::string(depth - 1, '[') + std::string(depth - 1, ']') + "}";
  };
  EXPECT_EQ(accepted(nested(16)), Pairs{});
  EXPECT_EQ(refused(nested(17)), ErrorCode::kInvalidArgument);
  EXPECT_EQ(refused(std::string(1'000'000, '[')), ErrorCode::kInvalidArgument);
  EXPECT_EQ(refused("{\"x\":" + std::string(1'000'000, '[')), ErrorCode::kInvalidArgument);
}

TEST(ParamsJson, CountsMembersAndItems) {
  Params params;
  const std::string body = R"({"x":1,"addrs":["a","b"],"appid":"c"})";  // three members, two items
  EXPECT_TRUE(params.add_json(body, kKnown, 5).has_value());
  EXPECT_EQ(refused(body, 4), ErrorCode::kLimitExceeded);
  EXPECT_EQ(params.add_urlencoded("z=1", 5).error().code, ErrorCode::kLimitExceeded);
}

TEST(ParamsJson, ReplacesLoneSurrogates) {
  EXPECT_EQ(accepted(R"({"appid":"\ud800x"})"), (Pairs{{"appid", "\uFFFDx"}}));
}

}  // namespace
}  // namespace discovery::codec
