// Who is told of changes of the registry: the key space always, the history once it is switched on.
// Thread: as registry::ChangeObserver; show_history() from any.
#pragma once

#include <atomic>

#include "registry/change_observer.h"
#include "registry/origin.h"

namespace discovery::node {

class ChangeFanout final : public registry::ChangeObserver {
 public:
  ChangeFanout(registry::ChangeObserver& keys, registry::ChangeObserver& history) : keys_(keys), history_(history) {}

  void tell_history() { history_on_.store(true, std::memory_order_release); }

  void changed(const registry::RecordChange& change) override {
    keys_.changed(change);
    // Keys and leases have a history of their own; instances that they stand for are told like others.
    if (history_on_.load(std::memory_order_acquire) && !registry::is_reserved_env(change.app.env)) {
      history_.changed(change);
    }
  }

 private:
  registry::ChangeObserver& keys_;
  registry::ChangeObserver& history_;
  std::atomic<bool> history_on_{false};
};

}  // namespace discovery::node
