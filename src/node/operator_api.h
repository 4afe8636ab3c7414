// What the daemon answers about itself: `/`, health, readiness, metrics, the questions of an operator and the admin
// calls (spec: operations.md 2, 4, 5 and 7; discovery-api.md D24).
//
// Lifecycle: one per listener and reactor, and copies of it; Operations outlives them, and is called from many threads.
// Access: admin calls are answered to loopback, to who has the token (admin_token.h), and, where an admin listener is
// configured, on that listener only. A request that carries an Origin comes from a page in a browser: without the token
// it is refused, loopback or not, and with it when the page is not this daemon's own.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "codec/http.h"
#include "node/event_feed.h"
#include "node/operator_gate.h"
#include "node/routes.h"

namespace discovery::node {

/// One condition of readiness.
struct ReadyCheck {
  std::string_view name;
  bool ok = false;
  std::string detail;
};

struct OperatorCall {
  std::string query;
  TimePoint at;
  std::string by;        ///< address of the client
  bool may_act = false;  ///< actions are answered on this listener, to who has the token
};

/// What /readyz and discovery_ready say: every condition holds.
[[nodiscard]] bool is_ready(const std::vector<ReadyCheck>& checks);

/// What the node can be asked or told. Thread: any.
class Operations : public EventSource, public GateKeeper {
 public:
  [[nodiscard]] virtual std::vector<ReadyCheck> readiness(TimePoint now) const = 0;
  [[nodiscard]] virtual std::string metrics_text() const = 0;
  /// A JSON object.
  [[nodiscard]] virtual std::string state_json(TimePoint now) const = 0;
  /// Takes over the new configuration as a whole or not at all. Returns a JSON object telling what changed.
  [[nodiscard]] virtual Result<std::string> reload() = 0;
  /// Begins to drain; returns at once.
  virtual void drain() = 0;
  /// Starts the program anew and lets it take over. Returns when that serves: a JSON object that tells of both; or why
  /// this process serves on.
  [[nodiscard]] virtual Result<std::string> upgrade() = 0;
  /// kInvalidArgument for a name that is no level.
  [[nodiscard]] virtual Result<void> set_log_level(std::string_view level) = 0;
  /// A JSON object: what this node knows of the others. Waits for the cluster's thread.
  [[nodiscard]] virtual std::string cluster_json() = 0;
  /// Takes a silent node out of the cluster (replication.md 2.4, "Membership"). kNotFound, kInvalidArgument.
  [[nodiscard]] virtual Result<void> remove_node(std::string_view address) = 0;
  /// A JSON object: the answer to a question of an operator, or of an action on an instance (src/queries).
  /// kInvalidArgument, kNotFound, kUnavailable.
  [[nodiscard]] virtual Result<std::string> ask(OperatorRoute route, const OperatorCall& call) = 0;

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

  OperatorApi(Operations& operations, const access::AccessControl& access, Listener listener, bool metrics)
      : operations_(operations),
        gate_(access, operations, listener == Listener::kApi),
        listener_(listener),
        metrics_(metrics) {}

  /// On the reactor, before answer().
  [[nodiscard]] const OperatorGate& gate() const { return gate_; }
  /// Answers the request. Returns the HTTP status. Thread: any; but for those of AnsweredBy::kReactor none that serves
  /// clients.
  int answer(OperatorRoute route, const OperatorCall& call, codec::HttpReply& reply);
  [[nodiscard]] OperatorCall call_of(const codec::HttpRequest& request) const;
  [[nodiscard]] const EventSource& events() const { return operations_; }

  /// This listener has that route: the admin listener has none under /discovery/, and where there is one the others
  /// have no admin calls.
  [[nodiscard]] bool shows(const RouteRow& row) const;

 private:
  int ready(const OperatorCall& call, codec::HttpReply& reply);
  int remove_node(const OperatorCall& call, codec::HttpReply& reply);
  int log_level(const OperatorCall& call, codec::HttpReply& reply);

  Operations& operations_;
  OperatorGate gate_;
  Listener listener_;
  bool metrics_;  ///< /metrics is there
};

}  // namespace discovery::node
