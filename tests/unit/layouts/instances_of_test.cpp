// Which layout a key is of, and what keeps it from being one.
#include "layouts/instances_of.h"

#include <gtest/gtest.h>

#include "codec/json_reader.h"
#include "unit/layouts/telling.h"

namespace discovery::layouts {
namespace {

constexpr std::string_view kGoMicroValue =
    R"({"name":"cart","version":"","metadata":null,"endpoints":null,"nodes":[{"id":"n","address":"a:1"}]})";
constexpr std::string_view kKratosValue = R"({"id":"k","name":"cart","endpoints":["grpc://a:1"]})";
constexpr std::string_view kNamingValue = R"({"Op":0,"Addr":"a:1","Metadata":null})";

Layout layout_of(std::string_view key, std::string_view value, const Settings& settings = {}) {
  return instances_of(key, value, settings).layout;
}

Layout tried(std::string_view key, std::string_view value, const Settings& settings = {}) {
  const Mapping mapping = instances_of(key, value, settings);
  EXPECT_EQ(mapping.layout, Layout::kNone) << key;
  EXPECT_FALSE(mapping.why.empty()) << key;
  return mapping.tried;
}

Settings with_rules(std::vector<PrefixRule> rules) {
  Settings settings;
  settings.prefixes = std::move(rules);
  EXPECT_TRUE(check(settings));
  return settings;
}

TEST(InstancesOf, AsksTheLongestConfiguredPrefixFirst) {
  const Settings settings = with_rules({{"a", Layout::kBare}, {"a/b/c", Layout::kNone}, {"a/b", Layout::kGoZero}});
  EXPECT_EQ(layout_of("a/x", "h:1", settings), Layout::kBare);
  EXPECT_EQ(layout_of("a", "h:1", settings), Layout::kBare) << "the prefix is of itself";
  EXPECT_EQ(layout_of("a/7", "h:1", settings), Layout::kBare) << "although it looks like go-zero";
  EXPECT_EQ(layout_of("a/b/7", "h:1", settings), Layout::kGoZero);
  EXPECT_EQ(tried("a/b/x", "h:1", settings), Layout::kGoZero) << "and never bare";
  EXPECT_EQ(tried("a/b/c/7", "h:1", settings), Layout::kNone);
  EXPECT_EQ(layout_of("a/bc/7", "h:1", settings), Layout::kBare) << "a prefix ends between segments";
  EXPECT_EQ(layout_of("ab/7", "h:1", settings), Layout::kGoZero) << "nothing configured: by itself";
}

TEST(InstancesOf, LetsAPrefixStandAboveWhatIsKnown) {
  const Settings none = with_rules({{"nmid", Layout::kNone}, {"/microservices", Layout::kNone}});
  EXPECT_EQ(tried("nmid/w", R"({"f":["a:1"]})", none), Layout::kNone);
  EXPECT_EQ(tried("/microservices/cart/k", kKratosValue, none), Layout::kNone)
      << "of equal length the rule counts, not the namespace";
  const Settings all = with_rules({{"", Layout::kNone}, {"svc", Layout::kBare}});
  EXPECT_EQ(tried("goods", "a:1", all), Layout::kNone);
  EXPECT_EQ(tried("/micro/registry/cart/n", kGoMicroValue, all), Layout::kNone);
  EXPECT_EQ(layout_of("svc/goods", "a:1", all), Layout::kBare);
}

TEST(InstancesOf, CutsKeysBelowAConfiguredPrefix) {
  const Settings settings = with_rules({{"/com/rpcx", Layout::kRpcx},
                                        {"workers", Layout::kNmid},
                                        {"grpc", Layout::kNaming},
                                        {"kr", Layout::kKratos},
                                        {"gm", Layout::kGoMicro}});
  EXPECT_EQ(only("/com/rpcx/a/Arith/tcp@h:1", "", settings).appid, "a/Arith");
  EXPECT_EQ(only("workers/w", R"({"f":["a:1"]})", settings).hostname, "w@a:1");
  EXPECT_EQ(only("grpc/cart/x", kNamingValue, settings).appid, "grpc/cart");
  EXPECT_EQ(only("kr/cart/k", kKratosValue, settings).hostname, "k");
  EXPECT_EQ(only("gm/cart/n", kGoMicroValue, settings).hostname, "n");
  EXPECT_EQ(tried("/com/rpcx/tcp@h:1", "", settings), Layout::kRpcx) << "there is no service";
  EXPECT_EQ(tried("/com/rpcx", "rpcx_path", settings), Layout::kRpcx);
  EXPECT_EQ(tried("/com/rpcx/Arith", "Arith", settings), Layout::kRpcx);
  EXPECT_EQ(tried("workers", R"({"f":["a:1"]})", settings), Layout::kNmid) << "there is no worker";
}

TEST(InstancesOf, ReadsAnyNamespaceOfKratosBesideItsOwn) {
  Settings settings;
  settings.kratos_namespace = "/kr";
  EXPECT_EQ(layout_of("/kr/cart/k", kKratosValue, settings), Layout::kKratos);
  EXPECT_EQ(layout_of("/microservices/cart/k", kKratosValue, settings), Layout::kKratos);
  EXPECT_EQ(tried("/kr/cart/7", "a:1", settings), Layout::kKratos);
}

TEST(InstancesOf, TakesAllBehindAConfiguredTargetAsHostname) {
  Settings settings;
  settings.naming_targets = {"svc", "svc/cart"};
  EXPECT_EQ(only("svc/cart/a/b", kNamingValue, settings).appid, "svc/cart");
  EXPECT_EQ(only("svc/cart/a/b", kNamingValue, settings).hostname, "a/b");
  EXPECT_EQ(only("svc/pay/b", kNamingValue, settings).hostname, "pay/b");
  EXPECT_EQ(only("other/pay/b", kNamingValue, settings).appid, "other/pay");
  EXPECT_EQ(tried("svc/cart/7", "a:1", settings), Layout::kNaming);
}

TEST(InstancesOf, KnowsPrefixesBeforeAnythingElseOfTheKey) {
  EXPECT_EQ(layout_of("nmid/tcp@a:1", R"({"f":["b:1"]})"), Layout::kNmid) << "not rpcx";
  EXPECT_EQ(layout_of("/micro/registry/cart/tcp@a:1", kGoMicroValue), Layout::kGoMicro) << "not rpcx";
  EXPECT_EQ(layout_of("/microservices/cart/tcp@a:1", kKratosValue), Layout::kKratos) << "not rpcx";
  EXPECT_EQ(tried("nmid/w", "a:1"), Layout::kNmid) << "not bare";
  EXPECT_EQ(tried("nmid/7", "a:1"), Layout::kNmid) << "not go-zero";
  EXPECT_EQ(tried("/micro/registry/cart/n", kKratosValue), Layout::kGoMicro) << "not kratos";
  EXPECT_EQ(tried("/micro/registry/cart/n", kNamingValue), Layout::kGoMicro) << "not naming";
  EXPECT_EQ(layout_of("/nmid/w", "a:1"), Layout::kBare) << "a leading slash is part of the key";
  EXPECT_EQ(layout_of("nmid", "a:1"), Layout::kBare);
}

TEST(InstancesOf, KnowsRpcxByTheLastSegmentBeforeTheValue) {
  EXPECT_EQ(layout_of("b/s/tcp@a:1", kNamingValue), Layout::kRpcx);
  EXPECT_EQ(layout_of("b/s/tcp@a:1", "c:1"), Layout::kRpcx);
  EXPECT_EQ(tried("tcp@a:1", ""), Layout::kRpcx) << "without a service";
  EXPECT_EQ(layout_of("mail/bob@example.com", "a:1"), Layout::kBare) << "no port";
  EXPECT_EQ(layout_of("s/@a:1", "a:1"), Layout::kBare) << "no network";
}

TEST(InstancesOf, KnowsAJsonValueByItsMembers) {
  EXPECT_EQ(layout_of("x/y", kNamingValue), Layout::kNaming);
  EXPECT_EQ(layout_of("x/7", kNamingValue), Layout::kNaming) << "a number matters only to an address";
  EXPECT_EQ(layout_of("x", kGoMicroValue), Layout::kGoMicro);
  EXPECT_EQ(layout_of("x", kKratosValue), Layout::kKratos);
  EXPECT_EQ(layout_of("x/y", R"({"Addr":"a:1","nodes":[],"endpoints":[],"id":"1"})"), Layout::kNaming);
  EXPECT_EQ(tried("x/y", R"({"nodes":[],"endpoints":[],"id":"1"})"), Layout::kGoMicro) << "and has no node";
  EXPECT_EQ(tried("x/y", R"({"endpoints":["grpc://a:1"]})"), Layout::kNone) << "kratos has an id";
  EXPECT_EQ(tried("x/y", R"({"addr":"a:1"})"), Layout::kNone) << "names count as they are written";
  EXPECT_EQ(tried("x", kNamingValue), Layout::kNaming) << "there is no target";
  EXPECT_EQ(tried("x/y", R"([{"Addr":"a:1"}])"), Layout::kNone);
  EXPECT_EQ(tried("x/y", R"({"Addr":"a:1"} x)"), Layout::kNone);
}

TEST(InstancesOf, KnowsAddressesLast) {
  EXPECT_EQ(layout_of("user.rpc/123", "a:1"), Layout::kGoZero);
  EXPECT_EQ(layout_of("user.rpc/12x", "a:1"), Layout::kBare);
  EXPECT_EQ(layout_of("123", "a:1"), Layout::kBare) << "go-zero has a key before the number";
  EXPECT_EQ(layout_of("s/9223372036854775807", "a:1"), Layout::kGoZero);
  EXPECT_EQ(layout_of("s/92233720368547758070", "a:1"), Layout::kBare) << "20 digits are no lease";
  EXPECT_EQ(tried("/7", "a:1"), Layout::kGoZero) << "the appid is empty";
  EXPECT_EQ(tried("", "a:1"), Layout::kBare);
  EXPECT_EQ(tried("goods", "a:1\n"), Layout::kNone);
  EXPECT_EQ(tried("goods", "http://a:1"), Layout::kNone);
}

TEST(InstancesOf, TellsMarkersOfRpcx) {
  EXPECT_EQ(told("/rpcx", "rpcx_path"), "none: a marker of rpcx, which is no instance");
  EXPECT_EQ(told("rpcx", "rpcx_path"), told("/rpcx", "rpcx_path"));
  EXPECT_EQ(told("/rpcx/Arith", "Arith"), told("/rpcx", "rpcx_path"));
  EXPECT_EQ(told("Arith", "Arith"), "none: no layout fits");
  EXPECT_EQ(told("/rpcx/Arith", "Other"), "none: no layout fits");
}

TEST(InstancesOf, TakesGarbageForKeyAndValue) {
  const std::string all_bytes = [] {
    std::string bytes;
    for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
    return bytes;
  }();
  const std::string deep(100000, '[');
  for (const std::string& key :
       {std::string(), std::string("/"), std::string("//"), std::string("nmid/"), std::string("/micro/registry/"),
        std::string("/microservices//"), std::string("a/tcp@b:1"), std::string("\0", 1), all_bytes, deep}) {
    for (const std::string& value :
         {std::string(), std::string("{"), std::string("{}"), std::string("null"), std::string(R"({"nodes":1})"),
          std::string(R"({"Addr":{}})"), std::string(R"({"nodes":[1]})"), std::string(R"({"id":1,"endpoints":{}})"),
          all_bytes, deep, R"({"Addr":)" + deep}) {
      const Mapping mapping = instances_of(key, value, {});
      EXPECT_EQ(mapping.layout == Layout::kNone, !mapping.why.empty());
      for (const MappedInstance& instance : mapping.instances) EXPECT_EQ(why_not_held(instance, {}), "");
    }
  }
}

TEST(InstancesOf, ReadsValuesUpToItsLimit) {
  const std::string begin = R"({"Op":0,"Addr":"a:1","Other":")";
  const std::string end = R"("})";
  std::string value = begin + std::string(kValueBytesMax - begin.size() - end.size(), 'x') + end;
  ASSERT_EQ(value.size(), kValueBytesMax);
  EXPECT_EQ(layout_of("t/e", value), Layout::kNaming);
  value.insert(begin.size(), "x");
  EXPECT_EQ(told("t/e", value), "none: the value is longer than a layout may be");
}

TEST(InstancesOf, ReadsJsonUpToItsDepth) {
  const auto nested = [](size_t depth) {
    return R"({"Addr":"a:1","Metadata":)" + std::string(depth - 1, '[') + std::string(depth - 1, ']') + "}";
  };
  EXPECT_EQ(only("t/e", nested(codec::JsonReader::kDepthMax)).metadata.members.at(0).second.size(), 30U);
  EXPECT_EQ(tried("t/e", nested(codec::JsonReader::kDepthMax + 1)), Layout::kNone);
}

TEST(InstancesOf, RefusesWhatTheRegistryCannotHold) {
  EXPECT_EQ(only(std::string(1024, 'a'), "h:1").appid.size(), 1024U);
  EXPECT_EQ(tried(std::string(1025, 'a'), "h:1"), Layout::kBare);
  EXPECT_EQ(tried("a,b", "h:1"), Layout::kBare) << "no list could name it";
  EXPECT_EQ(tried("infra.discovery", "h:1"), Layout::kBare) << "nobody becomes a node by a key";
  EXPECT_EQ(tried("infra.discovery/7", "h:1"), Layout::kGoZero);
  EXPECT_EQ(tried("a\nb", "h:1"), Layout::kBare);
  EXPECT_EQ(tried("a\x7f", "h:1"), Layout::kBare);
  EXPECT_EQ(tried("a\xC2\x85", "h:1"), Layout::kBare) << "a control of C1";
  EXPECT_EQ(layout_of("a\xC2\xA0", "h:1"), Layout::kBare) << "the first behind them";
  EXPECT_EQ(tried("a\xFF", "h:1"), Layout::kBare);
  EXPECT_EQ(tried(std::string_view("a\0b", 3), "h:1"), Layout::kBare);
  EXPECT_EQ(layout_of("\u5546\u54C1", "h:1"), Layout::kBare);
}

}  // namespace
}  // namespace discovery::layouts
