// How connections begin and end: the two protocols of one port, silence, drain and hand-over.
#include <gtest/gtest.h>

#include "net/session.h"
#include "unit/grpc/connection_fixture.h"

namespace discovery::grpc {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// --- which protocol
// ---------------------------------------------------------------------------------------------------

TEST(GrpcLifecycle, Http1IsSpokenOnTheSamePort) {
  ConnectionFixture f;
  EXPECT_EQ(f.talk(net::get("/plain")), net::ok("plain"));
  EXPECT_EQ(f.talk(net::post("/echo", "body")), net::echo_of("/echo", "body"));
  ASSERT_NE(f.conversation->http(), nullptr);
  EXPECT_EQ(f.conversation->http()->client().ip, "192.0.2.1");
  EXPECT_EQ(f.conversation->client().ip, "192.0.2.1");
  EXPECT_EQ(f.count().http1_made, 1u);
  EXPECT_EQ(f.count().connections_made, 0u);
  f.transport.client_finishes();
  f.run();
  EXPECT_TRUE(f.closed());
}

TEST(GrpcLifecycle, TheFirstBytesMayBeCutAnywhere) {
  // "P" and "PRI * HTTP/" begin both.
  for (const std::string& request : {net::post("/echo", "b"), std::string("PRI /x HTTP/1.1\r\nHost: a\r\n\r\n")}) {
    ConnectionFixture whole;
    const std::string expected = whole.talk(request);
    EXPECT_NE(expected, "");
    for (size_t cut = 1; cut < request.size(); ++cut) {
      ConnectionFixture f;
      f.talk(request.substr(0, cut));
      f.talk(request.substr(cut));
      EXPECT_EQ(f.heard, expected) << cut;
    }
  }
  for (size_t cut = 1; cut < kClientPreface.size(); ++cut) {
    ConnectionFixture f;
    EXPECT_EQ(f.talk(hello().substr(0, cut)), "");
    f.talk(hello().substr(cut));
    EXPECT_EQ(f.count().connections, 1u) << cut;
    EXPECT_EQ(f.conversation->http(), nullptr);
  }
}

TEST(GrpcLifecycle, NothingSaidInTimeCloses) {
  for (const std::string& said : {std::string(), hello().substr(0, 10)}) {
    ConnectionFixture f;
    f.talk(said);
    f.advance(f.lane.limits.preface - milliseconds(100));
    EXPECT_FALSE(f.closed());
    f.advance(milliseconds(200));
    EXPECT_TRUE(f.closed());
    EXPECT_EQ(f.refused(Rule::kPreface), 1u);
  }
}

TEST(GrpcLifecycle, AClientThatLeavesAtOnceIsLeft) {
  for (const std::string& said : {std::string(), hello().substr(0, 10), hello()}) {
    ConnectionFixture f;
    f.talk(said);
    f.transport.client_finishes();
    f.talk("");
    EXPECT_TRUE(f.closed());
  }
}

// --- silence
// ----------------------------------------------------------------------------------------------------------

TEST(GrpcLifecycle, AnIdleConnectionIsSentAway) {
  ConnectionFixture f;
  f.client.ask("/t.Echo/Unary", "x");
  f.run();
  f.advance(f.lane.limits.idle - seconds(1));
  f.client.ask("/t.Echo/Unary", "x");
  f.run();
  f.advance(f.lane.limits.idle - seconds(1));
  f.run();
  EXPECT_FALSE(f.client.told_to_go());
  f.advance(seconds(2));
  f.run();
  EXPECT_TRUE(f.client.told_to_go());
  EXPECT_EQ(f.client.goaway_code(), 0u);
  EXPECT_EQ(f.client.goaway_stream(), 3);
  EXPECT_EQ(f.refused(Rule::kIdle), 1u);
  f.transport.client_finishes();
  f.run();
  EXPECT_TRUE(f.closed());
}

TEST(GrpcLifecycle, ASilentClientWithCallsIsAsked) {
  ConnectionFixture f;
  f.client.ask("/t.Echo/Watch", "w");
  f.run();
  for (int i = 1; i <= 20; ++i) {
    f.advance(f.lane.limits.ping_after + milliseconds(20));
    f.run();
    EXPECT_EQ(f.client.pings(), i);
  }
  EXPECT_EQ(f.board.cancelled, 0);
  f.advance(f.lane.limits.ping_after + milliseconds(20));
  f.talk("");  // asked, but nothing reaches the client
  f.advance(f.lane.limits.ping_answer - milliseconds(100));
  EXPECT_FALSE(f.closed());
  f.advance(milliseconds(200));
  EXPECT_TRUE(f.closed());
  EXPECT_EQ(f.board.cancelled, 1);
  EXPECT_EQ(f.refused(Rule::kPing), 1u);
}

// --- drain and hand-over
// ----------------------------------------------------------------------------------------------

TEST(GrpcLifecycle, DrainEndsCallsAsTheServiceSays) {
  ConnectionFixture f;
  const int32_t watch = f.client.ask("/t.Echo/Watch", "w");
  const int32_t bidi = f.client.call("/t.Echo/Bidi");
  f.client.send(bidi, "x");
  f.run();
  f.board.waiting.at("w")->send("last news");
  EXPECT_TRUE(f.conversation->parked());
  f.conversation->drain();
  EXPECT_FALSE(f.conversation->parked());
  EXPECT_EQ(f.board.cancelled, 2);
  f.conversation->drain();
  f.run();
  EXPECT_TRUE(f.client.told_to_go());
  EXPECT_EQ(f.client.goaway_code(), 0u);
  EXPECT_EQ(f.client.goaway_stream(), bidi);
  EXPECT_EQ(f.client.answer(watch).status(), "14 server stopped");
  EXPECT_EQ(f.client.answer(bidi).status(), "14 server stopped");
  EXPECT_EQ(f.refused(Rule::kDrain), 2u);
  EXPECT_TRUE(f.transport.send_shut_down());
  f.transport.client_finishes();
  f.run();
  EXPECT_TRUE(f.closed());
}

TEST(GrpcLifecycle, DrainWaitsForWhatIsAnsweredSoon) {
  ConnectionFixture f;
  f.board.answers_soon = true;
  const int32_t id = f.client.ask("/t.Echo/Wait", "k");
  f.run();
  f.conversation->drain();
  f.run();
  EXPECT_TRUE(f.client.told_to_go());
  EXPECT_FALSE(f.transport.send_shut_down());
  f.board.waiting.at("k")->send("written");
  f.board.waiting.at("k")->finish({});
  f.run();
  EXPECT_EQ(f.client.answer(id).status(), "0");
  EXPECT_EQ(f.client.answer(id).messages(), std::vector<std::string>{"written"});
  EXPECT_TRUE(f.transport.send_shut_down());
}

TEST(GrpcLifecycle, DrainOfAnIdleConnectionClosesIt) {
  ConnectionFixture f;
  f.run();
  f.conversation->drain();
  f.run();
  EXPECT_TRUE(f.client.told_to_go());
  EXPECT_TRUE(f.transport.send_shut_down());
  f.advance(f.lane.limits.linger + milliseconds(20));
  EXPECT_TRUE(f.closed());
}

TEST(GrpcLifecycle, DrainBeforeTheFirstByteCloses) {
  ConnectionFixture f;
  f.conversation->drain();
  EXPECT_TRUE(f.closed());
  ConnectionFixture http;
  http.transport.client_sends(net::get("/plain"));
  http.conversation->drain();
  EXPECT_EQ(http.talk(""), net::ok("plain", true)) << "it was in the socket already";
}

TEST(GrpcLifecycle, HandOverSendsTheClientElsewhereAndServesOn) {
  ConnectionFixture f;
  const int32_t id = f.client.ask("/t.Echo/Watch", "w");
  f.run();
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(f.conversation->release()) << "it cannot move";
    f.run();
  }
  f.conversation->end_with_next_answer();
  f.run();
  EXPECT_TRUE(f.client.told_to_go());
  f.board.waiting.at("w")->send("still here");
  f.run();
  EXPECT_EQ(f.client.answer(id).messages(), std::vector<std::string>{"still here"});
  f.client.cancel(id);
  f.run();
  EXPECT_TRUE(f.transport.send_shut_down()) << "the last call has ended";
}

TEST(GrpcLifecycle, HandOverGivesAwayWhatHasSaidNothing) {
  ConnectionFixture f;
  EXPECT_TRUE(f.conversation->release());
  EXPECT_TRUE(f.conversation->closed());
  EXPECT_EQ(f.transport.closes(), 0);
  ConnectionFixture begun;
  begun.talk(hello().substr(0, 3));
  EXPECT_FALSE(begun.conversation->release());
  ConnectionFixture http;
  http.talk(net::get("/plain"));
  EXPECT_TRUE(http.conversation->release());
}

TEST(GrpcLifecycle, AClientThatSaysGoodbyeIsLeft) {
  ConnectionFixture f;
  f.client.ask("/t.Echo/Unary", "x");
  f.run();
  f.talk(raw_frame(NGHTTP2_GOAWAY, 0, 0, big_endian(0, 8)));
  EXPECT_TRUE(f.transport.send_shut_down());
}

TEST(GrpcLifecycle, WhatIsSentWhileLingeringIsThrownAway) {
  ConnectionFixture f;
  f.run();
  f.conversation->drain();
  f.talk(std::string(kLingerBytesMax, 'x'));
  EXPECT_FALSE(f.closed());
  f.talk("x");
  EXPECT_TRUE(f.closed());
}

// --- calls that touch each other
// --------------------------------------------------------------------------------------

TEST(GrpcLifecycle, OneCallMayWakeMany) {
  ConnectionFixture f;
  std::vector<int32_t> ids;
  for (int i = 0; i < 1'000; ++i) ids.push_back(f.client.ask("/t.Echo/Watch", std::to_string(i)));
  f.run();
  const size_t writes = f.transport.writes();
  for (const auto& [key, call] : f.board.waiting) EXPECT_TRUE(call->send("news"));
  f.run();
  EXPECT_LE(f.transport.writes() - writes, 3u) << "all in as few writes as possible";
  for (const int32_t id : ids) EXPECT_EQ(f.client.answer(id).messages().size(), 1u);
}

TEST(GrpcLifecycle, AHandlerMayEndOthersOfItsConnection) {
  ConnectionFixture f;
  std::vector<int32_t> ids;
  for (int i = 0; i < 100; ++i) ids.push_back(f.client.ask("/t.Echo/Watch", std::to_string(i)));
  f.run();
  const int32_t fire = f.client.ask("/t.Echo/Fire", "now");
  f.run();
  for (const int32_t id : ids) {
    EXPECT_EQ(f.client.answer(id).messages(), std::vector<std::string>{"now"});
    EXPECT_EQ(f.client.answer(id).status(), "14 fired");
  }
  EXPECT_EQ(f.client.answer(fire).status(), "0");
  EXPECT_EQ(f.board.destroyed, 101);
}

TEST(GrpcLifecycle, WhoIsCancelledMayStillSendToOthers) {
  for (const bool drained : {false, true}) {
    ConnectionFixture f;
    f.board.last_words = true;
    for (int i = 0; i < 10; ++i) f.client.ask("/t.Echo/Watch", std::to_string(i));
    f.run();
    if (drained) f.conversation->drain();
    f.transport.client_resets();
    f.talk("");
    EXPECT_TRUE(f.closed());
    EXPECT_EQ(f.board.cancelled, 10);
  }
}

}  // namespace
}  // namespace discovery::grpc
