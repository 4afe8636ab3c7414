#include "node/peer_desk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <nlohmann/json.hpp>

#include "cluster/messages.h"
#include "node/peer_paths.h"
#include "node/routes.h"
#include "unit/node/eventually.h"
#include "unit/node/host_fixture.h"

namespace discovery::node {
namespace {

using cluster::CallKind;
using testing::HasSubstr;

constexpr std::string_view kPeerIp = "10.0.0.2";

/// The session of one request; on the desk's thread.
class FakeExchange final : public codec::HttpExchange {
 public:
  void park(std::unique_ptr<codec::ParkedRequest> request) override { parked_ = std::move(request); }
  size_t resume() override {
    codec::HttpReply reply;
    parked_->write_answer(reply);
    parked_.reset();
    answer_.set_value(std::move(reply));
    return 0;
  }
  void hang_up() { parked_.reset(); }
  void drain(codec::HttpReply& reply) { parked_->write_drain_answer(reply); }
  [[nodiscard]] bool parked() const { return parked_ != nullptr; }
  std::future<codec::HttpReply> answer() { return answer_.get_future(); }

 private:
  std::unique_ptr<codec::ParkedRequest> parked_;
  std::promise<codec::HttpReply> answer_;
};

/// A desk on a thread of its own before a host that is started when the test says so.
class PeerDeskTest : public ::testing::Test {
 protected:
  PeerDeskTest()
      : thread_(fixture_.clock, "desk"), desk_(fixture_.host, thread_, {{std::string(kPeerIp)}, false}, access_) {
    thread_.start();
  }
  ~PeerDeskTest() override {
    fixture_.host.stop();
    thread_.stop();
  }
  void start_host() { fixture_.host.start(false); }

  void on_desk(const std::function<void()>& work) {
    std::promise<void> done;
    thread_.post([&] {
      work();
      done.set_value();
    });
    ASSERT_EQ(done.get_future().wait_for(kPatience), std::future_status::ready);
  }
  /// What handle() returns, 0 when the request waits.
  int ask(CallKind kind, std::string_view message, FakeExchange& exchange, codec::HttpReply& reply,
          std::string_view ip = kPeerIp) {
    const RouteRow& row = row_of(kind);
    int status = -1;
    on_desk([&] {
      const codec::ClientAddress client{std::string(ip), 40'000, false};
      codec::HttpRequest request;
      request.method = row.method;
      request.path = row.path;
      (kind == CallKind::kHello ? request.query : request.body) = message;
      request.client = &client;
      status = desk_.handle(kind, request, reply, exchange);
    });
    return status;
  }
  /// Of one that is answered at once.
  int refused(CallKind kind, std::string_view message, std::string_view ip = kPeerIp) {
    FakeExchange exchange;
    codec::HttpReply reply;
    const int status = ask(kind, message, exchange, reply, ip);
    EXPECT_FALSE(exchange.parked());
    EXPECT_EQ(reply.status, status);
    EXPECT_TRUE(nlohmann::json::parse(reply.own_bytes(), nullptr, false).contains("error")) << reply.own_bytes();
    return status;
  }
  static codec::HttpReply wait(std::future<codec::HttpReply>& answer) {
    EXPECT_EQ(answer.wait_for(kPatience), std::future_status::ready);
    return answer.get();
  }

  HostFixture fixture_;
  net::Reactor thread_;
  access::ReplayGuard replays_{HashKey{1, 2}};
  access::AccessControl access_{replays_};
  PeerDesk desk_;
};

std::string hello_of(std::string_view address) {
  cluster::Hello hello;
  hello.header.address = address;
  hello.header.boot = 77;
  hello.header.sent_ns = hello.header.hlc_ns = 1'700'000'000'000'000'000;
  hello.node_id = 9;
  hello.generation = 1;
  hello.zone = "z1";
  return "m=" + codec::to_hex(encode(hello));
}

TEST_F(PeerDeskTest, StrangersAreNotAnswered) {
  for (const RouteRow& row : kRoutes) {
    if (row.target.kind() != RouteTarget::Kind::kPeer) continue;
    EXPECT_EQ(refused(row.target.as_peer(), "", "10.0.0.3"), 403) << row.path;
  }
  EXPECT_EQ(refused(CallKind::kPush, "", ""), 403);
}

TEST_F(PeerDeskTest, AReloadChangesWhoIsAnswered) {
  on_desk([this] { desk_.update({{"10.0.0.3"}, false}); });
  EXPECT_EQ(refused(CallKind::kHello, "m=zz"), 403);
  EXPECT_EQ(refused(CallKind::kHello, "m=zz", "10.0.0.3"), 400);
  on_desk([this] { desk_.update({{}, true}); });
  EXPECT_EQ(refused(CallKind::kHello, "m=zz"), 400);
}

TEST_F(PeerDeskTest, AHelloWithoutMessageIsAnsweredAtOnce) {
  for (const std::string_view query : {"", "m=", "x=1"}) {
    FakeExchange exchange;
    codec::HttpReply reply;
    EXPECT_EQ(ask(CallKind::kHello, query, exchange, reply), 200) << query;  // the host does not even run
    EXPECT_EQ(read_hello_envelope(reply.own_bytes()), "") << query;
    EXPECT_THAT(std::string(reply.content_type), HasSubstr("application/json"));
  }
}

TEST_F(PeerDeskTest, AQueryThatIsNoHelloIsRefused) {
  EXPECT_EQ(refused(CallKind::kHello, "m=abc"), 400);
  EXPECT_EQ(refused(CallKind::kHello, "m=0g"), 400);
  std::string many = "m=00";
  for (int i = 0; i < 16; ++i) many += "&a=1";
  EXPECT_EQ(refused(CallKind::kHello, many), 400) << "one parameter too many";
}

TEST_F(PeerDeskTest, AHelloIsAnsweredByTheCluster) {
  start_host();
  FakeExchange exchange;
  auto answer = exchange.answer();
  codec::HttpReply reply;
  ASSERT_EQ(ask(CallKind::kHello, hello_of("10.0.0.2:7171"), exchange, reply), 0);
  const codec::HttpReply got = wait(answer);
  EXPECT_EQ(got.status, 200);
  const auto bytes = read_hello_envelope(got.own_bytes());
  ASSERT_TRUE(bytes && !bytes->empty()) << got.own_bytes();
  const auto decoded = cluster::decode_hello_reply(*bytes);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->self.header.address, "127.0.0.1:7171");
  EXPECT_EQ(decoded->verdict, cluster::HelloVerdict::kNotAdmitted) << "it is not configured";
}

TEST_F(PeerDeskTest, GarbageIsRefusedByTheCluster) {
  start_host();
  for (const CallKind kind : {CallKind::kPush, CallKind::kDigest, CallKind::kLeaves, CallKind::kSync}) {
    for (const std::string_view body :
         {std::string_view(), std::string_view("garbage"), std::string_view("\0\xff", 2)}) {
      FakeExchange exchange;
      auto answer = exchange.answer();
      codec::HttpReply reply;
      ASSERT_EQ(ask(kind, body, exchange, reply), 0);
      EXPECT_EQ(wait(answer).status, 400) << row_of(kind).path;
    }
  }
  FakeExchange exchange;
  auto answer = exchange.answer();
  codec::HttpReply reply;
  ASSERT_EQ(ask(CallKind::kHello, "m=00ff", exchange, reply), 0);
  EXPECT_EQ(wait(answer).status, 400);
}

TEST_F(PeerDeskTest, OneThatHangsUpLosesItsAnswerOnly) {
  FakeExchange gone;
  FakeExchange stays;
  auto lost = gone.answer();
  auto answer = stays.answer();
  codec::HttpReply reply;
  ASSERT_EQ(ask(CallKind::kHello, hello_of("10.0.0.2:7171"), gone, reply), 0);
  ASSERT_EQ(ask(CallKind::kHello, hello_of("10.0.0.2:7171"), stays, reply), 0);
  on_desk([&] { gone.hang_up(); });
  start_host();
  EXPECT_EQ(wait(answer).status, 200);  // answers come in the order of the messages
  EXPECT_EQ(lost.wait_for(std::chrono::seconds(0)), std::future_status::timeout);
}

TEST_F(PeerDeskTest, ADrainTellsThoseWhoWait) {
  FakeExchange exchange;
  codec::HttpReply reply;
  ASSERT_EQ(ask(CallKind::kSync, "whatever", exchange, reply), 0);
  on_desk([&] {
    codec::HttpReply drained;
    exchange.drain(drained);
    EXPECT_EQ(drained.status, 503);
    EXPECT_TRUE(drained.close);
    exchange.hang_up();
  });
}

TEST_F(PeerDeskTest, OnePastTheLimitIsRefused) {
  std::vector<FakeExchange> waiting(ClusterHost::kRequestsMax);
  codec::HttpReply reply;
  for (FakeExchange& exchange : waiting) ASSERT_EQ(ask(CallKind::kPush, "x", exchange, reply), 0);
  EXPECT_EQ(refused(CallKind::kPush, "x"), 503);
  // There is room again as soon as they were taken.
  auto last = waiting.back().answer();
  start_host();
  EXPECT_EQ(wait(last).status, 400);
  FakeExchange exchange;
  auto answer = exchange.answer();
  ASSERT_EQ(ask(CallKind::kPush, "x", exchange, reply), 0);
  EXPECT_EQ(wait(answer).status, 400);
  on_desk([] {});  // and what is on its way to the others has arrived
}

}  // namespace
}  // namespace discovery::node
