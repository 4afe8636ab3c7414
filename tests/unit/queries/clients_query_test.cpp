#include "queries/clients_query.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace discovery::queries {
namespace {

using guard::Rule;
using nlohmann::json;
using Row = guard::ClientTable::Row;
using std::chrono::seconds;
using ::testing::ElementsAre;

constexpr TimePoint kNow = from_wire_ns(1'700'000'000'000'000'000);

Row row(std::string ip, double rate, uint64_t requests = 10) {
  Row r{.ip = std::move(ip), .requests_per_second = rate, .counts = {}};
  r.counts.requests = requests;
  return r;
}
Row slowed(std::string ip, TimePoint last, uint64_t answers) {
  Row r = row(std::move(ip), 1);
  r.counts.slowed.push_back({Rule::kRegisterLoop, "/discovery/register a", kNow - seconds(60), last, answers});
  return r;
}

std::vector<std::string> addresses(const std::string& query, std::vector<Row> rows,
                                   const ConnectionsByClient& connections = {}) {
  const auto answer = clients_json(std::move(rows), connections, "n", query);
  EXPECT_TRUE(answer) << query;
  std::vector<std::string> all;
  if (answer) {
    const json parsed = json::parse(*answer);
    for (const auto& c : parsed.at("clients")) all.push_back(c.at("address"));
  }
  return all;
}

TEST(ClientsQuery, SortsByWhatIsAsked) {
  const std::vector<Row> rows{row("a", 1), row("b", 9), row("c", 5)};
  const ConnectionsByClient connections{{"a", {3, 0, 0}}, {"c", {1, 1, 0}}, {"d", {2, 0, 0}}};
  EXPECT_THAT(addresses("", rows, connections), ElementsAre("b", "c", "a", "d"));
  EXPECT_THAT(addresses("sort=connections", rows, connections), ElementsAre("a", "d", "c", "b"));
  EXPECT_THAT(addresses("sort=polls&limit=1", rows, connections), ElementsAre("c"));
}

TEST(ClientsQuery, WhatReactorsCountedIsPutTogether) {
  const auto sums =
      sum_by_address({row("a", 1, 10), slowed("b", kNow, 3), row("a", 2, 5), slowed("b", kNow - seconds(5), 4)});
  ASSERT_EQ(sums.size(), 2u);
  EXPECT_EQ(sums[0].counts.requests, 15u);
  EXPECT_EQ(sums[0].requests_per_second, 3);
  ASSERT_EQ(sums[1].counts.slowed.size(), 1u);
  EXPECT_EQ(sums[1].counts.slowed[0].answers, 7u);
  EXPECT_EQ(sums[1].counts.slowed[0].last, kNow);
  const json answer = json::parse(*clients_json(sums, {}, "n", "limit=1000"));
  EXPECT_EQ(answer.at("total"), 2);
  for (const auto& c : answer.at("clients")) {
    if (c.at("address") != "b") continue;
    EXPECT_EQ(c.at("slowed_answers"), 7);
    EXPECT_EQ(c.at("slowed").at(0).at("rule"), "register_loop");
    EXPECT_EQ(c.at("slowed").at(0).at("what"), "/discovery/register a");
  }
}

TEST(ClientsQuery, AClientIsSlowedForTenSeconds) {
  const std::vector<Row> rows{slowed("a", kNow, 1), row("b", 1)};
  EXPECT_EQ(slowed_clients(rows, kNow), 1u);
  EXPECT_EQ(slowed_clients(rows, kNow + kSlowedFor - std::chrono::nanoseconds(1)), 1u);
  EXPECT_EQ(slowed_clients(rows, kNow + kSlowedFor), 0u);
}

TEST(ClientsQuery, BadQuestionsAreRefused) {
  for (const char* bad : {"sort=name", "limit=0", "limit=1001", "limit=", "who=me"}) {
    EXPECT_FALSE(clients_json({}, {}, "n", bad)) << bad;
  }
}

}  // namespace
}  // namespace discovery::queries
