// Makes a failing run small: fewer faults (halves first, then one by one), then fewer kinds that last for the whole
// run, fewer instances, fewer nodes, less time; whatever still shows the same kind of violation is kept. Bounded by a
// number of runs.
#pragma once

#include "base/function_ref.h"
#include "simulation/fault_plan.h"

namespace discovery::simulation {

inline constexpr int kShrinkRunsMax = 150;

/// True if a run of that plan shows what is looked for.
using Shows = FunctionRef<bool(const PlanSettings&)>;

/// The smallest settings found; precondition: shows(settings).
[[nodiscard]] PlanSettings shrink(const PlanSettings& settings, Shows shows, int runs_max = kShrinkRunsMax);

}  // namespace discovery::simulation
