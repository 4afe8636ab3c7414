// The sweep as a state machine: slices, limits, what happens while it runs (discovery-api.md 8, engineering.md 5.8).
#include "registry/sweep.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "unit/registry/node.h"

namespace discovery::registry {
namespace {

/// Sweeps that take whatever is dead, so that a test sees the mechanism and not the protection.
RegistrySettings unprotected() {
  RegistrySettings s;
  s.lease.share = 1e-9;
  return s;
}
Name host(int i) { return {"host-" + std::to_string(i)}; }

TEST(Sweep, IsDueEveryMinuteFromItsStart) {
  Node node;
  std::vector<Gone> gone;
  EXPECT_EQ(node.step(gone), kStart + minutes(1));
  EXPECT_FALSE(node.sweep.under_way());
  node.pass(minutes(1) - nanoseconds(1));
  EXPECT_EQ(node.step(gone), kStart + minutes(1));
  EXPECT_FALSE(node.sweep.under_way());
  node.pass(nanoseconds(1));
  EXPECT_EQ(node.step(gone), node.now);
  EXPECT_TRUE(node.sweep.under_way());
  while (node.sweep.under_way()) node.step(gone);
  EXPECT_EQ(node.step(gone), kStart + minutes(2));
}

TEST(Sweep, AfterALongPauseThereIsOneNotMany) {
  Node node;
  node.put(host(1));
  node.renew(host(1));
  node.pass(hours(5));
  node.run_sweep();
  std::vector<Gone> gone;
  EXPECT_EQ(node.step(gone), node.now + minutes(1));
  EXPECT_EQ(node.registry.lease_status().renewals_last_minute, 1);
}

TEST(Sweep, ASlowSweepDoesNotDelayTheNext) {
  Node node;
  node.pass(minutes(1));
  std::vector<Gone> gone;
  node.step(gone);
  node.pass(seconds(40));
  node.run_sweep();
  EXPECT_EQ(node.step(gone), kStart + minutes(2));
}

TEST(Sweep, ExpiresAfterNinetySecondsNotAtThem) {
  Node node(unprotected());
  node.pass(seconds(30));
  node.put({"at"});
  node.now -= nanoseconds(1);
  node.put({"past"});
  node.now = kStart + seconds(120);
  const auto gone = node.run_sweep();
  ASSERT_EQ(gone.size(), 1U);
  EXPECT_EQ(gone[0].name, Name{"past"});
  EXPECT_FALSE(gone[0].past_ceiling);
}

TEST(Sweep, TellsWhatItHid) {
  Node node(unprotected());
  const Name name{"h", "z", "a", "e"};
  node.put(name);
  const uint64_t id = node.watch(name, 5);
  const int64_t t = node.latest(name);
  node.pass(minutes(2));
  const auto gone = node.run_sweep();
  ASSERT_EQ(gone.size(), 1U);
  EXPECT_EQ(gone[0].name, name);
  EXPECT_EQ(gone[0].wake.app_id, id);
  EXPECT_EQ(gone[0].wake.reactors, 32U);
  EXPECT_FALSE(node.look(name).known);
  EXPECT_GT(node.latest(name), t);
  EXPECT_GE(node.latest(name), node.now_ns());
  EXPECT_EQ(node.registry.size(), 0);
  EXPECT_EQ(node.registry.lease_status().expected_per_minute, 0);
}

TEST(Sweep, MarksWhatIsPastTheCeiling) {
  Node node;
  node.put(host(1));
  node.live(hours(1));
  node.pass(minutes(1));
  const auto gone = node.run_sweep();
  ASSERT_EQ(gone.size(), 1U);
  EXPECT_TRUE(gone[0].past_ceiling);
}

TEST(Sweep, HidesOnlyOnce) {
  Node node(unprotected());
  node.put(host(1));
  EXPECT_EQ(node.live(minutes(30)).size(), 1U);
}

// ---------------------------------------------------------------------------------------------------- slices

TEST(Sweep, NoStepTouchesMoreThanItsBudget) {
  Node node(unprotected());
  constexpr int kLive = 7000;
  constexpr int kDead = 700;
  for (int i = 0; i < kDead; ++i) node.put(host(i));
  node.pass(seconds(80));
  for (int i = 0; i < kLive; ++i) node.put({"live-" + std::to_string(i)});
  node.now = kStart + minutes(2);
  std::vector<Gone> gone;
  int steps = 0;
  for (size_t before = 0; node.step(gone) <= node.now; before = gone.size(), ++steps) {
    ASSERT_LE(gone.size() - before, Sweep::kEvictionsPerStep);
  }
  EXPECT_EQ(gone.size(), static_cast<size_t>(kDead));
  EXPECT_GE(steps, (kLive + kDead) / static_cast<int>(Sweep::kRecordsPerStep) +
                       kDead / static_cast<int>(Sweep::kEvictionsPerStep));
}

/// Steps of a sweep in which nothing is due, over that many records in that many applications.
int steps_over(int records, int applications) {
  RegistrySettings settings = unprotected();
  settings.memory_bytes_max = uint64_t{8} << 30;
  Node node(settings);
  node.pass(minutes(1));
  for (int i = 0; i < records; ++i) {
    Name name = host(i);
    name.appid += std::to_string(i % applications);
    node.put(name);
  }
  std::vector<Gone> gone;
  int steps = 1;
  while (node.step(gone) <= node.now) ++steps;
  EXPECT_TRUE(gone.empty());
  return steps;
}

TEST(Sweep, EveryRecordAndEveryApplicationIsPaidFor) {
  const int nothing = steps_over(0, 1);
  const auto budget = static_cast<int>(Sweep::kRecordsPerStep);
  EXPECT_GE(steps_over(10 * budget, 1), nothing + 9);
  EXPECT_GE(steps_over(10 * budget, 10 * budget), nothing + 9);
  EXPECT_GE(steps_over(10 * budget, 7), nothing + 9);
}

TEST(Sweep, ApplicationsThatAreOnlyWaitedForArePaidForToo) {
  Node node;
  constexpr int kApps = 3 * static_cast<int>(Sweep::kRecordsPerStep);
  for (int i = 0; i < kApps; ++i) node.watch({"h", "z", std::to_string(i), "e"}, 0);
  node.pass(minutes(1));
  std::vector<Gone> gone;
  int steps = 0;
  while (node.step(gone) <= node.now) ++steps;
  EXPECT_GE(steps, 3);
}

// ---------------------------------------------------------------------------------------------------- choice

std::vector<Name> chosen(uint64_t seed) {
  RegistrySettings settings;
  settings.lease.share = 0.5;
  Node node(settings, seed);
  for (int i = 0; i < 40; ++i) node.put(host(i));
  node.pass(minutes(2));
  for (int i = 0; i < 40; ++i) node.put({"live-" + std::to_string(i)});
  for (int i = 0; i < 80; ++i) node.renew({"live-" + std::to_string(i / 2)});
  std::vector<Name> names;
  for (const Gone& g : node.run_sweep()) names.push_back(g.name);
  return names;
}

TEST(Sweep, TheChoiceIsReproducibleBySeed) {
  const auto first = chosen(5);
  EXPECT_EQ(first.size(), 40U);  // size 80, share 0.5: all forty dead may go
  EXPECT_EQ(chosen(5), first);
  EXPECT_NE(chosen(6), first);
}

TEST(Sweep, TheChoiceIsUniform) {
  constexpr int kDead = 20;
  constexpr int kRounds = 600;
  constexpr uint64_t kSeed = 99;
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  std::map<Name, int> hits;
  size_t total = 0;
  for (int round = 0; round < kRounds; ++round) {
    Node node({}, kSeed + static_cast<uint64_t>(round));
    for (int i = 0; i < kDead; ++i) node.put(host(i));
    node.pass(minutes(2));
    for (int i = 0; i < 20; ++i) {
      node.put({"live"});
      for (int k = 0; k < 2; ++k) node.renew({"live"});
    }
    // 21 instances: at most 21 - 17 = 4 of the 20 dead go.
    for (const Gone& g : node.run_sweep()) {
      ++hits[g.name];
      ++total;
    }
  }
  ASSERT_EQ(total, 4U * kRounds);
  const double mean = static_cast<double>(total) / kDead;
  double chi_squared = 0;
  for (int i = 0; i < kDead; ++i) chi_squared += (hits[host(i)] - mean) * (hits[host(i)] - mean) / mean;
  EXPECT_LT(chi_squared, 43.8);  // 19 degrees of freedom, one in a thousand
}

TEST(Sweep, CountsWhatItHeldBack) {
  Node node;
  for (int i = 0; i < 20; ++i) node.put(host(i));
  node.pass(minutes(2));
  node.put({"live"});
  for (int k = 0; k < 40; ++k) node.renew({"live"});
  EXPECT_EQ(node.run_sweep().size(), 4U);
  EXPECT_EQ(node.registry.lease_status().held, 16);
}

// ---------------------------------------------------------------------------------------------------- while it runs

/// How many steps a sweep over a few records takes before the first one that hides.
int steps_before_hiding() {
  Node node(unprotected());
  node.put(host(0));
  node.now = kStart + minutes(2);
  std::vector<Gone> gone;
  int steps = 0;
  for (; gone.empty() && steps < 1000; ++steps) node.step(gone);
  return steps - 1;
}
void collect(Node& node) {
  std::vector<Gone> gone;
  for (int steps = steps_before_hiding(); steps > 0; --steps) node.step(gone);
  ASSERT_TRUE(gone.empty());
  ASSERT_TRUE(node.sweep.under_way());
}

/// A node whose sweep has collected three candidates and hidden none yet.
class SweepCollected : public ::testing::Test {
 protected:
  SweepCollected() : node(unprotected()) {
    for (int i = 0; i < 3; ++i) node.put(host(i));
    node.now = kStart + minutes(2);
    collect(node);
  }
  Node node;
};

TEST_F(SweepCollected, WhoRenewsSurvives) {
  EXPECT_EQ(node.renew(host(1)), RenewVerdict::kRenewed);
  const auto gone = node.run_sweep();
  EXPECT_EQ(gone.size(), 2U);
  EXPECT_TRUE(node.listed(host(1)));
  EXPECT_EQ(node.registry.lease_status().held, 0);  // it is not expired, so nothing is held back
}

TEST_F(SweepCollected, WhoRegistersSurvives) {
  node.put(host(2));
  EXPECT_EQ(node.run_sweep().size(), 2U);
  EXPECT_TRUE(node.listed(host(2)));
}

TEST_F(SweepCollected, WhoIsCancelledIsNotHidden) {
  EXPECT_TRUE(node.cancel(host(0))->applied);
  const int64_t expected = node.registry.lease_status().expected_per_minute;
  EXPECT_EQ(node.run_sweep().size(), 2U);
  EXPECT_EQ(node.registry.lease_status().expected_per_minute, expected - 4);
  EXPECT_EQ(node.registry.size(), 0);
}

TEST_F(SweepCollected, WhoEmptiesTheApplicationDoesNoHarm) {
  for (int i = 0; i < 3; ++i) node.cancel(host(i));
  EXPECT_TRUE(node.run_sweep().empty());
  EXPECT_EQ(node.registry.lease_status().held, 0);
}

// Who came back before its turn does not use up the share of those that are still dead.
TEST(Sweep, TheShareIsOfThoseThatGo) {
  Node node;
  for (int i = 0; i < 20; ++i) node.put(host(i));
  node.pass(minutes(2));
  node.put({"live"});
  for (int k = 0; k < 40; ++k) node.renew({"live"});
  collect(node);
  for (int i = 0; i < 16; ++i) node.renew(host(i));
  EXPECT_EQ(node.run_sweep().size(), 4U);
  EXPECT_EQ(node.registry.lease_status().held, 0);
}

// Applications that nobody waits for any more are dropped at once; that must not take a candidate its place.
TEST(Sweep, ApplicationsDroppedBetweenCollectingAndHidingLoseNoCandidate) {
  Node node(unprotected());
  constexpr int kApps = 64;  // several in every shard
  for (int i = 0; i < kApps; ++i) node.watch({"h", "z", "waiting-" + std::to_string(i), "e"}, 0);
  for (int i = 0; i < kApps; ++i) node.put({"h", "z", "dead-" + std::to_string(i), "e"});
  node.now = kStart + minutes(2);
  collect(node);
  for (int i = 0; i < kApps; ++i) node.registry.unwatch({"e", "waiting-" + std::to_string(i)}, 0);
  EXPECT_EQ(node.run_sweep().size(), static_cast<size_t>(kApps));
}

// The same in the middle of reading an application that takes several steps, after each of them.
TEST(Sweep, ApplicationsDroppedWhileOneIsReadLoseNoRecord) {
  // All environments of an appid stand in one shard: these three are neighbours.
  const auto name = [](const char* env, int i) { return Name{"host-" + std::to_string(i), "z", "app", env}; };
  const int many = 2 * static_cast<int>(Sweep::kRecordsPerStep);
  for (int drop_after = 0; drop_after < 8; ++drop_after) {
    Node node(unprotected());
    node.watch(name("waiting", 0), 0);
    for (int i = 0; i < 50; ++i) node.put(name("first", i));
    for (int i = 0; i < many; ++i) node.put(name("second", i));
    node.now = kStart + minutes(2);
    std::vector<Gone> gone;
    for (int steps = 0; node.step(gone) <= node.now; ++steps) {
      if (steps == drop_after) node.registry.unwatch({"waiting", "app"}, 0);
    }
    EXPECT_EQ(gone.size(), static_cast<size_t>(many + 50)) << drop_after;
    EXPECT_EQ(node.registry.lease_status().held, 0) << drop_after;
  }
}

// Forgetting a tombstone moves another record into its place; that one must not escape the same sweep.
TEST(Sweep, ForgettingARecordLosesNoCandidateOfTheSameSweep) {
  RegistrySettings settings = unprotected();
  settings.lease.forget_after = seconds(100);
  Node node(settings);
  for (int i = 0; i < 20; ++i) node.put(host(i));
  for (int i = 0; i < 10; ++i) node.cancel(host(i));
  node.now = kStart + minutes(2);
  EXPECT_EQ(node.run_sweep().size(), 10U);
}

TEST(Sweep, ForgettingAnApplicationLosesNoCandidateOfTheSameSweep) {
  RegistrySettings settings = unprotected();
  settings.lease.forget_after = seconds(100);
  settings.lease.remember_timestamp = seconds(100);
  Node node(settings);
  const auto app = [](const char* kind, int i) { return Name{"h", "z", kind + std::to_string(i), "e"}; };
  for (int i = 0; i < 64; ++i) node.put(app("gone-", i));
  for (int i = 0; i < 64; ++i) node.put(app("dead-", i));
  for (int i = 0; i < 64; ++i) node.cancel(app("gone-", i));
  node.now = kStart + minutes(2);
  EXPECT_EQ(node.run_sweep().size(), 64U);
  EXPECT_EQ(node.latest(app("gone-", 0)), 0);
}

// Registers, renewals, cancels, watches and unwatches between the steps, over many small applications: nobody alive is
// hidden, and nobody who was dead when the sweep began and stayed dead is listed when it ends.
void random_sweeps(uint64_t seed) {
  SeededRandom random(seed);
  RegistrySettings settings = unprotected();
  settings.lease.forget_after = seconds(200);
  settings.lease.remember_timestamp = seconds(100);
  Node node(settings, seed);
  std::map<Name, TimePoint> leases;
  const auto some_name = [&] {
    return Name{"host-" + std::to_string(random.below(400)), "z", "app-" + std::to_string(random.below(3)),
                "env-" + std::to_string(random.below(10))};
  };
  const auto change = [&] {
    const Name name = some_name();
    switch (random.below(8)) {
      case 0:
      case 1:
        node.put(name);
        leases[name] = node.now;
        break;
      case 2:
        if (node.renew(name)) leases[name] = node.now;
        break;
      case 3:
        if (node.cancel(name)) leases.erase(name);
        break;
      case 4:
        node.replica_cancel({"never", "z", name.appid, name.env + "x"}, node.now_ns());
        break;
      case 5:
      case 6:
        node.watch({"h", "z", name.appid, "waiting-" + std::to_string(random.below(20))}, 0);
        break;
      default:
        node.registry.unwatch({"waiting-" + std::to_string(random.below(20)), name.appid}, 0);
    }
  };
  for (int round = 0; round < 12; ++round) {
    for (int i = 0; i < 400; ++i) change();
    node.pass(minutes(1));
    std::set<Name> dead;
    for (const auto& [name, lease] : leases) {
      if (node.now - lease > seconds(90)) dead.insert(name);
    }
    std::vector<Gone> gone;
    while (node.step(gone) <= node.now) {
      for (uint64_t i = random.below(4); i > 0; --i) change();
    }
    for (const Gone& g : gone) {
      ASSERT_EQ(dead.count(g.name), 1U) << g.name << " was alive";
    }
    for (const Name& name : dead) {
      const auto lease = leases.find(name);
      if (lease == leases.end() || node.now - lease->second <= seconds(90)) continue;  // cancelled or back meanwhile
      ASSERT_FALSE(node.listed(name)) << name << " was missed in round " << round;
      leases.erase(lease);
    }
    ASSERT_EQ(node.registry.lease_status().held, 0);
    ASSERT_EQ(node.registry.size(), static_cast<int64_t>(leases.size()));
  }
}

TEST(Sweep, NothingIsMissedWhileOthersWriteRandomised) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    random_sweeps(seed);
    if (HasFatalFailure()) return;
  }
}

TEST(Sweep, EmptyApplicationsAreCollected) {
  Node node;
  for (int i = 0; i < 100; ++i) node.put({"h", "z", std::to_string(i), "e"});
  for (int i = 0; i < 100; ++i) node.cancel({"h", "z", std::to_string(i), "e"});
  node.watch({"h", "z", "7", "e"}, 0);
  node.live(hours(2));
  EXPECT_GT(node.latest({"h", "z", "7", "e"}), 0);
  EXPECT_EQ(node.latest({"h", "z", "8", "e"}), 0);
  node.registry.unwatch({"e", "7"}, 0);
  node.live(minutes(1));
  EXPECT_EQ(node.registry.memory_bytes(), 0U);
}

}  // namespace
}  // namespace discovery::registry
