#include "explain/explain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>

#include "keyspace/record_names.h"
#include "protocol/discovery/app_json.h"
#include "registry/origin.h"
#include "unit/registry/node.h"

namespace discovery::explain {
namespace {

using registry::Name;
using registry::Node;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::HasSubstr;

/// Whether fetch lists that host, in any zone: by the text it answers.
bool fetched(Node& node, const NodeFacts& facts, const Question& q) {
  if (!facts.refuses_reads.empty()) return false;
  const registry::ViewForm form{q.status_mask, q.client_zone};
  const registry::AppView view = node.registry.view(
      q.app, form, node.now, [](const registry::Listing& listing, const registry::ViewForm& f, std::string& out) {
        protocol::append_app(out, listing, f);
      });
  if (!view.bytes) return false;
  const auto list = nlohmann::json::parse(view.bytes->text());
  for (const auto& [zone, instances] : list.at("instances").items()) {
    if (!q.zone.empty() && q.zone != zone) continue;
    for (const auto& i : instances) {
      if (i.at("hostname") == q.hostname) return true;
    }
  }
  return false;
}

class Explain : public testing::Test {
 protected:
  Explain() {
    node_.registry.set_observer(&history_);
    facts_.expire_after = seconds(90);
  }

  Answer ask(uint32_t mask = 1, std::string_view client_zone = "") {
    const Question q{name_.app(), name_.hostname, {}, client_zone, mask};
    Answer answer = explain(node_.registry, history_, facts_, q, node_.now);
    EXPECT_EQ(answer.visible, fetched(node_, facts_, q));
    EXPECT_EQ(answer.visible, answer.cause == Cause::kVisible);
    return answer;
  }
  static std::string detail(const Answer& answer, std::string_view about) {
    for (const Verdict& v : answer.verdicts) {
      if (v.about == about) return v.detail;
    }
    return "(not said)";
  }
  void cancel_by(const std::string& by) {
    registry::CancelArgs args;
    args.key = name_.key();
    args.by = by;
    ASSERT_TRUE(node_.registry.cancel(args, node_.now));
  }

  history::History history_{size_t{1} << 20};
  Node node_;
  NodeFacts facts_;
  Name name_;
};

TEST_F(Explain, Visible) {
  node_.put(name_);
  node_.pass(seconds(10));
  const Answer answer = ask();
  EXPECT_EQ(answer.cause, Cause::kVisible);
  EXPECT_EQ(answer.summary, "visible");
  EXPECT_THAT(detail(answer, "lease"), HasSubstr("fresh: last renewed 10.0 s ago at this node"));
}

void put_by_key(Node& node, const Name& name, seconds lease) {
  const std::string origin = registry::make_origin(lease, keyspace::encode_kept({keyspace::Kept::Kind::kMapped,
                                                                                 lease > seconds(0) ? 0x4d2 : 0,
                                                                                 "/microservices/shop.cart/cart-0",
                                                                                 {},
                                                                                 "kratos",
                                                                                 name.zone}));
  registry::RegisterArgs args;
  args.key = name.key();
  args.addrs_json = "[]";
  args.metadata_json = "{}";
  args.origin = origin;
  args.by = "10.1.4.7";
  ASSERT_TRUE(node.registry.register_instance(args, node.now));
}

TEST_F(Explain, AKeyOfEtcdHasALeaseOfItsOwn) {
  facts_.protecting = true;
  put_by_key(node_, name_, seconds(15));
  node_.pass(seconds(10));
  const Answer fresh = ask();
  ASSERT_TRUE(fresh.origin);
  EXPECT_EQ(fresh.origin->layout, "kratos");
  EXPECT_EQ(fresh.origin->key, "/microservices/shop.cart/cart-0");
  EXPECT_EQ(fresh.origin->lease_id, 0x4d2U);
  EXPECT_EQ(fresh.origin->lease, seconds(15));
  EXPECT_EQ(detail(fresh, "origin"),
            "registered by key /microservices/shop.cart/cart-0 of etcd (layout kratos), lease of 15 s");
  EXPECT_EQ(detail(fresh, "lease"), "fresh: last renewed 10.0 s ago at this node, good for 15 s");
  EXPECT_EQ(detail(fresh, "protection"), "(not said)");
  node_.pass(seconds(10));
  EXPECT_THAT(detail(ask(), "lease"), HasSubstr("over: last renewed 20.0 s ago"));
  EXPECT_EQ(detail(ask(), "protection"), "this node ends it now") << "self-protection has no say";
  facts_.covered_until = node_.now - seconds(20);
  facts_.silent_peers = {"10.0.0.2:7171"};
  EXPECT_EQ(detail(ask(), "protection"),
            "kept for a grace, because renewals may be at nodes that are not heard: 10.0.0.2:7171");
  registry::Wake wake;
  ASSERT_TRUE(node_.registry.hide_guest(node_.registry.find_record(name_.key()), node_.now, node_.now, wake));
  const Answer hidden = ask();
  EXPECT_EQ(hidden.cause, Cause::kExpired);
  EXPECT_EQ(hidden.summary,
            "not visible: hidden: the lease of its key ran out, 0.0 s ago; the next write of its key shows it again");
}

TEST_F(Explain, AKeyWithoutALeaseStays) {
  put_by_key(node_, name_, seconds(0));
  node_.pass(hours(48));
  EXPECT_THAT(detail(ask(), "origin"), HasSubstr("of etcd (layout kratos), without a lease"));
  EXPECT_EQ(detail(ask(), "lease"), "none: it stays until its key is deleted");
  EXPECT_EQ(detail(ask(), "protection"), "(not said)");
  node_.put(name_);  // by the Discovery API
  EXPECT_FALSE(ask().origin);
  EXPECT_EQ(detail(ask(), "origin"), "(not said)");
}

TEST_F(Explain, WhoRegisteredItAndAtWhichNode) {
  node_.put(name_);
  EXPECT_THAT(detail(ask(), "known"), HasSubstr("in zone zone-a, written at node 1"));
  facts_.nodes = {{1, "10.0.0.1:7171"}, {2, "10.0.0.2:7171"}};
  EXPECT_THAT(detail(ask(), "known"), HasSubstr("written at 10.0.0.1:7171"));
  registry::RegisterArgs args;
  args.key = name_.key();
  args.addrs_json = "[]";
  args.metadata_json = "null";
  args.by = "10.1.4.7";
  ASSERT_TRUE(node_.cancel(name_));
  EXPECT_THAT(ask().summary, HasSubstr(", at 10.0.0.1:7171"));
  node_.pass(seconds(1));
  ASSERT_TRUE(node_.registry.register_instance(args, node_.now));
  EXPECT_THAT(detail(ask(), "known"), HasSubstr("registered 0.0 s ago by 10.1.4.7 in zone zone-a"));
  // A later registration that came from elsewhere is not that client's.
  registry::RegistrySettings second;
  second.node_id = 2;
  Node other(second);
  registry::JoinArgs join;
  join.by = "10.0.0.2:7171";
  node_.pass(seconds(6));
  ASSERT_TRUE(node_.cancel(name_));
  node_.pass(seconds(1));
  other.now = node_.now;
  other.put(name_);
  ASSERT_TRUE(other.registry.with_record(other.registry.find_record(name_.key()),
                                         [&](const registry::StoredRecord& r) { join.record = r.at(other.now); }));
  node_.registry.join(join, node_.now);
  EXPECT_THAT(detail(ask(), "known"),
              ::testing::AllOf(HasSubstr("written at 10.0.0.2:7171"), ::testing::Not(HasSubstr("10.1.4.7"))));
}

TEST_F(Explain, NothingOfThatName) {
  EXPECT_EQ(ask().cause, Cause::kUnknownApplication);
  node_.put({"other", "zone-a", name_.appid, "uat"});
  EXPECT_EQ(ask().cause, Cause::kUnknownApplication) << "another environment is another application";
}

TEST_F(Explain, AnotherHostOnly) {
  node_.put({"other"});
  EXPECT_EQ(ask().cause, Cause::kUnknownInstance);
}

TEST_F(Explain, SomebodyOnlyWaitsForTheApplication) {
  node_.watch(name_, 0);
  EXPECT_EQ(ask().cause, Cause::kUnknownApplication);
}

TEST_F(Explain, CancelledByAClient) {
  node_.put(name_);
  node_.pass(seconds(5));
  cancel_by("10.1.4.7");
  node_.pass(seconds(30));
  const Answer answer = ask();
  EXPECT_EQ(answer.cause, Cause::kCancelled);
  EXPECT_THAT(answer.summary, HasSubstr("cancelled 30.0 s ago by 10.1.4.7"));
}

TEST_F(Explain, CancelledAtAnotherNode) {
  node_.put(name_);
  registry::RegistrySettings second;
  second.node_id = 2;
  Node other(second);
  const auto join = [](Node& from, Node& to, const Name& name, std::string_view by) {
    registry::JoinArgs args;
    ASSERT_TRUE(from.registry.with_record(from.registry.find_record(name.key()),
                                          [&](const registry::StoredRecord& r) { args.record = r.at(from.now); }));
    args.by =
        by;  // joined after the other registry let go of its lock: neither holds one while it asks for the other's
    to.registry.join(args, to.now);
  };
  join(node_, other, name_, "a");
  ASSERT_TRUE(other.cancel(name_));
  join(other, node_, name_, "10.0.0.2:7171");
  const Answer answer = ask();
  EXPECT_EQ(answer.cause, Cause::kCancelled);
  EXPECT_THAT(answer.summary, HasSubstr("told by 10.0.0.2:7171, at node 2"));
}

TEST_F(Explain, ExpiredWithoutRenewals) {
  node_.put(name_);
  node_.live(minutes(63));
  const Answer answer = ask();
  EXPECT_EQ(answer.cause, Cause::kExpired);
  EXPECT_THAT(answer.summary, HasSubstr("its lease ran out"));
  EXPECT_THAT(detail(answer, "lease"), HasSubstr("over: last renewed 1 h 3 min ago"));
}

TEST_F(Explain, RegisteredAgainAfterItExpired) {
  node_.put(name_);
  node_.live(minutes(63));
  node_.put(name_);
  EXPECT_EQ(ask().cause, Cause::kVisible);
}

TEST_F(Explain, ForgottenAndHowItEnded) {
  node_.put(name_);
  cancel_by("10.1.4.7");
  node_.live(hours(3));
  const Answer answer = ask();
  EXPECT_EQ(answer.cause, Cause::kForgotten);
  EXPECT_THAT(answer.summary, HasSubstr("after it was cancelled 3 h 0 min ago by 10.1.4.7"));
}

TEST_F(Explain, WaitingInsteadOfUp) {
  node_.put(name_, registry::status(2));
  const Answer answer = ask(1);
  EXPECT_EQ(answer.cause, Cause::kOtherStatus);
  EXPECT_THAT(answer.summary, HasSubstr("it is 2 (waiting), the client asks for mask 1"));
  EXPECT_EQ(ask(2).cause, Cause::kVisible);
  EXPECT_EQ(ask(3).cause, Cause::kVisible);
}

TEST_F(Explain, UpWhereTheClientWantsWaitingOnes) {
  node_.put(name_);
  EXPECT_EQ(ask(2).cause, Cause::kOtherStatus);
}

TEST_F(Explain, AnotherZoneThanTheClients) {
  node_.put(name_);
  const Answer answer = ask(1, "zone-b");
  EXPECT_EQ(answer.cause, Cause::kOtherZone);
  EXPECT_THAT(answer.summary, HasSubstr("it is in zone-a, the client asks for zone-b"));
  EXPECT_EQ(ask(1, "zone-a").cause, Cause::kVisible);
}

TEST_F(Explain, OfTwoZonesTheOneTheClientSees) {
  node_.put(name_);
  Name there = name_;
  there.zone = "zone-b";
  node_.put(there, registry::status(2));
  EXPECT_EQ(ask(1).cause, Cause::kVisible);
  EXPECT_EQ(ask(2).cause, Cause::kVisible);
  EXPECT_EQ(ask(1, "zone-b").cause, Cause::kOtherStatus);
  EXPECT_EQ(ask(2, "zone-b").cause, Cause::kVisible);
}

TEST_F(Explain, TheNodeAnswersNoListsYet) {
  node_.put(name_);
  facts_.refuses_reads = "learning what the other nodes know";
  const Answer answer = ask();
  EXPECT_EQ(answer.cause, Cause::kNodeNotReady);
  EXPECT_THAT(answer.summary, HasSubstr("learning"));
}

TEST_F(Explain, HeldBySelfProtection) {
  node_.put(name_);
  node_.pass(minutes(5));
  facts_.protecting = true;
  facts_.renewals_needed = 17;
  const Answer answer = ask();
  EXPECT_EQ(answer.cause, Cause::kVisible);
  EXPECT_THAT(detail(answer, "protection"), HasSubstr("0 renewals in the last minute, 17 needed"));
}

TEST_F(Explain, HeldBecauseANodeIsSilent) {
  node_.put(name_);
  node_.pass(minutes(5));
  facts_.covered_until = registry::kStart;
  facts_.silent_peers = {"10.0.0.2:7171", "10.0.0.3:7171"};
  EXPECT_THAT(detail(ask(), "protection"), HasSubstr("not heard: 10.0.0.2:7171, 10.0.0.3:7171"));
}

TEST_F(Explain, OverButNotSweptYet) {
  node_.put(name_);
  node_.pass(seconds(91));
  EXPECT_THAT(detail(ask(), "protection"), HasSubstr("the next sweep hides it"));
}

TEST_F(Explain, OfAMaskWithOtherBits) {
  node_.put(name_);
  EXPECT_EQ(ask(4).cause, Cause::kOtherStatus);
  EXPECT_EQ(ask(5).cause, Cause::kVisible);
}

class ExplainAgrees : public testing::TestWithParam<uint32_t> {};

TEST_P(ExplainAgrees, WithFetchInEveryState) {
  std::mt19937 random(GetParam());
  const auto below = [&random](uint64_t n) { return static_cast<uint32_t>(random() % n); };
  history::History history(size_t{1} << 20);
  Node node;
  node.registry.set_observer(&history);
  NodeFacts facts;
  facts.expire_after = seconds(90);
  std::array<int, kCauses> seen{};
  for (int step = 0; step < 400; ++step) {
    Name name{"h" + std::to_string(below(6)), below(2) == 0 ? "zone-a" : "zone-b", "app" + std::to_string(below(3))};
    switch (below(7)) {
      case 0:
      case 1:
        node.put(name, registry::status(1 + below(2)));
        break;
      case 2:
        node.cancel(name);
        break;
      case 3:
        static_cast<void>(node.set_status(name, 1 + below(2)));
        break;
      case 4:
        node.replica_cancel(name, node.now_ns());
        break;
      case 5:
        node.live(seconds(below(step % 40 == 0 ? 9000 : 60)));
        break;
      default:
        node.renew(name);
    }
    facts.refuses_reads = below(20) == 0 ? "starting" : "";
    for (int i = 0; i < 5; ++i) {
      const std::string host = "h" + std::to_string(below(7));
      const std::string app = "app" + std::to_string(below(4));
      const std::array<std::string_view, 3> zones = {"", "zone-a", "zone-b"};
      const Question q{{"dev", app}, host, zones[below(3)], zones[below(3)], below(4)};
      const Answer answer = explain(node.registry, history, facts, q, node.now);
      ++seen[static_cast<size_t>(answer.cause)];
      ASSERT_EQ(answer.visible, fetched(node, facts, q)) << answer.summary << ", step " << step;
      ASSERT_FALSE(answer.summary.empty());
    }
  }
  for (const Cause cause : {Cause::kVisible, Cause::kCancelled, Cause::kOtherZone, Cause::kOtherStatus}) {
    EXPECT_GT(seen[static_cast<size_t>(cause)], 0) << cause_name(cause);
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, ExplainAgrees, testing::Range(0U, 10U));

}  // namespace
}  // namespace discovery::explain
