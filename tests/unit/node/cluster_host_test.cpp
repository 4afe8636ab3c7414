#include "node/cluster_host.h"

#include <gtest/gtest.h>

#include <fmt/format.h>

#include "unit/net/http_client_fixture.h"
#include "unit/node/eventually.h"
#include "unit/node/host_fixture.h"

namespace discovery::node {
namespace {

using net::RawPeer;
using std::chrono::seconds;

TEST(ClusterHost, ANodeAloneIsReadyAtOnce) {
  HostFixture f;
  EXPECT_FALSE(f.host.accepts_writes());
  f.host.start(false);
  EXPECT_TRUE(f.host.accepts_writes());
  EXPECT_EQ(f.events.writes, 1);
  EXPECT_EQ(f.events.reads, 1);
  const auto nodes = f.host.nodes();
  ASSERT_EQ(nodes->size(), 1U);
  EXPECT_EQ(nodes->front(), (protocol::NodeStatus{"127.0.0.1:7171", "z1", 0}));
  EXPECT_TRUE(f.host.all_peers_heard(f.clock.now()));
  EXPECT_FALSE(f.host.wants_posts());
  EXPECT_EQ(f.host.ack_ticket(), 0U) << "there is nobody to wait for";
  EXPECT_TRUE(f.host.links().empty());
}

TEST(ClusterHost, ANodeAloneHasNobodyToTellFarewell) {
  HostFixture f;
  f.host.start(false);
  EXPECT_TRUE(f.host.leave(seconds(60)));
}

TEST(ClusterHost, AnswersAfterItsThreadEnded) {
  HostFixture f;
  f.host.start(false);
  f.host.stop();
  EXPECT_TRUE(f.host.links().empty());
  EXPECT_FALSE(f.host.remove("10.0.0.9:7171"));
  f.host.set_seeds({});
  f.host.stop();
}

/// Bound, so that nobody else has it, and refusing.
std::string address_of(const RawPeer& peer) { return fmt::format("127.0.0.1:{}", peer.port()); }

TEST(ClusterHost, ANodeThatRefusesIsListedAsLost) {
  const RawPeer absent(RawPeer::Listens::kBoundOnly);
  HostSettings settings = HostFixture::settings();
  settings.cluster.seeds = {{address_of(absent), "z1"}, {"127.0.0.1:7171", "z1"}};
  HostFixture f(settings);
  f.host.start(false);
  EXPECT_FALSE(f.events.reads) << "what it knows is waited for";
  ASSERT_TRUE(eventually([&] { return f.host.nodes()->size() == 2; }));
  EXPECT_EQ(f.host.nodes()->at(1), (protocol::NodeStatus{address_of(absent), "z1", 1}));
  ASSERT_TRUE(eventually([&] {
    const auto links = f.host.links();
    return links.size() == 1 && links[0].state == "down";
  }));
  EXPECT_GT(f.host.ack_ticket(), 0U);
  ASSERT_TRUE(eventually([&] { return f.events.writes == 1; })) << "two seconds after the start at the latest";
}

TEST(ClusterHost, ANodeOfAnotherZoneIsNoneOfThisOne) {
  const RawPeer absent(RawPeer::Listens::kBoundOnly);
  HostSettings settings = HostFixture::settings();
  settings.cluster.seeds = {{address_of(absent), "z2"}};
  HostFixture f(settings);
  f.host.start(false);
  ASSERT_EQ(f.host.links().size(), 1U);
  EXPECT_EQ(f.host.links()[0].zone, "z2");
  EXPECT_EQ(f.host.nodes()->size(), 1U);
}

TEST(ClusterHost, AReloadAddsNodes) {
  const RawPeer absent(RawPeer::Listens::kBoundOnly);
  HostFixture f;
  f.host.start(false);
  f.host.set_seeds({{address_of(absent), "z1"}});
  ASSERT_EQ(f.host.links().size(), 1U);
  EXPECT_TRUE(f.host.links()[0].member);
  EXPECT_TRUE(f.host.accepts_writes());
}

TEST(ClusterHost, ASilentNodeCanBeTakenOut) {
  const RawPeer absent(RawPeer::Listens::kBoundOnly);
  HostSettings settings = HostFixture::settings();
  settings.cluster.seeds = {{address_of(absent), "z1"}};
  HostFixture f(settings);
  f.host.start(false);
  const auto unknown = f.host.remove("10.0.0.9:7171");
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, ErrorCode::kNotFound);
  ASSERT_TRUE(f.host.remove(address_of(absent)));
  EXPECT_EQ(f.logger.count("peer_removed"), 1U);
  const auto again = f.host.remove(address_of(absent));
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::kNotFound);
}

TEST(ClusterHost, WarnsOfASilentNode) {
  const RawPeer absent(RawPeer::Listens::kBoundOnly);
  HostSettings settings = HostFixture::settings();
  settings.cluster.seeds = {{address_of(absent), "z1"}};
  settings.cluster.lease.window = Duration::zero();  // two of them are over at once
  HostFixture f(settings);
  f.host.start(false);
  ASSERT_TRUE(eventually([&] { return f.logger.count("peer_silent") == 1; }));
  for (const auto& event : f.logger.events()) {
    if (event.name != "peer_silent") continue;
    EXPECT_EQ(event.level, observe::LogLevel::kWarn);
    EXPECT_EQ(event.field("peer"), address_of(absent));
  }
}

void put_node(registry::Registry& registry, const Clock& clock, const std::string& hostname, const std::string& addrs,
              uint32_t status) {
  registry::RegisterArgs args;
  args.key = {{"dev", "infra.discovery"}, "z1", hostname};
  args.addrs_json = addrs;
  args.metadata_json = "{}";
  args.status = status;
  ASSERT_TRUE(registry.register_instance(args, clock.now()));
}

TEST(ClusterHost, WhoIsListedAsANodeIsOneWhereMembershipIsOpen) {
  const RawPeer listed(RawPeer::Listens::kBoundOnly);
  const RawPeer waiting(RawPeer::Listens::kBoundOnly);
  const std::string addrs = fmt::format(R"(["grpc://10.0.0.8:9000","http://{}"])", address_of(listed));
  for (const bool open : {true, false}) {
    HostSettings settings = HostFixture::settings();
    settings.cluster.open_membership = open;
    HostFixture f(settings);
    put_node(f.registry, f.clock, "n2", addrs, 1);
    put_node(f.registry, f.clock, "n3", fmt::format(R"(["http://{}"])", address_of(waiting)), 2);
    f.host.start(false);
    f.host.nudge();
    if (!open) {
      EXPECT_TRUE(f.host.links().empty());  // asked behind the first turn
      continue;
    }
    ASSERT_TRUE(eventually([&] { return f.host.links().size() == 1; }));
    EXPECT_EQ(f.host.links()[0].address, address_of(listed));
  }
}

}  // namespace
}  // namespace discovery::node
