// Whole clusters in one thread for tests: Cluster objects over real registries, joined by a network that is a queue, in
// a time that moves only when told to. Calls can be lost, delayed and repeated; nodes can be cut off, stopped and
// started.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "cluster/cluster.h"
#include "unit/cluster/fake_original.h"
#include "unit/registry/exchange.h"

namespace discovery::cluster {

using registry::kStart;
using registry::Name;
using registry::Put;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

class World;

/// What is particular about a node.
struct NodePlan {
  std::string address;
  uint16_t id = 1;
  std::vector<SeedNode> seeds;
  std::string zone = "zone-a";
  std::function<void(ClusterSettings&)> change{};  ///< may be empty
  bool recovered = false;
  Duration clock_ahead{};
};

inline std::vector<SeedNode> seeds_at(std::initializer_list<const char*> addresses, const char* zone = "zone-a") {
  std::vector<SeedNode> seeds;
  for (const char* a : addresses) seeds.push_back({a, zone});
  return seeds;
}

class Member final : private Transport, private Effects {
 public:
  Member(World& world, const NodePlan& plan, uint64_t life);
  ~Member() = default;
  Member(const Member&) = delete;
  Member& operator=(const Member&) = delete;

  const NodePlan plan;
  const uint64_t life;
  registry::Node core;  ///< its clock is set by now()
  SeededRandom random;
  Cluster cluster;
  TimePoint next_tick{};
  std::vector<std::string> told;  ///< events
  size_t wakes = 0;
  std::string refused_version;  ///< of records that its protocols would not show

  TimePoint now();
  void tick();
  void want_tick();
  registry::Node& node() {
    core.now = now();
    want_tick();
    return core;
  }
  void put(const Name& name, const Put& put = {}) { node().put(name, put); }
  bool listed(const Name& name) { return node().listed(name); }
  bool knows(const Name& name) { return static_cast<bool>(core.registry.find_record(name.key())); }
  [[nodiscard]] bool told_of(const std::string& event) const {
    return std::find(told.begin(), told.end(), event) != told.end();
  }
  LinkStatus link(const std::string& address) {
    for (LinkStatus& s : cluster.links(now())) {
      if (s.address == address) return s;
    }
    return {};
  }
  [[nodiscard]] bool has_link(const std::string& address) { return link(address).address == address; }

 private:
  void call(Call call) override;
  void forget(const std::string& address) override;
  void changed(const registry::Wake& wake, TimePoint /*now*/) override { wakes += wake.reactors != 0 ? 1U : 0U; }
  [[nodiscard]] bool acceptable(const registry::Record& r) override {
    return refused_version.empty() || r.text.version != refused_version;
  }
  void tell(std::string_view event, std::string_view /*peer*/, std::string_view /*detail*/) override {
    told.emplace_back(event);
  }
  World& world_;
};

/// What happens to calls on a link, in one direction.
struct LinkRule {
  bool cut = false;      ///< the call gets kTimeout
  bool refused = false;  ///< by something between the nodes
  bool answers_lost = false;
  Duration delay = milliseconds(1);
  bool twice = false;  ///< delivered again half a second later
  unsigned lost_percent = 0;
};

class World {
 public:
  explicit World(uint64_t seed = 1) : random(seed) {}

  TimePoint now = kStart;
  PlainWire wire;
  SeededRandom random;
  std::map<std::string, std::unique_ptr<Member>> members;
  std::map<std::string, FakeOriginal*> originals;
  std::map<std::pair<std::string, std::string>, LinkRule> links;
  std::map<std::string, std::string> names;  ///< other names of an address
  uint64_t calls = 0;
  std::map<CallKind, size_t> bytes;  ///< of requests and answers

  Member& add(const NodePlan& plan) {
    auto& place = members[plan.address];
    place = nullptr;
    place = std::make_unique<Member>(*this, plan, ++lives_);
    place->cluster.start(plan.recovered, place->now());
    place->want_tick();
    return *place;
  }
  void stop(const std::string& address) {
    members[address] = nullptr;
    std::erase_if(connected_, [&](const auto& c) { return std::get<1>(c) == address || std::get<0>(c) == address; });
  }
  Member& operator[](const std::string& address) { return *members.at(address); }

  LinkRule& link(const std::string& from, const std::string& to) { return links[{from, to}]; }
  void cut(const std::string& a, const std::string& b, bool on = true) { link(a, b).cut = link(b, a).cut = on; }

  void at(TimePoint when, std::function<void()> what) { events_.emplace(when, std::move(what)); }

  void run_for(Duration d) {
    const TimePoint end = now + d;
    for (;;) {
      TimePoint next = end;
      Member* who = nullptr;
      for (auto& [address, m] : members) {
        if (m && m->next_tick < next) {
          next = m->next_tick;
          who = m.get();
        }
      }
      if (!events_.empty() && events_.begin()->first <= next && events_.begin()->first < end) {
        now = std::max(now, events_.begin()->first);
        const auto what = std::move(events_.begin()->second);
        events_.erase(events_.begin());
        what();
        continue;
      }
      if (!who) break;
      now = std::max(now, next);
      who->tick();
    }
    now = end;
  }
  /// Runs until it holds, at most so long.
  bool run_until(const std::function<bool()>& holds, Duration at_most) {
    const TimePoint end = now + at_most;
    while (!holds()) {
      if (now >= end) return false;
      run_for(milliseconds(10));
    }
    return true;
  }

  void send(Member& from, Call call);
  void forget(const std::string& from, const std::string& to) {
    connected_.erase({from, to, Channel::kDelta});
    connected_.erase({from, to, Channel::kBulk});
  }

 private:
  void deliver(const std::string& from, uint64_t life, const Call& call, bool answer_wanted);
  void answer(const std::string& from, uint64_t life, const Call& call, CallResult result, Duration after);

  uint64_t lives_ = 0;
  std::multimap<TimePoint, std::function<void()>> events_;
  std::set<std::tuple<std::string, std::string, Channel>> connected_;
};

/// Without self-protection, so that nothing but coverage keeps a silent instance.
inline registry::RegistrySettings registry_settings_of(const NodePlan& plan) {
  registry::RegistrySettings s = registry::member(plan.id);
  s.lease.share = 0.01;
  return s;
}

inline ClusterSettings settings_of(const NodePlan& plan) {
  ClusterSettings s;
  s.address = plan.address;
  s.zone = plan.zone;
  s.node_id = plan.id;
  s.seeds = plan.seeds;
  s.cluster_key = registry::kClusterKey;
  if (plan.change) plan.change(s);
  return s;
}

inline Member::Member(World& world, const NodePlan& the_plan, uint64_t the_life)
    : plan(the_plan),
      life(the_life),
      core(registry_settings_of(the_plan), the_life),
      random(the_life * 7919),
      cluster(settings_of(the_plan), {core.registry, *this, *this, world.wire, random},
              world.now + the_plan.clock_ahead),
      world_(world) {}

inline TimePoint Member::now() { return world_.now + plan.clock_ahead; }
inline void Member::want_tick() { next_tick = world_.now; }
inline void Member::tick() {
  core.now = now();
  const TimePoint next = cluster.tick(core.now);
  EXPECT_GT(next, core.now);
  std::vector<registry::Gone> gone;
  while (core.step(gone) <= core.now) {
  }
  next_tick = std::min(next - plan.clock_ahead, world_.now + seconds(1));
}
inline void Member::call(Call call) { world_.send(*this, std::move(call)); }
inline void Member::forget(const std::string& address) { world_.forget(plan.address, address); }

inline void World::answer(const std::string& from, uint64_t life, const Call& call, CallResult result, Duration after) {
  at(now + after, [this, from, life, id = call.id, kind = call.kind, result = std::move(result)]() mutable {
    const auto it = members.find(from);
    if (it == members.end() || !it->second || it->second->life != life) return;
    bytes[kind] += result.body.size();
    it->second->cluster.on_result(id, std::move(result), it->second->now());
    it->second->want_tick();
  });
}

inline void World::send(Member& from, Call call) {
  ++calls;
  bytes[call.kind] += call.body.size();
  const std::string source = from.plan.address;
  const auto name = names.find(call.address);
  const std::string target = name == names.end() ? call.address : name->second;
  const LinkRule& rule = link(source, target);
  if (rule.cut || (rule.lost_percent > 0 && random.below(100) < rule.lost_percent)) {
    connected_.erase({source, call.address, call.channel});
    return answer(source, from.life, call, {CallResult::Kind::kTimeout, {}}, call.timeout);
  }
  if (rule.refused) return answer(source, from.life, call, {CallResult::Kind::kRefused, {}}, rule.delay);
  at(now + rule.delay, [this, source, life = from.life, call] { deliver(source, life, call, true); });
  if (rule.twice) {
    at(now + rule.delay + milliseconds(500),
       [this, source, life = from.life, call] { deliver(source, life, call, false); });
  }
}

inline void World::deliver(const std::string& from, uint64_t life, const Call& call, bool answer_wanted) {
  const auto name = names.find(call.address);
  const std::string target = name == names.end() ? call.address : name->second;
  const Duration back = link(target, from).delay;
  const auto reply = [&](CallResult::Kind kind, std::string body = {}) {
    const LinkRule& rule = link(target, from);
    if (!answer_wanted) return;
    if (rule.cut || link(from, target).answers_lost ||
        (rule.lost_percent > 0 && random.below(100) < rule.lost_percent)) {
      connected_.erase({from, call.address, call.channel});
      return answer(from, life, call, {CallResult::Kind::kTimeout, {}}, call.timeout);
    }
    answer(from, life, call, {kind, std::move(body)}, back);
  };
  const auto original = originals.find(target);
  if (original != originals.end()) {
    if (original->second->down) return reply(CallResult::Kind::kRefused);
    if (call.kind == CallKind::kHello) return reply(CallResult::Kind::kOriginal);
    const auto body = original->second->take(call);
    return body ? reply(CallResult::Kind::kAnswer, *body) : reply(CallResult::Kind::kFailed);
  }
  const auto it = members.find(target);
  if (it == members.end() || !it->second) return reply(CallResult::Kind::kRefused);
  const auto connection = std::tuple(from, call.address, call.channel);
  if (call.kind == CallKind::kHello) {
    connected_.insert(connection);
  } else if (answer_wanted && !connected_.contains(connection)) {
    return reply(CallResult::Kind::kFailed);
  }
  Member& m = *it->second;
  auto done = m.cluster.handle(call.kind, call.body, m.now());
  m.want_tick();
  if (done) return reply(CallResult::Kind::kAnswer, std::move(*done));
  reply(CallResult::Kind::kFailed);
}

// ---------------------------------------------------------------------------------------------------------- checks

inline testing::AssertionResult equal_contents(Member& a, Member& b) {
  const auto left = registry::contents(a.node());
  const auto right = registry::contents(b.node());
  for (const auto& [name, content] : left) {
    const auto it = right.find(name);
    if (it == right.end()) return testing::AssertionFailure() << name << " is missing at " << b.plan.address;
    if (it->second != content) {
      return testing::AssertionFailure() << name << ": " << content << " at " << a.plan.address << ", " << it->second
                                         << " at " << b.plan.address;
    }
  }
  if (left.size() != right.size()) return testing::AssertionFailure() << "more at " << b.plan.address;
  if (!(a.core.registry.digest() == b.core.registry.digest())) return testing::AssertionFailure() << "digests differ";
  return testing::AssertionSuccess();
}
inline bool agree(Member& a, Member& b) { return a.core.registry.digest() == b.core.registry.digest(); }

/// Two nodes that have each other configured, and are ready.
inline void add_pair(World& w, const std::function<void(ClusterSettings&)>& change = {}) {
  w.add({"a:1", 1, seeds_at({"b:1"}), "zone-a", change});
  w.add({"b:1", 2, seeds_at({"a:1"}), "zone-a", change});
  EXPECT_TRUE(w.run_until([&] { return w["a:1"].cluster.ready() && w["b:1"].cluster.ready(); }, seconds(5)));
}
inline void without_digests(ClusterSettings& s) { s.digest_interval = hours(10); }

}  // namespace discovery::cluster
