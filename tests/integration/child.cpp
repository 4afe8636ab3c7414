#include "integration/child.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>

namespace discovery::integration {
namespace {

constexpr size_t kShownBytes = 16 * 1024;

/// What the child needs of ours; everything else would make tests depend on the machine.
std::vector<std::string> whole_environment(const ChildOptions& options) {
  std::vector<std::string> all = options.environment;
  for (const char* name : {"PATH", "TMPDIR", "ASAN_OPTIONS", "LSAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS"}) {
    if (const char* value = std::getenv(name)) all.push_back(std::string(name) + "=" + value);
  }
  return all;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> all;
  for (std::string& text : texts) all.push_back(text.data());
  all.push_back(nullptr);
  return all;
}

struct Plan {
  char* const* words;
  char* const* environment;
  const char* output;
  const char* errors;
  std::optional<unsigned> descriptors;
  pid_t parent;
};

bool redirect(const char* path, int flags, int to) {
  const int fd = ::open(path, flags, 0600);
  return fd >= 0 && ::dup2(fd, to) == to && (fd == to || ::close(fd) == 0);
}

/// Between fork and exec: system calls only.
[[noreturn]] void become(const Plan& plan) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  const bool ready = ::getppid() == plan.parent && redirect("/dev/null", O_RDONLY, STDIN_FILENO) &&
                     redirect(plan.output, O_WRONLY | O_CREAT | O_APPEND, STDOUT_FILENO) &&
                     redirect(plan.errors, O_WRONLY | O_CREAT | O_APPEND, STDERR_FILENO);
  if (plan.descriptors) {
    const rlimit limit{*plan.descriptors, *plan.descriptors};
    ::setrlimit(RLIMIT_NOFILE, &limit);
  }
  if (ready) ::execve(plan.words[0], plan.words, plan.environment);
  ::_exit(127);
}

void show(const char* what, const std::string& text) {
  const size_t from = text.size() > kShownBytes ? text.size() - kShownBytes : 0;
  std::fprintf(stderr, "---- %s%s\n%s", what, from > 0 ? " (its end)" : "", text.c_str() + from);
}

}  // namespace

Child::Child(const std::string& program, const ChildOptions& options) {
  std::vector<std::string> words = options.arguments;
  words.insert(words.begin(), program);
  std::vector<std::string> environment = whole_environment(options);
  const std::vector<char*> word_pointers = pointers(words);
  const std::vector<char*> environment_pointers = pointers(environment);
  const std::string output = output_ / "stdout";
  const std::string errors = output_ / "stderr";
  const Plan plan{word_pointers.data(), environment_pointers.data(), output.c_str(),
                  errors.c_str(),       options.descriptors,         ::getpid()};
  pid_ = ::fork();
  if (pid_ == 0) become(plan);
  if (pid_ < 0) throw std::runtime_error(std::string("fork: ") + std::strerror(errno));
  pid_fd_ = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));  // the header of glibc 2.36 is not for C++
  if (pid_fd_ < 0) throw std::runtime_error(std::string("pidfd_open: ") + std::strerror(errno));
}

Child::~Child() {
  if (running()) {
    ::kill(-pid_, SIGKILL);  // with what it may have started
    ::kill(pid_, SIGKILL);   // it may not have got as far as a group of its own
    sent_.push_back(SIGKILL);
    reap(Deadline());
  }
  ::close(pid_fd_);
  judge();
  if (!::testing::Test::HasFailure()) return;
  show("standard output", standard_output());
  show("standard error", standard_error());
}

void Child::judge() const {
  if (ending_ && ending_->signal != 0 && std::find(sent_.begin(), sent_.end(), ending_->signal) == sent_.end()) {
    ADD_FAILURE() << "the process died of signal " << ending_->signal;
  }
  const std::string errors = standard_error();
  for (const char* word : {"AddressSanitizer", "LeakSanitizer", "ThreadSanitizer", ": runtime error: "}) {
    if (errors.find(word) != std::string::npos) ADD_FAILURE() << "a sanitizer found something: " << word;
  }
}

bool Child::reap(const Deadline& deadline) {
  if (ending_) return true;
  if (!wait_for_events(pid_fd_, POLLIN, deadline)) return false;
  siginfo_t info{};
  if (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED) != 0) return false;
  if (info.si_code == CLD_EXITED) {
    ending_ = Ending{info.si_status, 0};
  } else {
    ending_ = Ending{-1, info.si_status};
  }
  return true;
}

bool Child::running() { return !reap(Deadline(milliseconds(0))); }

void Child::signal(int number) {
  sent_.push_back(number);
  if (!ending_) ::kill(pid_, number);
}

void Child::freeze() {
  signal(SIGSTOP);
  siginfo_t info{};
  if (!ending_) ::waitid(P_PID, static_cast<id_t>(pid_), &info, WSTOPPED | WEXITED | WNOWAIT);
}

std::optional<Ending> Child::wait(const Deadline& deadline) {
  reap(deadline);
  return ending_;
}

std::string tested_program(const std::string& name) {
  const char* folder = std::getenv("DISCOVERY_TESTED");
  return std::string(folder != nullptr ? folder : DISCOVERY_PROGRAMS) + "/" + name;
}

Finished run_discoveryd(const ChildOptions& options) {
  Child child(tested_program("discoveryd"), options);
  const auto ending = child.wait();
  if (!ending) throw std::runtime_error("discoveryd did not end");
  return {ending->code, child.standard_output(), child.standard_error()};
}

}  // namespace discovery::integration
