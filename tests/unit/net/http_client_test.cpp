#include "net/http_client.h"

#include <gtest/gtest.h>

#include "net/http_server.h"
#include "unit/net/http_client_fixture.h"

namespace discovery::net {
namespace {

using std::chrono::milliseconds;

// --- against a raw peer ----------------------------------------------------------------------------------------------

TEST_F(HttpClientTest, SendsWhatItIsTold) {
  RawPeer peer;
  open(peer.port());
  ClientRequest request{.method = codec::Method::kPost,
                        .target = "/discovery/register?a=1",
                        .content_type = "application/x-www-form-urlencoded",
                        .body = "appid=a&env=b",
                        .headers = {{"X-One", "1"}, {"X-Two", "2"}}};
  auto result = start(Connect::kFresh, request);
  ASSERT_TRUE(peer.accept());
  EXPECT_EQ(peer.read_until("env=b"),
            "POST /discovery/register?a=1 HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(peer.port()) +
                "\r\nUser-Agent: discoveryd\r\n"
                "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 13\r\n"
                "X-One: 1\r\nX-Two: 2\r\n\r\nappid=a&env=b");
  peer.write(kOk);
  EXPECT_EQ(result.get(), "200 ok");
  auto bare = start(Connect::kReuse);
  EXPECT_EQ(peer.read_head(),
            "GET /x HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(peer.port()) + "\r\nUser-Agent: discoveryd\r\n\r\n");
  peer.write(kOk);
  EXPECT_EQ(bare.get(), "200 ok");
  EXPECT_EQ(run([this] { return client_->bytes_received(); }), 2 * kOk.size());
}

TEST_F(HttpClientTest, EmptyPostHasALength) {
  RawPeer peer;
  open(peer.port());
  auto result = start(Connect::kAny, {.method = codec::Method::kPost, .target = "/x"});
  ASSERT_TRUE(peer.accept());
  EXPECT_NE(peer.read_head().find("\r\nContent-Length: 0\r\n"), std::string::npos);
  peer.write(kOk);
  EXPECT_EQ(result.get(), "200 ok");
}

TEST_F(HttpClientTest, FreshDialsAnew) {
  RawPeer peer;
  open(peer.port());
  EXPECT_EQ(answered(peer, kOk), "200 ok");
  auto second = start(Connect::kFresh);
  EXPECT_TRUE(peer.ended()) << "the first connection";
  ASSERT_TRUE(peer.accept());
  EXPECT_NE(peer.read_head(), "");
  peer.write(kOk);
  EXPECT_EQ(second.get(), "200 ok");
}

TEST_F(HttpClientTest, ReuseWithoutAConnectionIsNotConnected) {
  RawPeer peer;
  open(peer.port());
  EXPECT_EQ(ask(Connect::kReuse), "not connected");
  EXPECT_EQ(answered(peer, kOk), "200 ok") << "and it can be asked again";
}

TEST_F(HttpClientTest, PeerThatHangsUpBetweenRequestsIsNoticed) {
  RawPeer peer;
  open(peer.port());
  for (const bool reset : {false, true}) {
    EXPECT_EQ(answered(peer, kOk), "200 ok");
    EXPECT_TRUE(connected());
    reset ? peer.reset() : peer.hang_up();
    EXPECT_TRUE(eventually([this] { return !connected(); }));
    EXPECT_EQ(ask(Connect::kReuse), "not connected");
  }
  auto any = start(Connect::kAny);
  ASSERT_TRUE(peer.accept());
  EXPECT_NE(peer.read_head(), "");
  peer.write(kOk);
  EXPECT_EQ(any.get(), "200 ok");
}

TEST_F(HttpClientTest, AnswerToNothingEndsTheConnection) {
  RawPeer peer;
  open(peer.port());
  EXPECT_EQ(answered(peer, kOk), "200 ok");
  peer.write(kOk);
  EXPECT_TRUE(peer.ended());
  EXPECT_FALSE(connected());
}

TEST_F(HttpClientTest, AnswerThatForbidsReuseClosesTheConnection) {
  RawPeer peer;
  open(peer.port());
  EXPECT_EQ(answered(peer, "HTTP/1.1 503 No\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"), "503 ");
  EXPECT_FALSE(connected());
  EXPECT_TRUE(peer.ended());
}

TEST_F(HttpClientTest, PeerThatHangsUpWithinTheAnswerIsBroken) {
  RawPeer peer;
  open(peer.port());
  for (const bool reset : {false, true}) {
    for (const std::string_view part : {"", "HTTP/1.1 200", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell"}) {
      auto result = start(Connect::kFresh);
      ASSERT_TRUE(peer.accept());
      EXPECT_NE(peer.read_head(), "");
      peer.write(part);
      reset ? peer.reset() : peer.hang_up();
      EXPECT_EQ(result.get(), "broken") << part;
      EXPECT_FALSE(connected());
    }
  }
}

TEST_F(HttpClientTest, BodyMayEndWithTheConnection) {
  RawPeer peer;
  open(peer.port());
  auto result = start(Connect::kFresh);
  ASSERT_TRUE(peer.accept());
  EXPECT_NE(peer.read_head(), "");
  peer.write("HTTP/1.1 200 OK\r\n\r\nhello");
  peer.hang_up();
  EXPECT_EQ(result.get(), "200 hello");
}

TEST_F(HttpClientTest, ReadsChunks) {
  RawPeer peer;
  open(peer.port());
  EXPECT_EQ(answered(peer, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"),
            "200 abcde");
  EXPECT_TRUE(connected());
}

TEST_F(HttpClientTest, GarbageIsToldAndClosed) {
  RawPeer peer;
  open(peer.port());
  EXPECT_EQ(answered(peer, "SSH-2.0-OpenSSH_9.2\r\n"), "garbage");
  EXPECT_TRUE(peer.ended());
}

TEST_F(HttpClientTest, AnswersAreLimited) {
  limits_.answer_bytes_max = 2;
  RawPeer peer;
  open(peer.port());
  EXPECT_EQ(answered(peer, kOk), "200 ok");
  EXPECT_EQ(answered(peer, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc"), "too large");
  EXPECT_TRUE(peer.ended());
  EXPECT_FALSE(connected());
}

TEST_F(HttpClientTest, AnswerBeforeTheRequestIsSentCounts) {
  RawPeer peer;
  open(peer.port());
  ClientRequest large{.method = codec::Method::kPost, .target = "/x", .body = std::string(30'000'000, 'x')};
  auto result = start(Connect::kFresh, large);
  ASSERT_TRUE(peer.accept());
  EXPECT_NE(peer.read_head(), "");
  peer.write("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(result.get(), "413 ");
  EXPECT_FALSE(connected()) << "the rest of the request is not sent";
}

TEST_F(HttpClientTest, RefusedIsToldApart) {
  RawPeer nobody(RawPeer::Listens::kBoundOnly);
  open(nobody.port());
  for (int i = 0; i < 3; ++i) EXPECT_EQ(ask(Connect::kAny), "refused");
}

TEST_F(HttpClientTest, UnusableAddressesAreUnreachable) {
  RawPeer peer;
  open(peer.port(), "127.0.0.1", "192.0.2.1");
  EXPECT_EQ(ask(Connect::kAny), "unreachable") << "not an address of this machine";
  open(peer.port(), "127.0.0.1", "no literal");
  EXPECT_EQ(ask(Connect::kAny), "unreachable");
  open(peer.port(), "127.0.0.1", "::1");
  EXPECT_EQ(ask(Connect::kAny), "unreachable") << "another family";
  open(peer.port(), "");
  EXPECT_EQ(ask(Connect::kAny), "unreachable");
  open(peer.port(), "no such name");
  EXPECT_EQ(ask(Connect::kAny), "unreachable");
}

TEST_F(HttpClientTest, SilentPeerIsATimeout) {
  RawPeer peer;
  open(peer.port());
  auto result = start(Connect::kAny, {.target = "/x"}, milliseconds(50));
  ASSERT_TRUE(peer.accept());
  EXPECT_NE(peer.read_head(), "");
  peer.write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell");
  EXPECT_EQ(result.get(), "timeout");
  EXPECT_TRUE(peer.ended());
  EXPECT_EQ(answered(peer, kOk), "200 ok");
}

TEST_F(HttpClientTest, BlackHoleIsATimeoutOfTheDial) {
  limits_.dial = milliseconds(50);
  RawPeer peer(RawPeer::Listens::kWithoutRoom);
  open(peer.port());
  EXPECT_EQ(ask(Connect::kAny), "timeout");
  EXPECT_EQ(ask(Connect::kReuse), "not connected");
  limits_.dial = kPatience;
  open(peer.port());
  EXPECT_EQ(ask(Connect::kAny, {.target = "/x"}, milliseconds(50)), "timeout") << "the request's comes first";
}

TEST_F(HttpClientTest, TimeoutOfTheLimitsIsTheDefault) {
  limits_.timeout = milliseconds(50);
  RawPeer peer;
  open(peer.port());
  std::promise<std::string> result;
  run([&] {
    client_->request({.target = "/x"}, Connect::kAny, [&](const ClientResult& r) { result.set_value(text(r)); });
  });
  EXPECT_EQ(result.get_future().get(), "timeout");
}

TEST_F(HttpClientTest, IdleConnectionIsClosed) {
  limits_.keep_alive = milliseconds(50);
  RawPeer peer;
  open(peer.port());
  EXPECT_EQ(answered(peer, kOk), "200 ok");
  EXPECT_TRUE(peer.ended());
  EXPECT_EQ(ask(Connect::kReuse), "not connected");
}

// --- against our server ----------------------------------------------------------------------------------------------

/// /ip: the client's address; /size: the size of the body; anything else: the path, as a stream where it is /chunks.
class EchoHandler final : public codec::HttpHandler {
 public:
  void handle(const codec::HttpRequest& request, codec::HttpReply& reply, codec::HttpExchange&) override {
    if (request.path == "/ip") {
      reply.append(request.client->ip);
    } else if (request.path == "/size") {
      reply.append_int(static_cast<int64_t>(request.body.size()));
    } else if (request.path == "/chunks") {
      reply.stream(std::make_unique<Pieces>());
    } else {
      reply.append(request.path);
    }
  }

 private:
  struct Pieces final : codec::BodySource {
    bool next(std::string& out) override {
      out.append(100'000, 'x');
      return ++pieces < 50;
    }
    int pieces = 0;
  };
};

class HttpClientAndServerTest : public HttpClientTest {
 protected:
  void serve(const std::string& host = "127.0.0.1") {
    options_.clock = &clock_;
    auto server = HttpServer::open(
        options_, {{"api", {{host, 0}}, [](Reactor&) { return std::make_unique<EchoHandler>(); }, {}}});
    ASSERT_TRUE(server) << server.error().message;
    server_ = std::move(*server);
    server_->start();
    port_ = server_->bound_addresses("api").at(0).port;
  }

  ServerOptions options_;
  std::unique_ptr<HttpServer> server_;
  uint16_t port_ = 0;
};

TEST_F(HttpClientAndServerTest, KeepsOneConnection) {
  serve();
  open(port_);
  for (int i = 0; i < 100; ++i) {
    const std::string path = "/" + std::to_string(i);
    ASSERT_EQ(ask(i == 0 ? Connect::kAny : Connect::kReuse, {.target = path}), "200 " + path);
  }
  const ServerStats stats = server_->stats();
  EXPECT_EQ(stats.accepted, 1u);
  EXPECT_EQ(stats.requests, 100u);
  EXPECT_EQ(stats.bytes_in, run([this] { return client_->bytes_sent(); }));
  EXPECT_EQ(stats.bytes_out, run([this] { return client_->bytes_received(); }));
}

TEST_F(HttpClientAndServerTest, LargeBodiesPassBothWays) {
  serve();
  open(port_);
  EXPECT_EQ(
      ask(Connect::kAny, {.method = codec::Method::kPost, .target = "/size", .body = std::string(5'000'000, 'x')}),
      "200 5000000");
  EXPECT_EQ(ask(Connect::kReuse, {.target = "/chunks"}).size(), 4 + 5'000'000u);
  EXPECT_EQ(ask(Connect::kReuse, {.method = codec::Method::kHead, .target = "/head"}), "200 ");
  EXPECT_EQ(ask(Connect::kReuse), "200 /x");
}

TEST_F(HttpClientAndServerTest, ConnectsFromTheBoundAddress) {
  serve();
  open(port_, "127.0.0.1", "127.0.0.2");
  EXPECT_EQ(ask(Connect::kAny, {.target = "/ip"}), "200 127.0.0.2");
  EXPECT_EQ(ask(Connect::kFresh, {.target = "/ip"}), "200 127.0.0.2");
}

TEST_F(HttpClientAndServerTest, NamesAreResolved) {
  serve();
  open(port_, "localhost");
  EXPECT_EQ(ask(Connect::kAny, {.target = "/ip"}), "200 127.0.0.1") << "whatever else the name means";
  open(port_, "localhost", "127.0.0.2");
  EXPECT_EQ(ask(Connect::kAny, {.target = "/ip"}), "200 127.0.0.2");
}

TEST_F(HttpClientAndServerTest, NamedPeerThatRefusesIsRefused) {
  RawPeer nobody(RawPeer::Listens::kBoundOnly);
  open(nobody.port(), "localhost");
  EXPECT_EQ(ask(Connect::kAny), "refused");
}

TEST_F(HttpClientAndServerTest, SpeaksIpv6) {
  if (!Client({"::1", 1}).connected() && errno == EAFNOSUPPORT) GTEST_SKIP() << "no IPv6 here";
  serve("::1");
  open(port_, "::1");
  EXPECT_EQ(ask(Connect::kAny, {.target = "/ip"}), "200 ::1");
}

TEST_F(HttpClientAndServerTest, IdleTimeoutOfTheServerIsNoticed) {
  options_.session.idle = milliseconds(50);
  serve();
  open(port_);
  EXPECT_EQ(ask(Connect::kAny), "200 /x");
  EXPECT_TRUE(eventually([this] { return !connected(); }));
  EXPECT_EQ(ask(Connect::kReuse), "not connected");
  EXPECT_EQ(ask(Connect::kAny), "200 /x");
}

}  // namespace
}  // namespace discovery::net
