// Finding the daemon and running its check.
#include "ctl/daemon_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "integration/temp_dir.h"

namespace discovery::ctl {
namespace {

using integration::TempDir;
using ::testing::HasSubstr;

std::string put_program(const TempDir& folder, const std::string& name, const std::string& text) {
  std::string path = folder / name;
  std::ofstream(path) << "#!/bin/sh\n" << text;
  std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  return path;
}

TEST(DaemonCheck, LooksBesideTheToolThenInThePath) {
  const TempDir beside, other;
  EXPECT_EQ(find_daemon(beside.path().string(), ""), "");
  EXPECT_EQ(find_daemon("", "::/nonexistent:"), "");
  const std::string in_path = put_program(other, "discoveryd", "exit 0\n");
  EXPECT_EQ(find_daemon(beside.path().string(), "/nonexistent:" + other.path().string()), in_path);
  const std::string near = put_program(beside, "discoveryd", "exit 0\n");
  EXPECT_EQ(find_daemon(beside.path().string(), other.path().string()), near);
}

TEST(DaemonCheck, GivesCodeAndWords) {
  const TempDir folder;
  const std::string daemon = put_program(folder, "discoveryd", "echo \"$@\"; echo bad >&2; exit 2\n");
  const auto checked = check_configuration(daemon, "a b");
  ASSERT_TRUE(checked);
  EXPECT_EQ(checked->code, 2);
  EXPECT_EQ(checked->output, "--conf a b --check\nbad\n");
}

TEST(DaemonCheck, BoundsTheOutput) {
  const TempDir folder;
  const std::string daemon = put_program(folder, "discoveryd", "head -c 400000 /dev/zero | tr '\\0' x\n");
  const auto checked = check_configuration(daemon, "x");
  ASSERT_TRUE(checked);
  EXPECT_EQ(checked->code, 0);
  EXPECT_GT(checked->output.size(), kOutputBytesMax - 4096);
  EXPECT_LE(checked->output.size(), kOutputBytesMax);
}

TEST(DaemonCheck, SaysWhenItCannotBeRun) {
  const auto checked = check_configuration("/nonexistent/discoveryd", "x");
  ASSERT_FALSE(checked);
  EXPECT_THAT(checked.error().message, HasSubstr("/nonexistent/discoveryd"));
  const TempDir folder;
  const auto killed = check_configuration(put_program(folder, "discoveryd", "kill -9 $$\n"), "x");
  ASSERT_TRUE(killed);
  EXPECT_EQ(killed->code, -1);
}

}  // namespace
}  // namespace discovery::ctl
