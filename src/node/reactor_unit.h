// What a node has once per reactor: the poll hub, the API and its reporter; and the way of a change to them.
//
// Lifecycle: units are made while the server opens, outlive its sessions, and are destroyed after the server.
// Thread: a unit belongs to its reactor; WakeDispatcher may be called from any thread.
#pragma once

#include <memory>
#include <vector>

#include "access/access_control.h"
#include "net/reactor.h"
#include "node/api_reporter.h"
#include "node/cluster_host.h"
#include "node/event_feed.h"
#include "node/held_answers.h"
#include "node/peer_desk.h"
#include "node/request_guard.h"
#include "observe/node_metrics.h"
#include "protocol/discovery/api.h"
#include "registry/poll_hub.h"
#include "registry/registry.h"

namespace discovery::node {

class ReactorUnit;

/// Takes a Wake to the hubs it names: at once on their own thread, else as a message.
class WakeDispatcher final : public protocol::ChangeSink {
 public:
  /// A change made here: the other nodes are to hear of it too.
  void changed(const registry::Wake& wake, TimePoint now) override;
  /// A change that another node made.
  void changed_elsewhere(const registry::Wake& wake, TimePoint now) { wake_hubs(wake, now); }
  /// In order of the reactors' bits, before any change.
  void add(ReactorUnit& unit) { units_.push_back(&unit); }
  void set_cluster(ClusterHost& host) { host_ = &host; }

 private:
  void wake_hubs(const registry::Wake& wake, TimePoint now);

  std::vector<ReactorUnit*> units_;
  ClusterHost* host_ = nullptr;
};

/// What all units share.
struct UnitContext {
  registry::Registry& registry;
  registry::PollBudget& polls;
  const registry::StartProtection& protection;
  ClusterHost& cluster;
  protocol::ProofOfLife& proofs;
  WakeDispatcher& wakes;
  observe::Logger& logger;
  observe::RateLimitedLogger& warnings;
  AuditLog& audit;
  uint32_t access_one_in;
  PeerAccess peers;
  access::AccessSettings access;
  access::ReplayGuard& replays;
  guard::ShieldSettings shield;
  guard::RateLimit& rate_limit;
  net::Worker& clerk;
};

class ReactorUnit final : public net::TurnHook {
 public:
  ReactorUnit(const UnitContext& context, net::Reactor& reactor, unsigned index, protocol::ApiSettings settings)
      : reactor_(reactor),
        metrics_(kRouteNames),
        hub_(context.registry, reactor, context.polls, index),
        reporter_(reactor.clock(), metrics_, context.logger, context.warnings, context.audit, context.access_one_in),
        access_(context.access, context.replays),
        api_({context.registry, hub_, reactor, context.protection, context.cluster, context.proofs, context.wakes,
              reporter_, access_},
             std::move(settings)),
        peers_(context.cluster, reactor, context.peers, access_),
        guard_(context.shield, metrics_, context.warnings),
        feed_(reactor, context.clerk),
        held_([&reactor] { reactor.request_turn(); }) {
    guard_.limit_rates({context.rate_limit, context.registry, context.peers.ips});
    reactor.add_hook(*this);
  }

  [[nodiscard]] net::Reactor& reactor() { return reactor_; }
  [[nodiscard]] protocol::DiscoveryApi& api() { return api_; }
  [[nodiscard]] PeerDesk& peers() { return peers_; }
  [[nodiscard]] access::AccessControl& access() { return access_; }
  [[nodiscard]] ApiReporter& reporter() { return reporter_; }
  [[nodiscard]] RequestGuard& guard() { return guard_; }
  [[nodiscard]] EventFeed& feed() { return feed_; }
  [[nodiscard]] HeldAnswers& held() { return held_; }
  [[nodiscard]] const registry::PollHub& hub() const { return hub_; }
  [[nodiscard]] observe::ReactorMetrics& metrics() { return metrics_; }

  /// On the reactor's thread.
  void mark_changed(uint64_t app_id, TimePoint now) {
    hub_.mark_changed(app_id, now);
    reactor_.request_turn();
  }
  /// Writes that waited are executed, in slices. On the reactor's thread.
  void open_writes() {
    opening_ = true;
    reactor_.request_turn();
  }

 private:
  std::optional<TimePoint> on_turn(TimePoint now) override {
    if (opening_) opening_ = api_.open_writes(now);
    const bool more = hub_.has_marked() && hub_.flush(now);
    const bool held = held_.send_one();
    return more || opening_ || held ? std::optional(now) : std::nullopt;
  }

  net::Reactor& reactor_;
  observe::ReactorMetrics metrics_;
  registry::PollHub hub_;
  ApiReporter reporter_;
  access::AccessControl access_;
  protocol::DiscoveryApi api_;
  PeerDesk peers_;
  RequestGuard guard_;
  EventFeed feed_;
  HeldAnswers held_;
  bool opening_ = false;
};

}  // namespace discovery::node
