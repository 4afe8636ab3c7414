// What the daemon answers about itself: `/`, health, readiness, metrics and the admin calls
// (spec: operations.md 2, 4 and 5; discovery-api.md D24).
//
// Lifecycle: one per listener and reactor, and copies of it; Operations outlives them, and is called from many threads.
// Access: admin calls are answered to loopback only, or, where an admin listener is configured, on that listener only.
// A request that carries an Origin comes from a page in a browser and is refused, loopback or not.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "codec/http.h"
#include "node/routes.h"

namespace discovery::node {

/// One condition of readiness.
struct ReadyCheck {
  std::string_view name;
  bool ok = false;
  std::string detail;
};

/// What /readyz and discovery_ready say: every condition holds.
[[nodiscard]] bool is_ready(const std::vector<ReadyCheck>& checks);

/// What the node can be asked or told. Thread: any.
class Operations {
 public:
  [[nodiscard]] virtual std::vector<ReadyCheck> readiness(TimePoint now) const = 0;
  [[nodiscard]] virtual std::string metrics_text() const = 0;
  /// A JSON object.
  [[nodiscard]] virtual std::string state_json(TimePoint now) const = 0;
  /// Takes over the new configuration as a whole or not at all. Returns a JSON object telling what changed.
  [[nodiscard]] virtual Result<std::string> reload() = 0;
  /// Begins to drain; returns at once.
  virtual void drain() = 0;
  /// kInvalidArgument for a name that is no level.
  [[nodiscard]] virtual Result<void> set_log_level(std::string_view level) = 0;
  /// A JSON object: what this node knows of the others. Waits for the cluster's thread.
  [[nodiscard]] virtual std::string cluster_json() = 0;
  /// Takes a silent node out of the cluster (replication.md 2.4, "Membership"). kNotFound, kInvalidArgument.
  [[nodiscard]] virtual Result<void> remove_node(std::string_view address) = 0;
  /// A JSON object (query_api.h). kInvalidArgument, kUnavailable.
  [[nodiscard]] virtual Result<std::string> history(std::string_view query, TimePoint now) = 0;
  [[nodiscard]] virtual Result<std::string> explain(std::string_view query, TimePoint now) = 0;

 protected:
  ~Operations() = default;
};

class OperatorApi {
 public:
  /// Which of a node's listeners a handler belongs to.
  enum class Listener : uint8_t {
    kApi,         ///< admin calls from loopback
    kApiNoAdmin,  ///< admin calls have a listener of their own
    kAdmin,       ///< that listener
  };

  OperatorApi(Operations& operations, Listener listener, bool metrics)
      : operations_(operations), listener_(listener), metrics_(metrics) {}

  /// The HTTP status if this client may not ask that here; the reply says why.
  std::optional<int> refuse(const OperatorRouteEntry& entry, const codec::HttpRequest& request,
                            codec::HttpReply& reply) const;
  /// Answers the request, of which only query and received_at are read. Returns the HTTP status. Thread: any; those
  /// that takes_long() names on none that serves clients.
  int answer(OperatorRoute route, const codec::HttpRequest& request, codec::HttpReply& reply);

  /// The entry of that path as this listener shows it; null when it shows none.
  [[nodiscard]] const OperatorRouteEntry* find(std::string_view path) const;
  [[nodiscard]] bool serves_discovery() const { return listener_ != Listener::kAdmin; }

 private:
  int ready(const codec::HttpRequest& request, codec::HttpReply& reply);
  int remove_node(const codec::HttpRequest& request, codec::HttpReply& reply);
  int log_level(const codec::HttpRequest& request, codec::HttpReply& reply);

  Operations& operations_;
  Listener listener_;
  bool metrics_;  ///< /metrics is there
};

}  // namespace discovery::node
