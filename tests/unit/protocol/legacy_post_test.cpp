// What is posted to peers that run the original server (discovery-api.md 10.4, D1, D12). The expected names are those
// that v1.2.0 was seen to send and to take.
#include "protocol/discovery/legacy_post.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "codec/percent.h"

namespace discovery::protocol {
namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

constexpr int64_t kT = 1700000000'000000001;
constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
constexpr registry::InstanceKeyView kKey{{"dev", "shop.cart"}, "zone-a", "cart-0"};

Fields decode(std::string_view form) {
  Fields fields;
  while (!form.empty()) {
    const std::string_view pair = form.substr(0, form.find('&'));
    form.remove_prefix(std::min(form.size(), pair.size() + 1));
    const size_t equals = pair.find('=');
    std::string value;
    EXPECT_NE(equals, std::string_view::npos) << pair;
    EXPECT_TRUE(codec::percent_decode_form(pair.substr(equals + 1), value)) << pair;
    fields.emplace_back(pair.substr(0, equals), value);
  }
  return fields;
}

std::string register_body(const registry::InstanceText& text, const registry::InstanceNumbers& numbers) {
  const auto instance = registry::Instance::make(text, numbers, 0, 0);
  registry::InstanceView view;
  view.app = kKey.app;
  view.instance = instance.get();
  const LegacyPost post = legacy_register(view);
  EXPECT_EQ(post.action, LegacyAction::kRegister);
  return post.body;
}

registry::InstanceText text_of_cart() {
  registry::InstanceText text;
  text.zone = "zone-a";
  text.hostname = "cart-0";
  text.region = "east";
  text.version = "4 1";
  text.addrs_json = R"(["http://10.0.0.1:80","grpc://10.0.0.1:90"])";
  text.metadata_json = R"({"a":"&=","weight":"10"})";
  return text;
}

registry::InstanceNumbers numbers_of_cart() {
  registry::InstanceNumbers numbers;
  numbers.reg_ns = kT;
  numbers.up_ns = kT + 1;
  numbers.dirty_ns = kT + 2;
  numbers.latest_ns = kT + 3;
  numbers.status = 2;
  return numbers;
}

TEST(LegacyPost, GoesToThePathOfItsAction) {
  EXPECT_EQ(legacy_path(LegacyAction::kRegister), "/discovery/register");
  EXPECT_EQ(legacy_path(LegacyAction::kRenew), "/discovery/renew");
  EXPECT_EQ(legacy_path(LegacyAction::kCancel), "/discovery/cancel");
  EXPECT_EQ(legacy_path(LegacyAction::kSet), "/discovery/set");
}

TEST(LegacyPost, RegisterSendsEachAddressAsAParameterOfItsOwn) {
  EXPECT_EQ(decode(register_body(text_of_cart(), numbers_of_cart())),
            (Fields{{"region", "east"},
                    {"zone", "zone-a"},
                    {"env", "dev"},
                    {"appid", "shop.cart"},
                    {"hostname", "cart-0"},
                    {"addrs", "http://10.0.0.1:80"},
                    {"addrs", "grpc://10.0.0.1:90"},
                    {"status", "2"},
                    {"version", "4 1"},
                    {"metadata", R"({"a":"&=","weight":"10"})"},
                    {"reg_timestamp", "1700000000000000001"},
                    {"dirty_timestamp", "1700000000000000003"},
                    {"latest_timestamp", "1700000000000000004"}}));
}

TEST(LegacyPost, RegisterWithoutMetadataSendsNull) {
  registry::InstanceText text = text_of_cart();
  text.metadata_json = "{}";
  EXPECT_NE(register_body(text, numbers_of_cart()).find("&metadata=null&"), std::string::npos);
}

TEST(LegacyPost, RegisterDecodesTheAddressesAndEscapesThemForTheForm) {
  registry::InstanceText text = text_of_cart();
  text.addrs_json = R"(["http://a/?x=1\u0026y=\"+%","http://\u00e4"])";
  const Fields fields = decode(register_body(text, numbers_of_cart()));
  EXPECT_EQ(fields.at(5), (Fields::value_type{"addrs", R"(http://a/?x=1&y="+%)"}));
  EXPECT_EQ(fields.at(6), (Fields::value_type{"addrs", "http://\xc3\xa4"}));
}

TEST(LegacyPost, RegisterWithoutAddressesSendsNone) {
  registry::InstanceText text = text_of_cart();
  text.addrs_json = "[]";
  EXPECT_EQ(register_body(text, numbers_of_cart()).find("addrs"), std::string::npos);
}

TEST(LegacyPost, NumbersAtTheirLimitsAreWrittenWhole) {
  registry::InstanceNumbers numbers = numbers_of_cart();
  numbers.dirty_ns = kMax;
  numbers.reg_ns = std::numeric_limits<int64_t>::min();
  const std::string body = register_body(text_of_cart(), numbers);
  EXPECT_NE(body.find("dirty_timestamp=9223372036854775807"), std::string::npos);
  EXPECT_NE(body.find("reg_timestamp=-9223372036854775808"), std::string::npos);
}

TEST(LegacyPost, RenewSendsIdentityAndDirtyTimestamp) {
  const LegacyPost post = legacy_renew({kKey, "east"}, kT);
  EXPECT_EQ(post.action, LegacyAction::kRenew);
  EXPECT_EQ(post.body,
            "region=east&zone=zone-a&env=dev&appid=shop.cart&hostname=cart-0&dirty_timestamp=1700000000000000001");
}

TEST(LegacyPost, CancelCarriesWhatItCancelled) {
  const LegacyPost post = legacy_cancel({kKey}, {.latest_ns = 0, .dirty_ns = kT});
  EXPECT_EQ(post.action, LegacyAction::kCancel);
  EXPECT_EQ(post.body,
            "region=&zone=zone-a&env=dev&appid=shop.cart&hostname=cart-0&latest_timestamp=0"
            "&dirty_timestamp=1700000000000000001");
}

TEST(LegacyPost, SetRepeatsItsListsInOrder) {
  const std::array<std::string_view, 2> hosts{"h1", "h2"};
  const std::array<uint32_t, 2> statuses{2, 1};
  const std::array<std::string_view, 2> metadata{R"({"x":"y"})", "null"};
  LegacySet set{.app = kKey.app, .zone = "zone-a", .region = "east", .hostnames = hosts};
  set.set_timestamp_ns = kT;
  const Fields head{{"region", "east"}, {"zone", "zone-a"}, {"env", "dev"}, {"appid", "shop.cart"}};
  const auto rest = [&] {
    const Fields all = decode(legacy_set(set).body);
    EXPECT_TRUE(std::equal(head.begin(), head.end(), all.begin()));
    return Fields(all.begin() + static_cast<ptrdiff_t>(head.size()), all.end());
  };
  const std::string t = std::to_string(kT);
  EXPECT_EQ(legacy_set(set).action, LegacyAction::kSet);
  EXPECT_EQ(rest(), (Fields{{"hostname", "h1"}, {"hostname", "h2"}, {"set_timestamp", t}}));
  set.statuses = statuses;
  EXPECT_EQ(rest(),
            (Fields{{"hostname", "h1"}, {"hostname", "h2"}, {"status", "2"}, {"status", "1"}, {"set_timestamp", t}}));
  set.metadata = metadata;
  EXPECT_EQ(rest(), (Fields{{"hostname", "h1"},
                            {"hostname", "h2"},
                            {"status", "2"},
                            {"status", "1"},
                            {"metadata", R"({"x":"y"})"},
                            {"metadata", "null"},
                            {"set_timestamp", t}}));
}

TEST(LegacyPost, NamesAreEscapedWhateverTheyHold) {
  const std::string strange("&=+% ;\x01\xff\xe4\xb8\xad\"<", 13);
  const LegacyPost post = legacy_renew({{{strange, strange}, strange, strange}, strange}, 1);
  for (const auto& [name, value] : decode(post.body)) {
    EXPECT_EQ(value, name == "dirty_timestamp" ? "1" : strange) << name;
  }
  EXPECT_EQ(post.body.find_first_of("+; \"<"), std::string::npos);
}

TEST(LegacyPost, FlagsTellTheOwnZoneToStoreAndAnotherToPassOn) {
  const LegacyPost post{LegacyAction::kRenew, "a=b"};
  EXPECT_EQ(with_flags(post, true), "a=b&replication=true&from_zone=true");
  EXPECT_EQ(with_flags(post, false), "a=b&replication=false&from_zone=true");
}

}  // namespace
}  // namespace discovery::protocol
