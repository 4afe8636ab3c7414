#include "node/reactor_unit.h"

namespace discovery::node {

void WakeDispatcher::changed(const registry::Wake& wake, TimePoint now) {
  if (host_) host_->nudge();
  wake_hubs(wake, now);
}

void WakeDispatcher::wake_hubs(const registry::Wake& wake, TimePoint now) {
  for (uint64_t left = wake.reactors; left != 0; left &= left - 1) {
    ReactorUnit& unit = *units_[static_cast<size_t>(__builtin_ctzll(left))];
    if (unit.reactor().on_own_thread()) {
      unit.mark_changed(wake.app_id, now);
    } else {
      unit.reactor().post([&unit, id = wake.app_id, now] { unit.mark_changed(id, now); });
    }
  }
}

}  // namespace discovery::node
