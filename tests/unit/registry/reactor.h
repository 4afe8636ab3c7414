// A poll hub with its wheel, and waiters that write down what happens to them.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "registry/poll_hub.h"
#include "unit/registry/node.h"

namespace discovery::registry {

struct Reactor {
  explicit Reactor(Node& n, PollBudget& b, unsigned i = 0)
      : node(n), budget(b), index(i), wheel(n.now), hub(n.registry, wheel, b, i) {}

  Node& node;
  PollBudget& budget;
  const unsigned index;
  TimerWheel wheel;
  PollHub hub;

  /// What the loop does with a Wake that a write on any thread returned. True: it named this reactor.
  bool deliver(const Wake& wake) {
    if ((wake.reactors >> index & 1) == 0) return false;
    hub.mark_changed(wake.app_id, node.now);
    return true;
  }
  /// Whole turns of the loop, until nothing is left to do.
  void turn() {
    wheel.advance(node.now);
    while (hub.flush(node.now)) {
    }
  }
};

class TestWaiter final : public PollHub::Waiter {
 public:
  struct Woken {
    PollHub::Reason reason;
    TimePoint at;
    std::vector<std::string> changed;  ///< appids of its watches that changed
  };

  TestWaiter(Reactor& reactor, size_t watches) : Waiter(reactor.hub, watches) {}

  std::vector<Woken> woken;
  size_t answer_bytes = 100;
  bool is_concerned = true;
  int asked = 0;
  std::function<void()> then;  ///< runs inside wake(); may destroy waiters, this one included

 private:
  size_t wake(PollHub::Reason reason, TimePoint now) override {
    Woken w{reason, now, {}};
    for (const Watch& watch : watches()) {
      if (watch.changed_at != TimePoint{}) w.changed.push_back(watch.app->key.appid);
    }
    woken.push_back(std::move(w));
    const size_t bytes = answer_bytes;
    if (then) {
      const auto run = std::move(then);
      run();
    }
    return bytes;
  }
  bool concerned(TimePoint /*now*/) override {
    ++asked;
    if (!is_concerned) {
      for (Watch& watch : watches()) watch.changed_at = {};
    }
    return is_concerned;
  }
};

/// A waiter that rests for 30 s on these applications.
inline std::unique_ptr<TestWaiter> park(Reactor& reactor, const std::vector<Name>& names) {
  auto waiter = std::make_unique<TestWaiter>(reactor, names.size());
  EXPECT_TRUE(waiter->admitted());
  for (const Name& n : names) EXPECT_TRUE(waiter->join(n.app(), "", reactor.node.latest(n), reactor.node.now));
  waiter->rest(reactor.node.now + seconds(30));
  return waiter;
}

}  // namespace discovery::registry
