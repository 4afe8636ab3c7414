#include "observe/catalogue.h"

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "observe/node_metrics.h"

namespace discovery::observe {
namespace {

std::string docs() {
  std::ifstream in(DISCOVERY_SOURCE_DIR "/docs/metrics.md");
  std::stringstream out;
  out << in.rdbuf();
  EXPECT_FALSE(out.str().empty());
  return out.str();
}

/// The row of docs/metrics.md that says what the catalogue says.
std::string row_of(const MetricInfo& m) {
  std::string labels;
  for (size_t i = 0; i < m.label_count(); ++i) {
    labels += (i == 0 ? "`" : ", `") + std::string(m.labels[i]) + "`";
  }
  return "| `" + std::string(m.name) + "` | " + std::string(type_name(m.type)) + " | " + labels +
         (labels.empty() ? "| " : " | ") + std::string(m.help) + " |";
}

TEST(Catalogue, IsWhatTheDocumentSays) {
  std::vector<std::string> rows;
  std::istringstream in(docs());
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("| `discovery_") || line.starts_with("| `process_")) rows.push_back(line);
  }
  std::vector<std::string> expected;
  for (const MetricInfo* m : catalogue()) expected.push_back(row_of(*m));
  EXPECT_EQ(rows, expected);
}

TEST(Catalogue, TheDocumentHasEveryLabelValue) {
  const std::string text = docs();
  const auto check = [&](auto values) {
    for (const std::string_view v : values) EXPECT_NE(text.find("`" + std::string(v) + "`"), std::string::npos) << v;
  };
  check(kWriteResults);
  check(kCancelCauses);
  check(kWakeReasons);
  check(kThrottleRules);
  check(kEvictReasons);
  check(kReloadResults);
  check(kPeerOps);
  check(kPeerResults);
  check(kRoundResults);
  for (const int code : RequestMetrics::kOutcomes) {
    EXPECT_NE(text.find("`" + std::to_string(code) + "`"), std::string::npos) << code;
  }
  for (const double bound : kBucketBounds) {
    std::ostringstream number;
    number << bound;
    const std::string histograms = text.substr(text.find("## Histograms"));
    EXPECT_TRUE(histograms.find(' ' + number.str()) != std::string::npos ||
                histograms.find('\n' + number.str()) != std::string::npos)
        << bound;
  }
}

TEST(Catalogue, NamesFollowTheConventions) {
  std::set<std::string_view> names;
  for (const MetricInfo* m : catalogue()) {
    EXPECT_TRUE(names.insert(m->name).second) << m->name;
    EXPECT_TRUE(m->name.starts_with("discovery_") || m->name.starts_with("process_")) << m->name;
    EXPECT_EQ(m->name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_"), std::string_view::npos) << m->name;
    EXPECT_EQ(m->type == MetricType::kCounter, m->name.ends_with("_total")) << m->name;
    EXPECT_TRUE(m->type != MetricType::kHistogram || m->name.ends_with("_seconds")) << m->name;
    EXPECT_FALSE(m->help.empty()) << m->name;
    // The library does not escape help.
    EXPECT_EQ(m->help.find_first_of("\\\n|"), std::string_view::npos) << m->name;
    for (size_t i = 0; i < m->labels.size(); ++i) {
      EXPECT_EQ(m->labels[i].empty(), i >= m->label_count()) << m->name;
      EXPECT_NE(m->labels[i], "le") << m->name;
    }
  }
}

}  // namespace
}  // namespace discovery::observe
