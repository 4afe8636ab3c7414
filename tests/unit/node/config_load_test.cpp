#include "node/config_load.h"

#include <sys/stat.h>

#include "unit/node/config_testing.h"
#include "unit/node/temp_folder.h"

namespace discovery::node {
namespace {

using testing::AllOf;
using testing::HasSubstr;

std::string load_error(const std::string& path) {
  const auto place = load_config_file(path);
  return place ? std::string() : place.error().message;
}

TEST(LoadConfig, TakesAFolderOrTheFile) {
  TempFolder folder;
  folder.write("discovery.toml", "nodes = []\n");
  folder.write("other.toml", "x");
  ASSERT_READ(by_folder, load_config_file(folder.path()));
  EXPECT_EQ(by_folder.file, folder.path("discovery.toml"));
  EXPECT_EQ(by_folder.folder, folder.path());
  EXPECT_EQ(by_folder.text, "nodes = []\n");
  ASSERT_READ(by_file, load_config_file(folder.path("other.toml")));
  EXPECT_EQ(by_file.folder, folder.path());
  EXPECT_EQ(by_file.text, "x");
}

TEST(LoadConfig, FollowsLinksAsMountedConfigurationHasThem) {
  TempFolder folder;
  folder.write("..2026/discovery.toml", "nodes = []\n");
  std::filesystem::create_symlink("..2026/discovery.toml", folder.path("discovery.toml"));
  EXPECT_EQ(load_error(folder.path()), "");
}

TEST(LoadConfig, SaysWhatIsMissing) {
  TempFolder folder;
  EXPECT_THAT(load_error(folder.path("nowhere")), AllOf(HasSubstr("nowhere"), HasSubstr("No such file")));
  EXPECT_THAT(load_error(folder.path()), HasSubstr("holds no discovery.toml"));
  folder.write("discovery.toml/x", "");
  EXPECT_THAT(load_error(folder.path()), HasSubstr("is no regular file"));
  EXPECT_NE(load_error(""), "");
}

TEST(LoadConfig, DoesNotWaitForAPipe) {
  TempFolder folder;
  ASSERT_EQ(::mkfifo(folder.path("discovery.toml").c_str(), 0600), 0);
  EXPECT_THAT(load_error(folder.path()), HasSubstr("is no regular file"));
}

TEST(LoadConfig, FilesHaveALimit) {
  TempFolder folder;
  folder.write("discovery.toml", std::string(kConfigBytesMax, '#'));
  EXPECT_EQ(load_error(folder.path()), "");
  folder.write("discovery.toml", std::string(kConfigBytesMax + 1, '#'));
  EXPECT_THAT(load_error(folder.path()), HasSubstr("larger than 1MiB"));
}

}  // namespace
}  // namespace discovery::node
