// What callers may give; nodes and which of them is asked; forms; what other threads see.
#include "client/checks.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <set>

#include "client/forms.h"
#include "client/node_list.h"
#include "client/shelf.h"
#include "discovery/client.h"

namespace discovery::client {
namespace {

Options good() {
  Options options;
  options.nodes = {"h:1"};
  return options;
}
Instance good_instance() {
  Instance instance;
  instance.zone = "z";
  instance.env = "e";
  instance.hostname = "h";
  instance.appid = "a";
  instance.addrs = {"http://h:1"};
  return instance;
}
template <class Change>
bool options_pass(Change change) {
  Options options = good();
  change(options);
  return !check(options);
}
template <class Change>
bool instance_passes(Change change) {
  Instance instance = good_instance();
  change(instance);
  return !check(instance);
}

TEST(ClientChecks, OptionsThatCannotBeAreNamed) {
  EXPECT_FALSE(check(good()));
  EXPECT_FALSE(options_pass([](Options& o) { o.nodes.clear(); }));
  EXPECT_FALSE(options_pass([](Options& o) { o.nodes = {"h"}; }));
  EXPECT_FALSE(options_pass([](Options& o) { o.env.clear(); }));
  EXPECT_FALSE(options_pass([](Options& o) { o.poll_timeout = milliseconds(0); }));
  EXPECT_FALSE(options_pass([](Options& o) { o.renew_interval = milliseconds::max(); }));
  EXPECT_FALSE(options_pass([](Options& o) { o.back_off_max = o.back_off_min - milliseconds(1); }));
  EXPECT_TRUE(options_pass([](Options& o) { o.back_off_max = o.back_off_min; }));
  EXPECT_TRUE(options_pass([](Options& o) { o.node_change_interval = milliseconds(0); }));
  EXPECT_FALSE(options_pass([](Options& o) { o.node_change_interval = milliseconds(-1); }));
  EXPECT_FALSE(options_pass([](Options& o) { o.answer_bytes_max = 0; }));
  EXPECT_FALSE(options_pass([](Options& o) { o.instances_max = 0; }));
  EXPECT_TRUE(options_pass([](Options& o) { o.token = "abc.DEF-1"; }));
  EXPECT_FALSE(options_pass([](Options& o) { o.token = "a\r\nX: y"; }));
  EXPECT_TRUE(options_pass([](Options& o) { o.nodes.assign(kNodesMax, "h:1"); }));
  EXPECT_FALSE(options_pass([](Options& o) { o.nodes.assign(kNodesMax + 1, "h:1"); }));
  Options tls = good();
  tls.nodes = {"https://h:1"};
  EXPECT_NE(check(tls).message.find("TLS"), std::string::npos);
  EXPECT_THROW(Client{Options{}}, std::invalid_argument);
}

TEST(ClientChecks, InstancesThatCannotBeAreRefused) {
  EXPECT_FALSE(check(good_instance()));
  EXPECT_TRUE(instance_passes([](Instance& i) { i.appid.assign(1024, 'a'); }));
  EXPECT_FALSE(instance_passes([](Instance& i) { i.appid.assign(1025, 'a'); }));
  EXPECT_FALSE(instance_passes([](Instance& i) { i.appid = "a,b"; }));
  EXPECT_FALSE(instance_passes([](Instance& i) { i.zone.clear(); }));
  EXPECT_FALSE(instance_passes([](Instance& i) { i.env.clear(); }));
  EXPECT_FALSE(instance_passes([](Instance& i) { i.hostname.clear(); }));
  EXPECT_FALSE(instance_passes([](Instance& i) { i.addrs.clear(); }));
  EXPECT_TRUE(instance_passes([](Instance& i) { i.addrs.assign(64, "x"); }));
  EXPECT_FALSE(instance_passes([](Instance& i) { i.addrs.assign(65, "x"); }));
  EXPECT_FALSE(instance_passes([](Instance& i) { i.addrs = {"a,b"}; }));
  EXPECT_FALSE(instance_passes([](Instance& i) { i.status = static_cast<Status>(3); }));
  EXPECT_TRUE(instance_passes([](Instance& i) { i.metadata = {{"k", std::string(64 * 1024 - 1, 'v')}}; }));
  EXPECT_FALSE(instance_passes([](Instance& i) { i.metadata = {{"k", std::string(64 * 1024, 'v')}}; }));
  const auto members = [](int n) {
    return [n](Instance& i) {
      for (int k = 0; k < n; ++k) i.metadata[std::to_string(k)] = "";
    };
  };
  EXPECT_TRUE(instance_passes(members(256)));
  EXPECT_FALSE(instance_passes(members(257)));
}

TEST(ClientChecks, EveryErrorHasItsText) {
  std::set<std::string> texts;
  for (int i = 1; i <= kErrcCount; ++i) texts.insert(make_error_code(static_cast<Errc>(i)).message());
  EXPECT_EQ(texts.size(), static_cast<size_t>(kErrcCount));
  EXPECT_FALSE(texts.contains("unknown error"));
  EXPECT_EQ(error_category().message(kErrcCount + 1), "unknown error");
  EXPECT_EQ(error_category().message(-1), "unknown error");
}

TEST(ClientNodes, AddressesAreRead) {
  EXPECT_EQ(parse_node("10.0.0.1:7171"), (Node{"10.0.0.1", 7171}));
  EXPECT_EQ(parse_node("http://registry.local:80/"), (Node{"registry.local", 80}));
  EXPECT_EQ(parse_node("[fe80::1%eth0]:65535"), (Node{"fe80::1%eth0", 65535}));
  EXPECT_EQ(parse_node("[::1]:7171")->text(), "[::1]:7171");
  for (const char* text : {"", "h", "h:", ":1", "h:0", "h:65536", "h:1x", "h:-1", "h:+1", "::1:80", "[]:1", "[h]:1",
                           "a b:1", "h\r\n:1", "https://h:1", "h/x:1", "http://", "u@h:1"}) {
    EXPECT_FALSE(parse_node(text)) << text;
  }
}

std::vector<Node> nodes(const std::vector<std::string>& hosts) {
  std::vector<Node> made;
  for (const std::string& host : hosts) made.push_back({host, 1});
  return made;
}

TEST(ClientNodes, AFailureMovesOnOnce) {
  SeededRandom random(1);
  NodeList list(nodes({"a", "b"}), random, false);
  const Node a = list.current();
  list.failed(a);
  list.failed(a);
  EXPECT_EQ(list.current().host, "b") << "two users saw the same failure";
  list.failed(list.current());
  EXPECT_EQ(list.current().host, "a");
}

TEST(ClientNodes, WhatIsFoundReplacesTheConfiguredUntilAllOfItFails) {
  SeededRandom random(1);
  NodeList list(nodes({"seed", "b"}), random, false);
  list.found({});
  EXPECT_EQ(list.texts(), (std::vector<std::string>{"seed:1", "b:1"}));
  list.failed(list.current());
  list.found(nodes({"c", "b"}));
  EXPECT_EQ(list.current().host, "b") << "it stays where it is";
  EXPECT_EQ(list.texts(), (std::vector<std::string>{"b:1", "c:1"}));
  list.failed({"b", 1});
  EXPECT_EQ(list.current().host, "c");
  list.failed({"c", 1});
  EXPECT_EQ(list.current().host, "seed") << "the configured ones are a way back";
  list.succeeded({"seed", 1});
  list.found(nodes({"c", "b"}));
  EXPECT_EQ(list.size(), 2U) << "and are dropped again";
}

TEST(ClientNodes, ASuccessBetweenFailuresIsNoRowOfThem) {
  SeededRandom random(1);
  NodeList list(nodes({"seed"}), random, false);
  list.found(nodes({"a", "b"}));
  list.failed({"a", 1});
  list.succeeded({"b", 1});
  list.failed({"b", 1});
  EXPECT_EQ(list.size(), 2U);
}

TEST(ClientNodes, ShufflingKeepsAllOfThem) {
  std::set<std::string> firsts;
  for (uint64_t seed = 0; seed < 50; ++seed) {
    SeededRandom random(seed);
    const NodeList list(nodes({"a", "b", "c"}), random, true);
    const auto texts = list.texts();
    EXPECT_EQ(std::set(texts.begin(), texts.end()).size(), 3U);
    firsts.insert(texts[0]);
  }
  EXPECT_EQ(firsts.size(), 3U);
}

TEST(ClientForms, ValuesAreEncodedAndAddressesRepeated) {
  Instance instance = good_instance();
  instance.appid = "a&b=c d%\n\xc3\xa9";
  instance.addrs = {"http://h:1", "grpc://h:2"};
  instance.metadata = {{"k\"", "v\xff"}};
  const std::string form = register_form(instance);
  EXPECT_NE(form.find("&appid=a%26b%3Dc%20d%25%0A%C3%A9&"), std::string::npos) << form;
  EXPECT_NE(form.find("&addrs=http%3A%2F%2Fh%3A1&addrs=grpc%3A%2F%2Fh%3A2"), std::string::npos);
  EXPECT_NE(form.find("&metadata=%7B%22k%5C%22%22%3A%22v%EF%BF%BD%22%7D"), std::string::npos) << form;
  EXPECT_EQ(
      polls_target("e", "h", {{"a", 1700000000000000001}, {"b", 0}}),
      "/discovery/polls?env=e&hostname=h&appid=a&latest_timestamp=1700000000000000001&appid=b&latest_timestamp=0");
}

TEST(ClientShelf, TakesAsManyAsOnePollCanAskFor) {
  Shelf shelf;
  for (size_t i = 0; i < kWatchesMax; ++i) ASSERT_FALSE(shelf.add("app" + std::to_string(i)));
  EXPECT_EQ(shelf.add("one more").code, Errc::kLimit);
  EXPECT_FALSE(shelf.add("app0")) << "an application that is asked for already";
  shelf.remove("app0");
  EXPECT_EQ(shelf.add("one more").code, Errc::kLimit) << "it is watched still";
  shelf.remove("app0");
  EXPECT_FALSE(shelf.add("one more"));
}

TEST(ClientShelf, BoundsTheLengthOfAPoll) {
  Shelf shelf;
  const std::string name(1000, '%');  // three bytes each once encoded
  size_t taken = 0;
  while (!shelf.add(name + std::to_string(taken))) ++taken;
  EXPECT_EQ(taken, kTargetBytesMax / poll_bytes(name + "00"));
  EXPECT_FALSE(shelf.add("short"));
}

TEST(ClientShelf, BoundsTheNumberOfWatches) {
  Shelf shelf;
  for (size_t i = 0; i < kWatchHandlesMax; ++i) ASSERT_FALSE(shelf.add("a"));
  EXPECT_EQ(shelf.add("a").code, Errc::kLimit);
}

TEST(ClientOptions, OfTheEnvironment) {
  ::setenv("DISCOVERY_NODES", "a:1,,b:2", 1);
  ::setenv("ZONE", "z9", 1);
  ::unsetenv("DEPLOY_ENV");
  const Options options = options_from_environment();
  EXPECT_EQ(options.nodes, (std::vector<std::string>{"a:1", "b:2"}));
  EXPECT_EQ(options.zone, "z9");
  EXPECT_EQ(options.env, "dev");
}

}  // namespace
}  // namespace discovery::client
