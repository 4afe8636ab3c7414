#include "fuzz/seeded_driver.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

namespace discovery::fuzz {
namespace {

Target target_named(const std::string& name, void (*run)(std::string_view)) {
  return {name, run, {"a=1&b=2", "some longer seed to cut pieces from"}, {"&", "="}};
}

std::vector<std::string> first_inputs(const Target& target, uint64_t seed) {
  Mutator mutator(target, seed);
  std::vector<std::string> inputs;
  for (int i = 0; i < 2000; ++i) inputs.push_back(mutator.next());
  return inputs;
}

TEST(SeededDriver, OneSeedIsOneSequence) {
  const Target target = target_named("sequence", nullptr);
  EXPECT_EQ(first_inputs(target, 7), first_inputs(target, 7));
  EXPECT_NE(first_inputs(target, 7), first_inputs(target, 8));
  EXPECT_NE(first_inputs(target, 7), first_inputs(target_named("another", nullptr), 7));
}

TEST(SeededDriver, InputsAreVariedAndBounded) {
  const auto inputs = first_inputs(target_named("varied", nullptr), 1);
  const std::set<std::string> distinct(inputs.begin(), inputs.end());
  EXPECT_GT(distinct.size(), inputs.size() / 2);
  for (const std::string& input : inputs) EXPECT_LE(input.size(), Mutator::kInputBytesMax);
}

TEST(SeededDriver, RunsExactlyAsOftenAsAsked) {
  static uint64_t calls;
  calls = 0;
  const Target target = target_named("count", [](std::string_view) { ++calls; });
  Budget budget;
  budget.runs = 100;
  EXPECT_EQ(run_target(target, budget), 100 + target.seeds.size());
  EXPECT_EQ(calls, 100 + target.seeds.size());
}

std::string saved_by(const std::string& name) {
  const std::string file = "fuzz-last-" + name + ".bin";
  std::ifstream in(file, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  std::filesystem::remove(file);
  return text;
}

using SeededDriverDeathTest = testing::Test;

TEST(SeededDriverDeathTest, LeavesTheInputThatBrokeACheck) {
  const Target target =
      target_named("self_check", [](std::string_view input) { FUZZ_CHECK(!input.starts_with("so")); });
  EXPECT_DEATH(run_target(target, {}), "does not hold at .*starts_with(.|\n)*the input is in fuzz-last-self_check.bin");
  EXPECT_EQ(saved_by("self_check"), target.seeds[1]);
}

TEST(SeededDriverDeathTest, LeavesTheInputThatReadBeyondMemory) {
  const Target target = target_named("self_crash", [](std::string_view input) {
    static const volatile char* volatile nowhere = nullptr;
    if (input.starts_with("so") && *nowhere != 0) std::puts("not reached");
  });
  EXPECT_DEATH(run_target(target, {}), "the input is in fuzz-last-self_crash.bin");
  EXPECT_EQ(saved_by("self_crash"), target.seeds[1]);
}

TEST(SeededDriver, RunsASavedInputAgain) {
  static std::string seen;
  const std::string file = testing::TempDir() + "fuzz-replay.bin";
  const std::string text("saved\0input", 11);
  std::ofstream(file, std::ios::binary) << text;
  Budget budget;
  budget.only_input = file;
  EXPECT_EQ(run_target(target_named("replay", [](std::string_view input) { seen = input; }), budget), 1U);
  EXPECT_EQ(seen, text);
}

}  // namespace
}  // namespace discovery::fuzz
