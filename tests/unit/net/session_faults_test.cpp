// A scripted conversation over everything a session does, in which the N-th operation fails, for every N.
#include <gtest/gtest.h>

#include <string>

#include "unit/net/session_fixture.h"

namespace discovery::net {
namespace {

struct Run {
  std::string written;
  size_t operations = 0;
};

/// Plays the conversation; `prepare` spoils the transport.
template <class Prepare>
Run converse(Prepare prepare) {
  Run run;
  int parked_made = 0;
  int parked_destroyed = 0;
  {
    SessionFixture f;
    prepare(f.transport);
    const auto wake = [&f] {
      if (!f.handler.waiting.empty()) f.handler.wake_one();
    };
    f.talk(get("/1") + post("/2", "two"));
    run.written += f.transport.take_written();
    const auto say = [&](std::string bytes) { run.written += f.talk(std::move(bytes)); };
    say("POST /chunked HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
    say("4\r\ndefg\r\n0\r\n\r\n" + get("/shared?5000"));
    say(get("/park") + get("/stream?3"));
    wake();
    say("");
    say("POST /late HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
    say("xyz");
    say(get("/many") + get("/park"));
    if (f.session.state() != Session::State::kClosed) f.session.drain();
    say("more that nobody reads");
    f.transport.client_finishes();
    say("");
    EXPECT_EQ(f.session.state(), Session::State::kClosed);
    EXPECT_EQ(f.transport.closes(), 1);
    EXPECT_EQ(f.transport.misuses(), 0);
    EXPECT_EQ(f.partial.used(), 0u);
    EXPECT_EQ(f.stats.parked.get(), 0u);
    EXPECT_EQ(f.stats.slow_writers.get(), 0u);
    EXPECT_TRUE(f.handler.waiting.empty());
    run.operations = f.transport.operations();
    parked_made = f.handler.parked_made;
    parked_destroyed = f.handler.parked_destroyed;
  }
  EXPECT_EQ(parked_made, parked_destroyed);
  return run;
}

bool is_prefix(const std::string& prefix, const std::string& of) { return of.compare(0, prefix.size(), prefix) == 0; }

void fail_each_operation(size_t write_piece, size_t stride) {
  const Run whole = converse([&](FakeTransport& t) { t.set_write_piece(write_piece); });
  ASSERT_GT(whole.operations, 15u);
  for (size_t n = 1; n <= whole.operations; n += stride) {
    const Run spoiled = converse([&](FakeTransport& t) {
      t.set_write_piece(write_piece);
      t.fail_operation(n);
    });
    ASSERT_TRUE(is_prefix(spoiled.written, whole.written)) << "operation " << n;
    if (n <= whole.operations / 2) {
      ASSERT_LT(spoiled.written.size(), whole.written.size()) << "operation " << n;
    }
  }
}

TEST(SessionFaults, WholeConversationDoesNotDependOnTheSizeOfWrites) {
  const std::string whole = converse([](FakeTransport&) {}).written;
  EXPECT_NE(whole.find("drained"), std::string::npos);
  for (const size_t piece : {1u, 2u, 7u, 100u, 1000u}) {
    EXPECT_EQ(converse([&](FakeTransport& t) { t.set_write_piece(piece); }).written, whole) << piece;
  }
}

TEST(SessionFaults, EveryOperationMayFail) { fail_each_operation(static_cast<size_t>(-1), 1); }
TEST(SessionFaults, EveryOperationMayFailWithWritesOf100Bytes) { fail_each_operation(100, 1); }
TEST(SessionFaults, ManyOperationsMayFailWithWritesOfOneByte) { fail_each_operation(1, 37); }

TEST(SessionFaults, DestroyedInAnyStateLeavesNothing) {
  // The owner may destroy a session that never closed: the reactor has stopped.
  const std::string scripts[] = {"", "GET", get("/park"), get("/shared?1000"), get("/close")};
  for (const std::string& script : scripts) {
    ReactorStats stats;
    SetClock clock;
    WheelDeadlines deadlines(clock.now());
    codec::PartialBytes partial(1'000'000);
    ScriptedHandler handler;
    SessionContext context(handler, deadlines, clock, stats, {}, {}, partial);
    FakeTransport transport;
    transport.client_reads(200);
    {
      Session session(context, transport, {});
      session.start();
      transport.client_sends(script);
      EXPECT_TRUE(transport.run(session));
    }
    EXPECT_EQ(handler.parked_made, handler.parked_destroyed);
    EXPECT_EQ(partial.used(), 0u);
    EXPECT_EQ(stats.parked.get(), 0u);
    EXPECT_EQ(stats.slow_writers.get(), 0u);
    deadlines.advance(clock.now() + std::chrono::minutes(10));  // nothing is left in the wheel
  }
}

}  // namespace
}  // namespace discovery::net
