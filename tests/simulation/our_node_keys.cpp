// The key space of a node: what src/node/etcd_host.cpp does with it.
#include <algorithm>

#include "simulation/our_node.h"

namespace discovery::simulation {

namespace {
constexpr Duration kAuditEvery = std::chrono::seconds(60);
constexpr Duration kSoonest = std::chrono::milliseconds(50);
constexpr Duration kPokeAfter = std::chrono::milliseconds(25);
}  // namespace

void OurNode::Observers::changed(const registry::RecordChange& change) {
  history->changed(change);
  keys->changed(change);
}

void OurNode::make_keys(TimePoint now) {
  Mind& m = *mind_;
  keyspace::KeyspaceSettings ks;
  ks.node_id = static_cast<uint16_t>(settings_.number + 1);
  ks.zone = settings_.number % 2 == 0 ? "east" : "west";
  m.keys = std::make_unique<keyspace::Keyspace>(ks, m.registry, key_names_, now);
  m.watches = std::make_unique<keyspace::WatchHub>(*m.keys);
  keyspace::Keyspace::Listener listener;
  listener.changed = [this](const registry::Wake& wake, TimePoint at) { changed(wake, at); };
  m.keys->set_listener(std::move(listener));
  m.observers.history = &m.history;
  m.observers.keys = m.keys.get();
  m.registry.set_observer(&m.observers);
}

TimePoint OurNode::tick_keys(TimePoint now) {
  Mind& m = *mind_;
  if (now >= m.keys_next && !takes_writes()) {
    m.keys_next = now + std::chrono::seconds(1);
  } else if (now >= m.keys_next) {
    const TimePoint next = m.keys->expire(m.cluster.board().covered_until(), now);
    if (now >= m.audit_next) {
      if (m.audit_next != TimePoint{}) m.keys->audit(now);
      m.audit_next = now + kAuditEvery;
    }
    m.keys_next = std::max(next, now + kSoonest);
    m.cluster_next = std::min(m.cluster_next, now + kPokeAfter);  // what was hidden is told
  }
  m.watches->flush(now);
  return std::min({m.keys_next, m.cluster_next, m.watches->next().value_or(m.keys_next)});
}

keyspace::Keyspace& OurNode::enter_keys(Ns now) {
  now_ = now;
  return *mind_->keys;
}

TimePoint OurNode::wrote_keys(Ns now) {
  const TimePoint t = clock_.read(now);
  mind_->cluster_next = std::min(mind_->cluster_next, t + kPokeAfter);
  flush(t);
  return t;
}

}  // namespace discovery::simulation
