#include <gtest/gtest.h>

#include <algorithm>

#include "simulation/shrink.h"

namespace discovery::simulation {
namespace {

PlanSettings settings(uint64_t seed) {
  PlanSettings s;
  s.seed = seed;
  return s;
}

TEST(FaultPlan, IsTheSameForTheSameSeed) {
  const Plan a = make_plan(settings(5));
  const Plan b = make_plan(settings(5));
  EXPECT_EQ(a.kinds, b.kinds);
  EXPECT_EQ(a.places, b.places);
  EXPECT_NE(make_plan(settings(6)).places, a.places);
}

TEST(FaultPlan, EndsBeforeTheHeal) {
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    const Plan plan = make_plan(settings(seed));
    for (const Fault& f : plan.faults) {
      EXPECT_LE(f.at + f.lasting, plan.heal_at);
      EXPECT_TRUE(plan.on(f.kind));
    }
  }
}

TEST(FaultPlan, AFaultKeepsItsPlaceWhateverElseIsLeftOut) {
  PlanSettings all = settings(3);
  all.all_kinds = true;
  const Plan whole = make_plan(all);
  PlanSettings few = all;
  few.allowed = *parse_kinds("crash");
  few.length = 20 * kMinute;
  const Plan crashes = make_plan(few);
  ASSERT_FALSE(crashes.faults.empty());
  for (size_t i = 0; i < crashes.faults.size(); ++i) {
    const auto found = std::ranges::find(whole.places, crashes.places[i]);
    ASSERT_NE(found, whole.places.end());
    EXPECT_EQ(whole.faults[static_cast<size_t>(found - whole.places.begin())].pick, crashes.faults[i].pick);
  }
}

TEST(FaultPlan, SwitchesEachKindOnAndOff) {
  for (unsigned k = 0; k < kFaultKinds; ++k) {
    int on = 0;
    for (uint64_t seed = 1; seed <= 200; ++seed) on += make_plan(settings(seed)).on(static_cast<FaultKind>(k)) ? 1 : 0;
    EXPECT_GT(on, 5) << name_of(static_cast<FaultKind>(k));
    EXPECT_LT(on, 195) << name_of(static_cast<FaultKind>(k));
  }
}

TEST(Shrink, FindsTheTwoFaultsThatMatter) {
  PlanSettings s = settings(4);
  s.all_kinds = true;
  const Plan plan = make_plan(s);
  ASSERT_GT(plan.places.size(), 10U);
  const uint32_t a = plan.places[2];
  const uint32_t b = plan.places[9];
  const auto shows = [&](const PlanSettings& candidate) {
    const auto places = make_plan(candidate).places;
    return std::ranges::count(places, a) > 0 && std::ranges::count(places, b) > 0;
  };
  const PlanSettings small = shrink(s, shows, 1000);
  EXPECT_EQ(small.only_faults, (std::vector<uint32_t>{a, b}));
  EXPECT_EQ(small.instances, 1U);
  EXPECT_EQ(small.nodes, 1U);
}

TEST(Shrink, StopsAfterItsRuns) {
  int runs = 0;
  const auto shows = [&](const PlanSettings&) { return ++runs > 0; };
  static_cast<void>(shrink(settings(4), shows, 7));
  EXPECT_EQ(runs, 7);
}

}  // namespace
}  // namespace discovery::simulation
