// cancel and tombstones: discovery-api.md 5, 6.3; replication.md 2.3, 2.5 (R1, R2, R7).
#include <gtest/gtest.h>

#include "unit/registry/node.h"

namespace discovery::registry {
namespace {

const Name kName;
const Name kKeeper{"keeper"};  // a visible neighbour, through which tests look at what is no longer visible

TEST(Cancel, RemovesTheInstance) {
  Node node;
  node.put(kKeeper);
  node.put(kName);
  const uint64_t id = node.watch(kName, 4);
  const int64_t t = node.latest(kName);
  node.pass(seconds(3));
  const auto outcome = node.cancel(kName);
  ASSERT_TRUE(outcome);
  EXPECT_TRUE(outcome->applied);
  EXPECT_EQ(outcome->wake.app_id, id);
  EXPECT_EQ(outcome->wake.reactors, 16U);
  EXPECT_FALSE(node.listed(kName));
  EXPECT_TRUE(node.listed(kKeeper));
  EXPECT_GT(node.latest(kName), t);
  EXPECT_EQ(node.registry.size(), 1);
  EXPECT_EQ(node.registry.lease_status().expected_per_minute, 2);
}

TEST(Cancel, TheClientsStampIsIgnored) {
  Node node;
  node.put(kName);
  node.pass(seconds(1));
  const auto outcome = node.cancel(kName, Writer::kClient, 1);  // older than what is stored
  ASSERT_TRUE(outcome);
  EXPECT_TRUE(outcome->applied);
  EXPECT_EQ(node.latest(kName), node.now_ns());
  node.put(kName);
  node.cancel(kName, Writer::kClient, kFarFuture);
  EXPECT_LT(node.latest(kName), to_wire_ns(kStart + seconds(2)));  // and pushes T nowhere
  EXPECT_TRUE(node.put(kName, replica(kFarFuture - 1)).applied);   // nor does it stay as a tombstone's value
}

TEST(Cancel, OfTheUnknownIsNotFoundAndLeavesNothing) {
  Node node;
  node.put(kKeeper);
  const std::string before = node.dump();
  const Name unknown[] = {
      kName, {"keeper", "zone-b"}, {"keeper", "zone-a", "x"}, {"keeper", "zone-a", "shop.cart", "x"}};
  for (const Name& n : unknown) {
    EXPECT_FALSE(node.cancel(n)) << n;
    EXPECT_FALSE(node.cancel(n, Writer::kClient, 1000)) << n;
    EXPECT_FALSE(node.replica_cancel(n, 0)) << n;
    EXPECT_FALSE(node.replica_cancel(n, -1)) << n;
  }
  EXPECT_EQ(node.dump(), before);
}

TEST(Cancel, TheSecondIsNotFoundAndNoChange) {
  Node node;
  node.put(kKeeper);
  node.put(kName);
  node.cancel(kName);
  node.watch(kName, 1);
  const std::string before = node.dump();
  EXPECT_FALSE(node.cancel(kName));
  EXPECT_EQ(node.dump(), before);
  EXPECT_EQ(node.registry.lease_status().expected_per_minute, 2);
}

TEST(Cancel, OfTheLastInstanceMakesTheApplicationUnknownButKeepsT) {  // D6
  Node node;
  node.put(kName);
  node.watch(kName, 9);
  const int64_t t = node.latest(kName);
  const auto outcome = node.cancel(kName);
  EXPECT_EQ(outcome->wake.reactors, uint64_t{1} << 9);
  EXPECT_FALSE(node.look(kName).known);
  EXPECT_FALSE(node.look(kName).zone_known);
  EXPECT_GT(node.latest(kName), t);
  EXPECT_TRUE(node.registry.application_keys().empty());
  bool called = false;
  node.registry.with_application(kName.app(), [&](const Application&) { called = true; });
  EXPECT_FALSE(called);
}

// ---------------------------------------------------------------------------------------------------- replicas

TEST(CancelReplica, ALateOneIsDropped) {  // R2
  Node node;
  node.put(kName, dirty(1000));
  node.watch(kName, 1);
  const std::string before = node.dump();
  const auto outcome = node.replica_cancel(kName, 999);
  ASSERT_TRUE(outcome);  // answered 0
  EXPECT_FALSE(outcome->applied);
  EXPECT_EQ(outcome->wake.reactors, 0U);
  EXPECT_EQ(node.dump(), before);
}

TEST(CancelReplica, OfTheSameOrANewerStateApplies) {
  for (const int64_t stamp : {int64_t{1000}, int64_t{1001}, kFarFuture}) {
    Node node;
    node.put(kName, dirty(1000));
    const auto outcome = node.replica_cancel(kName, stamp);
    ASSERT_TRUE(outcome);
    EXPECT_TRUE(outcome->applied);
    EXPECT_FALSE(node.listed(kName));
    EXPECT_EQ(node.latest(kName), node.now_ns() + 1);  // T + 1: the stamp pushes it nowhere
  }
}

TEST(CancelReplica, WithoutAStampApplies) {  // the original normally sends 0
  for (const int64_t stamp : {int64_t{0}, int64_t{-1}}) {
    Node node;
    node.put(kName, dirty(kFarFuture));
    EXPECT_TRUE(node.replica_cancel(kName, stamp)->applied);
    EXPECT_FALSE(node.listed(kName));
  }
}

TEST(CancelReplica, OfTheUnknownLeavesATombstone) {  // R1: the cancel overtook the register
  Node node;
  EXPECT_FALSE(node.replica_cancel(kName, 1000));  // -404 all the same
  EXPECT_FALSE(node.look(kName).known);
  EXPECT_EQ(node.registry.size(), 0);
  EXPECT_EQ(node.registry.lease_status().expected_per_minute, 0);
  EXPECT_FALSE(node.put(kName, replica(1000)).applied);
  EXPECT_FALSE(node.put(kName, replica(999)).applied);
  EXPECT_FALSE(node.listed(kName));
  EXPECT_TRUE(node.put(kName, replica(1001)).applied);
  EXPECT_TRUE(node.listed(kName));
}

TEST(CancelReplica, TheTombstoneOfTheUnknownHasTheVersionOfAnImport) {
  struct Case {
    int64_t stamp, t;
  };
  const int64_t now = to_wire_ns(kStart);
  const int64_t ten_s = Duration(seconds(10)).count();
  for (const Case& c : {Case{1000, 1000}, Case{now, now}, Case{now + ten_s, now + ten_s}, Case{now + ten_s + 1, now},
                        Case{kFarFuture, now}}) {
    Node node;
    node.put(kKeeper);
    node.replica_cancel(kName, c.stamp);
    const auto tombstone = node.record(kName);
    ASSERT_TRUE(tombstone);
    EXPECT_EQ(tombstone->numbers.state, RecordState::kTombstone);
    const Version& v = tombstone->numbers.version;
    EXPECT_NE(v.incarnation.import_hash, 0U);
    EXPECT_EQ(v, (Version{{c.t, 0, true, v.incarnation.import_hash}, {}}));
    EXPECT_EQ(tombstone->numbers.dirty_ns, c.stamp);
  }
}

TEST(CancelReplica, OnATombstoneTheNewestValueStays) {
  Node node;
  node.replica_cancel(kName, 1000);
  node.replica_cancel(kName, 2000);
  node.replica_cancel(kName, 500);
  EXPECT_FALSE(node.put(kName, replica(2000)).applied);
  EXPECT_TRUE(node.put(kName, replica(2001)).applied);
}

// The cancel of a newer incarnation overtook the register of it, while an older one is listed here.
TEST(CancelReplica, OfANewerStateThanStoredKeepsTheRegisterItOvertookAway) {
  Node node;
  node.put(kName, replica(1000, "old"));
  ASSERT_TRUE(node.replica_cancel(kName, 2000)->applied);
  EXPECT_FALSE(node.put(kName, replica(2000, "overtaken")).applied);
  EXPECT_FALSE(node.put(kName, replica(1500, "older still")).applied);
  EXPECT_FALSE(node.listed(kName));
  EXPECT_TRUE(node.put(kName, replica(2001, "back")).applied);
}

TEST(Cancel, KeepsOnlyKeyAndVersion) {
  Node node;
  node.put(kKeeper);
  Put big;
  big.metadata_json = std::string(10000, 'm');
  node.pass(seconds(1));
  node.put(kName, big);
  const uint64_t before = node.registry.memory_bytes();
  node.pass(seconds(1));
  node.cancel(kName);
  EXPECT_LT(node.registry.memory_bytes() + 10000, before + 1);
  const auto tombstone = node.record(kName);
  ASSERT_TRUE(tombstone);
  EXPECT_EQ(tombstone->numbers.state, RecordState::kTombstone);
  EXPECT_EQ(tombstone->numbers.version, (Version{{node.now_ns(), 1, true}, {}}));
  EXPECT_EQ(tombstone->numbers.dirty_ns, to_wire_ns(kStart + seconds(1)));
  EXPECT_EQ(tombstone->metadata_json + tombstone->addrs_json + tombstone->version + tombstone->region, "");
}

// ---------------------------------------------------------------------------------------------------- hidden instances

class CancelHidden : public ::testing::Test {
 protected:
  CancelHidden() {
    node.put(kKeeper);
    node.put(kName, dirty(1000));
    while (node.listed(kName) && node.now < kStart + minutes(5)) {
      node.renew(kKeeper);
      node.live(seconds(5));
    }
    EXPECT_FALSE(node.listed(kName));
  }
  Node node;
};

TEST_F(CancelHidden, IsNotFoundAndLeavesATombstone) {
  const int64_t t = node.latest(kName);
  const int64_t expected = node.registry.lease_status().expected_per_minute;
  EXPECT_FALSE(node.cancel(kName));
  EXPECT_EQ(node.latest(kName), t);  // nothing visible changed
  EXPECT_EQ(node.registry.lease_status().expected_per_minute, expected);
  EXPECT_EQ(node.registry.size(), 1);
  EXPECT_EQ(node.record(kName)->numbers.state, RecordState::kTombstone);
  EXPECT_FALSE(node.put(kName, replica(1000)).applied);  // as hidden it would have come back
  EXPECT_TRUE(node.put(kName).applied);
}

TEST_F(CancelHidden, ALateReplicaIsDropped) {
  EXPECT_FALSE(node.replica_cancel(kName, 999));
  EXPECT_EQ(node.record(kName)->numbers.state, RecordState::kHidden);
  EXPECT_TRUE(node.put(kName, replica(1000)).applied);  // its peer still has it
  EXPECT_TRUE(node.listed(kName));
}

TEST_F(CancelHidden, AReplicaOfTheSameOrANewerStateLeavesATombstone) {
  EXPECT_FALSE(node.replica_cancel(kName, 1500));
  EXPECT_EQ(node.record(kName)->numbers.state, RecordState::kTombstone);
  EXPECT_FALSE(node.put(kName, replica(1500)).applied);
  EXPECT_TRUE(node.put(kName, replica(1501)).applied);
}

// ---------------------------------------------------------------------------------------------------- forgetting

// K = 4,000 s; the sweep after it forgets.
TEST(Tombstone, IsKeptForKAndThenForgotten) {
  Node node;
  node.replica_cancel(kName, 1000);
  const uint64_t with_tombstone = node.registry.memory_bytes();
  node.live(seconds(3999));
  EXPECT_EQ(node.registry.memory_bytes(), with_tombstone);
  EXPECT_FALSE(node.put(kName, replica(1000)).applied);
  node.live(seconds(62));
  EXPECT_EQ(node.registry.memory_bytes(), 0U);
  EXPECT_TRUE(node.put(kName, replica(1000)).applied);
}

TEST(Tombstone, OfACancelIsKeptForKAndThenForgotten) {
  Node node;
  node.put(kName);
  node.live(seconds(30));
  node.cancel(kName);
  const int64_t stamp = to_wire_ns(kStart);
  node.live(seconds(3999));
  EXPECT_FALSE(node.put(kName, replica(stamp)).applied);
  node.live(seconds(62));
  EXPECT_EQ(node.registry.memory_bytes(), 0U);
  EXPECT_TRUE(node.put(kName, replica(stamp)).applied);
}

TEST(Tombstone, ALaterCancelKeepsItLonger) {
  Node node;
  node.replica_cancel(kName, 1000);
  node.live(seconds(3900));
  node.replica_cancel(kName, 2000);
  node.live(seconds(3900));
  EXPECT_FALSE(node.put(kName, replica(2000)).applied);
  node.live(seconds(200));
  EXPECT_TRUE(node.put(kName, replica(2000)).applied);
}

TEST(Tombstone, OthersDoNotChangeIt) {
  Node node;
  node.put({"b"});
  node.put(kName, dirty(1000));
  node.put({"c"});
  node.cancel(kName);
  node.put({"d"});
  node.cancel({"b"});
  node.cancel({"c"});
  EXPECT_FALSE(node.put(kName, replica(1000)).applied);
  EXPECT_EQ(node.listing(), std::vector<Name>{{"d"}});
}

TEST(Hidden, IsKeptForKAndThenForgotten) {
  Node node;
  node.put(kKeeper);
  node.put(kName);
  for (int i = 0; i < 4000 / 30; ++i) {
    node.live(seconds(30));
    node.renew(kKeeper);
  }
  EXPECT_EQ(node.record(kName)->numbers.state, RecordState::kHidden);
  for (int i = 0; i < 3; ++i) {
    node.live(seconds(30));
    node.renew(kKeeper);
  }
  EXPECT_FALSE(node.record(kName));
  EXPECT_TRUE(node.listed(kKeeper));
}

}  // namespace
}  // namespace discovery::registry
