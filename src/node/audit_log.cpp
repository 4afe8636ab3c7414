#include "node/audit_log.h"

#include <array>
#include <utility>

#include "node/open_logger.h"

namespace discovery::node {

Result<void> AuditLog::open(const Config& config, observe::Logger& log, const Clock& clock) {
  const AccessConfig& access = config.access;
  if (access.audit_file.empty()) {
    logger_ = access.required ? &log : nullptr;
    return {};
  }
  auto opened = open_logger(
      config, {.path = access.audit_file, .file_bytes_max = access.audit_bytes, .queue_lines = kQueueLines}, clock);
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
