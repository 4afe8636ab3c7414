// Each layout by itself: accepted, refused, at the limit.
#include <gtest/gtest.h>

#include "unit/layouts/telling.h"

namespace discovery::layouts {
namespace {

std::string metadata_of(const MappedInstance& instance) {
  std::string out;
  codec::append_metadata(out, instance.metadata);
  return out;
}

std::string go_micro(std::string_view nodes, std::string_view more = "") {
  return told("/micro/registry/cart/n", R"({"name":"cart","nodes":)" + std::string(nodes) + std::string(more) + "}");
}

TEST(GoMicro, TakesNamesFromTheValue) {
  EXPECT_EQ(told("/micro/registry/a-b/c-d", R"({"name":"a/b","nodes":[{"id":"c/d","address":"h:1"}]})"),
            R"(go-micro {"appid":"a/b","hostname":"c/d","addrs":["tcp://h:1"]})");
}

TEST(GoMicro, TakesTheProtocolOfTheNode) {
  EXPECT_EQ(
      go_micro(R"([{"id":"n","address":"h:1","metadata":{"protocol":"mucp"}}])", R"(,"metadata":{"protocol":"x"})"),
      R"(go-micro {"appid":"cart","hostname":"n","addrs":["mucp://h:1"],"metadata":{"protocol":"mucp"}})");
  EXPECT_EQ(go_micro(R"([{"id":"n","address":"h:1"}])", R"(,"metadata":{"protocol":"x"})"),
            R"(go-micro {"appid":"cart","hostname":"n","addrs":["tcp://h:1"],"metadata":{"protocol":"x"}})");
  EXPECT_EQ(go_micro(R"([{"id":"n","address":"h:1","metadata":{"protocol":"no scheme"}}])"),
            R"(go-micro {"appid":"cart","hostname":"n","addrs":["tcp://h:1"],"metadata":{"protocol":"no scheme"}})");
  EXPECT_EQ(go_micro(R"([{"id":"n","address":"[::1]:80","metadata":{"protocol":""}}])"),
            R"(go-micro {"appid":"cart","hostname":"n","addrs":["tcp://[::1]:80"],"metadata":{"protocol":""}})");
}

TEST(GoMicro, LetsMetadataOfTheNodeWin) {
  EXPECT_EQ(
      go_micro(R"([{"id":"n","address":"h:1","metadata":{"b":"2","c":"2"}}])", R"(,"metadata":{"a":"1","b":"1"})"),
      R"(go-micro {"appid":"cart","hostname":"n","addrs":["tcp://h:1"],"metadata":{"a":"1","b":"2","c":"2"}})");
}

TEST(GoMicro, ReadsPastWhatItDoesNotNeed) {
  EXPECT_EQ(go_micro(R"([{"id":"n","address":"h:1","port":80}])",
                     R"(,"version":"2","endpoints":[{"name":"E","request":{"name":"R","values":[{"values":null}]}}])"),
            R"(go-micro {"appid":"cart","hostname":"n","addrs":["tcp://h:1"],"version":"2"})");
}

TEST(GoMicro, WantsExactlyOneNode) {
  EXPECT_EQ(go_micro("[]"), "none: a go-micro service in a key has exactly one node");
  EXPECT_EQ(go_micro("null"), go_micro("[]"));
  EXPECT_EQ(go_micro(R"([{"id":"n","address":"h:1"},{"id":"m","address":"h:2"}])"), go_micro("[]"));
  EXPECT_EQ(told("/micro/registry/cart/n", R"({"name":"cart"})"), go_micro("[]"));
  EXPECT_EQ(go_micro(R"([{"id":"n"}])"), "none: the go-micro node has no address");
  for (const char* nodes : {"1", "{}", "[1]", "[null]", R"([{"id":1,"address":"h:1"}])", R"([{"id":"n","address":[]}])",
                            R"([{"id":"n","address":"h:1","metadata":[]}])"}) {
    EXPECT_EQ(go_micro(nodes), "none: the value is not the JSON of a go-micro service") << nodes;
  }
}

TEST(GoMicro, LetsTheLastOfDuplicatesCount) {
  EXPECT_EQ(go_micro(R"([{"id":"n","address":"h:1"}],"nodes":[{"id":"m","address":"h:2"}])"),
            R"(go-micro {"appid":"cart","hostname":"m","addrs":["tcp://h:2"]})");
}

std::string kratos(std::string_view endpoints) {
  return told("/microservices/cart/k", R"({"id":"k","name":"cart","endpoints":)" + std::string(endpoints) + "}");
}

TEST(Kratos, LeavesTheQueryOfEndpointsOut) {
  EXPECT_EQ(kratos(R"(["http://a:1?isSecure=false","grpc://[::1]:2?isSecure=true","tcp://c:3"])"),
            R"(kratos {"appid":"cart","hostname":"k","addrs":["http://a:1","grpc://[::1]:2","tcp://c:3"]})");
}

TEST(Kratos, RefusesWhatHasNoAddressOrIsNoInstance) {
  EXPECT_EQ(kratos("[]"), "none: no address");
  EXPECT_EQ(kratos("null"), "none: no address");
  EXPECT_EQ(told("/microservices/cart/k", R"({"id":"k","name":"cart"})"), "none: no address");
  for (const char* endpoints : {"{}", "[1]", "[null]", "\"a\"", "[[]]"}) {
    EXPECT_EQ(kratos(endpoints), "none: the value is not the JSON of a kratos instance") << endpoints;
  }
  EXPECT_EQ(told("/microservices/cart/k", "a:1"), "none: the value is not the JSON of a kratos instance");
}

TEST(Kratos, HoldsAddressesUpToTheLimit) {
  const auto endpoints = [](size_t n) {
    std::string list = "[";
    for (size_t i = 0; i < n; ++i) list += (i ? "," : "") + std::string(R"("grpc://a:1")");
    return list + "]";
  };
  EXPECT_TRUE(kratos(endpoints(64)).starts_with("kratos "));
  EXPECT_EQ(kratos(endpoints(65)), "none: more addresses than limits.addrs allows");
}

TEST(Kratos, HoldsMetadataUpToTheLimit) {
  const auto value = [](size_t n) {
    std::string metadata;
    for (size_t i = 0; i < n; ++i) metadata += (i ? "," : "") + ("\"k" + std::to_string(i) + "\":\"v\"");
    return R"({"id":"k","name":"cart","metadata":{)" + metadata + R"(},"endpoints":["grpc://a:1"]})";
  };
  EXPECT_EQ(only("/microservices/cart/k", value(256)).metadata.members.size(), 256U);
  EXPECT_EQ(told("/microservices/cart/k", value(257)),
            "none: metadata past limits.metadata_members or limits.metadata_bytes");
}

TEST(Metadata, IsReadUpToTheLimitOfItsMembers) {
  constexpr std::string_view kPast = "none: metadata past limits.metadata_members or limits.metadata_bytes";
  const auto members = [](size_t n, std::string_view one, char between) {
    std::string all(one);
    while (--n > 0) (all += between) += one;
    return all;
  };
  const auto object = [&](size_t n) { return "{" + members(n, R"("a":"b")", ',') + "}"; };
  const auto all = [&](size_t n) {
    const std::string node = R"([{"id":"n","address":"h:1","metadata":)" + object(n) + "}]";
    return std::vector<std::string>{
        go_micro(R"([{"id":"n","address":"h:1"}])", R"(,"metadata":)" + object(n)),
        go_micro(node),
        told("/microservices/cart/k",
             R"({"id":"k","name":"cart","endpoints":["tcp://h:1"],"metadata":)" + object(n) + "}"),
        told("cart/k", R"({"Addr":"h:1","Metadata":)" + object(n) + "}"),
        told("b/cart/tcp@h:1", members(n, "a=b", '&')),
    };
  };
  for (const std::string& text : all(256)) EXPECT_TRUE(text.ends_with(R"("metadata":{"a":"b"}})")) << text;
  for (const std::string& text : all(257)) EXPECT_EQ(text, kPast) << "repeated names count";
}

TEST(Rpcx, ReadsTheQueryAsGoDoes) {
  const auto metadata = [](std::string_view query) { return metadata_of(only("b/Arith/tcp@h:1", query)); };
  EXPECT_EQ(metadata(""), "{}");
  EXPECT_EQ(metadata("weight=10&group=a+b%21"), R"({"group":"a b!","weight":"10"})");
  EXPECT_EQ(metadata("a=1&a=2&b"), R"({"a":"1","b":""})") << "the first counts";
  EXPECT_EQ(metadata("&&=x&a==&"), R"({"":"x","a":"="})");
  EXPECT_EQ(metadata("a=%zz&b=1;c=2&%=3&d=4"), R"({"d":"4"})") << "what does not decode is left out";
  EXPECT_EQ(metadata("a=%ff"), "{\"a\":\"\xEF\xBF\xBD\"}");
}

TEST(Rpcx, TakesNetworkAndStatusFromKeyAndQuery) {
  EXPECT_EQ(
      told("/b/c/Arith/quic@[::1]:8972", "state=active"),
      R"(rpcx {"appid":"Arith","hostname":"quic@[::1]:8972","addrs":["quic://[::1]:8972"],"metadata":{"state":"active"}})");
  EXPECT_EQ(only("b/Arith/tcp@h:1", "state=inactive").status, kStatusWaiting);
  EXPECT_EQ(only("b/Arith/tcp@h:1", "state=inactive&state=x").status, kStatusWaiting);
  EXPECT_EQ(only("b/Arith/tcp@h:1", "state=x&state=inactive").status, kStatusUp);
  EXPECT_EQ(only("b/Arith/tcp@h:1", "").status, kStatusUp);
  EXPECT_EQ(only("Arith/tcp@h:1", "").appid, "Arith");
  EXPECT_FALSE(only("Arith/tcp@h:1", "").permanent);
}

TEST(Nmid, NamesInstancesByAddressWhateverTheOrder) {
  const std::string one = told("nmid/w", R"({"f":["a:1","b:2"],"g":["a:1"]})");
  EXPECT_EQ(one, R"(nmid {"appid":"f","hostname":"w@a:1","addrs":["tcp://a:1"],"permanent":true})"
                 R"( {"appid":"f","hostname":"w@b:2","addrs":["tcp://b:2"],"permanent":true})"
                 R"( {"appid":"g","hostname":"w@a:1","addrs":["tcp://a:1"],"permanent":true})");
  EXPECT_EQ(told("nmid/w", R"({"g":["a:1"],"f":["a:1","b:2","a:1"]})"), one);
  EXPECT_EQ(only("nmid/w", R"({"f":["b:2"]})").hostname, "w@b:2") << "as it was beside another";
}

TEST(Nmid, MayHaveNoInstances) {
  EXPECT_EQ(told("nmid/w", "{}"), "nmid");
  EXPECT_EQ(told("nmid/w", R"({"f":[],"g":null})"), "nmid");
  EXPECT_EQ(told("nmid/w", R"({"f":["a:1"],"f":[]})"), "nmid") << "the last of duplicates counts";
}

TEST(Nmid, RefusesWhatIsNoWorker) {
  for (const char* value : {"", "[]", R"({"f":"a:1"})", R"({"f":[1]})", R"({"f":[null]})", R"({"f":{}})"}) {
    EXPECT_EQ(told("nmid/w", value), "none: the value is not the JSON of an nmid worker") << value;
  }
  EXPECT_EQ(told("nmid/w", R"({"f":[""]})"), "none: an address of the nmid worker is empty");
  EXPECT_TRUE(told("nmid/w", R"({"":["a:1"]})").starts_with("none: the appid is empty"));
  EXPECT_EQ(told("nmid/", "{}"), "none: the key names no nmid worker");
}

TEST(Nmid, HasInstancesUpToTheLimit) {
  const auto value = [](size_t n) {
    std::string list;
    for (size_t i = 0; i < n; ++i) list += (i ? "," : "") + ("\"h" + std::to_string(i) + ":1\"");
    return R"({"f":[)" + list + "]}";
  };
  EXPECT_EQ(instances_of("nmid/w", value(kInstancesMax), {}).instances.size(), kInstancesMax);
  const std::string too_many = "none: more functions and addresses than one nmid worker may have";
  EXPECT_EQ(told("nmid/w", value(kInstancesMax + 1)), too_many);
  const auto empty_functions = [](size_t n) {
    std::string list;
    for (size_t i = 0; i < n; ++i) list += (i ? "," : "") + ("\"f" + std::to_string(i) + "\":[]");
    return "{" + list + "}";
  };
  EXPECT_EQ(told("nmid/w", empty_functions(kInstancesMax)), "nmid");
  EXPECT_EQ(told("nmid/w", empty_functions(kInstancesMax + 1)), too_many);
}

TEST(Naming, FlattensMetadata) {
  const auto metadata = [](std::string_view json) {
    return metadata_of(only("t/e", R"({"Op":0,"Addr":"h:1","Metadata":)" + std::string(json) + "}"));
  };
  EXPECT_EQ(metadata("null"), "{}");
  EXPECT_EQ(metadata("{}"), "{}");
  EXPECT_EQ(metadata(R"({"b":"\u00e4","a":1.50,"c":true,"d":null,"e":{"x":[1, 2]}})"),
            "{\"a\":\"1.50\",\"b\":\"\xC3\xA4\",\"c\":\"true\",\"d\":\"\",\"e\":\"{\\\"x\\\":[1, 2]}\"}");
  EXPECT_EQ(metadata(R"({"e":{"x":"a\"b\\"}})"), R"({"e":"{\"x\":\"a\\\"b\\\\\"}"})")
      << "JSON within keeps its escapes";
  EXPECT_EQ(metadata(R"("text")"), R"({"metadata":"text"})");
  EXPECT_EQ(metadata("17"), R"({"metadata":"17"})");
  EXPECT_EQ(metadata("[1,{}]"), R"({"metadata":"[1,{}]"})");
  EXPECT_EQ(metadata("\"\xFF\""), "{\"metadata\":\"\xEF\xBF\xBD\"}") << "text is repaired, names are not";
}

TEST(Naming, WantsTargetEndpointAndAddress) {
  EXPECT_EQ(told("a/b/c", R"({"Addr":"h:1"})"), R"(naming {"appid":"a/b","hostname":"c","addrs":["grpc://h:1"]})");
  EXPECT_EQ(told("a/b", R"({"Addr":""})"), "none: the endpoint has no Addr");
  EXPECT_EQ(told("a/b", R"({"Addr":null})"), "none: the endpoint has no Addr");
  EXPECT_EQ(told("a/b", R"({"Addr":7})"), "none: the value is not the JSON of an endpoint of etcd's naming");
  EXPECT_TRUE(told("a/", R"({"Addr":"h:1"})").starts_with("none: the hostname is empty"));
  EXPECT_TRUE(told("/b", R"({"Addr":"h:1"})").starts_with("none: the appid is empty"));
}

TEST(Plain, NamesGoZeroByKeyAndBareByValue) {
  EXPECT_EQ(told("/svc/user.rpc/42", "[::1]:80"),
            R"(go-zero {"appid":"/svc/user.rpc","hostname":"42","addrs":["grpc://[::1]:80"]})");
  EXPECT_EQ(told("/svc/user", "h:80"),
            R"(bare {"appid":"/svc/user","hostname":"h:80","addrs":["tcp://h:80"],"permanent":true})");
}

}  // namespace
}  // namespace discovery::layouts
