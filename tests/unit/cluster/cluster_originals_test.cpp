// Beside nodes of the original: ordered posts, what their answers ask for, and what is taken from them.
#include <gtest/gtest.h>

#include "registry/origin.h"
#include "unit/cluster/world.h"

namespace discovery::cluster {
namespace {

Name host(int i) { return {"h" + std::to_string(i), "zone-a", "shop.cart", "dev"}; }
using Posts = std::vector<std::string>;

Post post(PostKind kind, const Name& name, PostReach reach = PostReach::kEverywhere) {
  Post p;
  p.kind = kind;
  p.reach = reach;
  p.path = kind == PostKind::kRegister ? "/register" : kind == PostKind::kRenew ? "/renew" : "/cancel";
  p.env = name.env;
  p.appid = name.appid;
  p.zone = name.zone;
  p.hostname = name.hostname;
  return p;
}
void put_post(Member& m, const Post& p) {
  m.cluster.post_box().put(p);
  m.want_tick();
}
Posts numbered(int from, int to) {
  Posts all;
  for (int i = from; i <= to; ++i) all.push_back("/renew h" + std::to_string(i) + " replication");
  return all;
}
ForeignInstance foreign(const Name& name, int64_t dirty_ns, int64_t renew_ns) {
  ForeignInstance i;
  i.env = name.env;
  i.appid = name.appid;
  i.zone = name.zone;
  i.hostname = name.hostname;
  i.version = "theirs";
  i.dirty_ns = i.reg_ns = dirty_ns;
  i.renew_ns = renew_ns;
  return i;
}

struct WithOriginal : testing::Test {
  World w;
  FakeOriginal o;

  Member& start(const std::function<void(ClusterSettings&)>& change = {}) {
    w.originals["o:1"] = &o;
    Member& a = w.add({"a:1", 1, seeds_at({"o:1"}), "zone-a", change});
    EXPECT_TRUE(w.run_until([&] { return a.cluster.ready(); }, seconds(5)));
    return a;
  }
};

TEST_F(WithOriginal, PostsComeOneByOneInOrder) {
  Member& a = start();
  EXPECT_TRUE(a.cluster.board().wants_posts());
  EXPECT_TRUE(a.cluster.board().is_node_host("o"));
  for (int i = 1; i <= 20; ++i) put_post(a, post(PostKind::kRenew, host(i)));
  w.run_for(seconds(1));
  EXPECT_EQ(o.posts, numbered(1, 20));
  EXPECT_EQ(a.link("o:1").counters.posts, 20U);
  EXPECT_EQ(a.link("o:1").state, "original");
  EXPECT_EQ(a.link("o:1").queued, 0U);
}

TEST_F(WithOriginal, EqualOperationsAreNotMerged) {
  Member& a = start();
  for (int i = 0; i < 5; ++i) put_post(a, post(PostKind::kRenew, host(1)));
  w.run_for(seconds(1));
  EXPECT_EQ(o.posts.size(), 5U);
}

TEST_F(WithOriginal, WhatGotNoAnswerIsRepeatedAndTheRestWaits) {
  Member& a = start();
  o.fail = 3;
  for (int i = 1; i <= 3; ++i) put_post(a, post(PostKind::kRenew, host(i)));
  w.run_for(seconds(5));
  Posts want = numbered(1, 1);
  want.insert(want.end(), 2, want.front());
  const Posts rest = numbered(1, 3);
  want.insert(want.end(), rest.begin(), rest.end());
  EXPECT_EQ(o.posts, want);
  EXPECT_EQ(a.link("o:1").counters.posts_failed, 3U);
}

TEST_F(WithOriginal, AnyAnswerIsAnAnswer) {
  Member& a = start();
  o.answers = {"-500", "garbage", "-404"};
  put_post(a, post(PostKind::kCancel, host(1)));
  put_post(a, post(PostKind::kRegister, host(2)));
  put_post(a, post(PostKind::kCancel, host(3)));
  w.run_for(seconds(1));
  EXPECT_EQ(o.posts.size(), 3U);
}

TEST_F(WithOriginal, ARenewalItDoesNotKnowIsFollowedByARegister) {
  Member& a = start();
  a.put(host(1));
  o.answers = {"-404"};
  put_post(a, post(PostKind::kRenew, host(1)));
  put_post(a, post(PostKind::kRenew, host(2)));
  w.run_for(seconds(1));
  EXPECT_EQ(o.posts, (Posts{"/renew h1 replication", "/register h1 replication", "/renew h2 replication"}));
}

TEST_F(WithOriginal, NothingIsRegisteredForWhatIsGoneHere) {
  Member& a = start();
  a.put(host(1));
  ASSERT_TRUE(a.node().cancel(host(1)));
  o.answers = {"-404", "-404"};
  put_post(a, post(PostKind::kRenew, host(1)));
  put_post(a, post(PostKind::kRenew, host(2)));
  w.run_for(seconds(1));
  EXPECT_EQ(o.posts, numbered(1, 2));
}

TEST_F(WithOriginal, WhatItHasNewerIsTakenOver) {
  Member& a = start();
  registry::Put old = registry::dirty(1000, "ours");
  a.put(host(1), old);
  o.answers = {"-409\n" + line_of(foreign(host(1), 2000, 0))};
  put_post(a, post(PostKind::kRenew, host(1)));
  w.run_for(seconds(1));
  EXPECT_EQ(a.node().get(host(1))->version, "theirs");
  EXPECT_EQ(a.node().get(host(1))->numbers.dirty_ns, 2000);
}

// ------------------------------------------------------------------------------------------------------ overflow

TEST_F(WithOriginal, AFullQueueIsDroppedAndTheListsAreCompared) {
  Member& a = start([](ClusterSettings& s) { s.queue_max = 3; });
  o.down = true;
  a.put(host(1));
  a.put(host(2));
  a.put(host(3), registry::dirty(50));
  ASSERT_TRUE(a.node().cancel(host(3)));
  for (int i = 1; i <= 8; ++i) {
    put_post(a, post(PostKind::kRenew, host(i)));
    w.run_for(milliseconds(50));
    ASSERT_LE(a.cluster.longest_queue(), 3U);
  }
  EXPECT_GT(a.link("o:1").counters.queue_overflows, 0U);
  o.posts.clear();
  o.down = false;
  o.has = {foreign(host(2), 1, 1), foreign(host(3), 50, 1), foreign(host(9), 1, 1)};
  w.run_for(seconds(10));
  EXPECT_EQ(o.fetches, 2U);  // one at the start
  const auto count = [&](const char* text) { return std::count(o.posts.begin(), o.posts.end(), text); };
  EXPECT_EQ(count("/register h1 replication"), 1);
  EXPECT_EQ(count("/register h2 replication"), 0);
  EXPECT_EQ(count("/cancel h3 replication"), 1);
  EXPECT_EQ(count("/cancel h9 replication"), 0);  // absence is no information
}

// Its lease is another, its renewals are not posted, and no client may see the environment of keys.
TEST_F(WithOriginal, GuestsAreNeitherRegisteredThereNorTakenFromThere) {
  const int64_t now = to_wire_ns(w.now);
  o.has = {foreign({"k", "-", "keys-00", "\x01keys"}, now - 1000, now), foreign(host(9), now - 1000, now)};
  Member& a = start();
  EXPECT_TRUE(a.listed(host(9)));
  const Name theirs{"k", "-", "keys-00", "\x01keys"};
  EXPECT_FALSE(a.node().registry.find_record(theirs.key()));
  const auto put_guest = [&](const Name& name) {
    const std::string origin = registry::make_origin(std::chrono::seconds(15), "kept");
    registry::RegisterArgs args;
    args.key = name.key();
    args.addrs_json = "[]";
    args.metadata_json = "{}";
    args.origin = origin;
    ASSERT_TRUE(a.node().registry.register_instance(args, w.now));
  };
  put_guest(host(1));
  put_guest({"k", "-", "keys-01", "\x01keys"});
  a.put(host(2));
  for (size_t i = 0; i <= PostBox::kPostsMax; ++i) a.cluster.post_box().put(post(PostKind::kRenew, host(2)));
  a.want_tick();
  w.run_for(seconds(1));
  EXPECT_EQ(o.fetches, 2U);
  EXPECT_EQ(o.posts, (Posts{"/register h2 replication"}));
}

TEST_F(WithOriginal, MoreThanTheQueueHoldsIsRegisteredInTheEnd) {
  Member& a = start([](ClusterSettings& s) { s.queue_max = 3; });
  for (int i = 0; i < 20; ++i) a.put(host(i));
  o.down = true;
  for (int i = 0; i < 8; ++i) put_post(a, post(PostKind::kRenew, host(i)));
  w.run_for(seconds(2));
  o.down = false;
  o.posts.clear();
  o.learns = true;
  w.run_for(seconds(20));
  std::set<std::string> registered;
  for (const ForeignInstance& i : o.has) registered.insert(i.hostname);
  EXPECT_EQ(registered.size(), 20U);
  EXPECT_LT(o.fetches, 15U);
}

// The answer to a post that was dropped must not be taken for that of the next.
TEST_F(WithOriginal, AnAnswerAfterAnOverflowIsNotTheNextPosts) {
  Member& a = start([](ClusterSettings& s) { s.queue_max = 3; });
  w.link("o:1", "a:1").delay = milliseconds(800);
  put_post(a, post(PostKind::kRenew, host(1)));
  w.run_for(milliseconds(20));
  for (int i = 2; i <= 5; ++i) put_post(a, post(PostKind::kRenew, host(i)));  // one too many
  w.link("o:1", "a:1").delay = milliseconds(1);
  w.run_for(milliseconds(760));
  w.link("o:1", "a:1").delay = milliseconds(200);
  o.fail = 1;
  put_post(a, post(PostKind::kRenew,
                   host(10)));  // the next post breaks, and the answer to the first comes before that is known
  w.run_for(seconds(10));
  EXPECT_EQ(o.answered, (Posts{"/renew h1 replication", "/renew h5 replication", "/renew h10 replication"}));
}

TEST_F(WithOriginal, TheBoxOfTheReactorsOverflowsIntoAComparison) {
  Member& a = start();
  a.put(host(1));
  for (size_t i = 0; i <= PostBox::kPostsMax; ++i) a.cluster.post_box().put(post(PostKind::kRenew, host(1)));
  a.want_tick();
  w.run_for(seconds(1));
  EXPECT_EQ(o.fetches, 2U);
  EXPECT_EQ(o.posts, (Posts{"/register h1 replication"}));
}

// ------------------------------------------------------------------------------------------------------ import

TEST_F(WithOriginal, WhatItHasIsImportedAtTheStart) {
  const int64_t now = to_wire_ns(w.now);
  o.has = {foreign(host(1), now - 1000, to_wire_ns(w.now - seconds(10))), foreign(host(2), now - 2000, now)};
  Member& a = start();
  ASSERT_TRUE(a.listed(host(1)) && a.listed(host(2)));
  const auto kept = registry::kept(a.node(), host(2));
  EXPECT_EQ(kept->parcel.record().version.incarnation.node, 0);
  EXPECT_EQ(kept->parcel.record().version.incarnation.t_ns, now - 2000);
  EXPECT_TRUE(kept->lease_known);
  EXPECT_EQ(kept->lease_ns, now);
  EXPECT_EQ(a.link("o:1").counters.records_received, 2U);
}

TEST_F(WithOriginal, AnImportDoesNotBeatALaterCancel) {
  World& world = w;
  const int64_t now = to_wire_ns(world.now);
  o.has = {foreign(host(1), now - 1000, now)};
  world.originals["o:1"] = &o;
  Member& b = world.add({"b:1", 2, seeds_at({"a:1"}), "zone-a", [](ClusterSettings& s) { s.open_membership = true; }});
  b.put(host(1));
  ASSERT_TRUE(b.node().cancel(host(1)));
  Member& a = world.add({"a:1", 1, seeds_at({"b:1", "o:1"})});
  ASSERT_TRUE(world.run_until([&] { return a.cluster.ready(); }, seconds(15)));
  world.run_for(seconds(5));
  EXPECT_FALSE(a.listed(host(1)));
  EXPECT_FALSE(b.listed(host(1)));
}

TEST_F(WithOriginal, AGarbledListIsAskedForAgain) {
  o.garbage = true;
  w.originals["o:1"] = &o;
  Member& a = w.add({"a:1", 1, seeds_at({"o:1"})});
  w.run_for(seconds(5));
  EXPECT_FALSE(a.cluster.ready());
  EXPECT_TRUE(a.told_of("peer_garbage"));
  o.garbage = false;
  EXPECT_TRUE(w.run_until([&] { return a.cluster.ready(); }, seconds(8)));
}

// ------------------------------------------------------------------------------------------------------ zones

TEST(ClusterOriginals, AFarZoneGetsEachPostOnceTheOwnZoneAtEveryNode) {
  World w;
  FakeOriginal near1, near2, far1, far2;
  w.originals = {{"near1:1", &near1}, {"near2:1", &near2}, {"far1:1", &far1}, {"far2:1", &far2}};
  auto seeds = seeds_at({"near1:1", "near2:1"});
  for (const char* f : {"far1:1", "far2:1"}) seeds.push_back({f, "zone-b"});
  Member& a = w.add({"a:1", 1, seeds});
  ASSERT_TRUE(w.run_until([&] { return a.cluster.ready(); }, seconds(5)));
  for (int i = 1; i <= 10; ++i) put_post(a, post(PostKind::kRenew, host(i)));
  w.run_for(seconds(1));
  EXPECT_EQ(near1.posts, numbered(1, 10));
  EXPECT_EQ(near2.posts, numbered(1, 10));
  ASSERT_EQ(far1.posts.size() + far2.posts.size(), 10U);
  // One node of the zone, so that they stay in order.
  EXPECT_TRUE(far1.posts.empty() || far2.posts.empty());
  EXPECT_EQ((far1.posts.empty() ? far2 : far1).posts.front(), "/renew h1 from_zone");
  for (FakeOriginal* x : {&near1, &near2, &far1, &far2}) x->posts.clear();
  put_post(a, post(PostKind::kCancel, host(1), PostReach::kOwnZone));
  w.run_for(seconds(1));
  EXPECT_EQ(near1.posts.size() + near2.posts.size(), 2U);
  EXPECT_EQ(far1.posts.size() + far2.posts.size(), 0U);
}

TEST(ClusterOriginals, TheOtherNodeOfAFarZoneTakesOver) {
  World w;
  FakeOriginal far1, far2;
  w.originals = {{"far1:1", &far1}, {"far2:1", &far2}};
  Member& a = w.add({"a:1", 1, seeds_at({"far1:1", "far2:1"}, "zone-b")});
  ASSERT_TRUE(w.run_until([&] { return a.cluster.ready(); }, seconds(5)));
  far1.down = true;
  put_post(a, post(PostKind::kRenew, host(1)));
  w.run_for(seconds(3));
  put_post(a, post(PostKind::kRenew, host(2)));
  w.run_for(seconds(3));
  EXPECT_EQ(far2.posts, (Posts{"/renew h2 from_zone"}));
  far1.down = false;
  w.run_for(seconds(10));
  EXPECT_EQ(far1.posts, (Posts{"/renew h1 from_zone"}));
}

TEST(ClusterOriginals, PeersOfOurKindGetNoPosts) {
  World w;
  add_pair(w);
  Member& a = w["a:1"];
  EXPECT_FALSE(a.cluster.board().wants_posts());
  put_post(a, post(PostKind::kRenew, host(1)));
  w.run_for(seconds(1));
  EXPECT_EQ(w.bytes[CallKind::kPost], 0U);
  EXPECT_EQ(a.link("b:1").queued, 0U);
  w.stop("b:1");
  w.run_for(seconds(10));
  put_post(a, post(PostKind::kRenew, host(1)));
  w.run_for(seconds(1));
  EXPECT_EQ(a.link("b:1").queued, 0U);  // it was ours when it answered last
}

TEST(ClusterOriginals, ANodeThatNeverAnsweredMayBeAnOriginal) {
  World w;
  Member& a = w.add({"a:1", 1, seeds_at({"o:1"}), "zone-a", [](ClusterSettings& s) { s.queue_max = 5; }});
  EXPECT_TRUE(a.cluster.board().wants_posts());
  for (int i = 1; i <= 4; ++i) put_post(a, post(PostKind::kRenew, host(i)));
  w.run_for(seconds(5));
  EXPECT_EQ(a.link("o:1").queued, 4U);
  FakeOriginal o;
  w.originals["o:1"] = &o;
  w.run_for(seconds(10));
  EXPECT_EQ(o.posts, numbered(1, 4));
}

TEST(ClusterOriginals, AnOriginalThatIsReplacedByOursIsOurs) {
  World w;
  FakeOriginal o;
  w.originals["b:1"] = &o;
  Member& a = w.add({"a:1", 1, seeds_at({"b:1"})});
  ASSERT_TRUE(w.run_until([&] { return a.cluster.ready(); }, seconds(5)));
  o.down = true;
  put_post(a, post(PostKind::kRenew, host(1)));
  a.put(host(5));
  w.run_for(seconds(1));
  w.originals.clear();
  w.add({"b:1", 2, seeds_at({"a:1"})});
  w.run_for(seconds(10));
  EXPECT_EQ(a.link("b:1").state, "ours");
  EXPECT_FALSE(a.cluster.board().wants_posts());
  EXPECT_TRUE(equal_contents(a, w["b:1"]));
  EXPECT_TRUE(w["b:1"].listed(host(5)));
}

// ------------------------------------------------------------------------------------------------------ expiry

TEST_F(WithOriginal, ItCoversForAsLongAsItSpeaks) {
  Member& a = start();
  a.put(host(1));
  w.run_for(seconds(200));
  EXPECT_TRUE(a.listed(host(1)));  // it never said anything: it is waited for
  for (int i = 0; i < 8; ++i) {
    a.cluster.original_spoke("o", a.now());
    w.run_for(seconds(30));
  }
  EXPECT_FALSE(a.listed(host(1)));
  a.put(host(2));
  w.run_for(seconds(600));
  EXPECT_TRUE(a.listed(host(2)));  // silent again
}

TEST_F(WithOriginal, TakenOutOfTheConfigurationItIsWaitedForNoLonger) {
  Member& a = start();
  a.put(host(1));
  w.run_for(seconds(200));
  ASSERT_TRUE(a.listed(host(1)));
  a.cluster.set_seeds({}, a.now());
  a.want_tick();
  EXPECT_TRUE(a.cluster.links(a.now()).empty());
  w.run_for(seconds(200));
  EXPECT_TRUE(a.cluster.links(a.now()).empty());
  EXPECT_FALSE(a.listed(host(1)));
}

TEST_F(WithOriginal, ALoneNodeBesideOriginalsKeepsTheRuleOfTheOriginal) {
  Member& a = start();
  a.put(host(1));
  EXPECT_FALSE(a.node().look(host(1)).named);
  w.add({"b:1", 2, seeds_at({"a:1"})});
  a.cluster.set_seeds(seeds_at({"o:1", "b:1"}), a.now());
  a.want_tick();
  uint64_t id = 0;
  ASSERT_TRUE(a.node().registry.watch(host(1).app(), "", 0, 1, a.now(), id));
  const int64_t before = a.node().latest(host(1));
  const size_t wakes = a.wakes;
  w.run_for(seconds(8));
  EXPECT_TRUE(a.node().look(host(1)).named);
  EXPECT_GT(a.node().latest(host(1)), before);
  EXPECT_GT(a.wakes, wakes);  // who waits is told of the new T
}

TEST_F(WithOriginal, ADiscoveredOneIsANodeWhileItIsListed) {
  w.originals["o:1"] = &o;
  Member& a = w.add({"a:1", 1, {}, "zone-a", [](ClusterSettings& s) { s.open_membership = true; }});
  a.cluster.set_discovered(seeds_at({"a:1", "o:1"}), a.now());
  a.want_tick();
  w.run_for(seconds(1));
  EXPECT_EQ(a.link("o:1").state, "original");
  put_post(a, post(PostKind::kRenew, host(1)));
  w.run_for(seconds(1));
  EXPECT_EQ(o.posts.size(), 1U);
  a.cluster.set_discovered(seeds_at({"a:1"}), a.now());
  EXPECT_FALSE(a.has_link("o:1"));
}

TEST(ClusterOriginals, DiscoveredNodesHaveALimit) {
  World w;
  Member& a = w.add({"a:1", 1, {}, "zone-a", [](ClusterSettings& s) { s.open_membership = true; }});
  std::vector<SeedNode> nodes;
  for (size_t i = 0; i < kMembersMax + 10; ++i) nodes.push_back({"n" + std::to_string(i) + ":1", "z"});
  a.cluster.set_discovered(nodes, a.now());
  EXPECT_EQ(a.cluster.links(a.now()).size(), kMembersMax);
}

}  // namespace
}  // namespace discovery::cluster
