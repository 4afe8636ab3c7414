// Joining is commutative, associative and idempotent, whatever is joined; and nodes that live for a while with random
// writes and random exchanges keep every sum exact and end equal.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <vector>

#include "registry/cursor.h"
#include "unit/registry/exchange.h"

namespace discovery::registry {
namespace {

Name pick_name(SeededRandom& random, uint64_t hosts, uint64_t apps) {
  return {"h" + std::to_string(random.below(hosts)), random.below(2) ? "x" : "y",
          "app-" + std::to_string(random.below(apps)), "e"};
}

/// One random write at that node.
void write(Node& node, SeededRandom& random, const Name& name) {
  switch (random.below(8)) {
    case 0:
      node.cancel(name);
      break;
    case 1:
      node.replica_cancel(name, node.now_ns() - static_cast<int64_t>(random.below(3)) + 1);
      break;
    case 2:
      (void)node.set_status(name, 1 + static_cast<uint32_t>(random.below(2)));
      break;
    case 3:
      node.put(name, replica(1000 + static_cast<int64_t>(random.below(3)), std::to_string(random.below(2))));
      break;
    case 4:
      node.renew(name);
      break;
    default:
      node.put(name, version(std::to_string(random.below(5))));
  }
}

/// An import of that key, as two of our nodes may find it at two originals.
Parcel import_of(Node& node, SeededRandom& random, const Name& name) {
  Record r;
  const std::string content = "[" + std::to_string(random.below(3)) + "]";
  r.app = name.app();
  r.text = {.zone = name.zone, .hostname = name.hostname, .addrs_json = content, .metadata_json = "{}"};
  r.dirty_ns = node.now_ns() - static_cast<int64_t>(random.below(3));
  r.status = 1 + static_cast<uint32_t>(random.below(2));
  r.version = node.registry.import_version(r, node.now);
  return Parcel(r);
}

/// States of a few instances that really occurred, on three nodes that sometimes exchange.
std::vector<Parcel> some_states(uint64_t seed, size_t count) {
  SeededRandom random(seed);
  std::vector<std::unique_ptr<Node>> nodes;
  for (uint16_t id = 1; id <= 3; ++id) nodes.push_back(std::make_unique<Node>(member(id)));
  std::vector<Parcel> out;
  while (out.size() < count) {
    Node& node = *nodes[random.below(3)];
    const Name name = pick_name(random, 2, 1);
    if (random.below(4) == 0) node.pass(nanoseconds(random.below(3)));  // ties are wanted
    if (random.below(5) == 0) {
      out.push_back(import_of(node, random, name));
      if (random.below(2)) join(node, out.back().record());
    } else {
      write(node, random, name);
    }
    const auto k = kept(node, name);
    if (!k) continue;
    out.push_back(k->parcel);
    if (random.below(3) == 0) join(*nodes[random.below(3)], k->parcel.record());
  }
  return out;
}

TEST(JoinLaws, EveryOrderAndRepetitionOfASmallSetGivesTheSame) {
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const std::vector<Parcel> states = some_states(seed, 5);
    std::vector<size_t> order{0, 1, 2, 3, 4};
    order.resize(std::min<size_t>(order.size(), states.size()));
    std::map<Name, std::string> expected;
    std::vector<Name> listing;
    Node first(member(9));
    bool have = false;
    do {
      Node node(member(8));
      for (const size_t i : order) {
        join(node, states[i].record());
        join(node, states[order[0]].record());
      }
      if (!have) {
        for (const size_t i : order) join(first, states[i].record());
        expected = contents(first);
        listing = first.listing();
        have = true;
      }
      ASSERT_EQ(contents(node), expected);
      ASSERT_EQ(node.listing(), listing);
      ASSERT_TRUE(node.registry.digest() == first.registry.digest());
    } while (std::next_permutation(order.begin(), order.end()));
    expect_digest_exact(first);
  }
}

TEST(JoinLaws, ShufflesOfManyStatesGiveTheSame) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const std::vector<Parcel> states = some_states(1000 + seed, 150);
    SeededRandom random(seed);
    std::map<Name, std::string> expected;
    for (int round = 0; round < 6; ++round) {
      std::vector<size_t> order;
      for (size_t i = 0; i < states.size(); ++i) order.insert(order.end(), 1 + random.below(2), i);
      for (size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random.below(i)]);
      Node node(member(static_cast<uint16_t>(10 + round)));
      for (const size_t i : order) join(node, states[i].record());
      if (round == 0) expected = contents(node);
      ASSERT_EQ(contents(node), expected);
      expect_digest_exact(node);
    }
  }
}

// ---------------------------------------------------------------------------------------------------- life

class Life {
 public:
  explicit Life(uint64_t seed) : random_(seed) {
    for (uint16_t id = 1; id <= 3; ++id) {
      nodes_.push_back(std::make_unique<Node>(member(id), seed + id));
      nodes_.back()->registry.keep_changes(true);
      if (id != 2) nodes_.back()->registry.name_contents();
    }
  }
  void run(int steps) {
    for (int i = 0; i < steps; ++i) {
      step();
      if (::testing::Test::HasFatalFailure()) return;
      if (i == steps / 3) (void)nodes_[1]->registry.name_contents();
      if (i % 50 == 0) check_all();
    }
    settle();
  }

 private:
  Node& any() { return *nodes_[random_.below(nodes_.size())]; }

  void step() {
    Node& node = any();
    const Name name = pick_name(random_, 6, 4);
    remember();
    switch (random_.below(10)) {
      case 0:
        if (const Duration d = nanoseconds(random_.below(20'000'000'000)); true) {
          for (auto& n : nodes_) {
            n->pass(d);
            n->run_sweep();
          }
        }
        break;
      case 1:
        join(node, import_of(node, random_, name).record());
        break;
      case 2: {
        LocalChanges c;
        node.registry.take_changes(c);
        Node& to = any();
        for (const auto& change : c.changed) {
          if (const auto k = kept(node, change.ref)) join(to, k->parcel.record());
        }
        for (const RecordRef ref : c.renewed) pass_lease(node, ref, to);
        break;
      }
      case 3:
      case 4: {
        Node& to = any();
        if (const auto k = kept(node, name)) {
          std::optional<TimePoint> lease;
          if (k->home_ns > 0) lease = from_wire_ns(k->home_ns);
          join(to, k->parcel.record(), lease, random_.below(2) == 0);
        }
        break;
      }
      default:
        write(node, random_, name);
    }
    expect_rising();
  }
  void pass_lease(Node& from, RecordRef ref, Node& to) {
    const auto k = kept(from, ref);
    if (!k || k->home_ns == 0) return;
    Wake wake;
    const RecordRef there = to.registry.find_record(k->parcel.record().key());
    if (there) {
      EXPECT_TRUE(to.registry.raise_lease(there, from_wire_ns(k->home_ns), true, to.now, wake));
    }
  }
  void remember() {
    for (size_t n = 0; n < nodes_.size(); ++n) {
      for (size_t app = 0; app < 4; ++app) before_[n][app] = state(n, app);
    }
  }
  [[nodiscard]] std::pair<int64_t, std::string> state(size_t n, size_t app) const {
    const Name name{"", "", "app-" + std::to_string(app), "e"};
    std::string list;
    nodes_[n]->registry.with_application(name.app(), [&](const Application& a) {
      list += a.scheduler() ? a.scheduler()->text() : "";
      a.for_each_listed([&](const InstanceView& v) {
        const Version& version = v.instance->numbers.version;
        list += std::string(v.instance->zone()) + std::string(v.instance->hostname()) + " " +
                std::to_string(version.incarnation.t_ns) + " " + std::to_string(version.incarnation.node) + " " +
                std::to_string(version.set.t_ns) + ";";
      });
    });
    return {nodes_[n]->latest(name), list};
  }
  /// T never falls while the application is remembered, and rises with every change of the list.
  void expect_rising() {
    for (size_t n = 0; n < nodes_.size(); ++n) {
      for (size_t app = 0; app < 4; ++app) {
        const auto& [t, list] = before_[n][app];
        const auto [t_now, list_now] = state(n, app);
        if (t_now != 0) {
          ASSERT_GE(t_now, t) << "T fell";
        }
        if (list_now != list && !list_now.empty()) {
          ASSERT_GT(t_now, t) << "T did not rise with the list";
        }
      }
    }
  }
  void check_all() {
    for (auto& n : nodes_) check(*n);
  }
  static void check(const Node& node) {
    expect_digest_exact(node);
    int64_t visible = 0, tombstones = 0, records = 0;
    std::map<std::string, uint64_t> sums;
    RecordCursor at;
    std::vector<std::pair<RecordRef, Name>> refs;
    while (node.registry.read_records(at, 3, [&](const StoredRecord& s) {
      const Instance& i = *s.instance;
      ++records;
      visible += i.numbers.state == RecordState::kVisible;
      tombstones += i.numbers.state == RecordState::kTombstone;
      ASSERT_EQ(i.numbers.state == RecordState::kTombstone, i.numbers.version.incarnation.tombstone);
      refs.emplace_back(s.ref, name_of({s.app, s.instance, 0}));
      if (i.numbers.state == RecordState::kVisible) {
        sums[std::string(s.app.appid)] += version_digest(kClusterKey, i.key_digest(), i.numbers.version);
      }
    })) {
    }
    const LeaseStatus status = node.registry.lease_status();
    ASSERT_EQ(node.registry.size(), visible);
    ASSERT_EQ(status.records, records);
    ASSERT_EQ(status.tombstones, tombstones);
    for (const auto& [ref, name] : refs) ASSERT_EQ(node.registry.find_record(name.key()), ref);
    const bool named = node.registry.look({"any", ""}, "").named;  // of all applications or of none
    node.registry.for_each_application([&](const Application& app) {
      ASSERT_EQ(app.visible_sum(), sums[std::string(app.key().appid)]);
      if (named) {
        ASSERT_EQ(fingerprint_of(app.latest_timestamp_ns()), app.fingerprint());
      }
    });
  }
  /// Everything to everybody, until nothing is news.
  void settle() {
    for (int round = 0; round < 2; ++round) {
      for (auto& from : nodes_) {
        for (const Parcel& p : all_records(*from)) {
          for (auto& to : nodes_) {
            if (to != from) join(*to, p.record());
          }
        }
      }
    }
    check_all();
    for (size_t n = 1; n < nodes_.size(); ++n) {
      ASSERT_EQ(contents(*nodes_[n]), contents(*nodes_[0]));
      ASSERT_TRUE(nodes_[n]->registry.digest() == nodes_[0]->registry.digest());
    }
  }

  SeededRandom random_;
  std::vector<std::unique_ptr<Node>> nodes_;
  std::array<std::array<std::pair<int64_t, std::string>, 4>, 3> before_;
};

TEST(JoinLaws, NodesOfARandomLifeKeepTheirSumsAndEndEqual) {
  for (uint64_t seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Life(seed).run(1500);
    if (::testing::Test::HasFatalFailure()) return;
  }
}

}  // namespace
}  // namespace discovery::registry
