// What happens next: a binary heap of small events by true time; events of one moment in the order in which they were
// put in. An event says what and to whom by numbers; nothing in it is owned, so one is never cancelled: whoever it was
// meant for sees by `serial` that it is out of date.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "simulation/sim_time.h"

namespace discovery::simulation {

enum class EventKind : uint8_t {
  kWake,       ///< a node wanted to be called: node, serial
  kArrive,     ///< a call reaches its node: call, serial
  kAnswer,     ///< its answer comes back: call, serial
  kTimeout,    ///< the caller waits no longer: call, serial
  kProcess,    ///< a client process does what is due: process, serial
  kOperation,  ///< somebody does something to an instance: key
  kPoller,     ///< a poller asks: poller, serial
  kFault,      ///< a fault begins: place in the plan
  kFaultEnds,  ///< place in the plan
  kEpisode,    ///< the next step of a directed episode: place in the plan, step
  kBoot,       ///< a node comes up: node, serial
  kLook,       ///< the judge looks at every node
  kHeal,
  kVerdict,       ///< which of the final ones
  kKeyClient,     ///< a key-value client does what is due: client, serial
  kKeyOperation,  ///< somebody does something to one: client
  kKeyWatcher,    ///< a watcher looks after its watch: watcher, serial
  kKeyLook,       ///< the judge of keys looks at every node
};

struct Event {
  Ns at = 0;
  uint64_t order = 0;
  EventKind kind = EventKind::kLook;
  uint32_t whom = 0;
  uint32_t serial = 0;
};

class EventQueue {
 public:
  void put(Ns at, EventKind kind, uint32_t whom = 0, uint32_t serial = 0) {
    heap_.push_back({at, next_order_++, kind, whom, serial});
    std::push_heap(heap_.begin(), heap_.end(), later);
  }
  [[nodiscard]] bool empty() const { return heap_.empty(); }
  [[nodiscard]] size_t size() const { return heap_.size(); }
  /// Precondition: not empty.
  Event take() {
    std::pop_heap(heap_.begin(), heap_.end(), later);
    const Event next = heap_.back();
    heap_.pop_back();
    return next;
  }

 private:
  static bool later(const Event& a, const Event& b) { return a.at != b.at ? a.at > b.at : a.order > b.order; }

  std::vector<Event> heap_;
  uint64_t next_order_ = 0;
};

}  // namespace discovery::simulation
