#include "net/session.h"

#include <gtest/gtest.h>

#include <string>

#include "unit/net/session_fixture.h"

namespace discovery::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(Session, AnswersWithOneReadAndOneWrite) {
  SessionFixture f;
  EXPECT_EQ(f.talk(post("/echo", "hello")), echo_of("/echo", "hello"));
  EXPECT_EQ(f.transport.reads(), 1u);
  EXPECT_EQ(f.transport.writes(), 1u);
  EXPECT_EQ(f.talk(get("/echo")), echo_of("/echo", ""));
  EXPECT_EQ(f.transport.reads(), 2u);
  EXPECT_EQ(f.transport.writes(), 2u);
  EXPECT_EQ(f.session.state(), Session::State::kReading);
  EXPECT_EQ(f.partial.used(), 0u);
  EXPECT_EQ(f.stats.requests.get(), 2u);
}

TEST(Session, KeepAliveCostsNoTimerOperationPerRequest) {
  SessionFixture f;
  const int before = f.deadlines.schedules();
  for (int i = 0; i < 100; ++i) {
    f.clock.advance(milliseconds(100));
    f.talk(get("/empty"));
  }
  EXPECT_EQ(f.deadlines.schedules(), before);
}

TEST(Session, AnswersPipelinedRequestsInOrder) {
  SessionFixture f;
  EXPECT_EQ(f.talk(get("/1") + get("/2") + post("/3", "x") + get("/4").substr(0, 5)),
            echo_of("/1", "") + echo_of("/2", "") + echo_of("/3", "x"));
  EXPECT_EQ(f.talk(get("/4").substr(5)), echo_of("/4", ""));
}

TEST(Session, YieldsBetweenManyPipelinedRequests) {
  SessionFixture f;
  std::string requests;
  std::string answers;
  for (int i = 0; i < 1000; ++i) {
    requests += get("/x");
    answers += echo_of("/x", "");
  }
  f.transport.client_sends(requests);
  ASSERT_TRUE(f.transport.step(f.session));
  EXPECT_EQ(f.handler.handled, SessionLimits().requests_per_turn);
  EXPECT_EQ(f.run(), answers);
}

TEST(Session, HeadHasTheLengthButNoBody) {
  SessionFixture f;
  std::string expected = echo_of("/echo", "hello");
  expected.resize(expected.size() - 5);
  EXPECT_EQ(f.talk("HEAD /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"), expected);
}

TEST(Session, NoContentHasNeitherBodyNorLength) {
  SessionFixture f;
  EXPECT_EQ(f.talk(get("/empty")), "HTTP/1.1 204 No Content\r\n" + std::string(kDate) + "\r\n");
}

TEST(Session, GathersSharedBodies) {
  SessionFixture f;
  EXPECT_EQ(f.talk(get("/shared?100000")), ok("<" + std::string(100000, 's') + ">"));
  EXPECT_EQ(f.transport.writes(), 1u);
}

TEST(Session, SendsVeryManyPartsInSlices) {
  SessionFixture f;
  std::string body;
  for (int i = 0; i < 200; ++i) body += ",abc";
  EXPECT_EQ(f.talk(get("/many")), ok(body));
  EXPECT_EQ(f.transport.writes(), 401 / Transport::kGatherMax + 1);
  EXPECT_EQ(f.transport.misuses(), 0);
}

TEST(Session, Http10IsAnsweredAndClosed) {
  SessionFixture f;
  EXPECT_EQ(f.talk("GET /echo HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"), echo_of("/echo", "", true));
  EXPECT_TRUE(f.transport.send_shut_down());
  EXPECT_EQ(f.session.state(), Session::State::kLingering);
  f.transport.client_finishes();
  f.run();
  EXPECT_EQ(f.transport.closes(), 1);
}

TEST(Session, ClosesWhenTheClientOrTheHandlerAsks) {
  SessionFixture by_client;
  EXPECT_EQ(by_client.talk("GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" + get("/b")),
            echo_of("/a", "", true));
  EXPECT_EQ(by_client.session.state(), Session::State::kLingering);
  SessionFixture by_handler;
  EXPECT_EQ(by_handler.talk(get("/close") + get("/b")), ok("bye", true));
  EXPECT_EQ(by_handler.session.state(), Session::State::kLingering);
}

TEST(Session, RefusesWhatItCannotReadAndLingers) {
  SessionFixture f;
  EXPECT_EQ(f.talk("GET / HTTP/1.1\r\n\r\n"), answer(400, "Bad Request", "", "no Host field\n", true));
  EXPECT_EQ(f.session.state(), Session::State::kLingering);
  EXPECT_EQ(f.stats.read_errors[0].get(), 1u);
  EXPECT_EQ(f.talk(get("/x")), "") << "thrown away";
  EXPECT_EQ(f.handler.handled, 0);
  f.advance(seconds(2));
  EXPECT_EQ(f.transport.closes(), 1);
  EXPECT_EQ(f.timeouts(TimeoutKind::kLinger), 1u);
}

TEST(Session, LingersOverABoundedAmount) {
  SessionLimits limits;
  limits.linger_bytes_max = 100'000;
  SessionFixture f(limits);
  f.talk("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n");
  EXPECT_EQ(f.stats.read_errors[2].get(), 1u) << "413";
  f.talk(std::string(60'000, 'x') + std::string(40'000, 'x'));
  EXPECT_EQ(f.transport.closes(), 0);
  f.talk("x");
  EXPECT_EQ(f.transport.closes(), 1);
}

TEST(Session, ErrorsAnswerAfterTheRequestsBefore) {
  SessionFixture f;
  EXPECT_EQ(f.talk(get("/1") + "BAD\r\n\r\n"),
            echo_of("/1", "") + answer(400, "Bad Request", "", "malformed method\n", true));
}

TEST(Session, ContinuesOnceWhenTheBodyIsNotThere) {
  SessionFixture f;
  const std::string head = "POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n";
  EXPECT_EQ(f.talk(head), "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_EQ(f.talk("ab"), "");
  EXPECT_EQ(f.talk("cd"), echo_of("/echo", "abcd"));
  EXPECT_EQ(f.talk(head + "abcd"), echo_of("/echo", "abcd")) << "it was there";
}

TEST(Session, ContinueIsWrittenInPartsToo) {
  SessionFixture f;
  f.transport.client_reads(3);
  f.talk("POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
  EXPECT_EQ(f.session.state(), Session::State::kWriting);
  f.transport.client_reads(100'000);
  EXPECT_EQ(f.run(), "P/1.1 100 Continue\r\n\r\n");
  EXPECT_EQ(f.talk("abcd"), echo_of("/echo", "abcd"));
}

TEST(Session, StreamsInChunks) {
  SessionFixture f;
  const std::string head = "HTTP/1.1 200 OK\r\n" + std::string(kDate) +
                           "Content-Type: text/plain; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(f.talk(get("/stream?2") + get("/x")), head + "6\r\nbegin,\r\n000003e8\r\n" + std::string(1000, 'c') +
                                                      "\r\n000003e8\r\n" + std::string(1000, 'b') + "\r\n0\r\n\r\n" +
                                                      echo_of("/x", ""));
  EXPECT_EQ(f.talk(get("/stream?0")), head + "6\r\nbegin,\r\n0\r\n\r\n");
  EXPECT_EQ(f.talk("HEAD /stream?2 HTTP/1.1\r\nHost: a\r\n\r\n"), head);
}

TEST(Session, StreamsToTheEndOfTheConnectionTowardsHttp10) {
  SessionFixture f;
  EXPECT_EQ(f.talk("GET /stream?1 HTTP/1.0\r\n\r\n"),
            "HTTP/1.1 200 OK\r\n" + std::string(kDate) +
                "Content-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\nbegin," + std::string(1000, 'b'));
  EXPECT_TRUE(f.transport.send_shut_down());
}

TEST(Session, MakesTheNextPieceOnlyWhenTheLastIsWritten) {
  SessionFixture f;
  f.transport.client_reads(5000);
  f.talk(get("/stream?1000000"));
  EXPECT_EQ(f.session.state(), Session::State::kWriting);
  EXPECT_TRUE(f.transport.waits_to_write());
  EXPECT_EQ(f.stats.slow_writers.get(), 1u);
  f.transport.client_resets();
  f.run();
  EXPECT_EQ(f.transport.closes(), 1);
  EXPECT_EQ(f.stats.slow_writers.get(), 0u);
}

TEST(Session, PartialWritesOfOneByteGiveTheSameBytes) {
  const std::string requests = get("/shared?300") + post("/echo", "hello") + get("/stream?2") + get("/many");
  SessionFixture whole;
  const std::string expected = whole.talk(requests);
  SessionFixture f;
  f.transport.set_write_piece(1);
  EXPECT_EQ(f.talk(requests), expected);
  EXPECT_EQ(f.transport.misuses(), 0);
}

TEST(Session, ReadsNothingWhileAnAnswerIsUnsent) {
  SessionFixture f;
  f.transport.client_reads(10);
  f.talk(get("/shared?1000"));
  ASSERT_EQ(f.session.state(), Session::State::kWriting);
  const size_t reads = f.transport.reads();
  f.talk(get("/x"));
  EXPECT_EQ(f.transport.reads(), reads);
  f.transport.client_reads(100'000);
  const std::string rest = f.run();
  EXPECT_EQ(rest.substr(rest.size() - echo_of("/x", "").size()), echo_of("/x", ""));
}

TEST(Session, ParksWithoutABufferAndAnswersWhenResumed) {
  SessionFixture f;
  EXPECT_EQ(f.talk(get("/park")), "");
  EXPECT_EQ(f.session.state(), Session::State::kParked);
  EXPECT_TRUE(f.transport.waits_to_read()) << "for the hang-up";
  EXPECT_EQ(f.partial.used(), 0u);
  EXPECT_EQ(f.stats.parked.get(), 1u);
  EXPECT_EQ(f.handler.wake_one(), ok("woken").size());
  EXPECT_EQ(f.handler.parked_destroyed, 1) << "before resume() returns";
  EXPECT_EQ(f.run(), ok("woken"));
  EXPECT_EQ(f.stats.parked.get(), 0u);
  EXPECT_EQ(f.talk(get("/x")), echo_of("/x", ""));
}

TEST(Session, ParkedRequestHasNoDeadline) {
  SessionFixture f;
  f.talk(get("/park"));
  for (int i = 0; i < 100; ++i) f.advance(seconds(60));
  EXPECT_EQ(f.session.state(), Session::State::kParked);
  f.handler.wake_one();
  f.run();
  EXPECT_EQ(f.session.state(), Session::State::kReading);
  f.advance(seconds(74));
  EXPECT_EQ(f.transport.closes(), 0);
  f.advance(seconds(2));
  EXPECT_EQ(f.transport.closes(), 1) << "idle counts from the answer";
}

TEST(Session, HangUpWhileParkedDestroysTheRequestAtOnce) {
  for (const bool reset : {false, true}) {
    SessionFixture f;
    f.talk(get("/park"));
    if (reset) {
      f.transport.client_resets();
    } else {
      f.transport.client_finishes();
    }
    EXPECT_EQ(f.run(), "");
    EXPECT_EQ(f.handler.parked_destroyed, 1);
    EXPECT_TRUE(f.handler.waiting.empty());
    EXPECT_EQ(f.transport.closes(), 1);
    EXPECT_EQ(f.stats.parked.get(), 0u);
  }
}

TEST(Session, RequestsPipelinedBehindAParkedOneWait) {
  SessionFixture f;
  EXPECT_EQ(f.talk(get("/park") + get("/1")), "");
  EXPECT_EQ(f.talk(get("/2") + get("/park")), "");
  EXPECT_EQ(f.handler.handled, 1);
  f.handler.wake_one();
  EXPECT_EQ(f.handler.handled, 1) << "not within resume()";
  EXPECT_EQ(f.run(), ok("woken") + echo_of("/1", "") + echo_of("/2", ""));
  EXPECT_EQ(f.session.state(), Session::State::kParked);
  EXPECT_EQ(f.partial.used(), 0u);
}

TEST(Session, KeepsABoundedAmountBehindAParkedRequest) {
  SessionLimits limits;
  limits.pipelined_bytes_max = 1000;
  SessionFixture f(limits);
  f.talk(get("/park"));
  const std::string request = get("/1");
  std::string much;
  while (much.size() < 3000) much += request;
  f.talk(much);
  EXPECT_FALSE(f.transport.waits_to_read());
  EXPECT_EQ(f.partial.used(), 2000u) << "at most twice what is kept";
  f.handler.wake_one();
  std::string answers = f.run();
  EXPECT_EQ(f.handler.handled, 1 + static_cast<int>(much.size() / request.size()));
}

TEST(Session, EndAfterARequestIsAnsweredFirst) {
  SessionFixture f;
  f.transport.client_finishes();
  EXPECT_EQ(f.talk(get("/1")), echo_of("/1", ""));
  EXPECT_EQ(f.transport.closes(), 1);
}

TEST(SessionDeadlines, HeadMustComeInTime) {
  SessionFixture f;
  f.talk("GET / HT");
  f.advance(milliseconds(4990));
  EXPECT_EQ(f.transport.closes(), 0);
  f.talk("TP/1.1\r\n");  // does not prolong
  f.advance(milliseconds(40));
  EXPECT_EQ(f.transport.take_written().substr(0, 12), "HTTP/1.1 408");
  EXPECT_EQ(f.session.state(), Session::State::kLingering);
  EXPECT_EQ(f.timeouts(TimeoutKind::kHead), 1u);
}

TEST(SessionDeadlines, BodyMustComeInTimeHoweverFast) {
  SessionFixture f;
  f.talk("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10000000\r\n\r\n");
  for (int i = 0; i < 149; ++i) {
    f.advance(milliseconds(100));
    f.talk(std::string(1000, 'x'));
  }
  EXPECT_EQ(f.session.state(), Session::State::kReading);
  f.advance(milliseconds(140));
  EXPECT_EQ(f.transport.take_written().substr(0, 12), "HTTP/1.1 408");
  EXPECT_EQ(f.timeouts(TimeoutKind::kBody), 1u);
}

TEST(SessionDeadlines, BodyMustKeepTheLeastRate) {
  const auto seconds_until_408 = [](size_t bytes_per_second) {
    SessionFixture f;
    f.talk("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10000000\r\n\r\n");
    int elapsed = 0;
    while (f.session.state() == Session::State::kReading && elapsed < 30) {
      f.talk(std::string(bytes_per_second, 'x'));
      f.advance(milliseconds(1020));
      ++elapsed;
    }
    return elapsed;
  };
  EXPECT_EQ(seconds_until_408(10), 5) << "after the grace";
  EXPECT_LT(seconds_until_408(450), 14);
  EXPECT_GE(seconds_until_408(600), 15);
}

TEST(SessionDeadlines, IdleConnectionIsClosedInSilence) {
  SessionFixture f;
  f.advance(milliseconds(74'990));
  EXPECT_EQ(f.transport.closes(), 0);
  f.advance(milliseconds(40));
  EXPECT_EQ(f.transport.closes(), 1);
  EXPECT_EQ(f.transport.written(), "");
  EXPECT_EQ(f.timeouts(TimeoutKind::kIdle), 1u);
}

TEST(SessionDeadlines, EveryRequestProlongsIdleTime) {
  SessionFixture f;
  for (int i = 0; i < 10; ++i) {
    f.advance(seconds(70));
    EXPECT_NE(f.talk(get("/x")), "");
  }
  f.advance(seconds(74));
  EXPECT_EQ(f.transport.closes(), 0);
  f.advance(seconds(2));
  EXPECT_EQ(f.transport.closes(), 1);
}

TEST(SessionDeadlines, StalledWriteIsClosedAndProgressProlongs) {
  SessionFixture f;
  f.transport.client_reads(10);
  f.talk(get("/shared?1000"));
  for (int i = 0; i < 5; ++i) {
    f.advance(seconds(9));
    f.transport.client_reads(10);
    f.run();
  }
  EXPECT_EQ(f.transport.closes(), 0);
  f.advance(milliseconds(10'040));
  EXPECT_EQ(f.transport.closes(), 1);
  EXPECT_EQ(f.timeouts(TimeoutKind::kWriteStall), 1u);
}

TEST(SessionDrain, IdleConnectionIsClosed) {
  SessionFixture f;
  f.talk(get("/x"));
  f.session.drain();
  EXPECT_EQ(f.transport.closes(), 1);
}

TEST(SessionDrain, RequestAlreadyInTheSocketIsAnswered) {
  SessionFixture f;
  f.transport.client_sends(get("/x"));
  f.session.drain();
  EXPECT_EQ(f.run(), echo_of("/x", "", true));
  EXPECT_EQ(f.session.state(), Session::State::kLingering);
}

TEST(SessionDrain, ParkedRequestIsToldToGo) {
  SessionFixture f;
  f.talk(get("/park"));
  f.session.drain();
  EXPECT_EQ(f.run(), ok("drained", true));
  EXPECT_EQ(f.handler.parked_destroyed, 1);
  EXPECT_EQ(f.session.state(), Session::State::kLingering);
}

TEST(SessionDrain, HalfReadRequestIsAnsweredAndClosed) {
  SessionFixture f;
  f.talk(get("/x").substr(0, 10));
  f.session.drain();
  EXPECT_EQ(f.talk(get("/x").substr(10)), echo_of("/x", "", true));
}

TEST(SessionDrain, RequestThatWouldParkIsToldToGo) {
  SessionFixture f;
  f.talk(get("/park").substr(0, 10));
  f.session.drain();
  EXPECT_EQ(f.talk(get("/park").substr(10)), ok("drained", true));
  EXPECT_EQ(f.handler.parked_destroyed, 1);
}

TEST(SessionDrain, AnswerBeingWrittenIsFinished) {
  SessionFixture f;
  f.transport.client_reads(100);
  const std::string begin = f.talk(get("/shared?1000"));
  f.session.drain();
  f.transport.client_reads(100'000);
  EXPECT_EQ(begin + f.run(), ok("<" + std::string(1000, 's') + ">"));
  EXPECT_EQ(f.transport.closes(), 1);
}

TEST(SessionMove, IdleConnectionIsReleasedWithoutBeingClosed) {
  SessionFixture f;
  f.talk(get("/x"));
  EXPECT_TRUE(f.session.release());
  EXPECT_EQ(f.session.state(), Session::State::kClosed);
  EXPECT_EQ(f.transport.closes(), 0);
  f.advance(std::chrono::hours(1));
  EXPECT_EQ(f.transport.closes(), 0) << "its deadline is gone too";
}

TEST(SessionMove, ParkedRequestIsToldToComeAgainAndReleased) {
  SessionFixture f;
  f.talk(get("/park"));
  EXPECT_TRUE(f.session.release());
  EXPECT_EQ(f.transport.take_written(), ok("again"));
  EXPECT_EQ(f.handler.parked_destroyed, 1);
  EXPECT_EQ(f.stats.parked.get(), 0U);
}

TEST(SessionMove, ParkedRequestWithoutSuchAnAnswerStays) {
  SessionFixture f;
  f.handler.may_move = false;
  f.talk(get("/park"));
  EXPECT_FALSE(f.session.release());
  f.handler.wake_one();
  EXPECT_EQ(f.run(), ok("woken"));
  EXPECT_TRUE(f.session.release());
}

TEST(SessionMove, HalfReadRequestIsAnsweredFirst) {
  SessionFixture f;
  f.talk(get("/x").substr(0, 10));
  EXPECT_FALSE(f.session.release());
  EXPECT_EQ(f.talk(get("/x").substr(10)), echo_of("/x", ""));
  EXPECT_TRUE(f.session.release());
}

TEST(SessionMove, WhatIsBeingWrittenIsFinishedFirst) {
  SessionFixture f;
  f.transport.client_reads(100);
  f.talk(get("/shared?1000"));
  EXPECT_FALSE(f.session.release());
  f.transport.client_reads(100'000);
  f.run();
  EXPECT_TRUE(f.session.release());
}

TEST(SessionMove, LastAnswerSaysSoAndAnIdleConnectionWaitsForIt) {
  SessionFixture f;
  f.talk(get("/x"));
  f.session.end_with_next_answer();
  f.session.end_with_next_answer();
  f.run();
  EXPECT_EQ(f.transport.closes(), 0);
  EXPECT_EQ(f.talk(get("/x")), echo_of("/x", "", true));
  EXPECT_EQ(f.session.state(), Session::State::kLingering);
}

TEST(SessionMove, LastAnswerOfAParkedRequestComesAtOnce) {
  SessionFixture f;
  f.talk(get("/park"));
  f.session.end_with_next_answer();
  EXPECT_EQ(f.run(), ok("again", true));
}

TEST(SessionLimits, PartlyReadBytesExhaustedIs503) {
  SessionFixture f({}, {}, 100);
  EXPECT_EQ(f.talk("GET /x").substr(0, 12), "HTTP/1.1 503");
  EXPECT_EQ(f.session.state(), Session::State::kLingering);
}

TEST(SessionLimits, WholeRequestsPassWhenPartlyReadBytesAreExhausted) {
  SessionFixture f({}, {}, 0);
  EXPECT_EQ(f.talk(get("/x")), echo_of("/x", ""));
}

TEST(SessionSize, IdleSessionIsSmall) { EXPECT_LE(sizeof(Session), 224u); }

}  // namespace
}  // namespace discovery::net
