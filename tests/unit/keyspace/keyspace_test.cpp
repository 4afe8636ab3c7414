#include "keyspace/keyspace.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "unit/keyspace/keyspace_testing.h"

namespace discovery::keyspace {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Keyspace, GivesBackWhatWasPut) {
  Node node;
  const WriteOutcome first = node.put("a", "1");
  EXPECT_EQ(first.fault, Fault::kNone);
  EXPECT_EQ(first.before, nullptr);
  const WriteOutcome second = node.put("a", "1");
  EXPECT_GE(second.revision, first.revision + kRevisionStep) << "the same again is a change, as in etcd";
  ASSERT_NE(second.before, nullptr);
  EXPECT_EQ(second.before->mod_revision, first.revision);
  const auto found = node.keys.range({"a", ""}, 0);
  ASSERT_EQ(found.kvs.size(), 1U);
  EXPECT_EQ(found.kvs[0]->create_revision, first.revision);
  EXPECT_EQ(found.kvs[0]->mod_revision, second.revision);
  EXPECT_EQ(found.kvs[0]->version, 2);
  EXPECT_EQ(found.revision, second.revision);
}

TEST(Keyspace, HoldsAnyBytes) {
  Node node;
  const std::string key("\0\xff%\x01 /", 6);
  const std::string value("\0\xff", 2);
  EXPECT_EQ(node.put(key, value).fault, Fault::kNone);
  EXPECT_EQ(node.get(key), value);
  EXPECT_EQ(node.put(std::string(1024, 'k'), "v").fault, Fault::kNone);
  EXPECT_EQ(node.put(std::string(1025, 'k'), "v").fault, Fault::kKeyTooLong);
  EXPECT_EQ(node.put("", "v").fault, Fault::kKeyTooLong);
}

TEST(Keyspace, RangesAreInOrderOfBytes) {
  Node node;
  for (const char* key : {"b/2", "a", "b/10", "c", "b"}) node.put(key, key);
  const auto keys_in = [&](const KeyRange& range, size_t limit = 0) {
    std::vector<std::string> keys;
    for (const auto& kv : node.keys.range(range, limit).kvs) keys.push_back(kv->key);
    return keys;
  };
  EXPECT_THAT(keys_in({"b/", "b0"}), ElementsAre("b/10", "b/2"));
  EXPECT_THAT(keys_in({"b", std::string(1, '\0')}), ElementsAre("b", "b/10", "b/2", "c"));
  EXPECT_THAT(keys_in({std::string(1, '\0'), std::string(1, '\0')}, 2), ElementsAre("a", "b"));
  EXPECT_EQ(node.keys.range({"a", "z"}, 2).count, 5U);
  EXPECT_THAT(keys_in({"x", "b"}), IsEmpty());
}

TEST(Keyspace, DeletesARange) {
  Node node;
  for (const char* key : {"a/1", "a/2", "b"}) node.put(key, key);
  const DeleteOutcome gone = node.keys.erase({"a/", "a0"}, "", node.now);
  EXPECT_EQ(gone.deleted.size(), 2U);
  EXPECT_EQ(node.get("a/1"), "-");
  EXPECT_EQ(node.get("b"), "b");
  EXPECT_THAT(node.keys.erase({"a/", "a0"}, "", node.now).deleted, IsEmpty());
  node.put("a/1", "new");
  EXPECT_EQ(node.keys.range({"a/1", ""}, 0).kvs[0]->version, 1) << "it restarts after a deletion";
}

TEST(Keyspace, KeepsValueOrLeaseWhereAsked) {
  Node node;
  const LeaseId lease = node.grant(seconds(30));
  node.put("a", "1", lease);
  EXPECT_EQ(node.keys.put({.key = "a", .value = "2", .keep_lease = true}, node.now).fault, Fault::kNone);
  EXPECT_EQ(node.keys.range({"a", ""}, 0).kvs[0]->lease, lease);
  EXPECT_EQ(node.keys.put({.key = "a", .keep_value = true}, node.now).fault, Fault::kNone);
  EXPECT_EQ(node.get("a"), "2");
  EXPECT_EQ(node.keys.range({"a", ""}, 0).kvs[0]->lease, 0);
  EXPECT_EQ(node.keys.put({.key = "b", .keep_value = true}, node.now).fault, Fault::kNoKey);
}

// -- leases

TEST(KeyspaceLeases, EndWithTheirKeysAndInstances) {
  Node node;
  const LeaseId lease = node.grant(seconds(10));
  node.put("svc/shop/h1", "10.0.0.1:80", lease);
  node.put("other", "x", lease);
  EXPECT_THAT(node.listed("shop"), ElementsAre("h1"));
  node.pass(seconds(9));
  EXPECT_EQ(node.get("other"), "x");
  node.pass(seconds(2));
  EXPECT_EQ(node.get("other"), "-");
  EXPECT_EQ(node.get("svc/shop/h1"), "-");
  EXPECT_THAT(node.listed("shop"), IsEmpty());
  EXPECT_FALSE(node.keys.keep_alive(lease, "", node.now)) << "over is over";
  EXPECT_EQ(node.put("again", "x", lease).fault, Fault::kNoLease);
  EXPECT_THAT(node.keys.leases(), IsEmpty());
}

TEST(KeyspaceLeases, AreKeptAlive) {
  Node node;
  const LeaseId lease = node.grant(seconds(5));
  node.put("svc/shop/h1", "10.0.0.1:80", lease);
  for (int i = 0; i < 30; ++i) {
    node.pass(seconds(2));
    EXPECT_EQ(node.keys.keep_alive(lease, "", node.now), seconds(5));
  }
  EXPECT_THAT(node.listed("shop"), ElementsAre("h1"));
  EXPECT_EQ(node.keys.lease(lease, true, node.now)->left, seconds(5));
  EXPECT_THAT(node.keys.lease(lease, true, node.now)->keys, ElementsAre("svc/shop/h1"));
}

/// Since when nothing has renewed that record.
Duration silence(const Node& node, const registry::InstanceKeyView& name) {
  Duration age = Duration::max();
  node.registry.with_record(node.registry.find_record(name), [&](const registry::StoredRecord& stored) {
    age = node.now - from_wire_ns(stored.lease_ns);
  });
  return age;
}

TEST(KeyspaceLeases, AreRenewedWithAllThatHangsOnThemThen) {
  Node node;
  const LeaseId lease = node.grant(seconds(60));
  node.put("svc/shop/h1", "10.0.0.1:80", lease);
  node.put("plain", "x", lease);
  const RecordName plain = record_of_key("plain");
  const RecordName key = record_of_key("svc/shop/h1");
  const RecordName second = record_of_key("second");
  const RecordName own = record_of_lease(lease);
  const registry::InstanceKeyView mapped{{"dev", "shop"}, "z", "h1"};
  const auto renew = [&] {
    node.now += seconds(5);
    ASSERT_TRUE(node.keys.keep_alive(lease, "", node.now));
  };
  for (int i = 0; i < 3; ++i) {  // found, then known
    renew();
    for (const auto& name : {plain.view(), key.view(), mapped, own.view()})
      EXPECT_EQ(silence(node, name), Duration::zero()) << i << name.hostname;
  }
  node.put("second", "x", lease);
  renew();
  EXPECT_EQ(silence(node, second.view()), Duration::zero()) << "attached after it was known what to renew";
  node.put("plain", "x");
  renew();
  EXPECT_EQ(silence(node, plain.view()), seconds(5)) << "it has another lease";
  node.put("svc/shop/h1", "10.0.0.2:80", lease);
  renew();
  EXPECT_EQ(silence(node, mapped), Duration::zero());
  ASSERT_TRUE(node.registry.cancel({.key = mapped}, node.now));
  renew();
  EXPECT_EQ(silence(node, key.view()), Duration::zero()) << "whatever became of its instance";
}

TEST(KeyspaceLeases, DoNotRenewAnInstanceThatAServiceTookOver) {
  Node node;
  const LeaseId lease = node.grant(seconds(60));
  node.put("svc/shop/h1", "10.0.0.1:80", lease);
  ASSERT_TRUE(node.keys.keep_alive(lease, "", node.now));
  registry::RegisterArgs args;
  args.key = {{"dev", "shop"}, "z", "h1"};
  args.addrs_json = R"(["tcp://10.0.0.2:80"])";
  args.metadata_json = "{}";
  ASSERT_TRUE(node.registry.register_instance(args, node.now));
  node.now += seconds(5);
  ASSERT_TRUE(node.keys.keep_alive(lease, "", node.now));
  EXPECT_EQ(silence(node, args.key), seconds(5));
  const RecordName key = record_of_key("svc/shop/h1");
  EXPECT_EQ(silence(node, key.view()), Duration::zero());
}

TEST(KeyspaceLeases, LeaveAKeyThatMovedAlone) {
  Node node;
  const LeaseId first = node.grant(seconds(5));
  node.put("svc/shop/h1", "10.0.0.1:80", first);
  const LeaseId second = node.grant(seconds(60));
  node.put("svc/shop/h1", "10.0.0.1:81", second);
  node.pass(seconds(20));
  EXPECT_EQ(node.get("svc/shop/h1"), "10.0.0.1:81");
  EXPECT_THAT(node.listed("shop"), ElementsAre("h1"));
  EXPECT_THAT(node.keys.leases(), ElementsAre(second));
  node.put("svc/shop/h1", "10.0.0.1:82");
  node.pass(seconds(200));
  EXPECT_EQ(node.get("svc/shop/h1"), "10.0.0.1:82") << "it has no lease any more";
  EXPECT_THAT(node.listed("shop"), ElementsAre("h1"));
}

TEST(KeyspaceLeases, AreRevokedOnce) {
  Node node;
  const LeaseId lease = node.grant(seconds(60));
  node.put("svc/shop/h1", "10.0.0.1:80", lease);
  EXPECT_TRUE(node.keys.revoke(lease, "", node.now));
  EXPECT_EQ(node.get("svc/shop/h1"), "-");
  EXPECT_THAT(node.listed("shop"), IsEmpty());
  EXPECT_FALSE(node.keys.revoke(lease, "", node.now));
  EXPECT_FALSE(node.keys.lease(lease, false, node.now));
}

TEST(KeyspaceLeases, ThatClientsChoseAreUnique) {
  Node node;
  EXPECT_EQ(node.keys.grant(4711, seconds(1), "", node.now).length, seconds(2)) << "raised to the least";
  EXPECT_EQ(node.keys.grant(4711, seconds(10), "", node.now).fault, Fault::kLeaseExists);
}

TEST(KeyspaceLeases, HaveIdsOfTheirOwnAlsoByTheThousand) {
  Node n;
  std::set<LeaseId> ids;
  for (int i = 0; i < 10'000; ++i) ids.insert(n.grant(seconds(10)));
  n.now += seconds(1);  // within the seconds that were borrowed
  for (int i = 0; i < 10; ++i) ids.insert(n.grant(seconds(10)));
  EXPECT_EQ(ids.size(), 10'010u);
  EXPECT_LE(facts_of(*ids.rbegin()).granted, n.now + seconds(2));
}

// The process that takes a node's place begins in the same second, with all records, and both grant for a while.
TEST(KeyspaceLeases, OfTwoProcessesOfANodeDiffer) {
  Node old;
  std::set<LeaseId> ids;
  size_t granted = 0;
  const auto grant = [&](Node& n, int count) {
    for (int i = 0; i < count; ++i, ++granted) ids.insert(n.grant(seconds(10)));
  };
  grant(old, 100);
  old.keys.revoke(*ids.begin(), "", old.now);
  Node next;
  old.tell(next);
  old.keys.leave();
  for (int second = 0; second < 3; ++second) {
    grant(next, 100);
    grant(old, 100);
    next.now += seconds(1);
    old.now += seconds(1);
  }
  grant(old, 1000);
  grant(next, 5000);
  EXPECT_EQ(ids.size(), granted);
}

// R3: another node granted it a moment ago, and its record has yet to arrive.
TEST(KeyspaceLeases, OfAnotherNodeAreTakenOn) {
  Node a(1), b(2);
  const LeaseId lease = a.grant(seconds(10));
  EXPECT_EQ(b.put("k", "v", lease).fault, Fault::kNone);
  EXPECT_EQ(b.keys.numbers().adopted, 1U);
  const LeaseId other = a.grant(seconds(10));
  EXPECT_EQ(b.keys.keep_alive(other, "", b.now), seconds(10));
  const LeaseId old = a.grant(seconds(10));
  b.now += seconds(10);
  EXPECT_FALSE(b.keys.keep_alive(old, "", b.now)) << "it is as old as it is long";
  EXPECT_EQ(b.put("k2", "v", 4711).fault, Fault::kNoLease) << "an id that tells nothing";
}

TEST(KeyspaceLeases, ThatWereRevokedAreNotTakenOn) {
  Node a(1), b(2);
  const LeaseId lease = a.grant(seconds(10));
  a.keys.revoke(lease, "", a.now);
  a.tell(b);
  EXPECT_FALSE(b.keys.keep_alive(lease, "", b.now));
}

TEST(KeyspaceLeases, EndWhereTheLastRenewalArrivedFirst) {
  Node a(1), b(2);
  const LeaseId lease = a.grant(seconds(4));
  a.put("svc/shop/h1", "10.0.0.1:80", lease);
  a.tell(b);
  EXPECT_THAT(b.listed("shop"), ElementsAre("h1"));
  b.pass(seconds(13));
  EXPECT_EQ(b.get("svc/shop/h1"), "10.0.0.1:80") << "the other one may have had a renewal";
  a.pass(seconds(13), milliseconds(100), kStart);
  EXPECT_EQ(a.get("svc/shop/h1"), "10.0.0.1:80") << "so may b, of which nothing is covered";
  a.keys.expire(a.now, a.now);
  EXPECT_EQ(a.get("svc/shop/h1"), "10.0.0.1:80") << "not looked at yet";
  a.pass(milliseconds(300), milliseconds(100), a.now);
  EXPECT_EQ(a.get("svc/shop/h1"), "-");
  a.tell(b);
  EXPECT_EQ(b.get("svc/shop/h1"), "-") << "it is believed";
  EXPECT_THAT(b.listed("shop"), IsEmpty());
}

TEST(KeyspaceLeases, EndAfterAGraceWithoutTheOtherNode) {
  Node a(1), b(2);
  const LeaseId lease = a.grant(seconds(4));
  a.put("k", "v", lease);
  a.tell(b);
  b.pass(seconds(4) + seconds(9), milliseconds(100), kStart);
  EXPECT_EQ(b.get("k"), "v");
  b.pass(seconds(2), milliseconds(100), kStart);
  EXPECT_EQ(b.get("k"), "-");
}

TEST(KeyspaceLeases, ARenewalElsewhereIsStrongerThanTheEndHere) {
  Node a(1), b(2);
  const LeaseId lease = a.grant(seconds(4));
  a.put("k", "v", lease);
  a.tell(b);
  b.now += seconds(3);
  EXPECT_TRUE(b.keys.keep_alive(lease, "", b.now));
  a.pass(seconds(5));
  EXPECT_EQ(a.get("k"), "-");
  a.tell(b);
  EXPECT_EQ(b.get("k"), "v") << "b knows better";
  b.tell(a);
  EXPECT_EQ(a.get("k"), "v") << "and tells";
}

// A node that learns of the key late, as after its start, knows no later renewal by that.
TEST(KeyspaceLeases, AnEndIsBelievedByWhoLearntOfTheKeyLate) {
  Node a(1), b(2);
  const LeaseId lease = a.grant(seconds(10));
  a.put("k", "v", lease);
  a.pass(seconds(9));
  b.now = a.now;
  a.tell(b);
  EXPECT_EQ(b.get("k"), "v");
  a.pass(seconds(2));
  ASSERT_EQ(a.get("k"), "-");
  b.now = a.now;
  a.tell(b);
  EXPECT_EQ(b.get("k"), "-");
}

// It has not heard of the last renewal, as after it stood still: the grace is for that.
TEST(KeyspaceLeases, AnEndAfterAnEarlierRenewalIsNotBelieved) {
  Node a(1), b(2);
  const LeaseId lease = a.grant(seconds(10));
  a.put("k", "v", lease);
  a.tell(b);
  b.now += seconds(12);  // late, but it was not over there yet
  ASSERT_TRUE(b.keys.keep_alive(lease, "", b.now));
  a.now += seconds(23);
  a.pass(seconds(1));
  ASSERT_EQ(a.get("k"), "-");
  b.now = a.now;  // 12 s after the renewal that only it knows of
  a.tell(b);
  EXPECT_EQ(b.get("k"), "v");
}

TEST(KeyspaceLeases, WhatRenewedTheKeyBeforeDoesNotRenewItUnderItsNextLease) {
  Node a(1), b(2);
  const LeaseId old = b.grant(seconds(60));
  b.put("k", "old", old);
  a.now = b.now += seconds(1);
  const LeaseId lease = a.grant(seconds(10));
  a.put("k", "new", lease);
  b.now += seconds(9);
  ASSERT_TRUE(b.keys.keep_alive(old, "", b.now));
  a.now = b.now;
  a.tell(b);
  ASSERT_EQ(b.get("k"), "new");
  b.pass(seconds(12), milliseconds(100), TimePoint{});
  EXPECT_EQ(b.get("k"), "-") << "ten seconds and the grace after it was put";
}

// The renewals came where the key was not known.
TEST(KeyspaceLeases, ShowAgainWhatWasHiddenWhileTheyWentOnElsewhere) {
  Node a(1), b(2);
  const LeaseId lease = a.grant(seconds(10));
  a.tell(b);
  a.put("k", "v", lease);
  for (int i = 0; i < 8; ++i) {
    a.pass(seconds(3), milliseconds(100), kStart);
    b.now = a.now;
    ASSERT_TRUE(b.keys.keep_alive(lease, "", b.now));
  }
  ASSERT_EQ(a.get("k"), "-");
  b.tell(a);
  a.pass(seconds(6));
  EXPECT_EQ(a.get("k"), "v");
}

/// `cut` takes a lease on for its key "k" and ends it, while `home` renews it; then they meet.
void end_while_cut_off(Node& home, Node& cut, LeaseId lease, Duration length) {
  cut.now += seconds(1);
  ASSERT_EQ(cut.put("k", "v", lease).fault, Fault::kNone);
  cut.pass(4 * length, length / 1000);
  ASSERT_EQ(cut.get("k"), "-");
  for (int i = 0; i < 15; ++i) {
    home.pass(3 * length / 10, length / 1000, kStart);
    ASSERT_TRUE(home.keys.keep_alive(lease, "", home.now));
  }
  cut.now = home.now;
  cut.tell(home);
}

// A node that is cut off takes a lease on, whose id tells a little more than was granted, and ends it. The others hear
// of that when they meet again as of something newer; the next renewal takes the lease on once more (simulator, seed
// 50460).
TEST(KeyspaceLeases, ShowAgainWhatWasHiddenWhenTheyAreTakenOnOnceMore) {
  Node home(1), cut(2);
  const LeaseId lease = home.grant(seconds(10'000));
  home.put("other", "v", lease);
  end_while_cut_off(home, cut, lease, seconds(10'000));
  home.pass(seconds(1));
  ASSERT_EQ(home.get("k"), "-");
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(home.keys.keep_alive(lease, "", home.now));
    home.pass(seconds(2));
  }
  EXPECT_EQ(home.get("k"), "v");
}

// The same lease, to the last byte: what renewed it at home is not over by what a cut off node knows (seed 60655).
TEST(KeyspaceLeases, GoOnWhereANodeThatTookThemOnEndedThem) {
  Node home(1), cut(2);
  const LeaseId lease = home.grant(seconds(10));
  end_while_cut_off(home, cut, lease, seconds(10));
  EXPECT_TRUE(home.keys.keep_alive(lease, "", home.now));
  home.pass(seconds(6));
  EXPECT_EQ(home.get("k"), "v");
  home.tell(cut);
  cut.pass(seconds(2));
  EXPECT_EQ(cut.get("k"), "v");
}

// Its end was to be looked at when the renewal that a key told of is over; the key is another's by then (seed 60863).
TEST(KeyspaceLeases, EndInTimeWhenTheKeyThatToldOfTheLatestRenewalMoves) {
  Node n;
  const LeaseId lease = n.grant(seconds(10));
  n.put("stays", "v", lease);
  n.pass(seconds(8));
  n.put("moves", "v", lease);  // which counts as a renewal
  n.pass(seconds(3));
  n.put("moves", "v", n.grant(seconds(60)));
  n.pass(seconds(1));
  EXPECT_EQ(n.get("stays"), "-");
  EXPECT_EQ(n.get("moves"), "v");
}

TEST(KeyspaceLeases, ThatAreOverWhenTheyComeEndAtOnce) {
  Node a(1), b(2);
  const LeaseId lease = a.grant(seconds(60));
  a.put("k", "v", lease);
  a.now += seconds(119);
  b.now = a.now;
  a.tell(b);
  b.pass(seconds(3));
  EXPECT_EQ(b.get("k"), "-") << "not a whole length after it came";
}

TEST(KeyspaceLeases, AKeyWithoutItsLeaseRecordEndsToo) {
  Node a(1), b(2);
  const LeaseId lease = a.grant(seconds(4));
  a.put("k", "v", lease);
  const RecordName name = record_of_key("k");
  b.join(a.record_bytes(name.view()));
  EXPECT_EQ(b.get("k"), "v");
  EXPECT_THAT(b.keys.leases(), ElementsAre(lease));
  b.pass(seconds(15));
  EXPECT_EQ(b.get("k"), "-");
  EXPECT_THAT(b.keys.leases(), IsEmpty());
}

TEST(KeyspaceLeases, AreNotKeptAliveWhereTheyCannotBeTakenOn) {
  Node a(1), b(2);
  const LeaseId lease = a.grant(seconds(60));
  a.put("k", "v", lease);
  const RecordName name = record_of_key("k");
  b.join(a.record_bytes(name.view()));
  b.registry.set_memory_bytes_max(1);
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(b.keys.keep_alive(lease, "", b.now)) << "there is no room for its record";
  b.registry.set_memory_bytes_max(UINT64_MAX);
  b.now += seconds(1);
  EXPECT_TRUE(b.keys.keep_alive(lease, "", b.now));
  EXPECT_TRUE(b.keys.keep_alive(lease, "", b.now));
  EXPECT_EQ(silence(b, name.view()), Duration::zero());
}

// -- instances

TEST(KeyspaceInstances, FollowTheKey) {
  Node node;
  node.put("svc/shop/h1", "10.0.0.1:80");
  EXPECT_THAT(node.listed("shop"), ElementsAre("h1"));
  node.keys.erase({"svc/shop/h1", ""}, "", node.now);
  EXPECT_THAT(node.listed("shop"), IsEmpty());
}

TEST(KeyspaceInstances, ThatServicesRegisterAreShownAsKeysAndNotTwice) {
  Node node;
  registry::RegisterArgs args;
  args.key = {{"dev", "shop"}, "z", "native"};
  args.addrs_json = R"(["tcp://10.0.0.2:80"])";
  args.metadata_json = "{}";
  ASSERT_TRUE(node.registry.register_instance(args, node.now));
  EXPECT_EQ(node.get("svc/shop/native"), R"(["tcp://10.0.0.2:80"])");
  node.put("svc/shop/raw", "10.0.0.1:80");
  EXPECT_EQ(node.keys.range({"svc/", "svc0"}, 0).count, 2U);
  EXPECT_THAT(node.listed("shop"), ElementsAre("native", "raw"));
  EXPECT_THAT(node.keys.erase({"svc/shop/native", ""}, "", node.now).deleted, IsEmpty()) << "it is not the client's";
  ASSERT_TRUE(node.registry.cancel({.key = args.key}, node.now));
  EXPECT_EQ(node.get("svc/shop/native"), "-");
}

TEST(KeyspaceInstances, TakenOutOfServiceAreShownNoMoreUntilTheyAreBack) {
  Node node;
  registry::RegisterArgs args;
  args.key = {{"dev", "shop"}, "z", "native"};
  args.addrs_json = R"(["tcp://10.0.0.2:80"])";
  args.metadata_json = "{}";
  ASSERT_TRUE(node.registry.register_instance(args, node.now));
  const auto set_status = [&](uint32_t status) {
    const registry::SetItem item{.hostname = "native", .status = status};
    const auto same = [](size_t, std::string_view stored) -> Result<std::string> { return std::string(stored); };
    const registry::SetArgs set{.app = args.key.app, .zone = "z", .items = {&item, 1}, .merge = same};
    ASSERT_TRUE(node.registry.set(set, node.now += seconds(1)));
  };
  set_status(2);
  EXPECT_EQ(node.get("svc/shop/native"), "-");
  set_status(1);
  EXPECT_EQ(node.get("svc/shop/native"), args.addrs_json);
}

TEST(KeyspaceInstances, AWrittenKeyStandsBeforeAShownOne) {
  Node node;
  registry::RegisterArgs args;
  args.key = {{"dev", "shop"}, "other-zone", "h"};
  args.addrs_json = R"(["native"])";
  args.metadata_json = "{}";
  ASSERT_TRUE(node.registry.register_instance(args, node.now));
  node.put("svc/shop/h", "10.0.0.1:80");
  EXPECT_EQ(node.get("svc/shop/h"), "10.0.0.1:80");
  EXPECT_EQ(node.keys.erase({"svc/shop/h", ""}, "", node.now).deleted.size(), 1U);
  EXPECT_EQ(node.get("svc/shop/h"), R"(["native"])");
}

TEST(KeyspaceInstances, OfTwoKeysStayWithTheOther) {
  Node n;
  const LeaseId lease = n.grant(seconds(10));
  n.put("svc/cart/h1", "10.0.0.1:1", lease);
  n.put("alt/cart/h1", "10.0.0.1:1");
  EXPECT_EQ(n.listed("cart").size(), 1u);
  n.keys.erase({"alt/cart/h1", ""}, "", n.now);
  EXPECT_EQ(n.listed("cart").size(), 1u) << "svc/cart/h1 says it";
  n.pass(seconds(8));
  n.keys.keep_alive(lease, "", n.now);
  n.pass(seconds(8));
  EXPECT_EQ(n.listed("cart").size(), 1u) << "and keeps it";
  n.pass(seconds(3));
  EXPECT_TRUE(n.listed("cart").empty()) << "as long as it lives";
}

TEST(KeyspaceInstances, OfTwoKeysStayWhenTheLeaseOfOneEndsOrItSaysSomethingElse) {
  for (const bool ends : {true, false}) {
    Node n;
    n.put("svc/cart/h1", "10.0.0.1:1");
    n.put("alt/cart/h1", "10.0.0.1:2", n.grant(seconds(10)));
    Node other(2);
    n.tell(other);
    Node& where = ends ? n : other;  // that there are two stands in the record, so any node knows it
    if (ends) {
      where.pass(seconds(11));
    } else {
      where.keys.erase({"alt/", "alt0"}, "", where.now);
    }
    EXPECT_EQ(where.listed("cart").size(), 1u) << ends;
    EXPECT_EQ(where.get("alt/cart/h1"), "-");
    where.keys.erase({"svc/cart/h1", ""}, "", where.now);
    EXPECT_TRUE(where.listed("cart").empty()) << ends;
  }
}

TEST(KeyspaceInstances, OfTwoKeysThatAreWrittenAgainAndAgainStayToo) {
  Node n;
  n.put("svc/cart/h1", "a:1");
  n.put("alt/cart/h1", "a:1");
  for (int i = 0; i < 3; ++i) {
    n.put("svc/cart/h1", "a:" + std::to_string(i));
    n.put("alt/cart/h1", "a:" + std::to_string(i));
  }
  n.keys.erase({"svc/cart/h1", ""}, "", n.now);
  EXPECT_EQ(n.listed("cart").size(), 1u);
  n.keys.erase({"alt/cart/h1", ""}, "", n.now);
  EXPECT_TRUE(n.listed("cart").empty());
}

TEST(KeyspaceInstances, OfOneKeyThatTwoZonesWroteAreOneAfterTheAudit) {
  Node east(1, kStart, "east");
  Node west(2, kStart, "west");
  west.put("svc/cart/h1", "a:1");  // while the two are cut from each other
  east.now += seconds(1);
  west.now += seconds(1);
  east.put("svc/cart/h1", "a:1");
  east.tell(west);
  west.tell(east);
  for (Node* n : {&east, &west}) {
    n->pass(seconds(61), seconds(1));
    n->keys.audit(n->now);
    EXPECT_EQ(n->listed("cart").size(), 1u);
    n->keys.erase({"svc/cart/h1", ""}, "", n->now);
    EXPECT_TRUE(n->listed("cart").empty());
  }
}

TEST(KeyspaceInstances, AreNotCountedOnByTheSelfProtection) {
  Node node;
  node.put("svc/shop/h1", "10.0.0.1:80", node.grant(seconds(60)));
  EXPECT_EQ(node.registry.size(), 1) << "keys and leases are none";
  EXPECT_EQ(node.registry.expected_per_minute(), 0);
  EXPECT_EQ(node.registry.application_keys().size(), 1U);
}

TEST(KeyspaceInstances, WithoutAKeyAreFoundByTheAudit) {
  Node a(1), b(2);
  a.put("svc/shop/h1", "10.0.0.1:80");
  b.join(a.record_bytes({{"dev", "shop"}, "z", "h1"}));
  b.now += seconds(30);
  b.keys.audit(b.now);
  EXPECT_THAT(b.listed("shop"), ElementsAre("h1")) << "its key may be on its way";
  b.now += seconds(40);
  b.keys.audit(b.now);
  EXPECT_THAT(b.listed("shop"), IsEmpty());
}

TEST(KeyOrigin, IsToldOfInstancesMadeFromKeysOnly) {
  const std::string origin = registry::make_origin(
      seconds(15), encode_kept({Kept::Kind::kMapped, 0x123, "/microservices/a/b", {}, "kratos", "z1"}));
  const auto record = [](std::string_view with) {
    return registry::Instance::make({"z", "h", "", "", "[]", "{}", {}, with}, {}, 1, 2);
  };
  const auto made = record(origin);
  const auto from = key_origin_of(*made);
  ASSERT_TRUE(from);
  EXPECT_EQ(from->layout, "kratos");
  EXPECT_EQ(from->key, "/microservices/a/b");
  EXPECT_EQ(from->lease_id, 0x123);
  EXPECT_EQ(from->lease, seconds(15));
  EXPECT_FALSE(key_origin_of(*record("")));
  EXPECT_FALSE(key_origin_of(*record(registry::make_origin(seconds(15), "?"))));
  EXPECT_FALSE(
      key_origin_of(*record(registry::make_origin(seconds(15), encode_kept({Kept::Kind::kKey, 1, {}, "v", {}, "z"})))));
}

// The end of a lease of 9,000,000,000 s, which clients may ask for, is no TimePoint: it was over at once.
TEST(Keyspace, BoundsTheLengthOfALease) {
  Node node;
  const GrantOutcome granted = node.keys.grant(0, seconds(9'000'000'000), "", node.now);
  EXPECT_EQ(granted.length, kLeaseMax);
  node.put("a", "1", granted.id);
  node.pass(seconds(60), seconds(1));
  node.keys.audit(node.now);
  EXPECT_EQ(node.get("a"), "1");
}

TEST(Keyspace, SaysWhyItWouldNotPutAndDoesNothing) {
  Node node;
  const LeaseId lease = node.grant(seconds(30));
  const Revision before = node.keys.revision();
  const std::string too_long(1025, 'k');
  EXPECT_EQ(node.keys.why_not({.key = "a", .lease = lease}, node.now), Fault::kNone);
  EXPECT_EQ(node.keys.why_not({.key = "a", .lease = 99}, node.now), Fault::kNoLease);
  EXPECT_EQ(node.keys.why_not({.key = "a", .keep_lease = true}, node.now), Fault::kNoKey);
  EXPECT_EQ(node.keys.why_not({.key = too_long}, node.now), Fault::kKeyTooLong);
  EXPECT_EQ(node.get("a"), "-");
  EXPECT_EQ(node.keys.revision(), before);
}

}  // namespace
}  // namespace discovery::keyspace
