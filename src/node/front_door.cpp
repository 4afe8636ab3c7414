#include "node/front_door.h"

#include <exception>
#include <memory>
#include <string>
#include <utility>

#include "node/page_answers.h"
#include "node/remote_answer.h"

namespace discovery::node {

namespace {

/// HEAD is answered where GET is, but for the routes that clients and nodes call.
bool takes(const RouteRow& row, codec::Method method) {
  if (row.method == method) return true;
  return method == codec::Method::kHead && row.method == codec::Method::kGet &&
         row.target.kind() == RouteTarget::Kind::kOperator;
}

}  // namespace

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
  const RouteRow* const row = find_route(request.path);
  if (!row || !operators_.shows(*row)) return refuse(reply, kUnknownRouteIndex, false);
  if (!takes(*row, request.method)) return refuse(reply, route_index(*row), true);
  switch (row->target.kind()) {
    case RouteTarget::Kind::kDiscovery:
      return answer_discovery(row->target.as_discovery(), request, reply, exchange);
    case RouteTarget::Kind::kOperator:
      return answer_operator(*row, request, reply, exchange);
    case RouteTarget::Kind::kPeer:
      break;
  }
  return answer_peer(*row, request, reply, exchange);
}

std::optional<int> FrontDoor::answer_discovery(protocol::Route route, const codec::HttpRequest& request,
                                               codec::HttpReply& reply, codec::HttpExchange& exchange) {
  unit_.reporter().begin();
  unit_.api().handle(route, request, reply, exchange);
  const Handled handled = unit_.reporter().end();
  slow(request, route, handled, reply, exchange);
  return handled.code ? std::optional(static_cast<int>(*handled.code)) : std::nullopt;
}

// What waits is counted when it is asked; its answer is the cluster's business.
std::optional<int> FrontDoor::answer_peer(const RouteRow& row, const codec::HttpRequest& request,
                                          codec::HttpReply& reply, codec::HttpExchange& exchange) {
  const auto admitted = unit_.peers().admit(request);
  int status = 403;
  if (admitted) {
    status = unit_.peers().handle(row.target.as_peer(), request, reply, exchange);
  } else {
    operators_.gate().note_stranger(row, request, admitted.error().message);
    PeerDesk::refuse(row.target.as_peer(), admitted.error(), reply);
  }
  unit_.metrics().requests.count(route_index(row), status == 0 ? 200 : status);
  return status == 0 ? std::nullopt : std::optional(status);
}

std::optional<int> FrontDoor::answer_operator(const RouteRow& row, const codec::HttpRequest& request,
                                              codec::HttpReply& reply, codec::HttpExchange& exchange) {
  int status = operators_.gate().refuse(row, request, reply).value_or(0);
  if (status == 0) status = answer_page(row.target.as_operator(), request, reply).value_or(0);
  if (status == 0) status = ask_for(row, request, reply, exchange);
  if (status == 0) return std::nullopt;
  unit_.metrics().requests.count(route_index(row), status);
  return status;
}

// The HTTP status; 0: the answer comes later.
int FrontDoor::ask_for(const RouteRow& row, const codec::HttpRequest& request, codec::HttpReply& reply,
                       codec::HttpExchange& exchange) {
  const OperatorRoute route = row.target.as_operator();
  switch (row.answered_by) {
    case AnsweredBy::kClerk:
      return give_to(workers_.clerk, route, request, reply, exchange);
    case AnsweredBy::kComparer:
      return give_to(workers_.comparer, route, request, reply, exchange);
    case AnsweredBy::kExplainer:
      return give_to(workers_.explainer, route, request, reply, exchange);
    case AnsweredBy::kFeed:
      return feed(request, reply, exchange);
    case AnsweredBy::kReactor:
    case AnsweredBy::kDiscoveryApi:  // no route of an operator
    case AnsweredBy::kPeers:
      break;
  }
  return operators_.answer(route, operators_.call_of(request), reply);
}

int FrontDoor::feed(const codec::HttpRequest& request, codec::HttpReply& reply, codec::HttpExchange& exchange) {
  const EventSource& source = operators_.events();
  if (!unit_.feed().wait(source, since_of(request, source.last_event()), exchange)) {
    return json_error(reply, 503, "too many wait for events already");
  }
  unit_.metrics().requests.count(route_index(OperatorRoute::kEvents), 200);
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
      metrics.requests.count(route_index(route), status);
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
  unit_.held().hold(exchange, reply, unit_.reactor(), request.received_at + delay);
}

int FrontDoor::refuse(codec::HttpReply& reply, size_t index, bool known_path) {
  reply.status = known_path ? 405 : 404;
  reply.append(known_path ? "Method Not Allowed" : "404 page not found");
  unit_.metrics().requests.count(index, reply.status);
  return reply.status;
}

}  // namespace discovery::node
