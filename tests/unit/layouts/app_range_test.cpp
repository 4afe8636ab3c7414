#include "layouts/app_range.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "layouts/virtual_keys.h"
#include "unit/layouts/random_instances.h"

namespace discovery::layouts {
namespace {

const std::string kNoEnd(1, '\0');

/// The end of all keys that begin with it, as clients of etcd compute it; precondition: no byte 0xFF at the end.
std::string prefix_end(std::string prefix) {
  prefix.back() = static_cast<char>(prefix.back() + 1);
  return prefix;
}

/// `layout:app` for one application, `layout:from..to` for more.
std::vector<std::string> told_range(const KeyRange& range, const Settings& settings = {}) {
  std::vector<std::string> out;
  for (const AppRange& apps : apps_in(range, settings)) {
    std::string text = std::string(layout_name(apps.layout)) + ":";
    out.push_back(text += apps.only().empty() ? apps.from + ".." + apps.to : std::string(apps.only()));
  }
  return out;
}

std::vector<std::string> told_prefix(const std::string& prefix, const Settings& settings = {}) {
  const std::string end = prefix_end(prefix);
  return told_range({prefix, end}, settings);
}

using Ranges = std::vector<std::string>;

TEST(AppRange, OfTheListOfOneService) {
  EXPECT_EQ(told_prefix("/micro/registry/shop.cart/"), Ranges{"go-micro:shop.cart"});
  EXPECT_EQ(told_prefix("/microservices/shop.cart/"), (Ranges{"kratos:shop.cart", "kratos:shop.cart/..shop.cart0"}));
  EXPECT_EQ(told_prefix("/microservices/shop"), Ranges{"kratos:shop..shoq"}) << "kratos asks without the slash";
  Settings settings;
  settings.naming_targets = {"shop", "shop.cart"};
  EXPECT_EQ(told_prefix("shop.cart/", settings), Ranges{"naming:shop.cart"});
  EXPECT_EQ(told_prefix("shop", settings), (Ranges{"naming:shop", "naming:shop.cart"}));
}

TEST(AppRange, OfAWholeLayout) {
  EXPECT_EQ(told_prefix("/micro/registry/"), Ranges{"go-micro:.."});
  EXPECT_EQ(told_prefix("/micro"), (Ranges{"go-micro:..", "kratos:.."}));
  EXPECT_EQ(told_range({kNoEnd, kNoEnd}), (Ranges{"go-micro:..", "kratos:.."})) << "everything";
  EXPECT_EQ(told_range({"/microservices/b", kNoEnd}), Ranges{"kratos:b.."});
  Settings off;
  off.show_go_micro = off.show_kratos = false;
  EXPECT_EQ(told_range({kNoEnd, kNoEnd}, off), Ranges{});
}

TEST(AppRange, OfOneKey) {
  EXPECT_EQ(told_range({"/micro/registry/cart/c1"}), Ranges{"go-micro:cart"});
  EXPECT_EQ(told_range({"/micro/registry/cart"}), Ranges{});
  EXPECT_EQ(told_range({"goods"}), Ranges{});
}

TEST(AppRange, IsEmptyElsewhere) {
  EXPECT_EQ(told_prefix("nmid/"), Ranges{});
  EXPECT_EQ(told_prefix("/micro/registry0"), Ranges{});
  EXPECT_EQ(told_prefix("/micro/registr"), Ranges{"go-micro:.."});
  EXPECT_EQ(told_range({"b", "a"}), Ranges{}) << "it ends before it begins";
  EXPECT_EQ(told_range({"/micro/registry/b", "/micro/registry/a"}), Ranges{});
  EXPECT_EQ(told_range({"/micro/registry/a/b", "/micro/registry/a/b"}), Ranges{});
}

TEST(AppRange, KnowsThatADashComesBeforeASlash) {
  EXPECT_EQ(told_prefix("/micro/registry/a-b/"), Ranges{"go-micro:a-b"});
  EXPECT_EQ(told_range({"/micro/registry/a-b/x", "/micro/registry/a/x"}),
            (Ranges{"go-micro:a", "go-micro:a-b", "go-micro:a-b0..a/x"}))
      << "a/ is behind a-b/";
}

TEST(AppRange, OfKeysLongerThanAnyNameIsShort) {
  const std::string end = "/micro/registry/b";
  for (const size_t bytes : {size_t{2048}, size_t{2049}, size_t{2050}, size_t{1} << 20}) {
    const std::string from = "/micro/registry/" + std::string(bytes, 'a');
    const auto ranges = apps_in({from, end}, {});
    ASSERT_EQ(ranges.size(), 1U);
    EXPECT_EQ(ranges[0].from.size(), std::min<size_t>(bytes, 2049));
    EXPECT_EQ(ranges[0].to, "b");
  }
  const std::string dashes = "/micro/registry/" + std::string(size_t{1} << 20, '-');
  EXPECT_LE(apps_in({dashes, end}, {}).size(), 1025U);
}

/// A key, cut somewhere, with something behind it: a border that ranges may have.
std::string border(RandomInstances& random, const std::vector<VirtualKey>& keys) {
  if (keys.empty() || random.below(20) == 0) return random.text("/mt\x01", 3);
  std::string text = keys[random.below(keys.size())].key;
  text.resize(text.size() - random.below(std::min<size_t>(text.size(), 14)));
  if (random.below(2) == 0) text += random.text("/0-.a", 2);
  return text;
}

TEST(AppRange, MissesNoKey) {
  const uint32_t seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  RandomInstances random(seed);
  for (int round = 0; round < 3000; ++round) {
    std::vector<VirtualKey> keys;
    std::vector<std::string> appids;
    Settings settings;
    settings.naming_targets = {"a", "a/b", "a.b"};
    for (int n = 0; n < 6; ++n) {
      const MappedInstance instance = random.instance();
      for (VirtualKey& key : keys_of(instance, Layout::kNone, settings)) {
        keys.push_back(std::move(key));
        appids.push_back(instance.appid);
      }
    }
    const std::string from = border(random, keys);
    const std::string to = random.below(4) == 0 ? "" : random.below(4) == 0 ? kNoEnd : border(random, keys);
    const KeyRange range{from, to};
    const auto ranges = apps_in(range, settings);
    for (size_t k = 0; k < keys.size(); ++k) {
      if (!range.holds(keys[k].key)) continue;
      EXPECT_TRUE(std::ranges::any_of(
          ranges, [&](const AppRange& apps) { return apps.layout == keys[k].layout && apps.contains(appids[k]); }))
          << keys[k].key << " in [" << from << ", " << to << ")";
    }
    ASSERT_FALSE(testing::Test::HasFailure());
  }
}

}  // namespace
}  // namespace discovery::layouts
