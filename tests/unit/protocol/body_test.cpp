// Where parameters come from: query, form, multipart, JSON (discovery-api.md 2).
#include "unit/protocol/harness.h"

namespace discovery::protocol {
namespace {

TEST(Body, MayStayEmptyWithEverythingInTheQuery) {
  Node node;
  EXPECT_EQ(node.post_text("/discovery/register?" + encode(Node::instance("a")), "", "").code(), 0);
  EXPECT_EQ(node.one("a")["addrs"], Json{"http://10.0.0.1:80"});
  EXPECT_EQ(node.post_text("/discovery/renew?" + encode(Node::key("a")), "", "").code(), 0);
  EXPECT_EQ(node.post_text("/discovery/cancel?" + encode(Node::key("a")), "").code(), 0);
}

TEST(Body, ComesBeforeTheQuery) {
  Node node;
  const Answer a = node.post("/discovery/register?hostname=from-query&version=vq&addrs=http://query:1&status=junk",
                             Node::instance("a"));
  ASSERT_EQ(a.code(), 0);
  EXPECT_EQ(node.one("a")["version"], "v1");
  EXPECT_EQ(node.one("a")["addrs"], (Json{"http://10.0.0.1:80", "http://query:1"})) << "a list is of both";
  EXPECT_EQ(node.one("a", "from-query"), nullptr);
  // What the body lacks, or has empty, is another matter: the first value counts, even if empty.
  EXPECT_EQ(node.post("/discovery/renew?hostname=h1", without(Node::key("a"), "hostname")).code(), 0);
  EXPECT_EQ(node.post("/discovery/renew?hostname=h1", with(Node::key("a"), "hostname", "")).code(), -400);
}

TEST(Body, IsReadByContentTypeOnly) {
  Node node;
  const std::string form = encode(Node::instance("a"));
  for (const char* type : {"", "text/plain", "application/xml", "application/x-www-form-urlencodedx", "application/",
                           "octet", ";application/x-www-form-urlencoded", "\xff\xfe"}) {
    EXPECT_EQ(node.post_text("/discovery/register", form, type).code(), -400) << type;
    EXPECT_EQ(node.post_text("/discovery/register?" + form, "zone=other&hostname=%zz", type).code(), 0) << type;
  }
  for (const char* type : {"application/x-www-form-urlencoded", "Application/X-WWW-Form-Urlencoded; charset=UTF-8",
                           "application/x-www-form-urlencoded ;x", "application/x-www-form-urlencoded;",
                           "APPLICATION/X-WWW-FORM-URLENCODED"}) {
    EXPECT_EQ(node.post_text("/discovery/register", form, type).code(), 0) << type;
  }
}

TEST(Body, OfAGetIsIgnored) {
  Node node;
  node.reg("a");
  codec::HttpRequest request;
  request.path = "/discovery/fetch";
  request.query = "env=dev&appid=a&status=1";
  request.body = "env=other&appid=b&callback=evil";
  request.content_type = kForm;
  request.received_at = node.now;
  request.client = &node.client;
  codec::HttpReply reply;
  FakeExchange exchange;
  node.api.handle(Route::kFetch, request, reply, exchange);
  EXPECT_EQ(take_answer(reply).code(), 0);
  request.query = "";
  request.body = "env=dev&appid=a&status=1";
  codec::HttpReply second;
  node.api.handle(Route::kFetch, request, second, exchange);
  EXPECT_EQ(take_answer(second).code(), -400);
}

TEST(Body, MayBeMultipart) {
  Node node;
  std::string body;
  const auto part = [&](const std::string& name, const std::string& value) {
    body += "--sep\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + value + "\r\n";
  };
  for (const auto& [name, value] : Node::instance("a")) part(name, value);
  part("addrs", "grpc://10.0.0.1:90");
  const std::string whole = body + "--sep--\r\n";
  EXPECT_EQ(node.post_text("/discovery/register", whole, "Multipart/Form-Data; boundary=sep").code(), 0);
  EXPECT_EQ(node.one("a")["addrs"], (Json{"http://10.0.0.1:80", "grpc://10.0.0.1:90"}));
  for (const char* type :
       {"multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=other"}) {
    const Answer refused = node.post_text("/discovery/register", whole, type);
    EXPECT_EQ(refused.code(), -400) << type;
    EXPECT_EQ(refused.status_code(), "") << type;
  }
  EXPECT_EQ(node.post_text("/discovery/register", body, "multipart/form-data; boundary=sep").code(), -400)
      << "no closing delimiter";
}

TEST(Body, MayBeJson) {
  Node node;
  const std::string body = R"({"zone":"z1","env":"dev","appid":"a","hostname":"h1","status":1,
    "addrs":["http://j:1","grpc://j:2"],"version":"v\u4f60","metadata":"{\"k\":\"v\"}","dirty_timestamp":9007199254740993,
    "replication":false,"unknown":{"deep":[1,2]},"region":null})";
  ASSERT_EQ(node.post_text("/discovery/register", body, "application/json; charset=utf-8").code(), 0);
  const Json i = node.one("a");
  EXPECT_EQ(i["addrs"], (Json{"http://j:1", "grpc://j:2"}));
  EXPECT_EQ(i["version"], "v\u4f60");
  EXPECT_EQ(i["metadata"], (Json{{"k", "v"}}));
  EXPECT_EQ(i["dirty_timestamp"].get<int64_t>(), 9007199254740993) << "beyond what a double holds";
  EXPECT_EQ(i["region"], "");
}

TEST(Body, OfJsonKnowsBothFormsOfNames) {
  Node node;
  node.client.ip = "10.9.0.2";  // a peer, so that replication counts
  node.reg("a");
  const auto renew = [&](const std::string& stamp_name) {
    return node.post_text("/discovery/renew",
                          R"({"Zone":"z1","ENV":"dev","AppID":"a","HostName":"h1","Replication":true,")" + stamp_name +
                              R"(":9223372036854775807})",
                          "application/json");
  };
  for (const char* name : {"dirty_timestamp", "dirtytimestamp", "DirtyTimestamp", "Dirty_TimeStamp"}) {
    EXPECT_EQ(renew(name).code(), -404) << name << ": newer than what is stored, so the sender should register";
  }
  EXPECT_EQ(renew("dirtystamp").code(), -409) << "an unknown name leaves it at 0";
  EXPECT_EQ(node.post_text("/discovery/set", R"({"zone":"z1","env":"dev","appid":"a","hostname":["h1"],"status":[2],
                                                "setTimestamp":77,"FromZone":"1"})",
                           "application/json")
                .code(),
            0);
  EXPECT_EQ(node.one("a")["latest_timestamp"], 77);
}

TEST(Body, OfJsonComesBeforeTheQueryToo) {
  Node node;
  node.reg("a");
  EXPECT_EQ(node.post_text("/discovery/renew?hostname=none&env=dev&appid=a", R"({"zone":"z1","hostname":"h1"})",
                           "application/json")
                .code(),
            0);
}

TEST(Body, OfJsonIsRefusedWhenItIsNone) {
  Node node;
  const std::string query = encode(Node::instance("a"));
  for (const std::string body : {"x", "[]", "\"a\"", "{\"zone\":", "{} {}", "{\"zone\":{\"a\":1}}",
                                 "{\"addrs\":[[\"x\"]]}", "{'zone':'z'}", "null"}) {
    const Answer refused = node.post_text("/discovery/register?" + query, body, "application/json");
    EXPECT_EQ(refused.code(), -400) << body;
    EXPECT_EQ(refused.status_code(), "") << body;
  }
  EXPECT_EQ(node.post_text("/discovery/register?" + query, std::string(1000000, '['), "application/json").code(), -400);
  EXPECT_EQ(node.fetch("a"), nullptr);
  EXPECT_EQ(node.post_text("/discovery/register?" + query, "{}", "application/json").code(), 0);
}

TEST(Body, OfJsonRefusesValuesOfTheWrongKind) {
  Node node;
  const auto reg = [&](const std::string& status) {
    return node
        .post_text(
            "/discovery/register",
            R"({"zone":"z1","env":"dev","appid":"a","hostname":"h1","addrs":"http://a:1","status":)" + status + "}",
            "application/json")
        .code();
  };
  EXPECT_EQ(reg("\"1\""), 0) << "a number in quotes is as in a form";
  EXPECT_EQ(reg("2"), 0);
  for (const char* status : {"1.0", "1e0", "-1", "true", "null", "4294967297"}) EXPECT_EQ(reg(status), -400) << status;
}

TEST(Body, OfTwoMegabytesIsRead) {
  Node node;
  EXPECT_EQ(node.write("register", with(Node::instance("a"), "version", std::string(2000000, 'm'))).code(), 0);
  EXPECT_EQ(node.one("a")["version"].get<std::string>().size(), 2000000U);
  const Answer renewed = node.renew("a");
  EXPECT_EQ(renewed.data()["version"].get<std::string>().size(), 2000000U);
}

}  // namespace
}  // namespace discovery::protocol
