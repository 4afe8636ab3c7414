// Every registered target as a test of GoogleTest: `fuzz_test --gtest_filter='*urlencoded*'`.
#include <gtest/gtest.h>

#include <cstdio>
#include <ostream>

#include "fuzz/seeded_driver.h"

namespace discovery::fuzz {

/// GoogleTest shows it instead of the bytes of a Target.
void PrintTo(const Target& target, std::ostream* out) { *out << target.name; }

namespace {

class Fuzz : public testing::TestWithParam<Target> {};

TEST_P(Fuzz, SurvivesMutatedInput) {
  const uint64_t runs = run_target(GetParam(), Budget::from_environment());
  EXPECT_GT(runs, GetParam().seeds.size());
  RecordProperty("runs", std::to_string(runs));
  std::printf("%s: %llu inputs\n", GetParam().name.c_str(), static_cast<unsigned long long>(runs));
}

INSTANTIATE_TEST_SUITE_P(Target, Fuzz, testing::ValuesIn(all_targets()),
                         [](const auto& each) { return each.param.name; });

}  // namespace

}  // namespace discovery::fuzz
