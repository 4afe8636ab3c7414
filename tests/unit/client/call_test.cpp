// The call for tools, and below it the connection, against a server that answers whatever the test says.
#include "discovery/call.h"

#include <gtest/gtest.h>

#include "unit/client/scripted_server.h"

namespace discovery::client {
namespace {

CallOptions at(std::vector<std::string> nodes) {
  CallOptions options;
  options.nodes = std::move(nodes);
  return options;
}
/// What a call at a node that answers these bytes ends as.
CallAnswer answered(const std::string& bytes, size_t answer_bytes_max = 1000) {
  const ScriptedServer server([&](const ScriptedRequest&) { return bytes; });
  CallOptions options = at({server.text()});
  options.answer_bytes_max = answer_bytes_max;
  options.node_timeout = std::chrono::seconds(20);
  return Caller(options).call({});
}
std::string chunked(std::string_view body) {
  return "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n" + std::string(body.substr(0, 3)) + "\r\n" +
         "3\r\n" + std::string(body.substr(3, 3)) + "\r\n0\r\n\r\n";
}

TEST(ClientCall, SendsWhatItWasTold) {
  ScriptedServer server([](const ScriptedRequest&) { return kDone; });
  CallOptions options = at({server.text()});
  options.token = "secret";
  const Caller caller(options);
  EXPECT_EQ(caller.call({.target = "/a?b=c"}).status, 200);
  CallRequest post;
  post.method = Method::kPost;
  post.target = "/p";
  post.body = "x=1";
  post.content_type = "text/x";
  EXPECT_EQ(caller.call(post).status, 200);
  const auto requests = server.requests();
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_EQ(requests[0].method + requests[0].target, "GET/a?b=c");
  EXPECT_NE(requests[0].head.find("\r\nAuthorization: Bearer secret\r\n"), std::string::npos);
  EXPECT_NE(requests[0].head.find("\r\nHost: " + server.text() + "\r\n"), std::string::npos);
  EXPECT_EQ(requests[1].method + requests[1].target + requests[1].body, "POST/px=1");
  EXPECT_NE(requests[1].head.find("\r\nContent-Type: text/x\r\n"), std::string::npos);
}

TEST(ClientCall, ReadsBodiesOfEveryFraming) {
  EXPECT_EQ(answered(http(200, "abc")).body, "abc");
  EXPECT_EQ(answered(chunked("abcdef")).body, "abcdef");
  EXPECT_EQ(answered("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok").body, "ok");
  EXPECT_EQ(answered(http(204, "")).status, 204);
}

TEST(ClientCall, TakesAnAnswerOfTheLimitAndNotOneByteMore) {
  EXPECT_EQ(answered(http(200, "123456"), 6).body, "123456");
  EXPECT_EQ(answered(http(200, "1234567"), 6).error.code, Errc::kTooLarge);
  EXPECT_EQ(answered(chunked("123456"), 6).body, "123456");
  EXPECT_EQ(answered(chunked("123456"), 5).error.code, Errc::kTooLarge);
  EXPECT_EQ(answered("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n").error.code, Errc::kTooLarge);
}

TEST(ClientCall, TakesAHeadOfTheLimitAndNotMuchMore) {
  EXPECT_EQ(answered(http(200, "x", "A: " + std::string(15'000, 'a') + "\r\n")).body, "x");
  EXPECT_EQ(answered(http(200, "x", "A: " + std::string(17'000, 'a') + "\r\n")).error.code, Errc::kTooLarge);
}

TEST(ClientCall, GarbageIsNoAnswer) {
  EXPECT_EQ(answered("SSH-2.0-OpenSSH_9.2\r\n\r\n").error.code, Errc::kMalformed);
  EXPECT_EQ(answered("HTTP/1.1 abc\r\n\r\n").error.code, Errc::kMalformed);
  EXPECT_EQ(answered("HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n").error.code, Errc::kMalformed);
  EXPECT_EQ(answered(std::string(100, '\0')).error.code, Errc::kMalformed);
  EXPECT_EQ(answered("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n").error.code, Errc::kMalformed);
}

TEST(ClientCall, AConnectionThatIsCutIsBroken) {
  const CallAnswer answer = answered(kCut);
  EXPECT_EQ(answer.error.code, Errc::kBroken);
  EXPECT_EQ(answer.status, 0);
  // Half an answer, and the end.
  ScriptedServer server(
      [](const ScriptedRequest&) { return "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nab"; });
  CallOptions options = at({server.text()});
  options.node_timeout = milliseconds(200);
  EXPECT_EQ(Caller(options).call({}).error.code, Errc::kTimeout) << "three bytes never come";
}

TEST(ClientCall, RedirectsAreAnswersAndNotFollowed) {
  ScriptedServer server([](const ScriptedRequest&) { return http(302, "", "Location: /other\r\n"); });
  EXPECT_EQ(Caller(at({server.text()})).call({}).status, 302);
  EXPECT_EQ(server.count("/"), 1U);
}

TEST(ClientCall, GoesToTheNextNodeOnFailure) {
  ScriptedServer good([](const ScriptedRequest&) { return kDone; });
  for (const std::string& failure : {http(503, "busy"), json_answer(R"({"code":-500,"message":"-500","ttl":1})"), kCut,
                                     std::string("garbage\r\n\r\n")}) {
    ScriptedServer bad([&](const ScriptedRequest&) { return failure; });
    const CallAnswer answer = Caller(at({bad.text(), good.text()})).call({});
    EXPECT_FALSE(answer.error) << failure;
    EXPECT_EQ(answer.node, good.text());
    ASSERT_EQ(answer.failures.size(), 1U);
    EXPECT_EQ(answer.failures[0].node, bad.text());
  }
}

TEST(ClientCall, AnswersOfTheRegistryAreNoFailures) {
  ScriptedServer other([](const ScriptedRequest&) { return kDone; });
  for (const std::string& answer :
       {http(404, "404 page not found"), json_answer(R"({"code":-404})"), json_answer("[1]")}) {
    ScriptedServer first([&](const ScriptedRequest&) { return answer; });
    EXPECT_EQ(Caller(at({first.text(), other.text()})).call({}).node, first.text());
  }
  EXPECT_EQ(other.count("/"), 0U);
}

TEST(ClientCall, WhenAllFailTheLastAnswerIsThere) {
  ScriptedServer bad([](const ScriptedRequest&) { return http(503, "busy"); });
  const CallAnswer answer = Caller(at({"127.0.0.1:1", bad.text()})).call({});
  EXPECT_EQ(answer.error.code, Errc::kUnavailable);
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.body, "busy");
  EXPECT_EQ(answer.failures.size(), 2U);
  EXPECT_EQ(Caller(at({"127.0.0.1:1"})).call_at(bad.text(), {}).error.code, std::error_code()) << "every answer counts";
}

TEST(ClientCall, WhatMayNotBeRepeatedIsSentOnce) {
  ScriptedServer first([](const ScriptedRequest&) { return kCut; });
  ScriptedServer second([](const ScriptedRequest&) { return kDone; });
  CallRequest request;
  request.repeatable = false;
  const CallAnswer answer = Caller(at({"127.0.0.1:1", first.text(), second.text()})).call(request);
  EXPECT_EQ(answer.error.code, Errc::kBroken);
  EXPECT_EQ(answer.failures.size(), 2U) << "nothing had reached the first";
  EXPECT_EQ(second.count("/"), 0U);
}

TEST(ClientCall, ASlowNodeLeavesTimeForTheNext) {
  ScriptedServer slow([](const ScriptedRequest&) { return kSilence; });
  ScriptedServer good([](const ScriptedRequest&) { return kDone; });
  CallOptions options = at({slow.text(), good.text()});
  options.node_timeout = milliseconds(50);
  const CallAnswer answer = Caller(options).call({});
  EXPECT_EQ(answer.node, good.text());
  EXPECT_EQ(answer.failures.at(0).error.code, Errc::kTimeout);
  options.node_timeout = std::chrono::seconds(20);
  options.timeout = milliseconds(50);
  const CallAnswer none = Caller(options).call({});
  EXPECT_EQ(none.error.code, Errc::kTimeout);
  EXPECT_EQ(none.failures.size(), 1U) << "the whole call was over";
}

TEST(ClientCall, RequestsThatCannotBeAreRefused) {
  const Caller caller(at({"127.0.0.1:1"}));
  for (const char* target : {"", "x", "/a b", "/a\r\nX: y", "/\x7f", "/\xc3\xa9"}) {
    EXPECT_EQ(caller.call({.target = target}).error.code, Errc::kInvalid) << target;
  }
  EXPECT_EQ(caller.call({.body = "x"}).error.code, Errc::kInvalid) << "a GET has no body";
  EXPECT_EQ(caller.call({.content_type = "a\r\nb"}).error.code, Errc::kInvalid);
  EXPECT_THROW(Caller({}), std::invalid_argument);
  EXPECT_THROW(Caller(at({"https://h:1"})), std::invalid_argument);
  EXPECT_EQ(encode_form({{"a b", "c&d"}, {"e", ""}}), "a%20b=c%26d&e=");
}

TEST(ClientCall, NamesAreResolved) {
  ScriptedServer server([](const ScriptedRequest&) { return kDone; });
  const std::string port = server.text().substr(server.text().find(':'));
  EXPECT_EQ(Caller(at({"localhost" + port})).call({}).status, 200);
  const CallAnswer none = Caller(at({"no-such-name.invalid:1"})).call({});
  EXPECT_TRUE(none.error.code == Errc::kUnreachable || none.error.code == Errc::kTimeout) << none.error.message;
}

}  // namespace
}  // namespace discovery::client
