// References to records, reading all of them, and what peers are told of changes.
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "unit/registry/exchange.h"

namespace discovery::registry {
namespace {

const Name kName;
Name numbered(uint64_t i) { return {"h" + std::to_string(i), "z", "app-" + std::to_string(i % 40), "e"}; }

std::vector<Name> names_of(const Node& node, const std::vector<RecordRef>& refs) {
  std::vector<Name> out;
  for (const RecordRef ref : refs) {
    node.registry.with_record(ref, [&](const StoredRecord& s) {
      out.push_back(name_of({s.app, s.instance, s.lease_ns}));
    });
  }
  return out;
}

// ---------------------------------------------------------------------------------------------------- references

TEST(RecordRef, NamesARecordAsLongAsItIsStored) {
  Node node(member(1));
  EXPECT_FALSE(node.registry.find_record(kName.key()));
  EXPECT_FALSE(node.registry.with_record({}, [](const StoredRecord&) { FAIL(); }));
  node.put(kName);
  const RecordRef ref = node.registry.find_record(kName.key());
  ASSERT_TRUE(ref);
  node.put(kName, version("2"));
  EXPECT_EQ(kept(node, ref)->parcel.record().text.version, "2");
  node.cancel(kName);
  EXPECT_EQ(kept(node, ref)->state, RecordState::kTombstone);
  EXPECT_EQ(node.registry.find_record(kName.key()), ref);
  node.live(seconds(4080));
  EXPECT_FALSE(node.registry.with_record(ref, [](const StoredRecord&) { FAIL(); }));
  node.put(kName);  // takes the same slot again
  const RecordRef again = node.registry.find_record(kName.key());
  EXPECT_EQ(again.slot, ref.slot);
  EXPECT_NE(again.generation, ref.generation);
  EXPECT_FALSE(node.registry.with_record(ref, [](const StoredRecord&) { FAIL(); }));
}

TEST(RecordRef, FollowsARecordThatMoves) {
  Node node(member(1));
  for (const char* host : {"a", "b", "c"}) node.put({host});
  const RecordRef c = node.registry.find_record(Name{"c"}.key());
  node.cancel({"a"});
  for (int i = 0; i < 4080; i += 30) {  // only the tombstone of a is forgotten; the last record takes its place
    node.live(seconds(30));
    node.renew({"b"});
    node.renew({"c"});
  }
  EXPECT_FALSE(node.registry.find_record(Name{"a"}.key()));
  EXPECT_EQ(kept(node, c)->parcel.record().text.hostname, "c");
}

TEST(RecordRef, OfAnythingElseNamesNothing) {
  Node node(member(1));
  node.put(kName);
  const RecordRef ref = node.registry.find_record(kName.key());
  for (const RecordRef wrong : {RecordRef{ref.slot + 1, ref.generation}, RecordRef{ref.slot + 16, ref.generation},
                                RecordRef{ref.slot, ref.generation + 1}, RecordRef{ref.slot, 0},
                                RecordRef{UINT32_MAX, UINT32_MAX}, RecordRef{0, 0}}) {
    EXPECT_FALSE(node.registry.with_record(wrong, [](const StoredRecord&) { FAIL(); }));
  }
}

TEST(ReadRecords, ShowsEachOnceWhateverTheBudget) {
  Node node(member(1));
  std::set<Name> all;
  for (uint64_t i = 0; i < 300; ++i) {
    node.put(numbered(i));
    all.insert(numbered(i));
  }
  node.cancel(numbered(5));
  for (const size_t budget : {size_t{1}, size_t{7}, size_t{300}, size_t{100'000}}) {
    std::multiset<Name> seen;
    RecordCursor at;
    size_t calls = 0;
    bool more = true;
    while (more) {
      size_t in_call = 0;
      more = node.registry.read_records(at, budget, [&](const StoredRecord& s) {
        seen.insert(name_of({s.app, s.instance, 0}));
        ++in_call;
      });
      ASSERT_LE(in_call, budget);
      ASSERT_LT(++calls, 1000U);
    }
    EXPECT_EQ(seen.size(), 300U);
    EXPECT_EQ(std::set<Name>(seen.begin(), seen.end()), all);
  }
}

TEST(ReadRecords, WhatStaysIsSeenOnceWhileOthersComeAndGo) {
  SeededRandom random(11);
  Node node(member(1));
  std::set<Name> stay;
  for (uint64_t i = 0; i < 100; ++i) {
    node.put(numbered(i));
    stay.insert(numbered(i));
  }
  uint64_t next = 100;
  for (int round = 0; round < 30; ++round) {
    std::multiset<Name> seen;
    RecordCursor at;
    while (node.registry.read_records(at, 5, [&](const StoredRecord& s) {
      seen.insert(name_of({s.app, s.instance, 0}));
    })) {
      for (int i = 0; i < 5; ++i) node.put(numbered(next++));
      if (random.below(3) == 0) node.cancel(numbered(100 + random.below(next - 100)));
      node.live(seconds(1));
      for (const Name& n : stay) node.renew(n);
      if (next > 3000) break;
    }
    if (next > 3000) break;
    for (const Name& n : stay) ASSERT_EQ(seen.count(n), 1U) << n;
  }
}

TEST(StoredRecord, TellsAgesAsTheyAreWhenItIsSent) {
  Node node(member(1));
  node.put(kName);
  node.pass(seconds(20));
  EXPECT_EQ(kept(node, kName)->parcel.record().home_age, seconds(20));
  EXPECT_EQ(kept(node, kName)->parcel.record().hidden_age, seconds(0));
  node.renew(kName);
  node.pass(seconds(1));
  const Parcel parcel = kept(node, kName)->parcel;
  const Record r = parcel.record();
  EXPECT_EQ(r.home_age, seconds(1));
  EXPECT_EQ(r.app_latest_ns, node.latest(kName));
  EXPECT_EQ(r.app, kName.app());
  EXPECT_EQ(r.status, 1U);
  node.live(hours(1) + minutes(3));
  ASSERT_EQ(kept(node, kName)->state, RecordState::kHidden);
  EXPECT_TRUE(kept(node, kName)->parcel.record().hidden);
  EXPECT_EQ(kept(node, kName)->parcel.record().hidden_age, hours(1) + minutes(3) + seconds(1));
}

TEST(StoredRecord, OfAForeignRecordTellsNoRenewal) {
  Node a(member(1)), b(member(2));
  a.put(kName);
  carry(a, b, kName);
  EXPECT_FALSE(kept(b, kName)->parcel.record().home_age);
  EXPECT_FALSE(kept(b, kName)->lease_known);
  EXPECT_TRUE(kept(a, kName)->lease_known);
}

// ---------------------------------------------------------------------------------------------------- changes

LocalChanges taken(Node& node) {
  LocalChanges out;
  node.registry.take_changes(out);
  return out;
}

TEST(LocalChanges, AreNotKeptUnlessAskedFor) {
  Node node(member(1));
  node.put(kName);
  node.renew(kName);
  EXPECT_TRUE(taken(node).changed.empty());
  node.registry.keep_changes(true);
  EXPECT_TRUE(taken(node).renewed.empty());
  node.put(kName);
  node.registry.keep_changes(false);
  node.registry.keep_changes(true);
  EXPECT_TRUE(taken(node).changed.empty());
  node.renew(kName);  // what was forgotten does not stand in the way
  EXPECT_EQ(taken(node).renewed.size(), 1U);
}

TEST(LocalChanges, TellRegisterSetAndCancel) {
  Node node(member(1));
  node.registry.keep_changes(true);
  node.put(kName);
  LocalChanges c = taken(node);
  const RecordRef ref = node.registry.find_record(kName.key());
  ASSERT_EQ(c.changed.size(), 1U);
  EXPECT_EQ(c.changed[0].ref, ref);
  EXPECT_FALSE(c.changed[0].from_peer);
  EXPECT_EQ(c.renewed, std::vector<RecordRef>{ref});
  ASSERT_TRUE(node.set_status(kName, 2));
  c = taken(node);
  EXPECT_EQ(c.changed.size(), 1U);
  EXPECT_TRUE(c.renewed.empty());  // a set is no sign of life
  node.cancel(kName);
  EXPECT_EQ(taken(node).changed.size(), 1U);
  EXPECT_TRUE(taken(node).changed.empty());
  node.replica_cancel({"unknown"}, 5);
  EXPECT_EQ(names_of(node, {taken(node).changed[0].ref}), std::vector<Name>{{"unknown"}});
  node.replica_cancel({"unknown"}, 6);
  EXPECT_EQ(taken(node).changed.size(), 1U);
  node.replica_cancel({"unknown"}, 6);
  EXPECT_TRUE(taken(node).changed.empty());
}

TEST(LocalChanges, SayWhatCameFromAPeer) {
  Node node(member(1));
  node.registry.keep_changes(true);
  RegisterArgs args;
  args.key = kName.key();
  args.writer = Writer::kReplica;
  args.from_peer = true;
  args.dirty_timestamp_ns = 1000;
  ASSERT_TRUE(node.registry.register_instance(args, node.now));
  const SetItem item{kName.hostname, 2U, false};
  ASSERT_TRUE(node.registry.set({kName.app(), kName.zone, {&item, 1}, 0, true, kNoMerge}, node.now));
  ASSERT_TRUE(node.registry.cancel({kName.key(), Writer::kReplica, 0, true}, node.now));
  const LocalChanges c = taken(node);
  ASSERT_EQ(c.changed.size(), 3U);
  for (const auto& change : c.changed) EXPECT_TRUE(change.from_peer);
}

TEST(LocalChanges, TellARenewalOncePerPeriod) {
  Node node(member(1));
  node.registry.keep_changes(true);
  node.put(kName);
  node.put({"second"});
  for (int i = 0; i < 3; ++i) node.renew(kName);
  EXPECT_EQ(taken(node).renewed.size(), 2U);
  EXPECT_TRUE(taken(node).renewed.empty());
  node.renew({"second"});
  node.renew({"second"});
  EXPECT_EQ(names_of(node, taken(node).renewed), std::vector<Name>{{"second"}});
  EXPECT_FALSE(node.renew({"third"}));
  EXPECT_TRUE(taken(node).renewed.empty());
}

TEST(LocalChanges, ARepeatedReplicaRegisterIsOnlyARenewal) {
  Node node(member(1));
  node.registry.keep_changes(true);
  node.put(kName, replica(1000));
  EXPECT_EQ(taken(node).changed.size(), 1U);
  node.pass(seconds(5));
  node.put(kName, replica(1000));
  const LocalChanges c = taken(node);
  EXPECT_TRUE(c.changed.empty());
  EXPECT_EQ(c.renewed.size(), 1U);
  EXPECT_EQ(kept(node, kName)->home_ns, node.now_ns());
  node.put(kName, replica(999));  // loses
  EXPECT_TRUE(taken(node).renewed.empty());
}

TEST(LocalChanges, WhatWasJoinedIsNotTheirs) {
  Node a(member(1)), b(member(2));
  b.registry.keep_changes(true);
  a.put(kName);
  carry(a, b, kName);
  EXPECT_TRUE(taken(b).changed.empty());
  EXPECT_TRUE(taken(b).renewed.empty());
}

TEST(LocalChanges, PastTheLimitSaySoAndKeepTheRest) {
  Node node(member(1));
  node.registry.keep_changes(true);
  const Name name = kName;  // one application is one shard
  for (size_t i = 0; i < LocalChanges::kChangesMax; ++i) node.put(name);
  LocalChanges c = taken(node);
  EXPECT_EQ(c.changed.size(), LocalChanges::kChangesMax);
  EXPECT_FALSE(c.changes_lost);
  for (size_t i = 0; i <= LocalChanges::kChangesMax; ++i) node.put(name);
  c = taken(node);
  EXPECT_EQ(c.changed.size(), LocalChanges::kChangesMax);
  EXPECT_TRUE(c.changes_lost);
  EXPECT_FALSE(c.renewals_lost);
  EXPECT_FALSE(taken(node).changes_lost);
}

}  // namespace
}  // namespace discovery::registry
