#include "base/result.h"

#include <gtest/gtest.h>

#include <memory>

namespace discovery {
namespace {

Result<int> half(int n) {
  if (n % 2 != 0) return invalid("odd");
  return n / 2;
}
Result<void> nothing(bool good) {
  if (!good) return not_found("none");
  return {};
}

TEST(Result, HoldsAValue) {
  const auto r = half(4);
  ASSERT_TRUE(r.has_value());
  EXPECT_TRUE(static_cast<bool>(r));
  EXPECT_EQ(*r, 2);
}

TEST(Result, HoldsAnError) {
  const auto r = half(3);
  ASSERT_FALSE(r.has_value());
  EXPECT_EQ(r.error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(r.error().message, "odd");
}

TEST(Result, OfNothingTellsSuccessFromFailure) {
  EXPECT_TRUE(nothing(true));
  ASSERT_FALSE(nothing(false));
  EXPECT_EQ(nothing(false).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(nothing(false).error().message, "none");
}

TEST(Result, ValueOfAnErrorThrowsItsMessage) {
  try {
    (void)half(3).value();
    FAIL() << "value() of an error must throw";
  } catch (const std::runtime_error& e) {
    EXPECT_STREQ(e.what(), "odd");
  }
}

TEST(Result, CarriesWhatCanOnlyBeMoved) {
  const auto make = [](bool good) -> Result<std::unique_ptr<int>> {
    if (!good) return Error{ErrorCode::kExhausted, "full"};
    return std::make_unique<int>(7);
  };
  auto r = make(true);
  ASSERT_TRUE(r);
  const std::unique_ptr<int> taken = std::move(*r);
  EXPECT_EQ(*taken, 7);
  EXPECT_EQ(make(false).error().code, ErrorCode::kExhausted);
}

TEST(ErrorCode, CountNamesTheLastOne) {
  EXPECT_EQ(static_cast<int>(ErrorCode::kInternal) + 1, kErrorCodeCount);
  EXPECT_EQ(Error{}.code, ErrorCode::kInternal);  // who forgets to say whose fault it is, takes it
}

}  // namespace
}  // namespace discovery
