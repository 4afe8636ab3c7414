#include "protocol/discovery/api.h"

#include <array>

#include "codec/text.h"

namespace discovery::protocol {

namespace {
/// Every parameter a route knows, for JSON bodies.
constexpr std::array<std::string_view, 17> kParameterNames{
    "region",           "zone",         "env",      "appid",         "hostname",
    "status",           "addrs",        "version",  "metadata",      "replication",
    "from_zone",        "treeid",       "callback", "set_timestamp", "dirty_timestamp",
    "latest_timestamp", "reg_timestamp"};

/// A reused buffer keeps at most this much from one request to the next.
constexpr size_t kBufferKeptMax = size_t{64} * 1024;

void trim(std::string& buffer) {
  if (buffer.capacity() > kBufferKeptMax) buffer = std::string();
}

/// Renewals are writes too, but a line for each would say that everything is as it was.
bool is_audited(Route route) { return route == Route::kRegister || route == Route::kCancel || route == Route::kSet; }

bool is_denial(Code code) { return code == Code::kUnauthorized || code == Code::kForbidden; }

std::string_view media_type(std::string_view content_type) {
  return codec::trim_blanks(content_type.substr(0, content_type.find(';')));
}
}  // namespace

DiscoveryApi::DiscoveryApi(const ApiContext& context, ApiSettings settings)
    : registry_(context.registry),
      hub_(context.hub),
      deadlines_(context.deadlines),
      protection_(context.protection),
      cluster_(context.cluster),
      proofs_(context.proofs),
      changes_(context.changes),
      observer_(context.observer),
      access_(context.access),
      settings_(std::move(settings)),
      posts_(context.registry, context.cluster) {}

void DiscoveryApi::handle(Route route, const codec::HttpRequest& request, codec::HttpReply& reply,
                          codec::HttpExchange& exchange) {
  if (request.method == codec::Method::kPost && !cluster_.accepts_writes()) {
    auto waiting = gate_.enter(route, request, exchange);
    if (waiting) return exchange.park(std::move(waiting));
    return refuse_write(route, request, reply);
  }
  handle_now(route, request, reply, exchange, true);
}

void DiscoveryApi::handle_now(Route route, const codec::HttpRequest& request, codec::HttpReply& reply,
                              codec::HttpExchange& exchange, bool may_park) {
  params_.clear();
  trim(addrs_json_);
  if (metadata_source_.empty()) trim(metadata_json_);
  const auto read = read_params(request);
  Call call{route,
            request,
            reply,
            exchange,
            Envelope(reply, params_.first("callback")),
            access_.identify(request),
            AuditNote{.route = route, .by = {}},
            may_park,
            false};
  Code code = Code::kServerError;
  if (request.method == codec::Method::kGet && protection_.active(request.received_at)) {
    call.envelope.whole(code);  // before even looking at the parameters (discovery-api.md 9)
  } else {
    if (read) {
      code = dispatch(call);
    } else {
      code = wire_code(read.error().code);
      call.envelope.failure(name_limit(read.error(), "limits.form_fields"), false);
      observer_.refused(route, read.error().code, true);
    }
  }
  if (is_audited(route) || is_denial(code)) {
    call.note.by = call.caller.name();
    call.note.code = code;
    observer_.audited(call.note, *request.client);
  }
  if (!call.parked) observer_.answered(route, code, request.received_at);
}

void DiscoveryApi::refuse_write(Route route, const codec::HttpRequest& request, codec::HttpReply& reply) {
  params_.clear();
  static_cast<void>(read_params(request));  // only for the callback
  Envelope(reply, params_.first("callback")).whole(Code::kServerError);
  observer_.refused(route, ErrorCode::kUnavailable, false);
  if (is_audited(route)) observer_.audited({.route = route, .by = "-", .code = Code::kServerError}, *request.client);
  observer_.answered(route, Code::kServerError, request.received_at);
}

Code DiscoveryApi::dispatch(Call& call) {
  switch (call.route) {
    case Route::kRegister:
      return register_instance(call);
    case Route::kRenew:
      return renew(call);
    case Route::kCancel:
      return cancel(call);
    case Route::kSet:
      return set(call);
    case Route::kFetch:
      return fetch(call);
    case Route::kFetchs:
      return fetchs(call);
    case Route::kFetchAll:
      return fetch_all(call);
    case Route::kPoll:
      return poll(call);
    case Route::kPolls:
      return polls(call);
    case Route::kNodes:
      return nodes(call);
  }
  return Code::kServerError;
}

// Body values first, then query values (discovery-api.md 2). A body of another type is not read.
Result<void> DiscoveryApi::read_params(const codec::HttpRequest& request) {
  const size_t max = settings_.form_fields_max;
  if (request.method == codec::Method::kPost && !request.body.empty()) {
    const std::string_view type = media_type(request.content_type);
    Result<void> read;
    constexpr std::string_view kForm = "application/x-www-form-urlencoded";
    if (type == kForm || codec::equals_ignoring_case(type, kForm)) {  // written so by nearly everybody
      read = params_.add_urlencoded(request.body, max);
    } else if (codec::equals_ignoring_case(type, "multipart/form-data")) {
      read = params_.add_multipart(request.body, request.content_type, max);
    } else if (codec::equals_ignoring_case(type, "application/json")) {
      read = params_.add_json(request.body, kParameterNames, max);
    }
    if (!read) return read;
  }
  return params_.add_urlencoded(request.query, max);
}

Code DiscoveryApi::refuse(Call& call, const Error& error, bool handled) {
  call.envelope.failure(error, handled);
  observer_.refused(call.route, error.code, false);
  return wire_code(error.code);
}

Code DiscoveryApi::denied(Call& call, access::Right right) { return refuse(call, call.caller.denial(right), true); }

std::optional<Code> DiscoveryApi::deny(Call& call, access::Right right, const registry::InstanceKeyView& key) {
  call.note.key = key;
  if (call.caller.may(right, key.app.env, key.app.appid)) return std::nullopt;
  return denied(call, right);
}

std::optional<Code> DiscoveryApi::deny_any(Call& call, std::string_view env,
                                           const std::vector<std::string_view>& appids) {
  for (const std::string_view appid : appids) {
    if (const auto code = deny(call, access::Right::kRead, {{env, appid}, {}, {}})) return code;
  }
  return std::nullopt;
}

// Whoever is no peer cannot make a write look like a peer's: its parameters are ignored (replication.md 2.5, R7).
DiscoveryApi::Origin DiscoveryApi::origin_of(const Call& call, bool replication, bool from_zone) const {
  if ((!replication && !from_zone) || !is_peer(call)) return {};
  cluster_.original_spoke(call.request.client->ip, call.request.received_at);
  return {registry::Writer::kReplica, replication};
}

// With access control an address proves nothing.
bool DiscoveryApi::is_peer(const Call& call) const {
  if (access_.required()) return call.caller.is_peer();
  const std::string& ip = call.request.client->ip;
  return settings_.open_membership || settings_.peer_ips.contains(ip) || cluster_.is_original(ip);
}

std::optional<cluster::PostReach> DiscoveryApi::Origin::reach() const {
  if (writer == registry::Writer::kClient) return cluster::PostReach::kEverywhere;
  if (replication) return std::nullopt;
  return cluster::PostReach::kOwnZone;
}

}  // namespace discovery::protocol
