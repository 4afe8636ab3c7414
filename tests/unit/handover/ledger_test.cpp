#include "handover/ledger.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/set_clock.h"

namespace discovery::handover {
namespace {

using registry::InstanceKeyView;
using registry::Registry;

/// One of the two processes of a node.
struct Side {
  Side() : registry(settings()), ledger(registry) {}

  static registry::RegistrySettings settings() {
    registry::RegistrySettings s;
    s.node_id = 7;
    return s;
  }
  static InstanceKeyView key(std::string_view host, std::string_view appid = "shop") {
    return {{"dev", appid}, "z1", host};
  }

  void put(std::string_view host, TimePoint now, std::string_view appid = "shop", std::string_view version = "1") {
    registry::RegisterArgs args;
    args.key = key(host, appid);
    args.version = version;
    args.addrs_json = R"(["http://10.0.0.1:1"])";
    args.metadata_json = "{}";
    ASSERT_TRUE(registry.register_instance(args, now));
  }
  void renew(std::string_view host, TimePoint now) {
    ASSERT_TRUE(registry.renew({.key = key(host)}, now, [](const registry::InstanceView&) {}));
  }
  /// A whole pass.
  std::vector<std::string> news() {
    std::vector<std::string> messages;
    while (!ledger.pass(messages)) {
    }
    return messages;
  }
  void take(const std::vector<std::string>& messages, TimePoint now) {
    for (const std::string& m : messages) ASSERT_TRUE(ledger.take(m, now, [](const registry::Wake&) {}));
  }
  void take_times(const Side& from) {
    std::vector<std::string> messages;
    from.ledger.times(messages);
    for (const std::string& m : messages) {
      ASSERT_TRUE(read_times(m, [this](registry::AppKeyView app, int64_t t) { registry.set_timestamp(app, t); }));
    }
  }
  /// Everything that is stored, in an order of its own; without T, and without since when a tombstone is held.
  [[nodiscard]] std::vector<std::string> contents() const {
    std::vector<std::string> all;
    registry::RecordCursor at;
    while (registry.read_records(at, 100, [&](const registry::StoredRecord& stored) {
      registry::StoredRecord shown = stored;
      shown.app_latest_ns = 0;
      if (stored.instance->numbers.state == registry::RecordState::kTombstone) {
        shown.lease_ns = shown.home_ns = 0;
        shown.lease_known = false;
      }
      std::string one;
      EXPECT_TRUE(append_handed(one, shown));
      all.push_back(std::move(one));
    })) {
    }
    std::sort(all.begin(), all.end());
    return all;
  }

  Registry registry;
  Ledger ledger;
};

class LedgerTest : public ::testing::Test {
 protected:
  void move(Duration by) { clock_.advance(by); }
  [[nodiscard]] TimePoint now() const { return clock_.now(); }

  SetClock clock_;
  Side old_;
  Side new_;
};

TEST_F(LedgerTest, TakesOverRecordsLeasesTombstonesAndTimestamps) {
  for (int i = 0; i < 1000; ++i) old_.put("h" + std::to_string(i), now(), i % 2 == 0 ? "shop" : "stock");
  move(std::chrono::seconds(40));
  old_.renew("h0", now());
  ASSERT_TRUE(old_.registry.cancel({.key = Side::key("h2")}, now()));
  move(std::chrono::seconds(20));
  new_.take(old_.news(), now());
  new_.take_times(old_);
  EXPECT_EQ(new_.contents(), old_.contents());
  EXPECT_EQ(new_.registry.size(), 999);
  for (const auto* const app : {"shop", "stock"}) {
    EXPECT_EQ(new_.registry.look({"dev", app}, "").latest_timestamp_ns,
              old_.registry.look({"dev", app}, "").latest_timestamp_ns);
  }
}

TEST_F(LedgerTest, SaysNothingTwice) {
  for (int i = 0; i < 700; ++i) old_.put("h" + std::to_string(i), now());
  EXPECT_FALSE(old_.news().empty());
  EXPECT_TRUE(old_.news().empty());
}

TEST_F(LedgerTest, TellsWhateverChangedSince) {
  old_.put("renewed", now());
  old_.put("changed", now());
  old_.put("cancelled", now());
  old_.put("same", now());
  new_.take(old_.news(), now());
  move(std::chrono::seconds(1));
  const uint64_t before = old_.ledger.told();
  old_.renew("renewed", now());
  old_.put("changed", now(), "shop", "2");
  ASSERT_TRUE(old_.registry.cancel({.key = Side::key("cancelled")}, now()));
  old_.put("new", now());
  new_.take(old_.news(), now());
  EXPECT_EQ(old_.ledger.told() - before, 4U);
  EXPECT_EQ(new_.contents(), old_.contents());
}

TEST_F(LedgerTest, WhatTheOtherToldIsNotToldBack) {
  old_.put("a", now());
  new_.take(old_.news(), now());
  EXPECT_TRUE(new_.news().empty());
  move(std::chrono::seconds(1));
  new_.renew("a", now());
  old_.take(new_.news(), now());
  EXPECT_TRUE(old_.news().empty());
  EXPECT_EQ(new_.contents(), old_.contents());
}

TEST_F(LedgerTest, BothMayChangeTheSameAndAgree) {
  SeededRandom random(20);
  for (int round = 0; round < 50; ++round) {
    for (Side* side : {&old_, &new_}) {
      const std::string host = "h" + std::to_string(random.below(20));
      if (random.below(4) == 0) {
        static_cast<void>(side->registry.cancel({.key = Side::key(host)}, now()));
      } else {
        side->put(host, now(), "shop", std::to_string(round));
      }
      move(std::chrono::milliseconds(1 + random.below(50)));
    }
    new_.take(old_.news(), now());
    old_.take(new_.news(), now());
  }
  for (int i = 0; i < 3; ++i) {  // a lease that was raised by taking it in is told back once
    new_.take(old_.news(), now());
    old_.take(new_.news(), now());
  }
  EXPECT_EQ(new_.contents(), old_.contents());
  EXPECT_TRUE(old_.news().empty());
  EXPECT_TRUE(new_.news().empty());
}

TEST_F(LedgerTest, WhatIsNewerHereIsToldAlthoughTheOtherToldTheSameInstance) {
  old_.put("a", now());
  new_.take(old_.news(), now());
  move(std::chrono::seconds(1));
  ASSERT_TRUE(new_.registry.cancel({.key = Side::key("a")}, now()));
  ASSERT_TRUE(old_.registry.renew({.key = Side::key("a")}, now(), [](const registry::InstanceView&) {}));
  new_.take(old_.news(), now());
  old_.take(new_.news(), now());
  EXPECT_EQ(old_.registry.size(), 0);
}

TEST_F(LedgerTest, WhoIsHeldAlthoughItsLeaseIsOverStaysListed) {
  old_.put("silent", now());
  move(std::chrono::minutes(30));
  new_.take(old_.news(), now());
  EXPECT_EQ(new_.registry.size(), 1);
  EXPECT_EQ(new_.contents(), old_.contents());
}

TEST_F(LedgerTest, MessagesHaveABoundedSize) {
  for (int i = 0; i < 3000; ++i) old_.put("h" + std::to_string(i), now());
  for (const std::string& message : old_.news()) EXPECT_LT(message.size(), kBatchBytes + 1024);
}

TEST_F(LedgerTest, GarbageChangesNothing) {
  old_.put("a", now());
  const std::string whole = old_.news().front();
  for (size_t cut = 1; cut < whole.size(); ++cut) {
    EXPECT_FALSE(new_.ledger.take(whole.substr(0, cut), now(), [](const registry::Wake&) {})) << cut;
  }
  EXPECT_FALSE(new_.ledger.take("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", now(), [](const registry::Wake&) {}));
  EXPECT_EQ(new_.registry.size(), 0);
}

}  // namespace
}  // namespace discovery::handover
