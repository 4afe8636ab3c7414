// History: what is known to be gone, and what it holds in memory.
#include "keyspace/history.h"

#include <gtest/gtest.h>

#include <string>

#include "keyspace/key_index.h"
#include "unit/keyspace/keyspace_testing.h"

namespace discovery::keyspace {
namespace {

std::string gone(const KeyIndex& index, const KeyRange& range) {
  std::string keys;
  for (const EventPtr& event : index.history().gone_in(range)) keys += event->kv->key + " ";
  return keys;
}
const KeyRange kAll{std::string(1, '\0'), std::string(1, '\0')};

TEST(KeyHistory, KnowsWhatIsGoneUntilItIsBackOrForgotten) {
  KeyIndex index(1, {.events = 6}, kStart);
  for (const char* key : {"a", "b", "c"}) index.write(key, {"v", 0}, kStart);
  index.erase("c", kStart);
  index.erase("a", kStart);
  EXPECT_EQ(gone(index, kAll), "a c ");
  EXPECT_EQ(gone(index, {"a", ""}), "a ");
  EXPECT_EQ(gone(index, {"b", ""}), "");
  EXPECT_EQ(gone(index, {"b", "d"}), "c ");
  EXPECT_EQ(gone(index, {"d", "a"}), "");
  index.write("a", {"again", 0}, kStart);
  EXPECT_EQ(gone(index, kAll), "c ");
  index.erase("a", kStart);
  EXPECT_EQ(gone(index, kAll), "a c ") << "its latest deletion";
  for (int i = 0; i < 3; ++i) index.write("b", {"v", 0}, kStart);
  EXPECT_EQ(gone(index, kAll), "a ") << "six events are remembered, the deletion of c is older";
  index.history().trim(kStart + std::chrono::minutes(11));
  EXPECT_EQ(gone(index, kAll), "");
}

TEST(KeyHistory, CountsWhatOnlyADeletionHolds) {
  KeyIndex index(1, {.events = 1}, kStart);
  const size_t empty = index.bytes();
  index.write("key", {std::string(1 << 20, 'x'), 0}, kStart);
  index.erase("key", kStart);
  EXPECT_GE(index.bytes(), empty + (1 << 20));
  index.tell_gone("other", kStart);
  EXPECT_LT(index.bytes(), empty + 1000);
}

TEST(KeyHistory, ForgetsByBytesOfDeletionsToo) {
  KeyIndex index(1, {.bytes = 4 << 20}, kStart);
  for (int i = 0; i < 100; ++i) {
    index.write(std::to_string(i), {std::string(1 << 20, 'x'), 0}, kStart);
    index.erase(std::to_string(i), kStart);
    EXPECT_LE(index.bytes(), 5u << 20);
  }
}

}  // namespace
}  // namespace discovery::keyspace
