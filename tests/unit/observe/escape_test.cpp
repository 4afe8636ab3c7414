#include "observe/escape.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <random>
#include <string>

#include "base/random.h"

namespace discovery::observe {
namespace {

std::string plain(std::string_view text, size_t bytes_max = 1000) {
  std::string out;
  append_escaped(out, text, bytes_max, EscapeMode::kPlain);
  return out;
}

std::string json(std::string_view text, size_t bytes_max = 1000) {
  std::string out;
  append_escaped(out, text, bytes_max, EscapeMode::kJson);
  return out;
}

TEST(Escape, LeavesOrdinaryTextAlone) {
  EXPECT_EQ(plain("shop.cart \"a\\b\" é 購物 😀"), "shop.cart \"a\\b\" é 購物 😀");
  EXPECT_EQ(plain(""), "");
}

TEST(Escape, ShowsControlCharactersByTheirNumber) {
  EXPECT_EQ(plain("a\r\nERROR"), "a\\u000d\\u000aERROR");
  EXPECT_EQ(plain("\x1b[31m"), "\\u001b[31m");
  EXPECT_EQ(plain(std::string_view("\0\x1f\x7f", 3)), "\\u0000\\u001f\\u007f");
  EXPECT_EQ(plain("\xc2\x80\xc2\x9f\xc2\xa0"), "\\u0080\\u009f\xc2\xa0");  // C1 ends at U+009F
}

TEST(Escape, ShowsBidirectionalControlsAndLineSeparators) {
  EXPECT_EQ(plain("\u061c\u200e\u200f\u202a\u202e\u2066\u2069"), "\\u061c\\u200e\\u200f\\u202a\\u202e\\u2066\\u2069");
  EXPECT_EQ(plain("\u2028\u2029"), "\\u2028\\u2029");
  EXPECT_EQ(plain("\u200d\u2010\u2027\u202f\u2065\u206a"), "\u200d\u2010\u2027\u202f\u2065\u206a");  // their neighbours
}

TEST(Escape, ReplacesEachMaximalIllFormedPart) {
  const std::string r = "\xef\xbf\xbd";
  EXPECT_EQ(plain("a\xff"
                  "b"),
            "a" + r + "b");
  EXPECT_EQ(plain("\xc0\xaf"), r + r);  // overlong
  EXPECT_EQ(plain("\xe2\x82"), r);      // cut short
  EXPECT_EQ(plain("\xe2\x82"
                  "a"),
            r + "a");
  EXPECT_EQ(plain("\xed\xa0\x80"), r + r + r);          // surrogate
  EXPECT_EQ(plain("\xf4\x90\x80\x80"), r + r + r + r);  // past U+10FFFF
  EXPECT_EQ(plain("\xf0\x9f\x98"), r);
  EXPECT_EQ(plain("\xe0\x9f\xbf\xf0\x8f\xbf\xbf"), r + r + r + r + r + r + r);
  EXPECT_EQ(plain("\x80"), r);
}

TEST(Escape, TheJsonFormReadsBack) {
  const std::string text = "\"quoted\" \\ \x1b \u202e é\n";
  EXPECT_EQ(nlohmann::json::parse('"' + json(text) + '"').get<std::string>(), text);
  EXPECT_EQ(json("\"\\"), "\\\"\\\\");
}

TEST(Escape, EndsAtTheLimitWithoutCuttingACharacter) {
  EXPECT_EQ(plain("abcd", 4), "abcd");
  EXPECT_EQ(plain("abcde", 4), "abcd…");
  EXPECT_EQ(plain("abé", 4), "abé");
  EXPECT_EQ(plain("abcé", 4), "abc…");
  EXPECT_EQ(plain("\n\n", 12), "\\u000a\\u000a");
  EXPECT_EQ(plain("\n\n", 11), "\\u000a…");
  EXPECT_EQ(json("a\"", 2), "a…");
  EXPECT_EQ(plain("a", 0), "…");
  std::string out = "kept ";
  EXPECT_TRUE(append_escaped(out, "ab", 2, EscapeMode::kPlain));
  EXPECT_FALSE(append_escaped(out, "abc", 2, EscapeMode::kPlain));
  EXPECT_EQ(out, "kept abab…");
}

TEST(Escape, WhateverComesTheResultIsOneJsonStringWithoutControls) {
  const uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  SeededRandom random(seed);
  for (int round = 0; round < 5000; ++round) {
    std::string text(random.below(24), '\0');
    // Bytes that make up sequences come more often than chance would have it.
    constexpr std::string_view kLikely = "\xe2\x80\xae\xc2\x80\xf0\x9f\x98\x80\xed\xa0\\\"\n";
    for (char& c : text) {
      c = random.below(2) == 0 ? kLikely[random.below(kLikely.size())] : static_cast<char>(random.below(256));
    }
    const std::string out = json(text, 40);
    ASSERT_LE(out.size(), 43U);
    for (const char c : out) ASSERT_GE(static_cast<unsigned char>(c), 0x20) << out;
    const auto back = nlohmann::json::parse('"' + out + '"', nullptr, false);
    ASSERT_TRUE(back.is_string()) << out;
    ASSERT_EQ(out.find("\xe2\x80\xae"), std::string::npos);
  }
}

}  // namespace
}  // namespace discovery::observe
