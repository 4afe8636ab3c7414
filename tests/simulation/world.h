// One simulation: nodes, network, clients, pollers, faults and the judge around one queue of events.
//
// Lifecycle: made from a plan; run() once; then the result can be read. The same plan gives the same trace, bit by bit.
// Phases: faults happen until plan.heal_at; then everything is mended, nothing changes any more but renewals, and the
// judge gives its verdicts (replication.md 4). Thread: one.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "simulation/clients.h"
#include "simulation/event_queue.h"
#include "simulation/fault_plan.h"
#include "simulation/judge.h"
#include "simulation/key_clients.h"
#include "simulation/key_judge.h"
#include "simulation/key_watchers.h"
#include "simulation/network.h"
#include "simulation/our_node.h"
#include "simulation/pollers.h"
#include "simulation/trace.h"

namespace discovery::simulation {

struct WorldResult {
  uint64_t seed = 0;
  uint64_t trace_hash = 0;
  Ns simulated = 0;
  uint64_t events = 0;
  uint64_t messages = 0;
  uint64_t operations = 0;
  uint64_t polls = 0;
  uint64_t key_operations = 0;
  uint64_t key_events = 0;  ///< that watchers were told
  uint64_t partitions = 0;
  uint64_t crashes = 0;
  uint64_t inversions = 0;
  Violations violations;
};

class World final : private NetworkEnds,
                    private NodeWatcher,
                    private JudgedNodes,
                    private ClientWorld,
                    private PollWorld,
                    private KeyWorld,
                    private JudgedKeys {
 public:
  /// `watch`: an instance whose records the trace shows at every look.
  World(const Plan& plan, std::FILE* trace_to, std::optional<uint32_t> watch = std::nullopt);
  ~World();

  WorldResult run();

 private:
  struct Place {
    std::unique_ptr<Node> node;
    OurNode* ours = nullptr;  ///< the same, if it is one of ours
    uint32_t life = 0;
    bool up = false;
    bool leaving = false;
    Ns leave_until = 0;
    Ns back_after = 0;
    Ns frozen_until = 0;
    int clients_cut = 0;
    uint32_t wake_serial = 0;
    Ns wake_at = kNever;
    uint32_t boot_serial = 0;
  };

  // NetworkEnds
  [[nodiscard]] bool up(uint32_t node) const override { return places_[node].up; }
  [[nodiscard]] uint32_t life(uint32_t node) const override { return places_[node].life; }
  cluster::CallResult serve(uint32_t node, uint32_t caller, const cluster::Call& call, bool late) override;
  void answered(uint32_t node, uint64_t call_id, cluster::CallResult result) override;
  // NodeWatcher
  void hidden(uint32_t node, const Held& record, bool past_ceiling, Ns now) override;
  void cancelled(uint32_t node, uint32_t instance, uint32_t generation, Ns now) override;
  void told(uint32_t node, const char* event, const char* peer, const char* detail, Ns now) override;
  // JudgedNodes, ClientWorld, PollWorld
  [[nodiscard]] uint32_t count() const override { return static_cast<uint32_t>(places_.size()); }
  [[nodiscard]] const Node& at(uint32_t node) const override { return *places_[node].node; }
  Node* reach(uint32_t node) override;
  void stirred(uint32_t node) override { call_again(node); }
  OurNode* poll_at(uint32_t node) override;
  [[nodiscard]] bool somebody_is_silent() const override { return now_ - silent_at_ < 60 * kSecond; }

  // KeyWorld, JudgedKeys
  OurNode* keys_at(uint32_t node) override {
    return places_[node].ours && reach(node) && places_[node].ours->serves_keys() ? places_[node].ours : nullptr;
  }
  OurNode* alive(uint32_t node) override {
    return places_[node].ours && places_[node].up && !frozen(node) ? places_[node].ours : nullptr;
  }
  [[nodiscard]] bool cut_between(uint32_t a, uint32_t b) const override {
    return network_.troubled(a, b) || network_.troubled(b, a);
  }
  [[nodiscard]] bool same_zone(uint32_t a, uint32_t b) const override {
    return !plan_.on(FaultKind::kZones) || a % 2 == b % 2;
  }

  void handle(const Event& event);
  /// The node that has to act on it, or Network::kNobody.
  [[nodiscard]] uint32_t concerns(const Event& event) const;
  [[nodiscard]] bool frozen(uint32_t node) const { return places_[node].frozen_until > now_; }
  void call_again(uint32_t node);
  void wake(uint32_t node);
  void boot(uint32_t node);
  void stop(uint32_t node);
  void boot_later(uint32_t node, Ns at);

  // faults.cpp
  void begin_fault(uint32_t place);
  void end_fault(uint32_t place);
  void cut(const Fault& fault, bool on);
  [[nodiscard]] bool cuts_link(const Fault& fault, uint32_t from, uint32_t to) const;
  void crash(uint32_t node, Ns back_after);
  void depart(uint32_t node, Ns back_after);
  void heal();
  // episodes.cpp
  void step_episode(uint32_t place, uint32_t step);
  void isolate(uint32_t node, bool on);
  void next_step(uint32_t place, uint32_t step, Ns after);

  // verdicts.cpp
  void look();
  void look_at_keys();
  void note_silence();
  void show_watched();
  void verdict(uint32_t which);
  void check_insides(uint32_t node);
  void check_end(uint32_t node);

  const Plan plan_;
  const std::optional<uint32_t> watch_;
  Trace trace_;
  EventQueue queue_;
  SeededRandom network_random_;
  SeededRandom fault_random_;
  Names names_;
  std::vector<Place> places_;
  Network network_;
  Judge judge_;
  Clients clients_;
  Pollers pollers_;
  /// Everything about keys; null where no node has a key space.
  struct Keys {
    Keys(World& world, uint64_t seed, bool lossy);
    KeyJudge judge;
    KeyClients clients;
    KeyWatchers watchers;
  };
  std::unique_ptr<Keys> keys_;
  Ns now_ = 0;
  Ns last_boot_ = 0;
  Ns silent_at_ = -kNever;  ///< when somebody was silent last
  uint32_t looks_ = 0;
  bool healed_ = false;
  uint64_t events_ = 0;
  uint64_t partitions_ = 0;
  uint64_t crashes_ = 0;
};

}  // namespace discovery::simulation
