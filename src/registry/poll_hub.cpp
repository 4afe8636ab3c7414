#include "registry/poll_hub.h"

#include "base/check.h"

namespace discovery::registry {

namespace {
/// Adds unless that would pass the maximum.
bool take(std::atomic<uint64_t>& used, uint64_t more, uint64_t max) {
  if (used.fetch_add(more, std::memory_order_relaxed) + more <= max) return true;
  used.fetch_sub(more, std::memory_order_relaxed);
  return false;
}
}  // namespace

PollHub::PollHub(Registry& registry, Deadlines& deadlines, PollBudget& budget, unsigned reactor)
    : registry_(registry), deadlines_(deadlines), budget_(budget), reactor_(reactor) {
  DISCOVERY_CHECK(reactor < 64, "a Wake names reactors by the bits of 64");
}

PollHub::~PollHub() { DISCOVERY_CHECK(apps_.empty(), "sessions, and with them all waiters, go before the hub"); }

void PollHub::mark_changed(uint64_t app_id, TimePoint now) {
  const auto it = apps_.find(app_id);
  if (it == apps_.end() || it->second->linked()) return;
  it->second->changed_at = now;
  marked_.push_back(*it->second);
}

bool PollHub::flush(TimePoint now) {
  while (!marked_.empty()) {
    WatchedApp& app = marked_.pop_front();
    app.watches.for_each([&](Watch& w) {
      if (w.changed_at == TimePoint{}) w.changed_at = app.changed_at;
      ListNode<ReadyTag>& node = *w.waiter;
      if (!node.linked()) ready_.push_back(*w.waiter);
    });
  }
  for (size_t bytes = 0; !ready_.empty() && bytes < kBytesPerFlush;) {
    Waiter& waiter = ready_.pop_front();
    if (!waiter.concerned(now)) continue;
    TimerWheel::cancel(waiter);
    bytes += waiter.wake(Reason::kChange, now);
  }
  return has_marked();
}

Result<PollHub::WatchedApp*> PollHub::enter(AppKeyView key, std::string_view zone, int64_t cursor_ns, TimePoint now,
                                            AppState& state) {
  uint64_t id = 0;
  const auto seen = registry_.watch(key, zone, reactor_, cursor_ns, now, id);
  if (!seen) return seen.error();
  state = *seen;
  std::unique_ptr<WatchedApp>& slot = apps_[id];
  if (!slot) {
    slot = std::make_unique<WatchedApp>();
    slot->key = {std::string(key.appid), std::string(key.env)};
    slot->id = id;
  }
  return slot.get();
}

void PollHub::leave_if_empty(WatchedApp& app) {
  if (!app.watches.empty()) return;
  registry_.unwatch({app.key.env, app.key.appid}, reactor_);
  apps_.erase(app.id);
}

PollHub::Waiter::Waiter(PollHub& hub, size_t watches) : hub_(hub) {
  PollBudget& b = hub.budget_;
  if (watches == 0 || !take(b.polls, 1, b.polls_max.load(std::memory_order_relaxed))) return;
  if (!take(b.watches, watches, b.watches_max.load(std::memory_order_relaxed))) {
    b.polls.fetch_sub(1, std::memory_order_relaxed);
    return;
  }
  if (watches > 1) more_ = std::make_unique<Watch[]>(watches);
  room_ = static_cast<uint32_t>(watches);
}

PollHub::Waiter::~Waiter() {
  for (Watch& w : watches()) {
    w.unlink();
    --w.app->waiting;
    hub_.leave_if_empty(*w.app);
  }
  if (room_ == 0) return;
  hub_.budget_.polls.fetch_sub(1, std::memory_order_relaxed);
  hub_.budget_.watches.fetch_sub(room_, std::memory_order_relaxed);
}

Result<void> PollHub::Waiter::admitted() const {
  if (room_ > 0) return {};
  return Error{ErrorCode::kExhausted, "too many parked polls (polls.max_parked, polls.max_watches)"};
}

Result<AppState> PollHub::Waiter::join(AppKeyView app, std::string_view zone, int64_t cursor_ns, TimePoint now) {
  DISCOVERY_CHECK(joined_ < room_, "a waiter joins as many applications as it announced");
  AppState state;
  auto watched = hub_.enter(app, zone, cursor_ns, now, state);
  if (!watched) return watched.error();
  ++joined_;
  Watch& w = watches().back();
  w.app = *watched;
  w.waiter = this;
  w.app->watches.push_back(w);
  ++w.app->waiting;
  return state;
}

void PollHub::Waiter::on_deadline(TimePoint now) {
  ListNode<ReadyTag>::unlink();
  wake(Reason::kDeadline, now);
}

}  // namespace discovery::registry
