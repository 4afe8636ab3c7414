#include "net/standstill.h"

namespace discovery::net {

Standstill::Standstill(const std::vector<Reactor*>& reactors) {
  for (Reactor* const reactor : reactors) {
    reactor->post([gate = gate_] {
      std::unique_lock lock(gate->mutex);
      ++gate->arrived;
      gate->changed.notify_all();
      gate->changed.wait(lock, [&gate] { return gate->open; });
    });
  }
  std::unique_lock lock(gate_->mutex);
  all_ = gate_->changed.wait_for(lock, kArriveWithin, [&] { return gate_->arrived == reactors.size(); });
}

void Standstill::release() {
  const std::lock_guard lock(gate_->mutex);
  gate_->open = true;
  gate_->changed.notify_all();
}

}  // namespace discovery::net
