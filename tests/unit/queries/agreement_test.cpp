#include "queries/agreement.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "queries/explain_query.h"
#include "queries/records_query.h"
#include "unit/registry/exchange.h"

namespace discovery::queries {
namespace {

using nlohmann::ordered_json;
using registry::Name;
using registry::Node;
using std::chrono::seconds;
using ::testing::HasSubstr;

class Agreement : public testing::Test {
 protected:
  /// The other node gets the record as it is here.
  void replicate(const Name& name) { registry::carry(node_, other_, name); }
  [[nodiscard]] std::string query() const {
    return "env=" + name_.env + "&appid=" + name_.appid + "&hostname=" + name_.hostname;
  }
  NodeAnswer other() { return {"10.0.0.2:7171", records_json(other_.registry, "10.0.0.2:7171", query(), other_.now)}; }
  ordered_json explain(const std::vector<NodeAnswer>& others, std::string_view zone = "") {
    auto answer = explained(history_, node_.registry, {}, query(), node_.now);
    EXPECT_TRUE(answer);
    const auto here = records_json(node_.registry, "10.0.0.1:7171", answer->records_query, node_.now);
    add_agreement(answer->json, *here, zone, others);
    return answer->json;
  }
  static std::string detail(const ordered_json& answer, const std::string& about) {
    for (const auto& v : answer.at("verdicts")) {
      if (v.at("about") == about) {
        EXPECT_EQ(v.at("passes"), true) << "what others have changes no answer of this node";
        return v.at("detail");
      }
    }
    return "(not said)";
  }

  history::History history_{size_t{1} << 16};
  Node node_{registry::member(1)};
  Node other_{registry::member(2)};
  Name name_;
};

TEST_F(Agreement, OfANodeAlone) {
  node_.put(name_);
  const ordered_json answer = explain({});
  EXPECT_EQ(detail(answer, "nodes"), "there is no other node");
  EXPECT_EQ(answer.at("nodes"), ordered_json::array());
}

TEST_F(Agreement, OneThatHasTheSame) {
  node_.put(name_);
  replicate(name_);
  const ordered_json answer = explain({other()});
  EXPECT_EQ(detail(answer, "nodes"), "1 of 1 other nodes has the same");
  EXPECT_EQ(answer.at("nodes").at(0).at("agrees"), true);
  EXPECT_EQ(answer.at("nodes").at(0).at("address"), "10.0.0.2:7171");
}

TEST_F(Agreement, ThatNobodyKnowsItIsAgreementToo) {
  EXPECT_EQ(detail(explain({other()}), "nodes"), "1 of 1 other nodes has the same");
}

TEST_F(Agreement, EachDifferenceIsNamed) {
  node_.put(name_);
  const auto says = [&] { return detail(explain({other()}), "nodes"); };
  EXPECT_EQ(says(), "0 of 1 other nodes have the same; 10.0.0.2:7171 has no record of it");
  replicate(name_);
  node_.pass(seconds(1));
  other_.pass(seconds(1));
  node_.put(name_);
  EXPECT_THAT(says(), HasSubstr("the same")) << "the same content is the same version";
  ASSERT_TRUE(other_.cancel(name_));
  EXPECT_THAT(says(), HasSubstr("has it cancelled"));
  EXPECT_EQ(explain({other()}).at("nodes").at(0).at("agrees"), false);
}

TEST_F(Agreement, WhatOnlyAnotherHasIsNamed) {
  node_.put(name_);
  replicate(name_);
  const Node empty{registry::member(1)};
  const auto here = records_json(empty.registry, "10.0.0.1:7171", query(), empty.now);
  ordered_json answer{{"verdicts", ordered_json::array()}};
  add_agreement(answer, *here, "", std::vector<NodeAnswer>{other()});
  EXPECT_THAT(detail(answer, "nodes"), HasSubstr("10.0.0.2:7171 has a record of it, visible"));
}

TEST_F(Agreement, OnlyTheZoneThatIsAskedForCounts) {
  Name elsewhere = name_;
  elsewhere.zone = "zone-b";
  node_.put(name_);
  node_.put(elsewhere);
  replicate(name_);
  EXPECT_THAT(detail(explain({other()}), "nodes"), HasSubstr("has no record of it in zone zone-b"));
  EXPECT_THAT(detail(explain({other()}, name_.zone), "nodes"), HasSubstr("1 of 1"));
}

TEST_F(Agreement, NotEveryZoneOfALongListIsNamed) {
  for (int i = 0; i < 9; ++i) {
    Name one = name_;
    one.zone = "zone-" + std::to_string(i);
    node_.put(one);
  }
  const std::string text = detail(explain({other()}), "nodes");
  EXPECT_THAT(text, HasSubstr("in zone zone-3; and more"));
  EXPECT_THAT(text, ::testing::Not(HasSubstr("zone-4")));
}

TEST_F(Agreement, WhereTheLastRenewalArrived) {
  node_.put(name_);
  replicate(name_);
  EXPECT_THAT(detail(explain({other()}), "renewal"), HasSubstr("0.0 s ago at 10.0.0.1:7171"));
  node_.pass(seconds(20));
  other_.pass(seconds(15));
  ASSERT_TRUE(other_.renew(name_));
  other_.pass(seconds(5));
  EXPECT_EQ(detail(explain({other()}), "renewal"), "the last one arrived 5.0 s ago at 10.0.0.2:7171");
}

TEST_F(Agreement, WhoIsSilentOrTalksNonsenseAgreesWithNothing) {
  node_.put(name_);
  replicate(name_);
  std::vector<NodeAnswer> others{other(), {"10.0.0.3:7171", Error{ErrorCode::kUnavailable, "no answer: timeout"}}};
  const std::string deep = std::string(50'000, '[') + std::string(50'000, ']');
  for (const std::string& bad :
       {std::string("[]"), std::string(), std::string("{}"), std::string(R"({"node":"n","records":3})"),
        std::string(R"({"node":"n","records":[3]})"), std::string(R"({"node":"n","records":[{"zone":"z"}]})"),
        std::string(R"({"records":[]})"),
        std::string(
            R"({"node":"n","records":[{"zone":"z","state":"gone","status":1,"version_number":{"t":1,"node":1}}]})"),
        R"({"node":"n","records":[)" + deep + "]}"}) {
    others.push_back({"10.0.0.4:7171", bad});
  }
  const ordered_json answer = explain(others);
  EXPECT_THAT(detail(answer, "nodes"),
              HasSubstr("1 of 11 other nodes has the same; 10.0.0.3:7171 no answer: timeout;"));
  for (size_t i = 1; i < others.size(); ++i) EXPECT_TRUE(answer.at("nodes").at(i).at("agrees").is_null()) << i;
  EXPECT_EQ(answer.at("nodes").at(2).at("says"), "what it answers is no answer of a node");
}

TEST_F(Agreement, TheQuestionToTheOthersIsEncoded) {
  const auto answer =
      explained(history_, node_.registry, {}, "env=a%26b&appid=c%3Dd&hostname=e%20f&nodes=0", node_.now);
  ASSERT_TRUE(answer);
  EXPECT_FALSE(answer->asks_nodes);
  EXPECT_EQ(answer->records_query, "env=a%26b&appid=c%3Dd&hostname=e%20f");
  EXPECT_FALSE(explained(history_, node_.registry, {}, "env=a&appid=b&hostname=c&nodes=2", node_.now));
}

}  // namespace
}  // namespace discovery::queries
