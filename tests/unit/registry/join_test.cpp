// Records from other nodes: what wins, what is counted, what is refused.
#include <gtest/gtest.h>

#include <string>

#include "unit/registry/exchange.h"

namespace discovery::registry {
namespace {

const Name kName;

class Join : public ::testing::Test {
 protected:
  Node a{member(1)}, b{member(2)};
  void pass(Duration d) {
    a.pass(d);
    b.pass(d);
  }
  void expect_equal() {
    EXPECT_EQ(contents(a), contents(b));
    EXPECT_TRUE(a.registry.digest() == b.registry.digest());
    expect_digest_exact(a);
    expect_digest_exact(b);
    EXPECT_EQ(a.listing(), b.listing());
  }
};

TEST_F(Join, TakesWhatIsNewWithAllItsFields) {
  Put put;
  put.status = 2;
  a.put(kName, put);
  a.set_status(kName, 1, 77);
  const Parcel p = kept(a, kName)->parcel;
  Record r = p.record();
  r.text.extension = "from the future";
  b.watch(kName, 3);
  const JoinOutcome out = join(b, r);
  EXPECT_EQ(out.result, JoinResult::kApplied);
  EXPECT_EQ(out.ref, b.registry.find_record(kName.key()));
  EXPECT_EQ(out.wake.reactors, uint64_t{1} << 3);
  const Parcel stored = kept(b, kName)->parcel;
  const Record got = stored.record();
  EXPECT_EQ(got.version, r.version);
  EXPECT_EQ(got.text.extension, "from the future");
  EXPECT_EQ(got.text.addrs_json, put.addrs_json);
  EXPECT_EQ(got.dirty_ns, 77);
  EXPECT_EQ(got.up_ns, 77);
  EXPECT_EQ(b.registry.size(), 1);
  EXPECT_EQ(b.registry.lease_status().expected_per_minute, 2);
  EXPECT_EQ(b.registry.lease_status().records, 1);
  expect_digest_exact(b);
}

TEST_F(Join, TheSameAgainChangesNothing) {
  a.put(kName);
  carry(a, b, kName);
  b.watch(kName, 3);
  const std::string before = b.dump();
  const JoinOutcome out = carry(a, b, kName);
  EXPECT_EQ(out.result, JoinResult::kSame);
  EXPECT_EQ(out.wake.reactors, 0U);
  EXPECT_EQ(b.dump(), before);
  expect_equal();
}

TEST_F(Join, TheOlderLosesAndIsTold) {
  a.put(kName);
  carry(a, b, kName);
  b.put(kName, version("new"));
  const JoinOutcome out = carry(a, b, kName);
  EXPECT_EQ(out.result, JoinResult::kOlder);
  EXPECT_EQ(out.ref, b.registry.find_record(kName.key()));
  EXPECT_EQ(b.get(kName)->version, "new");
  EXPECT_EQ(carry(b, a, kName).result, JoinResult::kApplied);
  expect_equal();
}

TEST_F(Join, ATombstoneTakesOutAndKeepsOut) {
  a.put(kName);
  const Parcel alive = kept(a, kName)->parcel;
  carry(a, b, kName);
  b.watch(kName, 1);
  a.cancel(kName);
  const JoinOutcome out = carry(a, b, kName);
  EXPECT_EQ(out.result, JoinResult::kApplied);
  EXPECT_EQ(out.wake.reactors, 2U);
  EXPECT_FALSE(b.listed(kName));
  EXPECT_EQ(b.registry.size(), 0);
  EXPECT_EQ(b.registry.lease_status().expected_per_minute, 0);
  EXPECT_EQ(b.registry.lease_status().tombstones, 1);
  EXPECT_EQ(join(b, alive.record()).result, JoinResult::kOlder);
  EXPECT_FALSE(b.listed(kName));
  EXPECT_FALSE(b.renew(kName));
  expect_equal();
}

TEST_F(Join, ATombstoneThatCameFirstKeepsTheLateRegisterOut) {
  a.put(kName);
  const Parcel alive = kept(a, kName)->parcel;
  a.cancel(kName);
  EXPECT_EQ(carry(a, b, kName).wake.reactors, 0U);
  EXPECT_EQ(join(b, alive.record()).result, JoinResult::kOlder);
  expect_equal();
}

TEST_F(Join, ASetOfADeadIncarnationRevivesNothing) {
  a.put(kName);
  carry(a, b, kName);
  pass(seconds(1));
  a.cancel(kName);
  pass(seconds(1));
  b.set_status(kName, 2);  // later than the cancel, on what it did not know to be cancelled
  const Parcel set = kept(b, kName)->parcel;
  EXPECT_EQ(join(a, set.record()).result, JoinResult::kOlder);
  EXPECT_EQ(carry(a, b, kName).result, JoinResult::kApplied);
  expect_equal();
  EXPECT_TRUE(a.listing().empty());
}

TEST_F(Join, ASetOfAnOldIncarnationLosesAgainstANewRegister) {
  a.put(kName);
  carry(a, b, kName);
  pass(seconds(1));
  a.put(kName, version("2"));
  pass(seconds(1));
  b.set_status(kName, 2);
  carry(a, b, kName);
  EXPECT_EQ(b.get(kName)->version, "2");
  EXPECT_EQ(b.get(kName)->numbers.status, 1U);
  carry(b, a, kName);
  expect_equal();
}

TEST_F(Join, OfTwoSetsTheLaterWinsAsAWhole) {
  a.put(kName);
  carry(a, b, kName);
  pass(seconds(1));
  a.set_status(kName, 2);
  pass(seconds(1));
  b.set_status(kName, 1, 99);
  carry(a, b, kName);
  carry(b, a, kName);
  EXPECT_EQ(a.get(kName)->numbers.status, 1U);
  EXPECT_EQ(a.get(kName)->numbers.dirty_ns, 99);
  expect_equal();
}

TEST_F(Join, AWriteAfterItIsNewerThanAllThatWasHeardOf) {
  b.pass(hours(-1));
  a.put(kName);
  carry(a, b, kName);
  b.put({"other"});  // a different key: only the clock knows
  EXPECT_GT(kept(b, Name{"other"})->parcel.record().version, kept(a, kName)->parcel.record().version);
  b.cancel(kName);
  EXPECT_EQ(carry(b, a, kName).result, JoinResult::kApplied);
  EXPECT_FALSE(a.listed(kName));
}

TEST_F(Join, ALateTombstoneOfALaterWriteOnATombstoneTravels) {
  a.replica_cancel(kName, 1000);
  carry(a, b, kName);
  a.replica_cancel(kName, 2000);
  EXPECT_EQ(carry(a, b, kName).result, JoinResult::kApplied);
  EXPECT_FALSE(b.put(kName, replica(2000)).applied);
  expect_equal();
}

TEST_F(Join, TwoImportsOfOneTimeAreOrderedByTheirContent) {
  Record r;
  r.app = kName.app();
  r.text = {.zone = "z", .hostname = "h", .addrs_json = "[1]", .metadata_json = "{}"};
  r.dirty_ns = a.now_ns() - 5;
  r.status = 1;
  r.version = a.registry.import_version(r, a.now);
  EXPECT_EQ(r.version.incarnation.t_ns, r.dirty_ns);
  EXPECT_EQ(r.version.incarnation.node, 0);
  Record other = r;
  other.text.addrs_json = "[2]";
  other.version = b.registry.import_version(other, b.now);
  ASSERT_NE(other.version, r.version);
  join(a, r), join(a, other);
  join(b, other), join(b, r);
  expect_equal();
}

TEST_F(Join, TheTimeOfAnImportIsNotBelievedFarAhead) {
  const int64_t now = a.now_ns(), ten_s = Duration(seconds(10)).count();
  struct Case {
    int64_t dirty, reg, t;
  };
  for (const Case& c :
       {Case{now + ten_s, 5, now + ten_s}, Case{now + ten_s + 1, 5, 5}, Case{now + ten_s + 1, now + ten_s, now},
        Case{kFarFuture, 0, now}, Case{777, 5, 777}, Case{0, 5, 0}, Case{-9, 5, 0}}) {
    Record r;
    r.app = kName.app();
    r.dirty_ns = c.dirty;
    r.reg_ns = c.reg;
    EXPECT_EQ(a.registry.import_version(r, a.now).incarnation.t_ns, c.t) << c.dirty;
  }
}

TEST_F(Join, AnImportDoesNotBeatTheTombstoneOfALaterCancel) {
  Record r;
  r.app = kName.app();
  r.text = {.zone = kName.zone, .hostname = kName.hostname, .addrs_json = "[]", .metadata_json = "{}"};
  r.status = 1;
  r.dirty_ns = 1000;
  a.replica_cancel(kName, 1000);
  r.version = a.registry.import_version(r, a.now);
  EXPECT_EQ(join(a, r).result, JoinResult::kOlder);
  r.dirty_ns = 1001;
  r.version = a.registry.import_version(r, a.now);
  EXPECT_EQ(join(a, r).result, JoinResult::kApplied);
  EXPECT_TRUE(a.listed(kName));
}

// ---------------------------------------------------------------------------------------------------- forgetting

TEST_F(Join, ATombstoneOfForgottenAgeIsNotTaken) {
  a.put(kName);
  pass(seconds(1));
  a.cancel(kName);
  const Parcel p = kept(a, kName)->parcel;
  pass(seconds(4000));
  EXPECT_EQ(join(b, p.record()).result, JoinResult::kApplied);  // just not yet
  Node late(member(3));
  late.now = b.now + nanoseconds(1);
  const JoinOutcome out = join(late, p.record());
  EXPECT_EQ(out.result, JoinResult::kForgotten);
  EXPECT_FALSE(out.ref);
  EXPECT_EQ(late.registry.memory_bytes(), 0U);
}

TEST_F(Join, AllForgetATombstoneWithinOneSweep) {
  a.put(kName);
  a.cancel(kName);
  pass(seconds(3950));
  carry(a, b, kName);  // late, so its own age would keep it another hour
  for (int i = 0; i < 111; ++i) {
    a.live(seconds(1));
    b.live(seconds(1));
  }
  EXPECT_EQ(a.registry.lease_status().records, 0);
  EXPECT_EQ(b.registry.lease_status().records, 0);
  EXPECT_EQ(b.registry.memory_bytes(), 0U);
  EXPECT_TRUE(b.registry.digest() == Digest());
}

TEST_F(Join, TheTombstoneOfAnImportIsForgottenByItsAge) {
  a.replica_cancel(kName, 1000);  // its time says nothing
  pass(seconds(3000));
  EXPECT_EQ(carry(a, b, kName).result, JoinResult::kApplied);
  EXPECT_EQ(kept(b, kName)->parcel.record().hidden_age, seconds(3000));
  pass(seconds(940));
  Node late(member(3));
  late.now = a.now;
  EXPECT_EQ(carry(a, late, kName).result, JoinResult::kApplied);
  pass(nanoseconds(1));
  Node too_late(member(4));
  too_late.now = a.now;
  EXPECT_EQ(carry(a, too_late, kName).result, JoinResult::kForgotten);
}

TEST_F(Join, AHiddenRecordOfForgottenAgeIsNotTaken) {
  a.put(kName);
  const Parcel parcel = kept(a, kName)->parcel;
  Record r = parcel.record();
  r.hidden = true;
  r.hidden_age = seconds(3940) + nanoseconds(1);
  EXPECT_EQ(join(b, r).result, JoinResult::kForgotten);
  EXPECT_EQ(b.registry.memory_bytes(), 0U);
  r.hidden_age = seconds(3940);
  EXPECT_EQ(join(b, r).result, JoinResult::kApplied);
}

// ---------------------------------------------------------------------------------------------------- room

TEST_F(Join, AFullRegistryTakesNothingNewButTombstonesOfWhatItHas) {
  a.put(kName);
  carry(a, b, kName);
  b.registry.set_memory_bytes_max(b.registry.memory_bytes());
  a.put({"second"});
  EXPECT_EQ(carry(a, b, {"second"}).result, JoinResult::kFull);
  EXPECT_FALSE(b.registry.find_record(Name{"second"}.key()));
  a.put({"h", "z", "other", "e"});
  EXPECT_EQ(carry(a, b, {"h", "z", "other", "e"}).result, JoinResult::kFull);
  a.put(kName, version("longer than before"));
  EXPECT_EQ(carry(a, b, kName).result, JoinResult::kFull);
  EXPECT_TRUE(b.listed(kName));
  b.registry.set_memory_bytes_max(1);
  a.cancel(kName);
  EXPECT_EQ(carry(a, b, kName).result, JoinResult::kApplied);
  expect_digest_exact(b);
}

}  // namespace
}  // namespace discovery::registry
