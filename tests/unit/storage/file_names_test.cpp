#include "storage/file_names.h"

#include <gtest/gtest.h>

#include "storage/disk.h"

namespace discovery::storage {
namespace {

TEST(FileNames, ReadsBackWhatItWrites) {
  for (const uint64_t n : {uint64_t{1}, uint64_t{10}, static_cast<uint64_t>(kNumberMax)}) {
    EXPECT_EQ(number_of(kSnapshotPrefix, numbered(kSnapshotPrefix, n)), n);
    EXPECT_EQ(number_of(kJournalPrefix, numbered(kJournalPrefix, n)), n);
    EXPECT_TRUE(is_plain_name(numbered(kJournalPrefix, n)));
  }
}

TEST(FileNames, LeavesOtherFilesAlone) {
  for (const char* name : {"snap.", "snap.0", "snap.01", "snap.-1", "snap.+1", "snap.1x", "snap.tmp", "snap. 1", "lock",
                           "journal.1", "snap.1000000000000001", "snap.18446744073709551617", "snap"}) {
    EXPECT_FALSE(number_of(kSnapshotPrefix, name).has_value()) << name;
  }
}

TEST(FileNames, AreNeverPaths) {
  for (const char* name : {"", ".", "..", "a/b", "/a", ".hidden", "a\nb", "a b", "\xc3\xa4"}) {
    EXPECT_FALSE(is_plain_name(name)) << name;
  }
  EXPECT_TRUE(is_plain_name(std::string(Disk::kNameBytesMax, 'a')));
  EXPECT_FALSE(is_plain_name(std::string(Disk::kNameBytesMax + 1, 'a')));
}

TEST(Sequence, GivesEachNumberOnce) {
  Sequence s;
  s.seen(7);
  s.seen(3);
  EXPECT_EQ(s.next(), 8U);
  EXPECT_EQ(s.next(), 9U);
}

}  // namespace
}  // namespace discovery::storage
