#include "layouts/address.h"

#include <gtest/gtest.h>

namespace discovery::layouts {
namespace {

TEST(Address, KnowsHostAndPort) {
  for (const char* text :
       {"10.0.0.1:80", "cart.internal:1", "a_b-c:65535", "[::1]:80", "[fe80::1%eth0]:8080", "[::ffff:10.0.0.1]:443"}) {
    EXPECT_TRUE(is_host_port(text)) << text;
  }
  for (const char* text :
       {"",         ":",       ":80",         "host",   "host:",        "host:0",       "host:65536", "host:123456",
        "host:8a",  "host:-1", "::1:80",      "[::1]",  "[]:80",        "[1]:80",       "[::1:80",    "[::1%]:80",
        "[g::]:80", "a b:80",  "http://a:80", "a/b:80", "user@host:80", "h\xC3\xA4:80", "host:80 "}) {
    EXPECT_FALSE(is_host_port(text)) << text;
  }
  EXPECT_FALSE(is_host_port(std::string_view("host\0:80", 8)));
}

TEST(Address, IsCutIntoSchemeAndHostPort) {
  const auto parts = split_address("grpc://10.0.0.1:9000/path?isSecure=false");
  ASSERT_TRUE(parts);
  EXPECT_EQ(parts->scheme, "grpc");
  EXPECT_EQ(parts->host_port, "10.0.0.1:9000");
  ASSERT_TRUE(split_address("[::1]:80"));
  EXPECT_EQ(split_address("[::1]:80")->scheme, "");
  EXPECT_EQ(split_address("http://a:80#x")->host_port, "a:80");
  for (const char* text : {"", "grpc://", "grpc://host", "://a:80", "1a://a:80", "a b://a:80", "unix:///run/x"}) {
    EXPECT_FALSE(split_address(text)) << text;
  }
}

TEST(Address, IsPickedByScheme) {
  const std::vector<std::string> addrs = {"unix:///x", "http://a:1", "grpc://b:2", "grpc://c:3"};
  EXPECT_EQ(pick_address(addrs, "grpc")->host_port, "b:2");
  EXPECT_EQ(pick_address(addrs, "dubbo")->host_port, "a:1") << "the first that can be read";
  EXPECT_EQ(pick_address({"http://a:1", "b:2"}, "")->host_port, "a:1")
      << "nothing is preferred, not what has no scheme";
  EXPECT_FALSE(pick_address({"unix:///x"}, "unix"));
  EXPECT_FALSE(pick_address({}, ""));
}

TEST(Address, GetsASchemeUnlessItHasOne) {
  EXPECT_EQ(with_scheme("tcp", "a:1"), "tcp://a:1");
  EXPECT_EQ(with_scheme("tcp", "grpc://a:1"), "grpc://a:1");
}

TEST(Address, IsAUrlThatGoReads) {
  for (const char* text : {"http://10.0.0.1:8000", "grpc://a:1?isSecure=true", "http://a", "http://[::1]:80/x/y?z=1&w",
                           "discovery+x://a:1/"}) {
    EXPECT_TRUE(is_plain_url(text)) << text;
  }
  for (const char* text :
       {"10.0.0.1:8000", "http://", "http:///x", "http://a b:1", "http://a:1/%zz", "http://a:1/ x",
        "http://[fe80::1%eth0]:80", "http://a:b", "1http://a:1", "http://a:1/\x7f", "http://a:1#x"}) {
    EXPECT_FALSE(is_plain_url(text)) << text;
  }
}

}  // namespace
}  // namespace discovery::layouts
