#include "history/event_ring.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace discovery::history {
namespace {

TimePoint at(int64_t s) { return TimePoint(std::chrono::seconds(s)); }

uint64_t push(EventRing& ring, const std::string& text, TimePoint when) {
  text.copy(ring.push(text.size(), when), text.size());
  return ring.last_number();
}

std::vector<std::string> all(const EventRing& ring) {
  std::vector<std::string> texts;
  for (uint64_t below = UINT64_MAX; below > 0;) {
    below = ring.read_block_below(below, [&](const EventRing::Entry& e) {
      texts.push_back(std::to_string(e.number) + ":" + std::string(e.bytes.substr(0, 8)));
    });
  }
  return texts;
}

TEST(EventRing, EmptyHoldsNoMemory) {
  const EventRing ring(1 << 20);
  EXPECT_EQ(ring.bytes(), 0u);
  EXPECT_EQ(ring.first_number(), 1u);
  EXPECT_EQ(ring.last_number(), 0u);
  EXPECT_TRUE(all(ring).empty());
}

TEST(EventRing, GivesTheNewestFirst) {
  EventRing ring(1 << 20);
  EXPECT_EQ(push(ring, "a", at(1)), 1u);
  EXPECT_EQ(push(ring, "b", at(2)), 2u);
  EXPECT_EQ(all(ring), (std::vector<std::string>{"2:b", "1:a"}));
  std::vector<uint64_t> numbers;
  EXPECT_EQ(ring.read_block_below(2, [&](const EventRing::Entry& e) { numbers.push_back(e.number); }), 1u);
  EXPECT_EQ(numbers, std::vector<uint64_t>{1});
  EXPECT_EQ(ring.read_block_below(1, [](const EventRing::Entry&) { FAIL(); }), 0u);
}

TEST(EventRing, TheOldestGiveWayByBlocks) {
  EventRing ring(4 * EventRing::kBlockBytes);
  const std::string entry(1000, 'x');
  for (int i = 0; i < 1000; ++i) push(ring, entry, at(i));
  EXPECT_LE(ring.bytes(), 4 * EventRing::kBlockBytes);
  EXPECT_GT(ring.first_number(), 1u);
  const auto texts = all(ring);
  EXPECT_EQ(texts.size(), ring.last_number() + 1 - ring.first_number());
  EXPECT_EQ(texts.front(), "1000:xxxxxxxx");
  EXPECT_EQ(texts.back(), std::to_string(ring.first_number()) + ":xxxxxxxx");
}

TEST(EventRing, CountsAgainWhatIsStillThere) {
  EventRing ring(2 * EventRing::kBlockBytes);
  const uint64_t first = push(ring, "a", at(1));
  EXPECT_TRUE(ring.count_again(first, at(5)));
  ring.read_block_below(2, [](const EventRing::Entry& e) {
    EXPECT_EQ(e.count, 2u);
    EXPECT_EQ(e.last, at(5));
  });
  EXPECT_FALSE(ring.count_again(2, at(6))) << "not yet there";
  EXPECT_FALSE(ring.count_again(0, at(6)));
  for (int i = 0; i < 1000; ++i) push(ring, std::string(1000, 'x'), at(i));
  EXPECT_FALSE(ring.count_again(first, at(6))) << "gone";
  EXPECT_TRUE(ring.count_again(ring.first_number(), at(6)));
  EXPECT_TRUE(ring.count_again(ring.last_number(), at(6)));
}

TEST(EventRing, AnEntryLargerThanABlockHasOneOfItsOwn) {
  EventRing ring(2 * EventRing::kBlockBytes);
  push(ring, "small", at(1));
  push(ring, std::string(3 * EventRing::kBlockBytes, 'L'), at(2));
  push(ring, "after", at(3));
  EXPECT_EQ(all(ring).front(), "3:after");
  EXPECT_GE(ring.last_number() + 1 - ring.first_number(), 2u);
}

}  // namespace
}  // namespace discovery::history
