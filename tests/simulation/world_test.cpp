#include "simulation/world.h"

#include <gtest/gtest.h>

#include "simulation/runner.h"

namespace discovery::simulation {
namespace {

PlanSettings small(uint64_t seed) {
  PlanSettings s;
  s.seed = seed;
  s.instances = 40;
  s.nodes = 3;
  s.length = 12 * kMinute;
  s.all_kinds = true;
  return s;
}

TEST(World, OneSeedIsOneTrace) {
  PlanSettings s = small(3);
  s.allowed &= ~*parse_kinds("legacy");
  const WorldResult a = run_one(s);
  const WorldResult b = run_one(s);
  EXPECT_EQ(a.trace_hash, b.trace_hash);
  EXPECT_EQ(a.events, b.events);
  EXPECT_GT(a.operations, 100U);
  s.seed = 4;
  EXPECT_NE(run_one(s).trace_hash, a.trace_hash);
}

TEST(World, WithoutFaultsNothingIsWrong) {
  PlanSettings s = small(1);
  s.allowed = 0;
  const WorldResult r = run_one(s);
  EXPECT_EQ(r.violations.total(), 0U) << (r.violations.stories().empty() ? "" : r.violations.stories().front().story);
  EXPECT_GT(r.polls, 100U);
}

TEST(World, KeysWithoutFaultsAreAsClientsWantThem) {
  PlanSettings s = small(1);
  s.allowed = *parse_kinds("keys");
  const WorldResult r = run_one(s);
  EXPECT_EQ(r.violations.total(), 0U) << (r.violations.stories().empty() ? "" : r.violations.stories().front().story);
  EXPECT_GT(r.key_operations, 500U);
  EXPECT_GT(r.key_events, 100U);
}

TEST(World, TheRulesOfTheOriginalAreFoundWanting) {
  PlanSettings s = small(2);
  s.rules_of_original = true;
  s.length = 30 * kMinute;
  EXPECT_GT(run_one(s).violations.total(), 0U);
}

TEST(Runner, TheSumDoesNotDependOnTheNumberOfProcesses) {
  Options o;
  o.seeds = 3;
  o.nodes = 3;
  o.instances = 20;
  o.minutes = 10;
  o.original = true;  // quick, and full of violations
  o.shrink = false;
  std::FILE* nowhere = std::fopen("/dev/null", "w");
  const Totals one = run_seeds(o, nowhere);
  o.jobs = 2;
  const Totals two = run_seeds(o, nowhere);
  std::fclose(nowhere);
  EXPECT_EQ(one.trace_hash, two.trace_hash);
  EXPECT_EQ(one.wrongs, two.wrongs);
  EXPECT_EQ(one.seeds, 3U);
}

}  // namespace
}  // namespace discovery::simulation
