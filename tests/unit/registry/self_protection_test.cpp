// Every row of "Worked numbers" (discovery-api.md 8): the arithmetic, and played through a registry with a fake clock.
#include "registry/self_protection.h"

#include <gtest/gtest.h>

#include <vector>

#include "unit/registry/node.h"

namespace discovery::registry {
namespace {

struct Row {
  const char* situation;
  int64_t size, expected, need, last;
  bool protecting;
  int64_t limit;
};
constexpr Row kWorkedNumbers[] = {
    {"only the registry, alone", 1, 2, 1, 2, false, 1},
    {"+ 1 dead", 2, 4, 3, 2, true, 1},
    {"+ 3 dead, nothing else", 4, 8, 6, 2, true, 1},
    {"+ 5 live + 1 dead", 7, 14, 11, 12, false, 2},
    {"+ 20 live renewing every 5 s + 20 dead", 41, 82, 69, 240, false, 7},
    {"next sweep", 34, 82, 69, 240, false, 6},
    {"next", 28, 82, 69, 240, false, 5},
    {"next", 23, 82, 69, 240, false, 4},
    {"100 instances, 14 die", 101, 202, 171, 174, false, 16},
    {"100 instances, 16 die", 101, 202, 171, 170, true, 16},
    {"20 live at the normal rate + 20 dead", 41, 82, 69, 42, true, 7},
};

// A sweep twice a minute sees half of the renewals, and must not take that for silence.
TEST(SelfProtection, ExpectsWhatFallsBetweenTwoSweeps) {
  EXPECT_EQ(expected_between_sweeps(82, std::chrono::seconds(60)), 82);
  EXPECT_EQ(expected_between_sweeps(82, std::chrono::seconds(30)), 41);
  EXPECT_EQ(expected_between_sweeps(3, std::chrono::seconds(10)), 0);
  EXPECT_EQ(expected_between_sweeps(2'000'000, std::chrono::hours(1)), 120'000'000);
  EXPECT_FALSE(is_protected(41, expected_between_sweeps(82, std::chrono::seconds(30)), 0.85));
  EXPECT_TRUE(is_protected(33, expected_between_sweeps(82, std::chrono::seconds(30)), 0.85));
}

TEST(SelfProtection, WorkedNumbers) {
  const double share = LeaseSettings{}.share;
  for (const Row& row : kWorkedNumbers) {
    EXPECT_EQ(share_of(row.expected, share), row.need) << row.situation;
    EXPECT_EQ(is_protected(row.last, row.expected, share), row.protecting) << row.situation;
    EXPECT_EQ(eviction_limit(row.size, share), row.limit) << row.situation;
  }
}

TEST(SelfProtection, AtTheNeedAndOneBelow) {
  EXPECT_FALSE(is_protected(171, 202, 0.85));
  EXPECT_TRUE(is_protected(170, 202, 0.85));
  EXPECT_FALSE(is_protected(0, 0, 0.85));
  EXPECT_FALSE(is_protected(0, 1, 0.85));  // floor(0.85) is nothing to need
  EXPECT_TRUE(is_protected(99, 100, 1.0));
}

TEST(SelfProtection, TheLimitIsNeverNegativeNorAboveTheSize) {
  for (int64_t size = 0; size < 1000; ++size) {
    for (const double share : {0.01, 0.5, 0.85, 0.999, 1.0}) {
      const int64_t limit = eviction_limit(size, share);
      EXPECT_GE(limit, 0);
      EXPECT_LE(limit, size);
    }
  }
  EXPECT_EQ(eviction_limit(0, 0.85), 0);
  EXPECT_EQ(eviction_limit(1'000'000, 0.85), 150'000);
}

TEST(SelfProtection, TheDefaultsAreTheOriginals) {
  const LeaseSettings s;
  EXPECT_EQ(s.expire_after, seconds(90));
  EXPECT_EQ(s.expire_after_max, seconds(3600));
  EXPECT_EQ(s.sweep_interval, seconds(60));
  EXPECT_EQ(s.recount_interval, minutes(15));
  EXPECT_EQ(s.share, 0.85);
  EXPECT_EQ(s.renewals_per_minute, 2);
  EXPECT_EQ(s.forget_after, seconds(4000));
  EXPECT_EQ(s.remember_timestamp, minutes(10));
}

// ---------------------------------------------------------------------------------------------------- played

/// A node with the registry's own instance and clients that renew at fixed periods, second by second.
class Play {
 public:
  Play() { add(1, seconds(30)); }  // the registry itself

  void add(int count, Duration period) {
    for (int i = 0; i < count; ++i) {
      clients_.push_back({{"host-" + std::to_string(clients_.size())}, period, node.now, true});
      node.put(clients_.back().name);
    }
  }
  /// The last `count` clients stop renewing.
  void die(size_t count) {
    for (size_t i = clients_.size() - count; i < clients_.size(); ++i) clients_[i].alive = false;
  }
  /// What each sweep took, in order.
  std::vector<size_t> run(Duration d) {
    std::vector<size_t> taken;
    for (const TimePoint end = node.now + d; node.now < end;) {
      node.pass(seconds(1));
      for (Client& c : clients_) {
        if (!c.alive || node.now - c.renewed < c.period) continue;
        EXPECT_TRUE(node.renew(c.name)) << c.name << " was evicted alive";
        c.renewed = node.now;
      }
      const auto gone = node.run_sweep();
      if (!gone.empty()) taken.push_back(gone.size());
    }
    return taken;
  }
  [[nodiscard]] LeaseStatus status() const { return node.registry.lease_status(); }
  [[nodiscard]] int64_t since_start_s() const { return (node.now - kStart) / seconds(1); }

  Node node;

 private:
  struct Client {
    Name name;
    Duration period;
    TimePoint renewed;
    bool alive;
  };
  std::vector<Client> clients_;
};
using Taken = std::vector<size_t>;

TEST(SelfProtectionPlayed, OnlyTheRegistryAlone) {
  Play play;
  EXPECT_EQ(play.run(hours(2)), Taken{});
  const LeaseStatus s = play.status();
  EXPECT_EQ(s.size, 1);
  EXPECT_EQ(s.expected_per_minute, 2);
  EXPECT_EQ(s.needed, 1);
  EXPECT_EQ(s.renewals_last_minute, 2);
  EXPECT_FALSE(s.protecting);
  EXPECT_EQ(s.held, 0);
}

TEST(SelfProtectionPlayed, OneDeadStaysUpToAnHour) {
  Play play;
  play.add(1, seconds(30));
  play.die(1);
  EXPECT_EQ(play.run(minutes(7)), Taken{});
  LeaseStatus s = play.status();
  EXPECT_EQ(s.size, 2);
  EXPECT_EQ(s.needed, 3);
  EXPECT_EQ(s.renewals_last_minute, 2);
  EXPECT_TRUE(s.protecting);
  EXPECT_EQ(s.protecting_since, kStart + minutes(1));
  EXPECT_EQ(s.held, 1);
  EXPECT_EQ(play.run(minutes(53)), Taken{});  // at 3,600 s exactly it may stay
  EXPECT_EQ(play.run(minutes(1)), Taken{1});
  s = play.status();
  EXPECT_EQ(s.size, 1);
  EXPECT_EQ(s.held, 0);
  play.run(minutes(1));
  EXPECT_FALSE(play.status().protecting);
}

TEST(SelfProtectionPlayed, ThreeDeadAndNothingElse) {
  Play play;
  play.add(3, seconds(30));
  play.die(3);
  EXPECT_EQ(play.run(minutes(7)), Taken{});
  EXPECT_EQ(play.status().size, 4);
  EXPECT_EQ(play.status().needed, 6);
  EXPECT_TRUE(play.status().protecting);
  EXPECT_EQ(play.status().held, 3);
  // Past the ceiling one a sweep: 4-3, then 3-2, then 2-1.
  EXPECT_EQ(play.run(minutes(60)), (Taken{1, 1, 1}));
  EXPECT_EQ(play.status().size, 1);
}

TEST(SelfProtectionPlayed, FiveLiveAndOneDead) {
  // Dead at any moment of the minute: gone 90 to 150 s after its last renewal.
  for (int died_at = 61; died_at < 121; ++died_at) {
    Play play;
    play.add(5, seconds(30));
    play.run(seconds(died_at - 60));
    play.add(1, seconds(30));
    play.run(seconds(60));
    const TimePoint renewed = from_wire_ns(play.node.get({"host-6"})->renew_ns);
    play.die(1);
    while (play.node.listed({"host-6"}) && play.since_start_s() < 400) play.run(seconds(1));
    const auto age = play.node.now - renewed;
    EXPECT_GT(age, seconds(90)) << died_at;
    EXPECT_LE(age, seconds(150)) << died_at;
    EXPECT_EQ(play.status().size, 6);
    EXPECT_FALSE(play.status().protecting);
  }
}

TEST(SelfProtectionPlayed, FiveLiveAndOneDeadHasTheNumbersOfTheTable) {
  Play play;
  play.add(6, seconds(30));
  play.die(1);
  EXPECT_EQ(play.run(seconds(119)), Taken{});
  EXPECT_EQ(play.status().expected_per_minute, 14);
  EXPECT_EQ(play.status().needed, 11);
  EXPECT_EQ(play.run(seconds(1)), Taken{1});
  EXPECT_EQ(play.status().renewals_last_minute, 12);
}

// The series observed on the reference: 7, 6, 5 and the last 2, one sweep after the other.
TEST(SelfProtectionPlayed, TwentyLiveRenewingFastAndTwentyDead) {
  Play play;
  play.add(20, seconds(5));
  play.add(20, seconds(30));
  play.die(20);
  play.run(seconds(119));
  EXPECT_EQ(play.status().size, 41);
  EXPECT_EQ(play.status().expected_per_minute, 82);
  EXPECT_EQ(play.status().needed, 69);
  struct Step {
    int64_t size_after;
    size_t taken;
  };
  for (const Step& step : {Step{34, 7}, Step{28, 6}, Step{23, 5}, Step{21, 2}}) {
    EXPECT_EQ(play.run(seconds(1)), Taken{step.taken});
    EXPECT_EQ(play.status().size, step.size_after);
    EXPECT_EQ(play.status().expected_per_minute, 2 * step.size_after);  // D10: lowered at once
    EXPECT_EQ(play.status().held, step.size_after - 21);
    EXPECT_GE(play.status().renewals_last_minute, 240);
    EXPECT_FALSE(play.status().protecting);
    EXPECT_EQ(play.run(seconds(59)), Taken{});
  }
  EXPECT_EQ(play.run(minutes(10)), Taken{});
}

TEST(SelfProtectionPlayed, FourteenOfAHundredGoInOneSweep) {
  Play play;
  play.add(100, seconds(30));
  play.run(minutes(5));
  play.die(14);
  EXPECT_EQ(play.run(minutes(1)), Taken{});
  EXPECT_EQ(play.run(minutes(2)), Taken{14});
  EXPECT_EQ(play.status().size, 87);
  EXPECT_EQ(play.status().renewals_last_minute, 174);
  EXPECT_EQ(play.status().expected_per_minute, 174);
}

TEST(SelfProtectionPlayed, SixteenOfAHundredStayUntilTheCeiling) {
  Play play;
  play.add(100, seconds(30));
  play.run(minutes(5));
  play.die(16);
  EXPECT_EQ(play.run(minutes(59)), Taken{});
  LeaseStatus s = play.status();
  EXPECT_EQ(s.size, 101);
  EXPECT_EQ(s.expected_per_minute, 202);  // the recount counts the dead
  EXPECT_EQ(s.needed, 171);
  EXPECT_EQ(s.renewals_last_minute, 170);
  EXPECT_TRUE(s.protecting);
  EXPECT_EQ(s.held, 16);
  EXPECT_EQ(play.run(minutes(3)), Taken{16});
  EXPECT_EQ(play.status().size, 85);
  EXPECT_FALSE(play.status().protecting);
}

TEST(SelfProtectionPlayed, PastTheCeilingAtMostTheShareGoesInASweep) {
  Play play;
  play.add(100, seconds(30));
  play.run(minutes(5));
  play.die(40);
  EXPECT_EQ(play.run(minutes(59)), Taken{});
  EXPECT_EQ(play.run(minutes(10)), (Taken{16, 13, 11}));  // 101-85, 85-72, 72-61 of which 11 are left
}

TEST(SelfProtectionPlayed, TwentyLiveAtTheNormalRateAndTwentyDead) {
  Play play;
  play.add(40, seconds(30));
  play.die(20);
  EXPECT_EQ(play.run(minutes(60)), Taken{});
  const LeaseStatus s = play.status();
  EXPECT_EQ(s.size, 41);
  EXPECT_EQ(s.expected_per_minute, 82);
  EXPECT_EQ(s.needed, 69);
  EXPECT_EQ(s.renewals_last_minute, 42);
  EXPECT_TRUE(s.protecting);
  EXPECT_EQ(s.held, 20);
  EXPECT_EQ(play.run(minutes(10)), (Taken{7, 6, 5, 2}));
}

// D10: two waves of deaths. With the expectation left at 202 the second wave would fall under the alarm.
TEST(SelfProtectionPlayed, AnEvictionLowersTheExpectationAtOnce) {
  Play play;
  play.add(100, seconds(30));
  play.run(minutes(2));
  play.die(14);
  EXPECT_EQ(play.run(minutes(3)), Taken{14});
  EXPECT_EQ(play.status().expected_per_minute, 174);
  EXPECT_EQ(play.status().needed, 147);
  play.die(14 + 12);                           // twelve more; the first fourteen are gone already
  EXPECT_EQ(play.run(minutes(3)), Taken{12});  // 150 renewals: below the 171 of before, not below 147
  EXPECT_EQ(play.status().size, 75);
}

TEST(SelfProtectionPlayed, ACancelLowersTheExpectationNeverBelowZero) {
  Node node;
  node.put({"a"});
  node.cancel({"a"});
  EXPECT_EQ(node.registry.lease_status().expected_per_minute, 0);
  node.cancel({"a"});
  EXPECT_EQ(node.registry.lease_status().expected_per_minute, 0);
}

TEST(SelfProtectionPlayed, ARecountEveryQuarterOfAnHour) {
  RegistrySettings settings;
  settings.lease.share = 1;  // no sweep takes anything, but each needs every renewal
  Node node(settings);
  for (const char* h : {"a", "b", "c"}) node.put({h});
  node.live(minutes(14));
  EXPECT_EQ(node.registry.lease_status().expected_per_minute, 6);
  EXPECT_TRUE(node.registry.lease_status().protecting);
  EXPECT_EQ(node.registry.lease_status().protecting_since, kStart + minutes(1));
  node.live(minutes(1));
  EXPECT_EQ(node.registry.lease_status().expected_per_minute, 6);  // counted anew: three instances
}

}  // namespace
}  // namespace discovery::registry
