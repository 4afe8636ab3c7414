#include "ctl/daemon_check.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <vector>

namespace discovery::ctl {

namespace {

constexpr std::string_view kName = "discoveryd";

std::string read_all(int fd) {
  std::string text;
  std::array<char, 4096> part{};
  while (true) {
    const ssize_t got = ::read(fd, part.data(), part.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return text;
    const auto bytes = static_cast<size_t>(got);
    if (text.size() + bytes <= kOutputBytesMax) text.append(part.data(), bytes);  // the rest is read and dropped
  }
}

Failure cannot(const std::string& what, int error) {
  return refused(what + ": " + std::generic_category().message(error));
}

}  // namespace

std::string find_daemon(std::string_view tool_folder, std::string_view path) {
  std::vector<std::string> folders;
  if (!tool_folder.empty()) folders.emplace_back(tool_folder);
  while (!path.empty()) {
    const size_t colon = std::min(path.find(':'), path.size());
    if (colon > 0) folders.emplace_back(path.substr(0, colon));
    path.remove_prefix(std::min(colon + 1, path.size()));
  }
  for (const std::string& folder : folders) {
    std::string file = folder + "/" + std::string(kName);
    if (::access(file.c_str(), X_OK) == 0) return file;
  }
  return "";
}

Outcome<Checked> check_configuration(const std::string& daemon, const std::string& file) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return cannot("pipe", errno);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
  std::vector<std::string> words{daemon, "--conf", file, "--check"};
  std::vector<char*> pointers;
  pointers.reserve(words.size() + 1);
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  pid_t child = -1;
  const int error = ::posix_spawn(&child, daemon.c_str(), &actions, nullptr, pointers.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  Checked checked;
  if (error == 0) checked.output = read_all(ends[0]);
  ::close(ends[0]);
  if (error != 0) return cannot(daemon, error);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return cannot("waitpid", errno);
  }
  if (WIFEXITED(status)) checked.code = WEXITSTATUS(status);
  return checked;
}

}  // namespace discovery::ctl
