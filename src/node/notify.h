// Tells the service manager what the process is doing: systemd's sd_notify protocol.
//
// Lifecycle: made once from the environment; without NOTIFY_SOCKET every call does nothing and succeeds. Thread: any
// call from any thread; each is one datagram that never blocks. Errors: kUnavailable, the manager did not take it; the
// caller logs and goes on. Source: sd_notify(3), sd_watchdog_enabled(3).
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "node/config_host.h"

namespace discovery::node {

class ServiceNotifier {
 public:
  /// `process_id`: of this process; WATCHDOG_PID must name it if it is there.
  /// kInvalidArgument: NOTIFY_SOCKET is neither a path nor an abstract name, or too long.
  static Result<ServiceNotifier> open(const Environment& environment, int process_id);

  ~ServiceNotifier();
  ServiceNotifier(ServiceNotifier&& other) noexcept;
  ServiceNotifier& operator=(ServiceNotifier&& other) noexcept;

  [[nodiscard]] bool enabled() const { return fd_ >= 0; }

  Result<void> ready(std::string_view status) const;
  /// The same of a process that takes over from the one that the manager knows (it needs NotifyAccess=all).
  Result<void> took_over(int process_id, std::string_view status) const;
  /// `now`: the manager measures the reload from there. ready() ends it.
  Result<void> reloading(std::chrono::steady_clock::time_point now) const;
  Result<void> stopping(std::string_view status) const;
  Result<void> status(std::string_view text) const;
  Result<void> watchdog() const;

  /// The manager ends the process when watchdog() is silent for so long; call at half of it. None: not asked for.
  [[nodiscard]] std::optional<Duration> watchdog_interval() const { return watchdog_; }

 private:
  ServiceNotifier() = default;
  [[nodiscard]] Result<void> send(const std::string& text) const;

  int fd_ = -1;
  std::string path_;  ///< as NOTIFY_SOCKET: '@' first for an abstract name
  std::optional<Duration> watchdog_;
};

}  // namespace discovery::node
