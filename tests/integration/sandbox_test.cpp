// The sandbox of the real daemon: what holds, what goes on under it, and what --check-sandbox finds out.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <sstream>

#include "integration/cluster_nodes.h"
#include "integration/daemon.h"
#include "sandbox/sandbox.h"
#include "unit/net/tls_testing.h"

namespace discovery::integration {
namespace {

using net::Certificates;
using net::TlsClient;
using net::TlsFiles;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kReloaded = "discovery_config_reloads_total{result=\"ok\"}";

bool kernel_has_landlock() { return ::syscall(SYS_landlock_create_ruleset, nullptr, 0, 1) > 0; }

/// The lines of /proc/PID/task/*/status that begin so, of all threads, without what repeats.
std::set<std::string> of_all_threads(pid_t pid, const std::string& name) {
  std::set<std::string> found;
  for (const auto& task : std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/task")) {
    for (const std::string& line : lines_of(read_file(task.path() / "status"))) {
      if (line.starts_with(name + ":")) found.insert(line.substr(name.size() + 1));
    }
  }
  return found;
}

/// Programs built with sanitizers have no seccomp, and say so.
bool has_seccomp(const Daemon& daemon) { return daemon.state().at("sandbox").at("seccomp").at("holds").get<bool>(); }

TEST(Sandbox, HoldsForEveryThread) {
  const TempDir folder;
  DaemonOptions options;
  options.flags = with_settings({"cluster.data_dir=" + (folder / "data"), "log.file=" + (folder / "log")});
  Daemon daemon(options);
  const pid_t pid = daemon.process().pid();
  using Same = std::set<std::string>;
  EXPECT_EQ(of_all_threads(pid, "NoNewPrivs"), Same{"\t1"});
  for (const char* set : {"CapInh", "CapPrm", "CapEff", "CapAmb"}) {
    EXPECT_EQ(of_all_threads(pid, set), Same{"\t0000000000000000"}) << set;
  }
  if (has_seccomp(daemon)) {
    EXPECT_EQ(of_all_threads(pid, "Seccomp"), Same{"\t2"});
  }
  for (const char* part : {"no_new_privs", "capabilities"}) {
    EXPECT_EQ(daemon.count("discovery_sandbox{part=\"" + std::string(part) + "\"}"), 1) << part;
    EXPECT_TRUE(daemon.state().at("sandbox").at(part).at("holds").get<bool>()) << part;
  }
  EXPECT_EQ(daemon.count("discovery_sandbox{part=\"landlock\"}"), kernel_has_landlock() ? 1 : 0);
  EXPECT_THAT(daemon.process().standard_output(), HasSubstr("\nSANDBOX "));
}

TEST(Sandbox, EverythingAReloadOpensStaysOpen) {
  Certificates certificates;
  const TlsFiles files = certificates.make("node");
  const TempDir folder;
  const TempDir logs;
  const std::string token = folder.put("token", "a-token-of-enough-letters");
  DaemonOptions options;
  options.file = "[tls]\nlisten = \"127.0.0.1:0\"\ncertificate = \"" + files.certificate + "\"\nkey = \"" + files.key +
                 "\"\n[admin]\ntoken_file = \"" + token + "\"\n[log]\nfile = \"" + (logs / "log") + "\"\n";
  Daemon daemon(options);
  std::filesystem::rename(logs / "log", logs / "log.1");
  const TlsFiles renewed = certificates.make("renewed");
  std::filesystem::rename(renewed.certificate, files.certificate);
  std::filesystem::rename(renewed.key, files.key);
  static_cast<void>(folder.put("token", "another-token-of-enough-letters"));
  static_cast<void>(daemon.folder().put(
      "sched.json", R"({"app_id":"a","env":"ct","clients":{"z":{"zones":{"z":{"weight":1}}}},"remark":"r"})"));
  daemon.process().signal(SIGHUP);
  ASSERT_TRUE(daemon.eventually_counts(kReloaded, 1)) << read_file(logs / "log");
  EXPECT_EQ(TlsClient({daemon.tls().host, daemon.tls().port}).certificate_name(), "renewed");
  EXPECT_TRUE(eventually([&] { return read_file(logs / "log").find("config_reloaded") != std::string::npos; }))
      << "the log file is made anew";
  daemon.process().signal(SIGUSR1);
  EXPECT_TRUE(eventually([&] { return read_file(logs / "log").find("event=summary") != std::string::npos; }));
  EXPECT_EQ(daemon.process().standard_error(), "");
}

TEST(Sandbox, AFileInAnotherFolderNeedsARestart) {
  if (!kernel_has_landlock()) GTEST_SKIP() << "no Landlock here";
  const TempDir elsewhere;
  const std::string token = elsewhere.put("token", "a-token-of-enough-letters");
  DaemonOptions options;
  options.file = "";
  Daemon daemon(options);
  daemon.write_file("[admin]\ntoken_file = \"" + token + "\"\n");
  const Answer answer = daemon.post("/admin/reload");
  EXPECT_EQ(answer.status, 422);
  EXPECT_THAT(answer.json().at("error").get<std::string>(), HasSubstr("admin.token_file: " + token));
  EXPECT_THAT(answer.json().at("error").get<std::string>(), HasSubstr("restart"));
}

TEST(Sandbox, ANodeOfAClusterSnapshotsRestartsAndDrains) {
  const TempDir folder;
  ClusterNode node("n1");
  const std::vector<std::string> settings{"cluster.data_dir=" + (folder / "data"),
                                          "cluster.peer_bind_address=127.0.0.1"};
  const std::string other = node_address().text();
  node.start({node.text(), other}, settings);
  ASSERT_TRUE(eventually(
      [&] { return node->post("/discovery/register", TestInstance{.appid = "kept"}.register_form()).code() == 0; }));
  ASSERT_TRUE(eventually([&] { return node->count("discovery_journal_commits_total{result=\"ok\"}") >= 1; }));
  EXPECT_EQ(node.end().code, 0) << "the last snapshot is written and the end is clean";
  node.start({node.text()}, settings);
  EXPECT_TRUE(eventually([&] { return node->hosts("kept").size() == 1; }));
}

/// discoveryd, started by a process that has closed its own sandbox: as one that hands over to it.
class Inheriting {
 public:
  Inheriting(const sandbox::Plan& plan, std::vector<std::string> words) : pid_(::fork()) {
    if (pid_ != 0) return;
    sandbox::State state = sandbox::confine_early(plan);
    sandbox::confine_late(plan, state);
    std::string program = tested_program("discoveryd");
    std::vector<char*> all{program.data()};
    for (std::string& word : words) all.push_back(word.data());
    all.push_back(nullptr);
    ::execv(program.c_str(), all.data());
    ::_exit(127);
  }
  ~Inheriting() {
    if (pid_ > 0) static_cast<void>(end(SIGKILL));
  }
  Inheriting(const Inheriting&) = delete;
  Inheriting& operator=(const Inheriting&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }
  /// The status of waitpid().
  [[nodiscard]] int end(int signal) {
    int status = -1;
    ::kill(pid_, signal);
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    return status;
  }

 private:
  pid_t pid_;
};

TEST(Sandbox, ItStartsUnderWhatAnOlderOneLeftOpen) {
  if (std::getenv("DISCOVERY_TESTED") != nullptr) GTEST_SKIP() << "the filter inherited is not for sanitizers";
  const TempDir folder;
  const Address address = node_address();
  sandbox::Plan plan;
  plan.writable = {folder.path().string()};
  plan.tcp_ports = {address.port};
  std::vector<std::string> words = with_settings({"cluster.data_dir=" + folder.path().string(), "drain.wait=0s",
                                                  "log.file=" + (folder / "log"), "sandbox.require=true"});
  words.insert(words.end(), {"--listen", address.text()});
  Inheriting daemon(plan, words);
  const auto serves = [&] {
    return read_file(folder / "log").find("event=listening") != std::string::npos &&
           get(address, "/healthz").status == 200;
  };
  ASSERT_TRUE(eventually(serves)) << read_file(folder / "log");
  EXPECT_THAT(read_file("/proc/" + std::to_string(daemon.pid()) + "/status"), HasSubstr("Seccomp_filters:\t2\n"));
  EXPECT_EQ(post(address, "/discovery/register", TestInstance{.appid = "kept"}.register_form()).code(), 0);
  const int status = daemon.end(SIGTERM);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
}

TEST(Sandbox, OffIsOffAndSaysSo) {
  DaemonOptions options;
  options.flags = with_settings({"sandbox.enabled=false"});
  Daemon daemon(options);
  EXPECT_EQ(of_all_threads(daemon.process().pid(), "NoNewPrivs"), std::set<std::string>{"\t0"});
  EXPECT_EQ(daemon.count("discovery_sandbox{part=\"seccomp\"}"), 0);
  EXPECT_TRUE(daemon.eventually_logs("sandbox_incomplete", "sandbox.enabled is false"));
}

TEST(Sandbox, RequiringItStartsWhereAllOfItHoldsOnly) {
  const auto flags = with_settings({"sandbox.require=true"});
  DaemonOptions options;
  Daemon probe(options);
  if (kernel_has_landlock() && has_seccomp(probe)) {
    options.flags = flags;
    Daemon daemon(options);
    EXPECT_EQ(daemon.get("/healthz").status, 200);
    return;
  }
  std::vector<std::string> words = flags;
  words.insert(words.end(), {"--listen", "127.0.0.1:0"});
  const Finished ended = run_discoveryd({words, {}, std::nullopt});
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.errors, HasSubstr("sandbox.require is set, and this does not hold: "));
}

// ------------------------------------------------------------------------------------------------------
// --check-sandbox

/// By a user that is not root, as far as this test may choose.
Finished check(std::vector<std::string> more) {
  std::vector<std::string> words{"--listen", "127.0.0.1:" + std::to_string(free_port()), "--check-sandbox"};
  words.insert(words.end(), more.begin(), more.end());
  const std::string daemon = tested_program("discoveryd");
  if (::geteuid() != 0) return run_discoveryd({words, {}, std::nullopt});
  words.insert(words.begin(), {"--reuid=65534", "--regid=65534", "--clear-groups", daemon});
  Child child("/usr/bin/setpriv", {words, {}, std::nullopt});
  const auto ending = child.wait();
  return {ending ? ending->code : -1, child.standard_output(), child.standard_error()};
}

TEST(CheckSandbox, TriesWhatMustBeRefused) {
  const TempDir folder;
  ::chmod(folder.path().c_str(), 0777);
  for (const char* violation : {"kill", "errno"}) {
    const Finished ended = check(
        with_settings({"cluster.data_dir=" + folder.path().string(), "sandbox.violation=" + std::string(violation)}));
    EXPECT_THAT(ended.output, ContainsRegex("ok    user: user id [1-9]"));
    EXPECT_THAT(ended.output, HasSubstr("ok    no_new_privs: set\n"));
    EXPECT_THAT(ended.output, HasSubstr("ok    capabilities: none\n"));
    EXPECT_THAT(ended.output, HasSubstr("ok    writing in " + folder.path().string() + ": was possible\n"));
    if (!kernel_has_landlock()) continue;
    EXPECT_THAT(ended.output, HasSubstr("ok    making a file outside: refused: "));
    EXPECT_THAT(ended.output, HasSubstr("ok    starting another program: refused: "));
    EXPECT_THAT(ended.output, HasSubstr("ok    starting itself: was possible\n"));
    if (ended.output.find("built with sanitizers") != std::string::npos) {
      EXPECT_EQ(ended.code, 1);
      continue;
    }
    EXPECT_THAT(ended.output, HasSubstr("ok    tracing another process: refused: "));
    EXPECT_THAT(ended.output, HasSubstr("ok    the program: position-independent, relro, "));
    EXPECT_THAT(ended.output, Not(HasSubstr("FAIL"))) << violation;
    EXPECT_EQ(ended.code, 0) << violation;
    EXPECT_EQ(ended.errors, "");
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path())) << "nothing is left behind";
}

TEST(CheckSandbox, ItIsOffEndsWithOne) {
  const Finished ended = check(with_settings({"sandbox.enabled=false"}));
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.output, HasSubstr("FAIL  seccomp: sandbox.enabled is false\n"));
}

}  // namespace
}  // namespace discovery::integration
