#include "node/notify.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <system_error>
#include <utility>

#include "codec/text.h"
#include "node/config_value.h"

namespace discovery::node {
namespace {

constexpr size_t kPathBytesMax = sizeof(sockaddr_un::sun_path) - 1;
constexpr uint64_t kWatchdogMaxUs = 24ULL * 3600 * 1'000'000;

std::string_view value_of(const Environment& environment, std::string_view name) {
  const auto found = environment.find(name);
  return found == environment.end() ? std::string_view() : std::string_view(found->second);
}

/// None where the manager did not ask, asked another process, or asked for nonsense.
std::optional<Duration> read_watchdog(const Environment& environment, int process_id) {
  const std::string_view process = value_of(environment, "WATCHDOG_PID");
  if (!process.empty() && process != std::to_string(process_id)) return std::nullopt;
  const Result<uint64_t> microseconds = parse_number(value_of(environment, "WATCHDOG_USEC"));
  if (!microseconds || *microseconds == 0 || *microseconds > kWatchdogMaxUs) return std::nullopt;
  return std::chrono::microseconds(*microseconds);
}

Error failed(int number) {
  return {ErrorCode::kUnavailable, "service manager: " + std::generic_category().message(number)};
}

/// A line end would begin another assignment.
std::string status_line(std::string_view text) { return "STATUS=" + codec::printable(text); }

}  // namespace

Result<ServiceNotifier> ServiceNotifier::open(const Environment& environment, int process_id) {
  ServiceNotifier notifier;
  const std::string_view path = value_of(environment, "NOTIFY_SOCKET");
  if (path.empty()) return notifier;
  if ((path.front() != '/' && path.front() != '@') || path.size() < 2 || path.size() > kPathBytesMax) {
    return invalid("NOTIFY_SOCKET: " + shown(path) + " is neither a path nor an abstract name of a socket");
  }
  notifier.path_ = path;
  notifier.fd_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (notifier.fd_ < 0) return failed(errno);
  notifier.watchdog_ = read_watchdog(environment, process_id);
  return notifier;
}

ServiceNotifier::~ServiceNotifier() {
  if (fd_ >= 0) ::close(fd_);
}

ServiceNotifier::ServiceNotifier(ServiceNotifier&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), path_(std::move(other.path_)), watchdog_(other.watchdog_) {}

ServiceNotifier& ServiceNotifier::operator=(ServiceNotifier&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(path_, other.path_);
  std::swap(watchdog_, other.watchdog_);
  return *this;
}

Result<void> ServiceNotifier::ready(std::string_view status) const { return send("READY=1\n" + status_line(status)); }

Result<void> ServiceNotifier::took_over(int process_id, std::string_view status) const {
  return send("MAINPID=" + std::to_string(process_id) + "\nREADY=1\n" + status_line(status));
}

Result<void> ServiceNotifier::reloading(std::chrono::steady_clock::time_point now) const {
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch()).count();
  return send("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(us));
}

Result<void> ServiceNotifier::stopping(std::string_view status) const {
  return send("STOPPING=1\n" + status_line(status));
}

Result<void> ServiceNotifier::status(std::string_view text) const { return send(status_line(text)); }

Result<void> ServiceNotifier::watchdog() const { return send("WATCHDOG=1"); }

Result<void> ServiceNotifier::send(const std::string& text) const {
  if (fd_ < 0) return {};
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path_.data(), path_.size());
  size_t bytes = offsetof(sockaddr_un, sun_path) + path_.size();
  if (path_.front() == '@') {
    address.sun_path[0] = '\0';  // abstract: the length ends the name
  } else {
    ++bytes;
  }
  ssize_t sent = -1;
  do {
    sent = ::sendto(fd_, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
                    reinterpret_cast<const sockaddr*>(&address), static_cast<socklen_t>(bytes));
  } while (sent < 0 && errno == EINTR);
  if (sent < 0) return failed(errno);
  return {};
}

}  // namespace discovery::node
