// What a client of gRPC sees of its calls.
#include <gtest/gtest.h>

#include "unit/grpc/connection_fixture.h"

namespace discovery::grpc {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Messages = std::vector<std::string>;

TEST(GrpcCalls, UnaryIsAnswered) {
  ConnectionFixture f;
  const int32_t id = f.client.ask("/t.Echo/Unary", "hello");
  f.run();
  Http2Client::Answer& a = f.client.answer(id);
  EXPECT_EQ(a.field(":status"), "200");
  EXPECT_EQ(a.field("content-type"), "application/grpc");
  EXPECT_EQ(a.messages(), Messages{"hello"});
  EXPECT_EQ(a.status(), "0");
  EXPECT_TRUE(a.closed);
  EXPECT_EQ(a.error_code, 0u);
  EXPECT_EQ(f.board.log, Messages{"message hello"}) << "not told of the end: it had answered before";
  EXPECT_EQ(f.board.destroyed, 1);
  EXPECT_EQ(f.calls(EchoService::kUnary, Code::kOk), 1u);
  EXPECT_EQ(f.count().messages_in, 1u);
  EXPECT_EQ(f.count().messages_out, 1u);
}

TEST(GrpcCalls, ManyOnOneConnection) {
  ConnectionFixture f;
  std::vector<int32_t> ids;
  for (int i = 0; i < 500; ++i) ids.push_back(f.client.ask("/t.Echo/Unary", std::to_string(i)));
  f.run();
  for (size_t i = 0; i < ids.size(); ++i) {
    EXPECT_EQ(f.client.answer(ids[i]).messages(), Messages{std::to_string(i)});
    EXPECT_EQ(f.client.answer(ids[i]).status(), "0");
  }
}

TEST(GrpcCalls, LargeMessagesBothWays) {
  ConnectionFixture f;
  const std::string large(3'000'000, 'l');
  const int32_t id = f.client.ask("/t.Echo/Unary", large);
  f.run();
  EXPECT_EQ(f.client.answer(id).messages(), Messages{large});
  EXPECT_EQ(f.client.answer(id).status(), "0");
}

TEST(GrpcCalls, StatusTextsAreEscaped) {
  ConnectionFixture f;
  const int32_t id = f.client.ask("/t.Echo/Fail", "x");
  f.run();
  EXPECT_EQ(f.client.answer(id).status(), "5 no %C3%A4 100%25%0A");
  EXPECT_EQ(f.client.answer(id).heads, 1) << "trailers only";
  EXPECT_EQ(f.calls(EchoService::kFail, Code::kNotFound), 1u);
}

TEST(GrpcCalls, MetadataAndDeadlineReachTheService) {
  ConnectionFixture f;
  f.client.ask(
      "/t.Echo/Unary", "x",
      {{"token", "secret"}, {"grpc-timeout", "5S"}, {"grpc-accept-encoding", "identity"}, {"user-agent", "u"}});
  f.run();
  EXPECT_EQ(f.board.texts, (Messages{"token=secret", "user-agent=u"}));
  EXPECT_EQ(f.board.deadline, f.clock.now() + seconds(5));
  f.client.ask("/t.Echo/Unary", "x", {{"grpc-timeout", "99999999H"}});
  f.run();
  EXPECT_EQ(f.board.deadline, TimePoint::max());
}

TEST(GrpcCalls, AnsweredInALaterTurn) {
  ConnectionFixture f;
  const int32_t id = f.client.ask("/t.Echo/Wait", "key");
  f.run();
  EXPECT_EQ(f.client.answer(id).heads, 0);
  EXPECT_EQ(f.board.log, (Messages{"message key", "half close"}));
  Call& call = *f.board.waiting.at("key");
  EXPECT_EQ(call.client().ip, "192.0.2.1");
  EXPECT_TRUE(call.send("done"));
  call.finish({});
  EXPECT_FALSE(call.open());
  EXPECT_FALSE(call.send("more"));
  call.finish({Code::kInternal, "the first status counts"});
  EXPECT_EQ(f.board.destroyed, 0) << "never within a function of Call";
  f.run();
  EXPECT_EQ(f.board.destroyed, 1);
  EXPECT_EQ(f.client.answer(id).messages(), Messages{"done"});
  EXPECT_EQ(f.client.answer(id).status(), "0");
}

TEST(GrpcCalls, ServerStreaming) {
  ConnectionFixture f;
  const int32_t id = f.client.ask("/t.Echo/Watch", "w");
  f.run();
  Call& call = *f.board.waiting.at("w");
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(call.send(std::to_string(i)));
    f.run();
    EXPECT_EQ(f.client.answer(id).messages().size(), static_cast<size_t>(i + 1));
    EXPECT_EQ(call.unsent_bytes(), 0u);
  }
  EXPECT_TRUE(call.send("a"));
  EXPECT_TRUE(call.send(""));
  call.finish({Code::kUnavailable, "enough"});
  f.run();
  EXPECT_EQ(f.client.answer(id).messages(), (Messages{"0", "1", "2", "a", ""})) << "all of it, then the status";
  EXPECT_EQ(f.client.answer(id).status(), "14 enough");
}

TEST(GrpcCalls, Bidirectional) {
  ConnectionFixture f;
  const int32_t id = f.client.call("/t.Echo/Bidi");
  f.run();
  f.client.send(id, "one");
  f.run();
  f.client.send(id, "two");
  f.client.send(id, "three");
  f.run();
  EXPECT_EQ(f.client.answer(id).messages(), (Messages{"one", "two", "three"}));
  EXPECT_FALSE(f.client.answer(id).ended);
  f.client.end(id);
  f.run();
  EXPECT_EQ(f.client.answer(id).status(), "0");
  EXPECT_TRUE(f.client.answer(id).closed);
}

TEST(GrpcCalls, AStreamWithoutMessagesIsNoFault) {
  ConnectionFixture f;
  const int32_t id = f.client.call("/t.Echo/Bidi");
  f.client.end(id);
  f.run();
  EXPECT_EQ(f.client.answer(id).status(), "0");
  EXPECT_EQ(f.board.log, Messages{"half close"});
}

TEST(GrpcCalls, AStreamEndedByTheServerFirstIsResetWithoutError) {
  ConnectionFixture f;
  const int32_t id = f.client.call("/t.Echo/Watch");
  f.client.send(id, "w");
  f.run();
  f.board.waiting.at("w")->finish({Code::kUnavailable, "go"});
  f.run();
  EXPECT_EQ(f.client.answer(id).status(), "14 go");
  EXPECT_TRUE(f.client.answer(id).closed);
  EXPECT_EQ(f.client.answer(id).error_code, 0u);
  EXPECT_EQ(f.count().open_calls, 0u);
}

TEST(GrpcCalls, DoNotDependOnHowTheBytesAreCut) {
  Http2Client wire;
  wire.ask("/t.Echo/Unary", "hello", {{"token", "t"}});
  const int32_t bidi = wire.call("/t.Echo/Bidi");
  wire.send(bidi, "one");
  wire.send(bidi, std::string(300, 'b'));
  wire.end(bidi);
  const std::string bytes = wire.take_bytes();
  for (size_t cut = 1; cut < bytes.size(); ++cut) {
    ConnectionFixture f;
    f.talk(bytes.substr(0, cut));
    f.talk(bytes.substr(cut));
    EXPECT_EQ(f.count().messages_in, 3u) << cut;
    EXPECT_EQ(f.calls(EchoService::kUnary, Code::kOk), 1u) << cut;
    EXPECT_EQ(f.calls(EchoService::kBidi, Code::kOk), 1u) << cut;
  }
  ConnectionFixture each;
  std::string answered;
  for (const char c : bytes) answered += each.talk({&c, 1});
  EXPECT_EQ(each.count().messages_in, 3u);
  wire.feed(answered);
  EXPECT_EQ(wire.answer(1).messages(), Messages{"hello"});
  EXPECT_EQ(wire.answer(bidi).messages(), (Messages{"one", std::string(300, 'b')}));
  EXPECT_EQ(wire.answer(bidi).status(), "0");
}

TEST(GrpcCalls, AnswersDoNotDependOnHowTheyAreTaken) {
  for (const size_t piece : {1u, 7u, 100u, 20'000u}) {
    ConnectionFixture f;
    f.transport.set_write_piece(piece);
    const int32_t id = f.client.ask("/t.Echo/Many", "50000");
    f.run();
    EXPECT_EQ(f.client.answer(id).messages(), Messages(50, std::string(1'000, 'm'))) << piece;
    EXPECT_EQ(f.client.answer(id).status(), "0");
  }
}

TEST(GrpcCalls, CancelledByTheClient) {
  ConnectionFixture f;
  const int32_t watch = f.client.ask("/t.Echo/Watch", "w");
  const int32_t wait = f.client.ask("/t.Echo/Wait", "k");
  f.run();
  f.board.waiting.at("w")->send("first");
  f.client.cancel(watch);
  f.client.cancel(wait);
  f.run();
  EXPECT_EQ(f.board.cancelled, 2);
  EXPECT_EQ(f.board.destroyed, 2);
  EXPECT_TRUE(f.board.waiting.empty());
  EXPECT_EQ(f.calls(EchoService::kWatch, Code::kCancelled), 1u);
  const int32_t after = f.client.ask("/t.Echo/Unary", "x");
  f.run();
  EXPECT_EQ(f.client.answer(after).status(), "0") << "the connection goes on";
}

TEST(GrpcCalls, EndWithTheirConnection) {
  for (const bool reset : {false, true}) {
    ConnectionFixture f;
    f.client.ask("/t.Echo/Watch", "w");
    f.client.ask("/t.Echo/Wait", "k");
    f.client.call("/t.Echo/Bidi");
    f.run();
    reset ? f.transport.client_resets() : f.transport.client_finishes();
    f.run();
    EXPECT_TRUE(f.closed());
    EXPECT_EQ(f.board.cancelled, 3);
    EXPECT_EQ(f.board.destroyed, 3);
  }
}

TEST(GrpcCalls, EndWithADestroyedConnection) {
  ConnectionFixture f;
  f.client.ask("/t.Echo/Watch", "w");
  f.run();
  f.conversation.reset();
  EXPECT_EQ(f.board.cancelled, 1);
}

TEST(GrpcCalls, EveryFailingOperationEndsThemProperly) {
  for (size_t n = 1; n < 12; ++n) {
    ConnectionFixture f;
    f.transport.fail_operation(n);
    f.client.ask("/t.Echo/Watch", "w");
    f.client.ask("/t.Echo/Many", "100000");
    for (int i = 0; i < 20 && !f.closed(); ++i) {
      f.client.feed(f.talk(f.client.take_bytes()));
      if (!f.board.waiting.empty()) f.board.waiting.begin()->second->send("x");
    }
    EXPECT_TRUE(f.closed()) << n;
    EXPECT_EQ(f.board.made, f.board.destroyed) << n;
  }
}

// --- flow control
// -----------------------------------------------------------------------------------------------------

TEST(GrpcCalls, WaitForAWindow) {
  ConnectionFixture f({}, {.stream_window = 0, .updates_windows = false});
  const int32_t id = f.client.ask("/t.Echo/Many", "2000");
  const int32_t other = f.client.ask("/t.Echo/Fail", "x");
  f.run();
  EXPECT_EQ(f.client.answer(id).data, "");
  EXPECT_EQ(f.client.answer(other).status(), "5 no %C3%A4 100%25%0A") << "a status needs no window";
  f.client.widen(id, 7);
  f.run();
  EXPECT_EQ(f.client.answer(id).data.size(), 7u);
  EXPECT_EQ(f.client.answer(id).status(), "");
  f.client.widen(id, 100'000);
  f.run();
  EXPECT_EQ(f.client.answer(id).messages().size(), 2u);
  EXPECT_EQ(f.client.answer(id).status(), "0");
}

TEST(GrpcCalls, TheStatusFollowsWhenTheWindowIsUsedUpExactly) {
  ConnectionFixture f({}, {.stream_window = 10, .updates_windows = false});
  const int32_t id = f.client.ask("/t.Echo/Watch", "w");
  f.run();
  Call& call = *f.board.waiting.at("w");
  call.send("12345");
  f.run();
  EXPECT_EQ(f.client.answer(id).messages(), Messages{"12345"});
  call.finish({Code::kUnavailable, "x"});
  f.run();
  EXPECT_EQ(f.client.answer(id).status(), "14 x");
}

TEST(GrpcCalls, AreToldWhenEverythingHasLeft) {
  ConnectionFixture f({}, {.stream_window = 20'000});
  const int32_t id = f.client.ask("/t.Echo/Many", "1000000");
  f.run();
  EXPECT_EQ(f.client.answer(id).messages().size(), 1'000u);
  EXPECT_EQ(f.client.answer(id).status(), "0");
}

TEST(GrpcCalls, LargeAnswersTakeTurns) {
  ConnectionFixture f;
  const int32_t first = f.client.ask("/t.Echo/Watch", "a");
  const int32_t second = f.client.ask("/t.Echo/Watch", "b");
  f.run();
  f.transport.client_reads(100'000);
  f.board.waiting.at("a")->send(std::string(60'000, 'a'));
  f.board.waiting.at("b")->send(std::string(1'000, 'b'));
  f.client.feed(f.talk(""));
  EXPECT_EQ(f.client.answer(second).messages().size(), 1u);
  EXPECT_GT(f.client.answer(first).data.size(), 0u);
}

// --- refused
// ----------------------------------------------------------------------------------------------------------

TEST(GrpcCalls, UnknownMethodsAreUnimplemented) {
  ConnectionFixture f;
  for (const char* path : {"/t.Echo/Nothing", "/", "/t.Echo/Unary/", "/t.echo/unary", "/t.Echo/Unary?x=1"}) {
    const int32_t id = f.client.ask(path, "x");
    f.run();
    EXPECT_EQ(f.client.answer(id).field("grpc-status"), "12") << path;
    EXPECT_TRUE(f.client.answer(id).closed);
  }
  EXPECT_EQ(f.refused(Rule::kUnknownMethod), 5u);
  EXPECT_EQ(f.calls(f.lane.no_method(), Code::kUnimplemented), 5u);
  EXPECT_EQ(f.board.made, 0);
}

TEST(GrpcCalls, TheServiceMayRefuse) {
  ConnectionFixture f;
  const int32_t refused = f.client.ask("/t.Echo/Refuse", "x");
  const int32_t forgotten = f.client.ask("/t.Echo/Null", "x");
  f.run();
  EXPECT_EQ(f.client.answer(refused).status(), "7 no");
  EXPECT_EQ(f.client.answer(forgotten).field("grpc-status"), "12");
}

TEST(GrpcCalls, OtherContentTypesAreNotSupported) {
  ConnectionFixture f;
  for (const char* type : {"application/json", "", "application/grpc-web", "application/grpc+json"}) {
    const int32_t id = f.client.call("/t.Echo/Unary", {}, type);
    f.client.send(id, "x");
    f.client.end(id);
    f.run();
    EXPECT_EQ(f.client.answer(id).field(":status"), "415") << type;
  }
  const int32_t proto = f.client.call("/t.Echo/Unary", {}, "application/grpc+proto");
  f.client.send(proto, "x");
  f.client.end(proto);
  const int32_t put = f.client.call("/t.Echo/Unary", {}, "application/grpc", "PUT");
  f.run();
  EXPECT_EQ(f.client.answer(proto).status(), "0");
  EXPECT_EQ(f.client.answer(put).field(":status"), "405");
}

TEST(GrpcCalls, APlainGetMayBeAnswered) {
  ConnectionFixture f;
  const int32_t health = f.client.get("/health");
  const int32_t other = f.client.get("/other");
  f.run();
  EXPECT_EQ(f.client.answer(health).field(":status"), "200");
  EXPECT_EQ(f.client.answer(health).data, "{\"health\":\"true\"}");
  EXPECT_TRUE(f.client.answer(health).closed);
  EXPECT_EQ(f.client.answer(other).field(":status"), "404");
}

TEST(GrpcCalls, CompressionIsRefused) {
  ConnectionFixture f;
  const int32_t coded = f.client.ask("/t.Echo/Unary", "x", {{"grpc-encoding", "gzip"}});
  const int32_t identity = f.client.ask("/t.Echo/Unary", "x", {{"grpc-encoding", "identity"}});
  const int32_t flagged = f.client.call("/t.Echo/Unary");
  f.client.send_raw(flagged, framed("x", 1));
  f.run();
  EXPECT_EQ(f.client.answer(coded).field("grpc-status"), "12");
  EXPECT_EQ(f.client.answer(identity).status(), "0");
  EXPECT_EQ(f.client.answer(flagged).field("grpc-status"), "13");
  EXPECT_EQ(f.refused(Rule::kEncoding), 2u);
}

TEST(GrpcCalls, TheTimeoutMustBeReadable) {
  ConnectionFixture f;
  const int32_t id = f.client.ask("/t.Echo/Unary", "x", {{"grpc-timeout", "soon"}});
  f.run();
  EXPECT_EQ(f.client.answer(id).status(), "13 malformed grpc-timeout");
}

TEST(GrpcCalls, OneMessageWhereOneIsDue) {
  ConnectionFixture f;
  const int32_t none = f.client.call("/t.Echo/Wait");
  f.client.end(none);
  const int32_t two = f.client.call("/t.Echo/Wait");
  f.client.send(two, "a");
  f.client.send(two, "b");
  f.run();
  EXPECT_EQ(f.client.answer(none).field("grpc-status"), "12");
  EXPECT_EQ(f.client.answer(two).field("grpc-status"), "12");
  EXPECT_EQ(f.board.cancelled, 2);
  EXPECT_EQ(f.refused(Rule::kCardinality), 2u);
}

TEST(GrpcCalls, ARequestMustNotEndWithinAMessage) {
  ConnectionFixture f;
  for (size_t bytes = 1; bytes < framed("abc").size(); ++bytes) {
    const int32_t id = f.client.call("/t.Echo/Bidi");
    f.client.send_raw(id, framed("abc").substr(0, bytes));
    f.client.end(id);
    f.run();
    EXPECT_EQ(f.client.answer(id).field("grpc-status"), "13") << bytes;
  }
  EXPECT_EQ(f.refused(Rule::kTruncated), 7u);
}

}  // namespace
}  // namespace discovery::grpc
