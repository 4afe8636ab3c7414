// What holds for every method, and those that tell of the node.
#include "protocol/etcd/service.h"

#include "unit/protocol/etcd/etcd_fixture.h"

namespace discovery::protocol::etcd {
namespace {

using testing::IsEmpty;

/// Those of one message, and such a message that would be taken.
std::map<std::string, std::string> well_formed() {
  pb::RangeRequest range;
  range.set_key("a");
  pb::PutRequest put;
  put.set_key("a");
  pb::DeleteRangeRequest erase;
  erase.set_key("a");
  pb::LeaseGrantRequest grant;
  grant.set_ttl(30);
  pb::LeaseRevokeRequest revoke;
  revoke.set_id(4711);
  pb::LeaseTimeToLiveRequest live;
  live.set_id(4711);
  return {{"/etcdserverpb.KV/Range", range.SerializeAsString()},
          {"/etcdserverpb.KV/Put", put.SerializeAsString()},
          {"/etcdserverpb.KV/DeleteRange", erase.SerializeAsString()},
          {"/etcdserverpb.KV/Txn", ""},
          {"/etcdserverpb.KV/Compact", ""},
          {"/etcdserverpb.Lease/LeaseGrant", grant.SerializeAsString()},
          {"/etcdserverpb.Lease/LeaseRevoke", revoke.SerializeAsString()},
          {"/etcdserverpb.Lease/LeaseTimeToLive", live.SerializeAsString()},
          {"/etcdserverpb.Lease/LeaseLeases", ""},
          {"/etcdserverpb.Cluster/MemberList", ""},
          {"/etcdserverpb.Maintenance/Status", ""},
          {"/etcdserverpb.Maintenance/Alarm", ""},
          {"/etcdserverpb.Auth/AuthStatus", ""}};
}

/// The first field of every answer is its header.
struct AnyAnswer {
  bool ParseFromString(const std::string& bytes) { return parsed.ParseFromString(bytes); }
  [[nodiscard]] const pb::ResponseHeader& header() const { return parsed.header(); }
  pb::CompactionResponse parsed;
};

TEST(EtcdService, EveryAnswerHasAHeader) {
  EtcdNode node;
  pb::LeaseGrantRequest grant;
  grant.set_id(4711);
  node.ask<pb::LeaseGrantResponse>("LeaseGrant", grant);
  for (const auto& [method, message] : well_formed()) {
    const auto asked = node.ask_bytes<AnyAnswer>(method, message);  // looks at the header
    EXPECT_EQ(text_of(asked.status), "0 ") << method;
    expect_header(asked.answer.header());
  }
}

TEST(EtcdService, KnowsTheMethodsOfItsClientsAndRefusesOthers) {
  EtcdNode node;
  size_t streams = 0;
  for (const grpc::Method& method : node.service.methods()) {
    streams += method.kind == grpc::Method::Kind::kBidirectional ? 1U : 0U;
  }
  EXPECT_EQ(node.service.methods().size(), 16U);
  EXPECT_EQ(streams, 2U);
  EXPECT_EQ(text_of(node.service.unknown_method("/etcdserverpb.Maintenance/Snapshot")),
            "12 etcdserver: /etcdserverpb.Maintenance/Snapshot is not offered by this registry");
  EXPECT_EQ(text_of(node.service.message_too_large(5'000'000)), "3 etcdserver: request is too large");
  EXPECT_EQ(text_of(node.service.stopping()), "14 etcdserver: server stopped");
  EXPECT_EQ(text_of(node.service.slow_reader()), "14 etcdserver: request timed out");
  EXPECT_EQ(text_of(node.service.overloaded()), "14 etcdserver: request timed out");
}

TEST(EtcdService, RefusesWhatIsNoMessage) {
  EtcdNode node;
  for (const grpc::Method& method : node.service.methods()) {
    for (const std::string& bytes : {std::string("\xff"), std::string("\x0a\x7f"), std::string("\x0b\x0b\x0b")}) {
      Running run(node, method.path);
      run.handler->on_message(bytes);
      EXPECT_EQ(run.status(), "13 malformed message") << method.path;
      EXPECT_THAT(run.call.messages, IsEmpty());
    }
  }
}

TEST(EtcdService, ReadsNoDeeperThanClientsNeed) {
  EtcdNode node;
  const auto nested = [](int depth) {
    pb::TxnRequest txn;
    for (int i = 0; i < depth; ++i) {
      pb::TxnRequest outer;
      *outer.add_success()->mutable_request_txn() = txn;
      txn = outer;
    }
    return txn.SerializeAsString();
  };
  EXPECT_EQ(text_of(node.ask_bytes<pb::TxnResponse>("KV/Txn", nested(10)).status).substr(0, 2), "12");
  EXPECT_EQ(text_of(node.ask_bytes<pb::TxnResponse>("KV/Txn", nested(40)).status), "13 malformed message");
}

TEST(EtcdService, TakesRequestsOfSoManyBytesAndNotOneMore) {
  EtcdNode node;
  pb::PutRequest request;
  request.set_key("a");
  request.set_value(std::string(kRequestBytesMax, 'v'));
  request.set_value(std::string(2 * kRequestBytesMax - request.ByteSizeLong(), 'v'));
  ASSERT_EQ(request.ByteSizeLong(), kRequestBytesMax);
  EXPECT_EQ(text_of(node.ask<pb::PutResponse>("KV/Put", request).status), "0 ");
  request.mutable_value()->push_back('v');
  EXPECT_EQ(text_of(node.ask<pb::PutResponse>("KV/Put", request).status), "3 etcdserver: request is too large");
  EXPECT_EQ(node.get("a").size(), request.value().size() - 1);
}

TEST(EtcdService, AnswersOnlyOfItselfWhileItDoesNotServe) {
  EtcdNode node;
  node.port.serving = false;
  for (const auto& [method, message] : well_formed()) {
    const std::string status = text_of(node.ask_bytes<AnyAnswer>(method, message).status);
    const bool of_keys = method.find(".KV/") != std::string::npos || method.find(".Lease/") != std::string::npos;
    EXPECT_EQ(status, of_keys ? "14 etcdserver: request timed out" : "0 ") << method;
  }
  EXPECT_EQ(node.keys.numbers().keys, 0U);
  EXPECT_EQ(node.keys.numbers().leases, 0U);
}

TEST(EtcdService, ListsItsMembers) {
  EtcdNode node;
  const auto list = node.ask<pb::MemberListResponse>("MemberList", pb::MemberListRequest());
  ASSERT_EQ(list.answer.members_size(), 2);
  const pb::Member& one = list.answer.members(0);
  EXPECT_EQ(one.id(), kMember);
  EXPECT_EQ(one.name(), "one");
  EXPECT_EQ(one.peerurls(0), "http://10.0.0.1:7171");
  EXPECT_EQ(one.clienturls(0), "http://10.0.0.1:2379");
  EXPECT_FALSE(one.islearner());
}

TEST(EtcdService, TellsAStatusThatClientsAccept) {
  EtcdNode node;
  const auto status = node.ask<pb::StatusResponse>("Maintenance/Status", pb::StatusRequest());
  EXPECT_TRUE(status.answer.version().starts_with("3.5."));
  EXPECT_EQ(status.answer.leader(), kMember);
  EXPECT_EQ(status.answer.raftterm(), 1U);
  EXPECT_GT(status.answer.raftindex(), 0U);
}

TEST(EtcdService, HasNoAlarmsAndTakesNone) {
  EtcdNode node;
  pb::AlarmRequest request;
  const auto none = node.ask<pb::AlarmResponse>("Alarm", request);
  EXPECT_EQ(text_of(none.status), "0 ");
  EXPECT_EQ(none.answer.alarms_size(), 0);
  request.set_action(pb::AlarmRequest::ACTIVATE);
  EXPECT_EQ(text_of(node.ask<pb::AlarmResponse>("Alarm", request).status),
            "12 etcdserver: setting alarms is not offered by this registry");
}

TEST(EtcdService, AnswersPlainGets) {
  EtcdNode node;
  codec::HttpReply health;
  EXPECT_TRUE(node.service.answer_get("/health?serializable=true", health));
  EXPECT_EQ(health.own(), R"({"health":"true","reason":""})");
  EXPECT_EQ(health.status, 200);
  node.port.serving = false;
  codec::HttpReply ill;
  EXPECT_TRUE(node.service.answer_get("/health", ill));
  EXPECT_EQ(ill.status, 503);
  codec::HttpReply version;
  EXPECT_TRUE(node.service.answer_get("/version", version));
  EXPECT_EQ(version.own(), R"({"etcdserver":"3.5.21","etcdcluster":"3.5.0"})");
  codec::HttpReply other;
  EXPECT_FALSE(node.service.answer_get("/healthy", other));
  EXPECT_FALSE(node.service.answer_get("/v3/kv/range", other));
}

// ---------------------------------------------------------------------------------------------------- R4

struct Waiting : testing::Test {
  Waiting() {
    node.port.wait = milliseconds(200);
    node.port.ticket = 5;
    request.set_key("a");
    put = std::make_unique<Running>(node, "KV/Put");
  }
  EtcdNode node;
  pb::PutRequest request;
  std::unique_ptr<Running> put;
};

TEST_F(Waiting, AnswersAWriteWhenEveryNodeHasIt) {
  put->say(request);
  EXPECT_EQ(put->status(), "open");
  EXPECT_TRUE(put->handler->answers_soon());
  EXPECT_EQ(node.range("a").answer.count(), 1) << "done here at once, and reads wait for nothing";
  node.service.everywhere(4);
  EXPECT_EQ(put->status(), "open");
  node.service.everywhere(5);
  EXPECT_EQ(put->status(), "0 ");
  EXPECT_FALSE(put->handler->answers_soon());
  EXPECT_EQ(put->take<pb::PutResponse>().size(), 1U);
  node.pass(seconds(1));
  EXPECT_THAT(put->call.messages, IsEmpty()) << "once";
}

TEST_F(Waiting, AnswersAWriteWhenItsTimeIsOver) {
  put->say(request);
  node.pass(milliseconds(180));
  EXPECT_EQ(put->status(), "open");
  node.pass(milliseconds(40));
  EXPECT_EQ(put->status(), "0 ");
  node.service.everywhere(5);
  EXPECT_EQ(put->take<pb::PutResponse>().size(), 1U);
}

TEST_F(Waiting, AnswersAtOnceWhereThereIsNobodyToWaitFor) {
  node.port.ticket = 0;
  put->say(request);
  EXPECT_EQ(put->status(), "0 ");
  node.port.ticket = 5;
  node.port.wait = Duration::zero();
  const int asked = node.port.tickets_asked;
  EXPECT_EQ(text_of(node.put("b", "1").status), "0 ");
  EXPECT_EQ(node.port.tickets_asked, asked);
}

TEST_F(Waiting, ForgetsAWriteWhoseClientWentAway) {
  put->say(request);
  put->handler->on_cancel();
  put.reset();
  node.service.everywhere(5);
  node.pass(seconds(1));
}

TEST_F(Waiting, OnlyForWhatWasWritten) {
  node.port.wait = Duration::zero();
  node.put("a", "1");
  node.port.wait = milliseconds(200);
  EXPECT_EQ(text_of(node.range("a").status), "0 ");
  EXPECT_EQ(text_of(node.erase("x").status), "0 ") << "nothing was deleted";
  EXPECT_GT(node.grant(30), 0) << "any node takes it on by its id";
  pb::TxnRequest reads;
  reads.add_success()->mutable_request_range()->set_key("a");
  EXPECT_EQ(text_of(node.ask<pb::TxnResponse>("KV/Txn", reads).status), "0 ");
  EXPECT_EQ(text_of(node.put("a", "1", 99).status), "5 etcdserver: requested lease not found");
  EXPECT_EQ(node.port.tickets_asked, 0);

  const auto waits = [&](std::string_view method, const google::protobuf::MessageLite& message) {
    Running run(node, method);
    run.handler->on_message(message.SerializeAsString());
    const bool waited = run.status() == "open";
    node.service.everywhere(5);
    return waited && run.status() == "0 ";
  };
  pb::LeaseGrantRequest chosen;
  chosen.set_id(4711);
  EXPECT_TRUE(waits("LeaseGrant", chosen));
  pb::LeaseRevokeRequest revoke;
  revoke.set_id(4711);
  EXPECT_TRUE(waits("LeaseRevoke", revoke));
  pb::TxnRequest writes;
  writes.add_success()->mutable_request_put()->set_key("a");
  EXPECT_TRUE(waits("KV/Txn", writes));
  pb::DeleteRangeRequest erase;
  erase.set_key("a");
  EXPECT_TRUE(waits("DeleteRange", erase));
}

}  // namespace
}  // namespace discovery::protocol::etcd
