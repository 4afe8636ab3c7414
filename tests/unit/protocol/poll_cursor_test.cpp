// poll and polls on a node among others: cursors that name their content, and the hold (replication.md 2.5, R8).
#include "registry/cursor.h"
#include "unit/protocol/harness.h"

namespace discovery::protocol {
namespace {

using registry::fingerprint_of;
using registry::join_cursor;
using registry::tau_of;

class Cursor : public ::testing::Test {
 protected:
  Cursor() {
    node.registry.name_contents();
    node.reg("a");
    node.reg("b");
  }

  /// As another node may have told it: another list, `ahead` units of 2^20 ns later than ours.
  int64_t foreign(std::string_view app, int64_t ahead) {
    const int64_t t = node.latest(app);
    return join_cursor(tau_of(t) + ahead, fingerprint_of(t) ^ 1);
  }

  Node node;
};

TEST_F(Cursor, OfTheSameListWaitsWhateverItsTime) {
  const int64_t t = node.latest("a");
  for (const int64_t ahead : {-1000, 0, 1000}) {
    const int64_t c = join_cursor(tau_of(t) + ahead, fingerprint_of(t));
    FakeExchange& polls = node.send_get(Node::polls_of({{"a", c}}));
    FakeExchange& poll = node.send_get(Node::poll_of("a", c));
    EXPECT_TRUE(polls.parked() && poll.parked()) << ahead;
    polls.hang_up();
    poll.hang_up();
  }
}

TEST_F(Cursor, OfAnOlderListIsAnsweredAtOnce) {
  const Answer a = node.get(Node::polls_of({{"a", foreign("a", -1)}, {"b", node.latest("b")}}));
  EXPECT_EQ(member_names(a.data()), std::vector<std::string>{"a"}) << "only what is due";
  EXPECT_EQ(node.get(Node::poll_of("a", foreign("a", -1))).code(), 0);
}

TEST_F(Cursor, FromAheadIsHeldAndThenPassed) {
  const int64_t c = foreign("a", 1000);
  FakeExchange& polls = node.send_get(Node::polls_of({{"a", c}, {"b", node.latest("b")}}));
  FakeExchange& poll = node.send_get(Node::poll_of("a", c));
  node.advance(5s - 20ms);
  EXPECT_TRUE(polls.parked() && poll.parked());
  EXPECT_TRUE(node.seen.woken.empty());
  node.advance(20ms);
  EXPECT_EQ(member_names(polls.answer().data()), std::vector<std::string>{"a"});
  EXPECT_EQ(polls.answer().data()["a"]["latest_timestamp"],
            join_cursor(tau_of(c) + 1, fingerprint_of(node.latest("a"))));
  EXPECT_EQ(poll.answer().code(), 0);
  EXPECT_EQ(node.seen.woken.size(), 2U);
  EXPECT_EQ(node.seen.hung_up, 0);
  EXPECT_EQ(node.hub.watched_applications(), 0U);
}

// One of two that are held comes to its end; the other cursor is smaller, so that is passed too.
TEST_F(Cursor, ThatIsPassedWakesTheOthersItPasses) {
  FakeExchange& first = node.send_get(Node::polls_of({{"a", foreign("a", 1000)}}));
  node.advance(1s);
  FakeExchange& smaller = node.send_get(Node::polls_of({{"a", foreign("a", 500)}}));
  FakeExchange& same_list = node.send_get(Node::polls_of({{"a", node.latest("a")}}));
  node.advance(4s);
  EXPECT_EQ(first.answer().code(), 0);
  EXPECT_EQ(smaller.answer().code(), 0);
  EXPECT_TRUE(same_list.parked()) << "its list is what it was";
}

TEST_F(Cursor, IsHeldUpToTheDeadlineWhileAPeerIsSilent) {
  node.cluster.heard = false;
  const int64_t t = node.latest("a");
  FakeExchange& x = node.send_get(Node::polls_of({{"a", foreign("a", 1000)}}));
  node.advance(30s - 20ms);
  EXPECT_TRUE(x.parked());
  node.advance(20ms);
  EXPECT_EQ(x.answer().code(), 0) << "instead of -304";
  EXPECT_EQ(x.answer().data()["a"]["latest_timestamp"], t) << "nothing was raised";
}

TEST_F(Cursor, IsPassedAtTheNextHoldAfterTheSilence) {
  node.cluster.heard = false;
  FakeExchange& x = node.send_get(Node::polls_of({{"a", foreign("a", 1000)}}));
  node.advance(5s);
  node.cluster.heard = true;
  node.advance(5s - 20ms);
  EXPECT_TRUE(x.parked());
  node.advance(20ms);
  EXPECT_EQ(x.answer().code(), 0);
}

TEST_F(Cursor, IsHeldAsLongAsConfigured) {
  ApiSettings settings = test_settings();
  settings.polls.cursor_hold = 2s;
  node.api.update(settings);
  FakeExchange& x = node.send_get(Node::polls_of({{"a", foreign("a", 1000)}}));
  node.advance(2s - 20ms);
  EXPECT_TRUE(x.parked());
  node.advance(20ms);
  EXPECT_EQ(x.answer().code(), 0);
}

TEST_F(Cursor, ThatNobodyCanHaveToldIsAnsweredWithALowerTimestamp) {
  const int64_t t = node.latest("a");
  for (const char* c : {"9000000000000000000", "9223372036854775807"}) {
    if (fingerprint_of(std::stoll(c)) == fingerprint_of(t)) continue;
    FakeExchange& x = node.send_get("/discovery/polls?env=dev&hostname=w&appid=a&latest_timestamp=" + std::string(c));
    node.advance(5s - 20ms);
    EXPECT_TRUE(x.parked());
    node.advance(20ms);
    EXPECT_EQ(x.answer().data()["a"]["latest_timestamp"], t) << c;
  }
  EXPECT_EQ(node.latest("a"), t);
}

TEST_F(Cursor, EntersTheHoldByAChangeWhileParked) {
  // The list as it will not be told: parked with our own fingerprint, but from far ahead.
  const int64_t t = node.latest("a");
  const int64_t c = join_cursor(tau_of(t) + (int64_t{7200} * 1'000'000'000 >> 20), fingerprint_of(t));
  FakeExchange& x = node.send_get(Node::polls_of({{"a", c}}));
  node.advance(3s);
  node.reg("a", "h2");
  EXPECT_TRUE(x.parked()) << "another list, and not newer than the cursor";
  node.advance(5s - 20ms);
  EXPECT_TRUE(x.parked());
  node.advance(20ms);
  EXPECT_EQ(Answer::hosts(x.answer().data()["a"]), (std::vector<std::string>{"h1", "h2"}));
}

TEST_F(Cursor, ThatIsPlausibleIsOvertakenByTheNextChange) {
  const int64_t t = node.latest("a");
  FakeExchange& x = node.send_get(Node::polls_of({{"a", join_cursor(tau_of(t) + 100'000, fingerprint_of(t))}}));
  node.reg("a", "h2");
  EXPECT_EQ(Answer::hosts(x.answer().data()["a"]), (std::vector<std::string>{"h1", "h2"})) << "at once, no hold";
}

TEST_F(Cursor, HeldIsAnsweredByTheChangeThatPassesIt) {
  FakeExchange& x = node.send_get(Node::polls_of({{"a", foreign("a", 1000)}}));
  node.advance(1s);
  node.reg("a", "h2");
  EXPECT_EQ(Answer::hosts(x.answer().data()["a"]), (std::vector<std::string>{"h1", "h2"}));
}

TEST_F(Cursor, DoesNotChangeTheDeadline) {
  FakeExchange& x = node.send_get(Node::polls_of({{"a", node.latest("a")}, {"nowhere", 0}}));
  node.advance(30s - 20ms);
  EXPECT_TRUE(x.parked());
  node.advance(20ms);
  EXPECT_EQ(x.answer().body, kNotModified);
}

TEST_F(Cursor, OfAnUnknownApplicationIsTreatedAsOnALoneNode) {
  EXPECT_EQ(node.get(Node::poll_of("nowhere", 5)).body, R"({"code":-404,"message":"nowhere not found"})");
  FakeExchange& x = node.send_get(Node::polls_of({{"nowhere", 5}}));
  EXPECT_TRUE(x.parked());
  node.reg("nowhere");
  EXPECT_EQ(x.answer().code(), 0);
}

TEST_F(Cursor, TellsThatTheLastInstanceIsGone) {
  FakeExchange& polls = node.send_get(Node::polls_of({{"a", node.latest("a")}}));
  FakeExchange& poll = node.send_get(Node::poll_of("a", node.latest("a")));
  node.cancel("a");
  EXPECT_EQ(polls.answer().json()["error"]["-404"], Json::array({"a"}));
  EXPECT_EQ(poll.answer().code(), -404);
}

TEST_F(Cursor, DampsEmptyLists) {
  node.set_status("a", "h1", 2);
  FakeExchange& x = node.send_get(Node::polls_of({{"a", 0}}));
  node.advance(980ms);
  EXPECT_TRUE(x.parked());
  node.advance(20ms);
  EXPECT_EQ(x.answer().data()["a"]["instances"], (Json{{"z1", Json::array()}}));
}

TEST_F(Cursor, WakesForARegisterWithIdenticalContent) {
  FakeExchange& x = node.send_get(Node::polls_of({{"a", node.latest("a")}}));
  node.reg("a");
  EXPECT_EQ(x.answer().code(), 0) << "a new version, hence a new fingerprint";
}

TEST_F(Cursor, HeldLeavesNothingBehindWhenTheClientHangsUp) {
  FakeExchange& x = node.send_get(Node::polls_of({{"a", foreign("a", 1000)}}));
  node.advance(5s - 20ms);
  x.hang_up();
  node.advance(60s);
  EXPECT_EQ(node.hub.watched_applications(), 0U);
  EXPECT_EQ(node.seen.hung_up, 1);
}

// A node that was alone gets a neighbour: everybody who waits is told once, under a cursor of the new kind.
TEST(CursorOfALoneNode, IsReplacedOnceWhenTheFirstPeerComes) {
  Node node;
  node.reg("a");
  FakeExchange& x = node.send_get(Node::polls_of({{"a", node.latest("a")}}));
  FakeExchange& future = node.send_get(Node::polls_of({{"a", node.latest("a") + 1}}));
  EXPECT_TRUE(x.parked() && future.parked());
  node.advance(1s);
  node.registry.name_contents();
  node.reg("a", "h2");
  ASSERT_TRUE(x.answered());
  const int64_t t = x.answer().data()["a"]["latest_timestamp"];
  EXPECT_TRUE(node.send_get(Node::polls_of({{"a", t}})).parked());
}

}  // namespace
}  // namespace discovery::protocol
