#include "codec/text.h"

#include <gtest/gtest.h>

#include <string>

namespace discovery::codec {
namespace {

struct Case {
  std::string text;
  std::string repaired;
};

const Case kBroken[] = {
    {"\x80", "\uFFFD"},                                // a lone continuation
    {"\xC0\xAF", "\uFFFD\uFFFD"},                      // overlong '/'
    {"\xE0\x80\xAF", "\uFFFD\uFFFD\uFFFD"},            // overlong in three bytes
    {"\xED\xA0\x80", "\uFFFD\uFFFD\uFFFD"},            // a surrogate
    {"\xF4\x90\x80\x80", "\uFFFD\uFFFD\uFFFD\uFFFD"},  // past U+10FFFF
    {"\xF5", "\uFFFD"},
    {"\xE2\x82", "\uFFFD"},  // cut short: one maximal part
    {"\xF0\x9F\x98", "\uFFFD"},
    {"\xF0\x9F\x98z", "\uFFFDz"},
    {"a\xC3", "a\uFFFD"},
    {"12345678\xFF"
     "12345678",
     "12345678\uFFFD"
     "12345678"},
    // Unicode 15, table 3-8.
    {"\x61\xF1\x80\x80\xE1\x80\xC2\x62\x80\x63\x80\xBF\x64", "a\uFFFD\uFFFD\uFFFDb\uFFFDc\uFFFD\uFFFDd"},
};

TEST(Text, AcceptsWellFormedUtf8) {
  for (const char* text : {"", "plain", "exactly8", "längere Zeile mit Umlaut", "\u0080\u07FF\u0800\uD7FF\uE000\uFFFF",
                           "\U00010000\U0010FFFF",
                           "12345678\u00e4"
                           "12345678\u20ac"}) {
    EXPECT_TRUE(is_utf8(text)) << text;
    EXPECT_EQ(repair_utf8(text), text);
  }
  EXPECT_TRUE(is_utf8(std::string_view("a\0b", 3)));
}

TEST(Text, RepairsEachMaximalIllFormedPart) {
  for (const Case& c : kBroken) {
    EXPECT_FALSE(is_utf8(c.text)) << testing::PrintToString(c.text);
    EXPECT_EQ(repair_utf8(c.text), c.repaired) << testing::PrintToString(c.text);
    EXPECT_TRUE(is_utf8(c.repaired));
  }
}

TEST(Text, FindsABadByteAtEveryOffset) {
  for (size_t at = 0; at < 40; ++at) {
    std::string text(40, 'x');
    text[at] = '\xFE';
    EXPECT_FALSE(is_utf8(text)) << at;
    EXPECT_EQ(repair_utf8(text), std::string(at, 'x') + "\uFFFD" + std::string(39 - at, 'x'));
  }
}

TEST(Text, PrintableEscapesWhatATerminalActsUpon) {
  EXPECT_EQ(printable("a\r\nERROR"), "a\\u000d\\u000aERROR");
  EXPECT_EQ(printable("\x1b[31m\x7f"), "\\u001b[31m\\u007f");
  EXPECT_EQ(printable("\u009b\u202e\u2066\u200f\u061c"), "\\u009b\\u202e\\u2066\\u200f\\u061c");
  EXPECT_EQ(printable("\xff|"), "\uFFFD|");
  EXPECT_EQ(printable("schön 漢字"), "schön 漢字");
  EXPECT_EQ(printable(std::string_view("\0", 1)), "\\u0000");
}

TEST(Text, PrintableIsCutAtWholePieces) {
  EXPECT_EQ(printable("abcd", 4), "abcd");
  EXPECT_EQ(printable("abcde", 4), "abcd…");
  EXPECT_EQ(printable("abc\n", 8), "abc…");
  EXPECT_EQ(printable("abc\n", 9), "abc\\u000a");
  EXPECT_EQ(printable("aä", 2), "a…");
  EXPECT_EQ(printable("", 0), "");
  EXPECT_EQ(printable(std::string(257, 'x')), std::string(256, 'x') + "…");
}

TEST(Text, EqualsIgnoringCaseKnowsAsciiOnly) {
  EXPECT_TRUE(equals_ignoring_case("Content-TYPE", "content-type"));
  EXPECT_FALSE(equals_ignoring_case("ä", "Ä"));
  EXPECT_FALSE(equals_ignoring_case("a", "ab"));
  EXPECT_FALSE(equals_ignoring_case("[", "{"));
}

}  // namespace
}  // namespace discovery::codec
