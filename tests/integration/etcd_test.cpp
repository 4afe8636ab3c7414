// Clients of etcd beside those of the Discovery API, at one daemon (docs/etcd.md). What real clients make of it:
// tests/etcd.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "integration/access_fixture.h"
#include "integration/etcd_client.h"

namespace discovery::integration {
namespace {

using ::testing::HasSubstr;

const std::string kKey = "/microservices/shop.cart/c1";
const std::string kValue =
    R"({"id":"c1","name":"shop.cart","version":"v7","metadata":{"color":"blue"},"endpoints":["grpc://10.0.0.5:9000"]})";

DaemonOptions with_etcd(std::vector<std::string> more = {}) {
  more.insert(more.end(), {"etcd.listen=127.0.0.1:0", "etcd.env=ct"});
  DaemonOptions options;
  options.flags = with_settings(std::move(more));
  return options;
}

Finished check(const std::vector<std::string>& settings) {
  std::vector<std::string> flags = with_settings(settings);
  flags.insert(flags.end(), {"--listen", "127.0.0.1:7171", "--check"});
  return run_discoveryd({flags, {}, std::nullopt});
}

int64_t grant(EtcdClient& client, int64_t ttl) {
  pb::LeaseGrantRequest request;
  request.set_ttl(ttl);
  pb::LeaseGrantResponse answer;
  EXPECT_EQ(client.ask("Lease/LeaseGrant", request, answer), "0");
  return answer.id();
}

TEST(Etcd, TheStartTableNamesItsPort) {
  Daemon daemon(with_etcd());
  EXPECT_THAT(daemon.process().standard_output(), HasSubstr("\netcd       " + etcd_of(daemon).text()));
  EXPECT_NE(etcd_of(daemon).port, daemon.api().port);
  Daemon without;
  EXPECT_THAT(without.process().standard_output(), Not(HasSubstr("\netcd ")));
}

TEST(Etcd, AnswersPlainGetsOnItsPort) {
  Daemon daemon(with_etcd());
  const Address etcd = etcd_of(daemon);
  const Answer health = get(etcd, "/health");
  EXPECT_EQ(health.status, 200);
  EXPECT_EQ(health.json().at("health"), "true");
  EXPECT_EQ(get(etcd, "/version").json().at("etcdserver"), "3.5.21");
  EXPECT_EQ(get(etcd, "/discovery/fetch?env=ct&appid=a&status=1").status, 404) << "the API is elsewhere";
}

TEST(Etcd, AKeyIsAnInstanceOfTheDiscoveryApi) {
  Daemon daemon(with_etcd());
  EtcdClient client(etcd_of(daemon));
  const int64_t lease = grant(client, 60);
  ASSERT_EQ(client.put(kKey, kValue, lease), "0");
  const auto fetched = daemon.get("/discovery/fetch?env=ct&appid=shop.cart&status=1").json();
  ASSERT_EQ(fetched.at("code"), 0) << fetched;
  const auto& listed = fetched.at("data").at("instances").begin().value().at(0);
  EXPECT_EQ(listed.at("hostname"), "c1");
  EXPECT_EQ(listed.at("version"), "v7");
  EXPECT_EQ(listed.at("addrs"), nlohmann::json({"grpc://10.0.0.5:9000"}));
  EXPECT_EQ(listed.at("metadata").at("color"), "blue");

  pb::LeaseRevokeRequest revoke;
  revoke.set_id(lease);
  pb::LeaseRevokeResponse revoked;
  EXPECT_EQ(client.ask("Lease/LeaseRevoke", revoke, revoked), "0");
  EXPECT_TRUE(daemon.hosts("shop.cart").empty());
  EXPECT_EQ(client.get(kKey), "-");
}

TEST(Etcd, APollIsAnsweredWhenAKeyIsPut) {
  Daemon daemon(with_etcd());
  EtcdClient client(etcd_of(daemon));
  ASSERT_EQ(client.put(kKey, kValue), "0");
  Connection poll(daemon.api());
  poll.send(get_request(polls_target("shop.cart", daemon.timestamp("shop.cart"))));
  ASSERT_TRUE(daemon.eventually_parked(1));
  ASSERT_EQ(client.put("/microservices/shop.cart/c2",
                       R"({"id":"c2","name":"shop.cart","version":"v7","endpoints":["grpc://10.0.0.6:9000"]})"),
            "0");
  EXPECT_THAT(poll.read_answer().body, HasSubstr("\"c2\""));
}

TEST(Etcd, AnInstanceIsAKeyOfBothLayouts) {
  Daemon daemon(with_etcd());
  EtcdClient client(etcd_of(daemon));
  pb::WatchRequest watch;
  watch.mutable_create_request()->set_key("/microservices/shop/");
  watch.mutable_create_request()->set_range_end("/microservices/shop0");
  const int32_t stream = client.open("Watch/Watch");
  client.say(stream, watch);
  ASSERT_EQ(client.hear(stream, 1).size(), 1U);
  daemon.add({.appid = "shop"});
  const std::string value = client.get("/microservices/shop/h1");
  EXPECT_THAT(value, HasSubstr("\"http://10.0.0.1:80\""));
  EXPECT_THAT(client.get("/micro/registry/shop/h1"), HasSubstr("\"10.0.0.1:80\""));
  const auto told = client.hear(stream, 2);
  ASSERT_EQ(told.size(), 2U);
  pb::WatchResponse event;
  ASSERT_TRUE(event.ParseFromString(told[1]));
  EXPECT_EQ(event.events(0).kv().key(), "/microservices/shop/h1");
  EXPECT_EQ(event.events(0).kv().value(), value);
  EXPECT_EQ(event.events(0).kv().lease(), 0);
  daemon.post("/discovery/cancel", TestInstance{.appid = "shop"}.key_form());
  EXPECT_EQ(client.get("/microservices/shop/h1"), "-");
}

TEST(Etcd, ShowsWhatTheConfigurationSays) {
  Daemon daemon(with_etcd({"etcd.show=kratos", "etcd.kratos_namespace=/ours", "etcd.naming_targets=shop"}));
  EtcdClient client(etcd_of(daemon));
  daemon.add({.appid = "shop"});
  EXPECT_NE(client.get("/ours/shop/h1"), "-");
  EXPECT_EQ(client.get("/micro/registry/shop/h1"), "-");
  EXPECT_NE(client.get("shop/h1"), "-");
}

TEST(Etcd, HistoryAndExplainNameWhatAKeyMade) {
  Daemon daemon(with_etcd());
  EtcdClient client(etcd_of(daemon));
  ASSERT_EQ(client.put(kKey, kValue, grant(client, 60)), "0");
  const std::string question = "?env=ct&appid=shop.cart&hostname=c1";
  const auto why = daemon.get("/api/explain" + question).json();
  EXPECT_EQ(why.at("visible"), true) << why;
  EXPECT_THAT(why.at("verdicts").at(1).at("detail").get<std::string>(), HasSubstr("by 127.0.0.1")) << why;
  const auto history = daemon.get("/api/history" + question).json();
  ASSERT_EQ(history.at("events").size(), 1U) << history;
  EXPECT_EQ(history.at("events").at(0).at("kind"), "registered");
  EXPECT_EQ(history.at("events").at(0).at("by"), "127.0.0.1");
  EXPECT_EQ(history.at("events").at(0).at("hostname"), "c1");
  EXPECT_EQ(history.at("events").at(0).at("after").at("state"), "visible") << history;
  const auto origin = history.at("events").at(0).at("origin");
  EXPECT_EQ(origin.at("key"), kKey);
  EXPECT_EQ(origin.at("layout"), "kratos");
  EXPECT_EQ(origin.at("lease_seconds"), 60);
  const auto then = daemon.get("/api/history?env=ct&appid=shop.cart&at=0s").json();
  ASSERT_EQ(then.at("instances").size(), 1U) << then;
  EXPECT_EQ(then.at("instances").at(0).at("origin"), origin);
}

TEST(Etcd, KeysAreNoInstancesOfAnEnvironmentThatCanBeAsked) {
  Daemon daemon(with_etcd());
  EtcdClient client(etcd_of(daemon));
  ASSERT_EQ(client.put("config/a", "1"), "0");
  EXPECT_THAT(daemon.get("/discovery/fetch/all").body, Not(HasSubstr("config")));
  EXPECT_EQ(daemon.state().dump().find("config/a"), std::string::npos);
  EXPECT_NE(daemon.get("/discovery/fetch?status=3&appid=leases&env=%01keys").code(), 0);
  EXPECT_NE(
      daemon.post("/discovery/register", TestInstance{.appid = "leases", .env = "\x01keys"}.register_form()).code(), 0);
}

TEST(Etcd, EndsStreamsUnavailableWhenItStops) {
  Daemon daemon(with_etcd());
  EtcdClient client(etcd_of(daemon));
  pb::WatchRequest watch;
  watch.mutable_create_request()->set_key("a");
  const int32_t stream = client.open("Watch/Watch");
  client.say(stream, watch);
  ASSERT_EQ(client.hear(stream, 1).size(), 1U);
  daemon.process().signal(SIGTERM);
  EXPECT_EQ(client.status_of(stream).substr(0, 3), "14 ");
  const auto ending = daemon.process().wait();
  EXPECT_TRUE(ending && ending->code == 0);
}

TEST(EtcdAccess, TakesTokensWhereTheyAreRequired) {
  AccessFiles files;
  DaemonOptions options = files.options();
  const std::vector<std::string> more = with_settings({"etcd.listen=127.0.0.1:0", "etcd.env=ct"});
  options.flags.insert(options.flags.end(), more.begin(), more.end());
  Daemon daemon(options);
  EtcdClient client(etcd_of(daemon));
  EXPECT_EQ(client.put(kKey, kValue), "7 etcdserver: permission denied");
  EXPECT_EQ(client.put(kKey, kValue, 0, {{"token", "x"}}), "16 etcdserver: invalid auth token");
  EXPECT_EQ(client.put(kKey, kValue, 0, {{"token", kReader}}), "7 etcdserver: permission denied");
  pb::AuthenticateRequest request;
  request.set_name("writer");
  request.set_password(kWriter);
  pb::AuthenticateResponse given;
  EXPECT_EQ(client.ask("Auth/Authenticate", request, given), "0");
  EXPECT_EQ(client.put(kKey, kValue, 0, {{"token", given.token()}}), "0");
  EXPECT_EQ(client.put("/microservices/bank/b1", R"({"id":"b1","name":"bank","endpoints":[]})", 0,
                       {{"token", given.token()}}),
            "7 etcdserver: permission denied");
  EXPECT_EQ(daemon.hosts("shop.cart"), std::vector<std::string>{"c1"});
  daemon.process().signal(SIGTERM);
  EXPECT_TRUE(daemon.process().wait());
  const std::string audit = read_file(files.audit);
  EXPECT_EQ(lines_with(audit, "route=/etcdserverpb.KV/Put").size(), 5U) << audit;
  const auto done = lines_with(audit, "user=writer client=127.0.0.1 route=/etcdserverpb.KV/Put key=" + kKey);
  ASSERT_EQ(done.size(), 1U) << audit;
  EXPECT_THAT(done[0], HasSubstr("code=0 count=1 before=0 after="));
  EXPECT_THAT(audit, Not(HasSubstr(kWriter)));
}

// A stream of watches goes by the tokens of now.
TEST(EtcdAccess, FollowsAReload) {
  AccessFiles files;
  DaemonOptions options = files.options();
  const std::vector<std::string> more = with_settings({"etcd.listen=127.0.0.1:0", "etcd.env=ct"});
  options.flags.insert(options.flags.end(), more.begin(), more.end());
  Daemon daemon(options);
  EtcdClient client(etcd_of(daemon));
  pb::LeaseGrantRequest grants;
  pb::LeaseGrantResponse granted;
  EXPECT_EQ(client.ask("Lease/LeaseGrant", grants, granted, {{"token", kWriter}}), "0");
  static_cast<void>(files.folder.put("tokens.json", R"({"tokens": [{"name": "admin", "secret": ")" + kAdmin +
                                                        R"(", "grants": [{"rights": ["admin", "read"]}]}]})"));
  daemon.process().signal(SIGHUP);
  EXPECT_TRUE(eventually([&] {
    return client.ask("Lease/LeaseGrant", grants, granted, {{"token", kWriter}}) == "16 etcdserver: invalid auth token";
  }));
}

TEST(EtcdConfiguration, WhatIsWrongEndsAStart) {
  const auto refusal = [](const std::vector<std::string>& settings) {
    const Finished ended = check(settings);
    EXPECT_EQ(ended.code, 2) << settings.front();
    return ended.errors;
  };
  EXPECT_THAT(refusal({"etcd.tls=true", "etcd.listen=127.0.0.1:2379"}),
              AllOf(HasSubstr("etcd.tls (flag --set etcd.tls) takes a certificate and its key: set tls.certificate"),
                    HasSubstr("takes a certificate and its key: set tls.key")));
  EXPECT_THAT(refusal({"etcd.tls=true", "tls.certificate=a", "tls.key=b"}),
              HasSubstr("etcd.tls (flag --set etcd.tls) is set, but etcd.listen is not"));
  EXPECT_THAT(refusal({"etcd.advertise=10.0.0.1:2379"}),
              HasSubstr("(flag --set etcd.advertise) is set, but etcd.listen is not"));
  EXPECT_THAT(refusal({"etcd.prefixes=svc=consul"}), HasSubstr("svc=consul does not end with =LAYOUT"));
  EXPECT_THAT(refusal({"etcd.prefixes=svc"}), HasSubstr("svc does not end with =LAYOUT"));
  EXPECT_THAT(refusal({"etcd.show=go-micro,consul"}),
              HasSubstr("(flag --set etcd.show): consul is none of go-micro and kratos"));
  EXPECT_THAT(refusal({"etcd.listen=127.0.0.1:7171"}),
              HasSubstr("etcd.listen (flag --set etcd.listen) is one of httpServer.addr (flag --listen)"));
  EXPECT_THAT(refusal({"etcd.listen=nonsense"}), HasSubstr("etcd.listen"));
  EXPECT_THAT(refusal({"etcd.write_wait=11s", "etcd.hold=11s"}),
              AllOf(HasSubstr("etcd.write_wait"), HasSubstr("etcd.hold")));
  EXPECT_EQ(check({"etcd.listen=127.0.0.1:2379", "etcd.prefixes=svc=go-zero"}).code, 0);
}

}  // namespace
}  // namespace discovery::integration
