// A node of ours: the production registry, sweep, poll hub, cluster and store, with the simulator as their world.
//
// It does what src/node does around them: calls each when it asks to be called, tells the hub of changes, hands the
// clients' writes to the store and to the originals. See node.h.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "base/random.h"
#include "base/timer_wheel.h"
#include "cluster/cluster.h"
#include "history/history.h"
#include "keyspace/keyspace.h"
#include "keyspace/watch_hub.h"
#include "registry/poll_hub.h"
#include "registry/poll_state.h"
#include "registry/registry.h"
#include "registry/sweep.h"
#include "simulation/key_names.h"
#include "simulation/network.h"
#include "simulation/node.h"
#include "simulation/simulated_disk.h"
#include "simulation/text_wire.h"
#include "storage/store.h"

namespace discovery::simulation {

inline constexpr size_t kSmallQueue = 16;

struct OurNodeSettings {
  uint32_t number = 0;
  uint32_t nodes = 5;
  uint64_t seed = 1;
  bool disk = false;
  bool small_queues = false;
  bool zones = false;
  bool keys = false;  ///< it has a key space
  NodeClock clock;
};

/// Which renewals of an original were refused a moment ago (replication.md 2.5, R7: proof of life).
class RefusedRenewals {
 public:
  static constexpr Ns kBelieved = 10 * kSecond;
  void missed(uint32_t original, uint32_t instance, Ns now) { at_[{original, instance}] = now; }
  [[nodiscard]] bool shows(uint32_t original, uint32_t instance, Ns now) const {
    const auto found = at_.find({original, instance});
    return found != at_.end() && now - found->second <= kBelieved;
  }
  void clear() { at_.clear(); }

 private:
  std::map<std::pair<uint32_t, uint32_t>, Ns> at_;  ///< bounded by originals times instances
};

class OurNode final : public Node, private cluster::Transport, private cluster::Effects {
 public:
  OurNode(const OurNodeSettings& settings, const Names& names, Network& network, NodeWatcher& watcher);
  ~OurNode() override;

  [[nodiscard]] bool original() const override { return false; }
  void boot(Ns now) override;
  void stop(Ns now) override;
  void leave(Ns now) override;
  [[nodiscard]] bool left() const override { return !mind_ || mind_->cluster.left(); }
  void step_wall(Ns by) override { clock_.step_wall(by); }
  Ns run(Ns now) override;
  cluster::CallResult serve(uint32_t caller, const cluster::Call& call, Ns now) override;
  void answered(uint64_t call_id, cluster::CallResult result, Ns now) override;
  Reply register_instance(uint32_t instance, const Content& content, Ns now, Written& written) override;
  Reply renew(uint32_t instance, Ns now) override;
  Reply cancel(uint32_t instance, Ns now, Written& written) override;
  Reply set(uint32_t instance, uint32_t set_number, uint32_t status, Ns now, Written& written) override;
  [[nodiscard]] bool ready() const override { return mind_ && mind_->cluster.board().ready(); }
  [[nodiscard]] int64_t held_dead() const override { return mind_->registry.lease_status().held; }
  void read(FunctionRef<void(const Held&)> f) const override;
  [[nodiscard]] std::optional<bool> explains_as_listed(uint32_t instance) const override;

  // For the judge and the pollers; precondition: it runs.
  [[nodiscard]] const registry::Registry& registry() const { return mind_->registry; }
  [[nodiscard]] registry::Registry& registry() { return mind_->registry; }
  [[nodiscard]] cluster::Cluster& cluster() { return mind_->cluster; }
  [[nodiscard]] registry::PollHub& hub() { return mind_->hub; }
  [[nodiscard]] const NodeClock& clock() const { return clock_; }

  // -- its key space (our_node_keys.cpp); what src/node/etcd_host.cpp does
  /// Clients of the key space are served.
  [[nodiscard]] bool serves_keys() const { return mind_ && mind_->keys && takes_writes() && ready(); }
  [[nodiscard]] const keyspace::Keyspace& keys() const { return *mind_->keys; }
  /// For a call of a client that comes now.
  keyspace::Keyspace& enter_keys(Ns now);
  keyspace::WatchHub& watches() { return *mind_->watches; }
  /// What follows a client's write: others learn of it. When it was written, for written_everywhere().
  TimePoint wrote_keys(Ns now);
  /// Every node that can be reached has it.
  [[nodiscard]] bool written_everywhere(TimePoint written, Ns now) const {
    return mind_->cluster.received_by_all(clock_.read(now)) >= written;
  }

  /// True time of what it does just now.
  [[nodiscard]] Ns now() const { return now_; }
  [[nodiscard]] bool runs() const { return mind_ != nullptr; }
  [[nodiscard]] bool writes_survive() const { return disk_ != nullptr; }
  [[nodiscard]] const HashKey& cluster_key() const { return cluster_key_; }
  /// Nothing of a stopped process is left over: no poll, no deadline.
  [[nodiscard]] bool leaks() const { return leaks_; }

 private:
  struct Observers final : registry::ChangeObserver {
    void changed(const registry::RecordChange& change) override;
    history::History* history = nullptr;
    keyspace::Keyspace* keys = nullptr;
  };
  /// Everything that a process has in memory.
  struct Mind {
    Mind(const registry::RegistrySettings& rs, const cluster::ClusterSettings& cs, OurNode& node, TimePoint now);
    history::History history;
    registry::Registry registry;
    Observers observers;
    std::unique_ptr<keyspace::Keyspace> keys;     ///< null: it has none
    std::unique_ptr<keyspace::WatchHub> watches;  ///< of it
    registry::Sweep sweep;
    registry::PollBudget budget;
    TimerWheel wheel;
    registry::PollHub hub;
    cluster::Cluster cluster;
    std::unique_ptr<storage::Store> store;
    TimePoint cluster_next;
    TimePoint sweep_next;
    TimePoint keys_next;
    TimePoint audit_next;
  };

  // Transport
  void call(cluster::Call call) override;
  void forget(const std::string& address) override;
  // Effects
  void changed(const registry::Wake& wake, TimePoint now) override;
  void made_here(registry::RecordRef ref, TimePoint now) override;
  void tell(std::string_view event, std::string_view peer, std::string_view detail) override;

  [[nodiscard]] Held held(const registry::StoredRecord& stored) const;
  [[nodiscard]] std::optional<Held> find(uint32_t instance) const;
  [[nodiscard]] bool takes_writes() const { return mind_ && !leaving_ && mind_->cluster.board().accepts_writes(); }
  /// What follows a client's write: peers, originals and disk learn of it.
  void wrote(uint32_t instance, const registry::Wake& wake, Ns now, Written& written);
  void post(uint32_t instance, cluster::PostKind kind, const WireInstance& wire);
  cluster::CallResult serve_post(uint32_t caller, const cluster::Call& call, Ns now);
  cluster::CallResult serve_fetch_all() const;
  void flush(TimePoint now);
  void sweep(TimePoint now, Ns true_now);
  void make_keys(TimePoint now);
  TimePoint tick_keys(TimePoint now);
  [[nodiscard]] storage::Moment moment(Ns now) const;

  const OurNodeSettings settings_;
  const Names& names_;
  Network& network_;
  NodeWatcher& watcher_;
  const HashKey cluster_key_;
  NodeClock clock_;
  SeededRandom random_;
  RefusedRenewals proof_;
  TextWire wire_;
  const KeyNames key_names_;
  std::unique_ptr<SimulatedDisk> disk_;
  std::unique_ptr<Mind> mind_;
  Ns now_ = 0;  ///< of the entry that runs
  bool leaving_ = false;
  bool leaks_ = false;
};

}  // namespace discovery::simulation
