// The handler of one listener on one reactor: finds the route of a request and hands it on
// (spec: discovery-api.md 1.3 and 1.4).
//
// Lifecycle: owned by its reactor; what it is made of outlives it. Thread: its reactor.
#pragma once

#include "codec/http.h"
#include "node/operator_api.h"
#include "observe/access_log.h"
#include "observe/node_metrics.h"
#include "protocol/discovery/api.h"

namespace discovery::node {

class FrontDoor final : public codec::HttpHandler {
 public:
  FrontDoor(protocol::DiscoveryApi& api, const OperatorApi& operators, observe::ReactorMetrics& metrics)
      : api_(api), operators_(operators), metrics_(metrics) {}

  void handle(const codec::HttpRequest& request, codec::HttpReply& reply, codec::HttpExchange& exchange) override;

 private:
  /// 404 or 405 as plain text; returns the status.
  int refuse(const codec::HttpRequest& request, codec::HttpReply& reply, bool known_path) const;

  protocol::DiscoveryApi& api_;
  OperatorApi operators_;
  observe::ReactorMetrics& metrics_;
};

}  // namespace discovery::node
