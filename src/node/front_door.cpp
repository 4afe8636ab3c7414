#include "node/front_door.h"

#include <exception>
#include <memory>
#include <string>
#include <utility>

#include "node/delayed_answer.h"
#include "node/page_answers.h"
#include "node/remote_answer.h"

namespace discovery::node {

void FrontDoor::handle(const codec::HttpRequest& request, codec::HttpReply& reply, codec::HttpExchange& exchange) {
  const std::optional<int> code = answer(request, reply, exchange);
  if (!code || !unit_.reporter().access().sample()) return;
  unit_.reporter().access().log({.client = request.client->ip,
                                 .method = codec::method_name(request.method),
                                 .path = request.path,
                                 .status = reply.status,
                                 .code = *code,
                                 .bytes = reply.body_bytes(),
                                 .took = unit_.reactor().now() - request.received_at});
}

std::optional<int> FrontDoor::answer(const codec::HttpRequest& request, codec::HttpReply& reply,
                                     codec::HttpExchange& exchange) {
  if (operators_.serves_discovery()) {
    if (const protocol::RouteEntry* route = protocol::find_route(request.path)) {
      if (route->method != request.method) return refuse(reply, metrics_index(route->route), true);
      unit_.reporter().begin();
      unit_.api().handle(route->route, request, reply, exchange);
      const Handled handled = unit_.reporter().end();
      slow(request, route->route, handled, reply, exchange);
      return handled.code ? std::optional(static_cast<int>(*handled.code)) : std::nullopt;
    }
    if (const PeerPath* path = find_peer_path(request.path)) return answer_peer(*path, request, reply, exchange);
  }
  const OperatorRouteEntry* entry = operators_.find(request.path);
  if (!entry) return refuse(reply, kUnknownRouteIndex, false);
  return answer_operator(*entry, request, reply, exchange);
}

// What waits is counted when it is asked; its answer is the cluster's business.
std::optional<int> FrontDoor::answer_peer(const PeerPath& path, const codec::HttpRequest& request,
                                          codec::HttpReply& reply, codec::HttpExchange& exchange) {
  const size_t index = metrics_index(path);
  if (path.method != request.method) return refuse(reply, index, true);
  const int status = unit_.peers().handle(path, request, reply, exchange);
  unit_.metrics().requests.count(index, status == 0 ? 200 : status);
  return status == 0 ? std::nullopt : std::optional(status);
}

std::optional<int> FrontDoor::answer_operator(const OperatorRouteEntry& entry, const codec::HttpRequest& request,
                                              codec::HttpReply& reply, codec::HttpExchange& exchange) {
  const size_t index = metrics_index(entry.route);
  const bool head = request.method == codec::Method::kHead && entry.method == codec::Method::kGet;
  if (!head && entry.method != request.method) return refuse(reply, index, true);
  int status = operators_.refuse(entry, request, reply).value_or(0);
  if (status == 0) status = answer_page(entry.route, request, reply).value_or(0);
  if (status == 0) {
    switch (answered_by(entry.route)) {
      case AnsweredBy::kReactor:
        status = operators_.answer(entry.route, operators_.call_of(request), reply);
        break;
      case AnsweredBy::kClerk:
        status = give_to(workers_.clerk, entry.route, request, reply, exchange);
        break;
      case AnsweredBy::kComparer:
        status = give_to(workers_.comparer, entry.route, request, reply, exchange);
        break;
      case AnsweredBy::kExplainer:
        status = give_to(workers_.explainer, entry.route, request, reply, exchange);
        break;
      case AnsweredBy::kFeed:
        status = feed(request, reply, exchange);
        break;
    }
  }
  if (status == 0) return std::nullopt;
  unit_.metrics().requests.count(index, status);
  return status;
}

int FrontDoor::feed(const codec::HttpRequest& request, codec::HttpReply& reply, codec::HttpExchange& exchange) {
  const EventSource& source = operators_.events();
  if (!unit_.feed().wait(source, since_of(request, source.last_event()), exchange)) {
    return json_error(reply, 503, "too many wait for events already");
  }
  unit_.metrics().requests.count(metrics_index(OperatorRoute::kEvents), 200);
  return 0;
}

// The HTTP status of a refusal; 0: the worker has it.
// NOLINTNEXTLINE(readability-function-size): who, what, and the three of every request
int FrontDoor::give_to(net::Worker& worker, OperatorRoute route, const codec::HttpRequest& request,
                       codec::HttpReply& reply, codec::HttpExchange& exchange) {
  auto [parked, answer] = RemoteAnswer::make(exchange, unit_.reactor());
  const bool taken = worker.give([api = operators_, route, call = operators_.call_of(request), to = std::move(answer),
                                  &metrics = unit_.metrics()]() mutable {
    auto made = std::make_shared<codec::HttpReply>();
    int status = 500;
    try {
      status = api.answer(route, call, *made);
    } catch (const std::exception& e) {  // no question may end the process
      made = std::make_shared<codec::HttpReply>();
      json_error(*made, status, e.what());
    }
    to.give([route, status, made, &metrics](codec::HttpReply& out) {
      out = std::move(*made);
      metrics.requests.count(metrics_index(route), status);
    });
  });
  if (!taken) return json_error(reply, 503, "too many such calls wait already");
  exchange.park(std::move(parked));
  return 0;
}

// NOLINTNEXTLINE(readability-function-size): what, its outcome, and the three of every request
void FrontDoor::slow(const codec::HttpRequest& request, protocol::Route route, const Handled& handled,
                     codec::HttpReply& reply, codec::HttpExchange& exchange) {
  const Duration delay = unit_.guard().saw(request, route, handled);
  if (delay <= Duration::zero()) return;
  auto held = std::make_unique<DelayedAnswer>(exchange, reply);
  held->hold_until(unit_.reactor(), request.received_at + delay);
  exchange.park(std::move(held));
}

int FrontDoor::refuse(codec::HttpReply& reply, size_t metrics_index, bool known_path) {
  reply.status = known_path ? 405 : 404;
  reply.append(known_path ? "Method Not Allowed" : "404 page not found");
  unit_.metrics().requests.count(metrics_index, reply.status);
  return reply.status;
}

}  // namespace discovery::node
