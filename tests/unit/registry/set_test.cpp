// set: discovery-api.md 5, 6.4, D3, D14.
#include <gtest/gtest.h>

#include <map>
#include <vector>

#include "unit/registry/node.h"

namespace discovery::registry {
namespace {

const Name kName;

/// What a test asks for: items, and the metadata each one gives (taken as it is, or failing when it says so).
struct Ask {
  std::vector<SetItem> items;
  std::map<size_t, std::string> metadata;
  int64_t set_timestamp_ns = 0;
};
Result<Wake> set(Node& node, const Ask& ask, const Name& where = kName) {
  std::vector<SetItem> items = ask.items;
  for (const auto& entry : ask.metadata) items[entry.first].has_metadata = true;
  const auto merge = [&](size_t i, std::string_view stored) -> Result<std::string> {
    const std::string& given = ask.metadata.at(i);
    if (given == "bad") return invalid("metadata must be an object");
    return given.starts_with("+") ? std::string(stored) + given.substr(1) : given;
  };
  return node.registry.set({where.app(), where.zone, items, ask.set_timestamp_ns, false, merge}, node.now);
}

TEST(Set, OfStatusOneChangesUpDirtyAndLatest) {
  Node node;
  node.put(kName, status(2));
  const auto before = node.get(kName);
  node.pass(seconds(5));
  const auto wake = set(node, {{{kName.hostname, 1U}}, {}, 0});
  ASSERT_TRUE(wake);
  const auto after = node.get(kName);
  EXPECT_EQ(after->numbers.status, 1U);
  EXPECT_EQ(after->numbers.up_ns, node.now_ns());
  EXPECT_EQ(after->numbers.dirty_ns, node.now_ns());
  EXPECT_EQ(after->numbers.latest_ns, node.now_ns());
  EXPECT_EQ(after->numbers.reg_ns, before->numbers.reg_ns);
  EXPECT_EQ(after->renew_ns, before->renew_ns);
  EXPECT_EQ(after->version + after->region + after->addrs_json + after->metadata_json,
            before->version + before->region + before->addrs_json + before->metadata_json);
}

TEST(Set, OfAnythingElseLeavesUp) {
  for (const bool metadata : {false, true}) {
    Node node;
    node.put(kName);
    node.pass(seconds(5));
    const Ask ask =
        metadata ? Ask{{{kName.hostname, std::nullopt}}, {{0, R"({"a":"1"})"}}, 0} : Ask{{{kName.hostname, 2U}}, {}, 0};
    ASSERT_TRUE(set(node, ask));
    const auto after = node.get(kName);
    EXPECT_EQ(after->numbers.up_ns, to_wire_ns(kStart));
    EXPECT_EQ(after->numbers.dirty_ns, node.now_ns());
    EXPECT_EQ(after->numbers.latest_ns, node.now_ns());
    EXPECT_EQ(after->numbers.status, metadata ? 1U : 2U);
  }
}

TEST(Set, StatusOneAgainIsSetAgain) {
  Node node;
  node.put(kName);
  node.pass(seconds(5));
  ASSERT_TRUE(node.set_status(kName, 1));
  EXPECT_EQ(node.get(kName)->numbers.up_ns, node.now_ns());
}

TEST(Set, TakesTheGivenTimestampEvenWhenOlder) {
  for (const int64_t stamp : {int64_t{5}, to_wire_ns(kStart) - 1, kFarFuture}) {
    Node node;
    node.put(kName, dirty(1000));
    node.watch(kName, 1);
    node.pass(seconds(5));
    const auto wake = node.set_status(kName, 1, stamp);
    ASSERT_TRUE(wake);
    EXPECT_EQ(wake->reactors, 2U);
    const auto after = node.get(kName);
    EXPECT_EQ(after->numbers.up_ns, stamp);
    EXPECT_EQ(after->numbers.dirty_ns, stamp);
    EXPECT_EQ(after->numbers.latest_ns, stamp);
    EXPECT_EQ(node.latest(kName), node.now_ns());  // but T is ours: D3
  }
}

TEST(Set, ATimestampBelowOneCountsAsNow) {
  Node node;
  node.put(kName);
  node.pass(seconds(5));
  ASSERT_TRUE(node.set_status(kName, 2, -1));
  EXPECT_EQ(node.get(kName)->numbers.dirty_ns, node.now_ns());
}

TEST(Set, RaisesTAndWakes) {  // D3
  Node node;
  node.put(kName);
  const uint64_t id = node.watch(kName, 6);
  const int64_t t = node.latest(kName);
  const auto wake = node.set_status(kName, 2);  // in the same nanosecond
  ASSERT_TRUE(wake);
  EXPECT_EQ(wake->app_id, id);
  EXPECT_EQ(wake->reactors, 64U);
  EXPECT_GT(node.latest(kName), t);
}

TEST(Set, IsAFieldOfTheIncarnation) {
  Node node;
  node.put(kName);
  const Version registered = node.get(kName)->numbers.version;
  node.pass(seconds(1));
  node.set_status(kName, 2);
  const Version after = node.get(kName)->numbers.version;
  EXPECT_EQ(after.incarnation, registered.incarnation);
  EXPECT_EQ(after.set, (SetStamp{node.now_ns(), 1}));
  node.set_status(kName, 1);
  EXPECT_GT(node.get(kName)->numbers.version, after);
  node.put(kName);
  EXPECT_EQ(node.get(kName)->numbers.version.set, SetStamp{});  // a new registration begins without
  EXPECT_GT(node.get(kName)->numbers.version.incarnation.t_ns, after.set.t_ns);
}

TEST(Set, OfSeveralHosts) {
  Node node;
  for (const char* h : {"b", "a", "c"}) node.put({h});
  node.pass(seconds(1));
  ASSERT_TRUE(set(node, {{{"a", 2U}, {"c", std::nullopt}}, {{1, R"({"x":"1"})"}}, 0}));
  EXPECT_EQ(node.get({"a"})->numbers.status, 2U);
  EXPECT_EQ(node.get({"a"})->metadata_json, R"({"weight":"10"})");
  EXPECT_EQ(node.get({"c"})->numbers.status, 1U);
  EXPECT_EQ(node.get({"c"})->metadata_json, R"({"x":"1"})");
  EXPECT_EQ(node.get({"b"})->numbers.dirty_ns, to_wire_ns(kStart));
}

TEST(Set, OfAHostNamedTwiceAppliesTheLaterToTheResultOfTheEarlier) {
  Node node;
  node.put(kName);
  const Ask ask{{{kName.hostname, 2U}, {kName.hostname, 1U}}, {{0, "first"}, {1, "+second"}}, 0};
  ASSERT_TRUE(set(node, ask));
  EXPECT_EQ(node.get(kName)->numbers.status, 1U);
  EXPECT_EQ(node.get(kName)->metadata_json, "firstsecond");
}

TEST(Set, GivesMergeTheStoredMetadata) {
  Node node;
  node.put(kName);
  ASSERT_TRUE(set(node, {{{kName.hostname, std::nullopt}}, {{0, "+!"}}, 0}));
  EXPECT_EQ(node.get(kName)->metadata_json, R"({"weight":"10"}!)");
}

TEST(Set, IsAllOrNothing) {  // D14
  Node node;
  for (const char* h : {"a", "b"}) node.put({h});
  node.put({"gone"});
  node.cancel({"gone"});
  node.watch(kName, 1);
  node.pass(seconds(1));
  const std::string before = node.dump();
  const Ask asks[] = {
      {{{"a", 2U}, {"unknown", 2U}}, {}, 0},
      {{{"a", 2U}, {"gone", 2U}}, {}, 0},
      {{{"a", 2U}, {"b", 2U}}, {{0, "good"}, {1, "bad"}}, 0},
      {{{"a", 2U}, {"a", 2U}}, {{0, "good"}, {1, "bad"}}, 0},
  };
  for (const Ask& ask : asks) {
    const auto wake = set(node, ask);
    ASSERT_FALSE(wake);
    EXPECT_EQ(wake.error().code, ErrorCode::kInvalidArgument);
    EXPECT_EQ(node.dump(), before);
  }
}

TEST(Set, GivesOnTheErrorOfMerge) {
  Node node;
  node.put(kName);
  const auto wake = set(node, {{{kName.hostname, std::nullopt}}, {{0, "bad"}}, 0});
  ASSERT_FALSE(wake);
  EXPECT_EQ(wake.error().message, "metadata must be an object");
}

TEST(Set, OfAnUnknownApplicationZoneOrNoHostIsInvalid) {  // -400, not -404
  Node node;
  node.put(kName);
  const std::string before = node.dump();
  const Ask ask{{{kName.hostname, 2U}}, {}, 0};
  const Name places[] = {{"", "zone-b"}, {"", "zone-a", "x"}, {"", "zone-a", "shop.cart", "x"}};
  for (const Name& where : places) {
    const auto wake = set(node, ask, where);
    ASSERT_FALSE(wake);
    EXPECT_EQ(wake.error().code, ErrorCode::kInvalidArgument);
  }
  const auto none = set(node, {});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(node.dump(), before);
}

TEST(Set, OfAnEmptiedApplicationOrAHiddenHostIsInvalid) {
  Node node;
  node.put(kName);
  node.cancel(kName);
  EXPECT_FALSE(node.set_status(kName, 1));
  EXPECT_FALSE(node.look(kName).known);
  node.put(kName);
  node.live(hours(2));
  ASSERT_FALSE(node.listed(kName));
  EXPECT_FALSE(node.set_status(kName, 1));
  EXPECT_FALSE(node.listed(kName));
}

TEST(Set, ChangesTheCountsByStatus) {
  Node node;
  node.put(kName);
  EXPECT_TRUE(node.look(kName).in_service);
  node.set_status(kName, 2);
  EXPECT_FALSE(node.look(kName).in_service);
  EXPECT_TRUE(node.look(kName).known);
  node.set_status(kName, 1);
  EXPECT_TRUE(node.look(kName).in_service);
}

TEST(Set, NeitherRenewsNorCountsAsARenewal) {
  Node node;
  node.put(kName);
  node.pass(seconds(30));
  node.set_status(kName, 2);
  EXPECT_EQ(node.get(kName)->renew_ns, to_wire_ns(kStart));
  node.pass(seconds(30));
  node.run_sweep();
  EXPECT_EQ(node.registry.lease_status().renewals_last_minute, 0);
}

TEST(Set, AccountsForGrowingAndShrinkingMetadata) {
  Node node;
  node.put(kName);
  const uint64_t start = node.registry.memory_bytes();
  const std::string stored = node.get(kName)->metadata_json;
  ASSERT_TRUE(set(node, {{{kName.hostname, std::nullopt}}, {{0, std::string(5000, 'm')}}, 0}));
  EXPECT_EQ(node.registry.memory_bytes(), start + 5000 - stored.size());
  ASSERT_TRUE(set(node, {{{kName.hostname, std::nullopt}}, {{0, stored}}, 0}));
  EXPECT_EQ(node.registry.memory_bytes(), start);
}

}  // namespace
}  // namespace discovery::registry
