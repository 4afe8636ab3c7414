#include "net/unsent_answers.h"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "unit/net/session_fixture.h"

namespace discovery::net {
namespace {

using State = Session::State;

constexpr size_t kList = 100'000;

/// Several connections of one reactor whose clients read nothing; their answers share a list of kList bytes each.
class UnsentAnswersTest : public testing::Test {
 protected:
  struct Client {
    explicit Client(SessionContext& context) : session(context, transport, {"192.0.2.1", 4711, false}) {
      transport.client_reads(0);
      session.start();
    }
    FakeTransport transport;
    Session session;
  };

  void allow(size_t lists) { f_.context.limits.unsent_bytes_max = lists * kList + kList / 2; }
  Client& ask(const std::string& path = "/shared?100000") {
    clients_.push_back(std::make_unique<Client>(f_.context));
    Client& client = *clients_.back();
    client.transport.client_sends("GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_TRUE(client.transport.run(client.session));
    return client;
  }
  [[nodiscard]] size_t bytes() const { return f_.context.unsent.bytes(); }

  SessionFixture f_;
  std::vector<std::unique_ptr<Client>> clients_;
};

TEST_F(UnsentAnswersTest, CountsWhatWaitsUntilItIsTaken) {
  EXPECT_EQ(bytes(), 0u);
  Client& client = ask();
  EXPECT_EQ(client.session.state(), State::kWriting);
  EXPECT_GE(bytes(), kList);
  EXPECT_LT(bytes(), kList + 1000);
  client.transport.client_reads(SIZE_MAX);
  EXPECT_TRUE(client.transport.run(client.session));
  EXPECT_EQ(client.session.state(), State::kReading);
  EXPECT_EQ(bytes(), 0u);
}

TEST_F(UnsentAnswersTest, CountsNothingOfAClosedConnection) {
  Client& client = ask();
  client.session.abort();
  EXPECT_EQ(bytes(), 0u);
}

TEST_F(UnsentAnswersTest, AtTheLimitAllGoOnPastItTheStalestIsClosed) {
  allow(3);
  for (int i = 0; i < 3; ++i) ask();
  for (const auto& client : clients_) EXPECT_EQ(client->session.state(), State::kWriting);
  ask();
  EXPECT_EQ(clients_[0]->session.state(), State::kClosed);
  for (size_t i = 1; i < 4; ++i) EXPECT_EQ(clients_[i]->session.state(), State::kWriting) << i;
  EXPECT_EQ(f_.timeouts(TimeoutKind::kWriteStall), 1u);
  EXPECT_LT(bytes(), 4 * kList);
}

TEST_F(UnsentAnswersTest, WhoTakesSomeIsNotTheStalest) {
  allow(2);
  Client& slow = ask();
  Client& deaf = ask();
  slow.transport.client_reads(10);
  EXPECT_TRUE(slow.transport.run(slow.session));
  ask();
  EXPECT_EQ(slow.session.state(), State::kWriting);
  EXPECT_EQ(deaf.session.state(), State::kClosed);
}

TEST_F(UnsentAnswersTest, OneAnswerPastTheLimitClosesItself) {
  f_.context.limits.unsent_bytes_max = kList / 2;
  EXPECT_EQ(ask().session.state(), State::kClosed);
  EXPECT_EQ(bytes(), 0u);
}

TEST_F(UnsentAnswersTest, CountsASharedListOnce) {
  for (int i = 0; i < 10; ++i) ask("/common");
  EXPECT_GE(bytes(), kList);
  EXPECT_LT(bytes(), 2 * kList);
  for (const auto& client : clients_) client->session.abort();
  EXPECT_EQ(bytes(), 0u);
}

TEST_F(UnsentAnswersTest, CountsAStreamedAnswer) {
  Client& client = ask("/stream?1000");
  EXPECT_GT(bytes(), 0u);
  client.transport.client_reads(SIZE_MAX);
  EXPECT_TRUE(client.transport.run(client.session));
  EXPECT_EQ(bytes(), 0u);
}

TEST_F(UnsentAnswersTest, AnswersTakenAtOnceCountNothing) {
  f_.context.limits.unsent_bytes_max = 0;
  EXPECT_NE(f_.talk("GET /shared?100000 HTTP/1.1\r\nHost: a\r\n\r\n").find("sss"), std::string::npos);
  EXPECT_EQ(f_.session.state(), State::kReading);
}

}  // namespace
}  // namespace discovery::net
