// close(), destruction at any moment, and requests made by answers.
#include <gtest/gtest.h>

#include "unit/net/http_client_fixture.h"

namespace discovery::net {
namespace {

using std::chrono::milliseconds;

TEST_F(HttpClientTest, CloseStopsARequestOnce) {
  RawPeer peer;
  open(peer.port());
  auto result = start(Connect::kAny);
  ASSERT_TRUE(peer.accept());
  run([this] {
    client_->close();
    client_->close();
    EXPECT_TRUE(client_->busy()) << "until it is told";
  });
  EXPECT_EQ(result.get(), "stopped");
  EXPECT_FALSE(run([this] { return client_->busy(); }));
  EXPECT_EQ(answered(peer, kOk), "200 ok");
  run([this] { client_->close(); });
  EXPECT_TRUE(peer.ended());
  EXPECT_EQ(ask(Connect::kReuse), "not connected");
  EXPECT_EQ(calls_, 3);
}

TEST_F(HttpClientTest, DestroyedClientCallsNobody) {
  RawPeer peer;
  RawPeer resolved;
  RawPeer hole(RawPeer::Listens::kWithoutRoom);
  RawPeer nobody(RawPeer::Listens::kBoundOnly);
  const auto destroy = [this] { run([this] { client_.reset(); }); };
  open(hole.port());  // while dialling
  auto dialling = start(Connect::kAny);
  destroy();
  open(nobody.port());  // before the refusal is looked at
  run([this] {
    client_->request({.target = "/x"}, Connect::kAny, [](const ClientResult&) { ADD_FAILURE(); });
    client_.reset();
  });
  open(peer.port());  // before "not connected" is told
  run([this] {
    client_->request({.target = "/x"}, Connect::kReuse, [](const ClientResult&) { ADD_FAILURE(); });
    client_.reset();
  });
  open(resolved.port(), "localhost");  // while resolving
  auto resolving = start(Connect::kAny);
  run([] {});  // behind it the dial has begun
  destroy();
  open(peer.port());  // while waiting
  auto waiting = start(Connect::kAny);
  ASSERT_TRUE(peer.accept());
  EXPECT_NE(peer.read_head(), "");
  destroy();
  EXPECT_TRUE(peer.ended());
  open(peer.port());  // while sending
  auto sending =
      start(Connect::kAny, {.method = codec::Method::kPost, .target = "/x", .body = std::string(30'000'000, 'x')});
  ASSERT_TRUE(peer.accept());
  EXPECT_NE(peer.read_head(), "");
  destroy();
  open(peer.port());
  EXPECT_EQ(answered(peer, kOk), "200 ok") << "the loop goes on";
  EXPECT_EQ(calls_, 1);
}

TEST_F(HttpClientTest, DoneMayDestroyTheClient) {
  RawPeer peer;
  RawPeer silent;
  RawPeer nobody(RawPeer::Listens::kBoundOnly);
  const auto destroyed_by = [this](Connect connect, Duration timeout) {
    auto done = std::make_shared<std::promise<void>>();
    auto future = done->get_future();
    run([&, done] {
      client_->request({.target = "/x"}, timeout, connect, [this, done](const ClientResult&) {
        client_.reset();
        done->set_value();
      });
    });
    return future;
  };
  open(peer.port());
  destroyed_by(Connect::kReuse, kPatience).get();
  open(nobody.port());
  destroyed_by(Connect::kAny, kPatience).get();
  open(silent.port());
  destroyed_by(Connect::kAny, milliseconds(1)).get();
  for (const std::string_view bytes : {kOk, std::string_view("garbage"), std::string_view()}) {
    open(peer.port());
    auto done = destroyed_by(Connect::kAny, kPatience);
    ASSERT_TRUE(peer.accept());
    EXPECT_NE(peer.read_head(), "");
    peer.write(bytes);
    if (bytes.empty()) peer.hang_up();
    done.get();
    EXPECT_FALSE(client_);
  }
}

TEST_F(HttpClientTest, DoneMayAskAgain) {
  RawPeer peer;
  open(peer.port());
  std::promise<std::string> last;
  run([&] {
    client_->request({.target = "/1"}, Connect::kAny, [&](const ClientResult&) {
      EXPECT_FALSE(client_->busy());
      client_->request({.target = "/2"}, Connect::kReuse, [&](const ClientResult&) {
        client_->request({.target = "/3"}, Connect::kFresh, [&](const ClientResult& r) { last.set_value(text(r)); });
      });
    });
  });
  ASSERT_TRUE(peer.accept());
  EXPECT_EQ(peer.read_head().substr(0, 6), "GET /1");
  peer.write(kOk);
  EXPECT_EQ(peer.read_head().substr(0, 6), "GET /2");
  peer.write(kOk);
  ASSERT_TRUE(peer.accept());
  EXPECT_EQ(peer.read_head().substr(0, 6), "GET /3");
  peer.write(kOk);
  EXPECT_EQ(last.get_future().get(), "200 ok");
}

TEST_F(HttpClientTest, MayOutliveTheLoop) {
  RawPeer peer;
  open(peer.port());
  auto waiting = start(Connect::kAny);
  ASSERT_TRUE(peer.accept());
  EXPECT_NE(peer.read_head(), "");
  reactor_.stop();
  client_.reset();
  EXPECT_TRUE(peer.ended());
  EXPECT_EQ(calls_, 0);
  reactor_.post([] {});
}

}  // namespace
}  // namespace discovery::net
