// Runs seeds, in one process or several, and adds up what they found. The sum does not depend on the number of
// processes.
#pragma once

#include <array>
#include <cstdint>
#include <cstdio>
#include <string>

#include "simulation/options.h"
#include "simulation/world.h"

namespace discovery::simulation {

struct Totals {
  uint64_t seeds = 0;
  uint64_t simulated_ns = 0;
  uint64_t events = 0;
  uint64_t messages = 0;
  uint64_t operations = 0;
  uint64_t polls = 0;
  uint64_t key_operations = 0;
  uint64_t key_events = 0;
  uint64_t partitions = 0;
  uint64_t crashes = 0;
  uint64_t inversions = 0;
  uint64_t seeds_failed = 0;
  uint64_t trace_hash = 0;  ///< of all seeds, whatever their order
  std::array<uint64_t, kWrongs> wrongs{};

  void add(const WorldResult& result);
  void add(const Totals& other);
  [[nodiscard]] uint64_t violations() const;
};

/// One line for people and scripts.
[[nodiscard]] std::string summary(const Totals& totals, double seconds);
/// Runs all seeds of the options; what is found wrong is told on `out` as it comes.
[[nodiscard]] Totals run_seeds(const Options& options, std::FILE* out);
[[nodiscard]] WorldResult run_one(const PlanSettings& settings, std::FILE* trace_to = nullptr,
                                  std::optional<uint32_t> watch = std::nullopt);

}  // namespace discovery::simulation
