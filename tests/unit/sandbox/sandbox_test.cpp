// The sandbox itself, in child processes: what it closes stays closed for this test.
#include "sandbox/sandbox.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "sandbox/landlock.h"
#include "sandbox/probe.h"

namespace discovery::sandbox {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using Kind = Outcome::Kind;

int touched(const std::string& path) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return errno;
  ::close(fd);
  return 0;
}

class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "sandbox-test-XXXXXX").string();
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    path_ = name;
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

TEST(SandboxState, NamesWhatHoldsAndWhatDoesNot) {
  State state(true);
  for (const Part part : kParts) state.set(part, true, "yes");
  EXPECT_EQ(state.holding(), "user, no_new_privs, capabilities, landlock, seccomp");
  EXPECT_EQ(state.missing(), "");
  EXPECT_TRUE(state.require());
  state.set(Part::kUser, false, "root");
  EXPECT_TRUE(state.require()) << "the kernel does not choose the user";
  state.set(Part::kLandlock, false, "not there");
  EXPECT_EQ(state.missing(), "user (root); landlock (not there)");
  ASSERT_FALSE(state.require());
  EXPECT_THAT(state.require().error().message, HasSubstr("sandbox.require is set, and this does not hold: landlock"));
}

TEST(Sandbox, OffClosesNothingAndSaysSo) {
  Plan plan;
  plan.enabled = false;
  State state = confine_early(plan);
  confine_late(plan, state);
  EXPECT_FALSE(state.enabled());
  EXPECT_FALSE(state.require());
  EXPECT_THAT(state.missing(), HasSubstr("sandbox.enabled is false"));
}

TEST(Sandbox, OpensTheFoldersOfItsPlanAndNoOther) {
  if (landlock_abi() == 0) GTEST_SKIP() << "no Landlock here";
  const Folder open;
  const Folder closed;
  Plan plan;
  plan.writable = {open.path()};
  EXPECT_EQ(attempt_within(plan, [&] { return touched(open / "a"); }).kind, Kind::kDone);
  const Outcome outside = attempt_within(plan, [&] { return touched(closed / "a"); });
  EXPECT_EQ(outside.kind, Kind::kRefused);
  EXPECT_EQ(outside.number, EACCES);
  EXPECT_EQ(attempt_without([&] { return touched(closed / "a"); }).kind, Kind::kDone);
  plan.writable = {};
  plan.readable = {open.path()};
  EXPECT_EQ(attempt_within(plan, [&] { return touched(open / "b"); }).kind, Kind::kRefused) << "reading only";
}

TEST(Sandbox, ClosedAgainTakesAwayMoreAndGivesNothingBack) {
  if (landlock_abi() == 0) GTEST_SKIP() << "no Landlock here";
  const Folder first;
  const Folder second;
  Plan plan;
  plan.writable = {first.path(), second.path()};
  Plan narrower;
  narrower.writable = {first.path()};
  const auto twice = [](const Plan& outer, const Plan& inner, const std::string& path) {
    return attempt_within(outer, [&] {
      State state = confine_early(inner);
      confine_late(inner, state);
      return touched(path);
    });
  };
  EXPECT_EQ(twice(plan, narrower, first / "a").kind, Kind::kDone);
  EXPECT_EQ(twice(plan, narrower, second / "a").kind, Kind::kRefused);
  EXPECT_EQ(twice(narrower, plan, second / "a").kind, Kind::kRefused) << "the outer one holds";
}

TEST(Sandbox, HoldsThroughMoreHandOversThanTheKernelHasLayers) {
  const Outcome outcome = attempt_within({}, [] {
    for (int i = 0; i < 40; ++i) {
      State state = confine_early({});
      confine_late({}, state);
      if (landlock_abi() > 0 && !state.of(Part::kLandlock).holds) return EPERM;
    }
    return landlock_abi() > 0 && touched("/tmp/discoveryd-sandbox-test-outside") == 0 ? EEXIST : 0;
  });
  EXPECT_EQ(outcome.kind, Kind::kDone) << outcome.text();
}

TEST(Sandbox, ThreadsAreMadeAndEndWithinIt) {
  const Outcome outcome = attempt_within({}, [] {
    int sum = 0;
    std::thread([&sum] { sum = 7; }).join();
    return sum == 7 ? 0 : EINVAL;
  });
  EXPECT_EQ(outcome.kind, Kind::kDone) << outcome.text();
}

TEST(Sandbox, StartsNoOtherProgramAndFailsOrEndsAsAsked) {
  Plan plan;
  plan.violation = Violation::kErrno;
  const auto chroot_call = [] { return ::chroot("/") == 0 ? 0 : errno; };
  const Outcome failed = attempt_within(plan, chroot_call);
  EXPECT_EQ(failed.kind, Kind::kRefused) << failed.text();
  EXPECT_EQ(failed.number, EPERM);
  plan.violation = Violation::kKill;
  const std::string told = tell_within(plan, [](const State& state) { return state.missing(); });
  if (told.find("seccomp") != std::string::npos) GTEST_SKIP() << told;
  const Outcome ended = attempt_within(plan, chroot_call);
  EXPECT_EQ(ended.kind, Kind::kKilled) << ended.text();
  EXPECT_EQ(ended.number, SIGSYS);
}

TEST(Sandbox, NoThreadStartedWithoutCapabilitiesHasAny) {
  bool ran = false;
  without_capabilities([&ran] { ran = true; });
  EXPECT_TRUE(ran);
}

TEST(ExecutionRoots, HoldTheProgramItsLoaderAndAFolderOfItsOwn) {
  EXPECT_THAT(execution_roots("/usr/lib/discoveryd/discoveryd", "/lib64/ld.so"),
              ElementsAre("/usr/lib/discoveryd/discoveryd", "/lib64/ld.so", "/usr/lib/discoveryd"));
  for (const char* shared : {"/usr/bin/discoveryd", "/bin/discoveryd", "/usr/local/bin/discoveryd", "/discoveryd"}) {
    EXPECT_THAT(execution_roots(shared, "/lib64/ld.so"), ElementsAre(shared, "/lib64/ld.so"));
  }
  EXPECT_THAT(execution_roots("", "/lib64/ld.so"), ElementsAre());
}

TEST(LiesIn, FollowsLinksAndComparesWholeNames) {
  const Folder folder;
  std::filesystem::create_directories(folder / "a/b");
  std::ofstream(folder / "a/b/file") << "x";
  std::filesystem::create_symlink(folder / "a/b/file", folder / "link");
  const std::vector<std::string> roots{folder / "a"};
  EXPECT_TRUE(lies_in(folder / "a/b/file", roots));
  EXPECT_TRUE(lies_in(folder / "a", roots));
  EXPECT_TRUE(lies_in(folder / "link", roots)) << "where it leads";
  EXPECT_TRUE(lies_in(folder / "a/not-there-yet", roots));
  EXPECT_FALSE(lies_in(folder / "ab", roots));
  EXPECT_FALSE(lies_in(folder / "a/../c", roots));
  EXPECT_FALSE(lies_in(folder / "a", {}));
}

TEST(SystemPaths, AreAbsoluteAndHoldNoHome) {
  for (const std::string& path : system_paths()) {
    EXPECT_TRUE(path.starts_with('/')) << path;
    EXPECT_NE(path, "/") << "all of it";
  }
  EXPECT_THAT(system_paths(), Not(Contains("/home")));
}

}  // namespace
}  // namespace discovery::sandbox
