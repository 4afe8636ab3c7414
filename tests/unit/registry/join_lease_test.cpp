// Leases and hiding across nodes: what counts as a renewal, what shows an instance again, what hides it.
#include <gtest/gtest.h>

#include <string>

#include "unit/registry/exchange.h"

namespace discovery::registry {
namespace {

const Name kName;
constexpr Duration kTtl = seconds(90);

class JoinLease : public ::testing::Test {
 protected:
  Node a{member(1)}, b{member(2)};
  Parcel put_at_a() {
    a.put(kName);
    return kept(a, kName)->parcel;
  }
  void pass(Duration d) {
    a.pass(d);
    b.pass(d);
  }
  /// Past the ceiling, so that it is hidden whatever protects.
  void hide_at_b() {
    b.live(hours(1) + minutes(3));
    a.now = b.now;
    ASSERT_EQ(kept(b, kName)->state, RecordState::kHidden);
  }
  bool raise(TimePoint lease, bool counts = false) {
    wake = {};
    return b.registry.raise_lease(b.registry.find_record(kName.key()), lease, counts, b.now, wake);
  }
  Wake wake;
};

TEST_F(JoinLease, IsWhatTheSenderVouchesFor) {
  const Parcel p = put_at_a();
  b.pass(seconds(50));
  join(b, p.record());
  b.pass(seconds(50));
  join(b, p.record(), b.now - seconds(20));
  EXPECT_TRUE(kept(b, kName)->lease_known);
  EXPECT_EQ(kept(b, kName)->lease_ns, to_wire_ns(b.now - seconds(20)));
  EXPECT_EQ(kept(b, kName)->home_ns, 0);
}

// While the record was not here, renewals that others told had nowhere to go.
TEST_F(JoinLease, OfARecordThatIsNewHereIsNow) {
  const Parcel p = put_at_a();
  b.pass(seconds(50));
  join(b, p.record(), b.now - seconds(20));
  EXPECT_TRUE(kept(b, kName)->lease_known);
  EXPECT_EQ(kept(b, kName)->lease_ns, b.now_ns());
}

TEST_F(JoinLease, ThatIsTheLatestIsTakenAsItIs) {
  const Parcel p = put_at_a();
  b.pass(seconds(50));
  JoinArgs args;
  args.record = p.record();
  args.lease = b.now - seconds(20);
  args.latest_lease = true;
  b.registry.join(args, b.now);
  EXPECT_TRUE(kept(b, kName)->lease_known);
  EXPECT_EQ(kept(b, kName)->lease_ns, to_wire_ns(b.now - seconds(20)));
}

TEST_F(JoinLease, WithoutOneIsSinceNowAndUnknown) {
  const Parcel p = put_at_a();
  b.pass(seconds(50));
  join(b, p.record());
  EXPECT_FALSE(kept(b, kName)->lease_known);
  EXPECT_EQ(kept(b, kName)->lease_ns, b.now_ns());
}

TEST_F(JoinLease, OnlyRisesAndNeverPassesNow) {
  const Parcel p = put_at_a();
  join(b, p.record());
  b.pass(seconds(50));
  const TimePoint t = b.now;
  join(b, p.record(), t - seconds(20));
  join(b, p.record(), t - seconds(30));
  EXPECT_EQ(kept(b, kName)->lease_ns, to_wire_ns(t - seconds(20)));
  join(b, p.record(), t - seconds(10));
  EXPECT_EQ(kept(b, kName)->lease_ns, to_wire_ns(t - seconds(10)));
  join(b, p.record(), t + seconds(10));
  EXPECT_EQ(kept(b, kName)->lease_ns, to_wire_ns(t));
}

TEST_F(JoinLease, IsTheKeysAlsoFromASenderThatIsBehind) {
  const Parcel old = put_at_a();
  b.pass(seconds(5));
  join(b, old.record(), b.now);
  b.set_status(kName, 2);
  b.pass(seconds(50));
  EXPECT_EQ(join(b, old.record(), b.now - seconds(1)).result, JoinResult::kOlder);
  EXPECT_EQ(kept(b, kName)->lease_ns, to_wire_ns(b.now - seconds(1)));
}

TEST_F(JoinLease, SurvivesANewSetAndARegisterElsewhereRenews) {
  join(b, put_at_a().record(), b.now);
  const int64_t lease = b.now_ns();
  pass(seconds(30));
  a.set_status(kName, 2);
  carry(a, b, kName);
  EXPECT_EQ(kept(b, kName)->lease_ns, lease);
  EXPECT_TRUE(kept(b, kName)->lease_known);
  a.put(kName);
  carry(a, b, kName);
  EXPECT_EQ(kept(b, kName)->lease_ns, b.now_ns());
  EXPECT_TRUE(kept(b, kName)->lease_known);
}

TEST_F(JoinLease, OfWhatWasUnknownStaysUnknownWithANewRegister) {
  join(b, put_at_a().record());
  pass(seconds(30));
  a.put(kName);
  carry(a, b, kName);
  EXPECT_EQ(kept(b, kName)->lease_ns, b.now_ns());
  EXPECT_FALSE(kept(b, kName)->lease_known);
}

// What this node accepted it goes on telling: a renewal of an incarnation that is cancelled elsewhere by now is one of
// the key, and may be the last that the next incarnation gets for a while.
TEST_F(JoinLease, ARegisterOverATombstoneStartsAnewButHomeRenewalsStay) {
  b.put(kName);
  const int64_t home = b.now_ns();
  b.cancel(kName);
  EXPECT_EQ(kept(b, kName)->home_ns, home);
  carry(b, a, kName);
  pass(seconds(30));
  a.put(kName);
  carry(a, b, kName);
  EXPECT_FALSE(kept(b, kName)->lease_known);
  EXPECT_EQ(kept(b, kName)->lease_ns, b.now_ns());
  EXPECT_EQ(kept(b, kName)->home_ns, home);
}

TEST_F(JoinLease, HomeRenewalsSurviveAVersionOfAnotherNode) {
  b.put(kName);
  const int64_t home = b.now_ns();
  carry(b, a, kName);
  pass(seconds(30));
  a.put(kName);
  carry(a, b, kName);
  EXPECT_EQ(kept(b, kName)->home_ns, home);
}

// ---------------------------------------------------------------------------------------------------- raise_lease

TEST_F(JoinLease, RaisingCountsForSelfProtectionWhenAsked) {
  join(b, put_at_a().record());
  b.pass(seconds(10));
  EXPECT_TRUE(raise(b.now, true));
  EXPECT_TRUE(raise(b.now - seconds(1), false));
  EXPECT_TRUE(kept(b, kName)->lease_known);
  EXPECT_EQ(kept(b, kName)->lease_ns, b.now_ns());
  EXPECT_EQ(wake.reactors, 0U);
  b.live(seconds(61));
  EXPECT_EQ(b.registry.lease_status().renewals_last_minute, 1);
}

TEST_F(JoinLease, RaisingWhatIsNotThereIsFalse) {
  EXPECT_FALSE(b.registry.raise_lease({}, b.now, true, b.now, wake));
  EXPECT_FALSE(b.registry.raise_lease({5, 1}, b.now, true, b.now, wake));
  b.live(seconds(61));
  EXPECT_EQ(b.registry.lease_status().renewals_last_minute, 0);
}

TEST_F(JoinLease, RaisingATombstoneRevivesNothing) {
  b.put(kName);
  b.cancel(kName);
  b.pass(seconds(5));
  EXPECT_TRUE(raise(b.now));
  EXPECT_FALSE(b.listed(kName));
  EXPECT_FALSE(kept(b, kName)->lease_known);
}

TEST_F(JoinLease, AFreshRenewalShowsAHiddenInstanceAgain) {
  b.put(kName);
  hide_at_b();
  b.watch(kName, 4);
  const int64_t before = b.latest(kName);
  EXPECT_TRUE(raise(b.now - kTtl - nanoseconds(1)));
  EXPECT_FALSE(b.listed(kName));
  EXPECT_TRUE(raise(b.now - kTtl));
  EXPECT_TRUE(b.listed(kName));
  EXPECT_EQ(wake.reactors, uint64_t{1} << 4);
  EXPECT_GT(b.latest(kName), before);
  EXPECT_EQ(b.registry.size(), 1);
  EXPECT_EQ(b.registry.lease_status().expected_per_minute, 2);
  expect_digest_exact(b);
}

TEST_F(JoinLease, AFreshLeaseInARecordShowsItToo) {
  b.put(kName);
  const Parcel p = kept(b, kName)->parcel;
  hide_at_b();
  b.watch(kName, 4);
  EXPECT_EQ(join(b, p.record()).wake.reactors, 0U);
  EXPECT_FALSE(b.listed(kName));
  EXPECT_EQ(join(b, p.record(), b.now - seconds(1)).wake.reactors, uint64_t{1} << 4);
  EXPECT_TRUE(b.listed(kName));
}

// ---------------------------------------------------------------------------------------------------- hidden

TEST_F(JoinLease, WhatIsNewHereIsTakenAsTheSenderHasIt) {
  const Parcel p = put_at_a();
  Record r = p.record();
  r.hidden = true;
  r.hidden_age = seconds(200);
  b.pass(seconds(500));
  b.watch(kName, 1);
  EXPECT_EQ(join(b, r).wake.reactors, 0U);
  EXPECT_FALSE(b.listed(kName));
  EXPECT_EQ(kept(b, kName)->lease_ns, to_wire_ns(b.now - seconds(200)));
  EXPECT_FALSE(kept(b, kName)->lease_known);
  EXPECT_EQ(b.registry.size(), 0);
  EXPECT_EQ(b.latest(kName), 0);
}

TEST_F(JoinLease, AHintHidesOnlyWhereItIsTrustedAndOurLeaseIsOldOrUnknown) {
  const Parcel p = put_at_a();
  Record r = p.record();
  r.hidden = true;
  r.hidden_age = seconds(200);
  const auto hides = [&](std::optional<Duration> own_age, bool trust) {
    Node node(member(3));
    node.pass(seconds(500));
    JoinArgs own;
    own.record = p.record();
    if (own_age) own.lease = node.now - *own_age;
    own.latest_lease = true;
    node.registry.join(own, node.now);
    EXPECT_TRUE(node.listed(kName));
    join(node, r, {}, trust);
    expect_digest_exact(node);
    EXPECT_EQ(node.registry.size(), node.listed(kName) ? 1 : 0);
    return !node.listed(kName);
  };
  EXPECT_FALSE(hides(std::nullopt, false));
  EXPECT_TRUE(hides(std::nullopt, true));
  EXPECT_FALSE(hides(seconds(89), true));
  EXPECT_TRUE(hides(seconds(90), true));
  EXPECT_FALSE(hides(seconds(90), false));
}

TEST_F(JoinLease, ANewerVersionThatTheSenderShowsEndsHidingByHearsay) {
  const Parcel p = put_at_a();
  Record r = p.record();
  r.hidden = true;
  r.hidden_age = seconds(200);
  pass(seconds(500));
  join(b, r);
  a.set_status(kName, 2);
  carry(a, b, kName);
  EXPECT_TRUE(b.listed(kName));
  EXPECT_FALSE(kept(b, kName)->lease_known);
}

TEST_F(JoinLease, ASetDoesNotShowWhatWeKnowToHaveExpired) {
  b.put(kName);
  carry(b, a, kName);
  hide_at_b();
  a.set_status(kName, 2);
  EXPECT_EQ(carry(a, b, kName).result, JoinResult::kApplied);
  EXPECT_FALSE(b.listed(kName));
  a.put(kName);  // but a register does
  carry(a, b, kName);
  EXPECT_TRUE(b.listed(kName));
}

// ---------------------------------------------------------------------------------------------------- coverage

class Coverage : public ::testing::Test {
 protected:
  Node node{member(1)};
  /// 100 instances, of which `dead` fall silent; the others renew. So nothing protects.
  void start(int dead) {
    for (int i = 0; i < 100; ++i) node.put({"h" + std::to_string(i)});
    for (int t = 0; t < 60; t += 20) beat(dead);
  }
  void beat(int dead) {
    for (int i = dead; i < 100; ++i) node.renew({"h" + std::to_string(i)});
    for (const Gone& g : node.live(seconds(20))) gone.push_back(g);
  }
  std::vector<Gone> gone;
};

TEST_F(Coverage, ALeaseExpiresOnlyWhereItIsProven) {
  const TimePoint renewed = node.now;
  start(1);
  node.registry.set_covered_until(renewed + kTtl - nanoseconds(1));
  for (int i = 0; i < 20; ++i) beat(1);
  EXPECT_TRUE(gone.empty());
  EXPECT_EQ(node.registry.lease_status().covered_until, renewed + kTtl - nanoseconds(1));
  node.registry.set_covered_until(renewed + kTtl);
  for (int i = 0; i < 4; ++i) beat(1);
  ASSERT_EQ(gone.size(), 1U);
  EXPECT_FALSE(gone[0].past_ceiling);
}

TEST_F(Coverage, TheCeilingEndsTheWait) {
  const TimePoint renewed = node.now;
  start(1);
  node.registry.set_covered_until(renewed);
  while (gone.empty() && node.now < renewed + hours(2)) beat(1);
  ASSERT_EQ(gone.size(), 1U);
  EXPECT_TRUE(gone[0].past_ceiling);
  EXPECT_GT(node.now, renewed + hours(1));
  EXPECT_LE(node.now, renewed + hours(1) + seconds(80));
}

TEST_F(Coverage, AloneEverythingIsCovered) {
  EXPECT_EQ(node.registry.lease_status().covered_until, TimePoint::max());
  start(1);
  for (int i = 0; i < 6; ++i) beat(1);
  EXPECT_EQ(gone.size(), 1U);
}

TEST_F(Coverage, ProtectionNotAllowedTakesMassSilenceForMassDeath) {
  start(50);
  for (int i = 0; i < 15; ++i) beat(50);
  EXPECT_TRUE(gone.empty());
  EXPECT_TRUE(node.registry.lease_status().protecting);
  node.registry.set_protection_allowed(false);
  for (int i = 0; i < 30; ++i) beat(50);
  EXPECT_FALSE(node.registry.lease_status().protecting);
  EXPECT_EQ(gone.size(), 50U);
  EXPECT_EQ(node.registry.lease_status().held, 0);
}

TEST_F(Coverage, ProtectionAllowedAgainProtects) {
  start(50);
  node.registry.set_protection_allowed(false);
  node.registry.set_protection_allowed(true);
  for (int i = 0; i < 15; ++i) beat(50);
  EXPECT_TRUE(gone.empty());
}

}  // namespace
}  // namespace discovery::registry
