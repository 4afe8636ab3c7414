#include "node/api_reporter.h"

#include <array>

namespace discovery::node {

using observe::LogLevel;
using observe::ThrottleRule;
using observe::WriteResult;
using protocol::Code;
using protocol::Route;

namespace {

WriteResult result_of(Code code) {
  switch (code) {
    case Code::kOk:
      return WriteResult::kOk;
    case Code::kBadRequest:
      return WriteResult::kInvalid;
    case Code::kNotFound:
      return WriteResult::kNotFound;
    case Code::kConflict:
      return WriteResult::kConflict;
    case Code::kUnauthorized:
    case Code::kForbidden:
      return WriteResult::kDenied;
    case Code::kServerError:
      return WriteResult::kExhausted;
    case Code::kNotModified:
      break;
  }
  return WriteResult::kInternal;
}

bool is_poll(Route route) { return route == Route::kPoll || route == Route::kPolls; }

}  // namespace

void ApiReporter::answered(Route route, Code code, TimePoint received_at) {
  metrics_.requests.count(route_index(route), static_cast<int>(code));
  if (handling_) {
    handled_.code = code;
  } else if (access_.sample()) {
    access_.log({.path = row_of(route).path, .code = static_cast<int>(code), .took = clock_.now() - received_at});
  }
  if (!is_poll(route)) metrics_.requests.observe(route_index(route), clock_.now() - received_at);
  observe::ProtocolMetrics& m = metrics_.discovery;
  switch (route) {
    case Route::kRegister:
      m.registers[result_of(code)].add();
      break;
    case Route::kRenew:
      m.renews[result_of(code)].add();
      break;
    case Route::kCancel:
      m.cancels_by(observe::CancelCause::kClient)[result_of(code)].add();
      break;
    case Route::kSet:
      m.sets[result_of(code)].add();
      break;
    default:
      break;
  }
}

void ApiReporter::registered(const registry::InstanceKeyView& key, const registry::RegisterOutcome& outcome,
                             const codec::ClientAddress& client) {
  handled_.registered_again = outcome.again_after;
  const LogLevel level = outcome.created ? LogLevel::kInfo : LogLevel::kDebug;
  if (!logger_.enabled(level)) return;
  logger_.log(level, outcome.created ? "registered" : "changed",
              {{"appid", key.app.appid},
               {"env", key.app.env},
               {"zone", key.zone},
               {"host", key.hostname},
               {"client", client.ip}});
}

void ApiReporter::cancelled(const registry::InstanceKeyView& key, const codec::ClientAddress& client) {
  logger_.log(LogLevel::kInfo, "cancelled",
              {{"appid", key.app.appid},
               {"env", key.app.env},
               {"zone", key.zone},
               {"host", key.hostname},
               {"client", client.ip}});
}

void ApiReporter::set_applied(const registry::AppKeyView& app, std::string_view zone, size_t hosts,
                              const codec::ClientAddress& client) {
  logger_.log(LogLevel::kInfo, "set",
              {{"appid", app.appid}, {"env", app.env}, {"zone", zone}, {"count", hosts}, {"client", client.ip}});
}

void ApiReporter::stranger_refused(const registry::InstanceKeyView& key, const codec::ClientAddress& client) {
  warnings_.log({LogLevel::kWarn, "stranger_refused", client.ip}, clock_.now(),
                {{"zone", key.zone},
                 {"host", key.hostname},
                 {"client", client.ip},
                 {"cause", "its address is in no node list (cluster.open_membership is off)"}});
}

void ApiReporter::refused(Route route, ErrorCode code, bool reading) {
  if (code == ErrorCode::kExhausted) {
    metrics_.throttled[is_poll(route) ? ThrottleRule::kParkedPolls : ThrottleRule::kRegistryMemory].add();
  } else if (code == ErrorCode::kLimitExceeded) {
    const bool lists_apps = is_poll(route) || route == Route::kFetchs;
    metrics_.throttled[reading ? ThrottleRule::kFields : lists_apps ? ThrottleRule::kApps : ThrottleRule::kText].add();
  }
}

void ApiReporter::audited(const protocol::AuditNote& note, const codec::ClientAddress& client) {
  if (!audit_.on()) return;
  const registry::InstanceKeyView& key = note.key;
  const std::array<observe::LogField, 11> fields{{{"user", note.by},
                                                  {"client", std::string_view(client.ip)},
                                                  {"route", kRouteNames[route_index(note.route)]},
                                                  {"env", key.app.env},
                                                  {"appid", key.app.appid},
                                                  {"zone", key.zone},
                                                  {"host", key.hostname},
                                                  {"code", static_cast<int>(note.code)},
                                                  {"count", note.hosts},
                                                  {"before", note.before_ns},
                                                  {"after", note.after_ns}}};
  audit_.write(fields);
}

void ApiReporter::view_served(bool rendered) { (rendered ? metrics_.view_renders : metrics_.view_reuses).add(); }

void ApiReporter::poll_woken(registry::PollHub::Reason reason, Duration since_change, size_t bytes) {
  if (reason == registry::PollHub::Reason::kDeadline) {
    metrics_.poll_wakeups[observe::WakeReason::kTimeout].add();
    return;
  }
  metrics_.poll_wakeups[observe::WakeReason::kChange].add();
  metrics_.discovery.notify_seconds.observe(since_change);
  metrics_.discovery.fanout_bytes.add(bytes);
}

}  // namespace discovery::node
