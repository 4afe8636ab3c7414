#include "keyspace/watch_hub.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/keyspace/keyspace_testing.h"

namespace discovery::keyspace {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::string text_of(const Event& event) {
  return (event.type == EventType::kPut ? "put " : "delete ") + event.kv->key + "=" + event.kv->value;
}

struct Listener final : Watch {
  void told(const EventPtr& event) override { seen.push_back(text_of(*event)); }
  void lost() override { ++losses; }
  /// What begin() told counts as seen.
  void enter(WatchHub& hub, Node& node, const KeyRange& range, Revision start = 0, WatchOptions options = {}) {
    for (const EventPtr& event : hub.enter(*this, range, start, options, node.now).replay) told(event);
  }
  std::vector<std::string> take() { return std::exchange(seen, {}); }
  std::vector<std::string> seen;
  int losses = 0;
};

const KeyRange kAll{std::string(1, '\0'), std::string(1, '\0')};

TEST(WatchHub, TellsWhatHappensWhenTheHoldIsOver) {
  Node node;
  WatchHub hub(node.keys);
  node.put("a", "before");
  Listener all, one, none;
  all.enter(hub, node, kAll);
  one.enter(hub, node, {"b", ""});
  none.enter(hub, node, {"c", "d"});
  node.put("a", "1");
  node.put("b", "2");
  hub.flush(node.now);
  EXPECT_THAT(all.seen, IsEmpty());
  EXPECT_EQ(hub.next(), node.now + milliseconds(100));
  node.now += milliseconds(100);
  hub.flush(node.now);
  EXPECT_THAT(all.take(), ElementsAre("put a=1", "put b=2"));
  EXPECT_THAT(one.take(), ElementsAre("put b=2"));
  EXPECT_THAT(none.seen, IsEmpty());
  EXPECT_FALSE(hub.next());
}

TEST(WatchHub, Filters) {
  Node node;
  WatchHub hub(node.keys);
  Listener puts, deletes;
  puts.enter(hub, node, kAll, 0, {.deletes = false});
  deletes.enter(hub, node, kAll, 0, {.puts = false});
  node.put("a", "1");
  node.keys.erase({"a", ""}, "", node.now);
  node.now += seconds(1);
  hub.flush(node.now);
  EXPECT_THAT(puts.take(), ElementsAre("put a=1"));
  EXPECT_THAT(deletes.take(), ElementsAre("delete a="));
}

TEST(WatchHub, GoesOnFromARevisionOfItsNodeExactly) {
  Node node;
  WatchHub hub(node.keys);
  node.put("a", "1");
  const Revision listed = node.put("a", "2").revision;
  node.put("a", "3");
  node.now += seconds(1);
  node.put("b", "held");
  Listener watch;
  watch.enter(hub, node, kAll, listed + 1);
  EXPECT_THAT(watch.take(), ElementsAre("put a=3"));
  node.now += seconds(1);
  hub.flush(node.now);
  EXPECT_THAT(watch.take(), ElementsAre("put b=held")) << "once, when its hold was over";
}

// R2: the revision is of another node, whose clock and ours may differ.
TEST(WatchHub, GoesOnFromARevisionOfAnotherNodeWithWhatMayHaveBeenMissed) {
  Node a(1), b(2);
  b.put("old", "x");
  b.now += seconds(60);
  a.now = b.now;
  const Revision listed = a.put("z", "1").revision;
  b.put("k", "1");
  b.put("k", "2");
  b.put("gone", "1");
  b.keys.erase({"gone", ""}, "", b.now);
  b.now += seconds(1);
  WatchHub hub(b.keys);
  Listener watch;
  watch.enter(hub, b, kAll, listed + 1);
  EXPECT_THAT(watch.take(), ElementsAre("put old=x", "put k=2", "delete gone="))
      << "how far it was behind is not known";
}

// A watcher that was told elsewhere of a key which never was here.
TEST(WatchHub, TellsOfADeletionAlsoWhereTheKeyNeverWas) {
  Node a(1), b(2);
  a.put("k", "1");
  a.keys.erase({"k", ""}, "", a.now);
  WatchHub hub(b.keys);
  Listener watch;
  watch.enter(hub, b, kAll, b.keys.revision() + 1);
  a.tell(b);
  b.now += seconds(1);
  hub.flush(b.now);
  EXPECT_THAT(watch.take(), ElementsAre("delete k="));
}

TEST(WatchHub, TellsWhatIsHeldOnceAlsoToWhoComesFromAnotherNode) {
  Node a(1), b(2);
  b.now += seconds(600);
  a.now = b.now;
  a.put("x", "1");
  WatchHub hub(b.keys);
  b.put("k", "1");
  Listener watch;
  watch.enter(hub, b, kAll, a.keys.revision() + 1);
  EXPECT_THAT(watch.take(), ElementsAre());
  b.now += seconds(1);
  hub.flush(b.now);
  EXPECT_THAT(watch.take(), ElementsAre("put k=1"));
}

TEST(WatchHub, GoesOnFromLongAgoWithAllThereIs) {
  Node node(1);
  WatchHub hub(node.keys);
  node.put("gone", "1");
  node.put("a", "1");
  node.keys.erase({"gone", ""}, "", node.now);
  node.now += seconds(1);
  Listener watch;
  watch.enter(hub, node, kAll, 1);
  EXPECT_THAT(watch.take(), ElementsAre("put a=1", "delete gone="));
}

// What is held is told when its hold is over; told before as what there is, it would be taken back by what came first.
TEST(WatchHub, AReplayOfAllThereIsLeavesOutWhatIsHeld) {
  Node node(1);
  WatchHub hub(node.keys);
  for (const char* key : {"changed", "gone", "kept", "renewed"}) node.put(key, "1");
  node.now += seconds(1);
  node.put("changed", "2");
  node.put("changed", "3");
  node.keys.erase({"gone", ""}, "", node.now);
  node.keys.erase({"renewed", ""}, "", node.now);
  node.put("renewed", "2");
  node.put("new", "1");
  Listener watch;
  watch.enter(hub, node, kAll, 1);
  EXPECT_THAT(watch.take(), ElementsAre("put changed=1", "put gone=1", "put kept=1", "put renewed=1"));
  node.now += seconds(1);
  hub.flush(node.now);
  EXPECT_THAT(watch.take(), ElementsAre("put changed=2", "put changed=3",
                                        "delete gone=", "delete renewed=", "put renewed=2", "put new=1"));
}

TEST(WatchHub, LaterRevisionsOfOtherNodesHideNothing) {
  Node node(1);
  WatchHub hub(node.keys);
  Listener watch;
  const Revision ahead = node.keys.revision() + revisions_in(seconds(30)) + 2 * 5 + 1;
  watch.enter(hub, node, kAll, ahead);
  node.put("a", "1");
  node.now += seconds(1);
  hub.flush(node.now);
  EXPECT_THAT(watch.take(), ElementsAre("put a=1"));
}

TEST(WatchHub, WatchesMayEndEachOtherWhileTheyAreTold) {
  struct Ending final : Watch {
    void told(const EventPtr&) override {
      ++times;
      other.reset();
    }
    void lost() override {}
    int times = 0;
    std::unique_ptr<Ending> other;
  };
  Node node;
  WatchHub hub(node.keys);
  auto first = std::make_unique<Ending>();
  first->other = std::make_unique<Ending>();
  hub.enter(*first, kAll, 0, {}, node.now);
  hub.enter(*first->other, kAll, 0, {}, node.now);
  node.put("a", "1");
  node.now += seconds(1);
  hub.flush(node.now);
  EXPECT_EQ(first->times, 1);
  EXPECT_EQ(hub.size(), 1U);
  first.reset();
  EXPECT_EQ(hub.size(), 0U);
}

TEST(WatchHub, ProgressNeverOvertakesWhatIsHeld) {
  Node node;
  WatchHub hub(node.keys);
  const Revision before = node.keys.revision();
  const Revision put = node.put("a", "1").revision;
  EXPECT_GE(hub.told_until(), before);
  EXPECT_LT(hub.told_until(), put);
  node.now += seconds(1);
  hub.flush(node.now);
  EXPECT_EQ(hub.told_until(), put);
}

TEST(WatchHub, SaysWhenEventsWereForgotten) {
  TestMapper mapper;
  registry::Registry registry(registry_settings(1));
  KeyspaceSettings settings = keyspace_settings(1);
  settings.history.events = 3;
  Keyspace keys(settings, registry, mapper, kStart);
  registry.set_observer(&keys);
  WatchHub hub(keys);
  Listener watch;
  hub.enter(watch, kAll, 0, {}, kStart);
  for (int i = 0; i < 5; ++i) keys.put({.key = "k", .value = std::to_string(i)}, kStart);
  hub.flush(kStart + seconds(1));
  EXPECT_EQ(watch.losses, 1);
}

TEST(Keyspace, TellsWhoWatchesTooManyKeysFromLongAgoToList) {
  TestMapper mapper;
  registry::Registry registry(registry_settings(1));
  KeyspaceSettings settings = keyspace_settings(1);
  settings.replay_keys_max = 2;
  Keyspace keys(settings, registry, mapper, kStart);
  registry.set_observer(&keys);
  keys.put({.key = "a", .value = "1"}, kStart);
  keys.put({.key = "b", .value = "1"}, kStart);
  EXPECT_EQ(keys.begin_watch(kAll, 1, kStart).compacted, 0);
  keys.put({.key = "c", .value = "1"}, kStart);
  EXPECT_GT(keys.begin_watch(kAll, 1, kStart).compacted, 0);
}

}  // namespace
}  // namespace discovery::keyspace
