#include "node/peer_desk.h"

#include "codec/hex.h"
#include "codec/params.h"
#include "node/peer_paths.h"
#include "node/remote_answer.h"

namespace discovery::node {

namespace {
constexpr size_t kQueryParamsMax = 16;
constexpr std::string_view kStranger = "only configured nodes are answered here";
constexpr std::string_view kJson = "application/json; charset=utf-8";

void write_result(cluster::CallKind kind, const Result<std::string>& result, codec::HttpReply& reply) {
  if (!result) {
    json_error(reply, 400, result.error().message);
  } else if (kind == cluster::CallKind::kHello) {
    reply.content_type = kJson;
    reply.append(hello_envelope(*result));
  } else {
    reply.content_type = kPeerContentType;
    reply.append(*result);
  }
}

/// The message: of a hello in the query, else the body.
Result<std::string> message_of(cluster::CallKind kind, const codec::HttpRequest& request) {
  if (kind != cluster::CallKind::kHello) return std::string(request.body);
  codec::Params params;
  if (const auto read = params.add_urlencoded(request.query, kQueryParamsMax); !read) return read.error();
  return codec::from_hex(params.first("m"));
}

}  // namespace

Result<void> PeerDesk::admit(const codec::HttpRequest& request) const {
  if (access_.required()) {
    const access::Caller caller = access_.identify(request);
    if (caller.is_peer()) return {};
    const Error why = caller.denial(access::Right::kWrite);
    return Error{ErrorCode::kForbidden,
                 why.code == ErrorCode::kUnauthenticated ? why.message : "only nodes are answered here"};
  }
  if (addresses_.anybody || addresses_.ips.contains(request.client->ip)) return {};
  return Error{ErrorCode::kForbidden, std::string(kStranger)};
}

int PeerDesk::handle(cluster::CallKind kind, const codec::HttpRequest& request, codec::HttpReply& reply,
                     codec::HttpExchange& exchange) {
  if (const auto admitted = admit(request); !admitted) {
    if (kind != cluster::CallKind::kHello) return json_error(reply, 403, admitted.error().message);
    reply.status = 403;
    reply.content_type = kJson;
    reply.append(hello_refusal(admitted.error().message));
    return 403;
  }
  auto message = message_of(kind, request);
  if (!message) return json_error(reply, 400, message.error().message);
  if (kind == cluster::CallKind::kHello && message->empty()) {
    reply.content_type = kJson;
    reply.append(hello_envelope({}));
    return 200;
  }
  auto [parked, answer] = RemoteAnswer::make(exchange, reactor_);
  const bool asked = host_.ask(kind, std::move(*message), [kind, to = std::move(answer)](Result<std::string> result) {
    to.give([kind, r = std::move(result)](codec::HttpReply& out) { write_result(kind, r, out); });
  });
  if (!asked) return json_error(reply, 503, "too many messages of peers wait already");
  exchange.park(std::move(parked));
  return 0;
}

}  // namespace discovery::node
