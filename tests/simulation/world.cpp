#include "simulation/world.h"

#include "simulation/chance.h"
#include "simulation/original_node.h"

namespace discovery::simulation {

namespace {
constexpr uint32_t kPollers = 20;
constexpr Ns kLookEvery = 5 * kSecond;
constexpr Ns kKeyLookEvery = kSecond;
constexpr Ns kFirstVerdict = 10 * kSecond;
constexpr Ns kSecondVerdict = 110 * kSecond;
constexpr Ns kLastVerdict = 400 * kSecond;

uint32_t pollers_of(const Plan& plan) {
  return plan.settings.rules_of_original ? 0 : std::min(kPollers, plan.settings.instances);
}

NodeClock clock_of(const Plan& plan, uint32_t node) {
  SeededRandom random = stream(plan.settings.seed, 8, node);
  const Ns offset = between(random, -2 * kSecond, 2 * kSecond);
  const int64_t drift = between(random, -200, 200);
  return plan.on(FaultKind::kSkew) ? NodeClock(offset, drift) : NodeClock();
}

NetworkQuality quality_of(const Plan& plan) {
  NetworkQuality q;
  if (!plan.on(FaultKind::kNetwork)) return q;
  q.lost_ppm = 20'000;
  q.repeated_ppm = 10'000;
  q.slow_ppm = 10'000;
  q.latency_mean = 5 * kMillisecond;
  return q;
}
}  // namespace

World::Keys::Keys(World& world, uint64_t seed, bool lossy)
    : judge(world, world.judge_, lossy),
      clients(seed, world, world.queue_, judge, world.trace_),
      watchers(seed, world, world.queue_, judge, world.trace_) {}

World::World(const Plan& plan, std::FILE* trace_to, std::optional<uint32_t> watch)
    : plan_(plan),
      watch_(watch),
      network_random_(stream(plan.settings.seed, 9)),
      fault_random_(stream(plan.settings.seed, 10)),
      names_(plan.settings.instances),
      places_(plan.settings.nodes),
      network_(plan.settings.nodes, queue_, network_random_, trace_, *this),
      judge_(*this, network_, trace_, names_, plan.on(FaultKind::kLegacy) && !plan.settings.rules_of_original,
             plan.settings.rules_of_original),
      clients_(plan.settings.instances, plan.settings.seed, plan.on(FaultKind::kNetwork), *this, queue_, judge_,
               trace_),
      pollers_(pollers_of(plan), plan.settings.seed, names_, *this, queue_, judge_, trace_) {
  trace_.print_to(trace_to);
  const PlanSettings& s = plan_.settings;
  const uint32_t originals = s.rules_of_original ? s.nodes
                             : plan_.on(FaultKind::kLegacy)
                                 ? 1 + static_cast<uint32_t>(fault_random_.below(std::max(1U, s.nodes / 2)))
                                 : 0;
  for (uint32_t n = 0; n < s.nodes; ++n) {
    Place& p = places_[n];
    if (n >= s.nodes - originals) {
      NodeWatcher& watcher = *this;  // a private base: make_unique cannot reach it
      p.node = std::make_unique<OriginalNode>(n, s.nodes, s.seed, clock_of(plan_, n), names_, network_, watcher);
      continue;
    }
    const OurNodeSettings settings{.number = n,
                                   .nodes = s.nodes,
                                   .seed = s.seed,
                                   .disk = plan_.on(FaultKind::kDisk),
                                   .small_queues = plan_.on(FaultKind::kSmallQueues),
                                   .zones = plan_.on(FaultKind::kZones),
                                   .keys = plan_.on(FaultKind::kKeys),
                                   .clock = clock_of(plan_, n)};
    NodeWatcher& watcher = *this;
    auto ours = std::make_unique<OurNode>(settings, names_, network_, watcher);
    p.ours = ours.get();
    p.node = std::move(ours);
  }
  if (plan_.on(FaultKind::kKeys)) {
    keys_ = std::make_unique<Keys>(*this, s.seed, plan_.on(FaultKind::kNetwork) || plan_.on(FaultKind::kSmallQueues));
  }
}

World::~World() = default;

WorldResult World::run() {
  network_.set_quality(quality_of(plan_));
  queue_.put(plan_.heal_at, EventKind::kHeal);
  queue_.put(plan_.heal_at + kFirstVerdict, EventKind::kVerdict, 0);
  queue_.put(plan_.heal_at + kSecondVerdict, EventKind::kVerdict, 1);
  queue_.put(plan_.heal_at + kLastVerdict, EventKind::kVerdict, 2);
  queue_.put(kLookEvery, EventKind::kLook);
  for (uint32_t n = 0; n < count(); ++n) boot_later(n, static_cast<Ns>(fault_random_.below(kSecond)));
  clients_.begin();
  pollers_.begin();
  if (keys_) {
    keys_->clients.begin();
    keys_->watchers.begin();
    queue_.put(kKeyLookEvery, EventKind::kKeyLook);
  }
  for (uint32_t f = 0; f < plan_.faults.size(); ++f) queue_.put(plan_.faults[f].at, EventKind::kFault, f);

  while (!queue_.empty()) {
    const Event event = queue_.take();
    if (event.at > plan_.settings.length) break;
    now_ = event.at;
    const uint32_t node = concerns(event);
    if (node != Network::kNobody && frozen(node)) {
      queue_.put(places_[node].frozen_until, event.kind, event.whom, event.serial);
      continue;
    }
    ++events_;
    trace_.number(static_cast<uint64_t>(event.at) << 8 ^ static_cast<uint64_t>(event.kind) ^
                  uint64_t{event.whom} << 48);
    handle(event);
  }
  for (uint32_t n = 0; n < count(); ++n) stop(n);

  WorldResult r;
  r.seed = plan_.settings.seed;
  r.trace_hash = trace_.hash();
  r.simulated = plan_.settings.length;
  r.events = events_;
  r.messages = network_.messages();
  r.operations = clients_.operations();
  r.polls = pollers_.answers();
  if (keys_) r.key_operations = keys_->clients.operations();
  if (keys_) r.key_events = keys_->watchers.told();
  r.partitions = partitions_;
  r.crashes = crashes_;
  r.inversions = judge_.inversions();
  r.violations = judge_.violations();
  return r;
}

uint32_t World::concerns(const Event& event) const {
  switch (event.kind) {
    case EventKind::kWake:
      return event.whom;
    case EventKind::kArrive:
    case EventKind::kAnswer:
    case EventKind::kTimeout:
      return network_.receiver(event);
    default:
      return Network::kNobody;
  }
}

void World::handle(const Event& event) {
  switch (event.kind) {
    case EventKind::kWake:
      if (places_[event.whom].wake_serial == event.serial) wake(event.whom);
      break;
    case EventKind::kArrive:
      network_.on_arrive(event.whom, event.serial, now_);
      break;
    case EventKind::kAnswer:
      network_.on_answer(event.whom, event.serial, now_);
      break;
    case EventKind::kTimeout:
      network_.on_timeout(event.whom, event.serial, now_);
      break;
    case EventKind::kProcess:
      clients_.on_process(event.whom, event.serial, now_);
      break;
    case EventKind::kOperation:
      clients_.on_operation(event.whom, now_);
      break;
    case EventKind::kPoller:
      pollers_.on_poller(event.whom, event.serial, now_);
      break;
    case EventKind::kFault:
      begin_fault(event.whom);
      break;
    case EventKind::kFaultEnds:
      end_fault(event.whom);
      break;
    case EventKind::kEpisode:
      step_episode(event.whom, event.serial);
      break;
    case EventKind::kBoot:
      if (places_[event.whom].boot_serial == event.serial) boot(event.whom);
      break;
    case EventKind::kLook:
      look();
      queue_.put(now_ + kLookEvery, EventKind::kLook);
      break;
    case EventKind::kHeal:
      heal();
      break;
    case EventKind::kVerdict:
      verdict(event.whom);
      break;
    case EventKind::kKeyClient:
      keys_->clients.on_client(event.whom, event.serial, now_);
      break;
    case EventKind::kKeyOperation:
      keys_->clients.on_operation(event.whom, now_);
      break;
    case EventKind::kKeyWatcher:
      keys_->watchers.on_watcher(event.whom, event.serial, now_);
      break;
    case EventKind::kKeyLook:
      look_at_keys();
      queue_.put(now_ + kKeyLookEvery, EventKind::kKeyLook);
      break;
  }
}

// ---------------------------------------------------------------------------------------------------- nodes

void World::call_again(uint32_t node) {
  Place& p = places_[node];
  if (!p.up || p.wake_at <= now_) return;
  p.wake_at = now_;
  queue_.put(now_, EventKind::kWake, node, ++p.wake_serial);
}

void World::wake(uint32_t node) {
  Place& p = places_[node];
  p.wake_at = kNever;
  if (!p.up) return;
  const Ns next = p.node->run(now_);
  if (p.leaving && (p.node->left() || now_ >= p.leave_until)) {
    trace_.line(now_, "n%u has left%s", node, p.node->left() ? "" : " with something untold");
    const Ns back = now_ + p.back_after;
    stop(node);
    return boot_later(node, back);
  }
  if (p.wake_at != kNever || next == kNever) return;
  p.wake_at = next;
  queue_.put(next, EventKind::kWake, node, ++p.wake_serial);
}

void World::boot_later(uint32_t node, Ns at) { queue_.put(at, EventKind::kBoot, node, ++places_[node].boot_serial); }

void World::boot(uint32_t node) {
  Place& p = places_[node];
  if (p.up) return;
  p.up = true;
  p.leaving = false;
  ++p.life;
  last_boot_ = now_;
  trace_.line(now_, "n%u starts", node);
  p.node->boot(now_);
  judge_.booted(node, now_);
  if (keys_) keys_->judge.booted(node, now_);
  p.wake_at = kNever;
  call_again(node);
}

void World::stop(uint32_t node) {
  Place& p = places_[node];
  if (!p.up) return;
  trace_.line(now_, "n%u stops", node);
  pollers_.hang_up(node, now_);
  if (keys_) keys_->watchers.hang_up(node, keys_->judge.stops(node, now_));
  judge_.stops(node, p.ours && p.ours->writes_survive(), now_);
  p.node->stop(now_);
  p.up = false;
  p.leaving = false;
  p.frozen_until = now_;
  ++p.wake_serial;
  p.wake_at = kNever;
  network_.drop(node);
  if (p.ours && p.ours->leaks()) judge_.wrong(Wrong::kLeak, now_, "n" + std::to_string(node));
}

cluster::CallResult World::serve(uint32_t node, uint32_t caller, const cluster::Call& call, bool late) {
  auto result = places_[node].node->serve(caller, call, now_);
  if (late) judge_.look_at(node, now_);
  call_again(node);
  return result;
}

void World::answered(uint32_t node, uint64_t call_id, cluster::CallResult result) {
  places_[node].node->answered(call_id, std::move(result), now_);
  call_again(node);
}

Node* World::reach(uint32_t node) {
  const Place& p = places_[node];
  return p.up && !frozen(node) && p.clients_cut == 0 ? p.node.get() : nullptr;
}

OurNode* World::poll_at(uint32_t node) {
  const Place& p = places_[node];
  return p.ours && reach(node) && p.ours->ready() ? p.ours : nullptr;
}

void World::hidden(uint32_t node, const Held& record, bool past_ceiling, Ns now) {
  trace_.number(uint64_t{node} << 32 | record.instance);
  judge_.hidden(node, record, past_ceiling, now);
}

void World::cancelled(uint32_t node, uint32_t instance, uint32_t generation, Ns /*now*/) {
  judge_.applied_cancel(node, instance, generation);
}

void World::told(uint32_t node, const char* event, const char* peer, const char* detail, Ns now) {
  trace_.line(now, "n%u: %s %s (%s)", node, event, peer, detail);
}

}  // namespace discovery::simulation
