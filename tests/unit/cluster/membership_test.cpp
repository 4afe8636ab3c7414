#include "cluster/membership.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/random.h"

namespace discovery::cluster {
namespace {

using Change = Membership::Change;

TEST(Membership, ANodeJoinsOnce) {
  Membership m;
  EXPECT_EQ(m.add("a:1", "z", 1), Change::kJoined);
  EXPECT_EQ(m.add("a:1", "z", 1), Change::kNone);
  EXPECT_EQ(m.add("a:1", "z", 0), Change::kNone);
  EXPECT_TRUE(m.contains("a:1"));
  EXPECT_EQ(m.next_generation("a:1"), 1U);
  EXPECT_EQ(m.find("b:1"), nullptr);
  EXPECT_FALSE(m.contains("b:1"));
}

TEST(Membership, ARemovedNodeComesBackUnderTheNextGenerationOnly) {
  Membership m;
  m.add("a:1", "z", 1);
  EXPECT_EQ(m.remove("a:1"), Change::kLeft);
  EXPECT_EQ(m.remove("a:1"), Change::kNone);
  EXPECT_FALSE(m.contains("a:1"));
  EXPECT_EQ(m.add("a:1", "z", 1), Change::kNone);
  EXPECT_EQ(m.add("a:1", "z", 0), Change::kNone);  // configured, but its removal is known
  EXPECT_FALSE(m.contains("a:1"));
  EXPECT_EQ(m.next_generation("a:1"), 2U);
  EXPECT_EQ(m.add("a:1", "z", 2), Change::kJoined);
  EXPECT_TRUE(m.contains("a:1"));
  EXPECT_EQ(m.next_generation("a:1"), 2U);
  EXPECT_EQ(m.remove("a:1"), Change::kLeft);
  EXPECT_EQ(m.next_generation("a:1"), 3U);
}

TEST(Membership, RemovingWhatIsNotThereDoesNothing) {
  Membership m;
  EXPECT_EQ(m.remove("a:1"), Change::kNone);
  EXPECT_TRUE(m.entries().empty());
}

TEST(Membership, TheSameNodeIdAtAnotherAddressIsSeen) {
  Membership m;
  m.add("a:1", "z", 1);
  m.set_node_id("a:1", 7);
  EXPECT_EQ(m.other_with_id(7, "b:1"), "a:1");
  EXPECT_EQ(m.other_with_id(7, "a:1"), "");
  EXPECT_EQ(m.other_with_id(8, "b:1"), "");
  m.remove("a:1");
  EXPECT_EQ(m.other_with_id(7, "b:1"), "");
}

TEST(Membership, HoldsItsLimitAndNoMore) {
  Membership m;
  for (size_t i = 0; i < kMembersMax; ++i) {
    EXPECT_EQ(m.add("n" + std::to_string(i), "z", 1), Change::kJoined);
  }
  EXPECT_EQ(m.add("one more", "z", 1), Change::kNone);
  EXPECT_EQ(m.list().size(), kMembersMax);
  EXPECT_EQ(m.remove("n3"), Change::kLeft);  // an entry stays for ever
  EXPECT_EQ(m.add("one more", "z", 1), Change::kNone);
  EXPECT_EQ(m.add("n3", "z", 2), Change::kJoined);
}

std::vector<MemberEntry> generations_of(const Membership& m) {
  auto list = m.list();
  for (MemberEntry& e : list) e.node_id = 0;
  return list;
}

// Whatever the order, the routes and the repetitions: the same entries give the same sets.
TEST(Membership, IsASemilattice) {
  constexpr uint64_t kSeed = 41;
  SeededRandom random(kSeed);
  for (int round = 0; round < 300; ++round) {
    std::vector<MemberEntry> entries;
    for (uint64_t n = 1 + random.below(12); n > 0; --n) {
      const auto added = static_cast<uint32_t>(random.below(4));
      entries.push_back(
          {"n" + std::to_string(random.below(4)), "z", 0, added, static_cast<uint32_t>(random.below(added + 1))});
    }
    Membership forth, back, twice, by_way;
    for (const MemberEntry& e : entries) forth.merge(e);
    for (auto e = entries.rbegin(); e != entries.rend(); ++e) back.merge(*e);
    for (int i = 0; i < 2; ++i) {
      for (size_t k = entries.size(); k > 1; --k) std::swap(entries[k - 1], entries[random.below(k)]);
      for (const MemberEntry& e : entries) twice.merge(e);
    }
    for (const MemberEntry& e : back.list()) by_way.merge(e);
    ASSERT_EQ(generations_of(forth), generations_of(back)) << "seed " << kSeed << " round " << round;
    ASSERT_EQ(generations_of(forth), generations_of(twice)) << "seed " << kSeed << " round " << round;
    ASSERT_EQ(generations_of(forth), generations_of(by_way)) << "seed " << kSeed << " round " << round;
  }
}

TEST(Membership, MergeSaysWhatChanged) {
  Membership m;
  EXPECT_EQ(m.merge({"a:1", "z", 3, 1, 1}), Change::kNone);  // known, and gone already
  EXPECT_EQ(m.merge({"a:1", "z", 3, 2, 1}), Change::kJoined);
  EXPECT_EQ(m.merge({"a:1", "z", 3, 2, 2}), Change::kLeft);
  EXPECT_EQ(m.merge({"a:1", "z", 3, 1, 0}), Change::kNone);
  EXPECT_EQ(m.find("a:1")->node_id, 3);
}

}  // namespace
}  // namespace discovery::cluster
