#include "node/front_door.h"

namespace discovery::node {

void FrontDoor::handle(const codec::HttpRequest& request, codec::HttpReply& reply, codec::HttpExchange& exchange) {
  const std::optional<int> code = answer(request, reply, exchange);
  if (!code || !reporter_.access().sample()) return;
  reporter_.access().log({.client = request.client->ip,
                          .method = codec::method_name(request.method),
                          .path = request.path,
                          .status = reply.status,
                          .code = *code,
                          .bytes = reply.body_bytes(),
                          .took = clock_.now() - request.received_at});
}

std::optional<int> FrontDoor::answer(const codec::HttpRequest& request, codec::HttpReply& reply,
                                     codec::HttpExchange& exchange) {
  if (operators_.serves_discovery()) {
    if (const protocol::RouteEntry* route = protocol::find_route(request.path)) {
      if (route->method != request.method) return refuse(reply, metrics_index(route->route), true);
      reporter_.begin();
      api_.handle(route->route, request, reply, exchange);
      const auto code = reporter_.end();
      return code ? std::optional(static_cast<int>(*code)) : std::nullopt;
    }
    if (const PeerPath* path = find_peer_path(request.path)) return answer_peer(*path, request, reply, exchange);
  }
  const OperatorRouteEntry* entry = operators_.find(request.path);
  return entry ? answer_operator(*entry, request, reply) : refuse(reply, kUnknownRouteIndex, false);
}

// What waits is counted when it is asked; its answer is the cluster's business.
std::optional<int> FrontDoor::answer_peer(const PeerPath& path, const codec::HttpRequest& request,
                                          codec::HttpReply& reply, codec::HttpExchange& exchange) {
  const size_t index = metrics_index(path);
  if (path.method != request.method) return refuse(reply, index, true);
  const int status = peers_.handle(path, request, reply, exchange);
  metrics_.requests.count(index, status == 0 ? 200 : status);
  return status == 0 ? std::nullopt : std::optional(status);
}

int FrontDoor::answer_operator(const OperatorRouteEntry& entry, const codec::HttpRequest& request,
                               codec::HttpReply& reply) {
  const bool head = request.method == codec::Method::kHead && entry.method == codec::Method::kGet;
  if (!head && entry.method != request.method) return refuse(reply, metrics_index(entry.route), true);
  const int status = operators_.handle(entry, request, reply);
  metrics_.requests.count(metrics_index(entry.route), status);
  return status;
}

int FrontDoor::refuse(codec::HttpReply& reply, size_t metrics_index, bool known_path) {
  reply.status = known_path ? 405 : 404;
  reply.append(known_path ? "Method Not Allowed" : "404 page not found");
  metrics_.requests.count(metrics_index, reply.status);
  return reply.status;
}

}  // namespace discovery::node
