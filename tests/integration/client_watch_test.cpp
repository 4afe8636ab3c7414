// A service that follows others through the client library, with nodes killed under it.
#include <atomic>
#include <future>

#include "integration/client_fixture.h"

namespace discovery::integration {
namespace {

using client::Client;
using client::Watch;

TEST(ClientWatch, TellsWhatIsThereEachChangeAndTheEnd) {
  const Daemon daemon;
  daemon.add(foreign("shop.stock"));
  Told told;
  Client client(client_options({daemon.api().text()}));
  const Watch watch = client.watch("shop.stock", told.handler());
  ASSERT_TRUE(told.eventually_hosts({"h1"}));
  EXPECT_EQ(told.count(), 1U);
  daemon.add(foreign("shop.stock", "h2"));
  ASSERT_TRUE(told.eventually_hosts({"h1", "h2"}));
  EXPECT_EQ(watch.list()->instances.size(), 2U);
  EXPECT_EQ(client.resolve("shop.stock")->instances.at(1).addrs, Hosts{"http://10.0.0.1:80"});
  EXPECT_GT(client.resolve("shop.stock")->latest_timestamp_ns, int64_t{1} << 60) << "no double holds it";
  daemon.post("/discovery/set", foreign("shop.stock").key_form() + "&status=2");
  ASSERT_TRUE(told.eventually_hosts({"h2"}));
  daemon.post("/discovery/cancel", foreign("shop.stock", "h2").key_form());
  ASSERT_TRUE(told.eventually_hosts({})) << "known, but nobody is in service";
  daemon.post("/discovery/cancel", foreign("shop.stock").key_form());
  ASSERT_TRUE(told.eventually_unknown());
  daemon.add(foreign("shop.stock", "h3"));
  ASSERT_TRUE(told.eventually_hosts({"h3"})) << "back again";
}

TEST(ClientWatch, TellsAtOnceThatAnApplicationIsUnknown) {
  const Daemon daemon;
  Told told;
  Client client(client_options({daemon.api().text()}));
  const Stopwatch watch;
  const Watch nothing = client.watch("shop.none", told.handler());
  ASSERT_TRUE(told.eventually_unknown());
  EXPECT_LT(watch.elapsed(), seconds(5)) << "not after a poll's thirty seconds";
  ASSERT_NE(client.resolve("shop.none"), nullptr);
  EXPECT_TRUE(client.resolve("shop.none")->empty());
}

TEST(ClientWatch, AddedLaterCutsTheRunningPoll) {
  const Daemon daemon;
  daemon.add(foreign("first"));
  daemon.add(foreign("second"));
  Client client(client_options({daemon.api().text()}));
  const Watch first = client.watch("first");
  ASSERT_NE(client.resolve("first", kPatience), nullptr);
  ASSERT_TRUE(daemon.eventually_parked(1));
  const Watch second = client.watch("second");
  const Watch again = client.watch("second");
  const auto list = client.resolve("second", seconds(5));
  ASSERT_NE(list, nullptr) << "before the poll's thirty seconds are over";
  EXPECT_EQ(list->instances.size(), 1U);
  EXPECT_TRUE(daemon.eventually_parked(1)) << "one poll for all";
}

TEST(ClientWatch, ASecondWatchOfAnApplicationIsToldWhatIsKnown) {
  const Daemon daemon;
  daemon.add(foreign("shop.stock"));
  Client client(client_options({daemon.api().text()}));
  Told first;
  Told second;
  const Watch one = client.watch("shop.stock", first.handler());
  ASSERT_TRUE(first.eventually_hosts({"h1"}));
  {
    const Watch two = client.watch("shop.stock", second.handler());
    ASSERT_TRUE(second.eventually_hosts({"h1"}));
  }
  daemon.add(foreign("shop.stock", "h2"));
  ASSERT_TRUE(first.eventually_hosts({"h1", "h2"}));
  EXPECT_EQ(second.count(), 1U) << "it is gone";
  EXPECT_NE(client.resolve("shop.stock"), nullptr) << "the other one is there";
}

TEST(ClientWatch, GoesOnAtAnotherNodeWhenItsNodeIsKilled) {
  TestCluster cluster(3);
  cluster.start_all();
  ASSERT_TRUE(cluster.whole());
  cluster[0]->add(foreign("shop.stock"));
  ASSERT_TRUE(eventually([&] { return listed(*cluster[2], "shop.stock") == Hosts{"h1"}; }));
  Told told;
  Client client(client_options({cluster[0].text()}));
  const Watch watch = client.watch("shop.stock", told.handler());
  ASSERT_TRUE(told.eventually_hosts({"h1"}));
  ASSERT_TRUE(eventually([&] { return client.nodes().size() == 3; })) << "told of one, it learns of the others";
  EXPECT_EQ(client.nodes().front(), cluster[0].text()) << "and stays where it is";
  cluster[0].kill();
  cluster[1]->add(foreign("shop.stock", "h2"));
  ASSERT_TRUE(told.eventually_hosts({"h1", "h2"}));
  EXPECT_EQ(told.count(), 2U) << "the move itself is no news";
  EXPECT_TRUE(client.reachable());
}

TEST(ClientWatch, KeepsTheLastListWhileAllNodesAreAwayAndHearsOfNewsAfterwards) {
  TestCluster cluster(2);
  cluster.start_all();
  ASSERT_TRUE(cluster.whole());
  cluster[0]->add(foreign("shop.stock"));
  ASSERT_TRUE(eventually([&] { return listed(*cluster[1], "shop.stock") == Hosts{"h1"}; }));
  Told told;
  Errors errors;
  client::Options options = client_options(cluster.addresses());
  options.on_error = errors.handler();
  options.unknown_grace = std::chrono::hours(1);
  Client client(options);
  const Watch watch = client.watch("shop.stock", told.handler());
  ASSERT_TRUE(told.eventually_hosts({"h1"}));
  cluster[0].kill();
  cluster[1].kill();
  ASSERT_TRUE(eventually([&] { return errors.count(client::Errc::kUnreachable) > 4; }));
  EXPECT_FALSE(client.reachable());
  EXPECT_EQ(watch.list()->instances.size(), 1U);
  // Both come back without memory, and do not know the application.
  cluster.start_all();
  ASSERT_TRUE(cluster.whole());
  ASSERT_TRUE(eventually([&] { return client.reachable(); }));
  ASSERT_TRUE(eventually(
      [&] { return cluster[0]->state().at("parked_polls") == 1 || cluster[1]->state().at("parked_polls") == 1; }));
  EXPECT_EQ(watch.list()->instances.size(), 1U) << "a node that never told of it is no witness that it is gone";
  EXPECT_EQ(told.count(), 1U);
  cluster[1]->add(foreign("shop.stock", "h9"));
  ASSERT_TRUE(told.eventually_hosts({"h9"}));
}

TEST(ClientWatch, BelievesANewNodeThatAnApplicationIsUnknownAfterTheGrace) {
  ClusterNode node("n1");
  node.start({node.text()});
  node->add(foreign("shop.stock"));
  Told told;
  client::Options options = client_options({node.text()});
  options.unknown_grace = milliseconds(100);
  Client client(options);
  const Watch watch = client.watch("shop.stock", told.handler());
  ASSERT_TRUE(told.eventually_hosts({"h1"}));
  node.kill();
  node.start({node.text()});
  EXPECT_TRUE(told.eventually_unknown());
}

// A node that is stopped, not ended: connections to it stand, and nothing is answered.
TEST(ClientWatch, LeavesANodeThatHangs) {
  TestCluster cluster(2);
  cluster.start_all();
  ASSERT_TRUE(cluster.whole());
  Told told;
  client::Options options = client_options(cluster.addresses());
  options.poll_timeout = milliseconds(800);
  options.connect_timeout = milliseconds(500);
  Client client(options);
  const Watch watch = client.watch("shop.stock", told.handler());
  ASSERT_TRUE(told.eventually_unknown());
  cluster[0].freeze();
  cluster[1]->add(foreign("shop.stock"));
  EXPECT_TRUE(told.eventually_hosts({"h1"}));
  cluster[0].thaw();
}

TEST(ClientWatch, ACallbackThatThrowsIsReportedAndCalledAgain) {
  const Daemon daemon;
  daemon.add(foreign("shop.stock"));
  Errors errors;
  client::Options options = client_options({daemon.api().text()});
  const auto record = errors.handler();
  options.on_error = [&](const client::Error& error) {
    record(error);
    throw std::runtime_error("this one too");
  };
  Client client(options);
  std::atomic<int> calls = 0;
  const Watch watch = client.watch("shop.stock", [&](const client::InstanceList&) {
    if (++calls % 2 == 0) throw 42;
    throw std::runtime_error("no");
  });
  ASSERT_TRUE(eventually([&] { return calls == 1; }));
  daemon.add(foreign("shop.stock", "h2"));
  ASSERT_TRUE(eventually([&] { return calls == 2; }));
  EXPECT_TRUE(eventually([&] { return errors.count(client::Errc::kCallback) == 2; }));
  auto registration =
      client.register_instance(service("thrower"), [](auto, const auto&) { throw std::logic_error("x"); });
  EXPECT_TRUE(eventually([&] { return errors.count(client::Errc::kCallback) == 3; }));
  EXPECT_EQ(registration.state(), client::RegistrationState::kRegistered);
}

TEST(ClientWatch, MayBeDestroyedWithinItsCallback) {
  const Daemon daemon;
  daemon.add(foreign("shop.stock"));
  Client client(client_options({daemon.api().text()}));
  std::atomic<int> calls = 0;
  std::optional<Watch> watch;
  std::promise<void> made;
  std::shared_future<void> ready = made.get_future().share();
  watch.emplace(client.watch("shop.stock", [&, ready](const client::InstanceList&) {
    ready.wait();
    ++calls;
    watch.reset();
  }));
  made.set_value();
  ASSERT_TRUE(eventually([&] { return calls == 1; }));
  Told other;
  const Watch witness = client.watch("shop.stock", other.handler());
  daemon.add(foreign("shop.stock", "h2"));
  ASSERT_TRUE(other.eventually_hosts({"h1", "h2"}));
  EXPECT_EQ(calls, 1);
}

TEST(ClientWatch, DestroyingItWaitsForTheCallOnTheOtherThread) {
  const Daemon daemon;
  daemon.add(foreign("shop.stock"));
  Client client(client_options({daemon.api().text()}));
  for (int i = 0; i < 50; ++i) {
    auto alive = std::make_unique<std::atomic<int>>(0);
    {
      const Watch watch = client.watch("shop.stock", [&](const client::InstanceList&) { ++*alive; });
      ASSERT_TRUE(i % 2 == 1 || eventually([&] { return *alive > 0; }));
    }
    alive.reset();  // a call now would touch what is gone: the sanitizers would tell
  }
}

TEST(ClientWatch, TheClientMayBeDestroyedWithinACallback) {
  const Daemon daemon;
  auto client = std::make_unique<Client>(client_options({daemon.api().text()}));
  std::promise<void> made;
  std::promise<void> gone;
  std::shared_future<void> ready = made.get_future().share();
  const Watch watch = client->watch("shop.stock", [&, ready](const client::InstanceList&) {
    ready.wait();
    client.reset();
    gone.set_value();
  });
  made.set_value();
  EXPECT_EQ(gone.get_future().wait_for(kPatience), std::future_status::ready);
  EXPECT_TRUE(daemon.eventually_parked(0));
}

TEST(ClientWatch, TwoClientsLiveOnOneContextRunByTwoThreads) {
  const Daemon daemon;
  Runner runner(2);
  Told told;
  {
    Client one(runner.context(), client_options({daemon.api().text()}));
    Client two(runner.context(), client_options({daemon.api().text()}));
    const auto registration = one.register_instance(service("shop.cart"));
    const Watch watch = two.watch("shop.cart", told.handler());
    ASSERT_TRUE(told.eventually_hosts({"h1"}));
    const auto more = two.register_instance(service("shop.cart", "h2"));
    ASSERT_TRUE(told.eventually_hosts({"h1", "h2"}));
  }
  runner.finish();
  EXPECT_FALSE(listed(daemon, "shop.cart")) << "both cancelled";
}

TEST(ClientResolve, AsksANodeWhereNoWatchKnows) {
  const Daemon daemon;
  daemon.add(foreign("shop.stock"));
  Client client(client_options({"127.0.0.1:1", daemon.api().text()}));
  const auto ask = [&](const std::string& appid) {
    auto answer = std::make_shared<std::promise<std::pair<client::Error, size_t>>>();
    auto future = answer->get_future();
    client.async_resolve(appid, [answer](const client::Error& error, const client::InstanceList& list) {
      answer->set_value({error, list.instances.size()});
    });
    return future.get();
  };
  EXPECT_EQ(client.resolve("shop.stock"), nullptr);
  const auto [error, instances] = ask("shop.stock");
  EXPECT_FALSE(error) << error.message;
  EXPECT_EQ(instances, 1U);
  EXPECT_EQ(ask("shop.none").first.code, client::Errc::kNotFound);
  EXPECT_EQ(ask("").first.code, client::Errc::kInvalid);
  const Watch watch = client.watch("shop.none");
  ASSERT_NE(client.resolve("shop.none", kPatience), nullptr);
  EXPECT_EQ(ask("shop.none").first.code, client::Errc::kNotFound) << "of the watch";
}

}  // namespace
}  // namespace discovery::integration
