// What a list holds over time when instances go, by how they go and how many there are: the table of what is believed.
//
// Eight thousand others keep renewing, so self-protection stays out of it and a sweep may hide as many as it likes.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "unit/registry/node.h"

namespace discovery::registry {
namespace {

constexpr int kOthers = 8000;

class Fleet {
 public:
  Fleet(int size, bool brake) : size_(size) {
    settings_.lease.brake = brake;
    node_ = std::make_unique<Node>(settings_);
    for (int i = 0; i < kOthers; ++i) node_->put(other(i));
    for (int i = 0; i < size_; ++i) node_->put(one(i));
    live(seconds(120), size_);
  }

  [[nodiscard]] size_t listed() const {
    size_t count = 0;
    node_->registry.with_application(one(0).app(), [&](const Application& app) { count = app.visible_count(); });
    return count;
  }
  /// `renewing`: the first so many of the fleet do.
  void live(Duration d, int renewing) {
    for (const TimePoint end = node_->now + d; node_->now < end;) {
      for (int i = 0; i < kOthers; ++i) node_->renew(other(i));
      for (int i = 0; i < renewing; ++i) node_->renew(one(i));
      node_->live(std::min<Duration>(seconds(30), end - node_->now));
    }
  }
  void cancel_all() {
    for (int i = 0; i < size_; ++i) ASSERT_TRUE(node_->cancel(one(i)));
  }
  /// One tenth after the other, at least one: cancelled, and back ten seconds later. The fewest that were listed.
  size_t roll() {
    const int step = std::max(1, size_ / 10);
    size_t fewest = listed();
    for (int begin = 0; begin < size_; begin += step) {
      const int end = std::min(size_, begin + step);
      for (int i = begin; i < end; ++i) node_->cancel(one(i));
      fewest = std::min(fewest, listed());
      live(seconds(10), 0);
      for (int i = begin; i < end; ++i) node_->put(one(i), version("new"));
      live(seconds(1), size_);
    }
    return fewest;
  }
  /// The registry loses its memory and gets all records from another node, without leases.
  void restart() {
    auto fresh = std::make_unique<Node>(settings_);
    fresh->now = node_->now;
    // Copied first, so that neither registry is asked under the lock of the other; nothing moves meanwhile.
    std::vector<Record> records;
    RecordCursor at;
    node_->registry.read_records(at, SIZE_MAX, [&](const StoredRecord& r) { records.push_back(r.at(node_->now)); });
    for (const Record& record : records) {
      JoinArgs args;
      args.record = record;
      fresh->registry.join(args, fresh->now);
    }
    node_ = std::move(fresh);
  }
  Node& node() { return *node_; }

 private:
  static Name one(int i) { return {std::to_string(i), "z", "one", "e"}; }
  static Name other(int i) { return {std::to_string(i), "z", "others", "e"}; }

  const int size_;
  RegistrySettings settings_;
  std::unique_ptr<Node> node_;
};

class SilenceTable : public testing::TestWithParam<int> {
 protected:
  [[nodiscard]] size_t all() const { return static_cast<size_t>(GetParam()); }
  /// Too few to be held.
  [[nodiscard]] bool small() const { return GetParam() < 10; }
};

TEST_P(SilenceTable, RollingRestartShowsEachStepAtOnce) {
  for (const bool brake : {false, true}) {
    Fleet fleet(GetParam(), brake);
    EXPECT_EQ(fleet.roll(), all() - std::max<size_t>(1, all() / 10)) << brake;
    EXPECT_EQ(fleet.listed(), all());
    fleet.live(minutes(15), GetParam());
    EXPECT_EQ(fleet.listed(), all());
    EXPECT_EQ(fleet.node().registry.lease_status().braked_applications, 0);
  }
}

TEST_P(SilenceTable, CancellingAllIsBelievedAtOnce) {
  for (const bool brake : {false, true}) {
    Fleet fleet(GetParam(), brake);
    fleet.cancel_all();
    EXPECT_EQ(fleet.listed(), 0U) << brake;
  }
}

TEST_P(SilenceTable, KillingAllIsBelievedAfterALeaseAndASweep) {
  Fleet fleet(GetParam(), false);
  fleet.live(seconds(60), 0);
  EXPECT_EQ(fleet.listed(), all());
  fleet.live(seconds(120), 0);
  EXPECT_EQ(fleet.listed(), 0U);
}

TEST_P(SilenceTable, KillingAllIsHeldByTheBrakeForTenMinutes) {
  Fleet fleet(GetParam(), true);
  fleet.live(seconds(180), 0);
  EXPECT_EQ(fleet.listed(), small() ? 0U : all());
  fleet.live(minutes(8), 0);
  EXPECT_EQ(fleet.listed(), small() ? 0U : all());
  fleet.live(minutes(4), 0);
  EXPECT_EQ(fleet.listed(), 0U);
}

TEST_P(SilenceTable, AnOperatorReleasesTheBrake) {
  Fleet fleet(GetParam(), true);
  fleet.live(seconds(180), 0);
  const auto braked = fleet.node().sweep.braked();
  ASSERT_EQ(braked.size(), small() ? 0U : 1U);
  EXPECT_EQ(fleet.node().sweep.release({"e", "one"}), !small());
  EXPECT_FALSE(fleet.node().sweep.release({"e", "others"}));
  fleet.live(seconds(61), 0);
  EXPECT_EQ(fleet.listed(), 0U);
  EXPECT_TRUE(fleet.node().sweep.braked().empty());
  if (small()) return;
  EXPECT_EQ(braked[0].app.appid, "one");
  EXPECT_EQ(braked[0].visible, GetParam());
  EXPECT_EQ(braked[0].overdue, GetParam());
  EXPECT_EQ(braked[0].until - braked[0].since, minutes(10));
}

TEST_P(SilenceTable, APartitionIsNotTakenForDeath) {
  for (const bool brake : {false, true}) {
    Fleet fleet(GetParam(), brake);
    // Renewals go to a node that is not heard, so from here on nothing is proven.
    fleet.node().registry.set_covered_until(fleet.node().now);
    fleet.live(minutes(15), 0);
    EXPECT_EQ(fleet.listed(), all()) << brake;
    // It is heard again, with what it accepted.
    fleet.live(seconds(1), GetParam());
    fleet.node().registry.set_covered_until(TimePoint::max());
    fleet.live(minutes(5), GetParam());
    EXPECT_EQ(fleet.listed(), all());
  }
}

TEST_P(SilenceTable, ARestartOfTheRegistryLosesNobody) {
  for (const bool brake : {false, true}) {
    Fleet fleet(GetParam(), brake);
    fleet.restart();
    EXPECT_EQ(fleet.listed(), all()) << brake;
    fleet.live(minutes(15), GetParam());
    EXPECT_EQ(fleet.listed(), all());
  }
}

INSTANTIATE_TEST_SUITE_P(Sizes, SilenceTable, testing::Values(1, 10, 1000));

}  // namespace
}  // namespace discovery::registry
