// A connection of gRPC with everything around it made of test pieces, and a client that speaks to it by bytes.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/set_clock.h"
#include "grpc/doorstep.h"
#include "unit/grpc/echo_service.h"
#include "unit/grpc/http2_client.h"
#include "unit/net/fake_transport.h"
#include "unit/net/session_fixture.h"

namespace discovery::grpc {

struct ConnectionFixture {
  explicit ConnectionFixture(const Limits& limits = {}, const Http2Client::Options& options = {},
                             const net::SessionLimits& session_limits = {}, size_t partial_max = size_t{64} << 20)
      : deadlines(clock.now()),
        partial(partial_max),
        context(http, deadlines, clock, stats, session_limits, {}, partial),
        lane(limits, std::make_unique<EchoService>(board), deadlines, clock),
        client(options),
        conversation(std::make_unique<Doorstep>(lane, context, transport, codec::ClientAddress{"192.0.2.1", 4711})) {
    conversation->start();
  }
  ~ConnectionFixture() {
    conversation.reset();
    EXPECT_EQ(board.made, board.destroyed);
    EXPECT_EQ(transport.misuses(), 0);
    EXPECT_EQ(context.unsent.bytes(), 0u);
    EXPECT_EQ(partial.used(), 0u);
    EXPECT_EQ(count().open_calls, 0u);
    EXPECT_EQ(count().connections, 0u);
  }

  /// What the client has to say goes to the server, and what that answers to the client, until both have nothing left.
  void run() {
    for (int i = 0; i < 10'000; ++i) {
      const std::string said = client.take_bytes();
      transport.client_sends(said);
      ASSERT_TRUE(transport.run(*conversation)) << "never comes to rest";
      const std::string answered = transport.take_written();
      if (said.empty() && answered.empty()) return;
      client.feed(answered);
    }
    FAIL() << "never comes to rest";
  }
  /// Bytes of the test's own, whose answer the client does not see; returns it.
  std::string talk(std::string_view bytes) {
    transport.client_sends(std::string(bytes));
    EXPECT_TRUE(transport.run(*conversation)) << "never comes to rest";
    heard += transport.written();
    return transport.take_written();
  }
  /// The code of the last GOAWAY, that the client or the test has seen.
  [[nodiscard]] std::optional<uint32_t> goaway() const {
    std::optional<uint32_t> code;
    if (client.told_to_go()) code = client.goaway_code();
    for (const RawFrame& frame : parse_frames(heard)) {
      if (frame.type == NGHTTP2_GOAWAY) code = static_cast<uint32_t>(number_of(frame.payload.substr(4, 4)));
    }
    return code;
  }

  void advance(Duration by) {
    clock.advance(by);
    deadlines.advance(clock.now());
  }
  [[nodiscard]] ServerStats count() const { return lane.counts->snapshot(); }
  [[nodiscard]] uint64_t refused(Rule rule) const { return count().refused[static_cast<size_t>(rule)]; }
  [[nodiscard]] uint64_t calls(size_t method, Code code) const {
    return count().calls[method][static_cast<size_t>(code)];
  }
  [[nodiscard]] bool closed() const { return transport.closes() == 1; }
  /// GOAWAY with that code, the sending side shut, every call told, and closed a second later.
  void expect_abandoned(uint32_t error_code, Rule rule) {
    EXPECT_EQ(goaway(), error_code);
    EXPECT_EQ(refused(rule), 1u);
    EXPECT_TRUE(transport.send_shut_down());
    EXPECT_EQ(board.made, board.destroyed);
    advance(lane.limits.linger + std::chrono::milliseconds(20));
    EXPECT_TRUE(closed());
  }

  EchoBoard board;
  SetClock clock;
  net::WheelDeadlines deadlines;
  net::ReactorStats stats;
  codec::PartialBytes partial;
  net::ScriptedHandler http;
  net::SessionContext context;
  Lane lane;
  net::FakeTransport transport;
  Http2Client client;
  std::string heard;  ///< by talk()
  std::unique_ptr<Doorstep> conversation;
};

}  // namespace discovery::grpc
