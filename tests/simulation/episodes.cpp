// Directed courses of events that chance rarely brings about (replication.md 2.3, 2.5: "directed test").
#include "simulation/chance.h"
#include "simulation/world.h"

namespace discovery::simulation {

namespace {
constexpr Ns kRollingPause = 25 * kSecond;
constexpr Ns kStormPause = 5 * kSecond;
constexpr Ns kStormDown = kSecond;
constexpr Ns kLong = 12 * kSecond;  // longer than any call waits
constexpr Ns kReserved = 40 * kSecond;
constexpr Ns kTry = 20 * kMillisecond;
constexpr uint32_t kTries = 100;
}  // namespace

// Nodes a, b, c are three different ones where there are so many; the instance is nobody else's until it is over.
void World::step_episode(uint32_t place, uint32_t step) {
  if (healed_) return;
  const Fault& f = plan_.faults[place];
  const uint32_t n = count();
  const auto a = static_cast<uint32_t>(f.pick % n);
  const uint32_t b = (a + 1) % n;
  const uint32_t c = (a + 2) % n;
  const auto instance = static_cast<uint32_t>((f.pick >> 20) % names_.instances());
  const uint32_t other = (instance + 1) % names_.instances();

  if (f.kind == FaultKind::kRolling) {
    depart(step, f.lasting);
    if (step + 1 < n) next_step(place, step + 1, kRollingPause);
    return;
  }
  if (f.kind == FaultKind::kStorm) {
    crash(a, kStormDown);
    if (now_ < f.at + f.lasting) next_step(place, step + 1, kStormPause);
    return;
  }
  if (step == 0) {
    clients_.reserve(instance, now_ + kReserved);
    clients_.reserve(other, now_ + kReserved);
  }
  switch (f.episode) {
    case Episode::kLateRegister:
      if (step == 0) {
        network_.clog(a, b);
        clients_.register_at(instance, a, now_);
        next_step(place, 1, 300 * kMillisecond);
      } else if (step == 1) {
        clients_.cancel_at(instance, c, now_);
        next_step(place, 2, kLong);
      } else {
        network_.unclog(a, b, now_);
      }
      break;
    case Episode::kLateCancel:
      if (step == 0) {
        network_.clog(a, b);
        clients_.cancel_at(instance, a, now_);
        next_step(place, 1, 300 * kMillisecond);
      } else if (step == 1) {
        clients_.register_at(instance, c, now_);
        next_step(place, 2, kLong);
      } else {
        network_.unclog(a, b, now_);
      }
      break;
    case Episode::kLateSet:
    case Episode::kSetBeyondCancel:
      if (step == 0) {
        isolate(b, true);
        next_step(place, 1, 500 * kMillisecond);
      } else if (step == 1) {
        if (f.episode == Episode::kLateSet) {
          clients_.register_at(instance, a, now_);
        } else {
          clients_.cancel_at(instance, a, now_);
        }
        next_step(place, 2, kSecond);
      } else if (step == 2) {
        clients_.set_at(instance, b, now_);
        next_step(place, 3, kLong);
      } else {
        isolate(b, false);
      }
      break;
    case Episode::kLastWrite:
      // b starts with its clock behind and takes the last write as soon as it takes any.
      if (step == 0) {
        const Ns behind = 5 * kSecond + static_cast<Ns>(f.pick >> 32) % (30 * kSecond);
        places_[b].node->step_wall(-behind);
        judge_.wall_stepped(b);
        crash(b, kSecond);
        next_step(place, 1, kSecond - kTry);
      } else if (step == 1) {
        clients_.register_at(instance, a, now_);
        next_step(place, 2, kTry);
      } else if (!clients_.register_at(instance, b, now_) && step < kTries) {
        next_step(place, step + 1, kTry / 4);
      }
      break;
    case Episode::kSyncFromBehind:
      // b misses what is new; c starts, hears of b only, takes a registration, and learns from b.
      if (step == 0) {
        isolate(b, true);
        next_step(place, 1, 500 * kMillisecond);
      } else if (step == 1) {
        clients_.register_at(instance, a, now_);
        crash(c, 2 * kSecond);
        next_step(place, 2, kSecond);
      } else if (step == 2) {
        isolate(c, true);
        network_.uncut(b, c);
        network_.uncut(c, b);
        network_.uncut(b, c);
        network_.uncut(c, b);
        next_step(place, 3, kSecond + kTry / 10);
      } else if (step < kTries) {
        const bool done = clients_.register_at(other, c, now_);
        next_step(place, done ? kTries : step + 1, done ? kLong : kTry);
      } else {
        network_.cut(b, c);
        network_.cut(c, b);
        network_.cut(b, c);
        network_.cut(c, b);
        isolate(b, false);
        isolate(c, false);
      }
      break;
  }
}

}  // namespace discovery::simulation
