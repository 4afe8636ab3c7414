#include "registry/application.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"

namespace discovery::registry {
namespace {

constexpr AppKeyView kKey{"dev", "shop.cart"};
constexpr HashKey kHashKey{11, 22};

InstancePtr make(const Application& app, std::string_view zone, std::string_view hostname, uint32_t status = 1,
                 RecordState state = RecordState::kVisible, std::string_view version = "1") {
  InstanceNumbers numbers;
  numbers.status = status;
  numbers.state = state;
  return Instance::make({.zone = zone, .hostname = hostname, .version = version}, numbers, app.key_hash(zone, hostname),
                        0);
}
void add(Application& app, std::string_view zone, std::string_view hostname, uint32_t status = 1,
         RecordState state = RecordState::kVisible) {
  app.insert(make(app, zone, hostname, status, state), 7, {});
}
using Keys = std::vector<std::pair<std::string, std::string>>;
Keys listed(const Application& app) {
  Keys out;
  app.for_each_listed([&](const InstanceView& v) {
    out.emplace_back(std::string(v.instance->zone()), std::string(v.instance->hostname()));
  });
  return out;
}
SharedBytes bytes(std::string text) { return std::make_shared<const SharedText>(std::move(text)); }

TEST(Application, StartsEmpty) {
  const Application app(kKey, 3, kHashKey);
  EXPECT_EQ(app.key(), kKey);
  EXPECT_EQ(app.id(), 3U);
  EXPECT_EQ(app.record_count(), 0U);
  EXPECT_EQ(app.visible_count(), 0U);
  EXPECT_EQ(app.in_service(), 0U);
  EXPECT_EQ(app.find("z", "h"), Application::kNone);
  EXPECT_EQ(app.zone("z"), nullptr);
  EXPECT_EQ(app.latest_timestamp_ns(), 0);
  EXPECT_EQ(app.watchers(), 0U);
  EXPECT_TRUE(listed(app).empty());
}

TEST(Application, FindsByZoneAndHostname) {
  Application app(kKey, 1, kHashKey);
  add(app, "z1", "h");
  add(app, "z2", "h");
  add(app, "z", "1h");  // the same letters as ("z1", "h")
  ASSERT_NE(app.find("z1", "h"), Application::kNone);
  EXPECT_EQ(app.record(app.find("z1", "h")).zone(), "z1");
  EXPECT_EQ(app.record(app.find("z", "1h")).hostname(), "1h");
  EXPECT_EQ(app.find("h", "z1"), Application::kNone);
  EXPECT_EQ(app.find("", "z1h"), Application::kNone);
}

TEST(Application, ListsByZoneThenHostname) {
  Application app(kKey, 1, kHashKey);
  for (const auto& [z, h] : Keys{{"b", "2"}, {"a", "9"}, {"b", "10"}, {"a", ""}, {"", "x"}, {"a", "1"}}) add(app, z, h);
  EXPECT_EQ(listed(app), (Keys{{"", "x"}, {"a", ""}, {"a", "1"}, {"a", "9"}, {"b", "10"}, {"b", "2"}}));
}

TEST(Application, ListsOnlyWhatIsVisibleNow) {
  Application app(kKey, 1, kHashKey);
  add(app, "z", "a");
  add(app, "z", "b", 1, RecordState::kHidden);
  add(app, "z", "c", 1, RecordState::kTombstone);
  EXPECT_EQ(listed(app), (Keys{{"z", "a"}}));
  app.update(app.find("z", "b"), [](InstanceNumbers& n) { n.state = RecordState::kVisible; });
  EXPECT_EQ(listed(app), (Keys{{"z", "a"}, {"z", "b"}}));
  app.update(app.find("z", "a"), [](InstanceNumbers& n) { n.state = RecordState::kHidden; });
  EXPECT_EQ(listed(app), (Keys{{"z", "b"}}));
  app.replace(app.find("z", "c"), make(app, "z", "c"), 9);
  EXPECT_EQ(listed(app), (Keys{{"z", "b"}, {"z", "c"}}));
  app.remove(app.find("z", "b"));
  EXPECT_EQ(listed(app), (Keys{{"z", "c"}}));
}

TEST(Application, ListsFromAGivenPlaceOn) {
  Application app(kKey, 1, kHashKey);
  for (const char* h : {"a", "c", "e"}) add(app, "z1", h);
  add(app, "z2", "b");
  const auto after = [&](std::string_view zone, std::string_view hostname, size_t at_most) {
    std::string out;
    app.for_each_listed_after(zone, hostname, [&](const InstanceView& v) {
      out += v.instance->hostname();
      return out.size() < at_most;
    });
    return out;
  };
  EXPECT_EQ(after("", "", 9), "aceb");
  EXPECT_EQ(after("z1", "a", 9), "ceb");
  EXPECT_EQ(after("z1", "b", 9), "ceb");  // the place need not exist any more
  EXPECT_EQ(after("z1", "e", 9), "b");
  EXPECT_EQ(after("z2", "b", 9), "");
  EXPECT_EQ(after("z1", "a", 1), "c");
}

TEST(Application, CountsPerZone) {
  Application app(kKey, 1, kHashKey);
  add(app, "z1", "a", 1);
  add(app, "z1", "b", 2);
  add(app, "z2", "c", 2);
  add(app, "z3", "d", 1, RecordState::kHidden);
  EXPECT_EQ(app.record_count(), 4U);
  EXPECT_EQ(app.visible_count(), 3U);
  EXPECT_EQ(app.in_service(), 1U);
  ASSERT_NE(app.zone("z1"), nullptr);
  EXPECT_EQ(app.zone("z1")->visible, 2U);
  EXPECT_EQ(app.zone("z1")->in_service, 1U);
  EXPECT_EQ(app.zone("z2")->in_service, 0U);
  EXPECT_EQ(app.zone("z3"), nullptr);
  EXPECT_EQ(app.zones().size(), 2U);

  app.update(app.find("z1", "b"), [](InstanceNumbers& n) { n.status = 1; });
  EXPECT_EQ(app.zone("z1")->in_service, 2U);
  EXPECT_EQ(app.in_service(), 2U);
  app.replace(app.find("z1", "a"), make(app, "z1", "a", 2), 1);
  EXPECT_EQ(app.zone("z1")->in_service, 1U);
  app.replace(app.find("z2", "c"), make(app, "z2", "c", 1), 1);  // the only one of its zone
  ASSERT_NE(app.zone("z2"), nullptr);
  EXPECT_EQ(app.zone("z2")->in_service, 1U);
  app.remove(app.find("z2", "c"));
  EXPECT_EQ(app.zone("z2"), nullptr);  // an empty zone is forgotten at once
  app.update(app.find("z3", "d"), [](InstanceNumbers& n) { n.state = RecordState::kVisible; });
  EXPECT_EQ(app.zone("z3")->visible, 1U);
}

TEST(Application, ALeaseFollowsItsRecord) {
  Application app(kKey, 1, kHashKey);
  for (const char* h : {"a", "b", "c"}) add(app, "z", h);
  app.renew(app.find("z", "c"), 33);
  app.renew(app.find("z", "b"), 22);
  app.remove(app.find("z", "a"));  // the last record takes its place
  EXPECT_EQ(app.lease_ns(app.find("z", "c")), 33);
  EXPECT_EQ(app.lease_ns(app.find("z", "b")), 22);
  EXPECT_EQ(app.view_of(app.find("z", "b")).renew_ns, 22);
  EXPECT_EQ(app.view_of(app.find("z", "b")).app, kKey);
  app.replace(app.find("z", "b"), make(app, "z", "b"), 44);
  EXPECT_EQ(app.lease_ns(app.find("z", "b")), 44);
}

TEST(Application, TouchRaisesTheTimestampAlways) {
  Application app(kKey, 1, kHashKey);
  app.touch(100);
  EXPECT_EQ(app.latest_timestamp_ns(), 100);
  app.touch(100);
  EXPECT_EQ(app.latest_timestamp_ns(), 101);
  app.touch(50);
  EXPECT_EQ(app.latest_timestamp_ns(), 102);
  app.touch(500);
  EXPECT_EQ(app.latest_timestamp_ns(), 500);
  app.touch(INT64_MAX);
  app.touch(1);
  EXPECT_EQ(app.latest_timestamp_ns(), INT64_MAX);  // saturates, never wraps
}

TEST(Application, WatchersAreBits) {
  Application app(kKey, 1, kHashKey);
  app.watch(1);
  app.watch(uint64_t{1} << 63);
  app.watch(1);
  EXPECT_EQ(app.watchers(), (uint64_t{1} << 63) | 1);
  app.unwatch(1);
  EXPECT_EQ(app.watchers(), uint64_t{1} << 63);
}

// ---------------------------------------------------------------------------------------------------- views

TEST(ApplicationViews, AreKeptPerForm) {
  Application app(kKey, 1, kHashKey);
  app.keep_view({1, ""}, bytes("one"), 10);
  app.keep_view({3, ""}, bytes("both"), 10);
  app.keep_view({1, "z"}, bytes("zone"), 10);
  EXPECT_EQ((*app.find_view({1, ""}, 0))->text(), "one");
  EXPECT_EQ((*app.find_view({3, ""}, 0))->text(), "both");
  EXPECT_EQ((*app.find_view({1, "z"}, 0))->text(), "zone");
  EXPECT_EQ(app.find_view({2, ""}, 0), nullptr);
  EXPECT_EQ(app.find_view({1, "y"}, 0), nullptr);
  app.keep_view({1, ""}, bytes("newer"), 11);
  EXPECT_EQ((*app.find_view({1, ""}, 0))->text(), "newer");
}

TEST(ApplicationViews, OnlyTwoBitsOfTheMaskCount) {
  Application app(kKey, 1, kHashKey);
  app.keep_view({0xfffffffd, ""}, bytes("one"), 10);
  ASSERT_NE(app.find_view({1, ""}, 0), nullptr);
  ASSERT_NE(app.find_view({5, ""}, 0), nullptr);
  EXPECT_EQ(app.find_view({2, ""}, 0), nullptr);
}

TEST(ApplicationViews, GrowOldAtTheGivenTime) {
  Application app(kKey, 1, kHashKey);
  app.keep_view({1, ""}, bytes("x"), 10);
  EXPECT_NE(app.find_view({1, ""}, 10), nullptr);
  EXPECT_EQ(app.find_view({1, ""}, 11), nullptr);
}

TEST(ApplicationViews, AreForgottenByTouchButStayWithTheirReaders) {
  Application app(kKey, 1, kHashKey);
  app.keep_view({1, ""}, bytes("x"), 10);
  const SharedBytes reader = *app.find_view({1, ""}, 0);
  app.touch(1);
  EXPECT_EQ(app.find_view({1, ""}, 0), nullptr);
  EXPECT_EQ(reader->text(), "x");
}

TEST(ApplicationViews, TheOldestGivesWayAtTheLimit) {
  Application app(kKey, 1, kHashKey);
  for (size_t i = 0; i < Application::kViewsMax; ++i) app.keep_view({1, std::to_string(i)}, bytes("x"), 10);
  EXPECT_NE(app.find_view({1, "0"}, 0), nullptr);  // at the limit all are there
  app.keep_view({1, "one more"}, bytes("x"), 10);
  EXPECT_EQ(app.find_view({1, "0"}, 0), nullptr);
  EXPECT_NE(app.find_view({1, "1"}, 0), nullptr);
  EXPECT_NE(app.find_view({1, "one more"}, 0), nullptr);
  app.keep_view({1, "1"}, bytes("anew"), 11);  // a form that is there costs no other its place
  EXPECT_NE(app.find_view({1, "2"}, 0), nullptr);
}

TEST(ApplicationViews, IdleOnesAreDroppedAtTheSecondCall) {
  Application app(kKey, 1, kHashKey);
  app.keep_view({1, ""}, bytes("12345"), 10);
  app.keep_view({2, ""}, bytes("678"), 10);
  EXPECT_EQ(app.drop_idle_views(), 0U);  // used since the last call: they were just made
  ASSERT_NE(app.find_view({1, ""}, 0), nullptr);
  EXPECT_EQ(app.drop_idle_views(), 0U);
  EXPECT_EQ(app.drop_idle_views(), 8U);
  EXPECT_EQ(app.find_view({1, ""}, 0), nullptr);
  EXPECT_EQ(app.drop_idle_views(), 0U);
}

// ---------------------------------------------------------------------------------------------------- bookkeeping

TEST(ApplicationBytes, ReturnToWhereTheyStarted) {
  Application app(kKey, 1, kHashKey);
  const size_t start = app.bytes();
  add(app, "z1", "a");
  const size_t one = app.bytes();
  EXPECT_GE(one - start, Instance::bytes_of({.zone = "z1", .hostname = "a", .version = "1"}));
  add(app, "z2", std::string(1024, 'h'));
  EXPECT_GE(app.bytes() - one, 1024U + sizeof(Instance));
  app.replace(app.find("z1", "a"), make(app, "z1", "a", 1, RecordState::kVisible, std::string(5000, 'v')), 1);
  EXPECT_GE(app.bytes() - start, 6000U);
  app.replace(app.find("z1", "a"), make(app, "z1", "a", 1, RecordState::kTombstone, ""), 1);
  EXPECT_LT(app.bytes() - one, 2000U);
  app.remove(app.find("z2", std::string(1024, 'h')));
  app.remove(app.find("z1", "a"));
  EXPECT_EQ(app.bytes(), start);
}

// A zone's name is held once more, in the table of zones: who sends long names must pay for it.
TEST(ApplicationBytes, CountTheNamesOfZones) {
  Application app(kKey, 1, kHashKey);
  const size_t start = app.bytes();
  const std::string zone(1024, 'z');
  add(app, zone, "a");
  EXPECT_GE(app.bytes() - start, 2 * zone.size());
  const size_t one = app.bytes();
  add(app, zone, "b");
  EXPECT_LT(app.bytes() - one, 2 * zone.size());  // the zone is there already
  app.update(app.find(zone, "a"), [](InstanceNumbers& n) { n.state = RecordState::kHidden; });
  app.update(app.find(zone, "b"), [](InstanceNumbers& n) { n.state = RecordState::kHidden; });
  EXPECT_LT(app.bytes() - one, one - start);
  app.remove(app.find(zone, "a"));
  app.remove(app.find(zone, "b"));
  EXPECT_EQ(app.bytes(), start);
}

struct ModelRecord {
  std::string version;
  uint32_t status = 1;
  RecordState state = RecordState::kVisible;
  int64_t lease = 0;
};
using Model = std::map<std::pair<std::string, std::string>, ModelRecord>;

void compare(const Application& app, const Model& model) {
  ASSERT_EQ(app.record_count(), model.size());
  Keys visible;
  std::map<std::string, std::pair<uint32_t, uint32_t>> zones;
  uint32_t in_service = 0;
  for (const auto& [key, r] : model) {
    const size_t i = app.find(key.first, key.second);
    ASSERT_NE(i, Application::kNone) << key.first << "/" << key.second;
    ASSERT_EQ(app.record(i).hostname(), key.second);
    ASSERT_EQ(app.record(i).version(), r.version);
    ASSERT_EQ(app.lease_ns(i), r.lease);
    if (r.state != RecordState::kVisible) continue;
    visible.push_back(key);
    ++zones[key.first].first;
    zones[key.first].second += r.status == 1;
    in_service += r.status == 1;
  }
  ASSERT_EQ(listed(app), visible);
  ASSERT_EQ(app.visible_count(), visible.size());
  ASSERT_EQ(app.in_service(), in_service);
  ASSERT_EQ(app.zones().size(), zones.size());
  for (const auto& [name, counts] : zones) {
    ASSERT_NE(app.zone(name), nullptr);
    ASSERT_EQ(app.zone(name)->visible, counts.first);
    ASSERT_EQ(app.zone(name)->in_service, counts.second);
  }
}

// The open-addressing index against std::map: inserts, removals, replacements and changes in place over 10,000 keys.
TEST(Application, IndexAgainstAMapRandomised) {
  constexpr uint64_t kSeed = 77;
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  SeededRandom random(kSeed);
  Application app(kKey, 1, kHashKey);
  const size_t start = app.bytes();
  Model model;
  constexpr int kOperations = 60000;
  for (int op = 0; op < kOperations; ++op) {
    const bool shrinking = op > kOperations * 3 / 4;
    const std::pair<std::string, std::string> key{"zone-" + std::to_string(random.below(5)),
                                                  "host-" + std::to_string(random.below(2000))};
    const size_t i = app.find(key.first, key.second);
    const auto known = model.find(key);
    ASSERT_EQ(i == Application::kNone, known == model.end()) << op;
    ModelRecord r{std::string(random.below(40), 'v'), 1 + static_cast<uint32_t>(random.below(2)),
                  static_cast<RecordState>(random.below(3)), op};
    if (known == model.end()) {
      if (shrinking) continue;
      app.insert(make(app, key.first, key.second, r.status, r.state, r.version), r.lease, {});
      model[key] = r;
    } else if (const uint64_t what = random.below(shrinking ? 3 : 6); what < 2) {
      app.remove(i);
      model.erase(known);
    } else if (what == 2) {
      app.update(i, [&](InstanceNumbers& n) { n.status = r.status, n.state = r.state; });
      known->second.status = r.status;
      known->second.state = r.state;
    } else if (what == 3) {
      app.renew(i, r.lease);
      known->second.lease = r.lease;
    } else {
      app.replace(i, make(app, key.first, key.second, r.status, r.state, r.version), r.lease);
      known->second = r;
    }
    if (op % 6000 == 0) {
      compare(app, model);
      if (HasFatalFailure()) return;
    }
  }
  compare(app, model);
  while (app.record_count() > 0) app.remove(random.below(app.record_count()));
  EXPECT_EQ(app.bytes(), start);
  EXPECT_TRUE(app.zones().empty());
}

}  // namespace
}  // namespace discovery::registry
