#include "node/successor.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "codec/text.h"

namespace discovery::node {
namespace {

constexpr size_t kSaidBytesMax = 4096;
constexpr int kEndingWithinMs = 500;
constexpr std::string_view kOwnVariables[] = {kHandoverVariable, "WATCHDOG_PID"};  // of this process, not of the next

/// A child's environment: this one's, with `more` as the last.
std::vector<std::string> child_environment(std::string more) {
  std::vector<std::string> all;
  for (char** entry = environ; *entry; ++entry) {
    const std::string_view text = *entry;
    bool own = false;
    for (const std::string_view name : kOwnVariables) {
      own = own || (text.starts_with(name) && text.substr(name.size()).starts_with('='));
    }
    if (!own) all.emplace_back(text);
  }
  if (!more.empty()) all.push_back(std::move(more));
  return all;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> all;
  all.reserve(texts.size() + 1);
  for (std::string& text : texts) all.push_back(text.data());
  all.push_back(nullptr);
  return all;
}

/// What a child is started with beside its words.
class SpawnSetup {
 public:
  SpawnSetup() {
    posix_spawn_file_actions_init(&actions_);
    posix_spawnattr_init(&attributes_);
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK);
  }
  ~SpawnSetup() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  SpawnSetup(const SpawnSetup&) = delete;
  SpawnSetup& operator=(const SpawnSetup&) = delete;

  /// `from` becomes `to` there; the same number only loses its mark to be closed.
  void give(int from, int to) { posix_spawn_file_actions_adddup2(&actions_, from, to); }

  Result<pid_t> start(const Program& program, const std::vector<std::string>& more, std::string variable) {
    std::vector<std::string> words{program.path};
    words.insert(words.end(), program.words.begin(), program.words.end());
    words.insert(words.end(), more.begin(), more.end());
    std::vector<std::string> environment = child_environment(std::move(variable));
    pid_t pid = -1;
    const int error = posix_spawn(&pid, program.path.c_str(), &actions_, &attributes_, pointers(words).data(),
                                  pointers(environment).data());
    if (error == 0) return pid;
    return Error{ErrorCode::kUnavailable,
                 "cannot start " + program.path + ": " + std::generic_category().message(error)};
  }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

/// What comes out of `pipe` until it is closed; false when that takes too long.
bool read_all(int pipe, Duration at_most, std::string& said) {
  const auto until = std::chrono::steady_clock::now() + at_most;
  std::array<char, 1024> buffer{};
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now()).count();
    pollfd polled{pipe, POLLIN, 0};
    if (left <= 0 || ::poll(&polled, 1, static_cast<int>(left)) == 0) return false;
    const ssize_t n = ::read(pipe, buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return true;
    if (said.size() < kSaidBytesMax) said.append(buffer.data(), static_cast<size_t>(n));
  }
}

std::string ending_text(int status) {
  if (WIFEXITED(status)) return "it ended with exit code " + std::to_string(WEXITSTATUS(status));
  if (WIFSIGNALED(status)) return "it was ended by signal " + std::to_string(WTERMSIG(status));
  return "it ended";
}

int wait_for(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

}  // namespace

Program program_of(const char* name, std::vector<std::string> words) {
  std::error_code error;
  if (name && std::string_view(name).find('/') != std::string_view::npos) {
    auto path = std::filesystem::absolute(name, error);
    if (!error) return {path.lexically_normal().string(), std::move(words)};
  }
  const auto running = std::filesystem::read_symlink("/proc/self/exe", error);
  return {error ? std::string(name ? name : "") : running.string(), std::move(words)};
}

Result<void> check_program(const Program& program) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return Error{ErrorCode::kUnavailable, "no descriptor for a pipe"};
  const net::Descriptor out(ends[0]);
  net::Descriptor in(ends[1]);
  SpawnSetup setup;
  setup.give(in.get(), STDERR_FILENO);
  setup.give(in.get(), STDOUT_FILENO);
  const auto pid = setup.start(program, {"--check"}, "");
  if (!pid) return pid.error();
  in.reset();
  std::string said;
  const bool in_time = read_all(out.get(), kCheckWithin, said);
  if (!in_time) ::kill(*pid, SIGKILL);
  const int status = wait_for(*pid);
  if (!in_time) return Error{ErrorCode::kUnavailable, program.path + " --check does not end"};
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  while (said.ends_with('\n')) said.pop_back();
  return invalid(program.path + " --check: " + ending_text(status) +
                 (said.empty() ? "" : ": " + codec::printable(said)));
}

Result<std::unique_ptr<Successor>> Successor::start(const Program& program, net::Descriptor channel) {
  SpawnSetup setup;
  setup.give(channel.get(), channel.get());
  const auto pid = setup.start(program, {}, std::string(kHandoverVariable) + "=" + std::to_string(channel.get()));
  if (!pid) return pid.error();
  return std::unique_ptr<Successor>(new Successor(*pid));
}

Successor::~Successor() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  wait_for(pid_);
}

std::string Successor::ending() {
  if (pid_ < 0) return "it is gone";
  for (int waited = 0; waited < kEndingWithinMs; waited += 10) {
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) == pid_) {
      pid_ = -1;
      return ending_text(status);
    }
    ::poll(nullptr, 0, 10);
  }
  return "it runs still, and is ended";
}

}  // namespace discovery::node
