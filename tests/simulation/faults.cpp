// How the faults of the plan happen.
#include "simulation/chance.h"
#include "simulation/world.h"

namespace discovery::simulation {

namespace {
constexpr Ns kLeaveTime = 5 * kSecond;

uint64_t mix(uint64_t pick, uint64_t number) {
  SeededRandom random(pick ^ number * 0x9e3779b97f4a7c15ULL);
  return random.next();
}
}  // namespace

bool World::cuts_link(const Fault& f, uint32_t from, uint32_t to) const {
  const uint32_t n = count();
  switch (f.shape) {
    case CutShape::kUniform: {
      const uint64_t pair = f.one_way ? from * n + to : std::min(from, to) * n + std::max(from, to);
      return mix(f.pick, pair) % 2 == 0;
    }
    case CutShape::kIsolate: {
      const auto alone = static_cast<uint32_t>(f.pick % n);
      if (!f.one_way) return (from == alone) != (to == alone);
      return f.pick >> 40 & 1 ? from == alone : to == alone;
    }
    case CutShape::kHalves: {
      const bool a = mix(f.pick, from) & 1;
      const bool b = mix(f.pick, to) & 1;
      return f.one_way ? a && !b : a != b;
    }
    case CutShape::kRing: {
      const uint32_t apart = (from + n - to) % n;
      return f.one_way ? apart > 1 : apart != 1 && apart != n - 1;
    }
  }
  return false;
}

void World::cut(const Fault& f, bool on) {
  for (uint32_t from = 0; from < count(); ++from) {
    for (uint32_t to = 0; to < count(); ++to) {
      if (from == to || !cuts_link(f, from, to)) continue;
      if (on) {
        network_.cut(from, to);
      } else {
        network_.uncut(from, to);
      }
    }
  }
}

void World::isolate(uint32_t node, bool on) {
  for (uint32_t other = 0; other < count(); ++other) {
    if (other == node) continue;
    if (on) {
      network_.cut(node, other);
      network_.cut(other, node);
    } else {
      network_.uncut(node, other);
      network_.uncut(other, node);
    }
  }
}

void World::crash(uint32_t node, Ns back_after) {
  if (!places_[node].up) return;
  ++crashes_;
  stop(node);
  boot_later(node, now_ + back_after);
}

void World::depart(uint32_t node, Ns back_after) {
  Place& p = places_[node];
  if (!p.up || p.leaving) return;
  p.leaving = true;
  p.leave_until = now_ + kLeaveTime;
  p.back_after = back_after;
  p.node->leave(now_);
  call_again(node);
}

void World::next_step(uint32_t place, uint32_t step, Ns after) {
  queue_.put(now_ + after, EventKind::kEpisode, place, step);
}

void World::begin_fault(uint32_t place) {
  const Fault& f = plan_.faults[place];
  const auto node = static_cast<uint32_t>(f.pick % count());
  trace_.line(now_, "fault %u: %s (n%u)", plan_.places[place], describe(f).c_str(), node);
  switch (f.kind) {
    case FaultKind::kPartition:
      ++partitions_;
      cut(f, true);
      queue_.put(now_ + f.lasting, EventKind::kFaultEnds, place);
      break;
    case FaultKind::kCrash:
      crash(node, f.lasting);
      break;
    case FaultKind::kFreeze:
      if (places_[node].up) places_[node].frozen_until = std::max(places_[node].frozen_until, now_ + f.lasting);
      break;
    case FaultKind::kLeave:
      depart(node, f.lasting);
      break;
    case FaultKind::kRolling:
    case FaultKind::kStorm:
    case FaultKind::kEpisode:
      step_episode(place, 0);
      break;
    case FaultKind::kClientsCut:
      ++places_[node].clients_cut;
      queue_.put(now_ + f.lasting, EventKind::kFaultEnds, place);
      break;
    case FaultKind::kClockStep:
      places_[node].node->step_wall(f.step);
      judge_.wall_stepped(node);
      break;
    case FaultKind::kLongAbsence:
      if (f.pick >> 50 & 1) {
        crash(node, f.lasting);
      } else {
        ++partitions_;
        isolate(node, true);
        queue_.put(now_ + f.lasting, EventKind::kFaultEnds, place);
      }
      break;
    default:
      break;  // properties of the whole run
  }
}

void World::end_fault(uint32_t place) {
  if (healed_) return;
  const Fault& f = plan_.faults[place];
  const auto node = static_cast<uint32_t>(f.pick % count());
  trace_.line(now_, "fault %u ends: %s", plan_.places[place], describe(f).c_str());
  if (f.kind == FaultKind::kPartition) cut(f, false);
  if (f.kind == FaultKind::kClientsCut) --places_[node].clients_cut;
  if (f.kind == FaultKind::kLongAbsence) isolate(node, false);
}

void World::heal() {
  healed_ = true;
  trace_.line(now_, "healed");
  network_.heal(now_);
  network_.set_quality({});
  clients_.calm();
  clients_.all_answers_arrive();
  if (keys_) keys_->clients.calm();
  if (keys_) keys_->judge.no_more_losses(now_);
  for (uint32_t n = 0; n < count(); ++n) {
    Place& p = places_[n];
    p.clients_cut = 0;
    if (frozen(n)) {
      p.frozen_until = now_;
      p.wake_at = kNever;
      call_again(n);
    }
    if (p.leaving) p.back_after = kSecond;
    if (!p.up) boot_later(n, now_);
  }
}

}  // namespace discovery::simulation
