#include "codec/percent.h"

#include <gtest/gtest.h>

#include <string>

namespace discovery::codec {
namespace {

using namespace std::string_literals;

TEST(PercentDecodeForm, AppendsTheDecoding) {
  std::string out = "kept:";
  EXPECT_TRUE(percent_decode_form("http%3A%2f%2F10.1.0.7+x%00", out));
  EXPECT_EQ(out, "kept:http://10.1.0.7 x\0"s);
  EXPECT_TRUE(percent_decode_form("", out));
  EXPECT_TRUE(percent_decode_form("plain", out));
  EXPECT_EQ(out, "kept:http://10.1.0.7 x\0plain"s);
}

TEST(PercentDecodeForm, LeavesTheOutputAloneOnAnInvalidEscape) {
  for (const char* bad :
       {"%", "%4", "a%4", "%zz", "%4g", "%g4", "a%%41", "%-1", "% 1", "long enough to grow the string %"}) {
    std::string out = "before";
    EXPECT_FALSE(percent_decode_form(bad, out)) << bad;
    EXPECT_EQ(out, "before") << bad;
  }
}

TEST(PercentDecodeForm, DecodesOnceOnly) {
  std::string out;
  EXPECT_TRUE(percent_decode_form("%2541", out));
  EXPECT_EQ(out, "%41");
}

TEST(PercentEncode, RoundTripsEveryByte) {
  std::string all;
  for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
  std::string encoded;
  percent_encode(all, encoded);
  EXPECT_EQ(encoded.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~%"),
            std::string::npos);
  std::string back;
  EXPECT_TRUE(percent_decode_form(encoded, back));
  EXPECT_EQ(back, all);
}

TEST(PercentEncode, KeepsTheUnreservedAndAppends) {
  std::string out = "q=";
  percent_encode("aZ09-._~ /+\xc3\xa4", out);
  EXPECT_EQ(out, "q=aZ09-._~%20%2F%2B%C3%A4");
}

struct PathCase {
  std::string_view raw;
  std::string_view clean;
};

TEST(CleanPath, ResolvesElementsAsTheOriginalDoes) {
  const PathCase cases[] = {
      {"/", "/"},
      {"/discovery/fetch", "/discovery/fetch"},
      {"/discovery/fetch/", "/discovery/fetch/"},
      {"//discovery///fetch", "/discovery/fetch"},
      {"/discovery/fetch//", "/discovery/fetch/"},
      {"/discovery/./fetch", "/discovery/fetch"},
      {"/./", "/"},
      {"/.", "/"},
      {"/a/.", "/a/"},
      {"/a/..", "/"},
      {"/a/b/..", "/a"},
      {"/a/b/../", "/a/"},
      {"/a/b/../c", "/a/c"},
      {"/..", "/"},
      {"/../../x", "/x"},
      {"/a/../../../b/", "/b/"},
      {"/x/../discovery/renew", "/discovery/renew"},
      {"/a/...", "/a/..."},
      {"/a/..b/.c/d.", "/a/..b/.c/d."},
      {"/a+b", "/a+b"},
      {"/a//../b", "/b"},
  };
  for (const PathCase& c : cases) {
    std::string out = "replaced";
    EXPECT_TRUE(clean_path(c.raw, out)) << c.raw;
    EXPECT_EQ(out, c.clean) << c.raw;
  }
}

TEST(CleanPath, DecodesBeforeItResolves) {
  std::string out;
  EXPECT_TRUE(clean_path("/discovery/%2e%2e/x", out));
  EXPECT_EQ(out, "/x");
  EXPECT_TRUE(clean_path("/discovery%2F%2Ffetch", out));
  EXPECT_EQ(out, "/discovery/fetch");
  EXPECT_TRUE(clean_path("/a/.%2E", out));
  EXPECT_EQ(out, "/");
  EXPECT_TRUE(clean_path("/%252e%252e/a", out));
  EXPECT_EQ(out, "/%2e%2e/a") << "decoded once";
  EXPECT_TRUE(clean_path("/d%C3%A4", out));
  EXPECT_EQ(out, "/d\xc3\xa4");
}

TEST(CleanPath, RefusesWhatIsNoPath) {
  for (const std::string& bad : {""s, "*"s, "discovery"s, "%2Fx"s, "/a%"s, "/a%2"s, "/a%zz"s, "/a%00b"s, "/a\0b"s}) {
    std::string out = "replaced";
    EXPECT_FALSE(clean_path(bad, out)) << testing::PrintToString(bad);
    EXPECT_EQ(out, "");
  }
}

TEST(CleanPath, IsLinearInTheNumberOfElements) {
  std::string raw;
  for (int i = 0; i < 200'000; ++i) raw += "/a/..";
  std::string out;
  EXPECT_TRUE(clean_path(raw, out));
  EXPECT_EQ(out, "/");
  raw.clear();
  for (int i = 0; i < 200'000; ++i) raw += "/a";
  for (int i = 0; i < 200'001; ++i) raw += "/..";
  EXPECT_TRUE(clean_path(raw, out));
  EXPECT_EQ(out, "/");
}

}  // namespace
}  // namespace discovery::codec
