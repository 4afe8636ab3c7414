// The server on real sockets, plain and with TLS.
#include "grpc/server.h"

#include <gtest/gtest.h>
#include <malloc.h>

#include <atomic>
#include <future>

#include "net/steady_clock.h"
#include "unit/grpc/connection_fixture.h"
#include "unit/net/loopback.h"
#include "unit/net/test_handler.h"
#include "unit/net/tls_testing.h"

namespace discovery::grpc {
namespace {

using std::chrono::seconds;

/// A client on a socket: reads and writes until something holds.
class SocketClient {
 public:
  explicit SocketClient(const net::ListenAddress& address) : socket_(address) {}
  Http2Client& http2() { return http2_; }

  bool until(const std::function<bool()>& condition) {
    const auto end = std::chrono::steady_clock::now() + net::kPatience;
    while (!condition() && std::chrono::steady_clock::now() < end) {
      if (!socket_.send(http2_.take_bytes())) return false;
      pollfd wait{socket_.descriptor(), POLLIN, 0};
      if (::poll(&wait, 1, 20) <= 0) continue;
      std::array<char, 65536> buffer;
      const ssize_t n = ::recv(socket_.descriptor(), buffer.data(), buffer.size(), 0);
      if (n <= 0) return ended_ = true, condition();
      http2_.feed({buffer.data(), static_cast<size_t>(n)});
    }
    return condition();
  }
  bool until_answered(int32_t id) {
    return until([&] { return http2_.answer(id).closed; });
  }
  bool until_ended() {
    return until([&] { return ended_; });
  }

 private:
  net::Client socket_;
  Http2Client http2_;
  bool ended_ = false;
};

class GrpcServer : public testing::Test {
 protected:
  void serve(size_t reactors = 1, std::shared_ptr<const net::TlsIdentity> identity = nullptr) {
    options_.clock = &clock_;
    options_.reactors = reactors;
    for (size_t i = 0; i < reactors; ++i) boards_.push_back(std::make_unique<EchoBoard>());
    net::ListenerGroup group{"etcd",
                             {{"127.0.0.1", 0}},
                             [this](net::Reactor& r) { return std::make_unique<net::TestHandler>(r, http_board_); },
                             {},
                             std::move(identity)};
    group.make_conversations = grpc_.conversations();
    auto server = net::HttpServer::open(options_, {std::move(group)});
    ASSERT_TRUE(server) << server.error().message;
    server_ = std::move(*server);
    server_->start();
    address_ = server_->bound_addresses("etcd").at(0);
  }
  void TearDown() override {
    server_.reset();
    for (const auto& board : boards_) EXPECT_EQ(board->made, board->destroyed);
  }
  /// On the first reactor's thread, to its end.
  void run(const std::function<void()>& work) {
    std::promise<void> done;
    server_->reactor(0).post([&] {
      work();
      done.set_value();
    });
    done.get_future().wait();
  }

  net::SteadyClock clock_;
  net::Board http_board_;
  std::vector<std::unique_ptr<EchoBoard>> boards_;  ///< one per reactor
  size_t made_ = 0;
  Server grpc_{{}, [this](net::Reactor&) { return std::make_unique<EchoService>(*boards_[made_++]); }};
  net::ServerOptions options_;
  std::unique_ptr<net::HttpServer> server_;
  net::ListenAddress address_;
};

TEST_F(GrpcServer, AnswersCallsAndRequestsOnOnePort) {
  serve(2);
  for (int i = 0; i < 20; ++i) {
    SocketClient client(address_);
    const int32_t id = client.http2().ask("/t.Echo/Unary", std::string(100'000, 'x'));
    ASSERT_TRUE(client.until_answered(id));
    EXPECT_EQ(client.http2().answer(id).status(), "0");
    EXPECT_EQ(client.http2().answer(id).messages().at(0).size(), 100'000u);
    net::Client http(address_);
    EXPECT_EQ(http.ask("/x"), "/x");
    EXPECT_EQ(http.ask("/ip"), "127.0.0.1 loopback");
  }
  EXPECT_TRUE(net::eventually([&] { return server_->stats().open == 0; }));
  const ServerStats stats = grpc_.stats();
  EXPECT_EQ(stats.connections_made, 20u);
  EXPECT_EQ(stats.http1_made, 20u);
  EXPECT_EQ(stats.calls.at(EchoService::kUnary).at(0), 20u);
  EXPECT_EQ(stats.open_calls, 0u);
}

TEST_F(GrpcServer, OnlyConnectionsOfHttp1AreSessions) {
  serve();
  SocketClient client(address_);
  const int32_t id = client.http2().ask("/t.Echo/Unary", "x");
  ASSERT_TRUE(client.until_answered(id));
  net::Client http(address_);
  EXPECT_EQ(http.ask("/x"), "/x");
  size_t sessions = 0;
  run([&] { server_->for_each_session(server_->reactor(0), [&](const net::Session&) { ++sessions; }); });
  EXPECT_EQ(sessions, 1u);
  EXPECT_EQ(server_->stats().open, 2u);
}

TEST_F(GrpcServer, CallsAreAnsweredFromTheReactorLater) {
  serve();
  SocketClient client(address_);
  const int32_t id = client.http2().ask("/t.Echo/Watch", "w");
  ASSERT_TRUE(client.until([&] { return grpc_.stats().messages_in == 1; }));
  run([&] {
    boards_[0]->waiting.at("w")->send("news");
    boards_[0]->waiting.at("w")->finish({Code::kUnavailable, "end"});
  });
  ASSERT_TRUE(client.until_answered(id));
  EXPECT_EQ(client.http2().answer(id).messages(), std::vector<std::string>{"news"});
  EXPECT_EQ(client.http2().answer(id).status(), "14 end");
}

TEST_F(GrpcServer, StopEndsCallsAndConnections) {
  serve(2);
  std::vector<std::unique_ptr<SocketClient>> clients;
  for (int i = 0; i < 8; ++i) {
    clients.push_back(std::make_unique<SocketClient>(address_));
    clients.back()->http2().ask("/t.Echo/Watch", "w");
    ASSERT_TRUE(clients.back()->until([&] { return grpc_.stats().messages_in == static_cast<uint64_t>(i + 1); }));
  }
  std::future<size_t> cut = std::async(std::launch::async, [&] {
    return server_->stop({.spread = std::chrono::milliseconds(200), .deadline = seconds(15)});
  });
  for (const auto& client : clients) {
    EXPECT_TRUE(client->until_ended());
    EXPECT_TRUE(client->http2().told_to_go());
    EXPECT_EQ(client->http2().answer(1).status(), "14 server stopped");
  }
  clients.clear();
  EXPECT_EQ(cut.get(), 0u);
}

TEST_F(GrpcServer, HandOverGivesAwayHttp1AndSendsGrpcAway) {
  serve();
  SocketClient client(address_);
  client.http2().ask("/t.Echo/Watch", "w");
  ASSERT_TRUE(client.until([&] { return grpc_.stats().messages_in == 1; }));
  net::Client http(address_);
  EXPECT_EQ(http.ask("/x"), "/x");
  std::atomic<int> moved{0};
  server_->hand_over([&](net::GroupSocket&& socket) {
    EXPECT_EQ(socket.group, "etcd");
    ++moved;
  });
  EXPECT_TRUE(client.until([&] { return client.http2().told_to_go(); }));
  EXPECT_TRUE(net::eventually([&] { return moved == 1; }));
  run([&] { boards_[0]->waiting.at("w")->send("still served"); });
  EXPECT_TRUE(client.until([&] { return client.http2().answer(1).messages().size() == 1; }));
  client.http2().cancel(1);
  EXPECT_TRUE(client.until_ended()) << "nothing is left to serve";
  EXPECT_EQ(moved, 1);
}

TEST_F(GrpcServer, LimitsMayChange) {
  serve();
  Limits limits;
  limits.message_bytes_max = 10;
  grpc_.update_limits(limits);
  SocketClient client(address_);
  const int32_t id = client.http2().ask("/t.Echo/Unary", "eleven byte");
  ASSERT_TRUE(client.until_answered(id));
  EXPECT_EQ(client.http2().answer(id).status(), "3 too large: 11");
}

TEST_F(GrpcServer, TlsOffersBothProtocols) {
  net::Certificates certificates;
  const auto identity = net::TlsIdentity::load(certificates.make("node"), net::TlsOffer::kHttp2);
  ASSERT_TRUE(identity);
  serve(1, *identity);
  net::TlsClient http(address_, {.protocols = "\x08http/1.1"});
  EXPECT_EQ(http.protocol(), "http/1.1");
  EXPECT_EQ(http.ask("/x"), "/x");
  EXPECT_EQ(net::TlsClient(address_, {.protocols = "\x08http/1.1\x02h2"}).protocol(), "h2") << "our choice";

  net::TlsClient tls(address_, {.protocols = "\x02h2"});
  ASSERT_TRUE(tls.connected());
  EXPECT_EQ(tls.protocol(), "h2");
  Http2Client client;
  const int32_t id = client.ask("/t.Echo/Unary", "over TLS");
  for (int i = 0; i < 100 && !client.answer(id).closed; ++i) {
    tls.send(client.take_bytes());
    client.feed(tls.read_some());
  }
  EXPECT_EQ(client.answer(id).messages(), std::vector<std::string>{"over TLS"});
  EXPECT_EQ(client.answer(id).status(), "0");
}

/// In bytes of the heap; 0 where an allocator of a sanitizer does not tell.
size_t heap_bytes() { return ::mallinfo2().uordblks; }

TEST(GrpcMemory, AnIdleStreamTakesLessThanTwoKibibytes) {
  constexpr uint32_t kStreams = 5'000;
  ConnectionFixture f;
  f.board.writes_log = false;
  f.talk(hello());
  const auto calls = [](uint32_t from, uint32_t n) {
    std::string bytes;
    for (uint32_t i = from; i < from + n; ++i) {
      bytes += raw_frame(NGHTTP2_HEADERS, kEndHeaders, 2 * i + 1, call_head("/t.Echo/Watch"));
      bytes += raw_frame(NGHTTP2_DATA, kEndStream, 2 * i + 1, framed(std::to_string(i)));
    }
    return bytes;
  };
  f.talk(calls(0, 100));
  const size_t before = heap_bytes();
  f.talk(calls(100, kStreams));
  for (const auto& [key, call] : f.board.waiting) call->send("created");
  f.talk("");
  if (before == 0) GTEST_SKIP() << "no figures here";
  const size_t each = (heap_bytes() - before) / kStreams;
  RecordProperty("bytes_per_stream", static_cast<int>(each));
  std::printf("%zu bytes per idle stream, of which about 130 are the test's\n", each);
  EXPECT_LT(each, 2'048u);
}

TEST(GrpcMemory, AnIdleConnectionTakesLessThanThirtyKibibytes) {
  constexpr size_t kConnections = 200;
  ConnectionFixture f;
  std::vector<std::unique_ptr<net::FakeTransport>> transports;
  std::vector<std::unique_ptr<Doorstep>> all;
  const size_t before = heap_bytes();
  for (size_t i = 0; i < kConnections; ++i) {
    transports.push_back(std::make_unique<net::FakeTransport>());
    all.push_back(std::make_unique<Doorstep>(f.lane, f.context, *transports.back(), codec::ClientAddress{}));
    all.back()->start();
    transports.back()->client_sends(hello() + raw_frame(NGHTTP2_HEADERS, kEndHeaders, 1, call_head("/t.Echo/Watch")));
    EXPECT_TRUE(transports.back()->run(*all.back()));
    transports.back()->take_written();
  }
  const size_t each = (heap_bytes() - before) / kConnections;
  std::printf("%zu bytes per connection with a stream\n", each);
  EXPECT_LT(each, 30'000u);
}

}  // namespace
}  // namespace discovery::grpc
