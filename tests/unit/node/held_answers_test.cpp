#include "node/held_answers.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace discovery::node {
namespace {

constexpr TimePoint kStart = from_wire_ns(1'700'000'000'000'000'000);
constexpr Duration kTick = TimerWheel::kTick;

/// One connection: what it was answered.
class Client final : public codec::HttpExchange {
 public:
  void park(std::unique_ptr<codec::ParkedRequest> request) override { parked = std::move(request); }
  size_t resume() override {
    codec::HttpReply reply;
    parked->write_answer(reply);
    parked.reset();
    answered = reply.own_bytes();
    return answered.size();
  }

  std::unique_ptr<codec::ParkedRequest> parked;
  std::string answered;
};

struct Fixture {
  TimerWheel wheel{kStart};
  int turns_asked = 0;
  HeldAnswers held{[this] { ++turns_asked; }};

  void hold(Client& client, const std::string& text, TimePoint until) {
    codec::HttpReply reply;
    reply.append(text);
    held.hold(client, reply, wheel, until);
    EXPECT_TRUE(reply.own_bytes().empty());
  }
};

TEST(HeldAnswers, AreSentWhenTheirTimeHasCome) {
  Fixture f;
  Client client;
  f.hold(client, "late", kStart + 10 * kTick);
  f.wheel.advance(kStart + 5 * kTick);
  EXPECT_EQ(f.turns_asked, 0);
  EXPECT_FALSE(f.held.send_one());
  EXPECT_EQ(client.answered, "");
  f.wheel.advance(kStart + 12 * kTick);
  EXPECT_EQ(f.turns_asked, 1);
  EXPECT_FALSE(f.held.send_one()) << "no more are due";
  EXPECT_EQ(client.answered, "late");
}

TEST(HeldAnswers, ThatFallDueTogetherGoOutOneATurn) {
  Fixture f;
  std::vector<Client> clients(3);
  for (Client& client : clients) f.hold(client, "x", kStart + kTick);
  f.wheel.advance(kStart + 3 * kTick);
  const auto answered = [&] {
    int n = 0;
    for (const Client& client : clients) n += client.answered.empty() ? 0 : 1;
    return n;
  };
  EXPECT_TRUE(f.held.send_one());
  EXPECT_EQ(answered(), 1);
  EXPECT_TRUE(f.held.send_one());
  EXPECT_EQ(answered(), 2);
  EXPECT_FALSE(f.held.send_one());
  EXPECT_EQ(answered(), 3);
}

TEST(HeldAnswers, OfAClientThatHungUpAreForgotten) {
  Fixture f;
  std::vector<Client> clients(2);
  for (Client& client : clients) f.hold(client, "x", kStart + kTick);
  f.wheel.advance(kStart + 3 * kTick);
  clients[0].parked.reset();
  EXPECT_FALSE(f.held.send_one()) << "only the other one was left";
  EXPECT_EQ(clients[1].answered, "x");
  EXPECT_FALSE(f.held.send_one());
}

TEST(HeldAnswers, AreSentAtOnceWhenTheNodeDrains) {
  Fixture f;
  Client client;
  f.hold(client, "x", kStart + 100 * kTick);
  codec::HttpReply reply;
  client.parked->write_drain_answer(reply);
  EXPECT_TRUE(reply.close);
  EXPECT_EQ(reply.own_bytes(), "x");
}

}  // namespace
}  // namespace discovery::node
