// register: discovery-api.md 5, 6.1, D15, D18, D26; replication.md 2.5, R7.
#include <gtest/gtest.h>

#include <limits>

#include "unit/registry/node.h"

namespace discovery::registry {
namespace {

constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
const Name kName;

TEST(Register, OfANewInstanceTakesNowEverywhere) {
  Node node;
  const auto outcome = node.put(kName);
  EXPECT_TRUE(outcome.applied);
  EXPECT_TRUE(outcome.created);
  const auto seen = node.get(kName);
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->region, "east");
  EXPECT_EQ(seen->version, "412");
  EXPECT_EQ(seen->addrs_json, R"(["http://10.1.0.7:8000"])");
  EXPECT_EQ(seen->metadata_json, R"({"weight":"10"})");
  const InstanceNumbers& n = seen->numbers;
  EXPECT_EQ(n.status, 1U);
  EXPECT_EQ(n.reg_ns, node.now_ns());
  EXPECT_EQ(n.up_ns, node.now_ns());
  EXPECT_EQ(seen->renew_ns, node.now_ns());
  EXPECT_EQ(n.dirty_ns, node.now_ns());
  EXPECT_EQ(n.latest_ns, node.now_ns());
  EXPECT_EQ(n.version, (Version{{node.now_ns(), 1, false}, {}}));
  EXPECT_EQ(node.latest(kName), node.now_ns());
}

TEST(Register, OfANewInstanceKeepsTheGivenDirtyTimestamp) {
  for (const int64_t given : {int64_t{1}, int64_t{777}, kFarFuture, kMax}) {
    Node node;
    EXPECT_TRUE(node.put(kName, dirty(given)).applied);
    const auto seen = node.get(kName);
    EXPECT_EQ(seen->numbers.dirty_ns, given);
    EXPECT_EQ(seen->numbers.reg_ns, node.now_ns());
    EXPECT_EQ(seen->numbers.latest_ns, node.now_ns());
    EXPECT_EQ(node.latest(kName), node.now_ns());  // T is the server's clock, whatever the writer says
  }
}

TEST(Register, TellsHowLongAgoTheSameContentWasHeardOf) {
  Node node;
  EXPECT_EQ(node.put(kName).again_after, std::nullopt) << "new";
  node.pass(std::chrono::milliseconds(7));
  EXPECT_EQ(node.put(kName).again_after, std::chrono::milliseconds(7));
  node.pass(seconds(3));
  node.renew(kName);
  node.pass(seconds(2));
  EXPECT_EQ(node.put(kName).again_after, seconds(2)) << "a renewal counts";
  const int64_t dirty_ns = node.get(kName)->numbers.dirty_ns;
  node.pass(seconds(1));
  EXPECT_EQ(node.put(kName, replica(dirty_ns)).again_after, seconds(1));
}

TEST(Register, OfOtherContentOrOfWhatWasCancelledIsNotTheSameAgain) {
  Node node;
  node.put(kName);
  EXPECT_EQ(node.put(kName, {.region = "west"}).again_after, std::nullopt);
  EXPECT_EQ(node.put(kName, {.region = "west", .version = "413"}).again_after, std::nullopt);
  const Put other{.region = "west", .version = "413", .addrs_json = R"(["http://10.1.0.8:8000"])"};
  EXPECT_EQ(node.put(kName, other).again_after, std::nullopt);
  EXPECT_EQ(node.put(kName, other).again_after, Duration::zero());
  node.cancel(kName);
  EXPECT_EQ(node.put(kName, other).again_after, std::nullopt) << "it came back";
}

TEST(Register, ADirtyTimestampBelowOneCountsAsNone) {
  for (const int64_t given : {int64_t{0}, int64_t{-1}, std::numeric_limits<int64_t>::min()}) {
    Node node;
    node.put(kName, dirty(given));
    EXPECT_EQ(node.get(kName)->numbers.dirty_ns, node.now_ns());
    node.pass(seconds(1));
    EXPECT_TRUE(node.put(kName, dirty(given)).applied);
    EXPECT_EQ(node.get(kName)->numbers.dirty_ns, node.now_ns());
  }
}

TEST(Register, OfAKnownInstanceReplacesItAndKeepsUp) {
  Node node;
  node.put(kName);
  const int64_t first = node.now_ns();
  node.pass(seconds(7));
  Put other;
  other.region = "west";
  other.version = "413";
  other.addrs_json = R"(["grpc://10.9.9.9:1"])";
  other.metadata_json = "{}";
  other.status = 2;
  const auto outcome = node.put(kName, other);
  EXPECT_TRUE(outcome.applied);
  EXPECT_FALSE(outcome.created);
  const auto seen = node.get(kName);
  EXPECT_EQ(seen->region, "west");
  EXPECT_EQ(seen->version, "413");
  EXPECT_EQ(seen->addrs_json, other.addrs_json);
  EXPECT_EQ(seen->metadata_json, "{}");
  EXPECT_EQ(seen->numbers.status, 2U);
  EXPECT_EQ(seen->numbers.up_ns, first);
  for (const int64_t t : {seen->numbers.reg_ns, seen->renew_ns, seen->numbers.dirty_ns, seen->numbers.latest_ns}) {
    EXPECT_EQ(t, node.now_ns());
  }
  EXPECT_EQ(node.latest(kName), node.now_ns());
  EXPECT_EQ(node.registry.size(), 1);
}

TEST(Register, ThatLosesChangesNothingAndWakesNobody) {  // D26
  Node node;
  node.put(kName, dirty(1000));
  node.watch(kName, 5);
  const std::string before = node.dump();
  node.pass(seconds(5));
  for (const Put& put : {dirty(999, "older"), dirty(1, "older"), replica(999, "older")}) {
    const auto outcome = node.put(kName, put);
    EXPECT_FALSE(outcome.applied);
    EXPECT_FALSE(outcome.created);
    EXPECT_EQ(outcome.wake.reactors, 0U);
    EXPECT_EQ(node.dump(), before);
  }
}

TEST(Register, AnEqualOrNewerDirtyTimestampReplaces) {
  Node node;
  node.put(kName, dirty(1000, "a"));
  EXPECT_TRUE(node.put(kName, dirty(1000, "b")).applied);
  EXPECT_EQ(node.get(kName)->version, "b");
  EXPECT_TRUE(node.put(kName, dirty(1001, "c")).applied);
  EXPECT_EQ(node.get(kName)->version, "c");
  EXPECT_EQ(node.get(kName)->numbers.dirty_ns, 1001);
}

TEST(Register, APlainOneWinsAgainstADirtyTimestampFromTheFuture) {  // D18
  for (const int64_t poison : {to_wire_ns(kStart + hours(1)), kFarFuture, kMax - 1, kMax}) {
    Node node;
    node.put(kName, dirty(poison, "poison"));
    node.pass(seconds(1));
    const auto outcome = node.put(kName, version("mine"));
    EXPECT_TRUE(outcome.applied);
    EXPECT_EQ(node.get(kName)->version, "mine");
    EXPECT_EQ(node.get(kName)->numbers.dirty_ns, saturating_add(poison, 1));
    EXPECT_EQ(node.latest(kName), node.now_ns());  // nothing of it reaches T, the version or the lease
    EXPECT_EQ(node.get(kName)->numbers.version.incarnation.t_ns, node.now_ns());
    EXPECT_EQ(node.get(kName)->renew_ns, node.now_ns());
    EXPECT_TRUE(node.put(kName, version("again")).applied);
    EXPECT_EQ(node.get(kName)->version, "again");
  }
}

TEST(Register, TheSameContentOfAClientIsAChange) {
  Node node;
  node.put(kName);
  node.watch(kName, 3);
  const int64_t before = node.latest(kName);
  const auto outcome = node.put(kName);
  EXPECT_TRUE(outcome.applied);
  EXPECT_EQ(outcome.wake.reactors, uint64_t{1} << 3);
  EXPECT_GT(node.latest(kName), before);
}

TEST(Register, WakesTheReactorsThatWatch) {
  Node node;
  EXPECT_EQ(node.put(kName).wake.reactors, 0U);
  const uint64_t id = node.watch(kName, 0);
  EXPECT_EQ(node.watch(kName, 63), id);
  Name other = kName;
  other.appid = "shop.cart2";
  node.watch(other, 7);
  const Wake wake = node.put(kName).wake;
  EXPECT_EQ(wake.app_id, id);
  EXPECT_EQ(wake.reactors, (uint64_t{1} << 63) | 1);
  node.registry.unwatch(kName.app(), 0);
  EXPECT_EQ(node.put(kName).wake.reactors, uint64_t{1} << 63);
}

TEST(Register, TheKeyIsEnvAppidZoneAndHostname) {
  Node node;
  const Name names[] = {
      {"h", "z", "a", "e"}, {"h2", "z", "a", "e"}, {"h", "z2", "a", "e"}, {"h", "z", "a2", "e"}, {"h", "z", "a", "e2"}};
  for (const Name& n : names) EXPECT_TRUE(node.put(n, version(n.hostname + n.zone + n.appid + n.env)).created);
  for (const Name& n : names) EXPECT_EQ(node.get(n)->version, n.hostname + n.zone + n.appid + n.env);
  EXPECT_EQ(node.registry.size(), 5);
}

TEST(Register, AppidAndEnvAreAPairNotAJoinedText) {  // D15
  Node node;
  node.put({"h", "z", "k-a", "b"});
  EXPECT_FALSE(node.look({"h", "z", "k", "a-b"}).known);
  EXPECT_FALSE(node.look({"h", "z", "k-a-b", ""}).known);
  EXPECT_FALSE(node.look({"h", "z", "b", "k-a"}).known);
  EXPECT_TRUE(node.look({"h", "z", "k-a", "b"}).known);
}

TEST(Register, NamesAreOpaqueAndCaseSensitive) {
  Node node;
  const Name odd{" ", "\xe2\x82\xac\n", std::string(1024, 'a'), "Dev"};
  node.put(odd);
  EXPECT_TRUE(node.listed(odd));
  Name lower = odd;
  lower.env = "dev";
  EXPECT_FALSE(node.listed(lower));
}

TEST(Register, RaisesTheExpectedRenewalsOfANewInstanceOnly) {
  Node node;
  node.put(kName);
  EXPECT_EQ(node.registry.lease_status().expected_per_minute, 2);
  node.put(kName);
  node.put(kName, dirty(1));  // loses
  EXPECT_EQ(node.registry.lease_status().expected_per_minute, 2);
  node.put({"other"});
  EXPECT_EQ(node.registry.lease_status().expected_per_minute, 4);
}

// ---------------------------------------------------------------------------------------------------- replicas

TEST(RegisterReplica, KeepsTheSendersRegTimestamp) {
  Node node;
  node.put(kName, replica(500, "1", 123));
  EXPECT_EQ(node.get(kName)->numbers.reg_ns, 123);
  EXPECT_EQ(node.get(kName)->numbers.latest_ns, node.now_ns());  // latest is ours
  EXPECT_EQ(node.get(kName)->numbers.up_ns, node.now_ns());
  node.put(kName, replica(501, "2", 0));
  EXPECT_EQ(node.get(kName)->numbers.reg_ns, node.latest(kName));
  Put client = version("3");
  client.reg_ns = 123;
  node.put(kName, client);
  EXPECT_EQ(node.get(kName)->numbers.reg_ns, node.latest(kName));  // a client has no say in it
}

TEST(RegisterReplica, WithoutADirtyTimestampCountsAsNow) {
  Node node;
  node.put(kName, dirty(to_wire_ns(kStart + seconds(10)), "ahead"));
  EXPECT_FALSE(node.put(kName, replica(0, "late")).applied);
  node.pass(seconds(10));
  EXPECT_TRUE(node.put(kName, replica(0, "same moment")).applied);
  EXPECT_EQ(node.get(kName)->version, "same moment");
  EXPECT_GT(node.get(kName)->numbers.dirty_ns, to_wire_ns(kStart + seconds(10)));
}

TEST(RegisterReplica, OfEqualDirtyTimestampAndContentRenewsTheLeaseOnly) {
  Node node;
  node.put(kName, replica(1000));
  node.watch(kName, 1);
  const auto before = node.get(kName);
  const int64_t t = node.latest(kName);
  node.pass(seconds(40));
  const auto outcome = node.put(kName, replica(1000));
  EXPECT_TRUE(outcome.applied);
  EXPECT_FALSE(outcome.created);
  EXPECT_EQ(outcome.wake.reactors, 0U);
  EXPECT_EQ(node.latest(kName), t);
  const auto after = node.get(kName);
  EXPECT_EQ(after->renew_ns, node.now_ns());
  EXPECT_EQ(after->numbers.version, before->numbers.version);
  EXPECT_EQ(after->numbers.latest_ns, before->numbers.latest_ns);
  EXPECT_EQ(after->numbers.reg_ns, before->numbers.reg_ns);
}

TEST(RegisterReplica, ALeaseIsAMaximum) {
  Node node;
  node.put(kName, replica(1000));
  const int64_t first = node.now_ns();
  node.now -= nanoseconds(10);  // another thread read its clock earlier and came later
  node.put(kName, replica(1000));
  EXPECT_EQ(node.get(kName)->renew_ns, first);
  node.put(kName, replica(1001));
  EXPECT_EQ(node.get(kName)->renew_ns, first);
}

TEST(RegisterReplica, OfEqualDirtyTimestampAndOtherContentReplaces) {
  const auto differing = [](auto change) {
    Put put = replica(1000);
    change(put);
    return put;
  };
  for (const Put& put : {differing([](Put& p) { p.version = "x"; }), differing([](Put& p) { p.region = "x"; }),
                         differing([](Put& p) { p.addrs_json = "[]"; }),
                         differing([](Put& p) { p.metadata_json = "{}"; }), differing([](Put& p) { p.status = 2; })}) {
    Node node;
    node.put(kName, replica(1000));
    node.watch(kName, 1);
    const int64_t t = node.latest(kName);
    const auto outcome = node.put(kName, put);
    EXPECT_TRUE(outcome.applied);
    EXPECT_EQ(outcome.wake.reactors, 2U);
    EXPECT_GT(node.latest(kName), t);
    EXPECT_EQ(node.get(kName)->version, put.version);
    EXPECT_EQ(node.get(kName)->numbers.status, put.status);
  }
}

TEST(RegisterReplica, ALateOneLosesAgainstATombstone) {
  Node node;
  node.put({"keeper"});
  node.put(kName, dirty(1000));
  ASSERT_TRUE(node.cancel(kName));
  const std::string before = node.dump();
  EXPECT_FALSE(node.put(kName, replica(999)).applied);
  EXPECT_FALSE(node.put(kName, replica(1000)).applied);  // the instance that was cancelled
  EXPECT_EQ(node.dump(), before);
  EXPECT_TRUE(node.put(kName, replica(1001)).applied);  // a later registration
  EXPECT_TRUE(node.listed(kName));
}

TEST(RegisterReplica, ShowsAHiddenInstanceUnlessOlder) {
  Node node;
  node.put({"keeper"});
  node.put(kName, replica(1000));
  while (node.listed(kName)) {  // the keeper renews, so the other one goes
    node.renew({"keeper"});
    node.live(seconds(5));
    ASSERT_LT(node.now, kStart + minutes(5));
  }
  const int64_t up = node.record(kName)->numbers.up_ns;
  EXPECT_FALSE(node.put(kName, replica(999)).applied);
  EXPECT_FALSE(node.listed(kName));
  const auto outcome = node.put(kName, replica(1000));  // equal content, too: now it is more than a lease
  EXPECT_TRUE(outcome.applied);
  EXPECT_TRUE(outcome.created);
  EXPECT_TRUE(node.listed(kName));
  EXPECT_GT(node.get(kName)->numbers.up_ns, up);
  EXPECT_EQ(node.registry.lease_status().expected_per_minute, 4);
}

// ---------------------------------------------------------------------------------------------------- over what is
// gone

TEST(Register, AClientAlwaysWinsOverATombstone) {
  for (const Put& put : {version("back"), dirty(1, "back"), dirty(kFarFuture, "back")}) {
    Node node;
    node.put(kName, dirty(5000));
    node.watch(kName, 2);
    ASSERT_TRUE(node.cancel(kName));
    const int64_t t = node.latest(kName);
    node.pass(seconds(1));
    const auto outcome = node.put(kName, put);
    EXPECT_TRUE(outcome.applied);
    EXPECT_TRUE(outcome.created);
    EXPECT_EQ(outcome.wake.reactors, 4U);
    EXPECT_EQ(node.get(kName)->version, "back");
    EXPECT_EQ(node.get(kName)->numbers.up_ns, node.now_ns());  // it came up anew
    EXPECT_EQ(node.get(kName)->renew_ns, node.now_ns());
    EXPECT_FALSE(node.get(kName)->numbers.version.incarnation.tombstone);
    EXPECT_GT(node.latest(kName), t);
    EXPECT_EQ(node.registry.size(), 1);
    EXPECT_EQ(node.registry.lease_status().expected_per_minute, 2);
  }
}

TEST(Register, AClientAlwaysWinsOverAHiddenInstance) {
  Node node;
  node.put(kName, dirty(5000));
  node.live(hours(2));  // alone and silent: held by self-protection up to the ceiling, then gone
  ASSERT_FALSE(node.listed(kName));
  const auto outcome = node.put(kName, dirty(1, "back"));
  EXPECT_TRUE(outcome.applied);
  EXPECT_TRUE(outcome.created);
  EXPECT_EQ(node.get(kName)->numbers.dirty_ns, 1);
  EXPECT_EQ(node.get(kName)->numbers.up_ns, node.now_ns());
}

TEST(Register, TimesOfAClockThatStandsOrFallsStillOrderTheWrites) {
  Node node;
  node.put(kName, version("1"));
  int64_t t = node.latest(kName);
  for (int i = 2; i < 6; ++i) {
    if (i > 3) node.now -= seconds(1);
    EXPECT_TRUE(node.put(kName, version(std::to_string(i))).applied);
    EXPECT_EQ(node.get(kName)->version, std::to_string(i));
    EXPECT_GT(node.latest(kName), t);
    EXPECT_GE(node.get(kName)->numbers.dirty_ns, t);
    t = node.latest(kName);
  }
  EXPECT_EQ(node.get(kName)->renew_ns, to_wire_ns(kStart));  // a lease neither falls nor runs ahead of the clock
}

}  // namespace
}  // namespace discovery::registry
