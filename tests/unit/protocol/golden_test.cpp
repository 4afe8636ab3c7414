// Whole answers, byte for byte (discovery-api.md 3, 4, 7). A change here is a change of the wire.
#include "unit/protocol/harness.h"

namespace discovery::protocol {
namespace {

class Golden : public ::testing::Test {
 protected:
  Golden() {
    node.registry.load_schedulers(
        {{"dev", "shop.cart", R"({"clients":{"zone-a":{"zones":{"zone-a":{"weight":3}}}},"remark":""})"}}, node.now);
    node.write("register", {{"region", "east"},
                            {"zone", "zone-a"},
                            {"env", "dev"},
                            {"appid", "shop.cart"},
                            {"hostname", "cart-0"},
                            {"status", "1"},
                            {"addrs", "http://10.1.0.7:8000"},
                            {"addrs", "grpc://10.1.0.7:9000"},
                            {"version", "412"},
                            {"metadata", R"({"weight":10,"<b>":"\u4f60\n"})"}});
    node.pass(1s);
    node.write("register", {{"zone", "zone-b"},
                            {"env", "dev"},
                            {"appid", "shop.cart"},
                            {"hostname", "cart-1"},
                            {"status", "2"},
                            {"addrs", "http://10.1.0.8:8000"},
                            {"dirty_timestamp", "777"}});
    node.pass(29s);
  }

  Node node;
};

constexpr const char* kCart0 =
    R"({"region":"east","zone":"zone-a","env":"dev","appid":"shop.cart","hostname":"cart-0",)"
    R"("addrs":["http://10.1.0.7:8000","grpc://10.1.0.7:9000"],"version":"412",)"
    "\"metadata\":{\"\\u003cb\\u003e\":\"\xe4\xbd\xa0\\n\",\"weight\":\"10\"},"
    R"("status":1,"reg_timestamp":1700000000000000000,"up_timestamp":1700000000000000000,)"
    R"("renew_timestamp":%R,"dirty_timestamp":1700000000000000000,"latest_timestamp":1700000000000000000})";
constexpr const char* kCart1 =
    R"({"region":"","zone":"zone-b","env":"dev","appid":"shop.cart","hostname":"cart-1",)"
    R"("addrs":["http://10.1.0.8:8000"],"version":"","metadata":{},)"
    R"("status":2,"reg_timestamp":1700000001000000000,"up_timestamp":1700000001000000000,)"
    R"("renew_timestamp":1700000001000000000,"dirty_timestamp":777,"latest_timestamp":1700000001000000000})";
constexpr const char* kScheduler =
    R"("scheduler":{"clients":{"zone-a":{"zones":{"zone-a":{"weight":3}}}},"remark":""})";
constexpr const char* kLatest = R"("latest_timestamp":1700000001000000000)";

std::string cart0(const std::string& renewed = "1700000000000000000") {
  std::string text = kCart0;
  return text.replace(text.find("%R"), 2, renewed);
}

/// The list for status 1.
std::string list() {
  return R"({"instances":{"zone-a":[)" + cart0() + R"(],"zone-b":[]},)" + kScheduler + "," + kLatest + "}";
}

TEST_F(Golden, Renew) {
  const Answer a =
      node.write("renew", {{"zone", "zone-a"}, {"env", "dev"}, {"appid", "shop.cart"}, {"hostname", "cart-0"}});
  EXPECT_EQ(a.body, R"({"code":0,"message":"0","ttl":1,"data":)" + cart0("1700000030000000000") + "}");
  EXPECT_EQ(a.headers, "Kratos-Status-Code: 0\r\n");
  EXPECT_EQ(a.content_type, "application/json; charset=utf-8");
}

TEST_F(Golden, Fetch) {
  EXPECT_EQ(node.get("/discovery/fetch?env=dev&appid=shop.cart&status=1").body,
            R"({"code":0,"message":"0","ttl":1,"data":)" + list() + "}");
  EXPECT_EQ(node.get("/discovery/fetch?env=dev&appid=shop.cart&status=3&zone=zone-b").body,
            R"({"code":0,"message":"0","ttl":1,"data":{"instances":{"zone-b":[)" + std::string(kCart1) + "]}," +
                kScheduler + "," + kLatest + "}}");
  EXPECT_EQ(node.get("/discovery/fetch?env=dev&appid=shop.cart&status=4").body,
            R"({"code":0,"message":"0","ttl":1,"data":{"instances":{"zone-a":[],"zone-b":[]},)" +
                std::string(kScheduler) + "," + kLatest + "}}");
}

TEST_F(Golden, Fetchs) {
  EXPECT_EQ(node.get("/discovery/fetchs?env=dev&appid=none,shop.cart&status=1").body,
            R"({"code":0,"message":"0","ttl":1,"data":{"shop.cart":)" + list() + "}}");
}

TEST_F(Golden, FetchAll) {
  EXPECT_EQ(node.get("/discovery/fetch/all").body,
            R"({"code":0,"message":"0","ttl":1,"data":{"shop.cart":[)" + cart0() + "," + kCart1 + "]}}");
}

TEST_F(Golden, Poll) {
  EXPECT_EQ(node.get(Node::poll_of("shop.cart", 0)).body, R"({"code":0,"message":"0","ttl":1,"data":)" + list() + "}");
}

TEST_F(Golden, Polls) {
  EXPECT_EQ(node.get(Node::polls_of({{"none", 0}, {"shop.cart", 5}})).body,
            R"({"code":0,"message":"0","data":{"shop.cart":)" + list() + R"(},"error":{"-404":["none"]}})");
  FakeExchange& x = node.send_get(Node::polls_of({{"shop.cart", node.latest("shop.cart")}}, "&callback=f"));
  node.write("cancel", {{"zone", "zone-b"}, {"env", "dev"}, {"appid", "shop.cart"}, {"hostname", "cart-1"}});
  EXPECT_EQ(x.answer().body, R"(f({"code":0,"message":"0","data":{"shop.cart":{"instances":{"zone-a":[)" + cart0() +
                                 "]}," + kScheduler +
                                 R"(,"latest_timestamp":1700000030000000000}},"error":{"-404":null}}))");
}

TEST_F(Golden, Refusals) {
  EXPECT_EQ(
      node.write("renew", {{"zone", "zone-a"}, {"env", "dev"}}).body,
      R"({"code":-400,"message":"Key: 'ArgRenew.AppID' Error:Field validation for 'AppID' failed on the 'required' tag\n)"
      R"(Key: 'ArgRenew.Hostname' Error:Field validation for 'Hostname' failed on the 'required' tag","ttl":1})");
  EXPECT_EQ(node.get("/discovery/fetch?env=dev&appid=a&status=%3Cx%22").body,
            R"({"code":-400,"message":"strconv.ParseUint: parsing \"\u003cx\\\"\": invalid syntax","ttl":1})");
}

}  // namespace
}  // namespace discovery::protocol
