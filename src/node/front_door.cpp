#include "node/front_door.h"

namespace discovery::node {

void FrontDoor::handle(const codec::HttpRequest& request, codec::HttpReply& reply, codec::HttpExchange& exchange) {
  if (operators_.serves_discovery()) {
    if (const protocol::RouteEntry* route = protocol::find_route(request.path)) {
      if (route->method == request.method) {
        api_.handle(route->route, request, reply, exchange);
      } else {
        metrics_.requests.count(metrics_index(route->route), refuse(request, reply, true));
      }
      return;
    }
  }
  const OperatorRouteEntry* entry = operators_.find(request.path);
  if (!entry) {
    metrics_.requests.count(kUnknownRouteIndex, refuse(request, reply, false));
    return;
  }
  const bool head = request.method == codec::Method::kHead && entry->method == codec::Method::kGet;
  const int status =
      head || entry->method == request.method ? operators_.handle(*entry, request, reply) : refuse(request, reply, true);
  metrics_.requests.count(metrics_index(entry->route), status);
}

int FrontDoor::refuse(const codec::HttpRequest& /*request*/, codec::HttpReply& reply, bool known_path) const {
  reply.status = known_path ? 405 : 404;
  reply.append(known_path ? "Method Not Allowed" : "404 page not found");
  return reply.status;
}

}  // namespace discovery::node
