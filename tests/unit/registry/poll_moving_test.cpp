// Pollers that move between nodes with their cursors (replication.md 2.5 R8, 2.6): nothing is missed, nothing is told
// twice, and nobody spins.
#include <array>
#include <deque>
#include <memory>

#include "base/random.h"
#include "registry/poll_state.h"
#include "unit/registry/exchange.h"

namespace discovery::registry {
namespace {

using std::chrono::milliseconds;

constexpr PollTimes kTimes;
const Name kApp;  // its application is the one that is polled

/// What a list says, as text.
std::string list_of(const Node& node) {
  std::string out;
  node.registry.with_application(kApp.app(), [&](const Application& app) {
    app.for_each_listed([&](const InstanceView& v) {
      const Version& version = v.instance->numbers.version;
      out += std::string(v.instance->hostname()) + "@" + std::to_string(version.incarnation.t_ns) + "/" +
             std::to_string(version.set.t_ns) + " ";
    });
  });
  return out;
}

/// A client with one application in its polls, parked at one node at a time.
class Poller final : private PollSight {
 public:
  struct Told {
    TimePoint at;
    bool again = false;   ///< the list it had already
    bool behind = false;  ///< by a node whose T did not exceed the cursor when the poll came
  };

  void ask(Node& at) {
    node_ = &at;
    state_ = std::make_unique<PollState>(1, false);
    uint64_t id = 0;
    const auto state = at.registry.watch(kApp.app(), "", 0, cursor_ns, at.now, id);
    ASSERT_TRUE(state);
    behind_ = cursor_ns > 0 && tau_of(cursor_ns) >= tau_of(state->latest_timestamp_ns);
    state_->add(*state, cursor_ns, at.now, kTimes);
    take(state_->begin(at.now, at.now + seconds(30), kTimes));
  }
  void leave() {
    if (node_) node_->registry.unwatch(kApp.app(), 0);
    node_ = nullptr;
  }
  /// Something may have changed where it waits, or its time has come. True: it was answered, and waits nowhere now.
  bool look() {
    if (node_) take(state_->review(node_->now, *this, kTimes));
    return !node_;
  }
  [[nodiscard]] Node* at() const { return node_; }

  int64_t cursor_ns = 0;
  std::string list = "nothing yet";
  std::vector<Told> told;
  int not_modified = 0;
  bool heard = true;

 private:
  void take(const PollState::Step& step) {
    if (step.act == PollState::Act::kRest) return;
    if (step.act == PollState::Act::kNotModified) {
      ++not_modified;
    } else {
      const AppState state = look(0);
      const std::string seen = list_of(*node_);
      told.push_back({node_->now, seen == list, behind_});
      list = seen;
      if (state.known) cursor_ns = state.latest_timestamp_ns;
    }
    leave();
  }
  AppState look(size_t /*i*/) override { return node_->registry.look(kApp.app(), ""); }
  bool changed(size_t /*i*/) override { return false; }  // among others the timestamps alone decide
  TimePoint hold_cursor(size_t /*i*/, int64_t c, TimePoint now) override {
    return node_->registry.hold_cursor(kApp.app(), c, now);
  }
  void told_held(size_t /*i*/, int64_t c) override { node_->registry.told_held(kApp.app(), c); }
  AppState pass_cursor(size_t /*i*/, int64_t c) override {
    Wake wake;
    return node_->registry.pass_cursor(kApp.app(), "", c, node_->now, wake);
  }
  [[nodiscard]] bool all_peers_heard() const override { return heard; }

  Node* node_ = nullptr;
  std::unique_ptr<PollState> state_;
  bool behind_ = false;
};

/// Nodes whose records reach each other when the test says so.
struct Three {
  Three() {
    for (uint16_t i = 0; i < 3; ++i) {
      nodes[i] = std::make_unique<Node>(member(static_cast<uint16_t>(i + 1)), i);
      nodes[i]->registry.name_contents();
    }
  }
  Node& operator[](size_t i) { return *nodes[i]; }
  void pass(Duration d) {
    for (const auto& n : nodes) n->pass(d);
  }
  void carry_all(size_t from, size_t to) {
    for (const Parcel& p : all_records(*nodes[from])) join(*nodes[to], p.record());
  }
  void carry_everywhere() {
    for (size_t from = 0; from < 3; ++from) {
      for (size_t to = 0; to < 3; ++to) {
        if (from != to) carry_all(from, to);
      }
    }
  }
  std::array<std::unique_ptr<Node>, 3> nodes;
};

Name host(int i) {
  Name n;
  n.hostname = "h" + std::to_string(i);
  return n;
}

TEST(MovingPoller, IsNotToldAgainWhatItKnows) {
  Three nodes;
  nodes[0].put(host(1));
  nodes.carry_everywhere();
  Poller p;
  p.ask(nodes[0]);
  ASSERT_EQ(p.told.size(), 1U);
  for (int i = 0; i < 30; ++i) {
    nodes.pass(seconds(1));
    p.leave();
    p.ask(nodes[static_cast<size_t>(i % 3)]);
    EXPECT_FALSE(p.look());
  }
  EXPECT_EQ(p.told.size(), 1U);
}

TEST(MovingPoller, IsToldAtOnceWhatItMissedOnTheWay) {
  Three nodes;
  nodes[0].put(host(1));
  nodes.carry_everywhere();
  Poller p;
  p.ask(nodes[0]);
  nodes.pass(seconds(1));
  nodes[1].put(host(2));
  p.ask(nodes[1]);
  ASSERT_EQ(p.told.size(), 2U);
  EXPECT_EQ(p.list, list_of(nodes[1]));
}

// The node that told it the cursor is ahead; what it told arrives while the poll is held.
TEST(MovingPoller, WaitsForANodeThatIsBehind) {
  Three nodes;
  nodes[0].put(host(1));
  nodes.carry_everywhere();
  nodes.pass(seconds(1));
  nodes[0].put(host(2));
  Poller p;
  p.ask(nodes[0]);
  nodes.pass(milliseconds(10));
  p.ask(nodes[1]);
  nodes.pass(seconds(2));
  nodes.carry_all(0, 1);
  EXPECT_FALSE(p.look());
  nodes.pass(seconds(5));
  EXPECT_FALSE(p.look()) << "it has that list";
  EXPECT_EQ(p.told.size(), 1U);
  nodes[2].put(host(3));
  nodes.carry_all(2, 1);
  EXPECT_TRUE(p.look());
  EXPECT_EQ(p.list, list_of(nodes[1]));
}

// The node that told it the cursor died with what it knew.
TEST(MovingPoller, IsToldAfterTheHoldWhatANodeKnowsThatWillNeverCatchUp) {
  Three nodes;
  nodes[0].put(host(1));
  nodes.carry_everywhere();
  nodes.pass(seconds(1));
  nodes[0].put(host(2));
  Poller p;
  p.ask(nodes[0]);
  p.ask(nodes[1]);
  nodes.pass(kTimes.cursor_hold - nanoseconds(1));
  EXPECT_FALSE(p.look());
  nodes.pass(nanoseconds(1));
  EXPECT_TRUE(p.look());
  EXPECT_EQ(p.list, list_of(nodes[1]));
  EXPECT_GT(nodes[1].latest(kApp), nodes[0].latest(kApp)) << "T has passed the cursor";
  p.ask(nodes[1]);
  nodes[1].put(host(3));
  EXPECT_TRUE(p.look()) << "and is told the next change at once";
}

// Two halves that do not hear each other, and a client that a load balancer sends to and fro.
TEST(MovingPoller, BetweenTwoHalvesIsAnsweredOncePerHoldAtMost) {
  for (const bool heard : {false, true}) {
    Three nodes;
    nodes[0].put(host(1));
    nodes.pass(seconds(1));
    nodes[1].put(host(2));
    Poller p;
    p.heard = heard;
    size_t next = 0;
    p.ask(nodes[0]);
    for (int i = 0; i < 120'000 / 20; ++i) {  // two minutes
      if (!p.at()) p.ask(nodes[next ^= 1]);
      nodes.pass(milliseconds(20));
      p.look();
    }
    EXPECT_GE(p.told.size(), 5U) << "it hears of both halves";
    TimePoint last{};
    for (const Poller::Told& t : p.told) {
      EXPECT_FALSE(t.again);
      if (!t.behind) continue;
      EXPECT_GE(t.at - last, kTimes.cursor_hold);
      last = t.at;
    }
    EXPECT_LE(p.told.size(), heard ? 120U / 5 * 2 : 120U / 30 * 2 + 2);
  }
}

/// Random writes at random nodes, records that travel late and out of order, pollers that move at random.
class Storm {
 public:
  explicit Storm(uint64_t seed) : random_(seed) {
    nodes_[0].put(host(0));  // stays, so that the application never vanishes
    nodes_.carry_everywhere();
  }

  void blow(Duration time) {
    for (const TimePoint end = nodes_[0].now + time; nodes_[0].now < end;) {
      step(true);
      if (one_in(5)) write();
      if (one_in(3)) post();
    }
  }
  /// Everything arrives, nobody moves.
  void calm(Duration time) {
    flying_.clear();
    nodes_.carry_everywhere();
    for (const TimePoint end = nodes_[0].now + time; nodes_[0].now < end;) step(false);
  }

  Three nodes_;
  std::array<Poller, 12> pollers;

 private:
  struct Flying {
    TimePoint due;
    size_t to;
    Parcel parcel;
  };

  bool one_in(uint64_t n) { return random_.next() % n == 0; }
  size_t any_node() { return random_.next() % 3; }

  void step(bool moving) {
    nodes_.pass(milliseconds(20));
    std::erase_if(flying_, [&](const Flying& f) {
      if (f.due > nodes_[0].now) return false;
      join(nodes_[f.to], f.parcel.record());
      return true;
    });
    for (Poller& p : pollers) {
      p.look();
      if (moving && one_in(100)) p.leave();
      if (!p.at()) p.ask(nodes_[moving && one_in(2) ? any_node() : static_cast<size_t>(&p - pollers.data()) % 3]);
    }
  }
  void write() {
    Node& node = nodes_[any_node()];
    const Name name = host(1 + static_cast<int>(random_.next() % 5));
    switch (random_.next() % 4) {
      case 0:
        node.cancel(name);
        break;
      case 1:
        static_cast<void>(node.set_status(name, 1 + static_cast<uint32_t>(random_.next() % 2)));
        break;
      default:
        node.put(name, version(std::to_string(random_.next() % 3)));
    }
  }
  void post() {
    const size_t from = any_node();
    const size_t to = (from + 1 + random_.next() % 2) % 3;
    const Duration delay = milliseconds(random_.next() % (one_in(10) ? 4000 : 100));
    for (const Parcel& p : all_records(nodes_[from])) flying_.push_back({nodes_[0].now + delay, to, p});
  }

  SeededRandom random_;
  std::deque<Flying> flying_;
};

TEST(MovingPoller, InAStormMissesNothingAndIsToldNothingTwice) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Storm storm(seed);
    storm.blow(seconds(20));
    storm.calm(kTimes.cursor_hold + seconds(1));
    size_t told = 0;
    for (const Poller& p : storm.pollers) {
      EXPECT_EQ(p.list, list_of(storm.nodes_[0]));
      told += p.told.size();
      for (const Poller::Told& t : p.told) EXPECT_FALSE(t.again);
    }
    EXPECT_GT(told, 12 * 20U) << "the storm was one";
    std::vector<size_t> before;
    for (const Poller& p : storm.pollers) before.push_back(p.told.size());
    storm.calm(seconds(20));
    for (size_t i = 0; i < before.size(); ++i) EXPECT_EQ(storm.pollers[i].told.size(), before[i]) << "and then silence";
  }
}

}  // namespace
}  // namespace discovery::registry
