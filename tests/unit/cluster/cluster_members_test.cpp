// Who belongs to the cluster, under which name, and who is refused.
#include <gtest/gtest.h>

#include "unit/cluster/message_samples.h"
#include "unit/cluster/world.h"

namespace discovery::cluster {
namespace {

Name host(int i) { return {"h" + std::to_string(i), "zone-a", "shop.cart", "dev"}; }
void open(ClusterSettings& s) { s.open_membership = true; }
void version_one(ClusterSettings& s) { s.version_max = 1; }

void leave(World& w, const std::string& address) {
  w[address].cluster.leave(w[address].now());
  w[address].want_tick();
}

// ------------------------------------------------------------------------------------------------------ joining

TEST(ClusterMembers, MembersAreToldByPeers) {
  World w;
  w.add({"a:1", 1, {}, "zone-a", open});
  w.add({"b:1", 2, seeds_at({"a:1"}), "zone-b"});
  w.run_for(seconds(3));
  w.add({"c:1", 3, seeds_at({"a:1"}), "zone-c"});
  w.run_for(seconds(5));
  EXPECT_EQ(w["b:1"].link("c:1").state, "ours");  // which it was told of
  EXPECT_EQ(w["c:1"].link("b:1").state, "ours");
  EXPECT_EQ(w["c:1"].link("b:1").zone, "zone-b");
  w["c:1"].put(host(1));
  w.run_for(milliseconds(100));
  EXPECT_TRUE(w["b:1"].listed(host(1)));
}

/// Up to when all that was written at a:1 is received by somebody.
bool received(World& w, TimePoint made) { return w["a:1"].cluster.received_until() > made; }

TEST(ClusterMembers, AWriteIsReceivedWhenAPeerHasIt) {
  World w;
  w.add({"a:1", 1, seeds_at({"b:1"})});
  w.add({"b:1", 2, seeds_at({"a:1"})});
  w.run_for(seconds(5));
  for (int i = 0; i < 20; ++i) {
    w.run_for(milliseconds(7));
    w["a:1"].put(host(i));
    const TimePoint made = w.now;
    ASSERT_TRUE(w.run_until([&] { return received(w, made); }, milliseconds(100))) << i;
    EXPECT_TRUE(w["b:1"].listed(host(i))) << i;
  }
  w.cut("a:1", "b:1");
  w["a:1"].put(host(99));
  const TimePoint made = w.now;
  EXPECT_FALSE(w.run_until([&] { return received(w, made); }, seconds(20)));
  w.cut("a:1", "b:1", false);
  EXPECT_TRUE(w.run_until([&] { return received(w, made); }, seconds(90)));
  EXPECT_TRUE(w["b:1"].listed(host(99)));
}

TEST(ClusterMembers, AWriteIsNotReceivedByWhoComesAfterIt) {
  World w;
  w.add({"a:1", 1, {}, "zone-a", open});
  w.run_for(seconds(5));
  w["a:1"].put(host(1));
  const TimePoint made = w.now;
  w.run_for(milliseconds(100));
  Member& b = w.add({"b:1", 2, seeds_at({"a:1"}), "zone-a", open});
  b.refused_version = registry::Put{}.version;
  ASSERT_TRUE(w.run_until([&] { return w["a:1"].link("b:1").state == "ours"; }, seconds(5)));
  EXPECT_FALSE(w.run_until([&] { return received(w, made); }, seconds(30))) << "it does not have it";
  b.refused_version = "";
  EXPECT_TRUE(w.run_until([&] { return received(w, made); }, minutes(2)));
  EXPECT_TRUE(b.listed(host(1)));
}

TEST(ClusterMembers, StrangersAreRefusedUnlessMembershipIsOpen) {
  World w;
  Member& a = w.add({"a:1", 1, {}});
  a.put(host(1));
  Member& b = w.add({"b:1", 2, seeds_at({"a:1"})});
  w.run_for(seconds(20));
  EXPECT_FALSE(a.has_link("b:1"));
  EXPECT_TRUE(a.told_of("peer_not_admitted"));
  EXPECT_TRUE(b.told_of("peer_refuses"));
  EXPECT_FALSE(b.knows(host(1)));
  EXPECT_EQ(b.link("a:1").state, "down");
}

TEST(ClusterMembers, MessagesOfStrangersAreRefused) {
  World w;
  Member& a = w.add({"a:1", 1, {}});
  const auto now = a.now();
  for (const MessageKind& m : all_messages()) {
    if (m.name == "push") {
      const auto reply = a.cluster.handle(CallKind::kPush, m.bytes, now);
      ASSERT_TRUE(reply);
      EXPECT_EQ(decode_push_reply(*reply)->verdict, PushVerdict::kNotAMember);
    } else if (m.name == "digest") {
      EXPECT_FALSE(a.cluster.handle(CallKind::kDigest, m.bytes, now));
    } else if (m.name == "leaves") {
      EXPECT_FALSE(a.cluster.handle(CallKind::kLeaves, m.bytes, now));
    } else if (m.name == "sync") {
      EXPECT_FALSE(a.cluster.handle(CallKind::kSync, m.bytes, now));
    }
    EXPECT_FALSE(a.cluster.handle(CallKind::kPost, m.bytes, now));
    EXPECT_FALSE(a.cluster.handle(CallKind::kFetchAll, m.bytes, now));
  }
  EXPECT_EQ(a.node().registry.lease_status().records, 0);
  EXPECT_FALSE(a.cluster.handle(CallKind::kHello, "garbage", now));
}

TEST(ClusterMembers, OpenMembershipHasALimit) {
  World w;
  Member& a = w.add({"a:1", 1, {}, "zone-a", open});
  for (size_t i = 0; i < kMembersMax + 50; ++i) {
    Hello h = sample_hello();
    const std::string address = "n" + std::to_string(i) + ":1";
    h.header.address = address;
    h.header.hlc_ns = 0;
    h.node_id = static_cast<uint16_t>(i + 2);
    h.generation = 1;
    h.members.clear();
    ASSERT_TRUE(a.cluster.handle(CallKind::kHello, encode(h), a.now()));
  }
  EXPECT_LE(a.cluster.links(a.now()).size(), kMembersMax);
  EXPECT_LE(a.cluster.membership().list().size(), kMembersMax);
}

TEST(ClusterMembers, ANodeFindsItselfAmongItsSeeds) {
  World w;
  w.names["me.example:1"] = "a:1";
  Member& a = w.add({"a:1", 1, seeds_at({"a:1", "me.example:1"})});
  ASSERT_TRUE(w.run_until([&] { return a.cluster.ready(); }, seconds(3)));
  EXPECT_TRUE(a.cluster.links(a.now()).empty());
  EXPECT_EQ(a.cluster.board().nodes()->size(), 1U);
  const uint64_t calls = w.calls;
  w.run_for(seconds(30));
  EXPECT_EQ(w.calls, calls);
}

TEST(ClusterMembers, APeerConfiguredUnderAnotherNameIsOnePeer) {
  World w;
  w.names["peer.example:1"] = "b:1";
  w.add({"a:1", 1, seeds_at({"peer.example:1"})});
  w.add({"b:1", 2, seeds_at({"a:1"})});
  w.run_for(seconds(12));
  Member &a = w["a:1"], &b = w["b:1"];
  ASSERT_TRUE(a.cluster.ready() && b.cluster.ready());
  ASSERT_EQ(a.cluster.links(a.now()).size(), 1U);
  EXPECT_EQ(a.link("b:1").state, "ours");
  EXPECT_EQ(b.cluster.links(b.now()).size(), 1U);
  EXPECT_EQ(b.link("a:1").state, "ours");
  a.put(host(1));
  w.run_for(milliseconds(100));
  EXPECT_TRUE(b.listed(host(1)));
  w.run_for(seconds(170));
  EXPECT_FALSE(a.listed(host(1)));  // nobody waits for the name that was none
}

// ------------------------------------------------------------------------------------------------------ refused

TEST(ClusterMembers, TheSameNodeIdIsRefusedAtBoth) {
  World w;
  w.add({"a:1", 7, seeds_at({"b:1"})});
  w.add({"b:1", 7, seeds_at({"a:1"})});
  w["a:1"].put(host(1));
  w.run_for(seconds(20));
  for (const char* name : {"a:1", "b:1"}) {
    EXPECT_TRUE(w[name].told_of("peer_same_node_id")) << name;
    EXPECT_FALSE(w[name].cluster.links(w.now).at(0).up) << name;
  }
  EXPECT_FALSE(w["b:1"].knows(host(1)));
}

TEST(ClusterMembers, TheNodeIdOfAThirdIsRefused) {
  World w;
  for (const char* name : {"a:1", "b:1"})
    w.add({name, static_cast<uint16_t>(name[0]), seeds_at({"a:1", "b:1"}), "zone-a", open});
  w.run_for(seconds(3));
  Member& c = w.add({"c:1", 'b', seeds_at({"a:1"})});
  w.run_for(seconds(10));
  EXPECT_TRUE(w["a:1"].told_of("peer_same_node_id"));
  EXPECT_TRUE(c.told_of("peer_same_node_id"));
  EXPECT_FALSE(w["a:1"].has_link("c:1"));
}

TEST(ClusterMembers, AClockFarAheadIsRefused) {
  World w;
  w.add({"a:1", 1, seeds_at({"b:1"})});
  w.add({"b:1", 2, seeds_at({"a:1"}), "zone-a", {}, true, hours(25)});
  Member &a = w["a:1"], &b = w["b:1"];
  b.put(host(1));
  const int64_t mine = to_wire_ns(w.now + minutes(10));
  w.run_for(seconds(20));
  EXPECT_TRUE(a.told_of("peer_clock_ahead"));
  EXPECT_FALSE(a.knows(host(1)));
  EXPECT_LT(a.core.registry.versions().last(), mine);
  EXPECT_FALSE(a.link("b:1").up);
  a.put(host(2));
  EXPECT_TRUE(a.listed(host(2)));
}

// Also after the hello, in whatever message it comes.
TEST(ClusterMembers, NoMessageRaisesOurClockFarAhead) {
  World w;
  add_pair(w);
  Member& a = w["a:1"];
  for (const CallKind kind :
       {CallKind::kHello, CallKind::kPush, CallKind::kDigest, CallKind::kLeaves, CallKind::kSync}) {
    Header h;
    h.address = "b:1";
    h.boot = w["b:1"].cluster.boot();
    h.for_boot = a.cluster.boot();
    h.sent_ns = to_wire_ns(w.now);
    h.hlc_ns = to_wire_ns(w.now + hours(25));
    Hello hello;
    hello.header = h;
    hello.node_id = 2;
    Push push;
    push.header = h;
    const std::string body = kind == CallKind::kHello    ? encode(hello)
                             : kind == CallKind::kPush   ? encode(push, RecordBatch{})
                             : kind == CallKind::kDigest ? encode(DigestRequest{h, {}})
                             : kind == CallKind::kLeaves ? encode(LeavesRequest{h, {}, {}})
                                                         : encode(SyncRequest{h, {}});
    static_cast<void>(a.cluster.handle(kind, body, a.now()));
    EXPECT_LT(a.core.registry.versions().last(), to_wire_ns(w.now + hours(1))) << static_cast<int>(kind);
  }
}

// Whatever times a member claims, the arithmetic holds and nothing live is lost by it.
TEST(ClusterMembers, AbsurdTimesDoNoHarm) {
  World w;
  add_pair(w);
  Member& a = w["a:1"];
  a.put(host(1));
  for (const int64_t sent : {int64_t{0}, int64_t{INT64_MAX}, int64_t{1}}) {
    for (const int64_t from : {int64_t{0}, int64_t{INT64_MAX}}) {
      Push p;
      p.header = {"b:1", w["b:1"].cluster.boot(), a.cluster.boot(), sent, 0};
      p.leases.from_ns = from;
      p.leases.to_ns = INT64_MAX;
      p.leases.complete = true;
      p.leases.entries = {{3, INT64_MAX / 4}, {4, 0}};
      RecordBatch batch;
      registry::Record r = sample_record("h9");
      r.home_age = Duration(INT64_MAX / 2);
      batch.add(r);
      ASSERT_TRUE(a.cluster.handle(CallKind::kPush, encode(p, batch), a.now()));
      a.want_tick();
      w.run_for(seconds(1));
    }
  }
  EXPECT_TRUE(a.listed(host(1)));
  w.run_for(minutes(2));
  a.put(host(2));
  EXPECT_TRUE(a.listed(host(2)));
  w.run_for(seconds(10));
  EXPECT_TRUE(equal_contents(a, w["b:1"]));
}

// ------------------------------------------------------------------------------------------------------ leaving

TEST(ClusterMembers, FarewellTellsEverythingAndIsWaitedForNoLonger) {
  World w;
  w.add({"a:1", 1, {}, "zone-a", open});
  w.add({"b:1", 2, seeds_at({"a:1"})});
  w.run_for(minutes(2));
  Member& b = w["b:1"];
  b.put(host(1));
  leave(w, "b:1");
  ASSERT_TRUE(w.run_until([&] { return b.cluster.left(); }, seconds(3)));
  w.stop("b:1");
  Member& a = w["a:1"];
  EXPECT_TRUE(a.told_of("peer_farewell"));
  EXPECT_TRUE(a.listed(host(1)));
  EXPECT_TRUE(a.cluster.board().all_peers_heard());
  w.run_for(seconds(160));
  EXPECT_FALSE(a.listed(host(1)));  // its silence is proven, though a node is away
  // It comes back, and is waited for again.
  w.add({"b:1", 2, seeds_at({"a:1"})});
  w.run_for(seconds(3));
  w["b:1"].put(host(2));
  w.run_for(seconds(1));
  w.stop("b:1");
  w.run_for(seconds(300));
  EXPECT_TRUE(a.listed(host(2)));
}

// It may come back behind a cut, where it takes writes at once and nobody here hears of it.
TEST(ClusterMembers, FarewellOfAConfiguredNodeIsNoCoverage) {
  World w;
  add_pair(w);
  w.run_for(minutes(2));
  Member& b = w["b:1"];
  b.put(host(1));
  leave(w, "b:1");
  ASSERT_TRUE(w.run_until([&] { return b.cluster.left(); }, seconds(3)));
  w.stop("b:1");
  Member& a = w["a:1"];
  EXPECT_TRUE(a.told_of("peer_farewell"));
  w.run_for(seconds(300));
  EXPECT_TRUE(a.listed(host(1)));
  EXPECT_TRUE(a.cluster.board().all_peers_heard());  // polls need not wait for one that has ended
  a.cluster.set_seeds({}, a.now());                  // it is not expected back: now the farewell counts
  a.want_tick();
  w.run_for(seconds(61));
  EXPECT_FALSE(a.listed(host(1)));
  EXPECT_FALSE(a.cluster.membership().contains("b:1"));
}

TEST(ClusterMembers, FarewellWaitsForWhatIsPassedOnLater) {
  World w;
  add_pair(w, without_digests);
  Member& b = w["b:1"];
  registry::RegisterArgs args;
  const Name name = host(1);
  args.key = name.key();
  args.addrs_json = "[]";
  args.metadata_json = "{}";
  args.writer = registry::Writer::kReplica;
  args.from_peer = true;
  args.dirty_timestamp_ns = 5;
  ASSERT_TRUE(b.node().registry.register_instance(args, b.now()));
  leave(w, "b:1");
  ASSERT_TRUE(w.run_until([&] { return b.cluster.left(); }, seconds(3)));
  w.stop("b:1");
  EXPECT_TRUE(w["a:1"].knows(host(1)));
}

TEST(ClusterMembers, AnUnreachablePeerDoesNotHoldTheEnd) {
  World w;
  add_pair(w);
  w.cut("a:1", "b:1");
  w.run_for(seconds(20));
  w["a:1"].put(host(1));
  leave(w, "a:1");
  EXPECT_TRUE(w.run_until([&] { return w["a:1"].cluster.left(); }, seconds(3)));
}

// A node that is only told of is forgotten with its farewell, and joins again under its next generation.
TEST(ClusterMembers, ADiscoveredNodeLeavesAndJoinsAgain) {
  World w;
  Member& a = w.add({"a:1", 1, {}, "zone-a", open});
  w.add({"c:1", 3, seeds_at({"a:1"}), "zone-a", open});
  w.add({"b:1", 2, seeds_at({"a:1"}), "zone-a", open});
  w.run_for(seconds(12));
  ASSERT_TRUE(w["c:1"].has_link("b:1"));
  leave(w, "b:1");
  ASSERT_TRUE(w.run_until([&] { return w["b:1"].cluster.left(); }, seconds(3)));
  w.stop("b:1");
  w.run_for(seconds(5));
  EXPECT_FALSE(a.cluster.membership().contains("b:1"));
  EXPECT_FALSE(a.has_link("b:1"));
  EXPECT_FALSE(w["c:1"].has_link("b:1"));
  for (uint32_t generation = 2; generation < 4; ++generation) {
    w.add({"b:1", 2, seeds_at({"a:1"}), "zone-a", open});
    w.run_for(seconds(12));
    EXPECT_TRUE(w["b:1"].cluster.ready());
    for (const char* name : {"a:1", "c:1"}) {
      EXPECT_TRUE(w[name].cluster.membership().contains("b:1")) << name;
      EXPECT_EQ(w[name].cluster.membership().find("b:1")->added, generation) << name;
      EXPECT_EQ(w[name].link("b:1").state, "ours") << name;
    }
    EXPECT_TRUE(w["b:1"].told_of("rejoined"));
    w["b:1"].put(host(static_cast<int>(generation)));
    w.run_for(seconds(1));
    EXPECT_TRUE(w["c:1"].listed(host(static_cast<int>(generation))));
    leave(w, "b:1");
    ASSERT_TRUE(w.run_until([&] { return w["b:1"].cluster.left(); }, seconds(3)));
    w.stop("b:1");
    w.run_for(seconds(5));
  }
}

TEST(ClusterMembers, ARemovedNodeIsWaitedForNoLongerAndMayComeBack) {
  World w;
  for (const char* name : {"a:1", "b:1", "c:1"}) {
    w.add({name, static_cast<uint16_t>(name[0]), seeds_at({"a:1", "b:1", "c:1"})});
  }
  w.run_for(seconds(3));
  Member& a = w["a:1"];
  a.put(host(1));
  w.stop("b:1");
  w.run_for(seconds(300));
  ASSERT_TRUE(a.listed(host(1)));
  EXPECT_FALSE(a.cluster.remove("nobody:1", a.now()));
  EXPECT_FALSE(a.cluster.remove("c:1", a.now()));  // it answers
  ASSERT_TRUE(a.cluster.remove("b:1", a.now()));
  EXPECT_FALSE(a.cluster.remove("b:1", a.now()));
  w.run_for(seconds(80));
  EXPECT_TRUE(a.listed(host(1)));  // removal is a gap: the proof begins then
  w.run_for(seconds(100));
  EXPECT_FALSE(a.listed(host(1)));
  EXPECT_FALSE(w["c:1"].listed(host(1)));  // it was told
  w.add({"b:1", 'b', seeds_at({"a:1", "b:1", "c:1"})});
  w.run_for(seconds(8));
  EXPECT_TRUE(w["b:1"].told_of("rejoined"));
  for (const char* name : {"a:1", "c:1"}) {
    EXPECT_EQ(w[name].link("b:1").state, "ours") << name;
    EXPECT_TRUE(w[name].link("b:1").member) << name;
  }
  w["b:1"].put(host(2));
  w.run_for(seconds(1));
  EXPECT_TRUE(a.listed(host(2)));
  EXPECT_TRUE(equal_contents(a, w["c:1"]));
}

// It is alive behind the cut, and learns of its removal when that ends.
TEST(ClusterMembers, ALivingNodeThatWasRemovedJoinsAgain) {
  World w;
  add_pair(w);
  w.cut("a:1", "b:1");
  w.run_for(seconds(20));
  ASSERT_TRUE(w["a:1"].cluster.remove("b:1", w["a:1"].now()));
  w["b:1"].put(host(1));
  w.run_for(seconds(20));
  w.cut("a:1", "b:1", false);
  w.run_for(seconds(15));
  EXPECT_TRUE(w["b:1"].told_of("rejoined"));
  EXPECT_TRUE(w["a:1"].cluster.membership().contains("b:1"));
  EXPECT_TRUE(w["a:1"].listed(host(1)));
  EXPECT_TRUE(equal_contents(w["a:1"], w["b:1"]));
}

TEST(ClusterMembers, ATrustedRefusalCovers) {
  World w;
  add_pair(w, [](ClusterSettings& s) { s.trust_refused = true; });
  Member& a = w["a:1"];
  w.run_for(minutes(2));
  a.put(host(1));
  w.run_for(seconds(1));
  w.stop("b:1");
  w.run_for(seconds(170));
  EXPECT_FALSE(a.listed(host(1)));
}

// A packet filter between two of three: the third hears the one that seems to be dead, and says so.
TEST(ClusterMembers, ARefusalThatAThirdContradictsCoversNothing) {
  for (const bool contradicted : {true, false}) {
    World w;
    for (const char* name : {"a:1", "b:1", "c:1"}) {
      w.add({name, static_cast<uint16_t>(name[0]), seeds_at({"a:1", "b:1", "c:1"}), "zone-a",
             [](ClusterSettings& s) { s.trust_refused = true; }});
    }
    w.run_for(minutes(2));
    Member& a = w["a:1"];
    a.put(host(1));
    w.run_for(seconds(1));
    w.link("a:1", "b:1").refused = w.link("b:1", "a:1").refused = true;
    if (!contradicted) w.stop("b:1");
    w.run_for(seconds(400));
    EXPECT_EQ(a.listed(host(1)), contradicted);
  }
}

TEST(ClusterMembers, ASilentPeerCoversNothingThoughRefusalsAreTrusted) {
  World w;
  add_pair(w, [](ClusterSettings& s) { s.trust_refused = true; });
  w.run_for(minutes(2));
  w["a:1"].put(host(1));
  w.run_for(seconds(1));
  w.cut("a:1", "b:1");
  w.run_for(seconds(400));
  EXPECT_TRUE(w["a:1"].listed(host(1)));
}

// ------------------------------------------------------------------------------------------------------ versions

// What an ended process sent arrives late, after its successor's messages.
TEST(ClusterMembers, ALateMessageOfAnEndedBootIsNotItsSuccessors) {
  World w;
  add_pair(w);
  Member& a = w["a:1"];
  Push late;
  w.run_for(minutes(3));
  late.header = {"b:1", w["b:1"].cluster.boot(), a.cluster.boot(), to_wire_ns(w.now), 0, 1};
  late.leases.from_ns = late.leases.to_ns = to_wire_ns(w.now);
  late.leases.complete = true;
  w.stop("b:1");
  w.run_for(seconds(3));
  w.add({"b:1", 2, seeds_at({"a:1"})});
  w.run_for(minutes(3));
  const auto covered_for = [&] { return w.now - a.core.registry.lease_status().covered_until; };
  ASSERT_LT(covered_for(), seconds(3));
  EXPECT_LT(w.now - a.cluster.board().covered_until(), seconds(3));
  EXPECT_LE(a.cluster.board().covered_until(), w.now) << "what others accept now is not here yet";
  const auto reply = a.cluster.handle(CallKind::kPush, encode(late, RecordBatch{}), a.now());
  ASSERT_TRUE(reply);
  EXPECT_EQ(decode_push_reply(*reply)->verdict, PushVerdict::kNotAMember);
  EXPECT_FALSE(a.cluster.handle(CallKind::kDigest, encode(DigestRequest{late.header, {}}), a.now()));
  w.run_for(seconds(5));
  EXPECT_LT(covered_for(), seconds(3));
  // And one that comes while nothing of its successor did is none either.
  late.header.boot = w["b:1"].cluster.boot();
  late.header.welcome = 0;
  const auto own = a.cluster.handle(CallKind::kPush, encode(late, RecordBatch{}), a.now());
  ASSERT_TRUE(own);
  EXPECT_EQ(decode_push_reply(*own)->verdict, PushVerdict::kTaken) << "the boot that speaks needs no number";
}

// Each boot is heard however often the node restarts, whoever greets first.
TEST(ClusterMembers, EveryBootIsHeardInItsTurn) {
  World w;
  add_pair(w);
  for (uint16_t i = 0; i < 5; ++i) {
    w.stop("b:1");
    w.run_for(milliseconds(200 * i));
    w.add({"b:1", 2, seeds_at({"a:1"})});
    ASSERT_TRUE(w.run_until([&] { return w["b:1"].cluster.ready() && w["b:1"].link("a:1").up; }, seconds(10)));
    w["b:1"].put(host(i));
    ASSERT_TRUE(w.run_until([&] { return w["a:1"].listed(host(i)); }, seconds(3))) << i;
    w.run_for(minutes(2));
    EXPECT_LT(w.now - w["a:1"].core.registry.lease_status().covered_until, seconds(3));
  }
}

TEST(ClusterMembers, AnOlderNodeWorksBesideANewer) {
  World w;
  w.add({"a:1", 1, seeds_at({"b:1"})});
  w.add({"b:1", 2, seeds_at({"a:1"}), "zone-a", version_one});
  w.run_for(seconds(3));
  Member &a = w["a:1"], &b = w["b:1"];
  ASSERT_TRUE(a.cluster.ready() && b.cluster.ready());
  a.put(host(1));
  b.put(host(2));
  w.run_for(seconds(1));
  EXPECT_TRUE(equal_contents(a, b));
  EXPECT_EQ(b.node().listing().size(), 2U);
  w.run_for(seconds(200));
  EXPECT_FALSE(a.listed(host(2)));
}

TEST(ClusterMembers, WithAnOlderNodeNobodySaysFarewell) {
  for (const bool newer_leaves : {true, false}) {
    World w;
    w.add({"a:1", 1, seeds_at({"b:1"})});
    w.add({"b:1", 2, seeds_at({"a:1"}), "zone-a", version_one});
    w.run_for(seconds(3));
    const char* leaves = newer_leaves ? "a:1" : "b:1";
    const char* stays = newer_leaves ? "b:1" : "a:1";
    w[leaves].put(host(1));
    leave(w, leaves);
    ASSERT_TRUE(w.run_until([&] { return w[leaves].cluster.left(); }, seconds(3)));
    w.run_for(seconds(1));
    w.stop(leaves);
    EXPECT_FALSE(w[stays].told_of("peer_farewell"));
    EXPECT_TRUE(w[stays].listed(host(1)));
    w.run_for(seconds(300));
    EXPECT_TRUE(w[stays].listed(host(1)));  // it may be alive somewhere
  }
}

TEST(ClusterMembers, ANodeOfAnUnknownVersionIsRefused) {
  World w;
  Member& a = w.add({"a:1", 1, {}, "zone-a", open});
  Hello h = sample_hello();
  h.header.hlc_ns = 0;
  h.members.clear();
  h.version_min = kProtocolMax + 1;
  h.version_max = kProtocolMax + 5;
  const auto reply = a.cluster.handle(CallKind::kHello, encode(h), a.now());
  ASSERT_TRUE(reply);
  EXPECT_EQ(decode_hello_reply(*reply)->verdict, HelloVerdict::kNoCommonVersion);
  EXPECT_TRUE(a.cluster.links(a.now()).empty());
  h.version_min = kProtocolMax;  // it speaks ours as well
  const auto again = a.cluster.handle(CallKind::kHello, encode(h), a.now());
  ASSERT_TRUE(again);
  EXPECT_EQ(decode_hello_reply(*again)->verdict, HelloVerdict::kWelcome);
}

// What a hello tells of its sender's own removal must not pull the table away from under it.
TEST(ClusterMembers, AHelloThatTellsOfItsSendersRemovalIsHandled) {
  World w;
  Member& a = w.add({"a:1", 1, {}, "zone-a", open});
  Hello h = sample_hello();
  h.header.hlc_ns = 0;
  h.generation = 1;
  h.members = {{"10.0.0.1:7171", "zone-a", 9, 1, 1}};
  for (int i = 0; i < 2; ++i) {
    const auto reply = a.cluster.handle(CallKind::kHello, encode(h), a.now());
    ASSERT_TRUE(reply);
    EXPECT_EQ(decode_hello_reply(*reply)->verdict, HelloVerdict::kWelcome);
    EXPECT_FALSE(a.has_link("10.0.0.1:7171"));
  }
  h.generation = 2;
  ASSERT_TRUE(a.cluster.handle(CallKind::kHello, encode(h), a.now()));
  EXPECT_TRUE(a.has_link("10.0.0.1:7171"));
}

}  // namespace
}  // namespace discovery::cluster
