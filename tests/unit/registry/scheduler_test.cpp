// Scheduler entries: discovery-api.md 5, 11, D17.
#include <gtest/gtest.h>

#include "unit/registry/node.h"

namespace discovery::registry {
namespace {

const Name kName;

std::string scheduler_of(const Node& node, const Name& name = kName) {
  std::string out = "not visible";
  node.registry.with_application(
      name.app(), [&](const Application& app) { out = app.scheduler() ? app.scheduler()->text() : "none"; });
  return out;
}

TEST(Scheduler, ALoadedEntryRaisesTAndNamesWhoWaits) {
  Node node;
  node.put(kName);
  node.put({"h", "z", "other", "dev"});
  const uint64_t id = node.watch(kName, 5);
  const int64_t t = node.latest(kName);
  const int64_t other = node.latest({"h", "z", "other", "dev"});
  const auto wakes = node.registry.load_schedulers({{"dev", "shop.cart", R"({"a":1})"}}, node.now);
  ASSERT_EQ(wakes.size(), 1U);
  EXPECT_EQ(wakes[0].app_id, id);
  EXPECT_EQ(wakes[0].reactors, 32U);
  EXPECT_GT(node.latest(kName), t);
  EXPECT_EQ(node.latest({"h", "z", "other", "dev"}), other);
  EXPECT_EQ(scheduler_of(node), R"({"a":1})");
  EXPECT_EQ(scheduler_of(node, {"h", "z", "other", "dev"}), "none");
}

TEST(Scheduler, TheSameAgainIsNoChange) {
  Node node;
  node.put(kName);
  const std::vector<SchedulerEntry> entries{{"dev", "shop.cart", "{}"}};
  node.registry.load_schedulers(entries, node.now);
  const std::string before = node.dump();
  node.pass(seconds(5));
  EXPECT_TRUE(node.registry.load_schedulers(entries, node.now).empty());
  EXPECT_EQ(node.dump(), before);
}

TEST(Scheduler, ReplacingAndRemovingAreChanges) {
  Node node;
  node.put(kName);
  node.registry.load_schedulers({{"dev", "shop.cart", "1"}}, node.now);
  int64_t t = node.latest(kName);
  EXPECT_EQ(node.registry.load_schedulers({{"dev", "shop.cart", "2"}}, node.now).size(), 1U);
  EXPECT_EQ(scheduler_of(node), "2");
  EXPECT_GT(node.latest(kName), t);
  t = node.latest(kName);
  node.pass(seconds(1));
  EXPECT_EQ(node.registry.load_schedulers({}, node.now).size(), 1U);
  EXPECT_EQ(scheduler_of(node), "none");
  EXPECT_EQ(node.latest(kName), node.now_ns());
  EXPECT_TRUE(node.registry.load_schedulers({}, node.now).empty());
}

TEST(Scheduler, BelongsToOneEnvironment) {
  Node node;
  const Name prod{"h", "z", "shop.cart", "prod"};
  node.put(kName);
  node.put(prod);
  node.registry.load_schedulers({{"prod", "shop.cart", "p"}}, node.now);
  EXPECT_EQ(scheduler_of(node), "none");
  EXPECT_EQ(scheduler_of(node, prod), "p");
  const auto wakes = node.registry.load_schedulers({{"dev", "shop.cart", "d"}, {"prod", "shop.cart", "p"}}, node.now);
  EXPECT_EQ(wakes.size(), 1U);
  EXPECT_EQ(scheduler_of(node), "d");
}

TEST(Scheduler, WaitsForAnApplicationThatIsNotThereYet) {
  Node node;
  EXPECT_TRUE(node.registry.load_schedulers({{"dev", "shop.cart", "x"}}, node.now).empty());
  EXPECT_EQ(node.latest(kName), 0);
  EXPECT_EQ(node.registry.memory_bytes(), 0U);  // no application was made for it
  node.put(kName);
  EXPECT_EQ(scheduler_of(node), "x");
}

TEST(Scheduler, OfAnEmptiedApplicationWakesNobodyButIsThereOnReturn) {
  Node node;
  node.put(kName);
  node.cancel(kName);
  node.watch(kName, 1);
  const int64_t t = node.latest(kName);
  EXPECT_TRUE(node.registry.load_schedulers({{"dev", "shop.cart", "x"}}, node.now).empty());
  EXPECT_EQ(node.latest(kName), t);
  node.put(kName);
  EXPECT_EQ(scheduler_of(node), "x");
}

TEST(Scheduler, OfAnEmptiedAndForgottenApplicationIsThereOnReturn) {
  Node node;
  node.put(kName);
  node.registry.load_schedulers({{"dev", "shop.cart", "x"}}, node.now);
  node.cancel(kName);
  node.live(hours(2));
  ASSERT_EQ(node.registry.memory_bytes(), 0U);
  node.put(kName);
  EXPECT_EQ(scheduler_of(node), "x");
}

TEST(Scheduler, TheLastEntryOfAnApplicationCounts) {
  Node node;
  node.put(kName);
  node.registry.load_schedulers({{"dev", "shop.cart", "1"}, {"dev", "shop.cart", "2"}}, node.now);
  EXPECT_EQ(scheduler_of(node), "2");
  Node later;
  later.registry.load_schedulers({{"dev", "shop.cart", "1"}, {"dev", "shop.cart", "2"}}, later.now);
  later.put(kName);
  EXPECT_EQ(scheduler_of(later), "2");
}

}  // namespace
}  // namespace discovery::registry
