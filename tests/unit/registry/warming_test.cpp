// Renewals of instances whose records are still to come, and the register that a posted cancel did not mean.
#include <gtest/gtest.h>

#include <string>

#include "unit/registry/exchange.h"

namespace discovery::registry {
namespace {

const Name kName;

class Warming : public ::testing::Test {
 protected:
  Node a{member(1)}, b{member(2)};
  void SetUp() override {
    a.put(kName);
    b.registry.set_warming(true);
    b.registry.keep_changes(true);
  }
  LocalChanges taken() {
    LocalChanges out;
    b.registry.take_changes(out);
    return out;
  }
};

TEST_F(Warming, ARenewalOfTheUnknownIsAcceptedAndRemembered) {
  EXPECT_EQ(b.renew(kName), RenewVerdict::kProvisional);
  b.pass(seconds(1));
  EXPECT_EQ(b.renew(kName), RenewVerdict::kProvisional);
  const int64_t renewed = b.now_ns();
  EXPECT_TRUE(taken().renewed.empty());
  b.pass(seconds(20));
  carry(a, b, kName);
  const auto k = kept(b, kName);
  EXPECT_EQ(k->lease_ns, renewed);
  EXPECT_TRUE(k->lease_known);
  EXPECT_EQ(k->home_ns, renewed);
  EXPECT_EQ(taken().renewed, std::vector<RecordRef>{k->ref});
  EXPECT_EQ(b.renew(kName), RenewVerdict::kRenewed);
}

TEST_F(Warming, ShowsWhatTheSenderHidButWeSawRenew) {
  b.pass(seconds(300));
  b.renew(kName);
  const Parcel p = kept(a, kName)->parcel;
  Record r = p.record();
  r.hidden = true;
  r.hidden_age = seconds(3990);
  EXPECT_EQ(join(b, r).result, JoinResult::kApplied);
  EXPECT_TRUE(b.listed(kName));
}

TEST_F(Warming, ATombstoneAndAHiddenOneAnswerAtOnce) {
  a.cancel(kName);
  carry(a, b, kName);
  EXPECT_FALSE(b.renew(kName));
  Name hidden{"hidden"};
  a.put(hidden);
  const Parcel p = kept(a, hidden)->parcel;
  Record r = p.record();
  r.hidden = true;
  join(b, r);
  EXPECT_FALSE(b.renew(hidden));
}

TEST_F(Warming, ATombstoneInBetweenDoesNotLoseIt) {
  const int64_t renewed = b.now_ns();
  b.renew(kName);
  a.cancel(kName);
  carry(a, b, kName);
  EXPECT_FALSE(b.listed(kName));
  a.put(kName);
  b.pass(seconds(9));
  carry(a, b, kName);
  EXPECT_EQ(kept(b, kName)->home_ns, renewed);
}

TEST_F(Warming, EndingForgetsAndTheNextRenewalIsRefused) {
  b.renew(kName);
  EXPECT_GT(b.registry.memory_bytes(), 0U);
  b.registry.set_warming(false);
  EXPECT_EQ(b.registry.memory_bytes(), 0U);
  EXPECT_FALSE(b.renew(kName));
  b.pass(seconds(5));
  carry(a, b, kName);
  EXPECT_FALSE(kept(b, kName)->lease_known);
}

TEST_F(Warming, ARegisterTakesItsPlace) {
  b.renew(kName);
  b.put(kName);
  EXPECT_EQ(b.renew(kName), RenewVerdict::kRenewed);
  const uint64_t bytes = b.registry.memory_bytes();
  b.registry.set_warming(false);
  EXPECT_EQ(b.registry.memory_bytes(), bytes);
}

TEST_F(Warming, NeedsRoom) {
  b.renew(kName);
  const uint64_t bytes = b.registry.memory_bytes();
  b.registry.set_memory_bytes_max(bytes + bytes - 1);
  EXPECT_FALSE(b.renew({"cart-1"}));
  EXPECT_EQ(b.renew(kName), RenewVerdict::kProvisional);
  b.registry.set_memory_bytes_max(bytes + bytes);
  EXPECT_EQ(b.renew({"cart-1"}), RenewVerdict::kProvisional);
}

TEST_F(Warming, NamesAreNotMixedUp) {
  b.renew({"h", "z", "ab", "e"});
  for (const Name& n : {Name{"h", "z", "a", "be"}, Name{"h", "bz", "a", "e"}}) {
    a.put(n);
    carry(a, b, n);
    EXPECT_FALSE(kept(b, n)->lease_known) << n;
  }
}

// ---------------------------------------------------------------------------------------------------- proof of life

class ProofOfLifeRule : public ::testing::Test {
 protected:
  Node node{member(1)};
  bool comes_back(bool proof, int64_t dirty_ns = 1000) {
    RegisterArgs args;
    args.key = kName.key();
    args.addrs_json = "[]";
    args.metadata_json = "{}";
    args.writer = Writer::kReplica;
    args.dirty_timestamp_ns = dirty_ns;
    args.proof_of_life = proof;
    const auto r = node.registry.register_instance(args, node.now);
    return r && r->applied;
  }
};

TEST_F(ProofOfLifeRule, BeatsATombstoneOlderThanTenSeconds) {
  node.put(kName, replica(1000));
  node.replica_cancel(kName, 1000);
  node.pass(seconds(10));
  EXPECT_FALSE(comes_back(true));
  node.pass(nanoseconds(1));
  EXPECT_FALSE(comes_back(false));
  EXPECT_TRUE(comes_back(true));
  EXPECT_TRUE(node.listed(kName));
  EXPECT_EQ(node.get(kName)->numbers.dirty_ns, 1000);
}

TEST_F(ProofOfLifeRule, DoesNotBeatANewerLiveInstance) {
  node.put(kName, replica(1000));
  node.pass(seconds(20));
  EXPECT_FALSE(comes_back(true, 999));
  EXPECT_TRUE(comes_back(true, 1000));
}

}  // namespace
}  // namespace discovery::registry
