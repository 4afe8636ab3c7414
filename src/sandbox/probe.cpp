#include "sandbox/probe.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <system_error>

namespace discovery::sandbox {
namespace {

constexpr int kErrnoMax = 199;
constexpr int kUnnamed = 200;  // the exit code of an attempt whose errno does not fit
constexpr size_t kTellBytesMax = size_t{64} * 1024;

State close_in(const Plan& plan) {
  State state = confine_early(plan);
  confine_late(plan, state);
  return state;
}

[[noreturn]] void finish(const Attempt& attempt) {
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);  // one that is ended is no crash
  const int result = attempt();
  ::_exit(result >= 0 && result <= kErrnoMax ? result : kUnnamed);
}

Outcome outcome_of(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return {};
  }
  if (WIFSIGNALED(status)) return {Outcome::Kind::kKilled, WTERMSIG(status)};
  if (!WIFEXITED(status)) return {};
  const int code = WEXITSTATUS(status);
  return {code == 0 ? Outcome::Kind::kDone : Outcome::Kind::kRefused, code == kUnnamed ? 0 : code};
}

Outcome run(const Plan* plan, const Attempt& attempt) {
  const pid_t child = ::fork();
  if (child < 0) return {};
  if (child > 0) return outcome_of(child);
  if (plan) static_cast<void>(close_in(*plan));
  finish(attempt);
}

std::string read_all(int fd) {
  std::string text;
  std::array<char, 4096> piece;
  while (text.size() < kTellBytesMax) {
    const ssize_t got = ::read(fd, piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    text.append(piece.data(), static_cast<size_t>(got));
  }
  return text;
}

}  // namespace

std::string Outcome::text() const {
  switch (kind) {
    case Kind::kDone:
      return "was possible";
    case Kind::kRefused:
      return "refused" + (number == 0 ? std::string() : ": " + std::generic_category().message(number));
    case Kind::kKilled:
      return std::string("refused: the process was ended by SIG") + sigabbrev_np(number);
    case Kind::kFailed:
      break;
  }
  return "could not be tried";
}

Outcome attempt_without(const Attempt& attempt) { return run(nullptr, attempt); }

Outcome attempt_within(const Plan& plan, const Attempt& attempt) { return run(&plan, attempt); }

std::string tell_within(const Plan& plan, const std::function<std::string(const State&)>& write) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return {};
  const pid_t child = ::fork();
  if (child == 0) {
    const std::string text = write(close_in(plan));
    const ssize_t written = ::write(ends[1], text.data(), std::min(text.size(), kTellBytesMax));
    ::_exit(written < 0 ? 1 : 0);
  }
  ::close(ends[1]);
  std::string text = child > 0 ? read_all(ends[0]) : std::string();
  ::close(ends[0]);
  if (child > 0 && outcome_of(child).kind != Outcome::Kind::kDone) text.clear();
  return text;
}

}  // namespace discovery::sandbox
