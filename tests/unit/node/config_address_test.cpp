#include "node/config_address.h"

#include <gtest/gtest.h>

namespace discovery::node {
namespace {

TEST(ListenAddress, TakesAddressesAndNames) {
  const auto v4 = parse_listen_address("127.0.0.1:7171");
  ASSERT_TRUE(v4);
  EXPECT_EQ(v4->host, "127.0.0.1");
  EXPECT_EQ(v4->port, 7171);
  EXPECT_FALSE(v4->ipv6);
  const auto v6 = parse_listen_address("[::1]:65535");
  ASSERT_TRUE(v6);
  EXPECT_EQ(v6->host, "::1");
  EXPECT_EQ(v6->port, 65535);
  EXPECT_TRUE(v6->ipv6);
  EXPECT_EQ(parse_listen_address("node-1.example_x.org:0")->host, "node-1.example_x.org");
}

TEST(ListenAddress, KnowsWildcards) {
  for (const char* text : {":7171", "0.0.0.0:7171", "[::]:7171", "[0:0:0:0:0:0:0:0]:1"}) {
    ASSERT_TRUE(parse_listen_address(text)) << text;
    EXPECT_TRUE(parse_listen_address(text)->is_wildcard()) << text;
  }
  for (const char* text : {"127.0.0.1:1", "[::1]:1", "localhost:1", "0.0.0.1:1", "[::ffff:0.0.0.0]:1"}) {
    ASSERT_TRUE(parse_listen_address(text)) << text;
    EXPECT_FALSE(parse_listen_address(text)->is_wildcard()) << text;
  }
}

TEST(ListenAddress, RefusesWhatIsNone) {
  for (const char* text : {"",
                           ":",
                           "127.0.0.1",
                           "127.0.0.1:",
                           "127.0.0.1:65536",
                           "127.0.0.1:-1",
                           "127.0.0.1:+1",
                           "127.0.0.1:80x",
                           "::1:7171",
                           "[::1]",
                           "[::1:7171",
                           "::1]:7171",
                           "[127.0.0.1]:1",
                           "[]:1",
                           "[fe80::1%eth0]:1",
                           "256.0.0.1:1",
                           "10.0.0:1",
                           "http://a:1",
                           "a b:1",
                           "a/b:1",
                           "*:7171",
                           "\xC3\xA9:1",
                           "a\n:1"}) {
    EXPECT_FALSE(parse_listen_address(text)) << text;
  }
}

TEST(ListenAddress, LimitsNames) {
  EXPECT_TRUE(parse_listen_address(std::string(253, 'a') + ":1"));
  EXPECT_FALSE(parse_listen_address(std::string(254, 'a') + ":1"));
}

TEST(PeerAddress, MustBeReachable) {
  EXPECT_TRUE(parse_peer_address("10.0.0.1:7171"));
  EXPECT_TRUE(parse_peer_address("[2001:db8::1]:7171"));
  EXPECT_TRUE(parse_peer_address("n1:1"));
  for (const char* text : {":7171", "0.0.0.0:7171", "[::]:7171", "10.0.0.1:0", "n1", ""}) {
    EXPECT_FALSE(parse_peer_address(text)) << text;
  }
}

TEST(IpAddress, IsNoName) {
  EXPECT_TRUE(is_ip_address("10.0.0.1"));
  EXPECT_TRUE(is_ip_address("::1"));
  for (const char* text : {"", "n1", "10.0.0.1:1", "[::1]", "10.0.0"}) EXPECT_FALSE(is_ip_address(text)) << text;
}

}  // namespace
}  // namespace discovery::node
