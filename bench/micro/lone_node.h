// One node on one thread without sockets: bytes of a request in, bytes of an answer out, through the production
// session, HTTP reader, API, metrics, guard and registry. What is left out is the kernel, and the front door's look at
// other nodes.
//
// Time stands still unless moved, so that a run repeats to the instruction. Thread: one.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/set_clock.h"
#include "base/timer_wheel.h"
#include "history/history.h"
#include "net/session.h"
#include "node/api_reporter.h"
#include "node/request_guard.h"
#include "observe/memory_logger.h"
#include "protocol/discovery/api.h"
#include "registry/poll_hub.h"
#include "registry/registry.h"

namespace discovery::bench {

class LoneNode;

/// A client: asks, and counts what comes back.
class Connection final : private net::Transport {
 public:
  explicit Connection(LoneNode& node);

  /// Hands a request to the session. Aborts when the first answer that comes back is not 200.
  void ask(std::string_view request);
  [[nodiscard]] size_t bytes_out() const { return bytes_out_; }
  [[nodiscard]] net::Session::State state() const { return session_.state(); }

 private:
  net::IoResult read(std::span<char> into) override;
  net::IoResult write(std::span<const std::string_view> pieces) override;
  void wait_readable() override {}
  void wait_writable() override {}
  void call_soon() override {}
  void shutdown_send() override {}
  void close() override {}

  std::string_view unread_;
  size_t bytes_out_ = 0;
  net::Session session_;
};

class LoneNode final : private protocol::ChangeSink, private codec::HttpHandler {
 public:
  /// Registers `apps` applications of `per` instances, named as those of bench/load.
  LoneNode(uint64_t apps, uint64_t per);

  /// What a turn of the loop does after its requests: wakes polls. Returns whether there is more.
  bool turn() { return hub_.flush(clock_.now()); }
  void advance(Duration by) { clock_.advance(by); }
  [[nodiscard]] registry::Registry& registry() { return registry_; }
  [[nodiscard]] TimePoint now() const { return clock_.now(); }

 private:
  friend class Connection;

  void changed(const registry::Wake& wake, TimePoint now) override;
  void handle(const codec::HttpRequest& request, codec::HttpReply& reply, codec::HttpExchange& exchange) override;

  SetClock clock_;
  TimerWheel wheel_{clock_.now()};
  history::History history_{size_t{16} << 20};
  registry::Registry registry_;
  registry::PollBudget polls_;
  registry::PollHub hub_{registry_, wheel_, polls_, 0};
  registry::StartProtection protection_{false, clock_.now()};
  protocol::LoneCluster cluster_;
  protocol::ProofOfLife proofs_{HashKey{1, 2}};
  observe::ReactorMetrics metrics_{node::kRouteNames};
  observe::MemoryLogger logger_{observe::LogLevel::kError};
  observe::RateLimitedLogger warnings_{logger_};
  node::RequestGuard guard_{guard::ShieldSettings{}, metrics_, warnings_};
  node::AuditLog audit_;
  node::ApiReporter reporter_{clock_, metrics_, logger_, warnings_, audit_, 0};
  access::ReplayGuard replays_{HashKey{1, 2}};
  access::AccessControl access_{replays_};
  protocol::DiscoveryApi api_;
  net::ReactorStats stats_;
  codec::PartialBytes partial_{1 << 20};
  net::SessionContext context_;
};

}  // namespace discovery::bench
