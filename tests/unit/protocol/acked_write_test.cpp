// Writes whose answer waits for one peer to have them (replication.md 2.5, R6; off by default).
#include "protocol/discovery/acked_write.h"

#include "unit/protocol/harness.h"

namespace discovery::protocol {
namespace {

class Ack : public ::testing::Test {
 protected:
  Ack() { node.cluster.wait = 20ms; }

  FakeExchange& send(const char* action, const Fields& form) {
    return node.send_post("/discovery/" + std::string(action), encode(form));
  }

  Node node;
};

TEST_F(Ack, AnswersWhenAPeerHasIt) {
  FakeExchange& first = send("register", Node::instance("a"));
  FakeExchange& second = send("set", with(Node::key("a"), "status", "2"));
  FakeExchange& third = send("cancel", Node::key("a"));
  EXPECT_TRUE(first.parked() && second.parked() && third.parked());
  EXPECT_EQ(node.fetch("a"), nullptr) << "it is all done";
  EXPECT_EQ(node.seen.events.size(), 3U);
  node.api.acknowledged(0);
  EXPECT_TRUE(first.parked());
  node.api.acknowledged(2);
  EXPECT_EQ(first.answer().body, kOk);
  EXPECT_EQ(second.answer().body, kOk);
  EXPECT_TRUE(third.parked());
  node.api.acknowledged(2);
  EXPECT_TRUE(third.parked());
  node.api.acknowledged(7);
  EXPECT_EQ(third.answer().body, kOk);
  EXPECT_EQ(node.seen.last().route, Route::kCancel);
  EXPECT_EQ(node.seen.last().code, Code::kOk);
}

TEST_F(Ack, AnswersWhenTheTimeIsOver) {
  node.cluster.wait = 40ms;
  FakeExchange& x = node.send_post("/discovery/register?callback=cb", encode(Node::instance("a")));
  node.advance(20ms);
  EXPECT_TRUE(x.parked());
  node.advance(20ms);
  EXPECT_EQ(x.answer().body, "cb(" + std::string(kOk) + ")");
  node.api.acknowledged(9);
}

TEST_F(Ack, IsNotWaitedForBy) {
  EXPECT_TRUE(send("register", Node::instance("a")).parked());
  EXPECT_EQ(node.renew("a").code(), 0) << "a renew";
  EXPECT_EQ(send("cancel", Node::key("nobody")).answer().code(), -404) << "what failed";
  node.client.ip = "10.9.0.2";
  EXPECT_EQ(send("register", with(Node::instance("b"), "replication", "true")).answer().code(), 0) << "a peer";
  node.client.ip = "192.0.2.7";
  node.cluster.tickets = false;
  EXPECT_EQ(send("register", Node::instance("c")).answer().code(), 0) << "a node that nobody listens to";
  node.cluster.tickets = true;
  node.cluster.wait = Duration::zero();
  EXPECT_EQ(send("register", Node::instance("d")).answer().code(), 0) << "one that was told not to";
}

TEST_F(Ack, OfAClientThatHungUpIsNobodys) {
  FakeExchange& gone = send("register", Node::instance("a"));
  FakeExchange& stays = send("register", Node::instance("b"));
  gone.hang_up();
  node.api.acknowledged(2);
  EXPECT_EQ(stays.answer().body, kOk);
  EXPECT_TRUE(node.fetch("a").is_object()) << "it was written all the same";
}

TEST_F(Ack, IsGivenUpWhenTheNodeDrains) {
  FakeExchange& x = send("register", Node::instance("a"));
  x.drain();
  EXPECT_EQ(x.answer().body, kOk) << "it is done here";
  EXPECT_TRUE(x.answer().close);
}

TEST_F(Ack, IsWaitedForByTenThousand) {
  for (size_t i = 0; i < AckWaits::kWaitingMax; ++i) {
    ASSERT_TRUE(send("register", Node::instance("a")).parked()) << i;
  }
  FakeExchange& one_more = send("register", Node::instance("a"));
  EXPECT_EQ(one_more.answer().body, kOk) << "done, and told so at once";
  node.api.acknowledged(AckWaits::kWaitingMax);
  EXPECT_TRUE(send("register", Node::instance("a")).parked());
}

// What waited for the gate cannot wait a second time.
TEST_F(Ack, IsNotWaitedForAfterTheGate) {
  node.cluster.open = false;
  FakeExchange& x = send("register", Node::instance("a"));
  node.cluster.open = true;
  EXPECT_FALSE(node.api.open_writes(node.now));
  EXPECT_EQ(x.answer().body, kOk);
}

}  // namespace
}  // namespace discovery::protocol
