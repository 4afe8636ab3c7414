// The rules of one long poll (replication.md 2.5, R8; discovery-api.md 7.5 to 7.7), application states made by hand.
#include "registry/poll_state.h"

#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "unit/registry/node.h"

namespace discovery::registry {
namespace {

using Act = PollState::Act;
using std::chrono::milliseconds;

constexpr Duration kPark = seconds(30);
constexpr PollTimes kTimes{seconds(1), seconds(5), {}};  // bursts have tests of their own
constexpr PollTimes kBursts{seconds(1), seconds(5), milliseconds(50)};

/// Time in units of 2^20 ns; +n is n such units later.
constexpr int64_t kTau = tau_of(to_wire_ns(kStart));

AppState named(int64_t tau, int64_t fingerprint) {
  const int64_t t = join_cursor(tau, fingerprint);
  return {
      .known = true, .zone_known = true, .in_service = true, .latest_timestamp_ns = t, .changed_ns = t, .named = true};
}
AppState lone(int64_t t_ns) {
  return {.known = true, .zone_known = true, .in_service = true, .latest_timestamp_ns = t_ns, .changed_ns = t_ns};
}
AppState empty(AppState state) {
  state.in_service = false;
  return state;
}
/// The application has no instance any more, but is remembered.
AppState gone(AppState state) {
  state.known = state.zone_known = state.in_service = false;
  return state;
}
int64_t cursor(int64_t tau, int64_t fingerprint) { return join_cursor(tau, fingerprint); }

/// Applications as the test says they are.
class Hand final : public PollSight {
 public:
  AppState look(size_t i) override { return apps.at(i); }
  bool changed(size_t i) override { return marks.at(i); }
  TimePoint hold_cursor(size_t /*i*/, int64_t /*cursor_ns*/, TimePoint now) override {
    return held_since.value_or(now);
  }
  void told_held(size_t /*i*/, int64_t cursor_ns) override { told.push_back(cursor_ns); }
  AppState pass_cursor(size_t i, int64_t cursor_ns) override {
    passed.push_back(cursor_ns);
    AppState& a = apps.at(i);
    const int64_t fp = fingerprint_of(a.latest_timestamp_ns);
    a.latest_timestamp_ns = join_cursor(std::max(tau_of(a.latest_timestamp_ns), tau_of(cursor_ns)) + 1, fp);
    return a;
  }
  [[nodiscard]] bool all_peers_heard() const override { return heard; }

  std::vector<AppState> apps;
  std::vector<bool> marks;
  std::vector<int64_t> passed;
  bool heard = true;
  std::optional<TimePoint> held_since;
  std::vector<int64_t> told;
};

/// A poll that begins at kStart with a deadline of kPark.
class Poll {
 public:
  struct App {
    AppState state;
    int64_t cursor_ns;
  };

  explicit Poll(const std::vector<App>& apps, bool single = false, PollTimes t = kTimes)
      : times(t), state_(apps.size(), single) {
    for (const App& a : apps) {
      hand.apps.push_back(a.state);
      hand.marks.push_back(false);
      state_.add(a.state, a.cursor_ns, kStart, times);
    }
    step = state_.begin(kStart, kStart + kPark, times);
  }

  /// The application is like that now, and the poll is woken because of it.
  Act change(Duration at, const AppState& state, size_t i = 0) {
    hand.apps.at(i) = state;
    hand.marks.at(i) = true;
    return look(at);
  }
  Act look(Duration at) {
    step = state_.review(kStart + at, hand, times);
    if (!step.paused) hand.marks.assign(hand.marks.size(), false);
    return step.act;
  }
  [[nodiscard]] bool listed(size_t i = 0) const { return state_.listed(i); }
  [[nodiscard]] Duration next() const { return step.look_again - kStart; }

  Hand hand;
  PollTimes times;
  PollState::Step step;

 private:
  PollState state_;
};

Poll poll(const AppState& state, int64_t cursor_ns, PollTimes times = kTimes) {
  return Poll({{state, cursor_ns}}, false, times);
}

// ---------------------------------------------------------------------------------------------------- a lone node

TEST(PollState, OnALoneNodeComparesAsNumbers) {
  constexpr int64_t kT = to_wire_ns(kStart);
  for (const int64_t old : {INT64_MIN, int64_t{-1}, int64_t{0}, int64_t{1}, kT - 1}) {
    EXPECT_EQ(poll(lone(kT), old).step.act, Act::kAnswer) << old;
  }
  for (const int64_t same_or_newer : {kT, kT + 1, INT64_MAX}) {
    Poll p = poll(lone(kT), same_or_newer);
    EXPECT_EQ(p.step.act, Act::kRest) << same_or_newer;
    EXPECT_EQ(p.next(), kPark);
    EXPECT_EQ(p.look(kPark - nanoseconds(1)), Act::kRest);
    EXPECT_EQ(p.look(kPark), Act::kNotModified) << "no hold, and no twin";
    EXPECT_TRUE(p.hand.passed.empty());
  }
}

TEST(PollState, OnALoneNodeEveryChangeCountsAlsoForACursorFromTheFuture) {
  Poll p = poll(lone(100), INT64_MAX);
  EXPECT_EQ(p.look(seconds(1)), Act::kRest);
  EXPECT_EQ(p.change(seconds(2), lone(101)), Act::kAnswer);
  EXPECT_TRUE(p.listed());
}

// ---------------------------------------------------------------------------------------------------- bursts

/// T of a list that changed so long before kStart.
int64_t changed_before(Duration age) { return to_wire_ns(kStart - age); }

TEST(PollState, AClientThatWasJustToldWaitsForTheRestOfTheBurst) {
  for (const bool is_named : {false, true}) {
    const auto state = [&](Duration age) {
      const int64_t t = changed_before(age);
      return is_named ? named(tau_of(t), fingerprint_of(t)) : lone(t);
    };
    const int64_t told = state(milliseconds(20)).latest_timestamp_ns;
    Poll p = poll(state(milliseconds(5)), told, kBursts);
    EXPECT_EQ(p.step.act, Act::kRest);
    EXPECT_GT(p.next(), milliseconds(29)) << "a name has a millisecond of its own";
    EXPECT_LE(p.next(), milliseconds(32));
    const Duration end = p.next();
    EXPECT_EQ(p.change(milliseconds(10), state(milliseconds(-10))), Act::kRest);
    EXPECT_EQ(p.next(), end);
    EXPECT_EQ(p.look(end - nanoseconds(1)), Act::kRest);
    EXPECT_EQ(p.look(end), Act::kAnswer);
    EXPECT_TRUE(p.listed());
  }
}

TEST(PollState, TheFirstChangeAfterAWhileIsToldAtOnce) {
  EXPECT_EQ(poll(lone(changed_before(milliseconds(1))), changed_before(milliseconds(50)), kBursts).step.act,
            Act::kAnswer);
  Poll p = poll(lone(changed_before(milliseconds(20))), changed_before(milliseconds(20)), kBursts);
  EXPECT_EQ(p.next(), kPark) << "nothing to tell yet: it need not be looked at when the pause is over";
  EXPECT_EQ(p.change(milliseconds(30), lone(to_wire_ns(kStart))), Act::kAnswer);
}

TEST(PollState, AChangeInThePauseIsToldAtItsEndAlsoOfACursorThatIsAhead) {
  // On a lone node such a cursor is woken by the change alone, which must not be lost in the pause.
  Poll p = poll(lone(changed_before(milliseconds(20))), to_wire_ns(kStart + milliseconds(10)), kBursts);
  EXPECT_EQ(p.change(milliseconds(1), lone(to_wire_ns(kStart + milliseconds(1)))), Act::kRest);
  EXPECT_EQ(p.next(), milliseconds(50)) << "a clock that is a little ahead counts as now";
  EXPECT_EQ(p.look(milliseconds(50)), Act::kAnswer);
}

TEST(PollState, TheYoungestCursorCountsAndNoneFarFromTheClock) {
  Poll p({{lone(changed_before(milliseconds(1))), changed_before(seconds(9))},
          {lone(changed_before(milliseconds(10))), changed_before(milliseconds(10))}},
         false, kBursts);
  EXPECT_EQ(p.step.act, Act::kRest);
  EXPECT_EQ(p.next(), milliseconds(40));
  EXPECT_EQ(p.look(milliseconds(40)), Act::kAnswer);
  EXPECT_TRUE(p.listed(0));
  EXPECT_FALSE(p.listed(1));
  Poll ahead({{lone(changed_before(milliseconds(1))), changed_before(seconds(9))},
              {lone(changed_before(milliseconds(1))), to_wire_ns(kStart + milliseconds(50))}},
             false, kBursts);
  EXPECT_EQ(ahead.step.act, Act::kAnswer);
}

TEST(PollState, AHoldGoesOnFromWhereTheLastPollLeftIt) {
  AppState state = named(kTau, 7);
  state.held_since = kStart - seconds(4);
  Poll p = poll(state, cursor(kTau + 10, 8));
  EXPECT_EQ(p.next(), seconds(1));
  EXPECT_EQ(p.look(seconds(1) - nanoseconds(1)), Act::kRest);
  EXPECT_EQ(p.look(seconds(1)), Act::kAnswer);
  EXPECT_EQ(p.hand.passed.size(), 1U);
  EXPECT_TRUE(p.hand.told.empty()) << "T is above it now";
}

TEST(PollState, AHoldThatOnlyNowConcernsThisPollGoesOnToo) {
  Poll p = poll(named(kTau, 8), cursor(kTau + 10, 8));
  p.hand.held_since = kStart;
  EXPECT_EQ(p.change(seconds(3), named(kTau + 1, 7)), Act::kRest);
  EXPECT_EQ(p.next(), seconds(5));
  p.hand.held_since = kStart - seconds(60);
  Poll other = poll(named(kTau, 8), cursor(kTau + 10, 8));
  other.hand.held_since = kStart - seconds(60);
  EXPECT_EQ(other.change(seconds(3), named(kTau + 1, 7)), Act::kAnswer);
}

TEST(PollState, WhileANodeIsSilentHoldsNoLongerThanThirtySecondsInAll) {
  AppState state = named(kTau, 7);
  state.held_since = kStart - seconds(27);
  Poll p = poll(state, cursor(kTau + 10, 8));
  p.hand.heard = false;
  EXPECT_EQ(p.look({}), Act::kRest);
  EXPECT_EQ(p.next(), seconds(3));
  EXPECT_EQ(p.look(seconds(3)), Act::kAnswer);
  EXPECT_TRUE(p.hand.passed.empty()) << "the other node may have told it";
  EXPECT_EQ(p.hand.told, std::vector<int64_t>{cursor(kTau + 10, 8)});
}

TEST(PollState, AHoldThatIsOverInThePauseDoesNotSpin) {
  Poll p = poll(named(kTau, 7), cursor(kTau + 10, 8), {seconds(1), seconds(0), milliseconds(50)});
  EXPECT_EQ(p.step.act, Act::kRest);
  EXPECT_EQ(p.next(), milliseconds(50));
  EXPECT_EQ(p.look(milliseconds(20)), Act::kRest);
  EXPECT_EQ(p.next(), milliseconds(50));
}

TEST(PollState, WithoutCoalescingEachChangeIsToldAtOnce) {
  EXPECT_EQ(poll(lone(changed_before({})), changed_before(nanoseconds(1))).step.act, Act::kAnswer);
}

TEST(PollState, TellsOnlyWhatIsDue) {
  Poll p({{lone(100), 100}, {lone(200), 199}, {gone({}), 0}});
  EXPECT_EQ(p.step.act, Act::kAnswer);
  EXPECT_FALSE(p.listed(0));
  EXPECT_TRUE(p.listed(1));
  EXPECT_FALSE(p.listed(2));
}

TEST(PollState, OfOneApplicationDoesNotWaitForTheUnknown) {
  EXPECT_EQ(Poll({{gone({}), 0}}, true).step.act, Act::kAnswer);
  EXPECT_EQ(Poll({{gone({}), 0}}, false).step.act, Act::kRest);
}

TEST(PollState, TellsThatAKnownApplicationIsGoneButNotThatAnUnknownOneStaysSo) {
  for (const bool among_others : {false, true}) {
    const AppState there = among_others ? named(kTau, 7) : lone(100);
    Poll known = poll(there, there.latest_timestamp_ns);
    EXPECT_EQ(known.change(seconds(1), gone(there)), Act::kAnswer);
    EXPECT_TRUE(known.listed());
    Poll unknown = poll(gone(there), 0);
    EXPECT_EQ(unknown.change(seconds(1), gone(there)), Act::kRest);
    EXPECT_EQ(unknown.look(kPark), Act::kNotModified);
  }
}

// It came with its cursor from a node where the application is known; here its first record is on its way.
TEST(PollState, OfAnApplicationThatBecameKnownMeanwhileTellsThatItIsGone) {
  const AppState there = named(kTau, 7);
  Poll p = poll(gone({}), there.latest_timestamp_ns);
  EXPECT_EQ(p.change(seconds(1), there), Act::kRest) << "the list that it has";
  EXPECT_EQ(p.change(seconds(2), gone(there)), Act::kAnswer);
}

// ---------------------------------------------------------------------------------------------------- damping (D4)

TEST(PollState, DampsWhatHasNothingInService) {
  for (const AppState& state : {lone(100), named(kTau, 7)}) {
    Poll p = poll(empty(state), 0);
    EXPECT_EQ(p.step.act, Act::kRest);
    EXPECT_EQ(p.next(), seconds(1));
    EXPECT_EQ(p.look(milliseconds(999)), Act::kRest) << "nothing changed";
    EXPECT_EQ(p.look(seconds(1)), Act::kAnswer);
    EXPECT_TRUE(p.listed());
    Poll changed = poll(empty(state), 0);
    EXPECT_EQ(changed.change(milliseconds(10), state), Act::kAnswer);
  }
}

TEST(PollState, DampsNoLongerThanItsDeadline) {
  Poll p = poll(empty(lone(100)), 0, {seconds(60), seconds(5)});
  EXPECT_EQ(p.next(), kPark);
  EXPECT_EQ(p.look(kPark), Act::kAnswer) << "the empty list, not -304";
}

TEST(PollState, DoesNotDampWhenOneOfSeveralIsInService) {
  EXPECT_EQ(Poll({{empty(lone(100)), 0}, {lone(100), 0}}).step.act, Act::kAnswer);
}

TEST(PollState, EndsTheDampingWhenAHeldCursorIsPassed) {
  Poll p({{empty(named(kTau, 7)), 0}, {named(kTau, 8), cursor(kTau, 9)}}, false, {seconds(10), seconds(5)});
  EXPECT_EQ(p.next(), seconds(5));
  EXPECT_EQ(p.look(seconds(5)), Act::kAnswer);
  EXPECT_TRUE(p.listed(0) && p.listed(1));
}

// ---------------------------------------------------------------------------------------------------- among others

TEST(PollState, WithoutACursorIsAnswered) {
  for (const int64_t none : {INT64_MIN, int64_t{-1}, int64_t{0}}) {
    EXPECT_EQ(poll(named(kTau, 0), none).step.act, Act::kAnswer) << none;
  }
}

TEST(PollState, WithTheSameFingerprintWaitsWhateverTheTime) {
  for (const int64_t tau : {kTau - 1000, kTau, kTau + 1000}) {
    Poll p = poll(named(kTau, 7), cursor(tau, 7));
    EXPECT_EQ(p.step.act, Act::kRest) << tau;
    EXPECT_EQ(p.next(), kPark);
    EXPECT_EQ(p.change(seconds(1), named(kTau + 5, 7)), Act::kRest) << "T was taken over, the list is the same";
    EXPECT_EQ(p.next(), kPark);
  }
}

TEST(PollState, WithAnOlderTimeAndAnotherListIsAnswered) {
  EXPECT_EQ(poll(named(kTau, 7), cursor(kTau - 1, 8)).step.act, Act::kAnswer);
}

TEST(PollState, IsWokenByALargerTime) {
  Poll p = poll(named(kTau, 7), cursor(kTau, 7));
  EXPECT_EQ(p.change(seconds(1), named(kTau + 1, 8)), Act::kAnswer);
}

TEST(PollState, HoldsACursorThatIsNotFromHere) {
  for (const int64_t tau : {kTau, kTau + 1, kTau + 100'000}) {
    Poll p = poll(named(kTau, 7), cursor(tau, 8));
    EXPECT_EQ(p.step.act, Act::kRest) << tau;
    EXPECT_EQ(p.next(), seconds(5));
    EXPECT_EQ(p.look(seconds(5) - nanoseconds(1)), Act::kRest);
    EXPECT_EQ(p.look(seconds(5)), Act::kAnswer);
    EXPECT_TRUE(p.listed());
    EXPECT_EQ(p.hand.passed, std::vector<int64_t>{cursor(tau, 8)});
    EXPECT_GT(tau_of(p.hand.apps[0].latest_timestamp_ns), tau);
  }
}

TEST(PollState, EndsTheHoldWhenTheListArrivesAndIsToldNothingTwice) {
  Poll p = poll(named(kTau, 7), cursor(kTau + 10, 8));
  EXPECT_EQ(p.change(seconds(2), named(kTau + 1, 8)), Act::kRest) << "that is the list it has";
  EXPECT_EQ(p.next(), kPark);
  EXPECT_EQ(p.look(seconds(5)), Act::kRest);
  EXPECT_EQ(p.look(kPark), Act::kNotModified);
  EXPECT_TRUE(p.hand.passed.empty());
}

TEST(PollState, EndsTheHoldWhenTheTimePassesTheCursor) {
  Poll p = poll(named(kTau, 7), cursor(kTau + 10, 8));
  EXPECT_EQ(p.change(seconds(2), named(kTau + 11, 9)), Act::kAnswer);
  EXPECT_TRUE(p.hand.passed.empty());
}

TEST(PollState, OfAnotherListThatIsStillOlderGoesOnHoldingFromTheFirstMoment) {
  Poll p = poll(named(kTau, 7), cursor(kTau + 10, 8));
  EXPECT_EQ(p.change(seconds(3), named(kTau + 5, 9)), Act::kRest);
  EXPECT_EQ(p.next(), seconds(5));
  EXPECT_EQ(p.look(seconds(5)), Act::kAnswer);
}

TEST(PollState, EntersTheHoldWhileItWaits) {
  Poll p = poll(named(kTau, 7), cursor(kTau + 10, 7));
  EXPECT_EQ(p.change(seconds(4), named(kTau + 1, 8)), Act::kRest);
  EXPECT_EQ(p.next(), seconds(9));
  EXPECT_EQ(p.look(seconds(9)), Act::kAnswer);
}

TEST(PollState, EntersTheHoldAnewAfterTheListWasTheSame) {
  Poll p = poll(named(kTau, 7), cursor(kTau + 10, 8));
  EXPECT_EQ(p.change(seconds(4), named(kTau + 1, 8)), Act::kRest);
  EXPECT_EQ(p.change(seconds(4), named(kTau + 2, 9)), Act::kRest);
  EXPECT_EQ(p.next(), seconds(9));
}

TEST(PollState, HoldsAgainWhileAPeerIsSilentButOnlyUpToItsDeadline) {
  Poll p = poll(named(kTau, 7), cursor(kTau + 10, 8));
  p.hand.heard = false;
  for (int round = 1; round < 6; ++round) {
    EXPECT_EQ(p.look(seconds(5 * round)), Act::kRest) << round;
    EXPECT_EQ(p.next(), seconds(5 * (round + 1)));
  }
  EXPECT_EQ(p.look(kPark), Act::kAnswer) << "instead of -304";
  EXPECT_TRUE(p.listed());
  EXPECT_TRUE(p.hand.passed.empty()) << "T is raised only when nobody can know more";
}

TEST(PollState, PassesTheCursorWhenTheSilentPeerIsBack) {
  Poll p = poll(named(kTau, 7), cursor(kTau + 10, 8));
  p.hand.heard = false;
  EXPECT_EQ(p.look(seconds(5)), Act::kRest);
  p.hand.heard = true;
  EXPECT_EQ(p.look(seconds(10)), Act::kAnswer);
  EXPECT_EQ(p.hand.passed.size(), 1U);
}

TEST(PollState, OfADeadlineBeforeTheEndOfTheHoldIsAnsweredWithTheList) {
  Poll p = poll(named(kTau, 7), cursor(kTau + 10, 8), {seconds(1), seconds(60)});
  EXPECT_EQ(p.next(), kPark);
  EXPECT_EQ(p.look(kPark), Act::kAnswer);
  EXPECT_TRUE(p.hand.passed.empty());
}

TEST(PollState, WithoutAHoldStillDoesNotSpin) {
  Poll p = poll(named(kTau, 7), cursor(kTau + 10, 8), {seconds(1), seconds(0), {}});
  p.hand.heard = false;
  EXPECT_EQ(p.look(milliseconds(20)), Act::kRest);
  EXPECT_EQ(p.next(), milliseconds(20) + PollState::kRepeatMin);
}

TEST(PollState, OfAnImplausibleCursorIsAnsweredAfterTheHoldWithoutRaisingAnything) {
  const int64_t limit = tau_of(to_wire_ns(kStart + hours(1)));
  for (const bool heard : {true, false}) {
    for (const int64_t c : {cursor(limit + 10'000, 8), INT64_MAX - 1}) {
      Poll p = poll(named(kTau, 7), c);
      p.hand.heard = heard;
      EXPECT_EQ(p.step.act, Act::kRest);
      EXPECT_EQ(p.look(milliseconds(4999)), Act::kRest);
      EXPECT_EQ(p.look(seconds(5)), Act::kAnswer);
      EXPECT_TRUE(p.listed());
      EXPECT_TRUE(p.hand.passed.empty());
    }
    Poll p = poll(named(kTau, 7), cursor(limit, 8));
    p.hand.heard = heard;
    EXPECT_EQ(p.look(seconds(5)), heard ? Act::kAnswer : Act::kRest) << "an hour ahead is still plausible";
    EXPECT_EQ(p.hand.passed.size(), heard ? 1U : 0U);
  }
}

TEST(PollState, AtItsDeadlineTellsAListThatMayHaveATwin) {
  AppState changed = named(kTau + 20, 7);
  Poll p = poll(changed, cursor(kTau, 7));
  EXPECT_EQ(p.look(kPark - nanoseconds(1)), Act::kRest);
  EXPECT_EQ(p.look(kPark), Act::kAnswer);
  EXPECT_TRUE(p.listed());
  AppState taken_over = named(kTau + 20, 7);
  taken_over.changed_ns = cursor(kTau, 7);
  EXPECT_EQ(poll(taken_over, cursor(kTau, 7)).look(kPark), Act::kNotModified) << "no change of the list";
}

TEST(PollState, HoldsEachApplicationForItself) {
  Poll p({{named(kTau, 1), cursor(kTau + 10, 2)}, {named(kTau, 3), cursor(kTau + 10, 3)}});
  EXPECT_EQ(p.change(seconds(3), named(kTau + 1, 4), 1), Act::kRest);
  EXPECT_EQ(p.next(), seconds(5));
  EXPECT_EQ(p.look(seconds(5)), Act::kAnswer);
  EXPECT_TRUE(p.listed(0));
  EXPECT_FALSE(p.listed(1)) << "held since two seconds only";
  EXPECT_EQ(p.hand.passed.size(), 1U);
}

TEST(PollState, WaitsForItsOtherApplicationsWhileOneIsHeld) {
  Poll p({{named(kTau, 1), cursor(kTau + 10, 2)}, {named(kTau, 3), cursor(kTau, 3)}});
  EXPECT_EQ(p.change(seconds(1), named(kTau + 1, 4), 1), Act::kAnswer);
  EXPECT_FALSE(p.listed(0));
  EXPECT_TRUE(p.listed(1));
}

// A node that gets its first neighbour names its contents from then on: whoever waits is told once.
TEST(PollState, SurvivesTheEndOfLoneliness) {
  Poll p = poll(lone(to_wire_ns(kStart) + 12345), to_wire_ns(kStart) + 12345);
  const int64_t tau = tau_of(to_wire_ns(kStart)) + 5;
  EXPECT_EQ(p.change(seconds(1), named(tau, fingerprint_of(to_wire_ns(kStart)) ^ 1)), Act::kAnswer);
}

}  // namespace
}  // namespace discovery::registry
