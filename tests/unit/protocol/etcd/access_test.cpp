// Who may do what with tokens (permissions.h).
#include "unit/protocol/etcd/etcd_fixture.h"

namespace discovery::protocol::etcd {
namespace {

using access::Right;
using testing::ElementsAre;

const std::string kZero(1, '\0');
const std::string kAll = "all-Zq7-9kLm_pX2.vB4";
const std::string kShop = "shop-Hj3+4nTr=wY8,cD6";
const std::string kShopReader = "shop-reader-b5!Kf0@Lw2#";
const std::string kShopWriter = "shop-writer-Ux1&Gz6*Rt9";

const std::string kForbidden = "7 etcdserver: permission denied";
const std::string kBadToken = "16 etcdserver: invalid auth token";

access::TokenSpec spec(std::string name, std::string secret, std::initializer_list<Right> rights,
                       std::vector<std::string> apps) {
  access::Grant grant{0, apps.empty() ? "" : "dev", std::move(apps)};
  for (const Right r : rights) grant.rights = static_cast<uint8_t>(grant.rights | static_cast<uint8_t>(r));
  return {.who = {std::move(name), {grant}}, .secret = std::move(secret), .secret_sha256 = {}};
}

std::shared_ptr<const access::TokenTable> table(std::vector<access::TokenSpec> specs) {
  return std::make_shared<const access::TokenTable>(*access::TokenTable::make(std::move(specs)));
}

std::shared_ptr<const access::TokenTable> tokens(std::vector<access::TokenSpec> more = {}) {
  more.push_back(spec("all", kAll, {Right::kRead, Right::kWrite}, {}));
  more.push_back(spec("shop", kShop, {Right::kRead, Right::kWrite}, {"shop"}));
  more.push_back(spec("shop-reader", kShopReader, {Right::kRead}, {"shop"}));
  more.push_back(spec("shop-writer", kShopWriter, {Right::kWrite}, {"shop"}));
  return table(std::move(more));
}

Fields as(const std::string& token) { return {{"token", token}}; }

TEST(EtcdAudit, TellsEveryWriteThatWasAskedForAndEveryRefusal) {
  EtcdNode node(tokens());
  const auto lines = [&] { return std::exchange(node.port.lines, {}); };
  node.put("svc/shop/h1", "1", 0, as(kShop));
  node.put("svc/shop/h1", "2", 0, as(kShop));
  node.put("svc/cart/h1", "1", 0, as(kShop));
  node.put("svc/shop/h1", "2", 0, as("who-knows-9!Lk2"));
  node.put("svc/shop/h1", "2", 999, as(kShop));
  node.put("svc/shop/h1", "2");
  EXPECT_THAT(
      lines(),
      ElementsAre("shop 10.0.0.9 Put svc/shop/h1 code 0 count 1", "shop 10.0.0.9 Put svc/shop/h1 code 0 count 1",
                  "shop 10.0.0.9 Put svc/cart/h1 code 7", "unknown 10.0.0.9 Put svc/shop/h1 code 16",
                  "shop 10.0.0.9 Put svc/shop/h1 code 5", "anonymous 10.0.0.9 Put svc/shop/h1 code 7"));
  node.put("svc/shop/h2", "1", 0, as(kShop));
  node.erase("svc/shop/", "svc/shop0", as(kAll));
  node.erase("none", "", as(kAll));
  node.range("svc/", "svc0", as(kShop));
  node.range("svc/shop/", "svc/shop0", as(kShop));
  EXPECT_THAT(lines(), ElementsAre("shop 10.0.0.9 Put svc/shop/h2 code 0 count 1",
                                   "all 10.0.0.9 DeleteRange svc/shop/..svc/shop0 code 0 count 2",
                                   "all 10.0.0.9 DeleteRange none code 0", "shop 10.0.0.9 Range  code 7"));
  pb::TxnRequest txn;
  txn.add_success()->mutable_request_put()->set_key("svc/shop/a");
  txn.add_success()->mutable_request_range()->set_key("svc/shop/a");
  txn.add_success()->mutable_request_delete_range()->set_key("svc/shop/a");
  node.ask<pb::TxnResponse>("KV/Txn", txn, as(kAll));
  node.ask<pb::TxnResponse>("KV/Txn", txn, as(kShopReader));
  EXPECT_THAT(lines(),
              ElementsAre("all 10.0.0.9 Txn svc/shop/a code 0 count 1", "all 10.0.0.9 Txn svc/shop/a code 0 count 1",
                          "shop-reader 10.0.0.9 Txn svc/shop/a code 7", "shop-reader 10.0.0.9 Txn svc/shop/a code 7"));
  pb::LeaseGrantRequest grant;
  grant.set_ttl(60);
  pb::LeaseRevokeRequest revoke;
  revoke.set_id(node.ask<pb::LeaseGrantResponse>("Lease/LeaseGrant", grant, as(kAll)).answer.id());
  node.put("svc/shop/l", "1", revoke.id(), as(kAll));
  lines();
  node.ask<pb::LeaseRevokeResponse>("Lease/LeaseRevoke", revoke, as(kAll));
  pb::AuthenticateRequest who;
  who.set_name("shop");
  who.set_password("wrong");
  node.ask<pb::AuthenticateResponse>("Auth/Authenticate", who);
  EXPECT_THAT(lines(),
              ElementsAre("all 10.0.0.9 LeaseRevoke  code 0 count 1", "anonymous 10.0.0.9 Authenticate  code 3"));
  Running watch(node, "Watch/Watch", as(kShop));
  pb::WatchRequest create;
  create.mutable_create_request()->set_key("svc/cart/h1");
  watch.say(create);
  Running alive(node, "Lease/LeaseKeepAlive", as(kShopReader));
  alive.say(pb::LeaseKeepAliveRequest());
  EXPECT_THAT(lines(),
              ElementsAre("shop 10.0.0.9 Watch svc/cart/h1 code 7", "shop-reader 10.0.0.9 LeaseKeepAlive  code 7"));
}

struct EtcdAccess : testing::Test {
  EtcdNode node{tokens()};

  template <class Answer, class Request>
  std::string status(std::string_view method, const Request& request, const Fields& fields) {
    return text_of(node.ask<Answer>(method, request, fields).status);
  }
  Asked<pb::AuthenticateResponse> authenticate(const std::string& name, const std::string& password) {
    pb::AuthenticateRequest request;
    request.set_name(name);
    request.set_password(password);
    return node.ask<pb::AuthenticateResponse>("Auth/Authenticate", request);
  }
  std::string put(const std::string& key, const std::string& value, const std::string& token, bool shows = false,
                  bool keeps = false) {
    pb::PutRequest request;
    request.set_key(key);
    request.set_value(value);
    request.set_prev_kv(shows);
    request.set_ignore_value(keeps);
    return status<pb::PutResponse>("KV/Put", request, as(token));
  }
  std::string range(const std::string& key, const std::string& end, const std::string& token) {
    return text_of(node.range(key, end, as(token)).status);
  }
  std::string erase(const std::string& key, const std::string& end, const std::string& token, bool shows = false) {
    pb::DeleteRangeRequest request;
    request.set_key(key);
    request.set_range_end(end);
    request.set_prev_kv(shows);
    return status<pb::DeleteRangeResponse>("KV/DeleteRange", request, as(token));
  }
  std::string get(const std::string& key) {
    const auto found = node.range(key, "", as(kAll));
    return found.answer.kvs_size() == 1 ? found.answer.kvs(0).value() : "-";
  }
  int64_t grant(const std::string& token) {
    pb::LeaseGrantRequest request;
    request.set_ttl(30);
    return node.ask<pb::LeaseGrantResponse>("LeaseGrant", request, as(token)).answer.id();
  }
};

TEST_F(EtcdAccess, AuthenticateGivesTheTokenForItsNameAndSecret) {
  EXPECT_EQ(authenticate("shop", kShop).answer.token(), kShop);
  EXPECT_EQ(text_of(authenticate("", kShop).status), "3 etcdserver: user name is empty");
  const std::string wrong = "3 etcdserver: authentication failed, invalid user ID or password";
  EXPECT_EQ(text_of(authenticate("shop", "wrong").status), wrong);
  EXPECT_EQ(text_of(authenticate("shop", "").status), wrong);
  EXPECT_EQ(text_of(authenticate("all", kShop).status), wrong) << "of another";
  testing::internal::CaptureStderr();
  EXPECT_EQ(text_of(authenticate("\xff", "\xff").status), wrong);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "") << "nobody fills the log of the node";
  EXPECT_EQ(text_of(authenticate("anonymous", "").status), wrong);
  const auto auth = node.ask<pb::AuthStatusResponse>("AuthStatus", pb::AuthStatusRequest());
  EXPECT_TRUE(auth.answer.enabled());
}

TEST(EtcdAccessOff, AuthenticateSaysSoAndTokensCountForNothing) {
  EtcdNode node;
  pb::AuthenticateRequest request;
  request.set_name("root");
  request.set_password("123456");
  EXPECT_EQ(text_of(node.ask<pb::AuthenticateResponse>("Authenticate", request).status),
            "9 etcdserver: authentication is not enabled");
  EXPECT_FALSE(node.ask<pb::AuthStatusResponse>("AuthStatus", pb::AuthStatusRequest()).answer.enabled());
  EXPECT_EQ(text_of(node.put("a", "1", 0, as("nonsense")).status), "0 ");
}

TEST_F(EtcdAccess, ATokenIsMetadataInAnyOfThreeWays) {
  const auto with = [&](const Fields& fields) { return text_of(node.range("a", "", fields).status); };
  EXPECT_EQ(with({{"token", kAll}}), "0 ");
  EXPECT_EQ(with({{"authorization", "Bearer " + kAll}}), "0 ");
  EXPECT_EQ(with({{"authorization", kAll}}), "0 ");
  EXPECT_EQ(with({{"token", "x"}}), kBadToken);
  EXPECT_EQ(with({{"authorization", "Bearer x"}}), kBadToken);
  EXPECT_EQ(with({{"token", "x"}, {"authorization", "Bearer " + kAll}}), kBadToken) << "the first counts";
  EXPECT_EQ(with({}), kForbidden) << "nobody is anonymous here";
}

TEST_F(EtcdAccess, WhoSendsNoTokenIsTheAnonymousOfTheTable) {
  node.service.update_access(tokens({spec("anonymous", "", {Right::kRead}, {"shop"})}));
  EXPECT_EQ(text_of(node.range("svc/shop/", "svc/shop0").status), "0 ");
  EXPECT_EQ(text_of(node.range("svc/bank/", "svc/bank0").status), kForbidden);
  EXPECT_EQ(text_of(node.put("svc/shop/a", "1").status), kForbidden);
}

TEST_F(EtcdAccess, AKeyTakesTheRightOverItsApplication) {
  EXPECT_EQ(put("svc/shop/a", "h:1", kShop), "0 ");
  EXPECT_EQ(put("svc/bank/a", "h:1", kShop), kForbidden);
  EXPECT_EQ(put("svc/shop/a", "h:1", kShopReader), kForbidden);
  EXPECT_EQ(put("svc/shop/a", "h:1", "x"), kBadToken);
  EXPECT_EQ(put("config/a", "1", kShop), kForbidden) << "of no application";
  EXPECT_EQ(put("config/a", "1", kAll), "0 ");
  EXPECT_EQ(put("svc/bank/a", "h:1", kAll), "0 ");
}

TEST_F(EtcdAccess, ReadsAndRangesOfOneApplicationTakeTheRightOverIt) {
  EXPECT_EQ(range("svc/shop/a", "", kShopReader), "0 ");
  EXPECT_EQ(range("svc/shop/", "svc/shop0", kShopReader), "0 ");
  EXPECT_EQ(range("svc/bank/a", "", kShopReader), kForbidden);
  EXPECT_EQ(range("svc/bank/", "svc/bank0", kShopReader), kForbidden);
  EXPECT_EQ(range("svc/", "svc0", kShopReader), kForbidden) << "of several";
  EXPECT_EQ(range(kZero, kZero, kShopReader), kForbidden);
  EXPECT_EQ(range("svc/shop/a", "", kShopWriter), kForbidden);
  EXPECT_EQ(range(kZero, kZero, kAll), "0 ");
}

TEST_F(EtcdAccess, KeysOfOthersAreNotDeleted) {
  put("svc/shop/a", "h:1", kAll);
  put("svc/bank/a", "h:1", kAll);
  EXPECT_EQ(erase("svc/bank/a", "", kShop), kForbidden);
  EXPECT_EQ(erase("svc/", "svc0", kShop), kForbidden) << "not even the own ones among them";
  EXPECT_EQ(get("svc/shop/a") + get("svc/bank/a"), "h:1h:1");
  EXPECT_EQ(erase("svc/shop/", "svc/shop0", kShop), "0 ");
  EXPECT_EQ(get("svc/shop/a"), "-");
  EXPECT_EQ(erase("nothing", "", kShop), "0 ");
  EXPECT_EQ(erase("nothing", "", kShopReader), kForbidden);
}

// What a key stands for may be told by its value alone: to write over it ends the other's instance.
TEST_F(EtcdAccess, KeysOfOthersAreNotWrittenOver) {
  EXPECT_EQ(put("worker/w", "bank", kAll), "0 ");
  EXPECT_EQ(put("worker/w", "shop", kShop), kForbidden);
  EXPECT_EQ(get("worker/w"), "bank");
  EXPECT_EQ(put("worker/mine", "shop", kShop), "0 ");
  EXPECT_EQ(put("worker/mine", "shop", kShop), "0 ");
  pb::TxnRequest txn;
  txn.add_success()->mutable_request_put()->set_key("worker/w");
  txn.mutable_success(0)->mutable_request_put()->set_value("shop");
  EXPECT_EQ(status<pb::TxnResponse>("KV/Txn", txn, as(kShop)), kForbidden);
}

// Clients of the other application list that place, and some believe all they find there.
TEST_F(EtcdAccess, NothingOfOneApplicationIsPutWhereAnotherIsLookedFor) {
  EXPECT_EQ(put("svc/bank/a", "as:shop", kShop), kForbidden);
  EXPECT_EQ(put("svc/shop/a", "as:bank", kShop), kForbidden);
  EXPECT_EQ(put("svc/shop/a", "as:shop2", kShop), "0 ") << "both are granted";
}

TEST_F(EtcdAccess, AValueThatIsKeptIsWhatCounts) {
  put("worker/mine", "shop", kAll);
  put("worker/w", "bank", kAll);
  EXPECT_EQ(put("worker/mine", "", kShop, false, true), "0 ");
  EXPECT_EQ(put("worker/w", "", kShop, false, true), kForbidden);
}

TEST_F(EtcdAccess, WhoMayOnlyWriteIsNotShownWhatWasThere) {
  put("svc/shop/a", "secret", kAll);
  EXPECT_EQ(put("svc/shop/a", "new", kShopWriter, true), kForbidden);
  EXPECT_EQ(get("svc/shop/a"), "secret");
  EXPECT_EQ(erase("svc/shop/a", "", kShopWriter, true), kForbidden);
  EXPECT_EQ(put("svc/shop/a", "new", kShop, true), "0 ");
  EXPECT_EQ(put("svc/shop/a", "newer", kShopWriter), "0 ");
  EXPECT_EQ(erase("svc/shop/a", "", kShop, true), "0 ");
}

TEST_F(EtcdAccess, ATransactionIsAllowedAsAWhole) {
  put("svc/bank/a", "h:1", kAll);
  const auto with = [&](const std::function<void(pb::RequestOp&)>& second) {
    pb::TxnRequest txn;
    auto& first = *txn.add_success()->mutable_request_put();
    first.set_key("svc/shop/a");
    first.set_value("h:1");
    second(*txn.add_success());
    return status<pb::TxnResponse>("KV/Txn", txn, as(kShop));
  };
  EXPECT_EQ(with([](auto& op) { op.mutable_request_put()->set_key("svc/bank/a"); }), kForbidden);
  EXPECT_EQ(with([](auto& op) { op.mutable_request_range()->set_key("svc/bank/a"); }), kForbidden);
  EXPECT_EQ(with([](auto& op) { op.mutable_request_delete_range()->set_key("svc/bank/a"); }), kForbidden);
  EXPECT_EQ(get("svc/shop/a"), "-") << "nothing of it was done";
  EXPECT_EQ(with([](auto& op) { op.mutable_request_range()->set_key("svc/shop/a"); }), "0 ");
}

TEST_F(EtcdAccess, LeasesTakeARightOverAnything) {
  pb::LeaseGrantRequest request;
  request.set_ttl(30);
  EXPECT_EQ(status<pb::LeaseGrantResponse>("LeaseGrant", request, as(kShop)), "0 ");
  EXPECT_EQ(status<pb::LeaseGrantResponse>("LeaseGrant", request, as(kShopReader)), kForbidden);
  EXPECT_EQ(status<pb::LeaseGrantResponse>("LeaseGrant", request, as("x")), kBadToken);
  EXPECT_EQ(status<pb::LeaseGrantResponse>("LeaseGrant", request, {}), kForbidden);
  EXPECT_EQ(status<pb::LeaseLeasesResponse>("LeaseLeases", pb::LeaseLeasesRequest(), as(kShopReader)), "0 ");
  EXPECT_EQ(status<pb::LeaseLeasesResponse>("LeaseLeases", pb::LeaseLeasesRequest(), as(kShopWriter)), kForbidden);
  EXPECT_EQ(status<pb::CompactionResponse>("Compact", pb::CompactionRequest(), as("x")), kBadToken);
  pb::LeaseKeepAliveRequest renewal;
  renewal.set_id(grant(kShop));
  Running reader(node, "LeaseKeepAlive", as(kShopReader));
  reader.say(renewal);
  EXPECT_EQ(reader.status(), kForbidden);
  Running writer(node, "LeaseKeepAlive", as(kShop));
  writer.say(renewal);
  EXPECT_EQ(writer.take<pb::LeaseKeepAliveResponse>().at(0).ttl(), 30);
}

TEST_F(EtcdAccess, LeasesWithKeysOfOthersAreNotRevoked) {
  const int64_t mixed = grant(kAll);
  const int64_t own = grant(kShop);
  node.put("svc/bank/a", "h:1", mixed, as(kAll));
  node.put("svc/shop/a", "h:1", mixed, as(kAll));
  node.put("svc/shop/b", "h:1", own, as(kShop));
  const auto revoke = [&](int64_t id, const std::string& token) {
    pb::LeaseRevokeRequest request;
    request.set_id(id);
    return status<pb::LeaseRevokeResponse>("LeaseRevoke", request, as(token));
  };
  EXPECT_EQ(revoke(mixed, kShop), kForbidden);
  EXPECT_EQ(get("svc/bank/a"), "h:1");
  EXPECT_EQ(revoke(own, kShopReader), kForbidden);
  EXPECT_EQ(revoke(own, kShop), "0 ");
  EXPECT_EQ(get("svc/shop/b"), "-");
  EXPECT_EQ(revoke(99, kShop), "5 etcdserver: requested lease not found");
}

TEST_F(EtcdAccess, KeysOfALeaseAreShownToWhoMayReadThem) {
  const int64_t lease = grant(kAll);
  node.put("svc/bank/a", "h:1", lease, as(kAll));
  const auto look = [&](const std::string& token, bool keys) {
    pb::LeaseTimeToLiveRequest request;
    request.set_id(lease);
    request.set_keys(keys);
    return status<pb::LeaseTimeToLiveResponse>("LeaseTimeToLive", request, as(token));
  };
  EXPECT_EQ(look(kShopReader, true), kForbidden);
  EXPECT_EQ(look(kShopReader, false), "0 ");
  EXPECT_EQ(look(kAll, true), "0 ");
}

// ---------------------------------------------------------------------------------------------------- streams

pb::WatchRequest watch_of(const std::string& key, const std::string& end) {
  pb::WatchRequest request;
  request.mutable_create_request()->set_key(key);
  request.mutable_create_request()->set_range_end(end);
  return request;
}

std::vector<std::string> told(Running& stream) {
  std::vector<std::string> texts;
  for (const auto& one : stream.take<pb::WatchResponse>()) {
    texts.push_back(std::to_string(one.watch_id()) + (one.created() ? " created" : "") +
                    (one.canceled() ? " canceled " + one.cancel_reason() : ""));
    for (const auto& event : one.events()) texts.back() += " " + event.kv().key();
  }
  return texts;
}

// As etcd: the watch is refused in a way that clients tell their application, and the stream goes on.
TEST_F(EtcdAccess, AWatchWithoutTheRightIsRefusedAlone) {
  Running stream(node, "Watch/Watch", as(kShopReader));
  stream.say(watch_of("svc/bank/", "svc/bank0"));
  stream.say(watch_of("svc/shop/", "svc/shop0"));
  EXPECT_THAT(told(stream),
              ElementsAre("-1 created canceled rpc error: code = PermissionDenied desc = etcdserver: permission denied",
                          "0 created"));
  node.put("svc/bank/a", "h:1", 0, as(kAll));
  node.put("svc/shop/a", "h:1", 0, as(kAll));
  node.pass(milliseconds(140));
  EXPECT_THAT(told(stream), ElementsAre("0 svc/shop/a"));
  EXPECT_EQ(stream.status(), "open");
}

TEST_F(EtcdAccess, AWatchWithABadTokenMakesClientsFetchAnother) {
  Running stream(node, "Watch/Watch", as("x"));
  stream.say(watch_of("svc/shop/", "svc/shop0"));
  EXPECT_THAT(
      told(stream),
      ElementsAre("-1 created canceled rpc error: code = Unauthenticated desc = etcdserver: invalid auth token"));
  EXPECT_EQ(stream.status(), "open");
}

// A stream lives for days: it must not go by a table that is gone, nor by what was granted once.
TEST_F(EtcdAccess, StreamsFollowAReloadOfTheTokens) {
  Running watches(node, "Watch/Watch", as(kShopReader));
  Running other(node, "Watch/Watch", as(kAll));
  Running keeps(node, "LeaseKeepAlive", as(kShop));
  watches.say(watch_of("svc/shop/", "svc/shop0"));
  other.say(watch_of("svc/shop/", "svc/shop0"));
  pb::LeaseKeepAliveRequest renewal;
  renewal.set_id(grant(kShop));
  keeps.say(renewal);
  node.service.update_access(tokens());
  node.service.update_access(tokens());
  EXPECT_EQ(watches.status(), "open");
  watches.say(watch_of("svc/shop/a", ""));
  keeps.say(renewal);
  EXPECT_EQ(keeps.take<pb::LeaseKeepAliveResponse>().size(), 2U);
  EXPECT_THAT(told(watches), ElementsAre("0 created", "1 created"));

  node.service.update_access(table({spec("all", kAll, {Right::kRead, Right::kWrite}, {})}));
  EXPECT_EQ(watches.status(), "14 etcdserver: request timed out") << "it comes again, and is refused then";
  EXPECT_EQ(other.status(), "open");
  keeps.say(renewal);
  EXPECT_EQ(keeps.status(), kBadToken);
}

}  // namespace
}  // namespace discovery::protocol::etcd
