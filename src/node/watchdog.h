// Is every reactor alive? Asked by a message to each; the service manager is told only when all have answered.
//
// Thread: tick() on the main thread. The reactors outlive the watchdog's messages (both end with the server).
#pragma once

#include <atomic>
#include <memory>

#include "base/time.h"
#include "net/http_server.h"
#include "node/notify.h"

namespace discovery::node {

class Watchdog {
 public:
  /// `interval`: how often the service manager is told; half of what it allows.
  Watchdog(net::HttpServer& server, const ServiceNotifier& notifier, Duration interval)
      : server_(server), notifier_(notifier), interval_(interval), pending_(std::make_shared<std::atomic<size_t>>(0)) {}

  /// Returns when it wants to be called again.
  TimePoint tick(TimePoint now) {
    if (now < next_) return next_;
    next_ = now + interval_;
    if (pending_->load(std::memory_order_acquire) > 0) return next_;  // a reactor hangs: say nothing
    if (asked_) static_cast<void>(notifier_.watchdog());              // a manager that hears nothing acts by itself
    asked_ = true;
    pending_->store(server_.reactor_count(), std::memory_order_release);
    for (size_t i = 0; i < server_.reactor_count(); ++i) {
      server_.reactor(i).post([pending = pending_] { pending->fetch_sub(1, std::memory_order_acq_rel); });
    }
    return next_;
  }

 private:
  net::HttpServer& server_;
  const ServiceNotifier& notifier_;
  const Duration interval_;
  std::shared_ptr<std::atomic<size_t>> pending_;
  TimePoint next_{};
  bool asked_ = false;
};

}  // namespace discovery::node
