#include "layouts/virtual_keys.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <random>

#include "layouts/address.h"
#include "unit/layouts/random_instances.h"
#include "unit/layouts/telling.h"

namespace discovery::layouts {
namespace {

TEST(GoneValue, NamesTheServiceToGoMicro) {
  EXPECT_EQ(gone_value("/micro/registry/shop.cart/cart-1"),
            R"({"name":"shop.cart","version":"","metadata":{},"endpoints":[],"nodes":[]})");
  for (const char* key : {"/micro/registry/", "/micro/registry/shop", "/micro/registry", "/micro/registrys/a/b", "",
                          "/microservices/shop.cart/cart-1", "shop/1"})
    EXPECT_EQ(gone_value(key), "") << key;
}

MappedInstance cart(std::vector<std::string> addrs = {"grpc://a:1"}) {
  return {"cart", "c1", std::move(addrs), "1", {}, kStatusUp, false};
}

Settings with_targets(std::vector<std::string> targets) {
  Settings settings;
  settings.naming_targets = std::move(targets);
  EXPECT_TRUE(check(settings));
  return settings;
}

/// The value in that layout; "" where it is not shown.
std::string value_in(Layout layout, const MappedInstance& instance, const Settings& settings = with_targets({"cart"})) {
  for (const VirtualKey& key : keys_of(instance, Layout::kNone, settings)) {
    if (key.layout == layout) return key.value;
  }
  return "";
}

std::vector<std::string> keys(const MappedInstance& instance, Layout own, const Settings& settings) {
  std::vector<std::string> all;
  for (const VirtualKey& key : keys_of(instance, own, settings)) all.push_back(key.key);
  return all;
}

using Keys = std::vector<std::string>;

TEST(VirtualKeys, AreInTheLayoutsSwitchedOn) {
  Settings settings = with_targets({"pay", "cart"});
  EXPECT_EQ(keys(cart(), Layout::kNone, settings),
            (Keys{"/micro/registry/cart/c1", "/microservices/cart/c1", "cart/c1"}));
  settings.kratos_namespace = "/kr";
  settings.show_go_micro = false;
  settings.naming_targets = {"pay"};
  EXPECT_EQ(keys(cart(), Layout::kNone, settings), Keys{"/kr/cart/c1"});
  settings.show_kratos = false;
  EXPECT_EQ(keys(cart(), Layout::kNone, settings), Keys{});
}

TEST(VirtualKeys, LeaveOutTheLayoutOfTheInstance) {
  const Settings settings = with_targets({"cart"});
  EXPECT_EQ(keys(cart(), Layout::kGoMicro, settings), (Keys{"/microservices/cart/c1", "cart/c1"}));
  EXPECT_EQ(keys(cart(), Layout::kKratos, settings), (Keys{"/micro/registry/cart/c1", "cart/c1"}));
  EXPECT_EQ(keys(cart(), Layout::kNaming, settings), (Keys{"/micro/registry/cart/c1", "/microservices/cart/c1"}));
  EXPECT_EQ(keys(cart(), Layout::kRpcx, settings).size(), 3U);
}

TEST(VirtualKeys, AreOfInstancesThatAreUpAndCanBeHeld) {
  const Settings settings = with_targets({"cart", "infra.discovery"});
  MappedInstance waiting = cart();
  waiting.status = kStatusWaiting;
  EXPECT_EQ(keys(waiting, Layout::kNone, settings), Keys{});
  MappedInstance self = cart();
  self.appid = "infra.discovery";
  EXPECT_EQ(keys(self, Layout::kNone, settings), Keys{});
  EXPECT_EQ(keys(cart({}), Layout::kNone, settings), Keys{});
}

TEST(VirtualKeys, AreLeftOutWhereNamesWouldNotComeBack) {
  const Settings settings = with_targets({"a/b", ".", "cart"});
  MappedInstance i = cart();
  i.appid = "a/b";
  EXPECT_EQ(keys(i, Layout::kNone, settings), (Keys{"/microservices/a/b/c1", "a/b/c1"}));
  i = cart();
  i.hostname = "c/1";
  EXPECT_EQ(keys(i, Layout::kNone, settings), Keys{});
  for (const char* name : {".", ".."}) {
    i = cart();
    i.hostname = name;
    EXPECT_EQ(keys(i, Layout::kNone, settings).size(), 2U) << "all but go-micro";
  }
  i = cart();
  i.appid = ".";
  EXPECT_EQ(keys(i, Layout::kNone, settings), (Keys{"/microservices/./c1", "./c1"}));
}

TEST(VirtualKeys, OfGoMicroHaveTheAddressOfTheProtocol) {
  const auto node = [](const MappedInstance& i) {
    return nlohmann::json::parse(value_in(Layout::kGoMicro, i)).at("nodes").at(0);
  };
  MappedInstance i = cart({"unix:///x", "http://a:1/x", "grpc://b:2"});
  EXPECT_EQ(node(i).at("address"), "a:1");
  EXPECT_EQ(node(i).at("metadata"), nlohmann::json::parse(R"({"protocol":"http"})"));
  i.metadata.members = {{"protocol", "grpc"}};
  EXPECT_EQ(node(i).at("address"), "b:2");
  i.metadata.members = {{"protocol", "mucp"}};
  EXPECT_EQ(node(i).at("address"), "a:1");
  EXPECT_EQ(node(i).at("metadata").at("protocol"), "mucp") << "what its owner says stays";
  EXPECT_EQ(node(cart({"tcp://a:1"})).at("metadata"), nlohmann::json::object());
  EXPECT_EQ(node(cart({"a:1"})).at("metadata"), nlohmann::json::object());
  EXPECT_EQ(value_in(Layout::kGoMicro, cart({"unix:///x", "http://host"})), "");
}

TEST(VirtualKeys, OfGoMicroAddNoProtocolPastTheLimit) {
  MappedInstance i = cart();
  for (int n = 0; n < 255; ++n) i.metadata.members.emplace_back("k" + std::to_string(1000 + n), "");
  EXPECT_NE(value_in(Layout::kGoMicro, i).find(R"("protocol":"grpc")"), std::string::npos);
  i.metadata.members.emplace_back("l", "");
  EXPECT_EQ(value_in(Layout::kGoMicro, i).find("protocol"), std::string::npos);
  EXPECT_EQ(only("/micro/registry/cart/c1", value_in(Layout::kGoMicro, i)).metadata.members.size(), 256U);
}

TEST(VirtualKeys, OfKratosHaveEveryAddressThatIsAUrl) {
  EXPECT_EQ(value_in(Layout::kKratos, cart({"10.0.0.1:80", "http://a:1?x=1", "http://b:%zz", "grpc://[::1]:2"})),
            R"({"id":"c1","name":"cart","version":"1","metadata":{},"endpoints":["http://a:1?x=1","grpc://[::1]:2"]})");
  EXPECT_EQ(value_in(Layout::kKratos, cart({"10.0.0.1:80"})), "");
}

TEST(VirtualKeys, OfNamingPreferGrpcAndHaveMetadataThatCompares) {
  MappedInstance i = cart({"http://a:1", "grpc://b:2"});
  EXPECT_EQ(value_in(Layout::kNaming, i), R"({"Op":0,"Addr":"b:2","Metadata":null})");
  i.metadata.members = {{"a", "1"}, {"b", "<\""}};
  const auto value = nlohmann::json::parse(value_in(Layout::kNaming, i));
  ASSERT_TRUE(value.at("Metadata").is_string()) << "gRPC panics when it compares two objects";
  EXPECT_EQ(nlohmann::json::parse(value.at("Metadata").get<std::string>()),
            nlohmann::json::parse(R"({"a":"1","b":"<\""})"));
  EXPECT_EQ(value_in(Layout::kNaming, cart({"http://a:1"})), R"({"Op":0,"Addr":"a:1","Metadata":null})");
  EXPECT_EQ(value_in(Layout::kNaming, cart({"http://a"})), "");
}

TEST(VirtualKeyOwner, IsNoneForOtherKeys) {
  const Settings settings = with_targets({"t", "t/u"});
  for (const char* key : {"",
                          "/",
                          "/micro/registry",
                          "/micro/registry/",
                          "/micro/registry/a",
                          "/micro/registry/a/",
                          "/micro/registry//b",
                          "/micro/registry/a/b/c",
                          "/micro/registry/./b",
                          "/micro/registry/a/..",
                          "/microservices/a",
                          "/microservices/a/",
                          "/microservices//a",
                          "t",
                          "t/",
                          "t/x/y",
                          "x/y",
                          "nmid/w",
                          "/micro/registry/infra.discovery/n",
                          "/micro/registry/a,b/n",
                          "/micro/registry/a\n/n",
                          "/microservices/a/\xFF"}) {
    EXPECT_FALSE(virtual_key_owner(key, settings)) << key;
  }
  EXPECT_EQ(virtual_key_owner("t/u/x", settings)->appid, "t/u");
  EXPECT_EQ(virtual_key_owner("t/u", settings)->hostname, "u");
  EXPECT_EQ(virtual_key_owner("/microservices/a/b/c", settings)->appid, "a/b");
  Settings off = settings;
  off.show_go_micro = off.show_kratos = false;
  off.naming_targets.clear();
  for (const char* key : {"/micro/registry/a/b", "/microservices/a/b", "t/x"})
    EXPECT_FALSE(virtual_key_owner(key, off));
}

/// What the layout has room for: one address in go-micro and naming, whose scheme naming does not have.
void expect_back(const MappedInstance& read, const MappedInstance& shown, Layout layout) {
  EXPECT_EQ(read.appid, shown.appid);
  EXPECT_EQ(read.hostname, shown.hostname);
  EXPECT_EQ(read.version, layout == Layout::kNaming ? "" : shown.version);
  if (layout == Layout::kKratos) {
    EXPECT_EQ(read.metadata.members, shown.metadata.members);
    EXPECT_EQ(read.addrs, shown.addrs);
    return;
  }
  ASSERT_EQ(read.addrs.size(), 1U);
  const std::string& addr = read.addrs.front();
  EXPECT_TRUE(std::ranges::any_of(shown.addrs, [&](const std::string& other) {
    return layout == Layout::kGoMicro ? addr == other
                                      : split_address(addr)->host_port == split_address(other)->host_port;
  })) << addr;
  if (layout != Layout::kGoMicro) return;
  codec::Metadata metadata = read.metadata;
  std::erase_if(metadata.members, [](const auto& member) { return member.first == "protocol"; });
  EXPECT_EQ(metadata.members, shown.metadata.members);
}

TEST(VirtualKeys, ComeBackAsTheInstanceTheyShow) {
  const uint32_t seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  RandomInstances random(seed);
  for (int round = 0; round < 2000; ++round) {
    const MappedInstance shown = random.instance();
    Settings settings;
    settings.naming_targets = {shown.appid};
    if (!check(settings)) settings.naming_targets.clear();
    for (const VirtualKey& key : keys_of(shown, Layout::kNone, settings)) {
      SCOPED_TRACE(key.key + " = " + key.value);
      const Mapping mapping = instances_of(key.key, key.value, settings);
      ASSERT_EQ(mapping.layout, key.layout) << mapping.why;
      ASSERT_EQ(mapping.instances.size(), 1U);
      expect_back(mapping.instances.front(), shown, key.layout);
      const auto owner = virtual_key_owner(key.key, settings);
      ASSERT_TRUE(owner);
      EXPECT_EQ(owner->layout, key.layout);
      EXPECT_EQ(owner->appid, shown.appid);
      EXPECT_EQ(owner->hostname, shown.hostname);
      ASSERT_FALSE(testing::Test::HasFailure());
    }
  }
}

}  // namespace
}  // namespace discovery::layouts
