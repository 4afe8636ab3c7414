// The command line of discovery_sim.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "simulation/fault_plan.h"

namespace discovery::simulation {

struct Options {
  uint64_t first_seed = 1;
  uint64_t seeds = 200;
  uint32_t nodes = 5;
  uint32_t instances = 200;
  std::optional<uint32_t> minutes;  ///< none: 30, every tenth seed 180
  uint32_t jobs = 1;
  bool original = false;
  bool trace = false;
  std::optional<uint32_t> watch;  ///< an instance whose records the trace shows at every look
  bool shrink = true;
  bool stop_at_first = false;  ///< end with the first seed that has a violation
  bool help = false;
  uint32_t allowed = (1U << kFaultKinds) - 1;
  bool all_kinds = false;
  std::optional<std::vector<uint32_t>> only_faults;

  /// What is simulated for that seed.
  [[nodiscard]] PlanSettings plan_for(uint64_t seed) const;
};

inline constexpr uint32_t kNodesMax = 64;
inline constexpr uint32_t kInstancesMax = 65536;
inline constexpr uint32_t kMinutesMax = 180;
inline constexpr uint32_t kJobsMax = 64;

[[nodiscard]] Result<Options> parse_options(const std::vector<std::string>& words);
[[nodiscard]] std::string usage();
/// The words that repeat such a run.
[[nodiscard]] std::string replay_line(const PlanSettings& settings);

}  // namespace discovery::simulation
