#include "history/history.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "registry/origin.h"
#include "unit/registry/node.h"

namespace discovery::history {
namespace {

using registry::Name;
using registry::Node;
using registry::Put;
using registry::RecordState;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::ElementsAre;

class HistoryTest : public testing::Test {
 protected:
  HistoryTest() { node_.registry.set_observer(&history_); }

  void put_by(const std::string& by, const Name& name, const Put& put = {}) {
    registry::RegisterArgs args;
    args.key = name.key();
    args.region = put.region;
    args.version = put.version;
    args.addrs_json = put.addrs_json;
    args.metadata_json = put.metadata_json;
    args.status = put.status;
    args.by = by;
    ASSERT_TRUE(node_.registry.register_instance(args, node_.now));
  }
  std::vector<std::string> kinds(const Filter& filter = {}) const {
    std::vector<std::string> names;
    for (const Event& e : history_.find(filter).events) names.emplace_back(kind_name(e.kind));
    return names;
  }
  Event newest() const { return history_.find({}).events.at(0); }

  History history_{size_t{4} << 20};
  Node node_;
  Name name_;
};

TEST_F(HistoryTest, TellsWhoDidWhatAndWhen) {
  put_by("10.0.0.1", name_);
  node_.pass(seconds(10));
  registry::CancelArgs cancel;
  cancel.key = name_.key();
  cancel.by = "10.0.0.9";
  ASSERT_TRUE(node_.registry.cancel(cancel, node_.now));
  const Found found = history_.find({});
  ASSERT_EQ(found.events.size(), 2u);
  const Event& cancelled = found.events[0];
  EXPECT_EQ(cancelled.kind, EventKind::kCancelled);
  EXPECT_EQ(cancelled.by, "10.0.0.9");
  EXPECT_EQ(cancelled.at, node_.now);
  EXPECT_EQ(cancelled.hostname, name_.hostname);
  EXPECT_EQ(cancelled.app.appid, name_.appid);
  ASSERT_TRUE(cancelled.before && cancelled.before->content && cancelled.after);
  EXPECT_EQ(cancelled.before->content->version, "412");
  EXPECT_TRUE(cancelled.after->version.incarnation.tombstone);
  EXPECT_GT(cancelled.after->version, cancelled.before->numbers.version);
  EXPECT_EQ(found.events[1].kind, EventKind::kRegistered);
  EXPECT_FALSE(found.events[1].before);
  EXPECT_EQ(found.reaches_back_to, registry::kStart);
}

TEST_F(HistoryTest, TellsTheOriginOfAGuestToItsEnd) {
  const std::string first = registry::make_origin(seconds(60), "first");
  const std::string second = registry::make_origin(seconds(60), "second");
  const auto put = [&](const std::string& origin) {
    registry::RegisterArgs args;
    args.key = name_.key();
    args.addrs_json = "[]";
    args.metadata_json = "{}";
    args.origin = origin;
    ASSERT_TRUE(node_.registry.register_instance(args, node_.now));
    node_.pass(seconds(1));
  };
  put(first);
  put(first);
  put(second);
  put("");  // a service takes it over
  put(second);
  registry::CancelArgs cancel;
  cancel.key = name_.key();
  ASSERT_TRUE(node_.registry.cancel(cancel, node_.now));
  const auto events = history_.find({}).events;
  std::vector<std::string> told;
  for (const Event& e : events) {
    const std::string before = e.before && e.before->content ? e.before->content->origin : "";
    told.push_back(std::string(kind_name(e.kind)) + " " + std::string(registry::kept_of_origin(e.origin)) + " was " +
                   std::string(registry::kept_of_origin(before)));
  }
  EXPECT_THAT(told, ElementsAre("cancelled second was second", "changed second was ", "changed  was second",
                                "changed second was first", "registered_again first was ", "registered first was "));
  const PastState then = history_.state_at(node_.registry, name_.app(), registry::kStart + seconds(2));
  ASSERT_EQ(then.instances.size(), 1u);
  EXPECT_EQ(then.instances[0].past.content->origin, second);
}

TEST_F(HistoryTest, TellsEachKindOfChange) {
  node_.put(name_);
  node_.put(name_, registry::version("413"));
  node_.put(name_, registry::version("413"));
  ASSERT_TRUE(node_.set_status(name_, 2));
  node_.pass(seconds(61));
  node_.renew(name_);
  node_.pass(hours(2));
  ASSERT_EQ(node_.live(minutes(2)).size(), 1u);
  node_.live(hours(2));
  EXPECT_THAT(kinds(), ElementsAre("forgotten", "expired_past_ceiling", "renewed_late", "set", "registered_again",
                                   "changed", "registered"));
}

TEST_F(HistoryTest, RenewalsInTimeLeaveNothing) {
  node_.put(name_);
  for (int i = 0; i < 10; ++i) {
    node_.pass(seconds(30));
    node_.renew(name_);
  }
  EXPECT_THAT(kinds(), ElementsAre("registered"));
}

TEST_F(HistoryTest, AGapTellsHowLongItWas) {
  node_.put(name_);
  node_.pass(seconds(75));
  node_.renew(name_);
  const Event gap = newest();
  EXPECT_EQ(gap.kind, EventKind::kRenewedLate);
  ASSERT_TRUE(gap.before);
  EXPECT_EQ(gap.at - from_wire_ns(gap.before->lease_ns), seconds(75));
}

TEST_F(HistoryTest, ARegisterLoopIsOneEvent) {
  put_by("10.0.0.1", name_);
  for (int i = 0; i < 1000; ++i) {
    node_.pass(seconds(1));
    put_by("10.0.0.1", name_);
  }
  const Found found = history_.find({});
  ASSERT_EQ(found.events.size(), 2u);
  EXPECT_EQ(found.events[0].count, 1000u);
  EXPECT_EQ(found.events[0].last - found.events[0].at, seconds(999));
  put_by("10.0.0.2", name_);
  EXPECT_EQ(newest().by, "10.0.0.2") << "another client is another event";
  ASSERT_TRUE(node_.set_status(name_, 2));
  put_by("10.0.0.2", name_, registry::status(2));
  EXPECT_THAT(kinds(), ElementsAre("registered_again", "set", "registered_again", "registered_again", "registered"));
}

TEST_F(HistoryTest, WhatAPeerMergedNamesIt) {
  Node other;
  other.put(name_);
  const registry::RecordRef ref = other.registry.find_record(name_.key());
  ASSERT_TRUE(other.registry.with_record(ref, [&](const registry::StoredRecord& r) {
    registry::JoinArgs args;
    args.record = r.at(other.now);
    args.by = "10.0.0.2:7171";
    node_.registry.join(args, node_.now);
  }));
  EXPECT_EQ(newest().kind, EventKind::kMerged);
  EXPECT_EQ(newest().by, "10.0.0.2:7171");
}

TEST_F(HistoryTest, Filters) {
  for (int i = 0; i < 10; ++i) {
    node_.put({"h" + std::to_string(i), "zone-a", i % 2 == 0 ? "even" : "odd"});
    node_.pass(seconds(1));
  }
  EXPECT_EQ(kinds({.appid = "even"}).size(), 5u);
  EXPECT_EQ(kinds({.appid = "even", .hostname = "h4"}).size(), 1u);
  EXPECT_EQ(kinds({.appid = "even", .hostname = "h5"}).size(), 0u);
  EXPECT_EQ(kinds({.zone = "zone-b"}).size(), 0u);
  EXPECT_EQ(kinds({.env = "dev"}).size(), 10u);
  EXPECT_EQ(kinds({.kind = EventKind::kCancelled}).size(), 0u);
  EXPECT_EQ(kinds({.since = registry::kStart + seconds(7)}).size(), 3u);
  EXPECT_EQ(kinds({.until = registry::kStart + seconds(7)}).size(), 7u);
  const Found page = history_.find({.limit = 4});
  EXPECT_EQ(page.events.size(), 4u);
  EXPECT_TRUE(page.more);
  const Found next = history_.find({.below = page.events.back().number, .limit = 6});
  EXPECT_EQ(next.events.size(), 6u);
  EXPECT_FALSE(next.more);
  EXPECT_EQ(next.events.front().hostname, "h5");
}

TEST_F(HistoryTest, EventsOfTheNodeItself) {
  history_.note(EventKind::kStarted, node_.now);
  history_.note(EventKind::kProtectionOn, node_.now);
  EXPECT_THAT(kinds(), ElementsAre("protection_on", "node_started"));
}

TEST_F(HistoryTest, MemoryIsBounded) {
  for (int i = 0; i < 100'000; ++i) node_.put({"h" + std::to_string(i % 5000)}, registry::version(std::to_string(i)));
  EXPECT_LE(history_.bytes(), (size_t{4} << 20) + EventRing::kBlockBytes * 2);
  EXPECT_LT(history_.events(), 100'000u);
  const Found found = history_.find({.limit = 1'000'000});
  EXPECT_EQ(found.events.size(), history_.events());
  EXPECT_GT(found.reaches_back_to, TimePoint{});
}

TEST(History, OfNoBytesKeepsNothing) {
  History history(0);
  Node node;
  node.registry.set_observer(&history);
  node.put(Name{});
  history.note(EventKind::kStarted, node.now);
  EXPECT_FALSE(history.enabled());
  EXPECT_TRUE(history.find({}).events.empty());
  EXPECT_EQ(history.bytes(), 0u);
}

TEST(History, EveryKindHasAName) {
  for (size_t i = 0; i < kEventKinds; ++i) {
    EXPECT_EQ(kind_of_name(kind_name(static_cast<EventKind>(i))), static_cast<EventKind>(i));
  }
  EXPECT_EQ(kind_of_name("renamed"), std::nullopt);
}

/// What a client could have fetched: (zone, hostname) to version, status and metadata.
using Listing = std::map<std::pair<std::string, std::string>, std::string>;

Listing now_listed(const Node& node, const Name& app) {
  Listing all;
  node.registry.with_application(app.app(), [&](const registry::Application& a) {
    a.for_each_listed([&](const registry::InstanceView& v) {
      const registry::Instance& i = *v.instance;
      all[{std::string(i.zone()), std::string(i.hostname())}] =
          std::string(i.version()) + " " + std::to_string(i.numbers.status) + " " + std::string(i.metadata_json());
    });
  });
  return all;
}

Listing then_listed(const PastState& state) {
  Listing all;
  for (const PastInstance& i : state.instances) {
    if (i.past.numbers.state != RecordState::kVisible) continue;
    all[{i.zone, i.hostname}] =
        i.past.content->version + " " + std::to_string(i.past.numbers.status) + " " + i.past.content->metadata_json;
  }
  return all;
}

class HistoryReplay : public testing::TestWithParam<uint32_t> {};

TEST_P(HistoryReplay, GivesTheStateOfEveryMoment) {
  std::mt19937 random(GetParam());
  History history(size_t{16} << 20);
  Node node;
  node.registry.set_observer(&history);
  history.note(EventKind::kStarted, node.now);
  const Name app;
  std::map<TimePoint, Listing> seen;
  const auto below = [&random](uint64_t n) { return static_cast<uint32_t>(random() % n); };
  for (int step = 0; step < 400; ++step) {
    Name name = app;
    name.hostname = "h" + std::to_string(below(12));
    switch (below(8)) {
      case 0:
      case 1:
        node.put(name, registry::version(std::to_string(below(3))));
        break;
      case 2:
        node.cancel(name);
        break;
      case 3:
        static_cast<void>(node.set_status(name, 1 + below(2)));
        break;
      case 4:
        for (int i = 0; i < 12; ++i) node.renew({.hostname = "h" + std::to_string(i)});
        break;
      case 5:
        node.replica_cancel(name, node.now_ns());
        break;
      case 6:
        node.live(seconds(below(200)));
        break;
      default:
        node.put({name.hostname, "zone-a", "another"});
    }
    node.pass(std::chrono::milliseconds(1 + below(1000)));
    seen[node.now] = now_listed(node, app);
    node.pass(std::chrono::milliseconds(1));
  }
  for (const auto& [at, listing] : seen) {
    const PastState state = history.state_at(node.registry, app.app(), at);
    ASSERT_TRUE(state.complete);
    ASSERT_EQ(then_listed(state), listing) << to_wire_ns(at) - to_wire_ns(registry::kStart);
  }
  EXPECT_TRUE(history.state_at(node.registry, app.app(), registry::kStart - seconds(1)).instances.empty());
  EXPECT_FALSE(history.state_at(node.registry, app.app(), registry::kStart - seconds(1)).complete);
}

INSTANTIATE_TEST_SUITE_P(Seeds, HistoryReplay, testing::Range(0U, 20U));

}  // namespace
}  // namespace discovery::history
