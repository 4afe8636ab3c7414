// Answers of peers that run the original server. The texts of the accepted cases are what v1.2.0 printed.
#include "protocol/discovery/legacy_answer.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

namespace discovery::protocol {
namespace {

constexpr std::string_view kInstance =
    R"({"region":"east","zone":"zone-a","env":"dev","appid":"t","hostname":"h","addrs":["http://9.9.9.9:9"],)"
    R"("version":"w","metadata":{"x":"y","a":"\u003c\u0026"},"status":1,"reg_timestamp":1795191799396161541,)"
    R"("up_timestamp":1795191800953978982,"renew_timestamp":1795191800349810393,)"
    R"("dirty_timestamp":1795191800953978984,"latest_timestamp":1795191800953978985})";
constexpr std::string_view kZero =
    R"({"region":"","zone":"","env":"","appid":"","hostname":"","addrs":null,"version":"","metadata":null,"status":0,)"
    R"("reg_timestamp":0,"up_timestamp":0,"renew_timestamp":0,"dirty_timestamp":0,"latest_timestamp":0})";

std::string answer_with(std::string_view data) {
  return R"({"code":-409,"message":"-409","ttl":1,"data":)" + std::string(data) + "}";
}
std::string list_of(std::string_view instances) {
  return R"({"code":0,"message":"0","ttl":1,"data":{"t":[)" + std::string(instances) + "]}}";
}
/// kInstance with `from` replaced by `to`.
std::string with(std::string_view from, std::string_view to) {
  std::string text(kInstance);
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}
std::optional<LegacyInstance> instance_in(std::string_view json, const LegacyLimits& limits = {}) {
  const auto answer = parse_legacy_answer(answer_with(json), limits);
  EXPECT_TRUE(answer.has_value()) << json;
  return answer ? answer->instance : std::nullopt;
}

// What is no answer at all, whether to a post or as a list.
const std::vector<std::string> kBroken{
    "",
    " ",
    "404 page not found",
    "null",
    "0",
    "[]",
    "{}",
    "{\"code\":0",
    R"({"code":0}x)",
    R"({"code":0}{"code":0})",
    R"({"code":"0"})",
    R"({"code":null})",
    R"({"code":0.5})",
    R"({"code":1e3})",
    R"({"code":2147483648})",
    R"({"code":-2147483649})",
    R"({"code":99999999999999999999})",
    R"({"code":[0]})",
    R"({"message":"0","ttl":1})",
    R"({"data":null})",
    R"({"code":0,"data":})",
    R"({"code":0,"data":{)",
    R"({"code":0,"code":"x"})",
};

TEST(LegacyAnswer, OfAWriteIsItsCode) {
  for (const auto& [body, code] : std::vector<std::pair<std::string, int>>{
           {R"({"code":0,"message":"0","ttl":1})", 0},
           {R"({"code":-404,"message":"-404","ttl":1,"data":null})", -404},
           {R"({"code":-400,"message":"Key: 'ArgRegister.Addrs' Error","ttl":1})", -400},
           {R"( {"ttl":1 , "code" : -500 } )", -500},
           {R"({"code":2147483647})", 2147483647},
           {R"({"code":-1,"code":-2})", -2},
           {R"({"code":0,"data":"text"})", 0},
           {R"({"code":0,"data":[{"a":[]}],"more":{"a":[1,{}]}})", 0},
       }) {
    const auto answer = parse_legacy_answer(body, {});
    ASSERT_TRUE(answer.has_value()) << body;
    EXPECT_EQ(answer->code, code);
    EXPECT_FALSE(answer->instance.has_value()) << body;
  }
}

TEST(LegacyAnswer, ThatIsNoneIsAnError) {
  for (const std::string& body : kBroken) {
    const auto answer = parse_legacy_answer(body, {});
    ASSERT_FALSE(answer.has_value()) << body;
    EXPECT_EQ(answer.error().code, ErrorCode::kInvalidArgument);
  }
}

TEST(LegacyAnswer, OfAConflictCarriesTheNewerInstance) {
  const auto answer = parse_legacy_answer(answer_with(kInstance), {});
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->code, -409);
  ASSERT_TRUE(answer->instance.has_value());
  const LegacyInstance& i = *answer->instance;
  EXPECT_EQ(i.region, "east");
  EXPECT_EQ(i.zone, "zone-a");
  EXPECT_EQ(i.env, "dev");
  EXPECT_EQ(i.appid, "t");
  EXPECT_EQ(i.hostname, "h");
  EXPECT_EQ(i.version, "w");
  EXPECT_EQ(i.addrs, std::vector<std::string>{"http://9.9.9.9:9"});
  EXPECT_EQ(i.addrs_json, R"(["http://9.9.9.9:9"])");
  EXPECT_EQ(i.metadata_json, R"({"a":"\u003c\u0026","x":"y"})");
  EXPECT_EQ(i.status, 1U);
  EXPECT_EQ(i.reg_ns, 1795191799396161541);
  EXPECT_EQ(i.up_ns, 1795191800953978982);
  EXPECT_EQ(i.renew_ns, 1795191800349810393);
  EXPECT_EQ(i.dirty_ns, 1795191800953978984);
  EXPECT_EQ(i.latest_ns, 1795191800953978985);
}

TEST(LegacyAnswer, TheAllZeroInstanceIsNone) {
  const auto answer =
      parse_legacy_answer(R"({"code":-404,"message":"-404","ttl":1,"data":)" + std::string(kZero) + "}", {});
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->code, -404);
  EXPECT_FALSE(answer->instance.has_value());
}

// D1: an original stores what another one sent it as one address.
TEST(LegacyInstance, AddressesJoinedByCommasAreSplit) {
  const auto i = instance_in(with(R"(["http://9.9.9.9:9"])", R"(["http://1:1,grpc://1:2",",","http://2:1",""])"));
  ASSERT_TRUE(i.has_value());
  EXPECT_EQ(i->addrs, (std::vector<std::string>{"http://1:1", "grpc://1:2", "http://2:1"}));
  EXPECT_EQ(i->addrs_json, R"(["http://1:1","grpc://1:2","http://2:1"])");
}

TEST(LegacyInstance, NullStandsForNothing) {
  const auto i =
      instance_in(R"({"region":null,"zone":"z","env":"e","appid":"a","hostname":"h","addrs":null,"version":null,)"
                  R"("metadata":null,"status":2,"reg_timestamp":null})");
  ASSERT_TRUE(i.has_value());
  EXPECT_EQ(i->addrs_json, "[]");
  EXPECT_EQ(i->metadata_json, "{}");
  EXPECT_EQ(i->region + i->version, "");
  EXPECT_EQ(i->status, 2U);
  EXPECT_EQ(i->reg_ns, 0);
  EXPECT_EQ(i->latest_ns, 0) << "absent";
}

TEST(LegacyInstance, OfRepeatedMembersTheLastCounts) {
  const auto i = instance_in(
      with(R"("status":1)", R"("hostname":"h2","status":1,"status":2,"addrs":["a:1"],"metadata":{"k":"1","k":"2"})"));
  ASSERT_TRUE(i.has_value());
  EXPECT_EQ(i->hostname, "h2");
  EXPECT_EQ(i->status, 2U);
  EXPECT_EQ(i->addrs_json, R"(["a:1"])");
  EXPECT_EQ(i->metadata_json, R"({"k":"2"})");
}

TEST(LegacyInstance, UnknownMembersAreSkippedWhateverTheyAre) {
  EXPECT_TRUE(instance_in(with(R"("status":1)", R"("color":{"a":[[],{}]},"n":-1.5e9,"b":[true,null],"status":1)")));
}

TEST(LegacyInstance, MetadataIsTakenAsByRegister) {
  const auto i = instance_in(
      with(R"({"x":"y","a":"\u003c\u0026"})", R"({"n":10,"big":1e999999,"t":true,"null":null,"o":{"a":[1]},"l":[1]})"));
  ASSERT_TRUE(i.has_value());
  EXPECT_EQ(i->metadata_json, R"({"big":"1e999999","l":"","n":"10","null":"","o":"","t":"true"})");
}

TEST(LegacyInstance, TextIsRepairedButNamesAreNot) {
  const auto i = instance_in(with(R"("version":"w")", "\"version\":\"\xff\\ud800\""));
  ASSERT_TRUE(i.has_value());
  EXPECT_EQ(i->version, "\xef\xbf\xbd\xef\xbf\xbd");
  EXPECT_FALSE(instance_in(with(R"("hostname":"h")", "\"hostname\":\"h\xff\"")));
}

TEST(LegacyInstance, TimestampsAreTakenInTheirWholeRange) {
  const auto i = instance_in(with(R"("dirty_timestamp":1795191800953978984)",
                                  R"("dirty_timestamp":9223372036854775807,"up_timestamp":-9223372036854775808)"));
  ASSERT_TRUE(i.has_value());
  EXPECT_EQ(i->dirty_ns, std::numeric_limits<int64_t>::max());
  EXPECT_EQ(i->up_ns, std::numeric_limits<int64_t>::min());
}

TEST(LegacyInstance, OneThatCouldNotBeRegisteredIsNone) {
  EXPECT_TRUE(instance_in(kInstance));
  for (const std::string& json : std::vector<std::string>{
           "{}",
           "1",
           "[]",
           with(R"("zone":"zone-a",)", ""),
           with(R"("zone":"zone-a")", R"("zone":null)"),
           with(R"("env":"dev")", R"("env":"")"),
           with(R"("hostname":"h")", R"("hostname":7)"),
           with(R"("appid":"t")", R"("appid":["t"])"),
           with(R"("appid":"t")", R"("appid":"t,u")"),
           with(R"("version":"w")", R"("version":{})"),
           with(R"("status":1)", R"("status":0)"),
           with(R"("status":1)", R"("status":3)"),
           with(R"("status":1)", R"("status":4294967297)"),
           with(R"("status":1)", R"("status":"1")"),
           with(R"("status":1)", R"("status":1.0)"),
           with(R"("status":1)", R"("status":null)"),
           with(R"("status":1,)", ""),
           with(R"(["http://9.9.9.9:9"])", R"("http://9.9.9.9:9")"),
           with(R"(["http://9.9.9.9:9"])", R"([["http://9.9.9.9:9"]])"),
           with(R"(["http://9.9.9.9:9"])", R"([null])"),
           with(R"({"x":"y","a":"\u003c\u0026"})", R"([])"),
           with(R"({"x":"y","a":"\u003c\u0026"})", R"("{}")"),
           with("1795191799396161541", "9223372036854775808"),
           with("1795191799396161541", "1e18"),
           with("1795191799396161541", R"("1795191799396161541")"),
       }) {
    EXPECT_FALSE(instance_in(json)) << json;
  }
}

TEST(LegacyInstance, LimitsHoldAtTheLimitAndRefuseOnePast) {
  LegacyLimits limits;
  limits.name_bytes_max = 6;
  limits.addrs_max = 2;
  limits.metadata = {.members_max = 2, .text_bytes_max = 5};  // names and values: x y a <& are five bytes
  EXPECT_TRUE(instance_in(kInstance, limits));
  EXPECT_FALSE(instance_in(with("zone-a", "zone-ab"), limits));
  EXPECT_TRUE(instance_in(with(R"(["http://9.9.9.9:9"])", R"(["a","b"])"), limits));
  EXPECT_FALSE(instance_in(with(R"(["http://9.9.9.9:9"])", R"(["a","b","c"])"), limits));
  EXPECT_FALSE(instance_in(with(R"(["http://9.9.9.9:9"])", R"(["a,b,c"])"), limits));
  EXPECT_FALSE(instance_in(with(R"("x":"y")", R"("x":"yz")"), limits));
  EXPECT_FALSE(instance_in(with(R"("x":"y")", R"("x":"","y":"")"), limits)) << "three members";
}

TEST(LegacyFetchAll, ListsWhatTheOriginalPrints) {
  const std::string body =
      R"({"code":0,"message":"0","ttl":1,"data":{"infra.discovery":[{"region":"east","zone":"zone-a","env":"dev",)"
      R"("appid":"infra.discovery","hostname":"n1","addrs":["http://127.0.0.1:18171"],"version":"","metadata":null,)"
      R"("status":1,"reg_timestamp":1,"up_timestamp":2,"renew_timestamp":3,"dirty_timestamp":4,"latest_timestamp":5}],)"
      R"("t":[)" +
      std::string(kInstance) + "," + with(R"("hostname":"h")", R"("hostname":"h2")") + R"(],"none":[],"null":null}})";
  const auto list = parse_legacy_fetch_all(body, {});
  ASSERT_TRUE(list.has_value());
  EXPECT_EQ(list->code, 0);
  EXPECT_EQ(list->refused, 0U);
  ASSERT_EQ(list->instances.size(), 3U);
  EXPECT_EQ(list->instances[0].appid, "infra.discovery");
  EXPECT_EQ(list->instances[0].metadata_json, "{}");
  EXPECT_EQ(list->instances[0].renew_ns, 3);
  EXPECT_EQ(list->instances[1].hostname, "h");
  EXPECT_EQ(list->instances[2].hostname, "h2");
  EXPECT_EQ(list->instances[2].metadata_json, R"({"a":"\u003c\u0026","x":"y"})");
}

TEST(LegacyFetchAll, WithoutDataIsEmpty) {
  for (const auto& [body, code] : std::vector<std::pair<std::string, int>>{
           {R"({"code":0,"message":"0","ttl":1,"data":{}})", 0},
           {R"({"code":0,"message":"0","ttl":1,"data":null})", 0},
           {R"({"code":0})", 0},
           {R"({"code":-500,"message":"-500","ttl":1})", -500},
       }) {
    const auto list = parse_legacy_fetch_all(body, {});
    ASSERT_TRUE(list.has_value()) << body;
    EXPECT_EQ(list->code, code);
    EXPECT_TRUE(list->instances.empty());
  }
}

TEST(LegacyFetchAll, ABrokenInstanceIsLeftOutAndCounted) {
  const auto list = parse_legacy_fetch_all(
      list_of(std::string(kInstance) + R"(,{},null,7,"x",[[]],)" + std::string(kZero) + "," + std::string(kInstance)),
      {});
  ASSERT_TRUE(list.has_value());
  EXPECT_EQ(list->instances.size(), 2U);
  EXPECT_EQ(list->refused, 6U);
}

TEST(LegacyFetchAll, OfAnotherShapeIsAnError) {
  std::vector<std::string> bodies = kBroken;
  for (const char* data : {"[]", "1", R"("x")", R"({"t":{}})", R"({"t":1})", R"({"t":[})", R"({"t":[{]})"}) {
    bodies.push_back(answer_with(data));
  }
  const std::string whole = list_of(kInstance);
  for (size_t bytes = 0; bytes < whole.size(); ++bytes) bodies.push_back(whole.substr(0, bytes));
  for (const std::string& body : bodies) {
    const auto list = parse_legacy_fetch_all(body, {});
    ASSERT_FALSE(list.has_value()) << body;
    EXPECT_EQ(list.error().code, ErrorCode::kInvalidArgument) << body;
  }
}

TEST(LegacyFetchAll, EveryCutOfAnAnswerIsAnError) {
  const std::string whole = answer_with(kInstance);
  for (size_t bytes = 0; bytes < whole.size(); ++bytes) {
    EXPECT_FALSE(parse_legacy_answer(whole.substr(0, bytes), {})) << bytes;
  }
}

TEST(LegacyFetchAll, DeepNestingIsAnErrorNotAStack) {
  const std::string deep(1'000'000, '[');
  EXPECT_FALSE(parse_legacy_answer(deep, {}));
  EXPECT_FALSE(parse_legacy_answer(answer_with(deep), {}));
  EXPECT_FALSE(parse_legacy_fetch_all(answer_with(deep), {}));
  EXPECT_FALSE(parse_legacy_fetch_all(list_of(with(R"("status":1)", R"("metadata":{"k":)" + deep)), {}));
}

TEST(LegacyFetchAll, ReadsAsManyInstancesAsTheLimitAndNotOneMore) {
  const std::string one = R"({"zone":"z","env":"e","appid":"a","hostname":"h","status":1})";
  std::string instances = one;
  for (size_t i = 1; i < kLegacyInstancesMax; ++i) instances += ',' + (i % 2 == 0 ? one : "{}");
  const auto list = parse_legacy_fetch_all(list_of(instances), {});
  ASSERT_TRUE(list.has_value());
  EXPECT_EQ(list->instances.size() + list->refused, kLegacyInstancesMax);
  for (const char* more : {",{}", ",null", R"(],"b":[1)"}) {
    const auto past = parse_legacy_fetch_all(list_of(instances + more), {});
    ASSERT_FALSE(past.has_value()) << more;
    EXPECT_EQ(past.error().code, ErrorCode::kLimitExceeded);
  }
}

}  // namespace
}  // namespace discovery::protocol
