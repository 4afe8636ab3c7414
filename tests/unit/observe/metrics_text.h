// Reads the Prometheus text format 0.0.4 strictly, for tests: whatever is not as the format says fails the test.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace discovery::observe::testing {

using Labels = std::map<std::string, std::string>;

struct Sample {
  std::string name;
  Labels labels;
  double value = 0;
};

struct Family {
  std::string help;
  std::string type;
  std::vector<Sample> samples;

  /// The one sample with these labels (and that name, when the family is a histogram); fails the test when there is
  /// none.
  [[nodiscard]] double value(const Labels& labels, std::string_view name = "") const;
  [[nodiscard]] bool has(const Labels& labels) const;
};

/// By family name. A sample belongs to the HELP and TYPE before it; duplicates fail the test.
std::map<std::string, Family> parse_metrics(const std::string& text);

}  // namespace discovery::observe::testing
