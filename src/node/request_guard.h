// Counts what each client asks, and slows the one that asks the same useless thing in a loop.
//
//   request, route, what became of it --> ClientTable (who), Shield (how often the same) --> hold the answer back
//
// One warning when a loop is recognised, with client, rule and request; the answers held back are a metric.
// Lifecycle: one per reactor. Thread: its reactor's.
#pragma once

#include <vector>

#include "codec/http.h"
#include "guard/client_table.h"
#include "guard/shield.h"
#include "node/api_reporter.h"
#include "observe/limited_logger.h"
#include "observe/node_metrics.h"
#include "protocol/discovery/routes.h"

namespace discovery::node {

class RequestGuard {
 public:
  RequestGuard(const guard::ShieldSettings& settings, observe::ReactorMetrics& metrics,
               observe::RateLimitedLogger& warnings);

  /// After each request of the Discovery API. How long its answer is to be held back.
  [[nodiscard]] Duration saw(const codec::HttpRequest& request, protocol::Route route, const Handled& handled);

  void update(const guard::ShieldSettings& settings) { shield_.update(settings); }
  [[nodiscard]] std::vector<guard::ClientTable::Row> clients(guard::ClientTable::Which which, TimePoint now) const {
    return table_.rows(which, now);
  }

 private:
  void note_slowed(guard::ClientCounts& counts, const guard::Useless& what, const guard::Shield::Judgement& judgement,
                   TimePoint now);

  guard::ClientTable table_;
  guard::Shield shield_;
  observe::ReactorMetrics& metrics_;
  observe::RateLimitedLogger& warnings_;
};

}  // namespace discovery::node
