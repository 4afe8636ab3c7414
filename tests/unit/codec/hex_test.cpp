#include "codec/hex.h"

#include <gtest/gtest.h>

#include <string>

namespace discovery::codec {
namespace {

using std::literals::operator""s;

std::string all_bytes() {
  std::string bytes;
  for (int b = 0; b < 256; ++b) bytes += static_cast<char>(b);
  return bytes;
}

TEST(Hex, ComesBackWhole) {
  EXPECT_EQ(to_hex(""), "");
  EXPECT_EQ(to_hex("\x00\x7f\xff"s), "007fff");
  const auto back = from_hex(to_hex(all_bytes()));
  ASSERT_TRUE(back);
  EXPECT_EQ(*back, all_bytes());
}

TEST(Hex, TakesEitherCase) {
  const auto bytes = from_hex("aAbBcCdDeEfF09");
  ASSERT_TRUE(bytes);
  EXPECT_EQ(*bytes, "\xaa\xbb\xcc\xdd\xee\xff\x09");
}

TEST(Hex, RefusesWhatIsNone) {
  for (const std::string_view text : {"0", "abc", "0g", "g0", "0x12", " 0", "0 ", "-1", "\xc3\xa4"}) {
    const auto bytes = from_hex(text);
    ASSERT_FALSE(bytes) << text;
    EXPECT_EQ(bytes.error().code, ErrorCode::kInvalidArgument) << text;
  }
  EXPECT_FALSE(from_hex("00\0\0"s));
}

}  // namespace
}  // namespace discovery::codec
