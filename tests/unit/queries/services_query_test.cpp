#include "queries/services_query.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "keyspace/record_names.h"
#include "registry/origin.h"
#include "unit/registry/node.h"

namespace discovery::queries {
namespace {

using nlohmann::json;
using registry::Name;
using registry::Node;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::ElementsAre;

class ServicesQuery : public testing::Test {
 protected:
  json services(const std::string& query = "") {
    const auto answer = services_json(node_.registry, watchers_, "n1:7171", query);
    EXPECT_TRUE(answer) << query;
    return json::parse(answer ? *answer : "{}");
  }
  json service(const std::string& query = "env=dev&appid=shop.cart") {
    const auto answer = service_json(node_.registry, {"n1:7171", seconds(90), watchers_, braked_}, query, node_.now);
    EXPECT_TRUE(answer) << query;
    return json::parse(answer ? *answer : "{}");
  }
  static std::vector<std::string> names(const json& answer) {
    std::vector<std::string> all;
    for (const auto& s : answer.at("services")) all.push_back(s.at("appid"));
    return all;
  }
  Node node_;
  Watchers watchers_;
  std::vector<registry::BrakedApplication> braked_;
};

TEST_F(ServicesQuery, CountsByZoneAndStatusAndWhatIsHidden) {
  node_.put({"h1", "za"});
  node_.put({"h2", "za"}, registry::status(2));
  node_.put({"h3", "zb"});
  watchers_[{"shop.cart", "dev"}] = 4;
  const json s = services().at("services").at(0);
  EXPECT_EQ(s.at("visible"), 3);
  EXPECT_EQ(s.at("up"), 2);
  EXPECT_EQ(s.at("waiting"), 1);
  EXPECT_EQ(s.at("hidden"), 0);
  EXPECT_EQ(s.at("watchers"), 4);
  EXPECT_EQ(s.at("zones"), json({{"za", 2}, {"zb", 1}}));
  node_.live(minutes(64));
  const json gone = services().at("services").at(0);
  EXPECT_EQ(gone.at("visible"), 0);
  EXPECT_EQ(gone.at("hidden"), 3);
}

TEST_F(ServicesQuery, FindsAndSortsAndPages) {
  for (const char* app : {"shop.cart", "shop.Pay", "user"}) {
    node_.pass(seconds(1));
    node_.put({"h1", "za", app});
  }
  node_.put({"h2", "zb", "user", "uat"});
  node_.put({"h3", "zb", "user", "uat"});
  EXPECT_THAT(names(services()), ElementsAre("shop.Pay", "shop.cart", "user", "user"));
  EXPECT_THAT(names(services("q=PAY")), ElementsAre("shop.Pay"));
  EXPECT_THAT(names(services("env=uat")), ElementsAre("user"));
  EXPECT_THAT(names(services("zone=zb")), ElementsAre("user"));
  EXPECT_THAT(names(services("q=nothing")), ElementsAre());
  EXPECT_EQ(services("sort=instances").at("services").at(0).at("env"), "uat");
  EXPECT_EQ(services("sort=changed").at("services").at(3).at("appid"), "shop.cart");
  watchers_[{"shop.cart", "dev"}] = 1;
  EXPECT_EQ(services("sort=watchers").at("services").at(0).at("appid"), "shop.cart");
  const json page = services("limit=2&offset=1");
  EXPECT_THAT(names(page), ElementsAre("shop.cart", "user"));
  EXPECT_EQ(page.at("matched"), 4);
  EXPECT_EQ(page.at("total"), 4);
  EXPECT_THAT(names(services("offset=4294967295")), ElementsAre());
}

TEST_F(ServicesQuery, BadQuestionsAreRefused) {
  for (const char* bad : {"sort=size", "limit=0", "limit=10001", "limit=x", "offset=-1", "offset=4294967296", "x=1"}) {
    EXPECT_FALSE(services_json(node_.registry, watchers_, "n", bad)) << bad;
  }
  EXPECT_TRUE(services_json(node_.registry, watchers_, "n", "limit=10000"));
}

TEST_F(ServicesQuery, AnInstanceWithAllThatIsKnownOfIt) {
  node_.put({"h1", "za"});
  node_.pass(seconds(100));
  const json answer = service();
  EXPECT_EQ(answer.at("lease_seconds"), 90);
  EXPECT_EQ(answer.at("braked"), nullptr);
  const json& i = answer.at("instances").at(0);
  EXPECT_EQ(i.at("hostname"), "h1");
  EXPECT_EQ(i.at("state"), "visible");
  EXPECT_EQ(i.at("addrs"), json({"http://10.1.0.7:8000"}));
  EXPECT_EQ(i.at("metadata"), json({{"weight", "10"}}));
  EXPECT_EQ(i.at("lease_age_seconds"), 100);
  EXPECT_EQ(i.at("overdue"), true);
  EXPECT_EQ(i.at("renew_timestamp"), to_wire_ns(registry::kStart));
  node_.renew({"h1", "za"});
  EXPECT_EQ(service().at("instances").at(0).at("overdue"), false);
}

TEST_F(ServicesQuery, AnInstanceMadeFromAKeySaysSo) {
  const auto put = [&](std::string_view host, seconds lease, int64_t id) {
    const std::string origin = registry::make_origin(
        lease,
        keyspace::encode_kept({keyspace::Kept::Kind::kMapped, id, "/rpcx/\xff" + std::string(host), {}, "rpcx", "za"}));
    registry::RegisterArgs args;
    args.key = {{"dev", "shop.cart"}, "za", host};
    args.addrs_json = "[]";
    args.metadata_json = "{}";
    args.origin = origin;
    ASSERT_TRUE(node_.registry.register_instance(args, node_.now));
  };
  put("h1", seconds(15), 0x1f);
  put("h2", seconds(0), 0);
  node_.put({"h3", "za"});
  node_.pass(seconds(20));
  const json rows = service().at("instances");
  EXPECT_EQ(rows.at(0).at("origin"), json::parse(R"({"protocol":"etcd","layout":"rpcx","key":"/rpcx/\ufffdh1",)"
                                                 R"("lease_id":"000000000000001f","lease_seconds":15.0})"));
  EXPECT_EQ(rows.at(0).at("overdue"), true) << "by its own lease";
  EXPECT_EQ(rows.at(1).at("origin").at("lease_seconds"), nullptr);
  EXPECT_EQ(rows.at(1).at("origin").at("lease_id"), "");
  EXPECT_EQ(rows.at(1).at("overdue"), false);
  EXPECT_FALSE(rows.at(2).contains("origin"));
}

TEST_F(ServicesQuery, CancelledOnesStandLastAndPagesGoOverAll) {
  node_.put({"a", "za"});
  node_.put({"b", "za"});
  node_.put({"c", "zb"});
  node_.cancel({"a", "za"});
  const json answer = service("env=dev&appid=shop.cart&limit=2&offset=1");
  EXPECT_EQ(answer.at("total"), 3);
  EXPECT_EQ(answer.at("cancelled"), 1);
  EXPECT_EQ(answer.at("instances").at(0).at("hostname"), "c");
  EXPECT_EQ(answer.at("instances").at(1).at("hostname"), "a");
  EXPECT_EQ(answer.at("instances").at(1).at("state"), "cancelled");
}

TEST_F(ServicesQuery, TellsThatTheBrakeHoldsIt) {
  node_.put({"h1", "za"});
  braked_.push_back({{"shop.cart", "uat"}, node_.now, node_.now, 10, 9});
  EXPECT_EQ(service().at("braked"), nullptr) << "another environment is another application";
  braked_.push_back({{"shop.cart", "dev"}, node_.now, node_.now + minutes(10), 10, 9});
  EXPECT_EQ(service().at("braked").at("until"), to_wire_ns(node_.now + minutes(10)));
}

TEST_F(ServicesQuery, WhatIsNotThereIsNotFound) {
  const auto answer =
      service_json(node_.registry, {"n", seconds(90), watchers_, braked_}, "env=dev&appid=x", node_.now);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::kNotFound);
  EXPECT_FALSE(service_json(node_.registry, {"n", seconds(90), watchers_, braked_}, "appid=x", node_.now));
}

TEST_F(ServicesQuery, NamesThatAreNoUtf8EndNothing) {
  node_.put({"h\xff", "z\xfe", "app\xfd", "dev"});
  EXPECT_EQ(services().at("matched"), 1);
  EXPECT_TRUE(service_json(node_.registry, {"n", seconds(90), watchers_, braked_}, "env=dev&appid=app%fd", node_.now));
}

}  // namespace
}  // namespace discovery::queries
