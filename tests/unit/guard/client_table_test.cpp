#include "guard/client_table.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace discovery::guard {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr TimePoint kStart = from_wire_ns(1'700'000'000'000'000'000);

class ClientTableTest : public testing::Test {
 protected:
  [[nodiscard]] std::optional<ClientTable::Row> row(const std::string& ip) const {
    for (ClientTable::Row& r : table_.rows(ClientTable::Which::kAll, now_)) {
      if (r.ip == ip) return r;
    }
    return std::nullopt;
  }
  ClientTable table_{HashKey{3, 4}};
  TimePoint now_ = kStart;
};

TEST_F(ClientTableTest, CountsEachAddressByItself) {
  for (int i = 0; i < 3; ++i) table_.of("10.0.0.1", now_);
  ++table_.of("10.0.0.2", now_).renews;
  table_.of("10.0.0.1", now_);
  EXPECT_EQ(table_.size(), 2u);
  EXPECT_EQ(row("10.0.0.1")->counts.requests, 4u);
  EXPECT_EQ(row("10.0.0.2")->counts.requests, 1u);
  EXPECT_EQ(row("10.0.0.2")->counts.renews, 1u);
  EXPECT_EQ(row("10.0.0.3"), std::nullopt);
}

TEST_F(ClientTableTest, TheSlowedOnesAlone) {
  table_.of("10.0.0.1", now_);
  EXPECT_TRUE(table_.rows(ClientTable::Which::kSlowed, now_).empty());
  table_.of("10.0.0.2", now_).slowed.push_back({.what = "/discovery/polls shop", .since = now_, .last = now_});
  const auto slowed = table_.rows(ClientTable::Which::kSlowed, now_);
  ASSERT_EQ(slowed.size(), 1u);
  EXPECT_EQ(slowed[0].ip, "10.0.0.2");
}

TEST_F(ClientTableTest, TheRateIsThatOfTheLastWholeWindowAndFadesWhenNothingComes) {
  for (int i = 0; i <= 500; ++i) {  // a hundred a second
    table_.of("10.0.0.1", now_);
    now_ += milliseconds(10);
  }
  EXPECT_NEAR(row("10.0.0.1")->requests_per_second, 100, 1);
  now_ += seconds(100);
  EXPECT_LT(row("10.0.0.1")->requests_per_second, 1);
}

TEST_F(ClientTableTest, AtTheLimitWhoAskedLeastRecentlyGivesWay) {
  const auto name = [](size_t i) { return "client-" + std::to_string(i); };
  for (size_t i = 0; i < ClientTable::kClientsMax; ++i) table_.of(name(i), now_);
  table_.of(name(0), now_);
  EXPECT_EQ(table_.size(), ClientTable::kClientsMax);
  table_.of("one more", now_);
  EXPECT_EQ(table_.size(), ClientTable::kClientsMax);
  EXPECT_TRUE(row(name(0)));
  EXPECT_TRUE(row("one more"));
  EXPECT_FALSE(row(name(1)));
}

}  // namespace
}  // namespace discovery::guard
