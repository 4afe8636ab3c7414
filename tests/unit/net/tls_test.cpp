#include "net/tls.h"

#include <gtest/gtest.h>

#include <random>
#include <thread>
#include <vector>

#include "net/http_server.h"
#include "net/steady_clock.h"
#include "unit/net/loopback.h"
#include "unit/net/test_handler.h"
#include "unit/net/tls_testing.h"

namespace discovery::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(TlsIdentity, LoadsACertificateWithItsKey) {
  Certificates certificates;
  EXPECT_TRUE(TlsIdentity::load(certificates.make("node")));
}

TEST(TlsIdentity, SaysWhichFileIsWrong) {
  Certificates certificates;
  const TlsFiles good = certificates.make("node");
  const TlsFiles other = certificates.make("other");
  const std::string garbage = certificates.put("garbage", "this is no certificate");
  const std::string empty = certificates.put("empty", "");
  const std::string nowhere = certificates.path("nowhere");
  struct Case {
    TlsFiles files;
    std::string named;
  };
  const Case cases[] = {
      {{nowhere, good.key}, nowhere},
      {{garbage, good.key}, garbage},
      {{empty, good.key}, empty},
      {{good.certificate, nowhere}, nowhere},
      {{good.certificate, garbage}, garbage},
      {{good.certificate, other.key}, other.key},
      {{good.certificate, good.certificate}, "cannot use the key"},
  };
  for (const Case& c : cases) {
    const auto loaded = TlsIdentity::load(c.files);
    ASSERT_FALSE(loaded) << c.named;
    EXPECT_EQ(loaded.error().code, ErrorCode::kInvalidArgument);
    EXPECT_NE(loaded.error().message.find(c.named), std::string::npos) << loaded.error().message;
  }
}

TEST(TlsIdentity, AKeyWithAPasswordIsAnErrorNotAQuestion) {
  Certificates certificates;
  const TlsFiles good = certificates.make("node");
  const std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  const std::string path = certificates.path("secret.key");
  std::FILE* const file = std::fopen(path.c_str(), "we");
  ASSERT_TRUE(file);
  const unsigned char password[] = "secret";
  ASSERT_EQ(PEM_write_PrivateKey(file, key.get(), EVP_aes_128_cbc(), password, 6, nullptr, nullptr), 1);
  std::fclose(file);
  EXPECT_FALSE(TlsIdentity::load({good.certificate, path}));
}

class Tls : public testing::Test {
 protected:
  void serve(size_t reactors = 1) {
    files_ = certificates_.make("first");
    auto identity = TlsIdentity::load(files_);
    ASSERT_TRUE(identity) << identity.error().message;
    options_.clock = &clock_;
    options_.reactors = reactors;
    ListenerGroup group{"tls",
                        {{"127.0.0.1", 0}},
                        [this](Reactor& r) { return std::make_unique<TestHandler>(r, board_); },
                        {},
                        *identity};
    auto server = HttpServer::open(options_, {std::move(group)});
    ASSERT_TRUE(server) << server.error().message;
    server_ = std::move(*server);
    server_->start();
    address_ = server_->bound_addresses("tls").at(0);
  }
  void TearDown() override {
    server_.reset();
    EXPECT_EQ(board_.parked, board_.destroyed);
  }

  SteadyClock clock_;
  Board board_;
  Certificates certificates_;
  TlsFiles files_;
  ServerOptions options_;
  std::unique_ptr<HttpServer> server_;
  ListenAddress address_;
};

TEST_F(Tls, KeepsAConnectionAlive) {
  serve();
  TlsClient client(address_);
  ASSERT_TRUE(client.connected());
  EXPECT_EQ(client.version(), "TLSv1.3");
  EXPECT_EQ(client.certificate_name(), "first");
  for (int i = 0; i < 100; ++i) ASSERT_EQ(client.ask("/" + std::to_string(i)), "/" + std::to_string(i));
  EXPECT_EQ(client.ask("/ip"), "127.0.0.1 loopback");
  EXPECT_EQ(server_->stats().accepted, 1u);
  EXPECT_EQ(server_->stats().handshake_failures, 0u);
}

TEST_F(Tls, RequestsSplitAndJoinedInAnyWay) {
  serve();
  TlsClient client(address_);
  const std::string request = "GET /x HTTP/1.1\r\nHost: a\r\n\r\n";
  for (const char c : request) ASSERT_TRUE(client.send({&c, 1}));  // a record each
  EXPECT_EQ(client.read_body(), "/x");
  std::string many;
  for (int i = 0; i < 1000; ++i) many += request;  // two records, and more than one turn
  ASSERT_TRUE(client.send(many));
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(client.read_body(), "/x");
}

TEST_F(Tls, ALargeBodyArrivesWhole) {
  serve();
  TlsClient client(address_);
  const std::string body(9'000'000, 'b');
  client.send("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n");
  for (size_t at = 0; at < body.size(); at += 1'000'000) ASSERT_TRUE(client.send(body.substr(at, 1'000'000)));
  EXPECT_EQ(client.read_body(), "/x");
}

TEST_F(Tls, ASlowReaderGetsAllAndDelaysNobody) {
  serve();
  TlsClient slow(address_, {.receive_buffer = 64 * 1024});
  slow.send("GET /big HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(eventually([&] { return server_->stats().slow_writers == 1; }));
  TlsClient quick(address_);
  for (int i = 0; i < 100; ++i) ASSERT_EQ(quick.ask("/x"), "/x");
  EXPECT_EQ(slow.read_body(), std::string(10'000'000, 'x'));
  EXPECT_TRUE(eventually([&] { return server_->stats().slow_writers == 0; }));
  EXPECT_EQ(slow.ask("/y"), "/y");
}

TEST_F(Tls, AReaderThatNeverReadsIsClosed) {
  options_.session.write_stall = milliseconds(100);
  serve();
  TlsClient slow(address_, {.receive_buffer = 64 * 1024});
  slow.send("GET /big HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(eventually([&] { return server_->stats().open == 0 && server_->stats().requests == 1; }));
  EXPECT_EQ(server_->stats().timeouts[static_cast<size_t>(TimeoutKind::kWriteStall)], 1u);
}

TEST_F(Tls, ParkedRequestsAreWokenAndHangUpsNoticed) {
  serve();
  TlsClient parked(address_);
  parked.send("GET /park HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(eventually([&] { return server_->stats().parked == 1; }));
  TlsClient other(address_);
  EXPECT_EQ(other.ask("/wake"), "ok");
  EXPECT_EQ(parked.read_body(), "woken");
  parked.send("GET /park HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(eventually([&] { return server_->stats().parked == 1; }));
  parked.close();
  EXPECT_TRUE(eventually([&] { return server_->stats().open == 1 && board_.destroyed == board_.parked; }));
}

TEST_F(Tls, AnEndIsToldFromACut) {
  options_.session.idle = milliseconds(50);
  serve();
  TlsClient idle(address_);
  EXPECT_EQ(idle.ask("/x"), "/x");
  EXPECT_TRUE(idle.ended_properly());
  TlsClient last(address_);
  last.send("GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(last.read_body(), "/x");
  EXPECT_TRUE(last.ended_properly());
}

TEST_F(Tls, OldVersionsAreRefused) {
  serve();
  EXPECT_TRUE(TlsClient(address_, {.version_max = TLS1_2_VERSION}).connected());
  EXPECT_FALSE(TlsClient(address_, {.version_max = TLS1_1_VERSION}).connected());
  EXPECT_TRUE(eventually([&] { return server_->stats().handshake_failures == 1; }));
  EXPECT_TRUE(eventually([&] { return server_->stats().open == 0; }));
}

TEST_F(Tls, SpeaksHttp11WhateverElseIsOffered) {
  serve();
  TlsClient both(address_, {.protocols = "\x02h2\x08http/1.1"});
  EXPECT_EQ(both.protocol(), "http/1.1");
  EXPECT_EQ(both.ask("/x"), "/x");
  EXPECT_FALSE(TlsClient(address_, {.protocols = "\x02h2"}).connected());
}

TEST_F(Tls, WhoSpeaksPlainHttpIsToldSo) {
  serve();
  Client plain(address_);
  plain.send("GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
  const std::string answer = plain.read_answer();
  EXPECT_EQ(answer.substr(0, 12), "HTTP/1.1 400");
  EXPECT_NE(answer.find("TLS"), std::string::npos);
  EXPECT_TRUE(plain.ended());
}

TEST_F(Tls, GarbageEndsTheConnection) {
  serve();
  std::mt19937 random(7);
  for (int i = 0; i < 50; ++i) {
    Client client(address_);
    std::string garbage(1 + random() % 5000, '\0');
    for (char& c : garbage) c = static_cast<char>(random());
    if (i % 2 == 0)
      garbage.replace(0, std::min<size_t>(garbage.size(), 5), "\x16\x03\x01\x02\x00",
                      std::min<size_t>(garbage.size(), 5));
    client.send(garbage);
    ::shutdown(client.descriptor(), SHUT_WR);
    EXPECT_TRUE((client.read_to_end(), true));
  }
  EXPECT_TRUE(eventually([&] { return server_->stats().open == 0; }));
  EXPECT_EQ(server_->stats().requests, 0u);
  EXPECT_EQ(TlsClient(address_).ask("/x"), "/x");
}

TEST_F(Tls, HalfARecordIsWaitedForWithoutASpin) {
  serve();
  Client half(address_);
  half.send(std::string_view("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11));
  ASSERT_TRUE(eventually([&] { return server_->stats().open == 1; }));
  EXPECT_LT(processor_share_until(half.descriptor(), POLLIN | POLLRDHUP), 0.5);
}

TEST_F(Tls, ASlowReaderThatHasFinishedSendingIsWaitedForWithoutASpin) {
  serve();
  TlsClient slow(address_, {.receive_buffer = 64 * 1024});
  slow.send("GET /big HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(eventually([&] { return server_->stats().slow_writers == 1; }));
  slow.finish_sending();
  EXPECT_LT(processor_share_until(slow.descriptor(), POLLRDHUP), 0.5);
  EXPECT_EQ(slow.read_body().size(), 10'000'000u);
}

TEST_F(Tls, AHandshakeThatStopsIsEnded) {
  options_.session.idle = milliseconds(100);
  serve();
  Client client(address_);
  client.send("\x16\x03\x01\x02");  // the beginning of a greeting
  EXPECT_TRUE(client.ended());
  EXPECT_TRUE(eventually([&] { return server_->stats().open == 0; }));
}

TEST_F(Tls, ANewIdentityIsShownToNewConnections) {
  serve(2);
  TlsClient before(address_);
  EXPECT_EQ(before.ask("/x"), "/x");
  auto second = TlsIdentity::load(certificates_.make("second"));
  ASSERT_TRUE(second);
  server_->update_identity("tls", *second);
  second = {};
  EXPECT_TRUE(eventually([&] { return TlsClient(address_).certificate_name() == "second"; }));
  EXPECT_EQ(before.ask("/y"), "/y");
}

TEST_F(Tls, StopAnswersEverybody) {
  serve();
  TlsClient parked(address_);
  parked.send("GET /park HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(eventually([&] { return server_->stats().parked == 1; }));
  std::thread stops([&] { server_->stop({.spread = milliseconds(50), .deadline = seconds(20)}); });
  EXPECT_EQ(parked.read_body(), "drained");
  EXPECT_TRUE(parked.ended_properly());
  parked.close();
  stops.join();
}

}  // namespace
}  // namespace discovery::net
