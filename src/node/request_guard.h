// Counts what each client asks, and slows the one that asks the same useless thing in a loop, or more than it may.
//
//   request, route, what became of it --> ClientTable (who), Shield (how often the same), RateLimit (how often at all)
//                                     --> hold the answer back
//
// One warning when that begins, with client, rule and request; the answers held back are a metric.
// Lifecycle: one per reactor. Thread: its reactor's.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "codec/http.h"
#include "guard/client_table.h"
#include "guard/rate_limit.h"
#include "guard/shield.h"
#include "node/api_reporter.h"
#include "observe/limited_logger.h"
#include "observe/node_metrics.h"
#include "protocol/discovery/routes.h"
#include "registry/registry.h"

namespace discovery::node {

class RequestGuard {
 public:
  /// A client's rate, and what all renewals of the node are held against.
  struct Rates {
    guard::RateLimit& limit;
    const registry::Registry& registry;
    std::set<std::string> exempt;  ///< addresses of other nodes
  };

  RequestGuard(const guard::ShieldSettings& settings, observe::ReactorMetrics& metrics,
               observe::RateLimitedLogger& warnings);
  void limit_rates(Rates rates) { rates_.emplace(std::move(rates)); }
  void exempt(std::set<std::string> addresses) {
    if (rates_) rates_->exempt = std::move(addresses);
  }

  /// After each request of the Discovery API. How long its answer is to be held back.
  [[nodiscard]] Duration saw(const codec::HttpRequest& request, protocol::Route route, const Handled& handled);

  void update(const guard::ShieldSettings& settings) { shield_.update(settings); }
  [[nodiscard]] std::vector<guard::ClientTable::Row> clients(guard::ClientTable::Which which, TimePoint now) const {
    return table_.rows(which, now);
  }

 private:
  /// By how much the client is ahead of its rate.
  [[nodiscard]] Duration charge(const codec::HttpRequest& request, protocol::Route route);
  void note_ahead(guard::ClientCounts& counts, const codec::HttpRequest& request, TimePoint now);
  void note_slowed(guard::ClientCounts& counts, const guard::Useless& what, const guard::Shield::Judgement& judgement,
                   TimePoint now);

  guard::ClientTable table_;
  guard::Shield shield_;
  std::optional<Rates> rates_;  ///< none: nobody is limited
  observe::ReactorMetrics& metrics_;
  observe::RateLimitedLogger& warnings_;
};

}  // namespace discovery::node
