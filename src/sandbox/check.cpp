#include "sandbox/check.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <utility>

#include "sandbox/capabilities.h"
#include "sandbox/elf_hardening.h"
#include "sandbox/landlock.h"
#include "sandbox/probe.h"
#include "sandbox/sandbox.h"

namespace discovery::sandbox {
namespace {

namespace fs = std::filesystem;

constexpr const char* kOwnProgram = "/proc/self/exe";
constexpr const char* kOtherProgram = "/bin/true";

std::string text_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// ------------------------------------------------------------------------------------ what the kernel says of a child

std::string line(const CheckLine& l) { return (l.holds ? "1\t" : "0\t") + l.what + "\t" + l.detail + "\n"; }

bool has_writable_code(const std::string& maps) {
  std::istringstream lines(maps);
  for (std::string l; std::getline(lines, l);) {
    const size_t blank = l.find(' ');
    if (blank != std::string::npos && l.compare(blank + 1, 3, "rwx") == 0) return true;
  }
  return false;
}

/// In the child: what the kernel says of it, beside what closing it gave.
std::string own_status(const State& state) {
  const auto status = read_thread_status();
  if (!status) return {};
  std::string all;
  const auto part = [&](Part p, bool holds) {
    all += line({std::string(part_name(p)), holds && state.of(p).holds, state.of(p).detail});
  };
  part(Part::kUser, true);
  part(Part::kNoNewPrivs, status->no_new_privs);
  part(Part::kCapabilities, (status->effective | status->permitted | status->inheritable | status->ambient) == 0);
  part(Part::kLandlock, true);
  part(Part::kSeccomp, status->seccomp_mode == 2);
  const bool code = has_writable_code(text_of("/proc/self/maps"));
  return all + line({"memory", !code, code ? "some is writable and executable" : "none is writable and executable"});
}

void add_status(const Plan& plan, std::vector<CheckLine>& lines) {
  const std::string told = tell_within(plan, own_status);
  if (told.empty()) lines.push_back({"sandbox", false, "a process that closed it came to no end"});
  std::istringstream rows(told);
  for (std::string row; std::getline(rows, row);) {
    std::istringstream columns(row);
    std::string holds;
    CheckLine l;
    std::getline(columns, holds, '\t');
    std::getline(columns, l.what, '\t');
    std::getline(columns, l.detail);
    l.holds = holds == "1";
    lines.push_back(std::move(l));
  }
}

// ---------------------------------------------------------------------------------------------- what must be refused

/// A folder with a file that the daemon has nothing to do with.
class Outside {
 public:
  explicit Outside(const Plan& plan) {
    for (const char* base : {"/tmp", "/var/tmp", "/dev/shm"}) {
      std::string name = std::string(base) + "/discoveryd-check-XXXXXX";
      if (lies_in(base, plan.readable) || lies_in(base, plan.writable) || !::mkdtemp(name.data())) continue;
      folder_ = name;
      std::ofstream(file()) << "text";
      return;
    }
  }
  ~Outside() {
    std::error_code ignored;
    if (!folder_.empty()) fs::remove_all(folder_, ignored);
  }
  Outside(const Outside&) = delete;
  Outside& operator=(const Outside&) = delete;
  [[nodiscard]] bool found() const { return !folder_.empty(); }
  [[nodiscard]] std::string file() const { return folder_ + "/file"; }
  [[nodiscard]] std::string fresh() const { return folder_ + "/new"; }

 private:
  std::string folder_;
};

int opened(const std::string& path, int flags) {
  const int fd = ::open(path.c_str(), flags | O_CLOEXEC, 0600);
  if (fd < 0) return errno;
  ::close(fd);
  return 0;
}

int executed(const char* program, const char* argument) {
  std::array<char*, 3> words{const_cast<char*>(program), const_cast<char*>(argument), nullptr};
  const int null = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  if (null >= 0) ::dup2(null, STDOUT_FILENO);
  ::execv(program, words.data());
  return errno;
}

int traced(pid_t process) { return ::ptrace(PTRACE_SEIZE, process, nullptr, nullptr) == 0 ? 0 : errno; }

int raw_socket() {
  const int fd = ::socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP);
  return fd >= 0 ? ::close(fd) : errno;
}

int writable_code() {
  void* const page = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return page != MAP_FAILED ? ::munmap(page, 4096) : errno;
}

sockaddr_in loopback(uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

int bound(uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(port);
  const int problem = ::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ? 0 : errno;
  ::close(fd);
  return problem;
}

/// A port that nobody has bound now; 0: none was found.
uint16_t free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(0);
  socklen_t bytes = sizeof address;
  const bool ok = fd >= 0 && ::bind(fd, reinterpret_cast<sockaddr*>(&address), bytes) == 0 &&
                  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &bytes) == 0;
  if (fd >= 0) ::close(fd);
  return ok ? ntohs(address.sin_port) : 0;
}

CheckLine refused(const Plan& plan, std::string what, const Attempt& attempt) {
  const Outcome before = attempt_without(attempt);
  const Outcome within = attempt_within(plan, attempt);
  std::string detail = within.text();
  if (before.refused()) detail += ", as it is without the sandbox";
  return {std::move(what), within.refused(), std::move(detail)};
}

void add_file_attempts(const Plan& plan, std::vector<CheckLine>& lines) {
  const Outside outside(plan);
  if (!outside.found()) {
    lines.push_back({"files outside", false, "every folder to try it in is open to the daemon, or cannot be written"});
    return;
  }
  lines.push_back(
      refused(plan, "making a file outside", [path = outside.fresh()] { return opened(path, O_WRONLY | O_CREAT); }));
  lines.push_back(refused(plan, "writing a file outside", [path = outside.file()] { return opened(path, O_WRONLY); }));
  lines.push_back(refused(plan, "reading a file outside", [path = outside.file()] { return opened(path, O_RDONLY); }));
}

void add_attempts(const Plan& plan, std::vector<CheckLine>& lines) {
  const pid_t parent = ::getpid();
  add_file_attempts(plan, lines);
  lines.push_back(refused(plan, "starting another program", [] { return executed(kOtherProgram, nullptr); }));
  lines.push_back(refused(plan, "tracing another process", [parent] { return traced(parent); }));
  lines.push_back(refused(plan, "a raw socket", raw_socket));
  lines.push_back(refused(plan, "a user namespace", [] { return ::unshare(CLONE_NEWUSER) == 0 ? 0 : errno; }));
  lines.push_back(refused(plan, "memory to write and execute", writable_code));
  const int abi = landlock_abi();
  if (abi >= 4 && !plan.any_tcp_port) {
    lines.push_back(refused(plan, "another TCP port", [port = free_port()] { return bound(port); }));
  }
  if (abi >= 6) {
    lines.push_back(
        refused(plan, "a signal to another process", [parent] { return ::kill(parent, 0) == 0 ? 0 : errno; }));
  }
}

// -------------------------------------------------------------------------------------------------- what must work

int made_and_removed(const std::string& folder) {
  const std::string path = folder + "/.discoveryd-check-" + std::to_string(::getpid());
  if (const int problem = opened(path, O_WRONLY | O_CREAT | O_EXCL)) return problem;
  return ::unlink(path.c_str()) == 0 ? 0 : errno;
}

void add_writable(const Plan& plan, std::vector<CheckLine>& lines) {
  for (const std::string& folder : plan.writable) {
    if (!fs::exists(folder)) {
      lines.push_back({"writing in " + folder, true, "not there yet"});
      continue;
    }
    const Outcome outcome = attempt_within(plan, [&folder] { return made_and_removed(folder); });
    lines.push_back({"writing in " + folder, outcome.kind == Outcome::Kind::kDone, outcome.text()});
  }
  if (plan.writable.empty()) lines.push_back({"writing", true, "no folder is open for it"});
}

/// As a hand-over to a newer program does, which then closes its own sandbox.
void add_restart(const Plan& plan, std::vector<CheckLine>& lines) {
  const Outcome outcome = attempt_within(plan, [&plan] {
    State state = confine_early(plan);
    confine_late(plan, state);
    return executed(kOwnProgram, "--version");
  });
  lines.push_back({"starting itself", outcome.kind == Outcome::Kind::kDone, outcome.text()});
}

void add_hardening(std::vector<CheckLine>& lines) {
  const auto found = read_hardening(text_of(kOwnProgram));
  if (!found) {
    lines.push_back({"the program", false, found.error().message});
    return;
  }
  const std::array<std::pair<const char*, bool>, 7> all{{{"position-independent", found->position_independent},
                                                         {"relro", found->relro},
                                                         {"bound at start", found->bound_at_start},
                                                         {"stack not executable", found->stack_not_executable},
                                                         {"no writable code", found->no_writable_code},
                                                         {"stack protector", found->stack_protector},
                                                         {"fortified", found->fortified}}};
  std::string has;
  std::string lacks;
  for (const auto& [name, holds] : all) {
    std::string& list = holds ? has : lacks;
    (list += list.empty() ? "" : ", ") += name;
  }
  lines.push_back({"the program", lacks.empty(), lacks.empty() ? has : "lacks: " + lacks});
}

}  // namespace

std::vector<CheckLine> check_sandbox(const Plan& plan) {
  std::vector<CheckLine> lines;
  add_status(plan, lines);
  if (plan.enabled) {
    add_attempts(plan, lines);
    add_writable(plan, lines);
    add_restart(plan, lines);
  }
  add_hardening(lines);
  return lines;
}

}  // namespace discovery::sandbox
