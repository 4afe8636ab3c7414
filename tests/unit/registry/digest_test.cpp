// The hashes of keys and versions, and the sums over them.
#include "registry/digest.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "registry/cursor.h"
#include "unit/registry/exchange.h"

namespace discovery::registry {
namespace {

constexpr HashKey kKey{1, 2};

TEST(KeyDigest, IsTheHashOfLengthPrefixedNames) {
  const std::string bytes = std::string("\3\0\0\0dev", 7) + std::string("\1\0\0\0a", 5) + std::string("\0\0\0\0", 4) +
                            std::string("\2\0\0\0h1", 6);
  EXPECT_EQ(key_digest(kKey, {{"dev", "a"}, "", "h1"}), siphash(kKey, bytes));
}

TEST(KeyDigest, NoTwoKeysAreJoinedToOneText) {
  const std::set<uint64_t> all{key_digest(kKey, {{"e", "ab"}, "c", "d"}),  key_digest(kKey, {{"e", "a"}, "bc", "d"}),
                               key_digest(kKey, {{"ea", "b"}, "c", "d"}),  key_digest(kKey, {{"e", "ab"}, "cd", ""}),
                               key_digest(kKey, {{"ab", "e"}, "c", "d"}),  key_digest(kKey, {{"e", "ab"}, "d", "c"}),
                               key_digest({2, 2}, {{"e", "ab"}, "c", "d"})};
  EXPECT_EQ(all.size(), 7U);
}

TEST(KeyDigest, TakesNamesOfAnyLength) {
  const std::string shorter(300, 'x'), longer(70'000, 'x');
  EXPECT_NE(key_digest(kKey, {{"e", "a"}, "z", shorter}), key_digest(kKey, {{"e", "a"}, "z", longer}));
  EXPECT_EQ(key_digest(kKey, {{"e", "a"}, "z", longer}), key_digest(kKey, {{"e", "a"}, "z", std::string(longer)}));
}

TEST(VersionDigest, DependsOnEveryField) {
  const Version v{{1, 2, false, 3}, {4, 5}};
  std::vector<Version> others(6, v);
  others[0].incarnation.t_ns = 9;
  others[1].incarnation.node = 9;
  others[2].incarnation.tombstone = true;
  others[3].incarnation.import_hash = 9;
  others[4].set.t_ns = 9;
  others[5].set.node = 9;
  std::set<uint64_t> all{version_digest(kKey, 7, v), version_digest(kKey, 8, v), version_digest({1, 3}, 7, v)};
  for (const Version& o : others) all.insert(version_digest(kKey, 7, o));
  EXPECT_EQ(all.size(), 9U);
}

TEST(VersionDigest, IsTheHashOfLittleEndianBytes) {
  const Version v{{0x0102030405060708, 0x1112, true, 0x21222324}, {-2, 0x3132}};
  const std::string bytes(
      "\x09\0\0\0\0\0\0\0"
      "\x08\x07\x06\x05\x04\x03\x02\x01"
      "\x12\x11"
      "\x01"
      "\x24\x23\x22\x21"
      "\xfe\xff\xff\xff\xff\xff\xff\xff"
      "\x32\x31",
      33);
  EXPECT_EQ(version_digest(kKey, 9, v), siphash(kKey, bytes));
}

TEST(ImportHash, TellsApartWhatDiffersInAnyField) {
  Record r;
  r.app = {"e", "a"};
  r.text = {"z", "h", "region", "v", "[]", "{}", ""};
  r.dirty_ns = 5;
  r.status = 1;
  std::set<uint32_t> all{import_hash(kKey, 1, r), import_hash(kKey, 2, r)};
  const auto with = [&](auto change) {
    Record other = r;
    change(other);
    all.insert(import_hash(kKey, 1, other));
  };
  with([](Record& o) { o.text.region = "x"; });
  with([](Record& o) { o.text.version = "x"; });
  with([](Record& o) { o.text.addrs_json = "x"; });
  with([](Record& o) { o.text.metadata_json = "x"; });
  with([](Record& o) { o.text.extension = "x"; });
  with([](Record& o) { o.dirty_ns = 6; });
  with([](Record& o) { o.reg_ns = 6; });
  with([](Record& o) { o.up_ns = 6; });
  with([](Record& o) { o.latest_ns = 6; });
  with([](Record& o) { o.status = 2; });
  EXPECT_EQ(all.size(), 12U);
}

TEST(Fingerprint, HasTwentyBitsThatAllDependOnTheSum) {
  std::set<int64_t> seen;
  int64_t ones = 0;
  for (uint64_t i = 0; i < 64; ++i) {
    const int64_t f = fingerprint_of_sum(uint64_t{1} << i);
    EXPECT_EQ(f & ~kFingerprintMask, 0);
    ones |= f;
    seen.insert(f);
  }
  EXPECT_EQ(ones, kFingerprintMask);
  EXPECT_EQ(seen.size(), 64U);
  EXPECT_EQ(fingerprint_of_sum(0), 0);
}

TEST(SchedulerDigest, OfNoneIsNothing) {
  EXPECT_EQ(scheduler_digest(kKey, ""), 0U);
  EXPECT_NE(scheduler_digest(kKey, "{}"), 0U);
  EXPECT_NE(scheduler_digest(kKey, "{}"), scheduler_digest(kKey, "[]"));
}

TEST(Digest, SumsStandInTheLeafOfTheTopBitsAndItsRoot) {
  Digest d;
  d.add(0xab12'0000'0000'0000, 7);
  d.add(0xab12'ffff'0000'0000, 8);
  d.add(0xab13'0000'0000'0000, 100);
  EXPECT_EQ(d.roots()[0xab], 115U);
  EXPECT_EQ(d.leaves(0xab)[0x12], 15U);
  EXPECT_EQ(d.leaves(0xab)[0x13], 100U);
  EXPECT_EQ(d.roots()[0xaa], 0U);
  d.subtract(0xab13'0000'0000'0000, 100);
  d.subtract(0xab12'0000'0000'0000, 15);
  EXPECT_TRUE(d == Digest());
}

TEST(Digest, TheSameSetInAnyOrderIsEqualAndADifferenceShows) {
  SeededRandom random(5);
  std::vector<std::pair<uint64_t, uint64_t>> all;
  for (int i = 0; i < 500; ++i) all.emplace_back(random.next(), random.next());
  Digest forward, backward;
  for (const auto& [k, h] : all) forward.add(k, h);
  for (auto it = all.rbegin(); it != all.rend(); ++it) backward.add(it->first, it->second);
  EXPECT_TRUE(forward == backward);
  backward.add(0, 1);
  EXPECT_FALSE(forward == backward);
  backward.subtract(1, 1);  // the same leaf: a sum does not know whose part it is
  EXPECT_TRUE(forward == backward);
  backward.add(uint64_t{1} << 48, 1);  // two leaves of one root that cancel out in it
  backward.subtract(0, 1);
  EXPECT_EQ(forward.roots(), backward.roots());
  EXPECT_FALSE(forward == backward);
}

}  // namespace
}  // namespace discovery::registry
