// What a client may not do, each at the limit and one past it; frames that no client library would send.
#include <gtest/gtest.h>

#include "unit/grpc/connection_fixture.h"

namespace discovery::grpc {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr uint32_t kCalm = NGHTTP2_ENHANCE_YOUR_CALM;

std::string repeated(std::string_view one, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += one;
  return all;
}

/// A call whose head is whole and whose client goes on sending.
std::string raw_call(uint32_t id, std::string_view path = "/t.Echo/Wait") {
  return raw_frame(NGHTTP2_HEADERS, kEndHeaders, id, call_head(path));
}
std::string raw_reset(uint32_t id) { return raw_frame(NGHTTP2_RST_STREAM, 0, id, big_endian(NGHTTP2_CANCEL, 4)); }

// --- messages
// ---------------------------------------------------------------------------------------------------------

TEST(GrpcLimits, MessageBytes) {
  ConnectionFixture f({.message_bytes_max = 100'000});
  const int32_t fits = f.client.ask("/t.Echo/Unary", std::string(100'000, 'm'));
  const int32_t one_more = f.client.ask("/t.Echo/Unary", std::string(100'001, 'm'));
  f.run();
  EXPECT_EQ(f.client.answer(fits).status(), "0");
  EXPECT_EQ(f.client.answer(one_more).status(), "3 too large: 100001") << "in the words of the service";
  EXPECT_EQ(f.refused(Rule::kMessageBytes), 1u);
  EXPECT_EQ(f.calls(EchoService::kUnary, Code::kInvalidArgument), 1u);
}

TEST(GrpcLimits, TheLongestMessageOfAllIsToldByItsPrefix) {
  ConnectionFixture f;
  const int32_t id = f.client.call("/t.Echo/Bidi");
  f.client.send_raw(id, std::string_view("\0\xff\xff\xff\xff", 5));
  f.run();
  EXPECT_EQ(f.client.answer(id).status(), "3 too large: 4294967295");
}

TEST(GrpcLimits, PartlyReadMessagesOfAConnection) {
  ConnectionFixture f({.partial_bytes_max = 2'000});
  const int32_t first = f.client.call("/t.Echo/Wait");
  const int32_t second = f.client.call("/t.Echo/Wait");
  f.client.send_raw(first, framed(std::string(1'500, 'm')).substr(0, 1'400));
  f.client.send_raw(second, framed(std::string(1'500, 'm')).substr(0, 1'400));
  f.run();
  EXPECT_EQ(f.client.answer(first).status(), "");
  EXPECT_EQ(f.client.answer(second).field("grpc-status"), "14");
  EXPECT_EQ(f.refused(Rule::kPartialBytes), 1u);
}

TEST(GrpcLimits, PartlyReadMessagesOfTheServer) {
  ConnectionFixture f({}, {}, {}, 1'000);
  const int32_t id = f.client.call("/t.Echo/Wait");
  f.client.send_raw(id, framed(std::string(5'000, 'm')).substr(0, 1'400));
  f.run();
  EXPECT_EQ(f.client.answer(id).field("grpc-status"), "14");
}

TEST(GrpcLimits, AMessageMustComeInTime) {
  ConnectionFixture f;
  const int32_t slow = f.client.call("/t.Echo/Wait");
  const int32_t whole = f.client.ask("/t.Echo/Wait", "w");
  f.client.send_raw(slow, framed("abc").substr(0, 6));
  f.run();
  f.advance(f.lane.limits.message - milliseconds(100));
  f.run();
  EXPECT_EQ(f.client.answer(slow).status(), "");
  f.advance(milliseconds(200));
  f.run();
  EXPECT_EQ(f.client.answer(slow).field("grpc-status"), "4");
  EXPECT_EQ(f.client.answer(whole).status(), "");
  EXPECT_EQ(f.refused(Rule::kSlowMessage), 1u);
}

// --- what the client does not take
// ------------------------------------------------------------------------------------

TEST(GrpcLimits, UnsentBytesOfAConnection) {
  ConnectionFixture f({.unsent_bytes_max = 10'000}, {.stream_window = 0});
  const int32_t id = f.client.ask("/t.Echo/Watch", "w");
  f.run();
  Call& call = *f.board.waiting.at("w");
  EXPECT_TRUE(call.send(std::string(9'995, 'x')));
  EXPECT_EQ(call.unsent_bytes(), 10'000u);
  EXPECT_TRUE(call.send(std::string(50'000, 'x'))) << "exceeded by one message";
  f.run();
  EXPECT_EQ(f.board.cancelled, 0);
  EXPECT_FALSE(call.send("one more"));
  EXPECT_FALSE(call.open());
  EXPECT_EQ(f.board.cancelled, 0) << "never within a function of Call";
  f.run();
  EXPECT_EQ(f.board.cancelled, 1);
  EXPECT_EQ(f.client.answer(id).status(), "14 the client does not read");
  EXPECT_EQ(f.refused(Rule::kUnsent), 1u);
  EXPECT_EQ(f.count().unsent_bytes, 0u);
}

TEST(GrpcLimits, UnsentBytesOfTheServerCostTheStalestCall) {
  ConnectionFixture f({}, {.stream_window = 0}, {.unsent_bytes_max = 20'000});
  const int32_t first = f.client.ask("/t.Echo/Watch", "a");
  const int32_t second = f.client.ask("/t.Echo/Watch", "b");
  f.run();
  EXPECT_TRUE(f.board.waiting.at("a")->send(std::string(9'995, 'x')));
  EXPECT_TRUE(f.board.waiting.at("b")->send(std::string(9'995, 'x')));
  EXPECT_TRUE(f.board.waiting.at("b")->send(""));
  f.run();
  EXPECT_EQ(f.client.answer(first).field("grpc-status"), "14");
  EXPECT_EQ(f.client.answer(second).status(), "");
  EXPECT_FALSE(f.board.waiting.at("b")->send(std::string(20'000, 'x'))) << "it is the only one left";
  f.run();
  EXPECT_EQ(f.client.answer(second).field("grpc-status"), "14");
}

TEST(GrpcLimits, ACallWhoseClientTakesNothingEnds) {
  ConnectionFixture f({}, {.stream_window = 0, .updates_windows = false});
  const int32_t stalled = f.client.ask("/t.Echo/Watch", "a");
  const int32_t slow = f.client.ask("/t.Echo/Watch", "b");
  const int32_t finished = f.client.ask("/t.Echo/Many", "10");
  f.run();
  f.board.waiting.at("a")->send("news");
  f.board.waiting.at("b")->send("news");
  f.run();
  f.advance(f.lane.limits.stalled - seconds(1));
  f.client.widen(slow, 1);
  f.run();
  f.advance(seconds(2));
  f.run();
  EXPECT_EQ(f.client.answer(stalled).field("grpc-status"), "14");
  EXPECT_EQ(f.client.answer(finished).field("grpc-status"), "14") << "not OK: it did not get all";
  EXPECT_EQ(f.client.answer(slow).status(), "");
  f.client.widen(slow, 100);
  f.run();
  EXPECT_EQ(f.client.answer(slow).messages(), std::vector<std::string>{"news"});
}

TEST(GrpcLimits, AWriteWithoutProgressCloses) {
  ConnectionFixture f;
  f.client.ask("/t.Echo/Watch", "w");
  f.run();
  f.transport.client_reads(100);
  f.board.waiting.at("w")->send(std::string(1'000, 'x'));
  f.client.feed(f.talk(""));
  f.advance(f.lane.limits.write_stall - milliseconds(100));
  EXPECT_FALSE(f.closed());
  f.transport.client_reads(100);
  f.client.feed(f.talk(""));
  f.advance(f.lane.limits.write_stall - milliseconds(100));
  EXPECT_FALSE(f.closed()) << "it took a little";
  f.advance(milliseconds(200));
  EXPECT_TRUE(f.closed());
  EXPECT_EQ(f.board.cancelled, 1);
  EXPECT_EQ(f.refused(Rule::kWriteStall), 1u);
}

// --- heads
// ------------------------------------------------------------------------------------------------------------

TEST(GrpcLimits, HeaderBytes) {
  ConnectionFixture f({.header_bytes_max = 2'000});
  const int32_t fits = f.client.ask("/t.Echo/Unary", "x", {{"a", std::string(1'000, 'v')}});
  const int32_t too_large = f.client.ask("/t.Echo/Unary", "x", {{"a", std::string(2'000, 'v')}});
  f.run();
  EXPECT_EQ(f.client.answer(fits).status(), "0");
  EXPECT_EQ(f.client.answer(too_large).field("grpc-status"), "8");
  EXPECT_EQ(f.refused(Rule::kHeaderBytes), 1u);
  EXPECT_EQ(f.client.settings().at(NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE), 2'000u);
}

TEST(GrpcLimits, HeaderBytesAreCountedExactly) {
  // What gRPC has to itself counts as well: 7 + 4 + 32, and so on.
  const size_t others = (7 + 4) + (7 + 4) + (5 + 13) + (10 + 1) + (12 + 16) + 5 * 32;
  for (const size_t more : {size_t{0}, size_t{1}}) {
    ConnectionFixture f({.header_bytes_max = 1'000});
    const std::string value(1'000 - others - 32 - 1 + more, 'v');
    f.talk(hello());
    f.talk(raw_frame(NGHTTP2_HEADERS, kEndHeaders, 1, call_head("/t.Echo/Unary") + literal("a", value)));
    EXPECT_EQ(f.refused(Rule::kHeaderBytes), more) << f.board.made;
  }
}

TEST(GrpcLimits, AHeadThatUnpacksWithoutEndIsAnAttack) {
  ConnectionFixture f;
  f.run();
  // An entry of 4,000 bytes into the dynamic table, then named again and again by one byte each.
  std::string block = call_head("/t.Echo/Wait");
  block += "\x40" + literal("a", std::string(3'900, 'v')).substr(1);
  block += repeated("\xbe", 100);
  f.talk(raw_frame(NGHTTP2_HEADERS, kEndHeaders, 1, block));
  f.expect_abandoned(kCalm, Rule::kHeadBomb);
}

TEST(GrpcLimits, ContinuationFrames) {
  const std::string head = call_head("/t.Echo/Wait");
  const auto split = [&head](size_t frames) {
    std::string all = raw_frame(NGHTTP2_HEADERS, 0, 1, head);
    for (size_t i = 1; i <= frames; ++i) {
      all += raw_frame(NGHTTP2_CONTINUATION, i == frames ? kEndHeaders : 0, 1, literal("a", std::to_string(i)));
    }
    return all;
  };
  ConnectionFixture allowed;
  allowed.run();
  allowed.talk(split(kContinuationsMax));
  EXPECT_EQ(allowed.board.made, 1);
  ConnectionFixture flooded;
  flooded.run();
  flooded.talk(split(kContinuationsMax + 1));
  EXPECT_EQ(flooded.board.made, 0);
  flooded.expect_abandoned(kCalm, Rule::kFlooded);
}

TEST(GrpcLimits, TheHpackTableStaysSmall) {
  ConnectionFixture f;
  f.run();
  // A change of the table's size above what we told is an error of compression.
  f.talk(raw_frame(NGHTTP2_HEADERS, kEndHeaders, 1, "\x3f\xe2\x1f" + call_head("/t.Echo/Wait")));
  EXPECT_EQ(f.goaway(), static_cast<uint32_t>(NGHTTP2_COMPRESSION_ERROR));
}

// --- streams and resets
// -----------------------------------------------------------------------------------------------

TEST(GrpcLimits, StreamsOfAConnection) {
  ConnectionFixture f({.streams_max = 10});
  f.run();
  EXPECT_EQ(f.client.settings().at(NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS), 10u);
  for (uint32_t i = 0; i < 10; ++i) f.talk(raw_call(2 * i + 1));
  EXPECT_EQ(f.board.made, 10);
  f.talk(raw_call(21));
  EXPECT_EQ(f.board.made, 10);
  EXPECT_EQ(f.goaway(), static_cast<uint32_t>(NGHTTP2_PROTOCOL_ERROR)) << "it was told, and knew";
  EXPECT_EQ(f.board.destroyed, 10);
}

TEST(GrpcLimits, StreamsBeforeTheClientKnowsTheLimitAreOnlyRefused) {
  ConnectionFixture f({.streams_max = 1});
  const std::string answered = f.talk(hello() + raw_call(1) + raw_call(3));
  EXPECT_EQ(f.board.made, 1);
  EXPECT_NE(answered.find(raw_frame(NGHTTP2_RST_STREAM, 0, 3, big_endian(NGHTTP2_REFUSED_STREAM, 4))),
            std::string::npos);
  EXPECT_FALSE(f.transport.send_shut_down());
}

TEST(GrpcLimits, CallsOfAReactor) {
  ConnectionFixture f({.calls_max = 2});
  f.client.ask("/t.Echo/Wait", "a");
  f.client.ask("/t.Echo/Wait", "b");
  const int32_t third = f.client.ask("/t.Echo/Wait", "c");
  f.run();
  EXPECT_EQ(f.client.answer(third).field("grpc-status"), "14");
  EXPECT_EQ(f.refused(Rule::kCalls), 1u);
}

TEST(GrpcLimits, RapidResets) {
  ConnectionFixture f({.resets_burst = 20});
  f.run();
  uint32_t id = 1;
  for (int i = 0; i < 20; ++i, id += 2) f.talk(raw_call(id) + raw_reset(id));
  EXPECT_FALSE(f.goaway());
  EXPECT_EQ(f.board.cancelled, 20);
  f.advance(seconds(1));  // the budget fills up
  for (int i = 0; i < 20; ++i, id += 2) f.talk(raw_call(id) + raw_reset(id));
  EXPECT_FALSE(f.goaway());
  f.talk(raw_call(id) + raw_reset(id) + raw_call(id + 2));
  EXPECT_EQ(f.board.made, 41) << "what follows in the same bytes is not looked at";
  f.expect_abandoned(kCalm, Rule::kResets);
}

TEST(GrpcLimits, RapidResetsOfWhatIsAnsweredAtOnce) {
  ConnectionFixture f({.resets_burst = 20});
  f.run();
  uint32_t id = 1;
  for (; id < 200 && !f.goaway(); id += 2) {
    f.talk(raw_call(id, "/t.Echo/Bidi") + raw_frame(NGHTTP2_DATA, 0, id, framed("a")) + raw_reset(id));
  }
  EXPECT_LT(id, 50u);
  f.expect_abandoned(kCalm, Rule::kResets);
}

// As KeepAliveOnce of clientv3 does: a stream for each, which it resets when it has read the answer.
TEST(GrpcLimits, CallsThatWereAnsweredMayBeReset) {
  ConnectionFixture f({.resets_burst = 20});
  for (int i = 0; i < 100; ++i) {
    const int32_t open = f.client.call("/t.Echo/Bidi");
    f.client.send(open, "renew");
    f.run();
    EXPECT_EQ(f.client.answer(open).messages(), std::vector<std::string>{"renew"});
    f.client.cancel(open);
    const int32_t ended = f.client.call("/t.Echo/Bidi");
    f.client.end(ended);
    f.run();
    EXPECT_EQ(f.client.answer(ended).status(), "0");
    f.talk(raw_reset(static_cast<uint32_t>(ended)));
  }
  EXPECT_FALSE(f.goaway());
}

TEST(GrpcLimits, WatchesMayBeCancelledAllAtOnce) {
  ConnectionFixture f({.resets_burst = 20});
  std::vector<int32_t> ids;
  for (int i = 0; i < 200; ++i) ids.push_back(f.client.ask("/t.Echo/Watch", std::to_string(i)));
  f.run();
  f.advance(seconds(2));
  for (const int32_t id : ids) f.client.cancel(id);
  f.run();
  EXPECT_EQ(f.board.cancelled, 200);
  EXPECT_FALSE(f.goaway());
}

TEST(GrpcLimits, ResetsThatTheClientMakesUsSend) {
  // CVE-2025-8671: a window that grows too large is an error of its stream, and the server resets it.
  ConnectionFixture f({.resets_burst = 20});
  f.run();
  uint32_t id = 1;
  for (; id < 200 && !f.goaway(); id += 2) {
    f.talk(raw_call(id) + raw_frame(NGHTTP2_WINDOW_UPDATE, 0, id, big_endian(0x7fffffff, 4)));
  }
  EXPECT_LT(id, 50u);
  f.expect_abandoned(kCalm, Rule::kResets);
}

TEST(GrpcLimits, MalformedHeadsUseUpTheSameBudget) {
  ConnectionFixture f({.resets_burst = 20});
  f.run();
  uint32_t id = 1;
  const std::string bad = literal(":method", "POST") + literal("UPPER", "x");
  for (; id < 200 && !f.goaway(); id += 2) {
    f.talk(raw_frame(NGHTTP2_HEADERS, kEndHeaders, id, bad));
  }
  EXPECT_LT(id, 50u);
  f.expect_abandoned(kCalm, Rule::kResets);
}

// --- floods
// -----------------------------------------------------------------------------------------------------------

TEST(GrpcLimits, PingsEveryFiveSecondsAreFine) {
  ConnectionFixture f;
  f.client.ask("/t.Echo/Watch", "w");
  f.run();
  for (int i = 1; i <= 1'000; ++i) {
    f.advance(seconds(5));
    f.client.ping();
    f.run();
    ASSERT_EQ(f.client.pongs(), i);
  }
  EXPECT_FALSE(f.goaway());
}

TEST(GrpcLimits, FramesThatDoNothing) {
  const std::string number(8, 'x');
  const std::vector<std::string> kinds = {
      raw_frame(NGHTTP2_PING, 0, 0, number),
      raw_frame(NGHTTP2_SETTINGS, 0, 0),
      raw_frame(NGHTTP2_PRIORITY, 0, 5, big_endian(0, 4) + "\x10"),
      raw_frame(NGHTTP2_WINDOW_UPDATE, 0, 1, big_endian(1, 4)),
      raw_frame(NGHTTP2_DATA, 0, 1),
  };
  for (const std::string& kind : kinds) {
    ConnectionFixture f({.control_burst = 300, .control_per_second = 10});
    f.run();
    f.talk(raw_call(1));
    for (int i = 0; i < 3; ++i) f.talk(repeated(kind, 90));
    EXPECT_FALSE(f.goaway()) << int{kind[3]};
    SCOPED_TRACE(int{kind[3]});
    f.talk(repeated(kind, 90));
    f.expect_abandoned(kCalm, Rule::kControlFrames);
  }
}

TEST(GrpcLimits, PingsThatFollowMessagesAreEarned) {
  ConnectionFixture f({.control_burst = 50, .control_per_second = 0});
  const int32_t id = f.client.call("/t.Echo/Bidi");
  for (int i = 0; i < 500; ++i) {
    f.client.send(id, "x");
    f.client.ping();
    f.run();
  }
  EXPECT_EQ(f.client.pongs(), 500);
  EXPECT_EQ(f.client.answer(id).messages().size(), 500u);
}

TEST(GrpcLimits, AnswersThatTheClientDoesNotRead) {
  const std::string ping = raw_frame(NGHTTP2_PING, 0, 0, "12345678");
  ConnectionFixture f;
  f.run();
  f.transport.client_reads(0);
  f.talk(ping);  // this one is in the transport's hands
  f.talk(repeated(ping, kAnswersQueuedMax));
  EXPECT_FALSE(f.transport.send_shut_down());
  f.talk(ping);
  f.talk(ping);
  EXPECT_TRUE(f.transport.send_shut_down());
  EXPECT_EQ(f.refused(Rule::kFlooded), 1u);
}

TEST(GrpcLimits, NothingIsReadWhileFramesPileUp) {
  ConnectionFixture f;
  f.run();
  f.transport.client_reads(0);
  std::string calls;
  for (uint32_t id = 1; id < 6'000; id += 2) {
    calls += raw_frame(NGHTTP2_HEADERS, kEndHeaders | kEndStream, id, call_head("/nothing"));
  }
  f.talk(calls);
  EXPECT_FALSE(f.transport.waits_to_read());
  EXPECT_LT(f.refused(Rule::kUnknownMethod), 2'000u);
  f.transport.client_reads(10'000'000);
  f.client.take_bytes();
  f.talk("");
  EXPECT_EQ(f.refused(Rule::kUnknownMethod), 3'000u);
}

TEST(GrpcLimits, SettingsInOneFrame) {
  const std::string one = big_endian(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 2) + big_endian(65'535, 4);
  ConnectionFixture allowed;
  allowed.run();
  allowed.talk(raw_frame(NGHTTP2_SETTINGS, 0, 0, repeated(one, kSettingsMax)));
  EXPECT_FALSE(allowed.goaway());
  ConnectionFixture flooded;
  flooded.run();
  flooded.talk(raw_frame(NGHTTP2_SETTINGS, 0, 0, repeated(one, kSettingsMax + 1)));
  EXPECT_TRUE(flooded.goaway());
  EXPECT_EQ(flooded.goaway(), kCalm);
}

TEST(GrpcLimits, ErrorsOfTheProtocolEndTheConnection) {
  const std::vector<std::string> bad = {
      raw_frame(NGHTTP2_DATA, 0, 0, "x"),                                          // DATA of no stream
      raw_frame(NGHTTP2_HEADERS, kEndHeaders, 2, call_head("/")),                  // an even stream
      raw_frame(NGHTTP2_WINDOW_UPDATE, 0, 0, big_endian(0, 4)),                    // no window
      raw_frame(NGHTTP2_PING, 0, 0, "short"),                                      // 8 bytes are due
      raw_frame(NGHTTP2_SETTINGS, 0, 0, "short"),                                  // 6 are
      raw_frame(NGHTTP2_PUSH_PROMISE, kEndHeaders, 1, big_endian(2, 4)),           // clients do not push
      raw_frame(NGHTTP2_CONTINUATION, kEndHeaders, 1, "x"),                        // of no head
      raw_frame(NGHTTP2_HEADERS, kEndHeaders, 1, "\xff\xff\xff\xff\xff\xff\xff"),  // no HPACK
      raw_frame(NGHTTP2_RST_STREAM, 0, 9, big_endian(8, 4)),                       // of a stream that never was
      big_endian(0x7fffff, 3) + std::string(6, '\0'),                              // a frame of 8 MiB
  };
  for (const std::string& bytes : bad) {
    ConnectionFixture f;
    f.client.ask("/t.Echo/Watch", "w");
    f.run();
    f.talk(bytes);
    EXPECT_TRUE(f.goaway()) << ::testing::PrintToString(bytes.substr(0, 20));
    EXPECT_NE(f.goaway(), 0u);
    EXPECT_EQ(f.refused(Rule::kProtocol), 1u);
    EXPECT_EQ(f.board.cancelled, 1);
    EXPECT_TRUE(f.transport.send_shut_down());
  }
}

TEST(GrpcLimits, TheFirstFrameMustBeSettings) {
  ConnectionFixture f;
  f.talk(std::string(kClientPreface) + raw_call(1));
  EXPECT_EQ(f.board.made, 0);
  EXPECT_TRUE(f.transport.send_shut_down());
}

}  // namespace
}  // namespace discovery::grpc
