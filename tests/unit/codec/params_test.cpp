#include "codec/params.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "unit/codec/allocation_counter.h"

namespace discovery::codec {
namespace {

constexpr size_t kMany = 10'000;
using Pairs = std::vector<std::pair<std::string, std::string>>;

Pairs pairs(const Params& params) {
  Pairs list;
  for (const Param& p : params.all()) list.emplace_back(p.name, p.value);
  return list;
}

Pairs urlencoded(std::string_view text) {
  Params params;
  EXPECT_TRUE(params.add_urlencoded(text, kMany).has_value());
  return pairs(params);
}

TEST(ParamsUrlencoded, SplitsPairs) {
  EXPECT_EQ(urlencoded("env=dev&appid=shop.cart"), (Pairs{{"env", "dev"}, {"appid", "shop.cart"}}));
  EXPECT_EQ(urlencoded("a=1=2&b&c=&=d"), (Pairs{{"a", "1=2"}, {"b", ""}, {"c", ""}, {"", "d"}}));
  EXPECT_EQ(urlencoded("&&a=1&&"), (Pairs{{"a", "1"}}));
  EXPECT_EQ(urlencoded(""), Pairs{});
  EXPECT_EQ(urlencoded("&"), Pairs{});
}

TEST(ParamsUrlencoded, DecodesNamesAndValues) {
  EXPECT_EQ(urlencoded("addrs=http%3A%2F%2F10.1.0.7%3A8000&app%69d=a+b%2Bc"),
            (Pairs{{"addrs", "http://10.1.0.7:8000"}, {"appid", "a b+c"}}));
  EXPECT_EQ(urlencoded("a=%26%3D%3B"), (Pairs{{"a", "&=;"}}));
}

TEST(ParamsUrlencoded, DropsWhatTheOriginalDrops) {
  EXPECT_EQ(urlencoded("a=%zz&b=1&%=x&c=%4&d;e=1&f=1;g=2&h=2"), (Pairs{{"b", "1"}, {"h", "2"}}));
}

TEST(ParamsUrlencoded, CountsEverythingAgainstTheLimit) {
  Params params;
  EXPECT_TRUE(params.add_urlencoded("a=1&b=%zz&&c;=1&d=2", 4).has_value());
  EXPECT_EQ(params.all().size(), 2U);
  params.clear();
  const auto past = params.add_urlencoded("a=1&b=%zz&&c;=1&d=2", 3);
  ASSERT_TRUE(past.has_error());
  EXPECT_EQ(past.error().code, ErrorCode::kLimitExceeded);
}

TEST(ParamsUrlencoded, CountsOverSeveralTexts) {
  Params params;
  EXPECT_TRUE(params.add_urlencoded("a=1&b=2", 3).has_value());
  EXPECT_TRUE(params.add_urlencoded("c=3", 3).has_value());
  EXPECT_TRUE(params.add_urlencoded("", 3).has_value());
  EXPECT_TRUE(params.add_urlencoded("d=4", 3).has_error());
  params.clear();
  EXPECT_TRUE(params.add_urlencoded("d=4", 3).has_value());
  EXPECT_EQ(pairs(params), (Pairs{{"d", "4"}}));
}

TEST(ParamsUrlencoded, SurvivesBombs) {
  Params params;
  EXPECT_TRUE(params.add_urlencoded(std::string(1'000'000, '%'), kMany).has_value());
  EXPECT_TRUE(params.all().empty());
  params.clear();
  std::string repeats;
  for (int i = 0; i < 100'000; ++i) repeats += "appid=&";
  EXPECT_EQ(params.add_urlencoded(repeats, kMany).error().code, ErrorCode::kLimitExceeded);
  EXPECT_EQ(params.all().size(), kMany);
  params.clear();
  EXPECT_TRUE(params.add_urlencoded(std::string(1'000'000, '&'), 0).has_value()) << "empty pairs are nothing";
}

TEST(Params, LooksUpInOrder) {
  Params params;
  const std::string body = "appid=a&x=1&appid=b";
  const std::string query = "appid=c&empty=";
  ASSERT_TRUE(params.add_urlencoded(body, kMany).has_value());
  ASSERT_TRUE(params.add_urlencoded(query, kMany).has_value());
  EXPECT_EQ(params.first("appid"), "a");
  EXPECT_EQ(params.first("empty"), "");
  EXPECT_EQ(params.first("absent"), "");
  EXPECT_TRUE(params.has("empty"));
  EXPECT_FALSE(params.has("absent"));
  EXPECT_FALSE(params.has("APPID"));
  std::string seen;
  params.each("appid", [&](std::string_view v) { seen += v; });
  EXPECT_EQ(seen, "abc");
}

TEST(Params, DecodedTextNeverMoves) {
  Params params;
  std::vector<std::string> texts;
  for (int i = 0; i < 200; ++i) {
    texts.push_back("n%61me" + std::to_string(i) + "=v+" + std::string(static_cast<size_t>(i) * 37, 'x'));
  }
  for (const std::string& text : texts) ASSERT_TRUE(params.add_urlencoded(text, kMany).has_value());
  for (size_t i = 0; i < texts.size(); ++i) {
    EXPECT_EQ(params.all()[i].name, "name" + std::to_string(i));
    EXPECT_EQ(params.all()[i].value, "v " + std::string(i * 37, 'x'));
  }
}

TEST(Params, AllocatesNothingOnceWarm) {
  Params params;
  const std::string plain = "region=east&zone=zone-a&env=dev&appid=shop.cart&hostname=cart-0";
  const std::string coded = "addrs=http%3A%2F%2F10.1.0.7%3A8000&metadata=" + std::string(3000, '+');
  const auto request = [&] {
    params.clear();
    return params.add_urlencoded(plain, kMany).has_value() && params.add_urlencoded(coded, kMany).has_value();
  };
  ASSERT_TRUE(request());
  ASSERT_TRUE(request());  // the decoded text settles in one piece
  const size_t before = allocations();
  EXPECT_TRUE(request());
  EXPECT_EQ(allocations(), before);
  EXPECT_EQ(params.first("addrs"), "http://10.1.0.7:8000");
}

TEST(Params, GivesLargeStorageBack) {
  Params params;
  std::string large;
  for (size_t i = 0; i < kMany; ++i) large += "a=+&";
  large += "b=" + std::string(1'000'000, '+');
  for (int i = 0; i < 3; ++i) {
    params.clear();
    ASSERT_TRUE(params.add_urlencoded(large, kMany + 1).has_value());
    EXPECT_EQ(params.first("b").size(), 1'000'000U);
  }
  params.clear();
  const std::string one = "a=+";
  const size_t before = allocations();
  ASSERT_TRUE(params.add_urlencoded(one, kMany).has_value());
  EXPECT_GT(allocations(), before) << "nothing of the large request is left";
}

}  // namespace
}  // namespace discovery::codec
