#include "base/function_ref.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace discovery {
namespace {

int apply(FunctionRef<int(int)> f, int x) { return f(x); }

TEST(FunctionRef, CallsALambdaWithItsCaptures) {
  int base = 10;
  EXPECT_EQ(apply([&](int x) { return base + x; }, 5), 15);
}

TEST(FunctionRef, KeepsTheStateOfTheCallable) {
  int calls = 0;
  auto counter = [calls](int) mutable { return ++calls; };
  const FunctionRef<int(int)> f = counter;
  f(0);
  EXPECT_EQ(f(0), 2);
  EXPECT_EQ(counter(0), 3);  // borrowed, not copied
  EXPECT_EQ(calls, 0);
}

TEST(FunctionRef, CallsAConstCallable) {
  const auto twice = [](int x) { return 2 * x; };
  EXPECT_EQ(apply(twice, 4), 8);
}

TEST(FunctionRef, ForwardsReferencesAndMoves) {
  std::string text = "a";
  auto append = [](std::string& s) { s += "b"; };
  FunctionRef<void(std::string&)>{append}(text);
  EXPECT_EQ(text, "ab");
  auto read = [](std::unique_ptr<int> p) { return *p; };
  EXPECT_EQ(FunctionRef<int(std::unique_ptr<int>)>{read}(std::make_unique<int>(3)), 3);
}

TEST(FunctionRef, CopiesCallTheSameCallable) {
  int seen = 0;
  auto add = [&](int x) { return seen += x; };
  const FunctionRef<int(int)> first = add;
  const FunctionRef<int(int)> second = first;
  first(1);
  second(2);
  EXPECT_EQ(seen, 3);
}

TEST(FunctionRef, IsTwoWords) { EXPECT_EQ(sizeof(FunctionRef<void()>), 2 * sizeof(void*)); }

}  // namespace
}  // namespace discovery
