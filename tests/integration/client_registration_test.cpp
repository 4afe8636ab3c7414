// A service that registers itself through the client library, at real nodes.
#include "integration/client_fixture.h"

namespace discovery::integration {
namespace {

using client::Client;
using client::RegistrationState;

TEST(ClientRegistration, IsListedAsItWasGivenAndGoneWithTheObject) {
  const Daemon daemon;
  Client client(client_options({daemon.api().text()}));
  client::Instance instance = service("shop.cart");
  instance.version = "v 1&2";
  instance.metadata = {{"weight", "10"}, {"odd", "a=b&c \"d\" %"}};
  {
    const auto registration = client.register_instance(instance);
    ASSERT_TRUE(eventually([&] { return registration.state() == RegistrationState::kRegistered; }));
    EXPECT_FALSE(registration.error());
    const auto found = daemon.get("/discovery/fetch?status=1&env=dev&appid=shop.cart").json();
    const auto& listed_instance = found.at("data").at("instances").at("zone01").at(0);
    EXPECT_EQ(listed_instance.at("version"), instance.version);
    EXPECT_EQ(listed_instance.at("addrs"), nlohmann::json(instance.addrs));
    EXPECT_EQ(listed_instance.at("metadata"), nlohmann::json(instance.metadata));
  }
  EXPECT_TRUE(eventually([&] { return !listed(daemon, "shop.cart"); })) << "cancelled, not left to expire";
}

TEST(ClientRegistration, IsCancelledWhenTheClientEndsFirst) {
  const Daemon daemon;
  auto client = std::make_unique<Client>(client_options({daemon.api().text()}));
  const auto registration = client->register_instance(service("shop.cart"));
  ASSERT_TRUE(eventually([&] { return listed(daemon, "shop.cart") == Hosts{"h1"}; }));
  client.reset();
  EXPECT_FALSE(listed(daemon, "shop.cart")) << "a client with a thread waits for it";
  EXPECT_EQ(registration.state(), RegistrationState::kCancelled);
}

// The register is on its way when the client ends: it must not come after the cancel.
TEST(ClientRegistration, LeavesNothingWhenItIsEndedAtOnce) {
  const Daemon daemon;
  for (int i = 0; i < 30; ++i) {
    Client client(client_options({daemon.api().text()}));
    const auto registration = client.register_instance(service("brief"));
  }
  EXPECT_FALSE(listed(daemon, "brief"));
}

TEST(ClientRegistration, IsRenewed) {
  const Daemon daemon;
  client::Options options = client_options({daemon.api().text()});
  options.renew_interval = milliseconds(20);
  Client client(options);
  const auto registration = client.register_instance(service("shop.cart"));
  EXPECT_TRUE(
      eventually([&] { return daemon.count("discovery_renews_total{proto=\"discovery\",result=\"ok\"}") >= 5; }));
  EXPECT_EQ(registration.state(), RegistrationState::kRegistered);
}

TEST(ClientRegistration, RegistersAgainAtANodeThatLostItsMemory) {
  ClusterNode node("n1");
  node.start({node.text()});
  client::Options options = client_options({node.text()});
  options.renew_interval = milliseconds(50);
  Client client(options);
  const auto registration = client.register_instance(service("shop.cart"));
  ASSERT_TRUE(eventually([&] { return listed(*node, "shop.cart") == Hosts{"h1"}; }));
  node.kill();
  ASSERT_TRUE(eventually([&] { return registration.state() == RegistrationState::kFailing; }));
  EXPECT_TRUE(registration.error());
  node.start({node.text()});
  EXPECT_TRUE(eventually([&] { return listed(*node, "shop.cart") == Hosts{"h1"}; }));
  EXPECT_TRUE(eventually([&] { return registration.state() == RegistrationState::kRegistered; }));
}

TEST(ClientRegistration, GoesOnAtAnotherNodeWhenItsNodeIsKilled) {
  TestCluster cluster(2);
  cluster.start_all();
  ASSERT_TRUE(cluster.whole());
  client::Options options = client_options(cluster.addresses());
  options.renew_interval = milliseconds(50);
  Client client(options);
  const auto registration = client.register_instance(service("shop.cart"));
  ASSERT_TRUE(eventually([&] { return listed(*cluster[1], "shop.cart") == Hosts{"h1"}; }));
  cluster[0].kill();
  const double before = cluster[1]->count("discovery_renews_total{proto=\"discovery\",result=\"ok\"}");
  EXPECT_TRUE(eventually(
      [&] { return cluster[1]->count("discovery_renews_total{proto=\"discovery\",result=\"ok\"}") > before + 3; }));
  EXPECT_EQ(registration.state(), RegistrationState::kRegistered);
}

TEST(ClientRegistration, TellsItsStatesAndTakesNewContent) {
  const Daemon daemon;
  Client client(client_options({daemon.api().text()}));
  std::mutex mutex;
  std::vector<RegistrationState> states;
  auto registration =
      client.register_instance(service("shop.cart"), [&](RegistrationState state, const client::Error&) {
        const std::lock_guard lock(mutex);
        states.push_back(state);
      });
  ASSERT_TRUE(eventually([&] { return listed(daemon, "shop.cart") == Hosts{"h1"}; }));
  client::Instance waiting = service("another", "other");
  waiting.status = client::Status::kWaiting;
  EXPECT_FALSE(registration.update(waiting));
  EXPECT_TRUE(eventually([&] { return listed(daemon, "shop.cart") == Hosts{}; }))
      << "the same instance, out of service";
  EXPECT_FALSE(listed(daemon, "another"));
  const std::lock_guard lock(mutex);
  EXPECT_EQ(states, std::vector{RegistrationState::kRegistered});
}

TEST(ClientRegistration, SaysWhenTheCancelIsDone) {
  const Daemon daemon;
  Client client(client_options({daemon.api().text()}));
  auto registration = client.register_instance(service("shop.cart"));
  ASSERT_TRUE(eventually([&] { return listed(daemon, "shop.cart") == Hosts{"h1"}; }));
  std::promise<client::Error> done;
  registration.cancel([&](const client::Error& error) { done.set_value(error); });
  EXPECT_FALSE(done.get_future().get());
  EXPECT_FALSE(listed(daemon, "shop.cart"));
  EXPECT_EQ(registration.state(), RegistrationState::kCancelled);
  EXPECT_EQ(registration.update(service("shop.cart")).code, client::Errc::kStopped);
}

TEST(ClientRegistration, WhatCannotBeIsRejectedWithoutAsking) {
  const Daemon daemon;
  Client client(client_options({daemon.api().text()}));
  client::Instance instance = service("a,b");
  const auto registration = client.register_instance(instance);
  EXPECT_EQ(registration.state(), RegistrationState::kRejected);
  EXPECT_EQ(registration.error().code, client::Errc::kInvalid);
}

// The callers' io_context is run until it has nothing left: the cancel goes out meanwhile.
TEST(ClientRegistration, OnACallersContextTheCancelGoesOutWhileThatIsRun) {
  const Daemon daemon;
  boost::asio::io_context context;
  auto client = std::make_unique<Client>(context, client_options({daemon.api().text()}));
  const auto registration = client->register_instance(service("shop.cart"));
  while (registration.state() != RegistrationState::kRegistered) context.run_one();
  EXPECT_EQ(listed(daemon, "shop.cart"), Hosts{"h1"});
  client.reset();
  context.restart();
  context.run();
  EXPECT_FALSE(listed(daemon, "shop.cart"));
}

TEST(ClientRegistration, AContextThatIsNeverRunAgainLosesNothingButTheCancel) {
  const Daemon daemon;
  boost::asio::io_context context;
  {
    Client client(context, client_options({daemon.api().text()}));
    const auto registration = client.register_instance(service("shop.cart"));
    const auto watch = client.watch("shop.stock");
    while (registration.state() != RegistrationState::kRegistered) context.run_one();
  }
  EXPECT_EQ(listed(daemon, "shop.cart"), Hosts{"h1"}) << "nobody ran the context";
}

}  // namespace
}  // namespace discovery::integration
