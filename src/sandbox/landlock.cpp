#include "sandbox/landlock.h"

#include <fcntl.h>
#include <link.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <string_view>
#include <system_error>

namespace discovery::sandbox {
namespace {

// Actions on files, by bit; the ABI that knows them.
constexpr uint64_t kExecute = 1U << 0;
constexpr uint64_t kWriteFile = 1U << 1;
constexpr uint64_t kReadFile = 1U << 2;
constexpr uint64_t kReadFolder = 1U << 3;
constexpr uint64_t kRemoveFile = 1U << 5;
constexpr uint64_t kMakeFile = 1U << 8;
constexpr uint64_t kMakeSocket = 1U << 9;
constexpr uint64_t kOfAbi1 = (1U << 13) - 1;
constexpr uint64_t kRefer = 1U << 13;        // ABI 2
constexpr uint64_t kTruncate = 1U << 14;     // ABI 3
constexpr uint64_t kDeviceIoctl = 1U << 15;  // ABI 5
constexpr uint64_t kOfPlainFiles = kExecute | kWriteFile | kReadFile | kTruncate | kDeviceIoctl;
constexpr uint64_t kReading = kReadFile | kReadFolder;
constexpr uint64_t kAppending = kReadFile | kWriteFile | kTruncate | kDeviceIoctl;
constexpr uint64_t kWriting = kReading | kWriteFile | kTruncate | kRemoveFile | kMakeFile | kMakeSocket;
constexpr uint64_t kBindTcp = 1U << 0;          // ABI 4
constexpr uint64_t kAbstractSockets = 1U << 0;  // ABI 6
constexpr uint64_t kSignals = 1U << 1;          // ABI 6
constexpr int kAbiPorts = 4;
constexpr int kAbiScopes = 6;

constexpr unsigned kAskVersion = 1;  // flag of landlock_create_ruleset
constexpr int kRuleFolder = 1;
constexpr int kRulePort = 2;

struct RulesetAttributes {
  uint64_t files;
  uint64_t ports;
  uint64_t scopes;
};
struct [[gnu::packed]] FolderRule {
  uint64_t allowed;
  int32_t parent;
};
struct PortRule {
  uint64_t allowed;
  uint64_t port;
};

class Descriptor {
 public:
  explicit Descriptor(long fd) : fd_(static_cast<int>(fd)) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

Error failed(std::string_view what, int number) {
  return {ErrorCode::kUnavailable, std::string(what) + ": " + std::generic_category().message(number)};
}

RulesetAttributes handled(int abi, const Plan& plan) {
  RulesetAttributes all{kOfAbi1, 0, 0};
  if (abi >= 2) all.files |= kRefer;
  if (abi >= 3) all.files |= kTruncate;
  if (abi >= kAbiPorts && !plan.any_tcp_port) all.ports = kBindTcp;
  if (abi >= 5) all.files |= kDeviceIoctl;
  if (abi >= kAbiScopes) all.scopes = kSignals | (plan.outer_abstract_sockets ? 0 : kAbstractSockets);
  return all;
}

/// The rules of one ruleset.
class Rules {
 public:
  Rules(int ruleset, const RulesetAttributes& all) : ruleset_(ruleset), all_(all) {}

  /// What does not exist, or cannot be reached, cannot be used either.
  Result<void> allow(const std::string& path, uint64_t actions) {
    const Descriptor at(::open(path.c_str(), O_PATH | O_CLOEXEC));
    struct stat facts {};
    if (at.get() < 0 || ::fstat(at.get(), &facts) != 0) return {};
    actions &= all_.files;
    if (!S_ISDIR(facts.st_mode)) actions &= kOfPlainFiles;
    const FolderRule rule{actions, at.get()};
    return add(kRuleFolder, &rule, path);
  }

  Result<void> allow_port(uint16_t port) {
    if (all_.ports == 0) return {};
    const PortRule rule{kBindTcp, port};
    return add(kRulePort, &rule, "port " + std::to_string(port));
  }

 private:
  Result<void> add(int type, const void* rule, const std::string& what) const {
    if (::syscall(SYS_landlock_add_rule, ruleset_, type, rule, 0U) == 0) return {};
    return failed("landlock rule for " + what, errno);
  }

  const int ruleset_;
  const RulesetAttributes all_;
};

/// What the kernel loads programs like this one with; "" when it is linked statically.
std::string own_loader() {
  std::string loader;
  const auto look = [](dl_phdr_info* info, size_t, void* out) {
    for (int i = 0; i < info->dlpi_phnum; ++i) {
      const auto& header = info->dlpi_phdr[i];
      if (header.p_type != PT_INTERP) continue;
      // NOLINTNEXTLINE(performance-no-int-to-ptr): where the loader has put this program
      *static_cast<std::string*>(out) = reinterpret_cast<const char*>(info->dlpi_addr + header.p_vaddr);
    }
    return 1;  // the program itself comes first
  };
  ::dl_iterate_phdr(look, &loader);
  return loader;
}

std::string own_program() {
  std::error_code problem;
  const auto path = std::filesystem::read_symlink("/proc/self/exe", problem);
  return problem ? std::string() : path.string();
}

Result<void> allow_all(const Plan& plan, Rules& rules) {
  Result<void> done;
  const auto each = [&](const std::vector<std::string>& paths, uint64_t actions) {
    for (const std::string& path : paths) {
      if (done) done = rules.allow(path, actions);
    }
  };
  each(system_paths(), kReading);
  each(plan.readable, kReading);
  each(plan.writable, kWriting);
  each(plan.appended, kAppending);
  each({"/dev/null"}, kAppending);
  each(execution_roots(own_program(), own_loader()), kExecute | kReading);
  for (const uint16_t port : plan.tcp_ports) {
    if (done) done = rules.allow_port(port);
  }
  return done;
}

}  // namespace

std::vector<std::string> system_paths() {
  return {
      // Whole, for what matters there (resolv.conf, hosts, nsswitch.conf, localtime, ssl) is replaced by renames. What
      // the user of the daemon must not read there, its mode keeps from it.
      "/etc",
      "/run/systemd/resolve",
      "/run/resolvconf",
      "/run/NetworkManager",  // where resolv.conf may lead
      "/lib",
      "/lib64",
      "/usr/lib",
      "/usr/lib64",
      "/usr/local/lib",  // also modules of name resolution
      "/usr/share/zoneinfo",
      "/usr/share/locale",
      "/proc",  // of other processes Landlock itself keeps what matters
      "/sys/fs/cgroup",
      "/sys/devices/system/cpu",
      "/sys/kernel/mm/transparent_hugepage",
      "/dev/random",
      "/dev/urandom"};
}

std::vector<std::string> execution_roots(const std::string& program, const std::string& loader) {
  constexpr std::array<std::string_view, 6> kShared{"/bin",      "/sbin",          "/usr/bin",
                                                    "/usr/sbin", "/usr/local/bin", "/usr/local/sbin"};
  std::vector<std::string> roots;
  if (program.empty()) return roots;
  roots.push_back(program);
  if (!loader.empty()) roots.push_back(loader);
  const std::string folder = std::filesystem::path(program).parent_path().string();
  const bool shared = std::find(kShared.begin(), kShared.end(), folder) != kShared.end();
  if (!shared && folder != "/") roots.push_back(folder);
  return roots;
}

int landlock_abi() {
  const long abi = ::syscall(SYS_landlock_create_ruleset, nullptr, size_t{0}, kAskVersion);
  return abi < 0 ? 0 : static_cast<int>(abi);
}

Result<int> confine_files(const Plan& plan) {
  const int abi = landlock_abi();
  if (abi == 0) return failed("landlock", errno);
  const RulesetAttributes all = handled(abi, plan);
  const Descriptor ruleset(::syscall(SYS_landlock_create_ruleset, &all, sizeof all, 0U));
  if (ruleset.get() < 0) return failed("landlock", errno);
  Rules rules(ruleset.get(), all);
  if (const auto allowed = allow_all(plan, rules); !allowed) return allowed.error();
  if (::syscall(SYS_landlock_restrict_self, ruleset.get(), 0U) != 0 && errno != E2BIG) {
    return failed("landlock", errno);
  }
  return abi;
}

}  // namespace discovery::sandbox
