// A line for every write, admin call and refusal: who, from where, what, and how it ended (security.md 1, "audit").
//
//   event=audit user=shop-team client=10.1.4.7 route=/discovery/register env=prod appid=shop.cart zone=z1 host=h1
//     code=0 before=1700000000000000001 after=1700000000000000002
//
// `user` is the name of the token, "anonymous", "peer", "unknown" for credentials that prove nothing, "-" while access
// control is off. Renewals have no line. An admin call has the line when it is let in, or refused, before it is done.
// Lifecycle: open() before the first reactor starts; one per node. Thread: any.
// Limits: lines wait in a queue (kQueueLines) and are lost past it, which is counted: writing must not wait for a disk.
#pragma once

#include <memory>
#include <string_view>

#include "base/result.h"
#include "codec/http.h"
#include "node/config.h"
#include "node/routes.h"
#include "observe/log.h"

namespace discovery::node {

class AuditLog {
 public:
  static constexpr size_t kQueueLines = 8192;

  /// Off.
  AuditLog() = default;
  /// Into a file, into `log`, or off, as the configuration says.
  Result<void> open(const Config& config, observe::Logger& log, const Clock& clock);

  [[nodiscard]] bool on() const { return logger_ != nullptr; }
  void write(observe::Logger::Fields fields) {
    if (logger_) logger_->log(observe::LogLevel::kWarn, "audit", fields);
  }
  /// An admin call that is let in (status 0), or what was refused.
  void call(const RouteRow& row, const codec::HttpRequest& request, std::string_view user, int status);
  /// As Logger::reopen(), of a file of its own.
  Result<void> reopen() { return own_ ? own_->reopen() : Result<void>{}; }
  /// What is queued is written.
  void flush() {
    if (own_) static_cast<void>(own_->flush());
  }
  [[nodiscard]] uint64_t lost() const { return own_ ? own_->dropped() : 0; }

 private:
  std::unique_ptr<observe::Logger> own_;
  observe::Logger* logger_ = nullptr;
};

}  // namespace discovery::node
