// The handler of one listener on one reactor: finds the route of a request and hands it on
// (spec: discovery-api.md 1.3 and 1.4).
//
// Lifecycle: owned by its reactor; unit and workers outlive it. Thread: its reactor.
#pragma once

#include <optional>

#include "codec/http.h"
#include "net/worker.h"
#include "node/operator_api.h"
#include "node/reactor_unit.h"

namespace discovery::node {

class FrontDoor final : public codec::HttpHandler {
 public:
  /// Who makes answers that take long (routes.h).
  struct Workers {
    net::Worker& clerk;
    net::Worker& comparer;
    net::Worker& explainer;
  };

  FrontDoor(ReactorUnit& unit, const OperatorApi& operators, const Workers& workers)
      : unit_(unit), operators_(operators), workers_(workers) {}

  void handle(const codec::HttpRequest& request, codec::HttpReply& reply, codec::HttpExchange& exchange) override;

 private:
  /// The code of the answer, none when the request waits.
  std::optional<int> answer(const codec::HttpRequest& request, codec::HttpReply& reply, codec::HttpExchange& exchange);
  /// 404 or 405 as plain text; counts it for the row of that index and returns the status.
  int refuse(codec::HttpReply& reply, size_t index, bool known_path);
  std::optional<int> answer_discovery(protocol::Route route, const codec::HttpRequest& request, codec::HttpReply& reply,
                                      codec::HttpExchange& exchange);
  /// None when the message waits for the cluster.
  std::optional<int> answer_peer(const RouteRow& row, const codec::HttpRequest& request, codec::HttpReply& reply,
                                 codec::HttpExchange& exchange);
  /// None when it is answered later.
  std::optional<int> answer_operator(const RouteRow& row, const codec::HttpRequest& request, codec::HttpReply& reply,
                                     codec::HttpExchange& exchange);
  int ask_for(const RouteRow& row, const codec::HttpRequest& request, codec::HttpReply& reply,
              codec::HttpExchange& exchange);
  int feed(const codec::HttpRequest& request, codec::HttpReply& reply, codec::HttpExchange& exchange);
  int give_to(net::Worker& worker, OperatorRoute route, const codec::HttpRequest& request, codec::HttpReply& reply,
              codec::HttpExchange& exchange);
  /// Holds the answer of a client in a loop back.
  void slow(const codec::HttpRequest& request, protocol::Route route, const Handled& handled, codec::HttpReply& reply,
            codec::HttpExchange& exchange);

  ReactorUnit& unit_;
  OperatorApi operators_;
  const Workers workers_;
};

}  // namespace discovery::node
