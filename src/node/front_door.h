// The handler of one listener on one reactor: finds the route of a request and hands it on
// (spec: discovery-api.md 1.3 and 1.4).
//
// Lifecycle: owned by its reactor; what it is made of outlives it. Thread: its reactor.
#pragma once

#include <optional>

#include "codec/http.h"
#include "node/api_reporter.h"
#include "node/operator_api.h"
#include "node/peer_desk.h"
#include "observe/node_metrics.h"
#include "protocol/discovery/api.h"

namespace discovery::node {

class FrontDoor final : public codec::HttpHandler {
 public:
  FrontDoor(protocol::DiscoveryApi& api, PeerDesk& peers, const OperatorApi& operators, ApiReporter& reporter,
            observe::ReactorMetrics& metrics, const Clock& clock)
      : api_(api), peers_(peers), operators_(operators), reporter_(reporter), metrics_(metrics), clock_(clock) {}

  void handle(const codec::HttpRequest& request, codec::HttpReply& reply, codec::HttpExchange& exchange) override;

 private:
  /// The code of the answer, none when the request waits.
  std::optional<int> answer(const codec::HttpRequest& request, codec::HttpReply& reply, codec::HttpExchange& exchange);
  /// 404 or 405 as plain text; counts it and returns the status.
  int refuse(codec::HttpReply& reply, size_t metrics_index, bool known_path);
  /// None when the message waits for the cluster.
  std::optional<int> answer_peer(const PeerPath& path, const codec::HttpRequest& request, codec::HttpReply& reply,
                                 codec::HttpExchange& exchange);
  int answer_operator(const OperatorRouteEntry& entry, const codec::HttpRequest& request, codec::HttpReply& reply);

  protocol::DiscoveryApi& api_;
  PeerDesk& peers_;
  OperatorApi operators_;
  ApiReporter& reporter_;
  observe::ReactorMetrics& metrics_;
  const Clock& clock_;
};

}  // namespace discovery::node
