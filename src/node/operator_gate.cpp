#include "node/operator_gate.h"

#include "codec/params.h"
#include "codec/text.h"
#include "node/remote_answer.h"
#include "queries/question.h"

namespace discovery::node {

namespace {

using access::Caller;
using access::Right;

Error forbidden(std::string_view why) { return {ErrorCode::kForbidden, std::string(why)}; }

/// The page is of this daemon: the origin's authority is where the request was sent.
bool same_origin(const codec::HttpRequest& request) {
  std::string_view origin = request.field("origin");
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (origin.starts_with(scheme)) {
      return codec::equals_ignoring_case(origin.substr(scheme.size()), request.field("host"));
    }
  }
  return false;
}

/// To the application that the query names, as whoever answers it will read it; to everything where it names none.
bool may(const Caller& caller, Right right, const codec::HttpRequest& request) {
  codec::Params params;
  if (!params.add_urlencoded(request.query, queries::Question::kParamsMax)) return caller.may_all(right);
  const std::string_view env = params.first("env");
  const std::string_view appid = params.first("appid");
  if (env.empty() || appid.empty()) return caller.may_all(right);
  return caller.may(right, env, appid);
}

Result<void> admit_by_rights(Need need, const codec::HttpRequest& request, const Caller& caller) {
  const auto when = [&](bool allowed, Right right) -> Result<void> {
    if (allowed) return {};
    return caller.denial(right);
  };
  switch (need) {
    case Need::kNothing:
      return {};
    case Need::kReadAny:
      return when(caller.may_any(Right::kRead), Right::kRead);
    case Need::kReadApp:
      return when(may(caller, Right::kRead, request), Right::kRead);
    case Need::kReadAll:
      return when(caller.may_all(Right::kRead), Right::kRead);
    case Need::kWriteApp:
      return when(may(caller, Right::kWrite, request), Right::kWrite);
    case Need::kAdminApp:
      return when(may(caller, Right::kAdmin, request), Right::kAdmin);
    case Need::kAdmin:
      return when(caller.may_all(Right::kAdmin), Right::kAdmin);
    case Need::kPeer:
      break;
  }
  return forbidden("only nodes are answered here");
}

}  // namespace

std::optional<int> OperatorGate::refuse(const RouteRow& row, const codec::HttpRequest& request,
                                        codec::HttpReply& reply) const {
  if (row.need == Need::kNothing || (!acts(row.need) && !access_.required())) return std::nullopt;
  const Caller caller = access_.identify(request);
  const auto admitted = admit(row, request, caller);
  if (admitted) {
    if (acts(row.need)) keeper_.admitted(row, request, caller.name());
    return std::nullopt;
  }
  const int status = admitted.error().code == ErrorCode::kUnauthenticated ? 401 : 403;
  if (status == 401) reply.add_header(R"(WWW-Authenticate: Bearer realm="discoveryd")");
  keeper_.denied(row, request, caller.name(), {status, admitted.error().message});
  return json_error(reply, status, admitted.error().message);
}

Result<void> OperatorGate::admit(const RouteRow& row, const codec::HttpRequest& request, const Caller& caller) const {
  if (!access_.required()) return admit_by_token(request);
  const bool of_other_page = !request.field("origin").empty() && !same_origin(request);
  if (acts(row.need) && of_other_page) return forbidden("admin calls are not answered to pages of others");
  return admit_by_rights(row.need, request, caller);
}

Result<void> OperatorGate::admit_by_token(const codec::HttpRequest& request) const {
  const bool from_page = !request.field("origin").empty();
  if (const std::string_view authorization = request.field("authorization"); !authorization.empty()) {
    if (!keeper_.authorized(authorization)) return forbidden("that is not the token of this node (admin.token_file)");
    if (from_page && !same_origin(request)) return forbidden("admin calls are not answered to pages of others");
    return {};
  }
  if (from_page) {
    return forbidden("admin calls are answered to pages only with the token of this node (admin.token_file)");
  }
  if (by_place_ && !request.client->loopback) {
    return forbidden("admin calls are answered on loopback, or with the token of this node (admin.token_file)");
  }
  return {};
}

}  // namespace discovery::node
