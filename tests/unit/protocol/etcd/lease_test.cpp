// Leases, by calls and by the stream that keeps them.
#include "unit/protocol/etcd/etcd_fixture.h"

namespace discovery::protocol::etcd {
namespace {

using testing::ElementsAre;

Asked<pb::LeaseGrantResponse> grant(EtcdNode& node, int64_t ttl, int64_t id = 0) {
  pb::LeaseGrantRequest request;
  request.set_ttl(ttl);
  request.set_id(id);
  return node.ask<pb::LeaseGrantResponse>("Lease/LeaseGrant", request);
}

std::string revoke(EtcdNode& node, int64_t id) {
  pb::LeaseRevokeRequest request;
  request.set_id(id);
  return text_of(node.ask<pb::LeaseRevokeResponse>("Lease/LeaseRevoke", request).status);
}

pb::LeaseTimeToLiveResponse time_to_live(EtcdNode& node, int64_t id, bool keys = false) {
  pb::LeaseTimeToLiveRequest request;
  request.set_id(id);
  request.set_keys(keys);
  const auto asked = node.ask<pb::LeaseTimeToLiveResponse>("Lease/LeaseTimeToLive", request);
  EXPECT_EQ(text_of(asked.status), "0 ");
  return asked.answer;
}

pb::LeaseKeepAliveRequest renewal(int64_t id) {
  pb::LeaseKeepAliveRequest request;
  request.set_id(id);
  return request;
}

TEST(EtcdLease, IsGrantedWithAnIdAndALength) {
  EtcdNode node;
  const auto one = grant(node, 30);
  const auto two = grant(node, 30);
  EXPECT_GT(one.answer.id(), 0);
  EXPECT_NE(one.answer.id(), two.answer.id());
  EXPECT_EQ(one.answer.ttl(), 30);
  EXPECT_EQ(grant(node, 1).answer.ttl(), 2) << "etcd's floor";
  EXPECT_EQ(grant(node, 0).answer.ttl(), 2);
  EXPECT_EQ(grant(node, -5).answer.ttl(), 2);
  EXPECT_EQ(grant(node, 30, 4711).answer.id(), 4711);
}

TEST(EtcdLease, IsRefusedInTheWordsOfEtcd) {
  EtcdNode node;
  EXPECT_EQ(text_of(grant(node, 9'000'000'001).status), "11 etcdserver: too large lease TTL");
  EXPECT_EQ(text_of(grant(node, 30, 4711).status), "0 ");
  EXPECT_EQ(text_of(grant(node, 30, 4711).status), "9 etcdserver: lease already exists");
  EXPECT_EQ(text_of(grant(node, 30, -1).status), "5 etcdserver: requested lease not found");
  EXPECT_EQ(revoke(node, 99), "5 etcdserver: requested lease not found");
  EXPECT_EQ(revoke(node, 4711), "0 ");
  EXPECT_EQ(revoke(node, 4711), "5 etcdserver: requested lease not found");
  node.registry.set_memory_bytes_max(1);
  EXPECT_EQ(text_of(grant(node, 30).status), "8 etcdserver: mvcc: database space exceeded");
}

// 9,000,000,000 s are allowed, but the end of such a lease is no TimePoint: it would have been over at once.
TEST(EtcdLease, MayBeVeryLong) {
  EtcdNode node;
  const auto granted = grant(node, 9'000'000'000);
  ASSERT_EQ(text_of(granted.status), "0 ");
  EXPECT_EQ(granted.answer.ttl(), keyspace::kLeaseMax.count());
  node.put("a", "1", granted.answer.id());
  node.keys.expire(TimePoint::max(), node.clock.time + seconds(60));
  node.keys.audit(node.clock.time + seconds(120));
  EXPECT_EQ(node.get("a"), "1");
  EXPECT_GT(time_to_live(node, granted.answer.id()).ttl(), 1'000'000'000);
}

// An id is what a client likes to send; these tell of lengths without measure.
TEST(EtcdLease, TakesNoHarmFromHostileIds) {
  EtcdNode node;
  const int64_t now = int64_t{1'700'000'000 - keyspace::lease_bits::kEpoch} << 32;
  for (const int64_t length : {0x2028, 0x3fff, 0x1fff, 0x2000, 0x201e}) {
    const int64_t id = now | length << 18 | 7;
    Running keeps(node, "LeaseKeepAlive");
    keeps.say(renewal(id));
    EXPECT_EQ(keeps.take<pb::LeaseKeepAliveResponse>().size(), 1U);
    EXPECT_LE(time_to_live(node, id).grantedttl(), keyspace::kLeaseMax.count());
  }
  node.keys.expire(TimePoint::max(), node.clock.time + seconds(60));
  node.keys.audit(node.clock.time + seconds(60));
}

TEST(EtcdLease, TakesItsKeysWithIt) {
  EtcdNode node;
  const int64_t lease = node.grant(30);
  node.put("a", "1", lease);
  node.put("b", "1", lease);
  node.put("b", "2");
  EXPECT_EQ(revoke(node, lease), "0 ");
  EXPECT_EQ(node.get("a"), "-");
  EXPECT_EQ(node.get("b"), "2") << "moved away from it";
}

TEST(EtcdLease, TellsHowLongItLivesAndWhatHangsOnIt) {
  EtcdNode node;
  const int64_t lease = node.grant(30);
  node.put("b", "1", lease);
  node.put("a", "1", lease);
  node.jump(seconds(10));
  const auto told = time_to_live(node, lease, true);
  EXPECT_EQ(told.id(), lease);
  EXPECT_EQ(told.ttl(), 20);
  EXPECT_EQ(told.grantedttl(), 30);
  EXPECT_THAT(told.keys(), ElementsAre("a", "b"));
  EXPECT_EQ(time_to_live(node, lease).keys_size(), 0) << "not asked";
  const auto unknown = time_to_live(node, 99, true);
  EXPECT_EQ(unknown.ttl(), -1);
  EXPECT_EQ(unknown.grantedttl(), 0);
}

// R3: the next call of a client is for another node, and comes before that one has heard of the lease.
TEST(EtcdLease, OfAnotherNodeIsKnownByItsIdAtOnce) {
  EtcdNode node;
  keyspace::LeaseIds others(2);
  const int64_t lease = others.next(seconds(30), node.clock.time - seconds(10));
  EXPECT_EQ(time_to_live(node, lease).ttl(), 20);
  EXPECT_EQ(time_to_live(node, lease).grantedttl(), 30);
  EXPECT_EQ(node.keys.numbers().leases, 0U) << "who only looks takes nothing on";
  EXPECT_EQ(text_of(node.put("a", "1", lease).status), "0 ");
  EXPECT_EQ(node.keys.numbers().adopted, 1U);
  EXPECT_EQ(revoke(node, others.next(seconds(30), node.clock.time)), "0 ");
  EXPECT_EQ(time_to_live(node, keyspace::LeaseIds(3).next(seconds(5), node.clock.time - seconds(6))).ttl(), -1)
      << "over";
  EXPECT_EQ(time_to_live(node, others.next(seconds(5), node.clock.time + seconds(2))).ttl(), 5) << "its clock is ahead";
}

TEST(EtcdLease, AnIdIsFreeAgainWhenItsLeaseIsOver) {
  EtcdNode node;
  EXPECT_EQ(text_of(grant(node, 5, 4711).status), "0 ");
  EXPECT_EQ(revoke(node, 4711), "0 ");
  EXPECT_EQ(text_of(grant(node, 5, 4711).status), "0 ");
  node.put("a", "1", 4711);
  node.jump(seconds(6));
  node.keys.expire(TimePoint::max(), node.clock.time);
  EXPECT_EQ(node.get("a"), "-");
  EXPECT_EQ(text_of(grant(node, 5, 4711).status), "0 ");
  EXPECT_EQ(time_to_live(node, 4711).ttl(), 5);
}

TEST(EtcdLease, Lists) {
  EtcdNode node;
  const int64_t one = node.grant(30);
  const int64_t two = node.grant(30);
  const auto all = node.ask<pb::LeaseLeasesResponse>("Lease/LeaseLeases", pb::LeaseLeasesRequest());
  ASSERT_EQ(all.answer.leases_size(), 2);
  EXPECT_EQ(all.answer.leases(0).id(), one);
  EXPECT_EQ(all.answer.leases(1).id(), two);
}

TEST(EtcdKeepAlive, AnswersEachInOrderAndStaysForThoseThatAreOver) {
  EtcdNode node;
  const int64_t lease = node.grant(30);
  node.put("a", "1", lease);
  Running keeps(node, "LeaseKeepAlive");
  node.jump(seconds(25));
  for (const int64_t id : {lease, int64_t{99}, int64_t{0}, int64_t{-1}, lease}) keeps.say(renewal(id));
  const auto told = keeps.take<pb::LeaseKeepAliveResponse>();
  ASSERT_EQ(told.size(), 5U);
  EXPECT_EQ(told[0].id(), lease);
  EXPECT_EQ(told[0].ttl(), 30);
  EXPECT_EQ(told[1].id(), 99);
  for (size_t i = 1; i < 4; ++i) EXPECT_EQ(told[i].ttl(), 0);
  EXPECT_EQ(told[4].ttl(), 30);
  EXPECT_EQ(keeps.status(), "open");
  node.jump(seconds(25));
  node.keys.expire(TimePoint::max(), node.clock.time);
  EXPECT_EQ(node.get("a"), "1") << "it was renewed";
  keeps.handler->on_half_close();
  EXPECT_EQ(keeps.status(), "0 ");
}

TEST(EtcdKeepAlive, DoesNotWakeWhatIsOver) {
  EtcdNode node;
  const int64_t lease = node.grant(5);
  node.put("a", "1", lease);
  node.jump(seconds(6));
  node.keys.expire(TimePoint::max(), node.clock.time);
  EXPECT_EQ(node.get("a"), "-");
  Running keeps(node, "LeaseKeepAlive");
  keeps.say(renewal(lease));
  EXPECT_EQ(keeps.take<pb::LeaseKeepAliveResponse>().at(0).ttl(), 0);
  EXPECT_EQ(text_of(node.put("a", "2", lease).status), "5 etcdserver: requested lease not found");
}

TEST(EtcdKeepAlive, EndsUnavailableWhileTheNodeDoesNotServe) {
  EtcdNode node;
  Running keeps(node, "LeaseKeepAlive");
  node.port.serving = false;
  keeps.say(renewal(1));
  EXPECT_EQ(keeps.status(), "14 etcdserver: request timed out");
}

}  // namespace
}  // namespace discovery::protocol::etcd
