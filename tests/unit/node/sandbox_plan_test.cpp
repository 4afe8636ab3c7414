#include "node/sandbox_plan.h"

#include <filesystem>
#include <fstream>

#include "node/config_keys.h"
#include "unit/node/config_testing.h"
#include "unit/node/temp_folder.h"

namespace discovery::node {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

sandbox::Plan plan_of(const std::string& text, const Environment& environment = {}) {
  const auto config = read_config(with_file(text));
  EXPECT_TRUE(config) << config.error().message;
  return config ? sandbox_plan(*config, "", "", environment) : sandbox::Plan{};
}

TEST(SandboxPlan, OfTheDefaultsWritesNothingAndBindsOnePort) {
  const sandbox::Plan plan = plan_of("");
  EXPECT_TRUE(plan.enabled);
  EXPECT_EQ(plan.violation, sandbox::Violation::kKill);
  EXPECT_THAT(plan.readable, IsEmpty());
  EXPECT_THAT(plan.writable, IsEmpty());
  EXPECT_THAT(plan.appended, IsEmpty());
  EXPECT_THAT(plan.tcp_ports, ElementsAre(7171));
  EXPECT_FALSE(plan.any_tcp_port);
  EXPECT_FALSE(plan.outer_abstract_sockets);
}

TEST(SandboxPlan, HoldsTheFoldersOfEveryFileThatTheConfigurationNames) {
  const sandbox::Plan plan = plan_of(
      "[cluster]\ndata_dir = \"/var/lib/x\"\n[log]\nfile = \"/var/log/x/log\"\n[admin]\ntoken_file = \"/a/token\"\n"
      "[tls]\nlisten = \"127.0.0.1:7443\"\ncertificate = \"/c/cert.pem\"\nkey = \"/k/key.pem\"\n");
  EXPECT_THAT(plan.readable, testing::UnorderedElementsAre("/a", "/c", "/k"));
  EXPECT_THAT(plan.writable, testing::UnorderedElementsAre("/var/lib/x", "/var/log/x"));
  EXPECT_THAT(plan.tcp_ports, ElementsAre(7171, 7443));
}

TEST(SandboxPlan, FollowsWhatASymbolicLinkLeadsTo) {
  const TempFolder folder;
  const std::filesystem::path root(folder.path());
  std::filesystem::create_directories(root / "real");
  std::filesystem::create_directories(root / "shown");
  std::ofstream(root / "real" / "discovery.toml") << "";
  std::filesystem::create_symlink(root / "real" / "discovery.toml", root / "shown" / "discovery.toml");
  ASSERT_READ(config, read_config(with_file("")));
  const sandbox::Plan plan =
      sandbox_plan(config, (root / "shown" / "discovery.toml").string(), (root / "shown").string(), {});
  EXPECT_THAT(plan.readable,
              ElementsAre((root / "shown").string(), std::filesystem::canonical(root / "real").string()));
}

TEST(SandboxPlan, ALogThatIsNoPlainFileOpensNoFolder) {
  const sandbox::Plan plan = plan_of("[log]\nfile = \"/dev/null\"\n");
  EXPECT_THAT(plan.appended, ElementsAre("/dev/null"));
  EXPECT_THAT(plan.writable, IsEmpty());
}

TEST(SandboxPlan, PortsTheSystemChoosesAreNotLimited) {
  EXPECT_TRUE(plan_of("[httpServer]\naddr = \"127.0.0.1:0\"\n").any_tcp_port);
  const sandbox::Plan bound = plan_of("[cluster]\npeer_bind_address = \"127.0.0.1\"\n");
  EXPECT_THAT(bound.tcp_ports, ElementsAre(7171, 0));
  EXPECT_FALSE(bound.any_tcp_port) << "connections to peers bind port 0 itself";
}

TEST(SandboxPlan, AnAbstractSocketOfTheServiceManagerIsReached) {
  EXPECT_TRUE(plan_of("", {{"NOTIFY_SOCKET", "@/manager"}}).outer_abstract_sockets);
  EXPECT_FALSE(plan_of("", {{"NOTIFY_SOCKET", "/run/manager"}}).outer_abstract_sockets);
}

TEST(SandboxPlan, RefusesAFileInAFolderThatIsNotOpen) {
  const sandbox::Plan plan = plan_of("[admin]\ntoken_file = \"/a/token\"\n");
  ASSERT_READ(same, read_config(with_file("[admin]\ntoken_file = \"/a/other\"\n")));
  EXPECT_TRUE(all_files_covered(same, plan));
  ASSERT_READ(system, read_config(with_file("[admin]\ntoken_file = \"/etc/token\"\n")));
  EXPECT_TRUE(all_files_covered(system, plan));
  ASSERT_READ(elsewhere, read_config(with_file("[admin]\ntoken_file = \"/b/token\"\n")));
  const auto refused = all_files_covered(elsewhere, plan);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("admin.token_file: /b/token"));
  EXPECT_THAT(refused.error().message, HasSubstr("restart"));
}

TEST(SandboxPlan, MakesTheDataFolderAndNotItsParents) {
  const TempFolder folder;
  const std::filesystem::path root(folder.path());
  ASSERT_READ(config, read_config(with_file("[cluster]\ndata_dir = \"" + (root / "data").string() + "\"\n")));
  make_folders(config);
  EXPECT_TRUE(std::filesystem::is_directory(root / "data"));
  ASSERT_READ(deep, read_config(with_file("[cluster]\ndata_dir = \"" + (root / "no" / "data").string() + "\"\n")));
  make_folders(deep);
  EXPECT_FALSE(std::filesystem::exists(root / "no"));
}

/// A key that names a file must say so, or the sandbox keeps the daemon from it.
TEST(SandboxPlan, KnowsEveryKeyThatNamesAFile) {
  for (const KeySpec& key : config_keys()) {
    const std::string_view leaf = key.leaf();
    const bool looks_so = leaf == "file" || leaf.ends_with("_file") || leaf.ends_with("_dir") ||
                          leaf == "certificate" || leaf == "key" || leaf == "ca" ||
                          key.description.find("File with") != std::string_view::npos;
    if (key.field != nullptr && looks_so) {
      EXPECT_NE(key.path, NamesPath::kNone) << key.name << " names a file: set .path in config_keys.cpp";
    }
  }
}

TEST(SandboxConfig, RequiringWhatIsOffIsAnError) {
  EXPECT_THAT(file_error("[sandbox]\nenabled = false\nrequire = true\n"), HasSubstr("sandbox.require"));
  EXPECT_EQ(file_error("[sandbox]\nenabled = false\n"), "");
  EXPECT_THAT(file_error("[sandbox]\nviolation = \"warn\"\n"), HasSubstr("none of: kill, errno"));
}

}  // namespace
}  // namespace discovery::node
