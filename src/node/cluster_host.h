// The cluster of a running node: its thread, its connections, and what the rest of the node asks and tells it.
//
//   reactors --post(), ack_ticket(), /discovery/peer/*--> [ cluster thread: Cluster, PeerCaller ] --Wake--> poll hubs
//
// Lifecycle: made in Node::open; prepare() once the own address is known; start() before the server does; leave() when
// no write is accepted any more; stop() ends the thread. Outlives the sessions of the server. Thread: ClusterPort and
// ask() from any; Cluster itself is touched on the cluster thread only. Limits: kRequestsMax messages of peers wait for
// the thread.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "cluster/cluster.h"
#include "codec/http.h"
#include "net/reactor.h"
#include "node/kernel_random.h"
#include "node/peer_caller.h"
#include "node/silence_watch.h"
#include "observe/limited_logger.h"
#include "observe/log.h"
#include "protocol/discovery/cluster_port.h"
#include "protocol/discovery/legacy_wire.h"
#include "registry/registry.h"

namespace discovery::node {

/// What the cluster brings about in the node. Called on the cluster thread.
class ClusterEvents {
 public:
  virtual void changed(const registry::Wake& wake, TimePoint now) = 0;
  virtual void made_here(registry::RecordRef ref) = 0;
  /// Writes are accepted, and later: reads are answered.
  virtual void may_write() = 0;
  virtual void may_read() = 0;
  /// A peer has everything written up to this ticket.
  virtual void acknowledged(uint64_t ticket) = 0;
  /// Every peer that can be reached has it.
  virtual void everywhere(uint64_t ticket) = 0;

 protected:
  ~ClusterEvents() = default;
};

struct HostSettings {
  cluster::ClusterSettings cluster;
  std::string bind_address;
  net::ClientLimits client;
  protocol::LegacyLimits legacy;
  std::string self_env;  ///< where the nodes are listed
  Duration ack_wait{};
  bool tells_everywhere = false;  ///< ClusterEvents::everywhere() is wanted
};

class ClusterHost final : public protocol::ClusterPort, private cluster::Effects, private TimerEntry {
 public:
  static constexpr size_t kRequestsMax = 1024;

  ClusterHost(HostSettings settings, registry::Registry& registry, ClusterEvents& events, observe::Logger& logger,
              const Clock& clock);
  ~ClusterHost() override;

  /// To be called before anything else.
  void prepare(const std::string& own_address);
  /// `recovered`: what a snapshot held is in the registry.
  void start(bool recovered);
  /// Instead of start(): the registry is that of another process of this node.
  void take_over();
  /// While it does, another process is this node for the others: nothing is told to them or taken from them.
  void stand_aside(bool aside);
  /// Tells the peers all there is and farewell, for at most `patience`. Returns whether all was told.
  bool leave(Duration patience);
  void stop();

  /// Something was written: the cluster looks soon.
  void nudge();
  /// A message of another node; `answer` is called once, on the cluster thread. False: too many wait already.
  bool ask(cluster::CallKind kind, std::string body, std::function<void(Result<std::string>)> answer);
  void set_seeds(std::vector<cluster::SeedNode> seeds);
  /// Requests to nodes of ours are signed from now on.
  void set_signer(PeerSigner signer);
  void set_ack_wait(Duration wait) { ack_wait_ns_.store(wait.count(), std::memory_order_relaxed); }

  // These wait for the cluster thread; not to be called on it.
  [[nodiscard]] Result<void> remove(const std::string& address);
  [[nodiscard]] std::vector<cluster::LinkStatus> links();

  [[nodiscard]] uint16_t node_id() const { return cluster_->node_id(); }
  [[nodiscard]] const cluster::ClusterBoard& board() const { return cluster_->board(); }
  [[nodiscard]] uint64_t bytes_sent() const { return caller_.bytes_sent(); }
  [[nodiscard]] uint64_t bytes_received() const { return caller_.bytes_received(); }
  [[nodiscard]] net::Reactor& reactor() { return reactor_; }

  // ClusterPort
  [[nodiscard]] protocol::NodeList nodes() const override EXCLUDES(mutex_);
  [[nodiscard]] bool all_peers_heard(TimePoint now) const override;
  [[nodiscard]] bool wants_posts() const override { return board().wants_posts(); }
  void post(cluster::Post&& post) override;
  [[nodiscard]] bool is_original(std::string_view ip) const override { return board().is_node_host(std::string(ip)); }
  void original_spoke(std::string_view ip, TimePoint now) override EXCLUDES(mutex_);
  [[nodiscard]] bool accepts_writes() const override { return board().accepts_writes(); }
  [[nodiscard]] Duration ack_wait() const override { return Duration(ack_wait_ns_.load(std::memory_order_relaxed)); }
  [[nodiscard]] uint64_t ack_ticket() override;

 private:
  // Effects
  void changed(const registry::Wake& wake, TimePoint now) override { events_.changed(wake, now); }
  void made_here(registry::RecordRef ref, TimePoint /*now*/) override { events_.made_here(ref); }
  [[nodiscard]] bool acceptable(const registry::Record& record) override;
  void tell(std::string_view event, std::string_view peer, std::string_view detail) override;
  // TimerEntry
  void on_deadline(TimePoint now) override { turn(now); }

  void run();
  void turn(TimePoint now);
  void after_turn();
  void look_for_nodes(TimePoint now);
  void warn_of_silence(TimePoint now);
  void publish_nodes() EXCLUDES(mutex_);
  void on_result(uint64_t call_id, const cluster::CallResult& result);
  /// Runs `work` on the cluster thread and waits for it; at once where there is no thread (any more).
  void run_there(const std::function<void()>& work);

  HostSettings settings_;  ///< not changed after prepare()
  registry::Registry& registry_;
  ClusterEvents& events_;
  const Clock& clock_;
  observe::Logger& logger_;
  observe::RateLimitedLogger warnings_;
  KernelRandom random_;
  net::Reactor reactor_;
  const protocol::LegacyWire wire_;
  PeerCaller caller_;
  std::unique_ptr<cluster::Cluster> cluster_;
  SilenceWatch silence_;
  TimePoint next_silence_look_{};
  std::atomic<bool> nudged_{false};
  std::atomic<size_t> asked_{0};
  std::atomic<Duration::rep> ack_wait_ns_;
  std::atomic<bool> aside_{false};
  bool running_ = false;  ///< written before the thread starts and after it ended
  bool told_may_write_ = false;
  bool told_may_read_ = false;
  TimePoint told_received_{};
  TimePoint told_everywhere_{};
  int64_t seen_nodes_ns_ = -1;  ///< T of infra.discovery when it was read last
  std::shared_ptr<const cluster::NodeList> published_;
  mutable Mutex mutex_;
  protocol::NodeList nodes_ GUARDED_BY(mutex_);
  std::map<std::string, TimePoint, std::less<>> spoke_ GUARDED_BY(mutex_);  ///< at most kSpokeMax
};

}  // namespace discovery::node
