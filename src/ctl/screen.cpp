#include "ctl/screen.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <cstdio>

namespace discovery::ctl {

void ProcessScreen::out(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) lost_ = true;
}

void ProcessScreen::err(std::string_view text) {
  std::fflush(stdout);  // so that the order on a terminal is that of the words
  std::fwrite(text.data(), 1, text.size(), stderr);
}

bool ProcessScreen::flush() {
  if (std::fflush(stdout) != 0) lost_ = true;
  return !lost_;
}

std::optional<size_t> ProcessScreen::width() const {
  if (::isatty(STDOUT_FILENO) == 0) return std::nullopt;
  constexpr size_t kUsual = 80;
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return kUsual;
  return size.ws_col;
}

std::optional<std::string> ProcessScreen::ask(std::string_view question) {
  if (::isatty(STDIN_FILENO) == 0 || ::isatty(STDERR_FILENO) == 0) return std::nullopt;
  err(question);
  std::fflush(stderr);
  std::array<char, kAnswerBytesMax> line{};
  if (!std::fgets(line.data(), line.size(), stdin)) return std::string();
  std::string answer(line.data());
  while (!answer.empty() && (answer.back() == '\n' || answer.back() == '\r')) answer.pop_back();
  return answer;
}

}  // namespace discovery::ctl
