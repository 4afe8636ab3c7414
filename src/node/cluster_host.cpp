#include "node/cluster_host.h"

#include <condition_variable>
#include <mutex>
#include <nlohmann/json.hpp>

#include "protocol/discovery/api.h"
#include "protocol/discovery/record_check.h"

namespace discovery::node {

namespace {
constexpr Duration kClockTold = std::chrono::seconds(2);  ///< by how much clocks may differ before it is told
constexpr Duration kSpokeInterval = std::chrono::seconds(1);
constexpr size_t kSpokeMax = 1024;
constexpr Duration kSilenceInterval = std::chrono::seconds(5);
constexpr Duration kLeaveStep = std::chrono::milliseconds(10);
constexpr std::string_view kScheme = "http://";
}  // namespace

ClusterHost::ClusterHost(HostSettings settings, registry::Registry& registry, ClusterEvents& events,
                         observe::Logger& logger, const Clock& clock)
    : settings_(std::move(settings)),
      registry_(registry),
      events_(events),
      clock_(clock),
      logger_(logger),
      warnings_(logger),
      reactor_(clock, "cluster"),
      wire_(settings_.legacy),
      caller_(reactor_, settings_.bind_address, settings_.client,
              [this](uint64_t id, const cluster::CallResult& result) { on_result(id, result); }),
      silence_(2 * settings_.cluster.lease.window),
      ack_wait_ns_(settings_.ack_wait.count()),
      nodes_(std::make_shared<const std::vector<protocol::NodeStatus>>()) {}

ClusterHost::~ClusterHost() { stop(); }

void ClusterHost::prepare(const std::string& own_address) {
  settings_.cluster.address = own_address;
  const cluster::ClusterParts parts{registry_, caller_, *this, wire_, random_};
  cluster_ = std::make_unique<cluster::Cluster>(settings_.cluster, parts, clock_.now());
}

void ClusterHost::start(bool recovered) {
  cluster_->start(recovered, clock_.now());
  run();
}

void ClusterHost::take_over() {
  cluster_->take_over(clock_.now());
  run();
}

void ClusterHost::run() {
  publish_nodes();
  after_turn();
  running_ = true;
  reactor_.start();
  reactor_.post([this] { turn(clock_.now()); });
}

void ClusterHost::stop() {
  if (!running_) return;
  reactor_.stop();
  running_ = false;
}

bool ClusterHost::leave(Duration patience) {
  const TimePoint until = clock_.now() + patience;
  run_there([this] {
    cluster_->leave(clock_.now());
    turn(clock_.now());
  });
  for (;;) {
    bool left = false;
    run_there([&] { left = cluster_->left(); });
    if (left || clock_.now() >= until) return left;
    const timespec step{0, kLeaveStep.count()};
    nanosleep(&step, nullptr);
  }
}

// ------------------------------------------------------------------------------------------------------- its thread

void ClusterHost::stand_aside(bool aside) {
  aside_.store(aside, std::memory_order_relaxed);
  if (!aside) reactor_.post([this] { turn(clock_.now()); });
}

void ClusterHost::turn(TimePoint now) {
  if (aside_.load(std::memory_order_relaxed)) return;
  nudged_.store(false, std::memory_order_relaxed);
  look_for_nodes(now);
  const TimePoint next = cluster_->tick(now);
  warn_of_silence(now);
  after_turn();
  reactor_.schedule(*this, next);
}

void ClusterHost::after_turn() {
  publish_nodes();
  if (board().accepts_writes() && !std::exchange(told_may_write_, true)) events_.may_write();
  if (board().ready() && !std::exchange(told_may_read_, true)) events_.may_read();
  if (settings_.tells_everywhere) {
    const TimePoint all = cluster_->received_by_all(clock_.now());
    if (all > std::exchange(told_everywhere_, all)) events_.everywhere(static_cast<uint64_t>(to_wire_ns(all)));
  }
  if (ack_wait() <= Duration::zero()) return;
  const TimePoint received = cluster_->received_until();
  if (received > std::exchange(told_received_, received)) {
    events_.acknowledged(static_cast<uint64_t>(to_wire_ns(received)));
  }
}

void ClusterHost::nudge() {
  if (nudged_.exchange(true, std::memory_order_relaxed)) return;
  reactor_.post([this] {
    // A timer may be a tick late, twice; who waits for a receipt is not to wait for that.
    if (settings_.cluster.batch_delay == Duration::zero()) return turn(clock_.now());
    const TimePoint soon = clock_.now() + settings_.cluster.batch_delay;
    if (!linked() || deadline() > soon) reactor_.schedule(*this, soon);
  });
}

void ClusterHost::on_result(uint64_t call_id, const cluster::CallResult& result) {
  if (aside_.load(std::memory_order_relaxed)) return;
  const TimePoint now = clock_.now();
  cluster_->on_result(call_id, result, now);
  turn(now);
}

bool ClusterHost::ask(cluster::CallKind kind, std::string body, std::function<void(Result<std::string>)> answer) {
  if (asked_.fetch_add(1, std::memory_order_relaxed) >= kRequestsMax) {
    asked_.fetch_sub(1, std::memory_order_relaxed);
    return false;
  }
  reactor_.post([this, kind, bytes = std::move(body), reply = std::move(answer)] {
    asked_.fetch_sub(1, std::memory_order_relaxed);
    if (aside_.load(std::memory_order_relaxed)) return reply(Error{ErrorCode::kUnavailable, "another process serves"});
    const TimePoint now = clock_.now();
    reply(cluster_->handle(kind, bytes, now));
    // What it told may be a reason to act: a hello, a record that is older than ours.
    if (kind == cluster::CallKind::kHello) {
      turn(now);
    } else {
      after_turn();
      nudge();
    }
  });
  return true;
}

void ClusterHost::run_there(const std::function<void()>& work) {
  if (!running_ || reactor_.on_own_thread()) return work();
  std::mutex mutex;
  std::condition_variable done;
  bool finished = false;
  reactor_.post([&] {
    work();
    const std::lock_guard lock(mutex);
    finished = true;
    done.notify_one();
  });
  std::unique_lock lock(mutex);
  done.wait(lock, [&] { return finished; });
}

// Nodes are listed under infra.discovery in the environment of this one; whoever stands there with status 1 is one.
void ClusterHost::look_for_nodes(TimePoint now) {
  const registry::AppKeyView app{settings_.self_env, protocol::kSelfApp};
  const int64_t t = registry_.look(app, "").latest_timestamp_ns;
  if (t == seen_nodes_ns_) return;
  seen_nodes_ns_ = t;
  std::vector<cluster::SeedNode> found;
  registry_.with_application(app, [&](const registry::Application& a) {
    a.for_each_listed([&](const registry::InstanceView& i) {
      if (i.instance->numbers.status != 1) return;
      const auto addrs = nlohmann::json::parse(i.instance->addrs_json(), nullptr, false);
      if (!addrs.is_array()) return;
      for (const auto& addr : addrs) {
        if (!addr.is_string()) continue;
        const auto& text = addr.get_ref<const std::string&>();
        if (text.starts_with(kScheme)) found.push_back({text.substr(kScheme.size()), std::string(i.instance->zone())});
      }
    });
  });
  cluster_->set_discovered(std::move(found), now);
}

// Expiry waits for such a node, so somebody should look after it, or take it out (replication.md 2.4).
void ClusterHost::warn_of_silence(TimePoint now) {
  if (now < next_silence_look_) return;
  next_silence_look_ = now + kSilenceInterval;
  const std::vector<cluster::LinkStatus> links = cluster_->links(now);
  for (const cluster::LinkStatus& link : links) {
    if (!link.up || std::chrono::abs(link.clock_ahead.value_or(Duration::zero())) < kClockTold) continue;
    warnings_.log({observe::LogLevel::kWarn, "clocks_differ", link.address}, now,
                  {{"peer", std::string_view(link.address)},
                   {"ahead_ms", std::chrono::duration_cast<std::chrono::milliseconds>(*link.clock_ahead).count()},
                   {"cause", "its clock and this one differ: set both by NTP"}});
  }
  for (const SilenceWatch::Silent& s : silence_.look(links, now)) {
    logger_.log(observe::LogLevel::kWarn, "peer_silent",
                {{"peer", std::string_view(s.address)},
                 {"age_ms", s.since_ms},
                 {"cause", "instances it may know of are not expired until it is back, or removed by the operator"}});
  }
}

void ClusterHost::publish_nodes() {
  auto list = board().nodes();
  if (list == published_) return;
  published_ = list;
  auto fresh = std::make_shared<std::vector<protocol::NodeStatus>>();
  for (const cluster::NodeOnBoard& n : *list) {
    if (n.zone == settings_.cluster.zone) fresh->push_back({n.address, n.zone, n.up ? 0 : 1});
  }
  const MutexLock lock(mutex_);
  nodes_ = std::move(fresh);
}

bool ClusterHost::acceptable(const registry::Record& record) { return protocol::is_presentable(record); }

void ClusterHost::tell(std::string_view event, std::string_view peer, std::string_view detail) {
  const bool trouble = event != "peer_up" && event != "ready" && event != "rejoined" && event != "peer_farewell";
  warnings_.log({trouble ? observe::LogLevel::kWarn : observe::LogLevel::kInfo, event, peer}, clock_.now(),
                {{"peer", peer}, {"cause", detail}});
}

// ------------------------------------------------------------------------------------------------------- asked by
// others

void ClusterHost::set_signer(PeerSigner signer) {
  run_there([&] { caller_.set_signer(std::move(signer)); });
}

void ClusterHost::set_seeds(std::vector<cluster::SeedNode> seeds) {
  run_there([&] { cluster_->set_seeds(std::move(seeds), clock_.now()); });
}

Result<void> ClusterHost::remove(const std::string& address) {
  Result<void> done;
  run_there([&] { done = cluster_->remove(address, clock_.now()); });
  return done;
}

std::vector<cluster::LinkStatus> ClusterHost::links() {
  std::vector<cluster::LinkStatus> all;
  run_there([&] { all = cluster_->links(clock_.now()); });
  return all;
}

protocol::NodeList ClusterHost::nodes() const {
  const MutexLock lock(mutex_);
  return nodes_;
}

bool ClusterHost::all_peers_heard(TimePoint /*now*/) const { return board().all_peers_heard(); }

void ClusterHost::post(cluster::Post&& post) {
  cluster_->post_box().put(std::move(post));
  nudge();
}

// Every post of an original comes by here; the cluster needs to hear of it about once a second.
void ClusterHost::original_spoke(std::string_view ip, TimePoint now) {
  {
    const MutexLock lock(mutex_);
    auto it = spoke_.find(ip);
    if (it != spoke_.end() && now - it->second < kSpokeInterval) return;
    if (it == spoke_.end() && spoke_.size() >= kSpokeMax) return;
    if (it == spoke_.end()) it = spoke_.emplace(std::string(ip), now).first;
    it->second = now;
  }
  reactor_.post([this, host = std::string(ip), now] { cluster_->original_spoke(host, now); });
}

uint64_t ClusterHost::ack_ticket() {
  if (board().nodes()->size() < 2) return 0;
  nudge();
  return static_cast<uint64_t>(to_wire_ns(clock_.now()));
}

}  // namespace discovery::node
