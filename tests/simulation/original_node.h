// A node by the rules of the original (discovery-api.md 6, 8 and 10; replication.md 2.2): local leases on the wall
// clock, content ordered by dirty_timestamp, each write posted once to every other node, no memory of what was
// cancelled.
//
// It is kinder than the original in one thing: posts do not hold up the client. See node.h.
#pragma once

#include <map>
#include <vector>

#include "base/random.h"
#include "simulation/network.h"
#include "simulation/node.h"
#include "simulation/text_wire.h"

namespace discovery::simulation {

class OriginalNode final : public Node {
 public:
  OriginalNode(uint32_t number, uint32_t nodes, uint64_t seed, const NodeClock& clock, const Names& names,
               Network& network, NodeWatcher& watcher);

  [[nodiscard]] bool original() const override { return true; }
  void boot(Ns now) override;
  void stop(Ns now) override;
  void leave(Ns /*now*/) override {}
  [[nodiscard]] bool left() const override { return true; }
  void step_wall(Ns by) override { clock_.step_wall(by); }
  Ns run(Ns now) override;
  cluster::CallResult serve(uint32_t caller, const cluster::Call& call, Ns now) override;
  void answered(uint64_t call_id, cluster::CallResult result, Ns now) override;
  Reply register_instance(uint32_t instance, const Content& content, Ns now, Written& written) override;
  Reply renew(uint32_t instance, Ns now) override;
  Reply cancel(uint32_t instance, Ns now, Written& written) override;
  Reply set(uint32_t instance, uint32_t set_number, uint32_t status, Ns now, Written& written) override;
  [[nodiscard]] bool ready() const override { return listens(); }
  [[nodiscard]] int64_t held_dead() const override { return INT64_MAX; }
  void read(FunctionRef<void(const Held&)> f) const override;
  [[nodiscard]] std::optional<bool> explains_as_listed(uint32_t) const override { return std::nullopt; }

 private:
  struct Record {
    bool present = false;
    WireInstance wire;
  };
  struct Pending {
    uint32_t peer = 0;
    cluster::CallKind kind = cluster::CallKind::kPost;
    WirePost post;
  };

  [[nodiscard]] bool listens() const { return up_ && syncing_ == 0; }
  [[nodiscard]] int64_t wall(Ns now) const { return clock_.wall(now); }
  int apply(const WirePost& post, Ns now, WireInstance& answer);
  int apply_register(const WirePost& post, Ns now);
  void store(const WireInstance& wire);
  void post_to_all(WirePost post, Ns now);
  void post_to(uint32_t peer, const WirePost& post, Ns now);
  void sweep(Ns now);
  static void fill(const Record& record, Written& written);
  [[nodiscard]] Held held(uint32_t instance, const Record& record, Ns now) const;

  const uint32_t number_;
  const uint32_t nodes_;
  Network& network_;
  NodeWatcher& watcher_;
  NodeClock clock_;
  SeededRandom random_;
  std::vector<Record> records_;  ///< by instance
  std::map<uint64_t, Pending> calls_;
  uint64_t next_call_ = 1;
  uint32_t syncing_ = 0;  ///< answers of the start sync still to come
  bool up_ = false;
  Ns next_sweep_ = kNever;
  Ns next_recount_ = kNever;
  Ns now_ = 0;
  int64_t size_ = 0;
  int64_t expected_ = 0;
  int64_t factual_ = 0;
};

}  // namespace discovery::simulation
