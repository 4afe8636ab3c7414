// What the Discovery API tells of itself, as metrics and log lines: the edge between the pure protocol and observe.
//
// One line per state change of an instance, at level info; never one per renewal or per read.
// Lifecycle: one per reactor. Thread: its reactor.
#pragma once

#include <optional>

#include "base/time.h"
#include "node/audit_log.h"
#include "node/routes.h"
#include "observe/access_log.h"
#include "observe/limited_logger.h"
#include "observe/log.h"
#include "observe/node_metrics.h"
#include "protocol/discovery/api.h"

namespace discovery::node {

/// What became of a request when it was handled.
struct Handled {
  std::optional<protocol::Code> code;        ///< of its answer; none: it waits
  std::optional<Duration> registered_again;  ///< RegisterOutcome::again_after
};

class ApiReporter final : public protocol::ApiObserver {
 public:
  ApiReporter(const Clock& clock, observe::ReactorMetrics& metrics, observe::Logger& logger,
              observe::RateLimitedLogger& warnings, AuditLog& audit, uint32_t access_one_in)
      : clock_(clock),
        metrics_(metrics),
        logger_(logger),
        warnings_(warnings),
        audit_(audit),
        access_(logger, access_one_in) {}

  /// Around the handling of a request: tells what became of it.
  void begin() { handling_ = true, handled_ = {}; }
  [[nodiscard]] Handled end() {
    handling_ = false;
    return handled_;
  }
  /// Sampled, for the access log; what waited has no client and no bytes in its line.
  [[nodiscard]] observe::AccessLog& access() { return access_; }

  void answered(protocol::Route route, protocol::Code code, TimePoint received_at) override;
  void registered(const registry::InstanceKeyView& key, const registry::RegisterOutcome& outcome,
                  const codec::ClientAddress& client) override;
  void cancelled(const registry::InstanceKeyView& key, const codec::ClientAddress& client) override;
  void set_applied(const registry::AppKeyView& app, std::string_view zone, size_t hosts,
                   const codec::ClientAddress& client) override;
  void stranger_refused(const registry::InstanceKeyView& key, const codec::ClientAddress& client) override;
  void refused(protocol::Route route, ErrorCode code, bool reading) override;
  void view_served(bool rendered) override;
  void empty_answer() override { metrics_.empty_answers.add(); }
  void poll_woken(registry::PollHub::Reason reason, Duration since_change, size_t bytes) override;
  void poll_hung_up() override { metrics_.poll_wakeups[observe::WakeReason::kHangup].add(); }
  void audited(const protocol::AuditNote& note, const codec::ClientAddress& client) override;
  void poll_drained() override { metrics_.poll_wakeups[observe::WakeReason::kDrain].add(); }

 private:
  const Clock& clock_;
  observe::ReactorMetrics& metrics_;
  observe::Logger& logger_;
  observe::RateLimitedLogger& warnings_;
  AuditLog& audit_;
  observe::AccessLog access_;
  bool handling_ = false;
  Handled handled_;
};

}  // namespace discovery::node
