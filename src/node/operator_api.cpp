#include "node/operator_api.h"

#include <algorithm>

#include "codec/json_writer.h"
#include "codec/params.h"
#include "node/openapi.h"
#include "node/remote_answer.h"
#include "observe/metrics_registry.h"

namespace discovery::node {

namespace {

constexpr std::string_view kJson = "application/json; charset=utf-8";
constexpr size_t kQueryParamsMax = 16;

constexpr std::string_view kIndexText =
    "discoveryd: a service registry\n\n"
    "  POST /discovery/register | renew | cancel | set\n"
    "  GET  /discovery/fetch | fetchs | fetch/all | poll | polls | nodes\n"
    "  GET  /healthz            the process answers\n"
    "  GET  /readyz?verbose     clients may be sent here\n"
    "  GET  /metrics            Prometheus text\n"
    "  GET  /openapi.json       every route, its parameters and answers\n"
    "  GET  /api/overview                                   how this node and the others are\n"
    "  GET  /api/services?q=...                             what is registered; /api/service?env=...&appid=... one\n"
    "  GET  /api/history?appid=...                          what happened, who did it, when\n"
    "  GET  /api/explain?env=...&appid=...&hostname=...     why an instance is listed, or not\n"
    "  GET  /api/compare?with=HOST:PORT                     what differs from another node\n"
    "  GET  /api/clients                                    who asks how much, and who was slowed\n"
    "  POST /admin/reload | drain | upgrade | log-level?level=debug, GET /admin/state (loopback)\n"
    "  GET  /admin/cluster, POST /admin/cluster/remove?node=HOST:PORT (loopback)\n";

int json(codec::HttpReply& reply, int status, std::string_view text) {
  reply.status = status;
  reply.content_type = kJson;
  reply.append(text);
  reply.append("\n");
  return status;
}

int status_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::kNotFound:
      return 404;
    case ErrorCode::kUnavailable:
    case ErrorCode::kExhausted:
      return 503;
    case ErrorCode::kConflict:
      return 409;
    case ErrorCode::kUnauthenticated:
      return 401;
    case ErrorCode::kForbidden:
      return 403;
    case ErrorCode::kInternal:
      return 500;
    case ErrorCode::kInvalidArgument:
    case ErrorCode::kLimitExceeded:
      break;
  }
  return 400;
}

int told(codec::HttpReply& reply, const Result<std::string>& answer) {
  if (answer) return json(reply, 200, *answer);
  return json_error(reply, status_of(answer.error().code), answer.error().message);
}

}  // namespace

bool is_ready(const std::vector<ReadyCheck>& checks) {
  return std::all_of(checks.begin(), checks.end(), [](const ReadyCheck& c) { return c.ok; });
}

bool OperatorApi::shows(const RouteRow& row) const {
  if (row.target.kind() != RouteTarget::Kind::kOperator) return listener_ != Listener::kAdmin;
  if (acts(row.need)) return listener_ != Listener::kApiNoAdmin;
  return metrics_ || row.target != OperatorRoute::kMetrics;
}

OperatorCall OperatorApi::call_of(const codec::HttpRequest& request) const {
  return {std::string(request.query), request.received_at, request.client->ip, listener_ != Listener::kApiNoAdmin};
}

int OperatorApi::answer(OperatorRoute route, const OperatorCall& call, codec::HttpReply& reply) {
  switch (route) {
    case OperatorRoute::kIndex:
      reply.append(kIndexText);
      return 200;
    case OperatorRoute::kHealth:
      reply.append("ok\n");
      return 200;
    case OperatorRoute::kReady:
      return ready(call, reply);
    case OperatorRoute::kOpenApi:
      reply.content_type = kJson;
      reply.share(openapi_document());
      return 200;
    case OperatorRoute::kMetrics:
      reply.content_type = observe::kMetricsContentType;
      reply.append(operations_.metrics_text());
      return 200;
    case OperatorRoute::kAdminReload: {
      const auto done = operations_.reload();
      return done ? json(reply, 200, *done) : json_error(reply, 422, done.error().message);
    }
    case OperatorRoute::kAdminDrain:
      operations_.drain();
      return json(reply, 202, R"({"draining":true})");
    case OperatorRoute::kAdminUpgrade: {
      const auto done = operations_.upgrade();
      if (done) return json(reply, 200, *done);
      return json_error(reply, done.error().code == ErrorCode::kConflict ? 409 : 422, done.error().message);
    }
    case OperatorRoute::kAdminLogLevel:
      return log_level(call, reply);
    case OperatorRoute::kAdminState:
      return json(reply, 200, operations_.state_json(call.at));
    case OperatorRoute::kAdminCluster:
      return json(reply, 200, operations_.cluster_json());
    case OperatorRoute::kAdminClusterRemove:
      return remove_node(call, reply);
    default:
      return told(reply, operations_.ask(route, call));
  }
}

int OperatorApi::ready(const OperatorCall& call, codec::HttpReply& reply) {
  const auto checks = operations_.readiness(call.at);
  const bool ok = is_ready(checks);
  reply.status = ok ? 200 : 503;
  codec::Params params;
  const bool verbose = params.add_urlencoded(call.query, kQueryParamsMax).has_value() && params.has("verbose");
  if (!verbose) {
    reply.append(ok ? "ready\n" : "not ready\n");
    return reply.status;
  }
  reply.content_type = kJson;
  reply.append(ok ? R"({"ready":true,"checks":[)" : R"({"ready":false,"checks":[)");
  for (size_t i = 0; i < checks.size(); ++i) {
    if (i > 0) reply.append(",");
    reply.append(R"({"name":)");
    codec::append_json_string(reply.own(), checks[i].name);
    reply.append(checks[i].ok ? R"(,"ok":true,"detail":)" : R"(,"ok":false,"detail":)");
    codec::append_json_string(reply.own(), checks[i].detail);
    reply.append("}");
  }
  reply.append("]}\n");
  return reply.status;
}

int OperatorApi::remove_node(const OperatorCall& call, codec::HttpReply& reply) {
  codec::Params params;
  if (const auto read = params.add_urlencoded(call.query, kQueryParamsMax); !read) {
    return json_error(reply, 400, read.error().message);
  }
  const std::string_view node = params.first("node");
  if (const auto done = operations_.remove_node(node); !done) {
    return json_error(reply, done.error().code == ErrorCode::kNotFound ? 404 : 409, done.error().message);
  }
  std::string text = R"({"removed":)";
  codec::append_json_string(text, node);
  return json(reply, 200, text + "}");
}

int OperatorApi::log_level(const OperatorCall& call, codec::HttpReply& reply) {
  codec::Params params;
  if (const auto read = params.add_urlencoded(call.query, kQueryParamsMax); !read) {
    return json_error(reply, 400, read.error().message);
  }
  const std::string_view level = params.first("level");
  if (const auto done = operations_.set_log_level(level); !done) return json_error(reply, 400, done.error().message);
  std::string text = R"({"level":)";
  codec::append_json_string(text, level);
  return json(reply, 200, text + "}");
}

}  // namespace discovery::node
