// The clients: processes that register an instance and renew it every 30 s, as the Go SDK does, and people who do
// things to them: restart, move, start twice, set, let die.
//
// A process knows one node; when that does not answer it goes on to another. A request is carried out at the moment it
// is sent, or not at all; sometimes its answer is lost, and the process repeats what was done already. Each
// registration has a generation of its own (content.h). Thread: one.
#pragma once

#include <vector>

#include "base/random.h"
#include "simulation/event_queue.h"
#include "simulation/judge.h"
#include "simulation/node.h"

namespace discovery::simulation {

class ClientWorld {
 public:
  [[nodiscard]] virtual uint32_t count() const = 0;
  /// Null when no client reaches it: down, standing still, cut off from clients.
  virtual Node* reach(uint32_t node) = 0;
  /// A request was carried out there: the node may want to be called earlier.
  virtual void stirred(uint32_t node) = 0;

 protected:
  ~ClientWorld() = default;
};

class Clients {
 public:
  static constexpr Ns kRenewEvery = 30 * kSecond;
  static constexpr Ns kOperationEvery = 400 * kSecond;  ///< on the average, per instance

  Clients(uint32_t instances, uint64_t seed, bool answers_get_lost, ClientWorld& world, EventQueue& queue, Judge& judge,
          Trace& trace);

  /// All of them start, spread over the first half minute.
  void begin();
  void on_process(uint32_t process, uint32_t serial, Ns now);
  void on_operation(uint32_t instance, Ns now);
  /// From now on they only renew.
  void calm() { calm_ = true; }
  void all_answers_arrive() { lost_ppm_ = 0; }

  // -- for directed episodes; false: it could not be done
  bool register_at(uint32_t instance, uint32_t node, Ns now);
  bool cancel_at(uint32_t instance, uint32_t node, Ns now);
  bool set_at(uint32_t instance, uint32_t node, Ns now);
  /// Nobody else does anything to that instance until then.
  void reserve(uint32_t instance, Ns until) { reserved_[instance] = until; }
  /// The process of that instance is known to be registered, and renews at that node.
  void renew_at(uint32_t instance, uint32_t node, Ns now);

  [[nodiscard]] uint64_t operations() const { return operations_; }

 private:
  struct Process {
    bool runs = false;
    bool registered = false;
    bool alternates = false;  ///< renews through two nodes in turn
    uint32_t home = 0;
    uint32_t other_home = 0;
    uint32_t serial = 0;
  };
  static constexpr uint32_t kPerInstance = 2;

  Process& process(uint32_t instance, uint32_t which = 0) { return processes_[instance * kPerInstance + which]; }
  void start(uint32_t instance, uint32_t which, Ns at);
  void end(uint32_t instance, uint32_t which);
  void again(uint32_t process, Ns at);
  Reply do_register(uint32_t instance, uint32_t node, Ns now);
  Reply do_renew(uint32_t instance, uint32_t node, Ns now);
  Reply do_cancel(uint32_t instance, uint32_t node, Ns now);
  Reply do_set(uint32_t instance, uint32_t node, Ns now);
  uint32_t any_node() { return static_cast<uint32_t>(random_.below(world_.count())); }

  SeededRandom random_;
  ClientWorld& world_;
  EventQueue& queue_;
  Judge& judge_;
  Trace& trace_;
  uint32_t lost_ppm_;
  bool calm_ = false;
  std::vector<Process> processes_;
  std::vector<uint32_t> generations_;
  std::vector<uint32_t> sets_;
  std::vector<Ns> reserved_;
  uint64_t operations_ = 0;
};

}  // namespace discovery::simulation
