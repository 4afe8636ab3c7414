// look, view, application_keys, with_application, watch: discovery-api.md 7.
#include <gtest/gtest.h>

#include "unit/registry/node.h"

namespace discovery::registry {
namespace {

const Name kName;

/// Writes "hostname=status " of what passes the form.
struct CountingRenderer {
  int calls = 0;
  void operator()(const Listing& list, const ViewForm& form, std::string& out) {
    ++calls;
    for (const InstanceView& v : list.instances()) {
      if (!form.zone.empty() && v.instance->zone() != form.zone) continue;
      if ((v.instance->numbers.status & form.status_mask) == 0) continue;
      out += std::string(v.instance->hostname()) + "=" + std::to_string(v.instance->numbers.status) + " ";
    }
  }
};

TEST(Look, TellsWhatThereIs) {
  Node node;
  node.put({"a", "z1"}, status(2));
  node.put({"b", "z2"}, status(1));
  const auto all = node.registry.look(kName.app(), "");
  EXPECT_TRUE(all.known);
  EXPECT_TRUE(all.zone_known);
  EXPECT_TRUE(all.in_service);
  EXPECT_EQ(all.latest_timestamp_ns, node.latest(kName));
  const auto z1 = node.registry.look(kName.app(), "z1");
  EXPECT_TRUE(z1.zone_known);
  EXPECT_FALSE(z1.in_service);
  const auto none = node.registry.look(kName.app(), "z3");
  EXPECT_TRUE(none.known);
  EXPECT_FALSE(none.zone_known);
  EXPECT_FALSE(none.in_service);
  EXPECT_EQ(none.latest_timestamp_ns, all.latest_timestamp_ns);
}

TEST(View, IsRenderedOncePerChange) {
  Node node;
  node.put({"b"});
  node.put({"a"}, status(2));
  CountingRenderer render;
  const auto first = node.registry.view(kName.app(), {3, ""}, node.now, render);
  EXPECT_TRUE(first.rendered);
  EXPECT_EQ(first.bytes->text(), "a=2 b=1 ");
  EXPECT_EQ(first.latest_timestamp_ns, node.latest(kName));
  const auto second = node.registry.view(kName.app(), {3, ""}, node.now, render);
  EXPECT_FALSE(second.rendered);
  EXPECT_EQ(second.bytes, first.bytes);
  EXPECT_EQ(render.calls, 1);

  EXPECT_EQ(node.registry.view(kName.app(), {1, ""}, node.now, render).bytes->text(), "b=1 ");
  EXPECT_EQ(render.calls, 2);
  node.set_status({"a"}, 1);
  EXPECT_EQ(node.registry.view(kName.app(), {1, ""}, node.now, render).bytes->text(), "a=1 b=1 ");
  EXPECT_EQ(first.bytes->text(), "a=2 b=1 ");  // who still sends the old one keeps it
}

TEST(View, IsRenderedAnewWhenItsRenewalTimesGrowOld) {
  Node node;
  node.put(kName);
  CountingRenderer render;
  EXPECT_TRUE(node.registry.view(kName.app(), {1, ""}, node.now, render).rendered);
  node.pass(seconds(1));
  EXPECT_FALSE(node.registry.view(kName.app(), {1, ""}, node.now, render).rendered);
  node.pass(nanoseconds(1));
  EXPECT_TRUE(node.registry.view(kName.app(), {1, ""}, node.now, render).rendered);
}

TEST(View, OfTheUnknownIsNull) {
  Node node;
  node.put({"h", "z1"});
  CountingRenderer render;
  EXPECT_EQ(node.registry.view({"dev", "nobody"}, {1, ""}, node.now, render).bytes, nullptr);
  const auto zone = node.registry.view(kName.app(), {1, "z2"}, node.now, render);
  EXPECT_EQ(zone.bytes, nullptr);
  EXPECT_TRUE(zone.known);
  node.cancel({"h", "z1"});
  EXPECT_EQ(node.registry.view(kName.app(), {1, ""}, node.now, render).bytes, nullptr);
  EXPECT_EQ(render.calls, 0);
}

TEST(View, OfAKnownZoneWithoutAMatchIsEmptyNotNull) {
  Node node;
  node.put({"h", "z1"}, status(2));
  CountingRenderer render;
  const auto view = node.registry.view(kName.app(), {1, "z1"}, node.now, render);
  ASSERT_NE(view.bytes, nullptr);
  EXPECT_EQ(view.bytes->text(), "");
}

TEST(View, IdleOnesAreDroppedBySweeps) {
  Node node;
  node.put(kName);
  CountingRenderer render;
  auto bytes = node.registry.view(kName.app(), {1, ""}, node.now, render).bytes;
  node.live(minutes(3));
  EXPECT_EQ(bytes.use_count(), 1);  // nobody but this test holds it
}

TEST(ApplicationKeys, AreThoseWithVisibleInstancesInOrder) {
  Node node;
  node.put({"h", "z", "b", "e1"});
  node.put({"h", "z", "a", "e2"});
  node.put({"h", "z", "a", "e1"});
  node.put({"h", "z", "gone", "e"});
  node.cancel({"h", "z", "gone", "e"});
  node.watch({"h", "z", "waited for", "e"}, 1);
  EXPECT_EQ(node.registry.application_keys(), (std::vector<AppKey>{{"a", "e1"}, {"a", "e2"}, {"b", "e1"}}));
  size_t visited = 0;
  node.registry.for_each_application([&](const Application&) { ++visited; });
  EXPECT_EQ(visited, 3U);
}

TEST(Watch, OfTheUnknownIsRememberedUntilUnwatched) {
  Node node;
  const uint64_t id = node.watch(kName, 3);
  EXPECT_FALSE(node.look(kName).known);
  node.live(minutes(30));  // no sweep takes it away
  const Wake wake = node.put(kName).wake;
  EXPECT_EQ(wake.app_id, id);
  EXPECT_EQ(wake.reactors, 8U);
}

TEST(Watch, UnwatchOfTheNeverKnownLeavesNothing) {
  Node node;
  node.watch(kName, 3);
  node.watch(kName, 4);
  node.registry.unwatch(kName.app(), 3);
  EXPECT_GT(node.registry.memory_bytes(), 0U);
  node.registry.unwatch(kName.app(), 4);
  EXPECT_EQ(node.registry.memory_bytes(), 0U);
  node.registry.unwatch(kName.app(), 4);  // of what is not there: nothing to do
  EXPECT_EQ(node.registry.memory_bytes(), 0U);
}

TEST(Watch, UnwatchedApplicationsOfEveryPlaceKeepTheOthersRight) {
  Node node;
  std::vector<Name> names;
  for (int i = 0; i < 200; ++i) names.push_back({"h", "z", "app-" + std::to_string(i), "e"});
  for (const Name& n : names) node.watch(n, 0);
  for (size_t i = 0; i < names.size(); i += 3) node.registry.unwatch(names[i].app(), 0);
  for (size_t i = 0; i < names.size(); ++i) EXPECT_EQ(node.put(names[i]).wake.reactors, i % 3 == 0 ? 0U : 1U) << i;
  EXPECT_EQ(node.registry.application_keys().size(), names.size());
  for (const Name& n : names) EXPECT_TRUE(node.cancel(n)->applied);
  for (const Name& n : names) node.registry.unwatch(n.app(), 0);
  node.live(hours(2));
  EXPECT_EQ(node.registry.memory_bytes(), 0U);
}

TEST(Watch, AnIdIsNeverUsedTwice) {
  Node node;
  const uint64_t first = node.watch(kName, 0);
  node.registry.unwatch(kName.app(), 0);
  EXPECT_NE(node.watch(kName, 0), first);
}

// The renderer runs without the lock, so the list may change under it: then its text is right for this reader, and
// nobody else is told it.
TEST(View, AChangeWhileItIsRenderedIsInTheNextOne) {
  Node node;
  node.put({"a", "z1"}, status(1));
  const auto change_meanwhile = [&](const Listing& list, const ViewForm&, std::string& out) {
    for (const InstanceView& v : list.instances()) out += v.instance->hostname();
    node.put({"b", "z1"}, status(1));
  };
  const auto old = node.registry.view(kName.app(), {1, ""}, node.now, change_meanwhile);
  EXPECT_EQ(old.bytes->text(), "a");
  CountingRenderer render;
  const auto fresh = node.registry.view(kName.app(), {1, ""}, node.now, render);
  EXPECT_TRUE(fresh.rendered) << "what is older than the list was not kept";
  EXPECT_EQ(fresh.bytes->text(), "a=1 b=1 ");
  EXPECT_GT(fresh.latest_timestamp_ns, old.latest_timestamp_ns);
}

TEST(View, AnApplicationThatGoesWhileItIsRendered) {
  Node node;
  node.put({"a", "z1"}, status(1));
  const auto cancel_meanwhile = [&](const Listing&, const ViewForm&, std::string& out) {
    out = "was";
    static_cast<void>(node.registry.cancel({.key = Name{"a", "z1"}.key()}, node.now));
  };
  EXPECT_EQ(node.registry.view(kName.app(), {1, ""}, node.now, cancel_meanwhile).bytes->text(), "was");
  CountingRenderer render;
  EXPECT_EQ(node.registry.view(kName.app(), {1, ""}, node.now, render).bytes, nullptr);
}

}  // namespace
}  // namespace discovery::registry
