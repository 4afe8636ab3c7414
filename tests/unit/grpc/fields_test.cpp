#include "grpc/fields.h"

#include <gtest/gtest.h>

#include "grpc/budget.h"
#include "grpc/stats.h"

namespace discovery::grpc {
namespace {

using namespace std::chrono_literals;

TEST(GrpcFields, ContentTypesOfGrpc) {
  for (const char* yes : {"application/grpc", "application/grpc+proto", "application/grpc; charset=utf-8",
                          "application/grpc;x", "application/grpc+proto;x"}) {
    EXPECT_TRUE(is_grpc_content(yes)) << yes;
  }
  for (const char* no : {"", "application/json", "application/grp", "application/grpc-web", "application/grpc+json",
                         "application/grpcx", "text/application/grpc", "application/grpc+protox"}) {
    EXPECT_FALSE(is_grpc_content(no)) << no;
  }
}

TEST(GrpcFields, Timeouts) {
  EXPECT_EQ(parse_timeout("1H"), Duration(1h));
  EXPECT_EQ(parse_timeout("2M"), Duration(2min));
  EXPECT_EQ(parse_timeout("3S"), Duration(3s));
  EXPECT_EQ(parse_timeout("99999999m"), Duration(99'999'999ms));
  EXPECT_EQ(parse_timeout("5u"), Duration(5us));
  EXPECT_EQ(parse_timeout("0n"), Duration(0));
  EXPECT_EQ(parse_timeout("99999999H"), Duration::max()) << "more than a Duration holds";
  EXPECT_EQ(parse_timeout("2562047H"), Duration(2'562'047h)) << "just not";
  for (const char* bad : {"", "1", "S", "1s", "-1S", "+1S", " 1S", "1 S", "123456789S", "1.5S", "1SS", "0x1S"}) {
    EXPECT_FALSE(parse_timeout(bad)) << bad;
  }
}

TEST(GrpcFields, MessagesAreEscaped) {
  EXPECT_EQ(encode_message("etcdserver: key is not provided"), "etcdserver: key is not provided");
  EXPECT_EQ(encode_message("100%\r\n\x7f~ "), "100%25%0D%0A%7F~ ");
  EXPECT_EQ(encode_message("\xc3\xa4"), "%C3%A4");
  EXPECT_EQ(encode_message(std::string(kStatusMessageMax, 'a')).size(), kStatusMessageMax);
  EXPECT_EQ(encode_message(std::string(kStatusMessageMax + 1, 'a')).size(), kStatusMessageMax);
}

TEST(GrpcFields, EveryCodeAndRuleHasAName) {
  for (size_t i = 0; i < kCodes; ++i) EXPECT_FALSE(code_name(static_cast<Code>(i)).empty());
  EXPECT_EQ(code_name(Code::kUnauthenticated), "UNAUTHENTICATED");
  EXPECT_EQ(code_name(static_cast<Code>(99)), "UNKNOWN");
  for (size_t i = 0; i < kRules; ++i) EXPECT_FALSE(rule_name(static_cast<Rule>(i)).empty());
  EXPECT_EQ(rule_name(Rule::kDrain), "drain");
  EXPECT_EQ(rule_name(Rule::kPing), "ping");
}

TEST(Budget, EndsAndRefills) {
  const BudgetLimit limit{.burst = 3, .per_second = 2};
  TimePoint now = from_wire_ns(1'000'000'000);
  Budget b;
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(b.spend(now, limit));
  EXPECT_FALSE(b.spend(now, limit));
  now += 999ms;
  EXPECT_FALSE(b.spend(now, limit)) << "four spent, one came back, one spent";
  now += 10s;
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(b.spend(now, limit)) << "never more than the burst";
  EXPECT_FALSE(b.spend(now, limit));
  b.earn(2);
  EXPECT_TRUE(b.spend(now, limit));
  b.earn(100);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(b.spend(now, limit));
  EXPECT_FALSE(b.spend(now, limit));
}

TEST(Budget, WithoutRefillOnlyEarning) {
  Budget b;
  EXPECT_TRUE(b.spend(TimePoint(), {1, 0}));
  EXPECT_FALSE(b.spend(TimePoint(1h), {1, 0}));
}

}  // namespace
}  // namespace discovery::grpc
