#include "simulation/pollers.h"

#include <algorithm>

#include "registry/cursor.h"
#include "registry/digest.h"
#include "simulation/chance.h"

namespace discovery::simulation {

using registry::PollState;

namespace {
constexpr Duration kPark = std::chrono::seconds(30);
constexpr uint32_t kAppsMax = 3;
constexpr uint32_t kMovesOneIn = 5;
}  // namespace

// One poll that waits, as protocol/discovery/poll_request.h has it.
class Pollers::Poll final : private registry::PollHub::Waiter, private registry::PollSight {
 public:
  Poll(Pollers& pollers, uint32_t number, OurNode& node, size_t apps)
      : Waiter(node.hub(), apps), pollers_(pollers), number_(number), node_(node), state_(apps, false) {}

  /// False: it has an answer at once.
  bool begin(TimePoint now) {
    for (const App& a : apps()) {
      const auto joined = join(pollers_.names_.app(a.number), {}, a.cursor_ns, now);
      if (!joined) return false;
      state_.add(*joined, a.cursor_ns, now, times_);
    }
    deadline_ = now + kPark;
    const PollState::Step step = state_.begin(now, deadline_, times_);
    if (step.act != PollState::Act::kRest) return false;
    rest(step.look_again);
    return true;
  }
  [[nodiscard]] const PollState& state() const { return state_; }

 private:
  [[nodiscard]] std::vector<App>& apps() { return pollers_.pollers_[number_].apps; }

  size_t wake(registry::PollHub::Reason reason, TimePoint now) override {
    const bool by_time = reason == registry::PollHub::Reason::kDeadline;
    if (by_time && !review(now)) return 0;
    Pollers& pollers = pollers_;
    const Ns true_now = node_.now();
    if (act_ == PollState::Act::kAnswer) {
      pollers.answer(number_, state_, now >= deadline_, true_now);
    } else {
      pollers.ask_again(number_, true_now + kMillisecond);
    }
    pollers.pollers_[number_].poll.reset();  // destroys this object
    return 100;
  }
  bool concerned(TimePoint now) override { return review(now); }
  bool review(TimePoint now) {
    reviewed_at_ = now;
    const PollState::Step step = state_.review(now, *this, times_);
    act_ = step.act;
    if (act_ != PollState::Act::kRest) return true;
    if (!step.paused) {
      for (registry::Watch& w : watches()) w.changed_at = {};
    }
    rest(step.look_again);
    return false;
  }
  registry::AppState look(size_t i) override {
    return node_.registry().look(pollers_.names_.app(apps()[i].number), {});
  }
  bool changed(size_t i) override {
    registry::Watch& w = watches()[i];
    if (w.changed_at == TimePoint{} && w.app->linked()) w.changed_at = w.app->changed_at;
    return w.changed_at != TimePoint{};
  }
  TimePoint hold_cursor(size_t i, int64_t cursor_ns, TimePoint now) override {
    return node_.registry().hold_cursor(pollers_.names_.app(apps()[i].number), cursor_ns, now);
  }
  void told_held(size_t i, int64_t cursor_ns) override {
    node_.registry().told_held(pollers_.names_.app(apps()[i].number), cursor_ns);
  }
  registry::AppState pass_cursor(size_t i, int64_t cursor_ns) override {
    registry::Wake wake;
    const auto state =
        node_.registry().pass_cursor(pollers_.names_.app(apps()[i].number), {}, cursor_ns, reviewed_at_, wake);
    if (wake.reactors != 0) node_.hub().mark_changed(wake.app_id, reviewed_at_);
    return state;
  }
  [[nodiscard]] bool all_peers_heard() const override { return node_.cluster().board().all_peers_heard(); }

  Pollers& pollers_;
  const uint32_t number_;
  OurNode& node_;
  PollState state_;
  const registry::PollTimes times_;
  PollState::Act act_ = PollState::Act::kRest;
  TimePoint reviewed_at_{};
  TimePoint deadline_{};
};

Pollers::Pollers(uint32_t count, uint64_t seed, const Names& names, PollWorld& world, EventQueue& queue, Judge& judge,
                 Trace& trace)
    : random_(stream(seed, 7)),
      names_(names),
      world_(world),
      queue_(queue),
      judge_(judge),
      trace_(trace),
      pollers_(count) {
  for (Poller& p : pollers_) {
    const uint64_t apps = 1 + random_.below(std::min(kAppsMax, names.app_count()));
    const auto first = static_cast<uint32_t>(random_.below(names.app_count()));
    for (uint32_t a = 0; a < apps; ++a) p.apps.push_back({.number = (first + a) % names.app_count()});
    p.node = static_cast<uint32_t>(random_.below(world.count()));
  }
}

Pollers::~Pollers() = default;

void Pollers::begin() {
  for (uint32_t p = 0; p < pollers_.size(); ++p) ask_again(p, between(random_, kSecond, 10 * kSecond));
}

void Pollers::ask_again(uint32_t poller, Ns at) {
  queue_.put(at, EventKind::kPoller, poller, ++pollers_[poller].serial);
}

void Pollers::on_poller(uint32_t poller, uint32_t serial, Ns now) {
  Poller& p = pollers_[poller];
  if (p.serial != serial || p.poll) return;
  if (random_.below(kMovesOneIn) == 0) move(poller);
  ask(poller, now);
}

void Pollers::forget_node(Poller& poller) {
  for (App& a : poller.apps) {
    a.differs_since = kNever;
    a.moved = true;
  }
}

void Pollers::move(uint32_t poller) {
  pollers_[poller].node = static_cast<uint32_t>(random_.below(world_.count()));
  forget_node(pollers_[poller]);
}

void Pollers::ask(uint32_t poller, Ns now) {
  Poller& p = pollers_[poller];
  OurNode* node = world_.poll_at(p.node);
  if (!node) {
    move(poller);
    return ask_again(poller, now + kSecond);
  }
  p.poll = std::make_unique<Poll>(*this, poller, *node, p.apps.size());
  if (!p.poll->begin(node->clock().read(now))) {
    answer(poller, p.poll->state(), false, now);
    p.poll.reset();
  }
  world_.stirred(p.node);
}

uint64_t Pollers::list_of(const OurNode& node, registry::AppKeyView app) {
  uint64_t sum = 0;
  node.registry().with_application(app, [&](const registry::Application& a) {
    a.for_each_listed([&](const registry::InstanceView& v) {
      const registry::InstanceKeyView key{app, v.instance->zone(), v.instance->hostname()};
      sum += registry::version_digest(node.cluster_key(), registry::key_digest(node.cluster_key(), key),
                                      v.instance->numbers.version) |
             1;
    });
  });
  return sum;
}

void Pollers::answer(uint32_t poller, const PollState& state, bool at_deadline, Ns now) {
  Poller& p = pollers_[poller];
  OurNode* node = world_.poll_at(p.node);
  ask_again(poller, now + between(random_, kMillisecond, 20 * kMillisecond));
  if (!node) return;
  ++answers_;
  if (now - p.second >= kSecond) {
    p.second = now;
    p.answers_this_second = 0;
  }
  if (++p.answers_this_second == kAnswersPerSecond + 1) {
    judge_.wrong(Wrong::kTooOften, now, "poller " + std::to_string(poller) + " at n" + std::to_string(p.node));
  }
  trace_.number(uint64_t{poller} << 32 | p.node);
  for (size_t i = 0; i < p.apps.size(); ++i) {
    App& a = p.apps[i];
    const registry::AppKeyView key = names_.app(a.number);
    const registry::AppState seen = node->registry().look(key, {});
    if (!state.listed(i) || !seen.known) continue;
    const uint64_t list = list_of(*node, key);
    trace_.number(static_cast<uint64_t>(seen.latest_timestamp_ns));
    trace_.line(now, "poller %u at n%u: app%u, cursor %lld -> %lld%s", poller, p.node, a.number,
                static_cast<long long>(a.cursor_ns), static_cast<long long>(seen.latest_timestamp_ns),
                list == a.list ? ", the same list" : "");
    // The one exception (2.5, last but one): at its deadline a poll is told a list that may hide a change. It went and
    // came back, or the poller comes from another node.
    const bool twin =
        at_deadline && registry::fingerprint_of(a.cursor_ns) == registry::fingerprint_of(seen.latest_timestamp_ns);
    if (list == a.list && !twin) {
      judge_.wrong(Wrong::kRepeated, now,
                   "poller " + std::to_string(poller) + " at n" + std::to_string(p.node) + " app" +
                       std::to_string(a.number) + ": cursor " + std::to_string(a.cursor_ns) + ", told T " +
                       std::to_string(seen.latest_timestamp_ns));
    }
    if (!a.moved && seen.latest_timestamp_ns < a.cursor_ns &&
        registry::is_plausible(a.cursor_ns, node->clock().read(now))) {
      judge_.wrong(Wrong::kTimestamp, now,
                   "poller " + std::to_string(poller) + " at n" + std::to_string(p.node) + ": T fell");
    }
    a.list = list;
    a.cursor_ns = seen.latest_timestamp_ns;
    a.differs_since = kNever;
    a.moved = false;
  }
}

void Pollers::hang_up(uint32_t node, Ns now) {
  for (uint32_t i = 0; i < pollers_.size(); ++i) {
    Poller& p = pollers_[i];
    if (p.node != node) continue;
    p.poll.reset();
    forget_node(p);
    ask_again(i, now + kSecond);
  }
}

/// Its cursor has the fingerprint of another list, as one change of a million leaves it: told at a poll's deadline
/// (cursor.h, missed_a_twin()), which polls of several applications may not reach for long.
bool Pollers::is_twin(const App& app, const OurNode& node) const {
  const registry::AppState state = node.registry().look(names_.app(app.number), {});
  return registry::fingerprint_of(app.cursor_ns) == registry::fingerprint_of(state.latest_timestamp_ns);
}

void Pollers::check(Ns now) {
  const Ns limit = world_.somebody_is_silent() ? kMissedAfterSilence : kMissedAfter;
  for (uint32_t i = 0; i < pollers_.size(); ++i) {
    Poller& p = pollers_[i];
    const OurNode* node = p.poll ? world_.poll_at(p.node) : nullptr;
    for (App& a : p.apps) {
      const uint64_t list = node ? list_of(*node, names_.app(a.number)) : 0;
      if (!node || list == 0 || list == a.list) {
        a.differs_since = kNever;
      } else if (a.differs_since == kNever) {
        a.differs_since = now;
      } else if (is_twin(a, *node) && (p.apps.size() > 1 || now - a.differs_since <= kMissedAfterSilence)) {
        continue;
      } else if (now - a.differs_since > limit) {
        judge_.wrong(Wrong::kMissed, now,
                     "poller " + std::to_string(i) + " at n" + std::to_string(p.node) + " app" +
                         std::to_string(a.number) + " with cursor " + std::to_string(a.cursor_ns) + " since " +
                         std::to_string(a.differs_since / kMillisecond) + " ms; T " +
                         std::to_string(node->registry().look(names_.app(a.number), {}).latest_timestamp_ns));
        a.differs_since = kNever;
      }
    }
  }
}

}  // namespace discovery::simulation
