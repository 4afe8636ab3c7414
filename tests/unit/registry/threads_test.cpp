// Several reactors on one registry: everything at once, a bounded number of operations, invariants at the end. Its
// worth is under -fsanitize=thread; the invariants hold under any schedule.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <map>
#include <memory>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "registry/poll_hub.h"
#include "unit/registry/node.h"

namespace discovery::registry {
namespace {

constexpr unsigned kReactors = 3;
constexpr int kOperations = 6000;  // of each reactor

/// A clock for all threads that moves a little with each reading, fourteen minutes in all: less than until the recount.
class TestClock {
 public:
  TimePoint now() { return from_wire_ns(to_wire_ns(kStart) + ns_.fetch_add(kStep, std::memory_order_relaxed)); }

 private:
  static constexpr int64_t kStep = Duration(minutes(14)).count() / (kReactors * kOperations + 1);
  std::atomic<int64_t> ns_{0};
};

/// Wakes on their way to a reactor.
class Mailbox {
 public:
  void post(const Wake& wake) {
    const MutexLock lock(mutex_);
    wakes_.push_back(wake);
  }
  std::vector<Wake> take() {
    const MutexLock lock(mutex_);
    return std::exchange(wakes_, {});
  }

 private:
  Mutex mutex_;
  std::vector<Wake> wakes_ GUARDED_BY(mutex_);
};

struct Shared {
  Registry registry{RegistrySettings{}};
  PollBudget budget;
  TestClock clock;
  std::array<Mailbox, kReactors> mail;

  void route(const Wake& wake) {
    for (unsigned r = 0; r < kReactors; ++r) {
      if (wake.reactors >> r & 1) mail[r].post(wake);
    }
  }
};

class Parked final : public PollHub::Waiter {
 public:
  explicit Parked(PollHub& hub) : Waiter(hub, 1) {}
  Name name;
  int64_t cursor_ns = 0;
  bool woken = false;

 private:
  size_t wake(PollHub::Reason /*reason*/, TimePoint /*now*/) override {
    woken = true;
    return 1000;
  }
  bool concerned(TimePoint /*now*/) override { return true; }
};

/// One reactor's thread: writes and reads like any request handler, and parks waiters of its own.
class Worker {
 public:
  Worker(Shared& shared, unsigned index)
      : shared_(shared),
        index_(index),
        random_(index + 1),
        wheel_(kStart),
        hub_(shared.registry, wheel_, shared.budget, index),
        sweep_(shared.registry, kStart) {}

  void run() {
    for (int i = 0; i < kOperations; ++i) {
      now_ = shared_.clock.now();
      request();
      turn();
      if (index_ == 0) {  // one thread sweeps
        sweep_.step(now_, random_, [&](const Expired& e) { shared_.route(e.wake); });
      }
    }
  }
  void turn() {
    wheel_.advance(now_);
    for (const Wake& w : shared_.mail[index_].take()) hub_.mark_changed(w.app_id, now_);
    while (hub_.flush(now_)) {
    }
    std::erase_if(parked_, [](const auto& p) { return p->woken; });
  }
  /// Who still rests must have seen all there is.
  void expect_nothing_missed() {
    turn();
    for (const auto& p : parked_) {
      EXPECT_EQ(shared_.registry.look(p->name.app(), "").latest_timestamp_ns, p->cursor_ns) << p->name;
    }
  }
  void leave() { parked_.clear(); }
  [[nodiscard]] Sweep& sweep() { return sweep_; }

 private:
  Name some_name() {
    return {std::to_string(random_.below(8)), random_.below(2) ? "x" : "y", "app-" + std::to_string(random_.below(3)),
            "e"};
  }
  void request() {
    const Name name = some_name();
    switch (random_.below(10)) {
      case 0:
      case 1:
      case 2:
        return put(name);
      case 3:
        return renew(name);
      case 4:
        return cancel(name);
      case 5:
        return set(name);
      case 6:
        return view(name);
      case 7:
        return look(name);
      case 8:
        return park(name);
      default:
        if (!parked_.empty())
          parked_.erase(parked_.begin() + static_cast<std::ptrdiff_t>(random_.below(parked_.size())));
    }
  }
  void put(const Name& name) {
    RegisterArgs args;
    args.key = name.key();
    args.addrs_json = "[]";
    args.metadata_json = "{}";
    const auto outcome = shared_.registry.register_instance(args, now_);
    ASSERT_TRUE(outcome);
    shared_.route(outcome->wake);
  }
  void renew(const Name& name) {
    const auto verdict = shared_.registry.renew(
        {name.key(), false, 0}, now_, [&](const InstanceView& v) { EXPECT_EQ(v.instance->hostname(), name.hostname); });
    if (!verdict) {
      EXPECT_EQ(verdict.error().code, ErrorCode::kNotFound);
    }
  }
  void cancel(const Name& name) {
    const auto outcome = shared_.registry.cancel({name.key(), Writer::kClient, 0}, now_);
    if (outcome) shared_.route(outcome->wake);
  }
  void set(const Name& name) {
    const SetItem item{name.hostname, 1 + static_cast<uint32_t>(random_.below(2)), true};
    const auto merge = [&](size_t, std::string_view) -> Result<std::string> {
      return std::string(random_.below(30), 'm');
    };
    const auto wake = shared_.registry.set({name.app(), name.zone, {&item, 1}, 0, false, merge}, now_);
    if (wake) shared_.route(*wake);
  }
  void view(const Name& name) {
    const auto view =
        shared_.registry.view(name.app(), {3, ""}, now_, [](const Listing& list, const ViewForm&, std::string& out) {
          for (const InstanceView& v : list.instances()) out += v.instance->hostname();
          EXPECT_EQ(out.size(), list.instances().size());
        });
    if (view.bytes) {
      EXPECT_FALSE(view.bytes->text().empty());
    }
  }
  void look(const Name& name) {
    int64_t& last = seen_[name.appid];
    const int64_t t = shared_.registry.look(name.app(), "").latest_timestamp_ns;
    EXPECT_GE(t, last) << "T fell";
    last = t;
  }
  void park(const Name& name) {
    auto p = std::make_unique<Parked>(hub_);
    const auto state = p->join(name.app(), "", 0, kStart);
    ASSERT_TRUE(state);
    p->name = name;
    p->cursor_ns = state->latest_timestamp_ns;
    p->rest(now_ + hours(1));
    parked_.push_back(std::move(p));
  }

  Shared& shared_;
  const unsigned index_;
  SeededRandom random_;
  TimerWheel wheel_;
  PollHub hub_;
  Sweep sweep_;
  TimePoint now_ = kStart;
  std::map<std::string, int64_t> seen_;
  std::vector<std::unique_ptr<Parked>> parked_;
};

TEST(RegistryThreads, ReactorsShareOneRegistry) {
  Shared shared;
  std::vector<std::unique_ptr<Worker>> workers;
  for (unsigned r = 0; r < kReactors; ++r) workers.push_back(std::make_unique<Worker>(shared, r));
  std::vector<std::thread> threads;
  for (auto& w : workers) threads.emplace_back([&w] { w->run(); });
  for (std::thread& t : threads) t.join();
  for (auto& w : workers) w->expect_nothing_missed();

  int64_t listed = 0;
  shared.registry.for_each_application(
      [&](const Application& app) { app.for_each_listed([&](const InstanceView&) { ++listed; }); });
  EXPECT_GT(listed, 0);
  EXPECT_EQ(shared.registry.size(), listed);
  EXPECT_EQ(shared.registry.lease_status().expected_per_minute, 2 * listed);

  for (auto& w : workers) w->leave();
  EXPECT_EQ(shared.budget.polls, 0U);
  EXPECT_EQ(shared.budget.watches, 0U);
  SeededRandom random(1);
  for (TimePoint now = kStart + minutes(20); now < kStart + hours(5); now += minutes(1)) {
    while (workers[0]->sweep().step(now, random, [](const Expired&) {}) <= now) {
    }
  }
  EXPECT_EQ(shared.registry.size(), 0);
  EXPECT_EQ(shared.registry.memory_bytes(), 0U);
}

}  // namespace
}  // namespace discovery::registry
