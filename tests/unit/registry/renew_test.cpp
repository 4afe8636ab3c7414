// renew: discovery-api.md 5, 6.2.
#include <gtest/gtest.h>

#include <limits>

#include "unit/registry/node.h"

namespace discovery::registry {
namespace {

const Name kName;

TEST(Renew, ChangesTheRenewalTimeAndNothingElse) {
  Node node;
  node.put(kName);
  node.watch(kName, 1);
  const auto before = node.get(kName);
  const int64_t t = node.latest(kName);
  node.pass(seconds(30));
  bool called = false;
  const auto verdict = node.registry.renew({kName.key(), false, 0}, node.now, [&](const InstanceView& v) {
    called = true;
    EXPECT_EQ(name_of(v), kName);
    EXPECT_EQ(v.renew_ns, node.now_ns());
    EXPECT_EQ(v.instance->version(), "412");
  });
  ASSERT_TRUE(verdict);
  EXPECT_TRUE(called);
  EXPECT_EQ(*verdict, RenewVerdict::kRenewed);
  const auto after = node.get(kName);
  EXPECT_EQ(after->renew_ns, node.now_ns());
  EXPECT_EQ(after->numbers.version, before->numbers.version);
  EXPECT_EQ(after->numbers.reg_ns, before->numbers.reg_ns);
  EXPECT_EQ(after->numbers.up_ns, before->numbers.up_ns);
  EXPECT_EQ(after->numbers.dirty_ns, before->numbers.dirty_ns);
  EXPECT_EQ(after->numbers.latest_ns, before->numbers.latest_ns);
  EXPECT_EQ(node.latest(kName), t);
}

TEST(Renew, OfTheUnknownIsNotFoundAndLeavesNothing) {
  Node node;
  node.put(kName);
  const std::string before = node.dump();
  const Name unknown[] = {{"other", "zone-a", "shop.cart", "dev"},
                          {"cart-0", "zone-b", "shop.cart", "dev"},
                          {"cart-0", "zone-a", "shop", "dev"},
                          {"cart-0", "zone-a", "shop.cart", "prod"}};
  for (const Name& n : unknown) EXPECT_FALSE(node.renew(n)) << n;
  EXPECT_EQ(node.dump(), before);
}

TEST(Renew, OfACancelledInstanceIsNotFound) {
  Node node;
  node.put(kName);
  node.cancel(kName);
  EXPECT_FALSE(node.renew(kName));
  EXPECT_FALSE(node.renew(kName, true, kFarFuture));
}

TEST(Renew, OfAHiddenInstanceIsNotFoundAndDoesNotShowIt) {
  Node node;
  node.put(kName);
  node.live(hours(2));
  ASSERT_FALSE(node.listed(kName));
  EXPECT_FALSE(node.renew(kName));
  EXPECT_FALSE(node.listed(kName));
}

TEST(Renew, ComparesTheDirtyTimestampOfAReplica) {
  struct Case {
    int64_t given;
    RenewVerdict verdict;
  };
  for (const Case& c : {Case{1000, RenewVerdict::kRenewed}, Case{1001, RenewVerdict::kSenderIsNewer},
                        Case{kFarFuture, RenewVerdict::kSenderIsNewer}, Case{999, RenewVerdict::kSenderIsOlder},
                        Case{0, RenewVerdict::kSenderIsOlder}, Case{-5, RenewVerdict::kSenderIsOlder}}) {
    Node node;
    node.put(kName, dirty(1000));
    node.pass(seconds(30));
    EXPECT_EQ(node.renew(kName, true, c.given), c.verdict) << c.given;
    EXPECT_EQ(node.get(kName)->renew_ns, node.now_ns()) << c.given;  // the lease is renewed in all cases
    EXPECT_EQ(node.get(kName)->numbers.dirty_ns, 1000);
  }
}

TEST(Renew, OfAClientComparesNothing) {
  Node node;
  node.put(kName, dirty(1000));
  for (const int64_t given : {int64_t{0}, int64_t{1}, kFarFuture}) {
    EXPECT_EQ(node.renew(kName, false, given), RenewVerdict::kRenewed);
  }
}

TEST(Renew, IsCountedOncePerAnsweredRenewal) {
  Node node;
  node.put(kName, dirty(1000));
  node.renew(kName);
  node.renew(kName, true, 1000);
  node.renew(kName, true, 1001);
  node.renew(kName, true, 1);
  node.renew({"nobody"});
  EXPECT_EQ(node.registry.lease_status().renewals_last_minute, 0);  // the minute is not over
  node.pass(minutes(1));
  node.run_sweep();
  EXPECT_EQ(node.registry.lease_status().renewals_last_minute, 4);
  node.pass(minutes(1));
  node.run_sweep();
  EXPECT_EQ(node.registry.lease_status().renewals_last_minute, 0);
}

TEST(Renew, ALeaseNeverFalls) {
  Node node;
  node.put(kName);
  node.pass(seconds(30));
  node.renew(kName);
  const int64_t latest = node.now_ns();
  node.now -= seconds(10);
  node.renew(kName);
  EXPECT_EQ(node.get(kName)->renew_ns, latest);
}

}  // namespace
}  // namespace discovery::registry
