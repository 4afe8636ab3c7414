// The frame around answers, and the table of codes (discovery-api.md 1.5, 1.6, 1.9 and 3).
#include "protocol/discovery/envelope.h"

#include <limits>

#include "protocol/discovery/error_codes.h"
#include "unit/protocol/harness.h"

namespace discovery::protocol {
namespace {

TEST(ErrorCodes, MapEveryError) {
  const std::vector<std::pair<ErrorCode, Code>> table{
      {ErrorCode::kInvalidArgument, Code::kBadRequest},
      {ErrorCode::kNotFound, Code::kNotFound},
      {ErrorCode::kConflict, Code::kConflict},
      {ErrorCode::kLimitExceeded, Code::kBadRequest},
      {ErrorCode::kExhausted, Code::kServerError},
      {ErrorCode::kUnavailable, Code::kServerError},
      {ErrorCode::kUnauthenticated, Code::kUnauthorized},
      {ErrorCode::kForbidden, Code::kForbidden},
      {ErrorCode::kInternal, Code::kServerError},
  };
  ASSERT_EQ(table.size(), static_cast<size_t>(kErrorCodeCount)) << "a new ErrorCode needs a wire code and a line here";
  for (size_t i = 0; i < table.size(); ++i) {
    EXPECT_EQ(static_cast<size_t>(table[i].first), i) << "each enumerator once";
    EXPECT_EQ(wire_code(table[i].first), table[i].second) << i;
    EXPECT_NE(wire_code(table[i].first), Code::kOk);
    EXPECT_NE(wire_code(table[i].first), Code::kNotModified) << "which clients repeat without a pause";
  }
}

TEST(ErrorCodes, NameTheKeysOfLimitsOnly) {
  EXPECT_EQ(name_limit({ErrorCode::kLimitExceeded, "too many"}, "limits.x").message, "too many (limits.x)");
  EXPECT_EQ(name_limit(invalid("no JSON"), "limits.x").message, "no JSON");
}

Answer whole(Code code, std::string_view callback = "") {
  codec::HttpReply reply;
  Envelope(reply, callback).whole(code);
  return take_answer(reply);
}

TEST(Envelope, WritesEveryCodeAsNumberAsTextAndAsHeader) {
  for (const auto& [code, text] : std::vector<std::pair<Code, std::string>>{{Code::kOk, "0"},
                                                                            {Code::kNotModified, "-304"},
                                                                            {Code::kBadRequest, "-400"},
                                                                            {Code::kUnauthorized, "-401"},
                                                                            {Code::kForbidden, "-403"},
                                                                            {Code::kNotFound, "-404"},
                                                                            {Code::kConflict, "-409"},
                                                                            {Code::kServerError, "-500"}}) {
    const Answer a = whole(code);
    EXPECT_EQ(a.body, R"({"code":)" + text + R"(,"message":")" + text + R"(","ttl":1})");
    EXPECT_EQ(a.headers, "Kratos-Status-Code: " + text + "\r\n");
    EXPECT_EQ(a.content_type, kJsonType);
    EXPECT_EQ(a.status, 200);
    EXPECT_FALSE(a.close);
  }
}

TEST(Envelope, WritesNullData) {
  codec::HttpReply reply;
  Envelope(reply, "").whole_with_null(Code::kNotFound);
  EXPECT_EQ(take_answer(reply).body, R"({"code":-404,"message":"-404","ttl":1,"data":null})");
}

TEST(Envelope, WritesMessagesAsValidJsonWhateverTheyHold) {
  codec::HttpReply reply;
  Envelope(reply, "").failure(invalid("a\"b\\c\n<\x01\xff>"), false);
  const Answer a = take_answer(reply);
  EXPECT_EQ(a.body, R"({"code":-400,"message":"a\"b\\c\n\u003c\u0001)"
                    "\xef\xbf\xbd"
                    R"(\u003e","ttl":1})");
  EXPECT_EQ(a.headers, "") << "no Kratos-Status-Code on failures of binding";
  EXPECT_EQ(a.content_type, kJsonType);
}

TEST(Envelope, CarriesTheHeaderWhereAHandlerAnswered) {
  codec::HttpReply reply;
  Envelope(reply, "").failure({ErrorCode::kExhausted, "full"}, true);
  const Answer a = take_answer(reply);
  EXPECT_EQ(a.body, R"({"code":-500,"message":"full","ttl":1})");
  EXPECT_EQ(a.status_code(), "-500");
}

TEST(Envelope, WrapsForJsonp) {
  EXPECT_EQ(whole(Code::kOk, "cb").body, R"(cb({"code":0,"message":"0","ttl":1}))");
  EXPECT_EQ(whole(Code::kOk, "cb").content_type, kJsonType) << "unchanged";
  EXPECT_EQ(whole(Code::kOk, "").body, kOk);
  EXPECT_EQ(whole(Code::kOk, "a<script>'\"\\&=\xff").body.substr(0, 60),
            std::string(R"(a\u003Cscript\u003E\'\"\\\u0026\u003D)") + "\xef\xbf\xbd" + R"(({"code":0,"message")");
}

TEST(Jsonp, WrapsAnswersOfEveryRoute) {
  Node node;
  node.reg("a");
  const auto expect_wrapped = [](const Answer& a, const std::string& what) {
    ASSERT_TRUE(a.body.starts_with("cb(") && a.body.ends_with(")")) << what << ": " << a.body;
    const Json inner = Json::parse(a.body.substr(3, a.body.size() - 4), nullptr, false);
    EXPECT_TRUE(inner.is_object() && inner.contains("code")) << what << ": " << a.body;
    EXPECT_EQ(a.content_type, kJsonType) << what;
  };
  for (const char* query :
       {"fetch?env=dev&appid=a&status=1", "fetch?env=dev&appid=none&status=1", "fetch?",
        "fetchs?env=dev&appid=a&status=1", "fetch/all?", "nodes?", "poll?env=dev&hostname=w&appid=a",
        "poll?env=dev&hostname=w&appid=none", "poll?", "polls?env=dev&hostname=w&appid=a,none&latest_timestamp=0,0",
        "polls?env=dev&hostname=w&appid=a"}) {
    expect_wrapped(node.get("/discovery/" + std::string(query) + "&callback=cb"), query);
  }
  for (const char* action : {"register", "renew", "set", "cancel"}) {
    expect_wrapped(node.write(action, with(Node::instance("a"), "callback", "cb")), action);
    expect_wrapped(node.post("/discovery/" + std::string(action) + "?callback=cb", {}), action);
  }
}

TEST(Jsonp, IsOffForAnEmptyCallback) {
  Node node;
  EXPECT_EQ(node.get("/discovery/nodes?callback=").code(), 0);
}

TEST(Jsonp, EscapesTheCallback) {
  Node node;
  const Answer a = node.get("/discovery/nodes?callback=%3Cimg%20src%3Dx%3E");
  EXPECT_TRUE(a.body.starts_with(R"(\u003Cimg src\u003Dx\u003E({"code":0)")) << a.body.substr(0, 60);
}

TEST(Jsonp, WrapsARefusalForTooManyFields) {
  ApiSettings settings = test_settings();
  settings.form_fields_max = 3;
  Node node(settings);
  const Answer a = node.get("/discovery/nodes?callback=cb&a&b&c");
  EXPECT_TRUE(a.body.starts_with(R"(cb({"code":-400,)")) << a.body;
}

// Which answers carry Kratos-Status-Code: those a handler made, not those of binding.
TEST(StatusCodeHeader, StandsOnHandledAnswersOnly) {
  Node node;
  EXPECT_EQ(node.reg("a").status_code(), "0");
  EXPECT_EQ(node.renew("a").status_code(), "0");
  EXPECT_EQ(node.renew("none").status_code(), "-404");
  EXPECT_EQ(node.set_status("a", "h1", 3).status_code(), "-400");
  EXPECT_EQ(node.write("register", with(Node::instance("a"), "metadata", "junk")).status_code(), "-400");
  EXPECT_EQ(node.get("/discovery/nodes").status_code(), "0");
  EXPECT_EQ(node.get("/discovery/fetch/all").status_code(), "0");
  EXPECT_EQ(node.get("/discovery/fetch?env=dev&appid=none&status=1").status_code(), "-404");
  EXPECT_EQ(node.get("/discovery/polls?env=dev&appid=a&hostname=w").status_code(), "-400") << "the handler counts";
  EXPECT_EQ(node.get("/discovery/polls?env=dev&appid=a").status_code(), "");
  EXPECT_EQ(node.get("/discovery/fetch?status=x").status_code(), "");
  EXPECT_EQ(node.cancel("a").status_code(), "0");
  EXPECT_EQ(node.cancel("a").status_code(), "-404");
}

}  // namespace
}  // namespace discovery::protocol
