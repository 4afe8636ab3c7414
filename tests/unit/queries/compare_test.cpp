#include "queries/compare.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <set>

#include "queries/records_query.h"
#include "unit/registry/exchange.h"

namespace discovery::queries {
namespace {

using nlohmann::json;
using registry::Name;
using registry::Node;
using ::testing::HasSubstr;

Result<std::string> ask(const Node& node, const std::string& target) {
  const size_t mark = target.find('?');
  if (mark == std::string::npos) return digest_json(node.registry, "node", "");
  return records_json(node.registry, "node", target.substr(mark + 1), node.now);
}

/// Everything of `from` that is newer goes to `to`.
void replicate(const Node& from, Node& to) {
  for (const registry::Parcel& parcel : registry::all_records(from)) registry::join(to, parcel.record());
}

class Compare : public testing::Test {
 protected:
  Compare() {
    for (int i = 0; i < 300; ++i) here_.put({"h" + std::to_string(i), "z", "app" + std::to_string(i % 20)});
    replicate(here_, there_);
  }
  Comparison run(const std::function<void()>& meanwhile = [] {}) {
    paused_ = 0;
    const auto compared = compare([this](const std::string& t) { return ask(here_, t); },
                                  [this](const std::string& t) { return ask(there_, t); },
                                  [&] {
                                    ++paused_;
                                    meanwhile();
                                  });
    EXPECT_TRUE(compared);
    return compared ? *compared : Comparison{};
  }
  static std::set<std::string> hosts(const Comparison& c, std::string_view kind) {
    std::set<std::string> all;
    for (const Difference& d : c.differences) {
      if (d.kind() == kind) all.insert(d.hostname);
    }
    return all;
  }
  Node here_{registry::member(1)};
  Node there_{registry::member(2)};
  int paused_ = 0;
};

TEST_F(Compare, EqualNodesAreNotLookedAtTwice) {
  const Comparison c = run();
  EXPECT_TRUE(c.differences.empty());
  EXPECT_EQ(c.records_here, 300u);
  EXPECT_EQ(c.records_there, 300u);
  EXPECT_EQ(paused_, 0);
  EXPECT_EQ(comparison_json(c).at("equal"), true);
}

TEST_F(Compare, ListsExactlyWhatWasPlanted) {
  here_.pass(std::chrono::seconds(1));
  there_.pass(std::chrono::seconds(1));
  here_.put({"only-here", "z", "app1"});
  there_.put({"only-there", "z", "app2"});
  here_.put({"h3", "z", "app3"}, registry::version("other"));
  ASSERT_TRUE(there_.cancel({"h4", "z", "app4"}));
  ASSERT_TRUE(here_.set_status({"h5", "z", "app5"}, 2));
  const Comparison c = run();
  EXPECT_EQ(hosts(c, "missing_there"), std::set<std::string>{"only-here"});
  EXPECT_EQ(hosts(c, "missing_here"), std::set<std::string>{"only-there"});
  EXPECT_EQ(hosts(c, "different"), (std::set<std::string>{"h3", "h4", "h5"}));
  EXPECT_EQ(comparison_json(c).at("equal"), false);
}

TEST_F(Compare, SeesThatOneHidesWhatTheOtherLists) {
  there_.registry.set_protection_allowed(false);
  // All but one renew there, so that it alone is hidden.
  for (int minute = 0; minute < 5; ++minute) {
    for (int i = 0; i < 300; ++i) {
      if (i != 7) there_.renew({"h" + std::to_string(i), "z", "app" + std::to_string(i % 20)});
    }
    there_.live(std::chrono::minutes(1));
  }
  ASSERT_FALSE(there_.listed({"h7", "z", "app7"}));
  const Comparison c = run();
  ASSERT_EQ(c.differences.size(), 1u);
  EXPECT_EQ(c.differences[0].hostname, "h7");
  EXPECT_EQ(c.differences[0].here.at("state"), "visible");
  EXPECT_EQ(c.differences[0].there.at("state"), "hidden");
}

TEST_F(Compare, WhatIsOnItsWayIsNoDifference) {
  here_.put({"new", "z", "app1"});
  EXPECT_TRUE(run([&] { replicate(here_, there_); }).differences.empty());
  EXPECT_EQ(paused_, 1);
}

TEST_F(Compare, WhatMovesOnBothSidesIsNoDifferenceYet) {
  here_.put({"busy", "z", "app1"}, registry::version("1"));
  const Comparison c = run([&] {
    replicate(here_, there_);
    here_.pass(std::chrono::seconds(1));
    here_.put({"busy", "z", "app1"}, registry::version("2"));
  });
  EXPECT_TRUE(c.differences.empty());
}

TEST_F(Compare, WhatOneSideNeverHearsOfIsOneHoweverOftenItChanges) {
  here_.put({"busy", "z", "app1"}, registry::version("1"));
  const Comparison c = run([&] {
    here_.pass(std::chrono::seconds(1));
    here_.put({"busy", "z", "app1"}, registry::version("2"));
  });
  EXPECT_EQ(hosts(c, "missing_there"), std::set<std::string>{"busy"});
}

TEST_F(Compare, ListsAThousandAndSaysThatThereAreMore) {
  for (int i = 0; i < 1500; ++i) here_.put({"more" + std::to_string(i), "z", "app"});
  const Comparison c = run();
  EXPECT_EQ(c.differences.size(), kDifferencesMax);
  EXPECT_TRUE(c.more);
}

TEST_F(Compare, ANodeThatAnswersSomethingElseIsNamedInTheError) {
  const auto against = [&](const std::string& answer) {
    return compare([this](const std::string& t) { return ask(here_, t); },
                   [&](const std::string& t) -> Result<std::string> {
                     return t == "/api/digest" ? answer : R"({"records":[{"env":1}]})";
                   },
                   [] {});
  };
  std::string sums = R"({"node":"x","records":1,"sums":[)";
  for (int i = 0; i < 256; ++i) sums += (i > 0 ? ",\"0\"" : "\"0\"");
  for (const char* const bad : {"", "404 page not found", "[]", "{}", R"({"node":1,"records":1,"sums":[]})",
                                R"({"node":"x","records":-1,"sums":[]})", R"({"node":"x","records":1,"sums":["1"]})"}) {
    const auto compared = against(bad);
    ASSERT_FALSE(compared) << bad;
    EXPECT_EQ(compared.error().code, ErrorCode::kUnavailable);
    EXPECT_THAT(compared.error().message, HasSubstr("/api/digest"));
  }
  const std::string deep =
      R"({"node":"x","records":1,"sums":)" + std::string(100'000, '[') + std::string(100'000, ']') + "}";
  EXPECT_FALSE(against(deep)) << "it is not followed down";
  const auto records = against(sums + "]}");
  ASSERT_FALSE(records);
  EXPECT_THAT(records.error().message, HasSubstr("/api/records"));
}

TEST_F(Compare, RecordsOfAnotherShapeAreNoAnswer) {
  std::string sums = R"({"node":"x","records":1,"sums":[)";
  for (int i = 0; i < 256; ++i) sums += (i > 0 ? ",\"0\"" : "\"0\"");
  const std::string begin = R"({"records":[{"env":"e","appid":"a","zone":"z","hostname":"h",)";
  for (const std::string& bad :
       {std::string(R"("state":1,"status":1,"version_number":{"t":1,"node":1}}]})"),
        std::string(R"("state":"visible","status":"1","version_number":{"t":1,"node":1}}]})"),
        std::string(R"("state":"visible","status":1,"version_number":{"t":1}}]})"),
        std::string(R"("state":"visible","status":1,"version_number":{"t":1,"node":1,"set":3}}]})"),
        std::string(R"("state":"visible","status":1}]})"),
        R"("state":)" + std::string(50'000, '[') + std::string(50'000, ']') + "}]}"}) {
    const auto compared = compare(
        [this](const std::string& t) { return ask(here_, t); },
        [&](const std::string& t) -> Result<std::string> { return t == "/api/digest" ? sums + "]}" : begin + bad; },
        [] {});
    ASSERT_FALSE(compared) << bad.substr(0, 100);
    EXPECT_THAT(compared.error().message, HasSubstr("/api/records"));
  }
}

TEST_F(Compare, ItsParametersHaveBounds) {
  EXPECT_FALSE(digest_json(here_.registry, "n", "branch=1"));
  EXPECT_TRUE(records_json(here_.registry, "n", "branch=255", here_.now));
  for (const char* bad : {"", "branch=256", "branch=-1", "branch=x", "branch=1&leaf=2", "branch=1&env=e",
                          "env=e&appid=a", "env=e&hostname=h", "appid=a&hostname=h", "env=e&appid=a&hostname="}) {
    EXPECT_FALSE(records_json(here_.registry, "n", bad, here_.now)) << bad;
  }
}

}  // namespace
}  // namespace discovery::queries
