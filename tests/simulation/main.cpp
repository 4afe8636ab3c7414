// discovery_sim: see options.cpp for what it takes and gives.
#include <chrono>
#include <cstdio>

#include "simulation/runner.h"

using namespace discovery::simulation;

int main(int argc, char** argv) {
  const auto options = parse_options(std::vector<std::string>(argv + 1, argv + argc));
  if (!options) {
    std::fprintf(stderr, "%s\n%s", options.error().message.c_str(), usage().c_str());
    return 2;
  }
  if (options->help) {
    std::fputs(usage().c_str(), stdout);
    return 0;
  }
  const auto start = std::chrono::steady_clock::now();
  const Totals totals = run_seeds(*options, stdout);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  std::printf("%s\n", summary(totals, took.count()).c_str());
  return totals.violations() == 0 ? 0 : 1;
}
