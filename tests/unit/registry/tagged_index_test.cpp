#include "registry/tagged_index.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace discovery::registry {
namespace {

/// The index, and beside it the hashes it is asked for: number i has hashes[i], and a name of its own.
struct Checked {
  TaggedIndex index;
  std::vector<uint32_t> hashes;
  std::vector<int> names;
  int next_name = 0;

  auto hash_of() {
    return [this](uint32_t n) { return hashes[n]; };
  }
  void append(uint32_t hash) {
    index.append(hash, static_cast<uint32_t>(hashes.size()), hash_of());
    hashes.push_back(hash);
    names.push_back(next_name++);
  }
  /// As an application does: the last one takes the number.
  void remove(uint32_t number) {
    const auto last = static_cast<uint32_t>(hashes.size() - 1);
    index.erase(hashes[number], number, hash_of());
    if (number != last) {
      index.renumber(hashes[last], last, number);
      hashes[number] = hashes[last];
      names[number] = names[last];
    }
    hashes.pop_back();
    names.pop_back();
  }
  void check() const {
    for (uint32_t n = 0; n < hashes.size(); ++n) {
      ASSERT_EQ(index.find(hashes[n], [&](uint32_t i) { return names[i] == names[n]; }), n);
    }
  }
};

TEST(TaggedIndex, EmptyFindsNothing) {
  const TaggedIndex index;
  EXPECT_EQ(index.find(7, [](uint32_t) { return true; }), TaggedIndex::kNone);
}

TEST(TaggedIndex, FindsWhatWasAppendedAndNothingElse) {
  Checked c;
  for (uint32_t i = 0; i < 1000; ++i) {
    c.append(i * 0x9E3779B9U);
    c.check();
  }
  EXPECT_EQ(c.index.find(12345, [](uint32_t) { return false; }), TaggedIndex::kNone);
}

TEST(TaggedIndex, AsksAboutAnotherRecordHardlyEver) {
  Checked c;
  std::mt19937 random(1);
  for (int i = 0; i < 1000; ++i) c.append(static_cast<uint32_t>(random()));
  int asked = 0;
  for (const uint32_t hash : c.hashes) {
    static_cast<void>(c.index.find(hash, [&](uint32_t n) { return ++asked, c.hashes[n] == hash; }));
  }
  EXPECT_LT(asked, 1005);
}

TEST(TaggedIndex, EqualHashesAreToldApartByTheirOwner) {
  for (const uint32_t hash : {0U, 1U, 0x80000000U, UINT32_MAX}) {
    Checked c;
    for (int i = 0; i < 40; ++i) c.append(hash);
    c.check();
    while (!c.hashes.empty()) {
      c.remove(static_cast<uint32_t>(c.hashes.size() / 2));
      c.check();
    }
  }
}

class TaggedIndexRandom : public testing::TestWithParam<uint32_t> {};

TEST_P(TaggedIndexRandom, AgreesWithTheArraysBesideIt) {
  std::mt19937 random(GetParam());
  // Few different hashes at times, so that runs of entries wrap around the end of the table.
  const uint32_t spread = GetParam() % 2 == 0 ? UINT32_MAX : 15;
  Checked c;
  for (int step = 0; step < 2000; ++step) {
    const bool grows = random() % 100 < (step / 500 % 2 == 0 ? 70U : 30U);
    if (grows || c.hashes.empty()) {
      c.append(static_cast<uint32_t>(random()) & spread);
    } else {
      c.remove(static_cast<uint32_t>(random() % c.hashes.size()));
    }
    if (step % 50 == 0) c.check();
  }
  c.check();
}

INSTANTIATE_TEST_SUITE_P(Seeds, TaggedIndexRandom, testing::Range(0U, 10U));

}  // namespace
}  // namespace discovery::registry
