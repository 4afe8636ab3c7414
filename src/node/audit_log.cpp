#include "node/audit_log.h"

#include <array>
#include <utility>

#include "observe/spd_logger.h"
#include "sandbox/sandbox.h"

namespace discovery::node {

Result<void> AuditLog::open(const Config& config, observe::Logger& log, const Clock& clock) {
  const AccessConfig& access = config.access;
  if (access.audit_file.empty()) {
    logger_ = access.required ? &log : nullptr;
    return {};
  }
  observe::SpdLogger::Options options;
  options.format = config.log.format;
  options.node = config.env.host;
  options.path = access.audit_file;
  options.file_bytes_max = access.audit_bytes;
  options.queue_lines = kQueueLines;
  // Its thread is there before the listeners are bound, and keeps what it was started with.
  Result<std::unique_ptr<observe::SpdLogger>> opened = Error{};
  sandbox::without_capabilities([&] { opened = observe::SpdLogger::open(std::move(options), clock); });
  if (!opened) return invalid("access.audit_file: " + opened.error().message);
  own_ = std::move(*opened);
  logger_ = own_.get();
  return {};
}

void AuditLog::call(const RouteRow& row, const codec::HttpRequest& request, std::string_view user, int status) {
  if (!on()) return;
  const std::array<observe::LogField, 5> fields{{{"user", user},
                                                 {"client", std::string_view(request.client->ip)},
                                                 {"route", row.path},
                                                 {"query", request.query},
                                                 {"code", status}}};
  write(fields);
}

}  // namespace discovery::node
