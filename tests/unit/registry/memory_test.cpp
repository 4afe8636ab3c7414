// limits.registry_memory: at the limit, past it, and what a full registry still does.
#include <gtest/gtest.h>

#include <limits>

#include "unit/registry/node.h"

namespace discovery::registry {
namespace {

const Name kName;

RegistrySettings with_memory(uint64_t bytes) {
  RegistrySettings s;
  s.memory_bytes_max = bytes;
  return s;
}
/// What a registry with nothing but this instance holds.
uint64_t bytes_of_one(const Name& name = kName, const Put& put = {}) {
  Node node;
  node.put(name, put);
  return node.registry.memory_bytes();
}
void expect_full(const Result<RegisterOutcome>& r) {
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().code, ErrorCode::kExhausted);
}

TEST(RegistryMemory, AnEmptyRegistryHoldsNothing) { EXPECT_EQ(Node().registry.memory_bytes(), 0U); }

TEST(RegistryMemory, CountsAtLeastTheTexts) {
  Put big;
  big.version = std::string(100'000, 'v');
  EXPECT_GE(bytes_of_one(kName, big), bytes_of_one() + 100'000 - 3);
  const Name long_names{std::string(1024, 'h'), std::string(1024, 'z'), std::string(1024, 'a'), std::string(1024, 'e')};
  EXPECT_GE(bytes_of_one(long_names), 4 * 1024U);
}

TEST(RegistryMemory, AtTheLimitPassesOnePastIsExhausted) {
  const uint64_t bytes = bytes_of_one();
  Node fits(with_memory(bytes));
  EXPECT_TRUE(fits.try_put(kName));
  EXPECT_EQ(fits.registry.memory_bytes(), bytes);
  Node past(with_memory(bytes - 1));
  const std::string before = past.dump();
  expect_full(past.try_put(kName));
  EXPECT_EQ(past.dump(), before);  // not even the application was made
  EXPECT_EQ(past.latest(kName), 0);
  EXPECT_EQ(past.registry.memory_bytes(), 0U);
}

TEST(RegistryMemory, AFailedRegisterChangesNothing) {
  Node node(with_memory(bytes_of_one()));
  node.put(kName);
  node.watch(kName, 1);
  node.pass(seconds(1));
  const std::string before = node.dump();
  expect_full(node.try_put({"second"}));
  expect_full(node.try_put({"cart-0", "zone-b"}));
  expect_full(node.try_put({"cart-0", "zone-a", "other"}));
  expect_full(node.try_put(kName, version("a longer version than before")));
  EXPECT_EQ(node.dump(), before);
}

TEST(RegistryMemory, AFullRegistryServesWhoIsInIt) {
  Node node(with_memory(bytes_of_one()));
  node.put(kName);
  node.pass(seconds(1));
  EXPECT_EQ(node.renew(kName), RenewVerdict::kRenewed);
  EXPECT_TRUE(node.put(kName).applied);                  // the same content
  EXPECT_TRUE(node.put(kName, version("413")).applied);  // as much
  EXPECT_TRUE(node.put(kName, version("4")).applied);    // less
  EXPECT_TRUE(node.put(kName, version("413")).applied);  // what was free is taken again
  EXPECT_TRUE(node.set_status(kName, 2));
  EXPECT_TRUE(node.cancel(kName)->applied);
  EXPECT_TRUE(node.put(kName).applied);  // its tombstone gave way
}

TEST(RegistryMemory, AnInstanceHiddenInAFullRegistryMayComeBack) {
  Node node(with_memory(bytes_of_one()));
  node.put(kName);
  node.live(hours(1) + minutes(3));
  ASSERT_FALSE(node.listed(kName));
  EXPECT_TRUE(node.put(kName).created);
  EXPECT_LE(node.registry.memory_bytes(), bytes_of_one());
}

TEST(RegistryMemory, WhatIsForgottenMakesRoom) {
  Node node(with_memory(bytes_of_one()));
  node.put(kName);
  node.cancel(kName);
  Name other = kName;
  other.appid = "shop.cars";
  expect_full(node.try_put(other));
  node.live(seconds(4080));
  EXPECT_EQ(node.registry.memory_bytes(), 0U);
  EXPECT_TRUE(node.try_put(other));
}

TEST(RegistryMemory, ALosingRegisterIsNotRefusedForWantOfRoom) {
  Node node(with_memory(bytes_of_one()));
  node.put(kName, dirty(1000));
  const auto r = node.try_put(kName, dirty(999, std::string(10000, 'v')));
  ASSERT_TRUE(r);
  EXPECT_FALSE(r->applied);
}

TEST(RegistryMemory, WatchingTheUnknownIsExhaustedPastTheLimit) {
  uint64_t id = 0;
  Node empty;
  ASSERT_TRUE(empty.registry.watch(kName.app(), "", 0, 0, kStart, id));
  const uint64_t bytes = empty.registry.memory_bytes();
  EXPECT_GT(bytes, 0U);

  Node fits(with_memory(bytes));
  EXPECT_TRUE(fits.registry.watch(kName.app(), "", 0, 0, kStart, id));
  EXPECT_TRUE(fits.registry.watch(kName.app(), "", 1, 0, kStart, id));  // it is there already
  Node past(with_memory(bytes - 1));
  const auto refused = past.registry.watch(kName.app(), "", 0, 0, kStart, id);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kExhausted);
  EXPECT_EQ(past.registry.memory_bytes(), 0U);
}

TEST(RegistryMemory, ATombstoneOfTheUnknownNeedsRoomToo) {
  Node measure;
  measure.replica_cancel(kName, 1000);
  const uint64_t bytes = measure.registry.memory_bytes();
  EXPECT_GT(bytes, 0U);
  Node past(with_memory(bytes - 1));
  EXPECT_FALSE(past.replica_cancel(kName, 1000));
  EXPECT_EQ(past.registry.memory_bytes(), 0U);
  EXPECT_TRUE(past.registry.look(kName.app(), "").latest_timestamp_ns == 0);
}

TEST(RegistryMemory, SetPastTheLimitChangesNothing) {
  Node node(with_memory(bytes_of_one() + 10));
  node.put(kName);
  const std::string before = node.dump();
  const auto set_metadata = [&](std::string text) {
    const SetItem item{kName.hostname, 2U, true};
    const auto merge = [&](size_t, std::string_view) -> Result<std::string> { return text; };
    return node.registry.set({kName.app(), kName.zone, {&item, 1}, 0, false, merge}, node.now);
  };
  const size_t held = node.get(kName)->metadata_json.size();
  const auto refused = set_metadata(std::string(held + 11, 'm'));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kExhausted);
  EXPECT_EQ(node.dump(), before);
  EXPECT_TRUE(set_metadata(std::string(held + 10, 'm')));
  EXPECT_TRUE(set_metadata(std::string(held + 10, 'n')));  // full now, but it takes no more
}

TEST(RegistryMemory, TheLimitMayChangeWhileRunning) {
  Node node(with_memory(1));
  expect_full(node.try_put(kName));
  node.registry.set_memory_bytes_max(uint64_t{1} << 20);
  EXPECT_TRUE(node.try_put(kName));
  node.registry.set_memory_bytes_max(1);
  expect_full(node.try_put({"second"}));
  EXPECT_EQ(node.renew(kName), RenewVerdict::kRenewed);
}

// Whatever is tried, the limit is never passed, and when all is gone nothing is held any more.
TEST(RegistryMemory, IsNeverPassedAndReturnsToNothingRandomised) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    SeededRandom random(seed);
    const uint64_t limit = 20'000;
    Node node(with_memory(limit), seed);
    uint64_t refused = 0;
    for (int i = 0; i < 1000; ++i) {
      const Name name{std::string(random.below(300), 'h') + std::to_string(random.below(3)),
                      std::string(1 + random.below(300), 'z'), "app-" + std::to_string(random.below(6)), "e"};
      node.pass(nanoseconds(random.below(5'000'000'000)));
      node.run_sweep();
      switch (random.below(6)) {
        case 0:
          node.cancel(name);
          break;
        case 1:
          node.replica_cancel(name, node.now_ns());
          break;
        case 2:
          node.renew(name);
          break;
        default:
          refused += !node.try_put(name, version(std::string(random.below(2000), 'v')));
      }
      ASSERT_LE(node.registry.memory_bytes(), limit);
    }
    EXPECT_GT(refused, 0U);
    node.live(hours(3));
    EXPECT_EQ(node.registry.memory_bytes(), 0U);
    EXPECT_EQ(node.registry.size(), 0);
  }
}

}  // namespace
}  // namespace discovery::registry
