// T of an application that names its content (replication.md 2.5, R8), and the rule by which a poll compares with it.
#include <gtest/gtest.h>

#include <string>

#include "registry/cursor.h"
#include "unit/registry/exchange.h"

namespace discovery::registry {
namespace {

const Name kName;

TEST(Cursor, IsTimeAndFingerprint) {
  const int64_t t = join_cursor(5, 7);
  EXPECT_EQ(t, 5 * 1048576 + 7);
  EXPECT_EQ(tau_of(t), 5);
  EXPECT_EQ(fingerprint_of(t), 7);
  EXPECT_EQ(join_cursor(kTauMax, kFingerprintMask), INT64_MAX);
}

TEST(Cursor, IsJudgedByFingerprintThenByTime) {
  const int64_t t = join_cursor(100, 7);
  EXPECT_EQ(judge(0, t, true), CursorVerdict::kAnswer);
  EXPECT_EQ(judge(-5, t, true), CursorVerdict::kAnswer);
  EXPECT_EQ(judge(t, t, true), CursorVerdict::kWait);
  EXPECT_EQ(judge(join_cursor(1, 7), t, true), CursorVerdict::kWait);
  EXPECT_EQ(judge(join_cursor(200, 7), t, true), CursorVerdict::kWait);
  EXPECT_EQ(judge(join_cursor(99, 8), t, true), CursorVerdict::kAnswer);
  EXPECT_EQ(judge(join_cursor(100, 8), t, true), CursorVerdict::kHold);
  EXPECT_EQ(judge(INT64_MAX, t, true), CursorVerdict::kHold);
  EXPECT_EQ(judge(t - 1, t, false), CursorVerdict::kAnswer);
  EXPECT_EQ(judge(t, t, false), CursorVerdict::kWait);
  EXPECT_EQ(judge(t + 1, t, false), CursorVerdict::kWait);
}

class Named : public ::testing::Test {
 protected:
  Node a{member(1)}, b{member(2)};
  void SetUp() override {
    a.registry.name_contents();
    b.registry.name_contents();
  }
  AppState watch(Node& node, int64_t cursor) {
    uint64_t id = 0;
    return *node.registry.watch(kName.app(), "", 5, cursor, node.now, id);
  }
  int64_t tau(const Node& node) { return tau_of(node.latest(kName)); }
  int64_t fp(const Node& node) { return fingerprint_of(node.latest(kName)); }
};

TEST_F(Named, ALoneNodeSaysSo) {
  Node lone(member(1));
  lone.put(kName);
  EXPECT_FALSE(lone.look(kName).named);
  EXPECT_EQ(lone.look(kName).changed_ns, lone.latest(kName));
  EXPECT_TRUE(a.look(kName).named);
}

TEST_F(Named, EqualListsHaveEqualFingerprints) {
  a.put(kName);
  a.put({"second", "zone-b"});
  b.pass(minutes(30));
  carry(a, b, {"second", "zone-b"});
  EXPECT_NE(fp(a), fp(b));
  carry(a, b, kName);
  EXPECT_EQ(fp(a), fp(b));
  a.set_status(kName, 2);
  EXPECT_NE(fp(a), fp(b));
  carry(a, b, kName);
  EXPECT_EQ(fp(a), fp(b));
  a.cancel(kName);
  carry(a, b, kName);
  EXPECT_EQ(fp(a), fp(b));
}

TEST_F(Named, TombstonesAndHiddenOnesDoNotCount) {
  a.put({"second"});
  const int64_t before = fp(a);
  a.put(kName);
  EXPECT_NE(fp(a), before);
  a.cancel(kName);
  EXPECT_EQ(fp(a), before);
  a.cancel({"second"});
  EXPECT_EQ(fp(a), 0);
  a.put(kName);
  a.live(hours(1) + minutes(3));
  ASSERT_FALSE(a.listed(kName));
  EXPECT_EQ(fp(a), 0);
}

TEST_F(Named, NodesThatHideTheSameAtDifferentMomentsAgree) {
  a.put(kName);
  a.put({"second"});
  carry(a, b, kName);
  carry(a, b, {"second"});
  b.pass(seconds(25));
  for (int i = 0; i < 370; ++i) {
    for (Node* n : {&a, &b}) {
      n->renew({"second"});
      n->live(seconds(10));
    }
  }
  ASSERT_FALSE(a.listed(kName));
  ASSERT_FALSE(b.listed(kName));
  EXPECT_EQ(fp(a), fp(b));
}

TEST_F(Named, TheSchedulerEntersTheFingerprint) {
  a.put(kName);
  carry(a, b, kName);
  a.registry.load_schedulers({{"dev", "shop.cart", "{\"x\":1}"}}, a.now);
  EXPECT_NE(fp(a), fp(b));
  b.registry.load_schedulers({{"dev", "shop.cart", "{\"x\":1}"}}, b.now);
  EXPECT_EQ(fp(a), fp(b));
  Node c(member(3));  // known before the application is
  c.registry.name_contents();
  c.registry.load_schedulers({{"dev", "shop.cart", "{\"x\":1}"}}, c.now);
  carry(a, c, kName);
  EXPECT_EQ(fp(c), fp(a));
  a.registry.load_schedulers({}, a.now);
  EXPECT_NE(fp(a), fp(b));
}

TEST_F(Named, AChangeHereIsAtLeastTheClockAndRises) {
  a.put(kName);
  EXPECT_EQ(tau(a), tau_of(a.now_ns()));
  EXPECT_EQ(a.look(kName).changed_ns, a.latest(kName));
  const int64_t first = tau(a);
  a.put(kName);
  EXPECT_EQ(tau(a), first + 1);
  a.pass(seconds(1));
  a.registry.versions().set_offset(seconds(5));
  a.put(kName);
  EXPECT_EQ(tau(a), tau_of(a.now_ns() + Duration(seconds(5)).count()));
}

TEST_F(Named, AChangeHerePassesEveryPlausibleCursorThatWaits) {
  a.put(kName);
  const int64_t ahead = to_wire_ns(a.now + kPlausibleLead);
  watch(a, ahead + 1);
  a.put(kName);
  EXPECT_LT(tau(a), tau_of(ahead));
  watch(a, ahead);
  watch(a, ahead - Duration(seconds(5)).count());
  a.put(kName);
  EXPECT_EQ(tau(a), tau_of(ahead) + 1);
  EXPECT_EQ(judge(ahead, a.latest(kName), true), CursorVerdict::kAnswer);
}

TEST_F(Named, CursorsOfThoseWhoLeftDoNotCount) {
  a.put(kName);
  watch(a, to_wire_ns(a.now + minutes(30)));
  a.registry.unwatch(kName.app(), 5);
  a.put(kName);
  EXPECT_EQ(tau(a), tau_of(a.now_ns()) + 1);
}

TEST_F(Named, AListChangedByAPeerTakesItsT) {
  b.pass(seconds(5));  // a is ahead only by its T
  b.put({"other"});
  a.pass(seconds(60));
  a.put(kName);
  carry(a, b, kName);
  EXPECT_EQ(tau(b), tau(a));
  EXPECT_EQ(b.look(kName).changed_ns, b.latest(kName));
  a.put(kName);
  b.pass(hours(1));
  b.put({"other"});
  const int64_t before = tau(b);
  carry(a, b, kName);  // what did not raise it counts one
  EXPECT_EQ(tau(b), before + 1);
}

TEST_F(Named, ALargerTOfAnEqualListIsTakenOverWithoutBeingAChange) {
  a.put(kName);
  carry(a, b, kName);
  ASSERT_EQ(a.latest(kName), b.latest(kName));
  Wake wake;
  a.registry.pass_cursor(kName.app(), "", join_cursor(tau(a) + 9, fp(a) ^ 1), a.now, wake);
  ASSERT_EQ(tau(b) + 10, tau(a));
  const int64_t changed = b.look(kName).changed_ns;
  watch(b, 1);
  EXPECT_EQ(carry(a, b, kName).wake.reactors, uint64_t{1} << 5);
  EXPECT_EQ(b.latest(kName), a.latest(kName));
  EXPECT_EQ(b.look(kName).changed_ns, changed);
  EXPECT_EQ(carry(a, b, kName).wake.reactors, 0U);
}

TEST_F(Named, ALargerTOfADifferentListIsNot) {
  a.put(kName);
  carry(a, b, kName);
  a.pass(seconds(9));
  a.put({"second"});
  const int64_t before = b.latest(kName);
  EXPECT_EQ(carry(a, b, kName).result, JoinResult::kSame);
  EXPECT_EQ(b.latest(kName), before);
}

TEST_F(Named, AnImplausibleTOfAPeerIsNotBelieved) {
  a.put(kName);
  const Parcel p = kept(a, kName)->parcel;
  Record r = p.record();
  r.app_latest_ns = INT64_MAX;
  join(b, r);
  EXPECT_EQ(tau(b), tau_of(b.now_ns()));
  r.app_latest_ns = join_cursor(kTauMax, fp(b));
  join(b, r);
  EXPECT_EQ(tau(b), tau_of(b.now_ns()));
}

TEST_F(Named, AHoldEndsWithATAboveTheCursor) {
  a.put(kName);
  const int64_t changed = a.look(kName).changed_ns;
  watch(a, 1);
  Wake wake;
  const int64_t cursor = join_cursor(tau(a) + 3, fp(a) ^ 1);
  const AppState s = a.registry.pass_cursor(kName.app(), "", cursor, a.now, wake);
  EXPECT_EQ(tau_of(s.latest_timestamp_ns), tau_of(cursor) + 1);
  EXPECT_EQ(fingerprint_of(s.latest_timestamp_ns), fp(a));
  EXPECT_EQ(s.changed_ns, changed);
  EXPECT_TRUE(s.known);
  EXPECT_EQ(wake.reactors, uint64_t{1} << 5);
}

TEST_F(Named, AHoldOutlivesAPoll) {
  a.put(kName);
  const int64_t foreign = join_cursor(tau(a) + 3, fp(a) ^ 1);
  EXPECT_EQ(watch(a, a.latest(kName)).held_since, TimePoint{}) << "nothing to hold";
  const TimePoint first = a.now;
  EXPECT_EQ(watch(a, foreign).held_since, first);
  a.registry.unwatch(kName.app(), 5);  // it was answered because of another application, and comes again
  a.pass(seconds(30));
  EXPECT_EQ(watch(a, foreign).held_since, first);
  EXPECT_EQ(a.registry.hold_cursor(kName.app(), foreign, a.now), first);
  a.registry.told_held(kName.app(), foreign);
  a.pass(seconds(1));
  EXPECT_EQ(watch(a, foreign).held_since, a.now);
  EXPECT_EQ(a.registry.hold_cursor({"e", "unknown"}, 1, a.now), a.now);
  a.registry.told_held({"e", "unknown"}, 1);
}

// Between two polls of a client nobody waits, and a sweep may look just then (simulator, seed 50249).
TEST_F(Named, AHoldOutlivesASweepBetweenTwoPolls) {
  a.put(kName);
  const int64_t foreign = join_cursor(tau(a) + 3, fp(a) ^ 1);
  const TimePoint first = a.now;
  EXPECT_EQ(watch(a, foreign).held_since, first);
  a.registry.unwatch(kName.app(), 5);
  a.live(seconds(25));
  EXPECT_EQ(watch(a, foreign).held_since, first);
  a.registry.unwatch(kName.app(), 5);
  a.live(HeldCursors::kForgotten + seconds(20));
  EXPECT_EQ(watch(a, foreign).held_since, a.now);
}

TEST_F(Named, AHoldThatIsOverChangesNothing) {
  a.put(kName);
  const int64_t t = a.latest(kName);
  const int64_t implausible = (to_wire_ns(a.now + hours(1)) | kFingerprintMask) + 1;
  for (const int64_t cursor : {int64_t{0}, t, join_cursor(tau(a) + 3, fp(a)), join_cursor(tau(a) - 1, fp(a) ^ 1),
                               implausible + (fp(a) ^ 1), INT64_MAX}) {
    Wake wake;
    EXPECT_EQ(a.registry.pass_cursor(kName.app(), "", cursor, a.now, wake).latest_timestamp_ns, t) << cursor;
    EXPECT_EQ(wake.reactors, 0U);
  }
  Wake wake;
  EXPECT_FALSE(a.registry.pass_cursor({"e", "unknown"}, "", t, a.now, wake).known);
}

TEST_F(Named, AListRenderedBeforeIsRenderedAnewWithTheNewT) {
  a.put(kName);
  const ViewForm form{1, ""};
  const auto rendered = [&] {
    return a.registry.view(kName.app(), form, a.now, [](const Listing&, const ViewForm&, std::string&) {}).rendered;
  };
  EXPECT_TRUE(rendered());
  EXPECT_FALSE(rendered());
  Wake wake;
  a.registry.pass_cursor(kName.app(), "", join_cursor(tau(a) + 3, fp(a) ^ 1), a.now, wake);
  EXPECT_TRUE(rendered());
}

TEST_F(Named, TheSwitchMakesEveryTAnewAboveTheOld) {
  Node node(member(3));
  node.put(kName);
  node.put({"h", "z", "emptied", "e"});
  node.cancel({"h", "z", "emptied", "e"});
  node.watch(kName, 5);
  const int64_t before = node.latest(kName);
  const int64_t emptied = node.latest({"h", "z", "emptied", "e"});
  const std::vector<Wake> wakes = node.registry.name_contents();
  ASSERT_EQ(wakes.size(), 1U);
  EXPECT_EQ(wakes[0].reactors, uint64_t{1} << 5);
  EXPECT_EQ(tau(node), tau_of(before) + 1);
  EXPECT_EQ(node.latest({"h", "z", "emptied", "e"}), join_cursor(tau_of(emptied) + 1, 0));
  EXPECT_TRUE(node.look(kName).named);
  carry(node, a, kName);
  EXPECT_EQ(fp(a), fp(node));
  EXPECT_TRUE(node.registry.name_contents().empty());  // once and for all
}

TEST_F(Named, ALoneNodeThatJoinsKeepsThePlainRule) {
  Node node(member(3));
  a.put(kName);
  node.pass(seconds(5));
  carry(a, node, kName);
  EXPECT_EQ(node.latest(kName), node.now_ns());
  carry(a, node, kName);
  EXPECT_EQ(node.latest(kName), node.now_ns());
  a.put(kName);
  carry(a, node, kName);
  EXPECT_EQ(node.latest(kName), node.now_ns() + 1);
}

}  // namespace
}  // namespace discovery::registry
