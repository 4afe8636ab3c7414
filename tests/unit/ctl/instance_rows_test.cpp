// Finding an instance, and what would remain.
#include "ctl/instance_rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ctl/wording.h"

namespace discovery::ctl {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Json instance(const std::string& zone, const std::string& host, int status, const std::string& state = "visible") {
  return {{"zone", zone}, {"hostname", host}, {"status", status}, {"state", state}};
}
const Json kService = {
    {"instances",
     {instance("z1", "h1", 1), instance("z1", "h2", 2), instance("z2", "h1", 1), instance("z2", "h3", 1),
      instance("z1", "h9", 1, "hidden"), instance("z1", "h8", 1, "cancelled")}}};

Target wanted(const std::string& host, const std::string& zone = "") { return {"dev", "shop", zone, host}; }

TEST(FindInstance, FindsTheZone) {
  const auto found = find_instance(kService, wanted("h3"));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->zone, "z2");
  EXPECT_EQ(found->text(), "h3 of shop (env dev, zone z2)");
}

TEST(FindInstance, AsksForTheZoneWhenSeveralHaveTheHost) {
  const auto found = find_instance(kService, wanted("h1"));
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().exit, Exit::kUsage);
  EXPECT_THAT(found.error().message, HasSubstr("z1, z2"));
  EXPECT_TRUE(find_instance(kService, wanted("h1", "z2")));
}

TEST(FindInstance, WhatIsNotListedIsNotFound) {
  for (const char* host : {"h9", "h8", "nobody"}) {
    const auto found = find_instance(kService, wanted(host));
    ASSERT_FALSE(found) << host;
    EXPECT_EQ(found.error().exit, Exit::kRefused);
  }
  EXPECT_FALSE(find_instance(kService, wanted("h3", "z1")));
  EXPECT_FALSE(find_instance(Json::object(), wanted("h3")));
}

TEST(Preview, TellsWhatRemains) {
  const Preview gone = preview(kService, {wanted("h3", "z2")}, Change::kGone);
  EXPECT_EQ(gone.text(), "3 up, 1 waiting now; 2 up, 1 waiting then");
  const Preview waiting = preview(kService, {wanted("h3", "z2")}, Change::kWaiting);
  EXPECT_EQ(waiting.after.text(), "2 up, 2 waiting");
  EXPECT_EQ(preview(kService, {wanted("h2", "z1")}, Change::kUp).after.text(), "4 up, 0 waiting");
}

TEST(Preview, WarnsOfAnEmptyZoneAndOfAnEmptyList) {
  const Preview zone = preview(kService, {wanted("h1", "z1")}, Change::kWaiting);
  EXPECT_THAT(zone.empty_zones, ElementsAre("z1"));
  EXPECT_THAT(zone.text(), HasSubstr("nothing in service remains in zone z1"));
  const Preview all = preview(kService, {wanted("h1", "z1"), wanted("h1", "z2"), wanted("h3", "z2")}, Change::kWaiting);
  EXPECT_THAT(all.text(), HasSubstr("NOTHING IN SERVICE REMAINS"));
}

TEST(InstanceRows, AFilterLooksEverywhere) {
  Json i = instance("sh001", "cart-0", 1);
  i["version"] = "v1.4";
  i["addrs"] = {"http://10.1.0.7:8000", 7};
  i["metadata"] = {{"Weight", "10"}, {"n", 1}};
  for (const char* text : {"SH001", "cart", "1.4", "10.1.0.7", "weight", "10"}) EXPECT_TRUE(mentions(i, text)) << text;
  EXPECT_FALSE(mentions(i, "uat"));
  EXPECT_EQ(addresses_text(i), "http://10.1.0.7:8000");
  i["metadata"] = nullptr;
  EXPECT_FALSE(mentions(i, "weight"));
}

TEST(InstanceRows, WhereOneCameFrom) {
  Json i = instance("z", "h", 1);
  EXPECT_EQ(origin_text(i), "-");
  i["origin"] = {{"protocol", "etcd"}, {"layout", "kratos"}, {"key", "/microservices/shop/1\n"}};
  EXPECT_EQ(origin_text(i), "etcd " + shown("/microservices/shop/1\n"));
  EXPECT_TRUE(mentions(i, "MICROSERVICES/shop"));
  i["origin"] = 7;
  EXPECT_EQ(origin_text(i), "-");
  EXPECT_FALSE(mentions(i, "microservices"));
}

TEST(InstanceRows, StatesInWords) {
  Json i = instance("z", "h", 2);
  EXPECT_EQ(state_text(i), "waiting");
  i["overdue"] = true;
  EXPECT_EQ(state_text(i), "waiting, overdue");
  EXPECT_EQ(state_text(instance("z", "h", 1, "hidden")), "hidden");
  i["lease_age_seconds"] = 1e300;
  EXPECT_EQ(lease_text(i), "11,574d") << "clamped";
}

}  // namespace
}  // namespace discovery::ctl
