#include "cluster/coverage.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "base/random.h"

namespace discovery::cluster {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
constexpr TimePoint kStart = from_wire_ns(1'700'000'000'000'000'000);
constexpr TimePoint kNever{};
TimePoint at(int64_t s) { return kStart + seconds(s); }
int64_t ns(int64_t s) { return to_wire_ns(at(s)); }

/// A push that arrives at once from a clock that reads as ours.
void told(Coverage& c, const std::string& who, uint64_t boot, int64_t from_s, int64_t to_s) {
  c.heard(who, boot, ns(to_s), at(to_s));
  c.covered(who, ns(from_s), ns(to_s));
}

TEST(Coverage, AloneEverythingIsProvenAfterAWindow) {
  Coverage c({seconds(90)}, kStart);
  EXPECT_EQ(c.proven(at(89)), kNever);
  EXPECT_EQ(c.proven(at(90)), at(90));
  EXPECT_EQ(c.proven(at(500)), at(500));
  EXPECT_TRUE(c.all_covered(at(500)));
}

TEST(Coverage, APeerThatNeverSpokeProvesNothing) {
  Coverage c({seconds(90)}, kStart);
  c.add("b");
  EXPECT_EQ(c.proven(at(5000)), kNever);
  EXPECT_FALSE(c.all_covered(kStart));
}

TEST(Coverage, AStretchEndsWithTheLastThatIsCovered) {
  Coverage c({seconds(90)}, kStart);
  c.add("b");
  c.add("c");
  told(c, "b", 1, 0, 100);
  EXPECT_EQ(c.proven(at(100)), kNever);
  told(c, "c", 1, 0, 95);
  EXPECT_EQ(c.proven(at(100)), at(95));
  told(c, "b", 1, 100, 200);
  EXPECT_EQ(c.proven(at(200)), at(95));  // c is silent
}

TEST(Coverage, AHoleBeginsANewStretch) {
  Coverage c({seconds(90)}, kStart);
  c.add("b");
  told(c, "b", 1, 0, 100);
  EXPECT_EQ(c.proven(at(100)), at(100));
  told(c, "b", 1, 101, 150);  // (100, 101] is missing
  EXPECT_EQ(c.proven(at(150)), at(100));
  told(c, "b", 1, 150, 190);
  EXPECT_EQ(c.proven(at(190)), at(100));
  told(c, "b", 1, 190, 191);
  EXPECT_EQ(c.proven(at(191)), at(191));
}

TEST(Coverage, OverlapsAndLateMessagesMakeNoHole) {
  Coverage c({seconds(90)}, kStart);
  c.add("b");
  told(c, "b", 1, 0, 100);
  told(c, "b", 1, 50, 120);
  c.covered("b", ns(0), ns(60));  // overtaken
  EXPECT_EQ(c.held_until("b", 1), ns(120));
  EXPECT_EQ(c.held_until("b", 2), 0);
  EXPECT_EQ(c.held_until("x", 1), 0);
  EXPECT_EQ(c.proven(at(120)), at(120));
}

TEST(Coverage, AnotherBootBeginsANewStretch) {
  Coverage c({seconds(90)}, kStart);
  c.add("b");
  told(c, "b", 1, 0, 100);
  c.heard("b", 2, ns(130), at(130));
  EXPECT_EQ(c.proven(at(130)), at(100));
  told(c, "b", 2, 120, 200);
  EXPECT_EQ(c.proven(at(200)), at(100));  // what it accepted between 100 and 120 is lost with it
  told(c, "b", 2, 200, 210);
  EXPECT_EQ(c.proven(at(210)), at(210));
}

TEST(Coverage, OneThatIsRetiredLeavesNoGap) {
  Coverage c({seconds(90)}, kStart);
  c.add("b");
  told(c, "b", 1, 0, 50);
  c.retire("b");
  EXPECT_EQ(c.proven(at(1000)), at(1000));
  EXPECT_TRUE(c.all_covered(at(1000)));
  c.covered_until("b", at(1001), seconds(6));
  EXPECT_EQ(c.proven(at(1001)), at(1001));
  c.add("b");  // it is back
  EXPECT_EQ(c.proven(at(1002)), at(1001));
  told(c, "b", 2, 1005, 1010);
  EXPECT_EQ(c.proven(at(1010)), at(1001));
  told(c, "b", 2, 1010, 1095);
  EXPECT_EQ(c.proven(at(1095)), at(1095));
}

TEST(Coverage, RemovalIsAGap) {
  Coverage c({seconds(90)}, kStart);
  c.add("b");
  told(c, "b", 1, 0, 100);
  EXPECT_EQ(c.proven(at(100)), at(100));
  EXPECT_EQ(c.proven(at(300)), at(100));
  c.remove("b", at(300));
  c.remove("b", at(350));  // not there any more: no second gap
  EXPECT_EQ(c.proven(at(389)), at(100));
  EXPECT_EQ(c.proven(at(390)), at(390));
}

TEST(Coverage, AnOriginalCoversByItsPosts) {
  const Duration gap = seconds(75);
  Coverage c({seconds(90)}, kStart);
  c.add("o");
  c.covered_until("o", at(10), gap);
  c.covered_until("o", at(85), gap);  // exactly as long as it may be silent
  c.covered_until("o", at(100), gap);
  EXPECT_EQ(c.proven(at(100)), at(100));
  EXPECT_EQ(c.proven(at(170)), at(100));
  c.covered_until("o", at(176), gap);  // longer
  EXPECT_EQ(c.proven(at(176)), at(100));
  c.covered_until("o", at(250), gap);
  EXPECT_EQ(c.proven(at(250)), at(100));
  c.covered_until("o", at(266), gap);
  EXPECT_EQ(c.proven(at(266)), at(266));
  c.uncover("o");
  EXPECT_EQ(c.proven(at(400)), at(266));
}

// What a node accepted between its last message and its end is known to nobody: the first refusal is a gap, however
// soon.
TEST(Coverage, TheFirstRefusalBeginsANewStretch) {
  const Duration gap = seconds(6);
  Coverage c({seconds(90)}, kStart);
  c.add("b");
  told(c, "b", 1, 0, 100);
  EXPECT_EQ(c.proven(at(100)), at(100));
  for (int64_t s = 102; s <= 191; s += 2) c.covered_until("b", at(s), gap);
  EXPECT_EQ(c.proven(at(190)), at(100));
  c.covered_until("b", at(192), gap);
  EXPECT_EQ(c.proven(at(192)), at(192));
}

TEST(Coverage, NodesThatAreNoMembersChangeNothing) {
  Coverage c({seconds(90)}, kStart);
  told(c, "x", 1, 0, 10);
  c.covered_until("x", at(10), seconds(6));
  c.uncover("x");
  EXPECT_EQ(c.mapping("x"), nullptr);
  EXPECT_EQ(c.proven(at(100)), at(100));
}

TEST(Coverage, AClockIsMappedByTheSmallestDelay) {
  Coverage::Mapping m;
  EXPECT_FALSE(m.known());
  m.sample(ns(1000), at(5) + milliseconds(300));  // 995 s ahead, 300 ms under way
  m.sample(ns(1010), at(15) + milliseconds(20));
  m.sample(ns(1020), at(25) + milliseconds(100));
  ASSERT_TRUE(m.known());
  EXPECT_EQ(m.ours(ns(1030)), at(35) + milliseconds(20));  // too fresh by one delay, never too old
}

TEST(Coverage, AbsurdClocksStayTimes) {
  for (const int64_t sent : {int64_t{0}, int64_t{INT64_MAX}}) {
    Coverage::Mapping m;
    m.sample(sent, kStart);
    for (const int64_t theirs : {int64_t{INT64_MIN} / 2, int64_t{0}, int64_t{INT64_MAX}}) {
      EXPECT_GE(m.ours(theirs), kNever);
    }
  }
}

// ---------------------------------------------------------------------------------------------------- the theorem

/// The rule of replication.md 2.4 with every stretch kept, moment by moment.
class AllStretches {
 public:
  AllStretches(Duration window, TimePoint boot) : window_(window), floor_(boot) {}
  struct Peer {
    bool any = false;
    TimePoint gap{}, cov{};
  };
  std::vector<Peer> peers;
  void gap(TimePoint t) { floor_ = std::max(floor_, t); }
  void look(TimePoint now) {
    TimePoint a = floor_, b = now;
    for (const Peer& p : peers) {
      if (!p.any) return;
      a = std::max(a, p.gap);
      b = std::min(b, p.cov);
    }
    if (a < b) stretches_.emplace_back(a, b);
  }
  [[nodiscard]] bool expires(TimePoint lease) const {
    return std::any_of(stretches_.begin(), stretches_.end(),
                       [&](const auto& s) { return s.second - std::max(s.first, lease) >= window_; });
  }

 private:
  const Duration window_;
  TimePoint floor_;
  std::vector<std::pair<TimePoint, TimePoint>> stretches_;
};

TEST(Coverage, OneNumberSaysWhatAllStretchesSay) {
  constexpr uint64_t kSeed = 99;
  for (uint64_t seed = kSeed; seed < kSeed + 60; ++seed) {
    SeededRandom random(seed);
    Coverage c({seconds(90)}, kStart);
    AllStretches model(seconds(90), kStart);
    const size_t n = 1 + random.below(3);
    std::vector<uint64_t> boot(n, 1);
    std::vector<int64_t> held(n, 0), born(n, 0);
    model.peers.resize(n);
    for (size_t p = 0; p < n; ++p) c.add(std::to_string(p));
    for (int64_t t = 1; t < 1500; ++t) {
      for (size_t p = 0; p < n; ++p) {
        const std::string name = std::to_string(p);
        const uint64_t what = random.below(200);
        if (what == 0) {  // restarts
          ++boot[p];
          born[p] = t;
          held[p] = 0;
        } else if (what == 1 && t > born[p]) {  // with a hole
          told(c, name, boot[p], t - 1, t);
          if (held[p] < t - 1) model.peers[p].gap = at(t - 1);
          if (!model.peers[p].any) model.peers[p].gap = at(t - 1);
          model.peers[p] = {true, model.peers[p].gap, at(t)};
          held[p] = t;
        } else if (what < 100 && t > born[p]) {  // all since the last, or since its start
          const int64_t from = held[p] > 0 ? held[p] : born[p];
          told(c, name, boot[p], from, t);
          if (held[p] == 0) model.peers[p].gap = at(from);
          model.peers[p] = {true, model.peers[p].gap, at(t)};
          held[p] = t;
        }
      }
      if (random.below(400) == 0) {  // one is removed, and joins again
        c.remove("0", at(t));
        c.add("0");
        model.gap(at(t));
        model.peers[0] = {};
        held[0] = 0;
        born[0] = t;
        ++boot[0];
      }
      model.look(at(t));
      const TimePoint proven = c.proven(at(t));
      for (int64_t lease = t - 400; lease <= t; lease += 7) {
        const bool expires = at(lease) <= proven - seconds(90);
        ASSERT_EQ(expires, model.expires(at(lease))) << "seed " << seed << " at " << t << " lease " << lease;
      }
    }
  }
}

// A client renews somewhere at least every 89 s; what each node is told is lost, late and forgotten at random. No lease
// of it ever counts as run out.
TEST(Coverage, ALiveClientNeverExpires) {
  uint64_t proofs = 0;
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    SeededRandom random(seed);
    Coverage c({seconds(90)}, kStart);
    struct Peer {
      uint64_t boot = 1;
      int64_t born = 0;
      int64_t acked = 0;
      int64_t cut_until = 0;
      std::vector<int64_t> renewals;  ///< of this boot
    };
    std::vector<Peer> peers(3);
    int64_t lease = 0;  // as known here
    int64_t next_renewal = 1;
    for (size_t p = 0; p < peers.size(); ++p) c.add(std::to_string(p));
    for (int64_t t = 1; t < 2000; ++t) {
      if (t >= next_renewal) {
        const size_t where = random.below(peers.size() + 1);
        if (where == peers.size()) {
          lease = t;
        } else {
          peers[where].renewals.push_back(t);
        }
        next_renewal = t + 1 + static_cast<int64_t>(random.below(89));
      }
      for (size_t p = 0; p < peers.size(); ++p) {
        Peer& peer = peers[p];
        const std::string name = std::to_string(p);
        if (random.below(300) == 0) peer.cut_until = t + static_cast<int64_t>(random.below(200));
        if (random.below(600) == 0) peer = {peer.boot + 1, t, t, peer.cut_until, {}};
        if (t < peer.cut_until || t <= peer.acked || random.below(10) == 0) continue;
        c.heard(name, peer.boot, ns(t), at(t));
        for (const int64_t r : peer.renewals) {
          if (r > peer.acked) lease = std::max(lease, r);
        }
        c.covered(name, ns(peer.acked), ns(t));
        if (random.below(10) != 0) peer.acked = t;  // else the answer was lost
      }
      const TimePoint proven = c.proven(at(t));
      proofs += proven > kNever ? 1U : 0U;
      ASSERT_GT(at(lease), proven - seconds(90)) << "seed " << seed << " at " << t;
    }
  }
  EXPECT_GT(proofs, 100'000U);
}

}  // namespace
}  // namespace discovery::cluster
