// T, the latest_timestamp of an application: discovery-api.md 5.
#include <gtest/gtest.h>

#include "unit/registry/node.h"

namespace discovery::registry {
namespace {

const Name kName;

TEST(LatestTimestamp, OfAnApplicationNeverSeenIsZero) {
  const Node node;
  EXPECT_EQ(node.latest(kName), 0);
  EXPECT_FALSE(node.look(kName).known);
}

TEST(LatestTimestamp, RisesWithEveryVisibleChangeWhateverTheClockDoes) {
  for (const Duration step : {Duration(0), Duration(1), Duration(-1'000'000), Duration(seconds(1))}) {
    Node node;
    int64_t t = 0;
    const auto expect_rise = [&](const char* what) {
      EXPECT_GT(node.latest(kName), t) << what;
      EXPECT_GE(node.latest(kName), node.now_ns()) << what;
      t = node.latest(kName);
      node.pass(step);
    };
    node.put(kName);
    expect_rise("new");
    node.put(kName);
    expect_rise("again");
    node.put({"second", "zone-b"});
    expect_rise("another zone");
    node.set_status(kName, 2);
    expect_rise("set");
    node.registry.load_schedulers({{"dev", "shop.cart", "{}"}}, node.now);
    expect_rise("scheduler");
    node.cancel({"second", "zone-b"});
    expect_rise("cancel");
    node.cancel(kName);
    expect_rise("cancel of the last");
    node.put(kName);
    expect_rise("return");
  }
}

TEST(LatestTimestamp, RisesWithAnEviction) {
  Node node;
  node.put(kName);
  const int64_t t = node.latest(kName);
  node.live(hours(1));
  ASSERT_EQ(node.latest(kName), t);
  node.live(minutes(2));
  ASSERT_FALSE(node.listed(kName));
  EXPECT_GT(node.latest(kName), to_wire_ns(kStart + hours(1)));
}

TEST(LatestTimestamp, IsOfTheEnvironmentAndApplication) {
  Node node;
  node.put(kName);
  node.put({"h", "z", "shop.cart", "prod"});
  node.put({"h", "z", "other", "dev"});
  const int64_t prod = node.latest({"h", "z", "shop.cart", "prod"});
  const int64_t other = node.latest({"h", "z", "other", "dev"});
  node.pass(seconds(1));
  node.put(kName);
  EXPECT_EQ(node.latest({"h", "z", "shop.cart", "prod"}), prod);
  EXPECT_EQ(node.latest({"h", "z", "other", "dev"}), other);
}

TEST(LatestTimestamp, EqualsTheInstancesOwnAfterARegister) {  // replication.md 2.5: on a lone node
  Node node;
  for (int i = 0; i < 3; ++i) {
    node.put(kName);
    EXPECT_EQ(node.get(kName)->numbers.latest_ns, node.latest(kName));
  }
}

/// A node that forgets tombstones after a minute, so that only the timestamp is left to remember.
RegistrySettings short_memory() {
  RegistrySettings s;
  s.lease.forget_after = minutes(1);
  return s;
}

TEST(LatestTimestamp, OfAnEmptiedApplicationIsKeptForTenMinutes) {
  Node node(short_memory());
  node.put(kName);
  for (int i = 0; i < 1000; ++i) node.put(kName);  // T runs ahead of the clock
  node.cancel(kName);
  const int64_t t = node.latest(kName);
  ASSERT_GT(t, node.now_ns());
  node.live(minutes(10) - seconds(1));
  EXPECT_EQ(node.latest(kName), t);
  EXPECT_FALSE(node.look(kName).known);
  node.now = kStart;  // a clock that fell: only what is remembered can keep T from falling
  node.put(kName);
  EXPECT_GT(node.latest(kName), t);
}

TEST(LatestTimestamp, OfAnEmptiedApplicationIsForgottenAfterwards) {
  Node node(short_memory());
  node.put(kName);
  node.cancel(kName);
  node.live(minutes(10) - seconds(1));
  EXPECT_GT(node.registry.memory_bytes(), 0U);
  node.live(minutes(2));
  EXPECT_EQ(node.latest(kName), 0);
  EXPECT_EQ(node.registry.memory_bytes(), 0U);
}

TEST(LatestTimestamp, IsRememberedFromTheEmptyingNotFromTheFirstRegister) {
  Node node(short_memory());
  node.put(kName);
  for (int i = 0; i < 60; ++i) {
    node.live(seconds(30));
    node.renew(kName);
  }
  node.cancel(kName);
  const int64_t t = node.latest(kName);
  node.live(minutes(10) - seconds(1));
  EXPECT_EQ(node.latest(kName), t);
}

TEST(LatestTimestamp, OfAnEmptiedApplicationStaysWhileSomebodyWaits) {
  Node node(short_memory());
  node.put(kName);
  const uint64_t id = node.watch(kName, 3);
  node.cancel(kName);
  const int64_t t = node.latest(kName);
  node.live(hours(2));
  EXPECT_EQ(node.latest(kName), t);
  const Wake wake = node.put(kName).wake;
  EXPECT_EQ(wake.app_id, id);
  EXPECT_EQ(wake.reactors, 8U);
}

TEST(LatestTimestamp, NeverFallsEvenForAnApplicationThatWasForgotten) {
  Node node(short_memory());
  node.put(kName);
  node.live(minutes(5));
  node.cancel(kName);
  const int64_t t = node.latest(kName);
  node.live(minutes(15));
  ASSERT_EQ(node.latest(kName), 0);
  node.now = kStart;
  node.put(kName);
  EXPECT_GT(node.latest(kName), t);
}

}  // namespace
}  // namespace discovery::registry
