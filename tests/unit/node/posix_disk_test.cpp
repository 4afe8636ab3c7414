#include "node/posix_disk.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "temp_folder.h"

namespace discovery::node {
namespace {

using Names = std::vector<std::string>;

mode_t mode_of(const std::string& path) {
  struct stat status {};
  EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
  return status.st_mode & 07777;
}

class PosixDiskTest : public ::testing::Test {
 protected:
  PosixDiskTest() {
    auto disk = PosixDisk::open(folder_.path("data"));
    EXPECT_TRUE(disk.has_value());
    disk_ = std::move(*disk);
  }
  void write(std::string_view name, std::string_view bytes) {
    auto file = disk_->create(name);
    ASSERT_TRUE(file.has_value()) << file.error().message;
    ASSERT_TRUE((*file)->append(bytes).has_value());
    ASSERT_TRUE((*file)->sync().has_value());
  }
  [[nodiscard]] std::string in_data(std::string_view name) const { return folder_.path("data/" + std::string(name)); }

  TempFolder folder_;
  std::unique_ptr<PosixDisk> disk_;
};

TEST_F(PosixDiskTest, MakesAFolderForItsOwnerAlone) { EXPECT_EQ(mode_of(folder_.path("data")), 0700U); }

TEST_F(PosixDiskTest, MakesFilesForTheirOwnerAlone) {
  write("snap.tmp", "abc");
  EXPECT_EQ(mode_of(in_data("snap.tmp")), 0600U);
  EXPECT_EQ(mode_of(in_data("lock")), 0600U);
}

TEST_F(PosixDiskTest, ReadsBackInParts) {
  auto file = disk_->create("f");
  ASSERT_TRUE(file.has_value());
  ASSERT_TRUE((*file)->append("hello ").has_value());
  ASSERT_TRUE((*file)->append("world").has_value());
  EXPECT_EQ(*disk_->read("f", 0, 100), "hello world");
  EXPECT_EQ(*disk_->read("f", 6, 3), "wor");
  EXPECT_EQ(*disk_->read("f", 11, 5), "");
  EXPECT_EQ(*disk_->read("f", UINT64_MAX, 5), "");
  EXPECT_EQ(*disk_->read("f", 0, 0), "");
  EXPECT_EQ(*disk_->read("f", 0, SIZE_MAX), "hello world");  // memory for what is there only
}

TEST_F(PosixDiskTest, CreatesOnlyWhatIsNotThere) {
  write("f", "1");
  const auto again = disk_->create("f");
  ASSERT_FALSE(again.has_value());
  EXPECT_EQ(again.error().code, ErrorCode::kConflict);
}

TEST_F(PosixDiskTest, RenamesOverWhatIsThere) {
  write("a", "new");
  write("b", "old");
  ASSERT_TRUE(disk_->rename("a", "b").has_value());
  ASSERT_TRUE(disk_->sync_folder().has_value());
  EXPECT_EQ(*disk_->read("b", 0, 10), "new");
  EXPECT_EQ(*disk_->list(), (Names{"b", "lock"}));
}

TEST_F(PosixDiskTest, SaysWhatIsMissing) {
  EXPECT_EQ(disk_->remove("f").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(disk_->rename("f", "g").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(disk_->read("f", 0, 1).error().code, ErrorCode::kNotFound);
}

TEST_F(PosixDiskTest, ListsPlainNamesEachTime) {
  write("b", "");
  write("a", "");
  folder_.write("data/.hidden", "");
  folder_.write("data/with space", "");
  EXPECT_EQ(*disk_->list(), (Names{"a", "b", "lock"}));
  EXPECT_EQ(*disk_->list(), (Names{"a", "b", "lock"}));
  ASSERT_TRUE(disk_->remove("a").has_value());
  EXPECT_EQ(*disk_->list(), (Names{"b", "lock"}));
}

TEST_F(PosixDiskTest, BoundsTheList) {
  for (size_t i = 1; i < PosixDisk::kFilesMax; ++i) folder_.write("data/f" + std::to_string(i), "");
  EXPECT_EQ(disk_->list()->size(), PosixDisk::kFilesMax);  // the lock is one of them
  folder_.write("data/one-more", "");
  const auto names = disk_->list();
  ASSERT_FALSE(names.has_value());
  EXPECT_EQ(names.error().code, ErrorCode::kExhausted);
}

TEST_F(PosixDiskTest, TakesNamesAndNeverPaths) {
  folder_.write("outside", "secret");
  for (const char* name : {"", ".", "..", "../outside", "/etc/passwd", "a/b", ".x"}) {
    EXPECT_EQ(disk_->create(name).error().code, ErrorCode::kInvalidArgument) << name;
    EXPECT_EQ(disk_->read(name, 0, 1).error().code, ErrorCode::kInvalidArgument) << name;
    EXPECT_EQ(disk_->remove(name).error().code, ErrorCode::kInvalidArgument) << name;
    EXPECT_EQ(disk_->rename(name, "ok").error().code, ErrorCode::kInvalidArgument) << name;
    EXPECT_EQ(disk_->rename("ok", name).error().code, ErrorCode::kInvalidArgument) << name;
  }
}

TEST_F(PosixDiskTest, FollowsNoSymbolicLink) {
  folder_.write("outside", "secret");
  std::filesystem::create_symlink(folder_.path("outside"), in_data("snap.1"));
  EXPECT_FALSE(disk_->read("snap.1", 0, 10).has_value());
  EXPECT_FALSE(disk_->create("snap.1").has_value());
  EXPECT_EQ(std::filesystem::file_size(folder_.path("outside")), 6U);
}

TEST_F(PosixDiskTest, ReadsRegularFilesOnly) {
  ASSERT_EQ(::mkfifo(in_data("snap.1").c_str(), 0600), 0);
  EXPECT_EQ(disk_->read("snap.1", 0, 10).error().code, ErrorCode::kInvalidArgument);  // and does not block
  std::filesystem::create_directory(in_data("snap.2"));
  EXPECT_FALSE(disk_->read("snap.2", 0, 10).has_value());
}

TEST_F(PosixDiskTest, IsLockedWhileItLives) {
  const auto second = PosixDisk::open(folder_.path("data"));
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code, ErrorCode::kConflict);
  EXPECT_NE(second.error().message.find("data directory locked"), std::string::npos);
  disk_.reset();
  EXPECT_TRUE(PosixDisk::open(folder_.path("data")).has_value());
}

TEST_F(PosixDiskTest, TellsAFileThatGrewTooLarge) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  auto file = disk_->create("f");
  ASSERT_TRUE(file.has_value());
  const rlimit small{4096, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const auto done = (*file)->append(std::string(10'000, 'x'));
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, handler);
  ASSERT_FALSE(done.has_value());
  EXPECT_EQ(done.error().code, ErrorCode::kExhausted);
}

TEST(PosixDisk, SaysWhyAFolderCannotBeUsed) {
  const TempFolder folder;
  folder.write("file", "");
  for (const std::string& name : {folder.path("file"), folder.path("missing/data"), std::string("/dev/null")}) {
    const auto disk = PosixDisk::open(name);
    ASSERT_FALSE(disk.has_value()) << name;
    EXPECT_NE(disk.error().code, ErrorCode::kConflict) << name;
    EXPECT_NE(disk.error().message.find(name), std::string::npos) << disk.error().message;
  }
}

TEST(PosixDisk, LocksNoSymbolicLinkAndNoFifo) {
  const TempFolder folder;
  folder.write("data/x", "");
  std::filesystem::create_symlink(folder.path("elsewhere"), folder.path("data/lock"));
  EXPECT_FALSE(PosixDisk::open(folder.path("data")).has_value());
  EXPECT_FALSE(std::filesystem::exists(folder.path("elsewhere")));
  std::filesystem::remove(folder.path("data/lock"));
  ASSERT_EQ(::mkfifo(folder.path("data/lock").c_str(), 0600), 0);
  EXPECT_FALSE(PosixDisk::open(folder.path("data")).has_value());
}

}  // namespace
}  // namespace discovery::node
