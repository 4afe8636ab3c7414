// The pollers: clients that wait for changes by long polls, move between nodes at random and take their cursors with
// them. They run the production code of a poll, hub and all (registry/poll_hub.h, poll_state.h), and check what they
// are told (replication.md 2.1, I5; 2.5, R8).
//
// Thread: one. Of nodes of ours only.
#pragma once

#include <memory>
#include <vector>

#include "base/random.h"
#include "simulation/event_queue.h"
#include "simulation/judge.h"
#include "simulation/our_node.h"

namespace discovery::simulation {

class PollWorld {
 public:
  [[nodiscard]] virtual uint32_t count() const = 0;
  /// Null when it cannot be asked, or answers no reads.
  virtual OurNode* poll_at(uint32_t node) = 0;
  virtual void stirred(uint32_t node) = 0;
  /// A node is down, cut off or stands still, or did so a short while ago.
  [[nodiscard]] virtual bool somebody_is_silent() const = 0;

 protected:
  ~PollWorld() = default;
};

class Pollers {
 public:
  static constexpr Ns kMissedAfter = 10 * kSecond;
  static constexpr Ns kMissedAfterSilence = 36 * kSecond;  ///< a poll's whole time, and a hold
  static constexpr uint32_t kAnswersPerSecond = 10;

  Pollers(uint32_t count, uint64_t seed, const Names& names, PollWorld& world, EventQueue& queue, Judge& judge,
          Trace& trace);
  ~Pollers();

  void begin();
  void on_poller(uint32_t poller, uint32_t serial, Ns now);
  /// Its process is about to end: the connections break.
  void hang_up(uint32_t node, Ns now);
  /// Compares what each poller knows with what its node lists.
  void check(Ns now);
  [[nodiscard]] uint64_t answers() const { return answers_; }

 private:
  class Poll;
  struct App {
    uint32_t number = 0;
    int64_t cursor_ns = 0;
    uint64_t list = 0;          ///< what it was told last; 0: nothing
    Ns differs_since = kNever;  ///< from its node's list
    bool moved = false;         ///< was not told since its poller came to its node
  };
  struct Poller {
    std::vector<App> apps;
    uint32_t node = 0;
    uint32_t serial = 0;
    Ns second = 0;
    uint32_t answers_this_second = 0;
    std::unique_ptr<Poll> poll;
  };

  void ask(uint32_t poller, Ns now);
  void move(uint32_t poller);
  static void forget_node(Poller& poller);
  void answer(uint32_t poller, const registry::PollState& state, bool at_deadline, Ns now);
  void ask_again(uint32_t poller, Ns at);
  /// Which records are listed, in which version: over all zones and states of service.
  static uint64_t list_of(const OurNode& node, registry::AppKeyView app);
  [[nodiscard]] bool is_twin(const App& app, const OurNode& node) const;

  SeededRandom random_;
  const Names& names_;
  PollWorld& world_;
  EventQueue& queue_;
  Judge& judge_;
  Trace& trace_;
  std::vector<Poller> pollers_;
  uint64_t answers_ = 0;
};

}  // namespace discovery::simulation
