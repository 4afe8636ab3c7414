#include "net/http_server.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <future>
#include <set>
#include <vector>

#include "net/steady_clock.h"
#include "unit/net/loopback.h"
#include "unit/net/test_handler.h"

namespace discovery::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class HttpServerTest : public testing::Test {
 protected:
  void serve(size_t reactors = 1, const std::string& host = "127.0.0.1") {
    options_.clock = &clock_;
    options_.reactors = reactors;
    auto server = HttpServer::open(options_, {group("api", host)});
    ASSERT_TRUE(server) << server.error().message;
    server_ = std::move(*server);
    server_->start();
    address_ = server_->bound_addresses("api").at(0);
  }
  ListenerGroup group(const std::string& name, const std::string& host, uint16_t port = 0) {
    return {name, {{host, port}}, [this](Reactor& r) { return std::make_unique<TestHandler>(r, board_); }, {}};
  }
  void TearDown() override {
    server_.reset();
    EXPECT_EQ(board_.parked, board_.destroyed);
  }

  SteadyClock clock_;
  Board board_;
  ServerOptions options_;
  std::unique_ptr<HttpServer> server_;
  ListenAddress address_;
};

TEST_F(HttpServerTest, KeepsAConnectionAlive) {
  serve();
  Client client(address_);
  ASSERT_TRUE(client.connected());
  for (int i = 0; i < 100; ++i) ASSERT_EQ(client.ask("/" + std::to_string(i)), "/" + std::to_string(i));
  EXPECT_EQ(client.ask("/ip"), "127.0.0.1 loopback");
  const ServerStats stats = server_->stats();
  EXPECT_EQ(stats.accepted, 1u);
  EXPECT_EQ(stats.open, 1u);
  EXPECT_EQ(stats.requests, 101u);
  EXPECT_GT(stats.bytes_out, stats.bytes_in);
}

TEST_F(HttpServerTest, ConnectionsEndWithTheirClients) {
  serve();
  std::vector<Client> clients;
  for (int i = 0; i < 20; ++i) ASSERT_EQ(clients.emplace_back(address_).ask("/x"), "/x");
  EXPECT_EQ(server_->stats().open, 20u);
  for (size_t i = 0; i < clients.size(); ++i) i % 2 == 0 ? clients[i].close() : clients[i].reset();
  EXPECT_TRUE(eventually([&] { return server_->stats().open == 0; }));
}

TEST_F(HttpServerTest, ConnectionsSpreadOverReactorsAndStayThere) {
  serve(2);
  std::set<std::string> threads;
  for (int i = 0; i < 64; ++i) {
    Client client(address_);
    const std::string thread = client.ask("/thread");
    threads.insert(thread);
    EXPECT_EQ(client.ask("/thread"), thread);
  }
  EXPECT_EQ(threads, (std::set<std::string>{"reactor-0", "reactor-1"}));
}

TEST_F(HttpServerTest, SpeaksIpv6) {
  if (!Client({"::1", 1}).connected() && errno == EAFNOSUPPORT) GTEST_SKIP() << "no IPv6 here";
  serve(1, "::1");
  EXPECT_EQ(to_string(address_), "[::1]:" + std::to_string(address_.port));
  Client client(address_);
  EXPECT_EQ(client.ask("/ip"), "::1 loopback");
}

TEST_F(HttpServerTest, ParkedRequestIsAnsweredWhenWoken) {
  serve();
  Client parked(address_);
  parked.send("GET /park HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(eventually([&] { return server_->stats().parked == 1; }));
  Client other(address_);
  EXPECT_EQ(other.ask("/wake"), "ok");
  EXPECT_EQ(parked.read_body(), "woken");
  EXPECT_EQ(parked.ask("/x"), "/x");
  EXPECT_EQ(server_->stats().parked, 0u);
}

TEST_F(HttpServerTest, HangUpOfAParkedRequestIsNoticed) {
  serve();
  for (const bool reset : {false, true}) {
    Client client(address_);
    client.send("GET /park HTTP/1.1\r\nHost: a\r\n\r\n");
    ASSERT_TRUE(eventually([&] { return server_->stats().parked == 1; }));
    reset ? client.reset() : client.close();
    EXPECT_TRUE(eventually([&] { return board_.destroyed == board_.parked; }));
    EXPECT_TRUE(eventually([&] { return server_->stats().open == 0; }));
  }
}

TEST_F(HttpServerTest, SlowReaderDelaysNobody) {
  serve();
  Client slow(address_, 64 * 1024);
  slow.send("GET /big HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(eventually([&] { return server_->stats().slow_writers == 1; }));
  Client quick(address_);
  for (int i = 0; i < 100; ++i) ASSERT_EQ(quick.ask("/x"), "/x");
  EXPECT_EQ(server_->stats().slow_writers, 1u);
  EXPECT_EQ(slow.read_body().size(), 10'000'000u) << "and gets all of it in the end";
  EXPECT_TRUE(eventually([&] { return server_->stats().slow_writers == 0; }));
}

TEST_F(HttpServerTest, SlowReaderThatHasFinishedSendingIsWaitedForWithoutASpin) {
  serve();
  Client slow(address_, 64 * 1024);
  slow.send("GET /big HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(eventually([&] { return server_->stats().slow_writers == 1; }));
  ::shutdown(slow.descriptor(), SHUT_WR);
  EXPECT_LT(processor_share_until(slow.descriptor(), POLLRDHUP), 0.5);
  EXPECT_EQ(slow.read_body().size(), 10'000'000u);
}

TEST_F(HttpServerTest, SlowReaderThatNeverReadsIsClosed) {
  options_.session.write_stall = milliseconds(100);
  serve();
  Client slow(address_, 64 * 1024);
  slow.send("GET /big HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(eventually([&] { return server_->stats().open == 0 && server_->stats().requests == 1; }));
  EXPECT_EQ(server_->stats().timeouts[static_cast<size_t>(TimeoutKind::kWriteStall)], 1u);
}

TEST_F(HttpServerTest, ClientThatSendsTooMuchSeesTheAnswer) {
  serve();
  Client client(address_);
  const std::string head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11000000\r\n\r\n";
  EXPECT_TRUE(client.send(head + std::string(11'000'000, 'x'))) << "it is thrown away, not reset";
  EXPECT_EQ(client.read_answer().substr(0, 12), "HTTP/1.1 413");
}

TEST_F(HttpServerTest, DeadlinesFireOnTheReactor) {
  options_.session.head = milliseconds(50);
  options_.session.idle = milliseconds(100);
  serve();
  Client slow(address_);
  slow.send("GET /");
  EXPECT_EQ(slow.read_answer().substr(0, 12), "HTTP/1.1 408");
  Client idle(address_);
  EXPECT_TRUE(idle.ended());
  EXPECT_TRUE(eventually([&] { return server_->stats().timeouts[static_cast<size_t>(TimeoutKind::kIdle)] == 1; }));
}

TEST_F(HttpServerTest, ConnectionsOverTheLimitAreTurnedAway) {
  options_.connections_max = 2;
  serve();
  Client one(address_);
  Client two(address_);
  EXPECT_EQ(one.ask("/x"), "/x");
  EXPECT_EQ(two.ask("/x"), "/x");
  Client three(address_);
  EXPECT_EQ(three.read_answer().substr(0, 12), "HTTP/1.1 503");
  EXPECT_EQ(server_->stats().rejected, 1u);
  one.close();
  ASSERT_TRUE(eventually([&] { return server_->stats().open == 1; }));
  Client four(address_);
  EXPECT_EQ(four.ask("/x"), "/x");
}

TEST_F(HttpServerTest, ConnectionsOfAnAddressAreLimitedWhenAsked) {
  options_.connections_per_address_max = 1;
  serve();
  Client one(address_);
  EXPECT_EQ(one.ask("/x"), "/x");
  EXPECT_EQ(Client(address_).read_answer().substr(0, 12), "HTTP/1.1 503");
}

TEST_F(HttpServerTest, AcceptingRecoversFromALackOfDescriptors) {
  serve();
  Client before(address_);
  ASSERT_EQ(before.ask("/x"), "/x");
  rlimit normal{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &normal), 0);
  const int next = ::dup(0);
  ::close(next);
  // Room for one descriptor, which the client takes: none is left to accept it with.
  rlimit tight = normal;
  tight.rlim_cur = static_cast<rlim_t>(next) + 1;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &tight), 0);
  Client turned_away(address_);
  const bool counted = eventually([&] { return server_->stats().descriptors_short > 0; });
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &normal), 0);
  EXPECT_TRUE(counted);
  EXPECT_TRUE(turned_away.ended());
  EXPECT_EQ(before.ask("/x"), "/x");
  EXPECT_EQ(Client(address_).ask("/x"), "/x");
}

TEST_F(HttpServerTest, AddressInUseIsAConflict) {
  serve();
  const auto second = HttpServer::open(options_, {group("api", "127.0.0.1", address_.port)});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kConflict) << second.error().message;
  EXPECT_NE(second.error().message.find(std::to_string(address_.port)), std::string::npos);
}

TEST_F(HttpServerTest, BadAddressesAreTold) {
  options_.clock = &clock_;
  for (const char* host : {"not an address", "256.1.1.1", "192.0.2.1"}) {
    const auto server = HttpServer::open(options_, {group("api", host)});
    ASSERT_FALSE(server) << host;
    EXPECT_EQ(server.error().code, ErrorCode::kInvalidArgument) << server.error().message;
  }
}

TEST_F(HttpServerTest, GroupsHaveHandlersAndLimitsOfTheirOwn) {
  options_.clock = &clock_;
  ListenerGroup admin = group("admin", "127.0.0.1");
  admin.http.body_bytes_max = 10;
  auto server = HttpServer::open(options_, {group("api", "127.0.0.1"), admin});
  ASSERT_TRUE(server);
  server_ = std::move(*server);
  server_->start();
  const std::string post = "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n12345678901";
  Client api(server_->bound_addresses("api").at(0));
  api.send(post);
  EXPECT_EQ(api.read_body(), "/x");
  Client small(server_->bound_addresses("admin").at(0));
  small.send(post);
  EXPECT_EQ(small.read_answer().substr(0, 12), "HTTP/1.1 413");
  EXPECT_TRUE(server_->bound_addresses("none").empty());
}

TEST_F(HttpServerTest, StopAnswersEverybodyAndAcceptsNobody) {
  serve(2);
  std::vector<Client> parked;
  for (int i = 0; i < 20; ++i) {
    parked.emplace_back(address_).send("GET /park HTTP/1.1\r\nHost: a\r\n\r\n");
  }
  ASSERT_TRUE(eventually([&] { return server_->stats().parked == 20; }));
  Client idle(address_);
  ASSERT_EQ(idle.ask("/x"), "/x");
  auto cut = std::async(std::launch::async,
                        [this] { return server_->stop({.spread = milliseconds(200), .deadline = seconds(20)}); });
  EXPECT_TRUE(idle.ended());
  for (Client& client : parked) {
    const std::string answer = client.read_answer();
    EXPECT_NE(answer.find("Connection: close\r\n"), std::string::npos);
    EXPECT_NE(answer.find("drained"), std::string::npos);
    client.close();
  }
  idle.close();
  EXPECT_EQ(cut.get(), 0u);
  EXPECT_FALSE(Client(address_).connected());
  EXPECT_EQ(server_->stop({}), 0u) << "again does nothing";
}

TEST_F(HttpServerTest, StopCutsOffWhatIsLeftAtTheDeadline) {
  serve();
  Client slow(address_, 64 * 1024);
  slow.send("GET /big HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(eventually([&] { return server_->stats().slow_writers == 1; }));
  EXPECT_EQ(server_->stop({.spread = milliseconds(50), .deadline = milliseconds(100)}), 1u);
}

TEST_F(HttpServerTest, DestructorStopsAtOnce) {
  serve(2);
  Client parked(address_);
  parked.send("GET /park HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(eventually([&] { return server_->stats().parked == 1; }));
  server_.reset();
  EXPECT_TRUE(parked.ended());
}

}  // namespace
}  // namespace discovery::net
