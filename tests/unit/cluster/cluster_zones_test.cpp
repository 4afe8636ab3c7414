// Between zones a changed record goes over one link, and the gateway at its end passes it on (docs/decisions/0021).
#include <gtest/gtest.h>

#include "unit/cluster/world.h"

namespace discovery::cluster {
namespace {

Name host(int i) { return {"h" + std::to_string(i), "zone-a", "shop.cart", "dev"}; }

const std::vector<std::string> kNear{"a:1", "a:2"};
const std::vector<std::string> kFar{"b:1", "b:2", "b:3"};

/// Two nodes of zone-a and three of zone-b, all ready. Digests are off, so nothing but pushes carries a record.
class Zones : public ::testing::Test {
 protected:
  void start(const std::function<void(ClusterSettings&)>& change = without_digests) {
    uint16_t id = 0;
    for (const auto* zone : {&kNear, &kFar}) {
      for (const std::string& address : *zone) w.add(plan(address, ++id, change));
    }
    ASSERT_TRUE(w.run_until(
        [&] { return std::ranges::all_of(w.members, [](const auto& m) { return m.second->cluster.ready(); }); },
        seconds(5)));
    w.run_for(seconds(3));
  }
  static NodePlan plan(const std::string& address, uint16_t id, const std::function<void(ClusterSettings&)>& change) {
    std::vector<SeedNode> seeds;
    for (const std::string& a : kNear) seeds.push_back({a, "zone-a"});
    for (const std::string& a : kFar) seeds.push_back({a, "zone-b"});
    std::erase_if(seeds, [&](const SeedNode& s) { return s.address == address; });
    return {address, id, seeds, address[0] == 'a' ? "zone-a" : "zone-b", change};
  }
  uint64_t sent(const std::string& from, const std::string& to) { return w[from].link(to).counters.records_sent; }
  std::map<std::string, uint64_t> sent_far(const std::string& from) {
    std::map<std::string, uint64_t> all;
    for (const std::string& to : kFar) all[to] = sent(from, to);
    return all;
  }
  /// The node of zone-b by which `from` tells that zone, found by a write.
  std::string gateway_of(const std::string& from) {
    const auto before = sent_far(from);
    w[from].put(host(900));
    w.run_for(milliseconds(100));
    std::string found;
    for (const auto& [address, count] : sent_far(from)) {
      if (count > before.at(address)) found += address;
    }
    return found;
  }
  /// A registration that all know already, anew: nobody notices that it lacks this one by the renewals alone.
  void put_anew(const std::string& at, const Name& name) {
    w["b:2"].put(name);
    ASSERT_TRUE(w.run_until([&] { return listed_everywhere(name); }, seconds(1)));
    w.run_for(seconds(2));
    w[at].put(name, registry::version("new"));
  }
  bool has_new(const std::string& node, const Name& name) {
    const auto seen = w[node].node().get(name);
    return seen && seen->version == "new";
  }
  bool all_have_new(const Name& name) {
    return std::ranges::all_of(w.members, [&](const auto& m) { return !m.second || has_new(m.first, name); });
  }
  bool listed_everywhere(const Name& name, bool wanted = true) {
    return std::ranges::all_of(w.members, [&](const auto& m) { return !m.second || m.second->listed(name) == wanted; });
  }

  World w;
};

TEST_F(Zones, AWriteCrossesOnceAndIsPassedOn) {
  start();
  const auto before = sent_far("a:1");
  w["a:1"].put(host(1));
  ASSERT_TRUE(w.run_until([&] { return listed_everywhere(host(1)); }, milliseconds(200)));
  w.run_for(seconds(3));
  uint64_t crossed = 0;
  uint64_t passed_on = 0;
  for (const std::string& far : kFar) {
    crossed += sent("a:1", far) - before.at(far);
    for (const std::string& other : kFar) {
      if (other != far) passed_on += w[far].link(other).counters.records_passed_on;
    }
  }
  EXPECT_EQ(crossed, 1U);
  EXPECT_EQ(passed_on, 2U);
}

TEST_F(Zones, CancelSetAndRenewCrossAsRegisterDoes) {
  start();
  w["a:1"].put(host(1));
  w["b:2"].put(host(2));
  ASSERT_TRUE(w.run_until([&] { return listed_everywhere(host(1)) && listed_everywhere(host(2)); }, seconds(1)));
  ASSERT_TRUE(w["b:3"].node().set_status(host(1), 2));
  ASSERT_TRUE(w["a:2"].node().cancel(host(2)));
  ASSERT_TRUE(w.run_until([&] { return listed_everywhere(host(2), false); }, seconds(1)));
  for (const char* node : {"a:1", "a:2", "b:1", "b:2"}) EXPECT_TRUE(equal_contents(w[node], w["b:3"])) << node;
  w.run_for(seconds(20));
  const auto lease = [&](const std::string& node) { return registry::kept(w[node].node(), host(1))->lease_ns; };
  ASSERT_TRUE(w["a:2"].node().renew(host(1)));
  w.run_for(seconds(3));
  for (const std::string& far : kFar) EXPECT_GT(from_wire_ns(lease(far)), w.now - seconds(4)) << far;
}

TEST_F(Zones, AGatewayThatEndsBeforeItPassedItOnIsReplaced) {
  start();
  const std::string gateway = gateway_of("a:1");
  ASSERT_EQ(gateway.size(), 3U);
  put_anew("a:1", host(1));
  ASSERT_TRUE(w.run_until([&] { return has_new(gateway, host(1)); }, milliseconds(100)));
  w.stop(gateway);
  for (const std::string& far : kFar) ASSERT_TRUE(far == gateway || !has_new(far, host(1)));
  ASSERT_TRUE(w.run_until([&] { return all_have_new(host(1)); }, seconds(3)));
}

TEST_F(Zones, AGatewayThatIsSlowIsReplaced) {
  start();
  const std::string gateway = gateway_of("a:1");
  ASSERT_EQ(gateway.size(), 3U);
  w.link("a:1", gateway).cut = true;  // its answers, and it itself, are awaited for five seconds
  put_anew("a:1", host(1));
  w.run_for(seconds(2));
  EXPECT_TRUE(all_have_new(host(1)));
}

TEST_F(Zones, TheEndOfTheWriterLosesNothingThatItsGatewayHas) {
  start();
  const std::string gateway = gateway_of("a:1");
  put_anew("a:1", host(1));
  ASSERT_TRUE(w.run_until([&] { return has_new(gateway, host(1)); }, milliseconds(100)));
  w.stop("a:1");
  EXPECT_TRUE(w.run_until([&] { return all_have_new(host(1)); }, milliseconds(200)));
}

TEST_F(Zones, ANodeThatLeavesTellsAllItself) {
  start();
  const std::string gateway = gateway_of("a:1");
  w["b:2"].put(host(1));
  ASSERT_TRUE(w.run_until([&] { return listed_everywhere(host(1)); }, seconds(1)));
  for (const std::string& far : kFar) {
    if (far != gateway) w.cut(gateway, far);
  }
  w["a:1"].put(host(1), registry::version("new"));
  w["a:1"].cluster.leave(w["a:1"].now());
  w["a:1"].want_tick();
  ASSERT_TRUE(w.run_until([&] { return w["a:1"].cluster.left(); }, seconds(2)));
  w.stop(gateway);
  w.stop("a:1");
  w.run_for(milliseconds(100));
  EXPECT_TRUE(all_have_new(host(1)));
}

TEST_F(Zones, NodesThatCannotPassOnAreToldDirectly) {
  start([](ClusterSettings& s) {
    without_digests(s);
    if (s.address[0] == 'b' && s.address != "b:1") s.version_max = 2;
  });
  put_anew("a:1", host(1));
  EXPECT_TRUE(w.run_until([&] { return all_have_new(host(1)); }, milliseconds(200)));
  EXPECT_EQ(gateway_of("a:1"), "b:1b:2b:3");
}

TEST_F(Zones, WhatAGatewayTookOnlyDoesNotCountAsReceivedByTheOthers) {
  start();
  const std::string gateway = gateway_of("a:1");
  for (const std::string& other : {std::string("a:2"), gateway}) w.cut("a:1", other);
  w["a:1"].put(host(1));
  const TimePoint made = w.now;
  w.run_for(milliseconds(900));  // the others answer pushes all the while, and lack it
  EXPECT_LT(w["a:1"].cluster.received_until(), made);
}

// An original gets posts; nothing may wait for it as for one of ours.
TEST_F(Zones, NothingIsQueuedForAnOriginalThatWasAway) {
  start();
  FakeOriginal original;
  w.originals["o:1"] = &original;
  std::vector<SeedNode> seeds = plan("a:1", 1, {}).seeds;
  seeds.push_back({"o:1", "zone-b"});
  w["a:1"].cluster.set_seeds(seeds, w["a:1"].now());
  w["a:1"].put(host(2));  // before it is known what it is
  ASSERT_TRUE(w.run_until([&] { return w["a:1"].link("o:1").state == "original"; }, seconds(5)));
  for (int i = 0; i < 3; ++i) {
    original.down = i == 1;
    w["a:1"].put(host(1));
    w.run_for(seconds(7));
  }
  ASSERT_EQ(w["a:1"].link("o:1").state, "original");
  EXPECT_EQ(w["a:1"].link("o:1").queued, 0U);
}

// With loss, repetition and both ends of every gateway stopped in turn, all nodes agree in the end.
TEST_F(Zones, AgreeThoughGatewaysComeAndGo) {
  start([](ClusterSettings&) {});
  for (const auto& [address, m] : w.members) {
    for (const auto& [other, n] : w.members) w.link(address, other).lost_percent = 5;
  }
  int next = 0;
  uint16_t id = 0;
  for (const auto* zone : {&kNear, &kFar}) {
    for (const std::string& address : *zone) {
      ++id;
      for (const char* writer : {"a:1", "a:2", "b:1", "b:2", "b:3"}) {
        if (writer != address) w[writer].put(host(next++));
      }
      w.run_for(milliseconds(30));
      w.stop(address);
      w.run_for(seconds(2));
      w.add(plan(address, id, [](ClusterSettings&) {}));
      w.run_for(seconds(8));
    }
  }
  for (auto& [ends, rule] : w.links) rule = {};
  w.run_for(seconds(10));
  for (const char* node : {"a:1", "a:2", "b:1", "b:2"}) EXPECT_TRUE(equal_contents(w[node], w["b:3"])) << node;
  EXPECT_EQ(w["b:3"].node().listing().size(), static_cast<size_t>(next));
}

}  // namespace
}  // namespace discovery::cluster
