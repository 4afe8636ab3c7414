// What a node has once per reactor: the poll hub, the API and its reporter; and the way of a change to them.
//
// Lifecycle: units are made while the server opens, outlive its sessions, and are destroyed after the server.
// Thread: a unit belongs to its reactor; WakeDispatcher may be called from any thread.
#pragma once

#include <memory>
#include <vector>

#include "net/reactor.h"
#include "node/api_reporter.h"
#include "observe/node_metrics.h"
#include "protocol/discovery/api.h"
#include "registry/poll_hub.h"
#include "registry/registry.h"

namespace discovery::node {

class ReactorUnit;

/// Takes a Wake to the hubs it names: at once on their own thread, else as a message.
class WakeDispatcher final : public protocol::ChangeSink {
 public:
  void changed(const registry::Wake& wake, TimePoint now) override;
  /// In order of the reactors' bits, before any change.
  void add(ReactorUnit& unit) { units_.push_back(&unit); }

 private:
  std::vector<ReactorUnit*> units_;
};

/// What all units share.
struct UnitContext {
  registry::Registry& registry;
  registry::PollBudget& polls;
  const registry::StartProtection& protection;
  WakeDispatcher& wakes;
  observe::Logger& logger;
  observe::RateLimitedLogger& warnings;
  uint32_t access_one_in;
};

class ReactorUnit final : public net::TurnHook {
 public:
  ReactorUnit(const UnitContext& context, net::Reactor& reactor, unsigned index, protocol::ApiSettings settings)
      : reactor_(reactor),
        metrics_(kRouteNames),
        hub_(context.registry, reactor, context.polls, index),
        reporter_(reactor.clock(), metrics_, context.logger, context.warnings, context.access_one_in),
        api_(context.registry, hub_, context.protection, context.wakes, reporter_, std::move(settings)) {
    reactor.add_hook(*this);
  }

  [[nodiscard]] net::Reactor& reactor() { return reactor_; }
  [[nodiscard]] protocol::DiscoveryApi& api() { return api_; }
  [[nodiscard]] ApiReporter& reporter() { return reporter_; }
  [[nodiscard]] observe::ReactorMetrics& metrics() { return metrics_; }

  /// On the reactor's thread.
  void mark_changed(uint64_t app_id, TimePoint now) {
    hub_.mark_changed(app_id, now);
    reactor_.request_turn();
  }

 private:
  std::optional<TimePoint> on_turn(TimePoint now) override {
    if (!hub_.has_marked()) return std::nullopt;
    return hub_.flush(now) ? std::optional(now) : std::nullopt;
  }

  net::Reactor& reactor_;
  observe::ReactorMetrics metrics_;
  registry::PollHub hub_;
  ApiReporter reporter_;
  protocol::DiscoveryApi api_;
};

}  // namespace discovery::node
