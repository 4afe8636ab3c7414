#include "node/config_value.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace discovery::node {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using namespace std::chrono_literals;

Duration duration(std::string_view text) {
  const Result<Duration> value = parse_duration(text);
  EXPECT_TRUE(value) << text;
  return value ? *value : Duration(-1);
}

TEST(Duration, TakesWhatTheOriginalsFilesHold) {
  EXPECT_EQ(duration("40s"), 40s);
  EXPECT_EQ(duration("1m30s"), 90s);
  EXPECT_EQ(duration("500ms"), 500ms);
  EXPECT_EQ(duration("15m"), 15min);
  EXPECT_EQ(duration("1.5h"), 90min);
  EXPECT_EQ(duration(".5s"), 500ms);
  EXPECT_EQ(duration("1.s"), 1s);
  EXPECT_EQ(duration("0"), 0s);
  EXPECT_EQ(duration("7us"), 7us);
  EXPECT_EQ(duration("7\xC2\xB5s"), 7us);
  EXPECT_EQ(duration("1h2m3s4ms5us6ns"), 1h + 2min + 3s + 4ms + 5us + 6ns);
  EXPECT_EQ(duration("0.1234567894s"), 123456789ns);  // decimals past a nanosecond are cut off
}

TEST(Duration, RefusesWhatHasNoUnitOrIsNone) {
  for (const char* text : {"", "30", "s", "30 s", "-1s", "+1s", "1d", "1m30", "1S", ".s", "1..5s", "1e3s", "\xFF"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
  EXPECT_THAT(parse_duration("30").error().message, HasSubstr("with a unit"));
}

TEST(Duration, EndsAtTheLargestNanosecond) {
  EXPECT_EQ(duration("9223372036854775807ns"), Duration::max());
  EXPECT_FALSE(parse_duration("9223372036854775808ns"));
  EXPECT_FALSE(parse_duration("9223372036854775807ns1ns"));
  EXPECT_FALSE(parse_duration("99999999999h"));
  EXPECT_FALSE(parse_duration("99999999999999999999999s"));
}

TEST(Duration, IsWrittenInItsShortestForm) {
  EXPECT_EQ(format_duration(0s), "0s");
  EXPECT_EQ(format_duration(90s), "1m30s");
  EXPECT_EQ(format_duration(3600s), "1h");
  EXPECT_EQ(format_duration(1500ms), "1s500ms");
}

TEST(Duration, ReadsBackAsWritten) {
  const uint32_t seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 2000; ++i) {
    const Duration value(static_cast<int64_t>(random() >> (1 + random() % 60)));
    EXPECT_EQ(duration(format_duration(value)), value);
  }
}

TEST(Size, TakesBytesAndUnits) {
  EXPECT_EQ(*parse_size("4096"), 4096U);
  EXPECT_EQ(*parse_size("64MiB"), 64U << 20);
  EXPECT_EQ(*parse_size("10MB"), 10'000'000U);
  EXPECT_EQ(*parse_size("1kb"), 1000U);
  EXPECT_EQ(*parse_size("2tib"), 2ULL << 40);
  EXPECT_EQ(*parse_size("7B"), 7U);
  EXPECT_EQ(*parse_size("0"), 0U);
}

TEST(Size, RefusesTheRest) {
  for (const char* text : {"", "MiB", "10 apples", "10 MiB", "-1", "1.5MiB", "0x10", "64M", "1MiBB", "\x01"}) {
    EXPECT_FALSE(parse_size(text)) << text;
  }
}

TEST(Size, EndsAtTheLargestNumber) {
  EXPECT_EQ(*parse_size("9223372036854775807"), 9223372036854775807U);
  EXPECT_FALSE(parse_size("9223372036854775808"));
  EXPECT_TRUE(parse_size("8388607TiB"));
  EXPECT_FALSE(parse_size("8388608TiB"));
  EXPECT_FALSE(parse_size("18446744073709551615TiB"));
}

TEST(Size, ReadsBackAsWritten) {
  EXPECT_EQ(format_size(0), "0");
  EXPECT_EQ(format_size(1000), "1000");
  EXPECT_EQ(format_size(1536), "1536");
  EXPECT_EQ(format_size(3 << 10), "3KiB");
  EXPECT_EQ(format_size(64 << 20), "64MiB");
  for (const uint64_t bytes : {1ULL, 1023ULL, 1024ULL, 10'000'000ULL, 5ULL << 40}) {
    EXPECT_EQ(*parse_size(format_size(bytes)), bytes);
  }
}

TEST(Number, IsDigitsOnly) {
  EXPECT_EQ(*parse_number("0"), 0U);
  EXPECT_EQ(*parse_number("9223372036854775807"), 9223372036854775807U);
  for (const char* text : {"", "-1", "+1", "1.0", "1e3", " 1", "9223372036854775808", "one"}) {
    EXPECT_FALSE(parse_number(text)) << text;
  }
}

TEST(Fraction, IsFinite) {
  EXPECT_EQ(*parse_fraction("0.85"), 0.85);
  EXPECT_EQ(*parse_fraction("1"), 1.0);
  for (const char* text : {"", "nan", "inf", "1e999", "0.85x", "85 %"}) EXPECT_FALSE(parse_fraction(text)) << text;
  EXPECT_EQ(format_fraction(0.85), "0.85");
  EXPECT_EQ(format_fraction(1), "1.0");
}

TEST(Zones, AreReadFromOneLine) {
  const auto zones = parse_zones("sh002=10.2.0.10:7171, 10.2.0.11:7171; sh003=10.3.0.10:7171;");
  ASSERT_TRUE(zones);
  EXPECT_THAT(zones->at("sh002"), ElementsAre("10.2.0.10:7171", "10.2.0.11:7171"));
  EXPECT_THAT(zones->at("sh003"), ElementsAre("10.3.0.10:7171"));
  EXPECT_THAT(*parse_zones(""), IsEmpty());
}

TEST(Zones, NeedNamesAndStandOnce) {
  for (const char* text : {"sh002", "=a:1", "a=b:1;a=c:1", ";"}) EXPECT_FALSE(parse_zones(text)) << text;
}

TEST(List, SplitsAtCommasAndDropsWhatIsEmpty) {
  EXPECT_THAT(split_list(" a , b,,\tc"), ElementsAre("a", "b", "c"));
  EXPECT_THAT(split_list(""), IsEmpty());
  EXPECT_THAT(split_list(" , "), IsEmpty());
}

TEST(PlainText, HasLimitsAndNoControls) {
  EXPECT_TRUE(check_plain_text(std::string(1024, 'x'), 1024));
  EXPECT_FALSE(check_plain_text(std::string(1025, 'x'), 1024));
  EXPECT_TRUE(check_plain_text("h\xC3\xA9llo \xE4\xB8\xAD", 64));
  EXPECT_TRUE(check_plain_text("\xC2\xA0", 64));  // no-break space, just past C1
  for (const char* text : {"a\nb", "\x1b[31m", "\x7F", "\xC2\x85", "\xFF", "\xC3"}) {
    EXPECT_FALSE(check_plain_text(text, 64)) << text;
  }
}

TEST(QuoteToml, EscapesWhatWouldEndTheText) {
  EXPECT_EQ(quote_toml("a\"b\\c"), R"("a\"b\\c")");
  EXPECT_EQ(quote_toml("a\nb\x7F"), R"("a\u000Ab\u007F")");
  EXPECT_EQ(quote_toml_list({}), "[]");
  EXPECT_EQ(quote_toml_list({"a", "b"}), R"(["a", "b"])");
}

TEST(Shown, IsPrintableAndCut) {
  EXPECT_EQ(shown("a\x1b"), "\"a\\u001b\"");
  EXPECT_LT(shown(std::string(5000, 'x')).size(), 100U);
}

}  // namespace
}  // namespace discovery::node
