#include "simulation/shrink.h"

#include <algorithm>

namespace discovery::simulation {

namespace {

class Shrinker {
 public:
  Shrinker(PlanSettings settings, Shows shows, int runs_max)
      : best_(std::move(settings)), shows_(shows), runs_left_(runs_max) {}

  PlanSettings run() {
    fewer_faults();
    fewer_kinds();
    smaller();
    fewer_faults();
    return best_;
  }

 private:
  bool keep_if_shown(const PlanSettings& candidate) {
    if (runs_left_ <= 0) return false;
    --runs_left_;
    if (!shows_(candidate)) return false;
    best_ = candidate;
    return true;
  }

  // Delta debugging: leaves out ever smaller parts of the list.
  void fewer_faults() {
    best_.only_faults = make_plan(best_).places;
    for (size_t part = std::max<size_t>(1, best_.only_faults->size() / 2);; part /= 2) {
      for (size_t at = 0; at < best_.only_faults->size();) {
        PlanSettings candidate = best_;
        auto& places = *candidate.only_faults;
        const auto from = places.begin() + static_cast<std::ptrdiff_t>(at);
        places.erase(from, from + static_cast<std::ptrdiff_t>(std::min(part, places.size() - at)));
        if (!keep_if_shown(candidate)) at += part;
      }
      if (part <= 1) return;
    }
  }

  void fewer_kinds() {
    for (unsigned k = 0; k < kFaultKinds; ++k) {
      if (!(best_.allowed >> k & 1)) continue;
      PlanSettings candidate = best_;
      candidate.allowed &= ~(1U << k);
      keep_if_shown(candidate);
    }
  }

  void smaller() {
    for (bool again = true; again;) {
      again = false;
      PlanSettings candidate = best_;
      candidate.instances = std::max(1U, best_.instances / 2);
      again = candidate.instances != best_.instances && keep_if_shown(candidate);
    }
    for (bool again = true; again;) {
      PlanSettings candidate = best_;
      --candidate.nodes;
      again = candidate.nodes >= 1 && keep_if_shown(candidate);
    }
    for (bool again = true; again;) {
      PlanSettings candidate = best_;
      candidate.length = std::max(kLengthMin, best_.length / 2 / kMinute * kMinute);
      again = candidate.length != best_.length && keep_if_shown(candidate);
    }
  }

  PlanSettings best_;
  Shows shows_;
  int runs_left_;
};

}  // namespace

PlanSettings shrink(const PlanSettings& settings, Shows shows, int runs_max) {
  return Shrinker(settings, shows, runs_max).run();
}

}  // namespace discovery::simulation
