// Writes that come before the node can number them (replication.md 2.3, "Version clock").
#include "protocol/discovery/write_gate.h"

#include "unit/protocol/harness.h"

namespace discovery::protocol {
namespace {

class Gate : public ::testing::Test {
 protected:
  Gate() { node.cluster.open = false; }

  FakeExchange& send(const char* action, const Fields& form) {
    return node.send_post("/discovery/" + std::string(action), encode(form));
  }
  /// What the node does on its reactor, turn after turn.
  int open() {
    node.cluster.open = true;
    int turns = 1;
    while (node.api.open_writes(node.now)) ++turns;
    node.turn();
    return turns;
  }

  Node node;
};

TEST_F(Gate, HoldsWritesAndExecutesThemInOrder) {
  FakeExchange& reg = send("register", Node::instance("a"));
  FakeExchange& renew = send("renew", Node::key("a"));
  FakeExchange& set = send("set", with(Node::key("a"), "status", "2"));
  FakeExchange& other = send("register", Node::instance("b"));
  FakeExchange& cancel = send("cancel", Node::key("b"));
  EXPECT_TRUE(reg.parked() && renew.parked() && set.parked() && other.parked() && cancel.parked());
  EXPECT_EQ(node.api.gated_writes(), 5U);
  EXPECT_EQ(node.fetch("a"), nullptr);
  EXPECT_TRUE(node.seen.events.empty());
  node.pass(2s);
  EXPECT_EQ(open(), 1);
  EXPECT_EQ(reg.answer().body, kOk);
  EXPECT_EQ(renew.answer().data()["hostname"], "h1");
  EXPECT_EQ(set.answer().body, kOk);
  EXPECT_EQ(cancel.answer().body, kOk);
  EXPECT_EQ(node.one("a")["status"], 2);
  EXPECT_EQ(node.one("a")["renew_timestamp"], kStartNs + 2'000'000'000) << "a lease counts from when it is given";
  EXPECT_EQ(node.fetch("b"), nullptr);
  EXPECT_EQ(node.api.gated_writes(), 0U);
  EXPECT_EQ(node.seen.events.front(), "register new z1/dev/a/h1 from 192.0.2.7");
  EXPECT_EQ(node.reg("c").body, kOk) << "and from then on at once";
}

TEST_F(Gate, ReadsEverythingThatABodyCanBe) {
  FakeExchange& query = node.send_post("/discovery/register?" + encode(Node::instance("q")) + "&callback=cb", "", "");
  FakeExchange& json = node.send_post(
      "/discovery/register",
      R"({"zone":"z1","env":"dev","appid":"j","hostname":"h1","status":1,"addrs":["http://a:1"]})", "application/json");
  FakeExchange& wrong = send("register", with(Node::instance("w"), "status", "3"));
  FakeExchange& garbage = node.send_post("/discovery/register", "{", "application/json");
  EXPECT_TRUE(query.parked() && json.parked() && wrong.parked() && garbage.parked());
  open();
  EXPECT_EQ(query.answer().body, "cb(" + std::string(kOk) + ")");
  EXPECT_EQ(json.answer().body, kOk);
  EXPECT_EQ(wrong.answer().code(), -400);
  EXPECT_EQ(garbage.answer().code(), -400);
}

TEST_F(Gate, DoesNotHoldReads) {
  EXPECT_EQ(node.get("/discovery/nodes").code(), 0);
  EXPECT_EQ(node.get("/discovery/fetch/all").code(), 0);
}

TEST_F(Gate, ExecutesNothingOfAClientThatHangsUp) {
  FakeExchange& gone = send("register", Node::instance("a"));
  FakeExchange& stays = send("register", Node::instance("b"));
  gone.hang_up();
  EXPECT_EQ(node.api.gated_writes(), 1U);
  open();
  EXPECT_TRUE(stays.answered());
  EXPECT_EQ(node.fetch("a"), nullptr);
}

TEST_F(Gate, SendsClientsAwayWhenTheNodeDrains) {
  FakeExchange& x = node.send_post("/discovery/register?callback=cb", encode(Node::instance("a")));
  x.drain();
  EXPECT_EQ(x.answer().body, R"(cb({"code":-500,"message":"-500","ttl":1}))");
  EXPECT_TRUE(x.answer().close);
  open();
  EXPECT_EQ(node.fetch("a"), nullptr);
  EXPECT_EQ(node.api.gated_writes(), 0U);
}

TEST_F(Gate, TakesTheAddressOfTheClientWithIt) {
  node.client.ip = "10.9.0.2";
  send("register", with(with(Node::instance("a"), "dirty_timestamp", "5"), "replication", "true"));
  node.client.ip = "192.0.2.7";
  open();
  EXPECT_EQ(node.seen.events.front(), "register new z1/dev/a/h1 from 10.9.0.2");
  EXPECT_EQ(node.cluster.spoke.size(), 1U) << "and is honoured as the peer that it is";
}

TEST_F(Gate, HoldsTenThousand) {
  for (size_t i = 0; i < WriteGate::kWaitingMax; ++i) {
    ASSERT_TRUE(send("renew", Node::key("a", "h" + std::to_string(i))).parked()) << i;
  }
  FakeExchange& too_many = send("register", Node::instance("a"));
  EXPECT_EQ(too_many.answer().body, R"({"code":-500,"message":"-500","ttl":1})");
  EXPECT_EQ(node.seen.last().route, Route::kRegister);
  EXPECT_EQ(open(), static_cast<int>((WriteGate::kWaitingMax + WriteGate::kPerTurn - 1) / WriteGate::kPerTurn));
  EXPECT_EQ(node.api.gated_writes(), 0U);
}

TEST_F(Gate, HoldsSixtyFourMebibytes) {
  const std::string mebibyte = "x=" + std::string(size_t{1} << 20, 'x');
  std::vector<FakeExchange*> held;
  while (held.size() < 100) {
    FakeExchange& x = node.send_post("/discovery/register", mebibyte);
    if (!x.parked()) break;
    held.push_back(&x);
  }
  EXPECT_EQ(held.size(), 63U) << "each a little more than one";
  EXPECT_TRUE(send("register", Node::instance("a")).parked()) << "a small one still finds room";
  held.front()->hang_up();
  EXPECT_TRUE(node.send_post("/discovery/register", mebibyte).parked()) << "room that was left is used again";
}

}  // namespace
}  // namespace discovery::protocol
