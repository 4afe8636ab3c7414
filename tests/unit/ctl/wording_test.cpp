// Numbers, ages, times, sizes and names as people read them.
#include "ctl/wording.h"

#include <gtest/gtest.h>

#include <chrono>
#include <limits>

namespace discovery::ctl {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(Wording, SeparatesThousands) {
  EXPECT_EQ(counted(0), "0");
  EXPECT_EQ(counted(999), "999");
  EXPECT_EQ(counted(1000), "1,000");
  EXPECT_EQ(counted(48211), "48,211");
  EXPECT_EQ(counted(1234567), "1,234,567");
  EXPECT_EQ(counted(-1000), "-1,000");
  EXPECT_EQ(counted(-100), "-100");
  EXPECT_EQ(counted(std::numeric_limits<int64_t>::min()), "-9,223,372,036,854,775,808");
}

TEST(Wording, AgesAreInTheLargestUnit) {
  EXPECT_EQ(age(seconds(0)), "0s");
  EXPECT_EQ(age(milliseconds(999)), "0s");
  EXPECT_EQ(age(seconds(59)), "59s");
  EXPECT_EQ(age(seconds(60)), "1m");
  EXPECT_EQ(age(seconds(3599)), "59m");
  EXPECT_EQ(age(seconds(3600)), "1h");
  EXPECT_EQ(age(hours(47)), "47h");
  EXPECT_EQ(age(hours(48)), "2d");
  EXPECT_EQ(age(hours(24 * 1500)), "1,500d");
  EXPECT_EQ(age(milliseconds(-800)), "0s") << "the clocks of two machines";
  EXPECT_EQ(age(-seconds(120)), "in 2m");
  EXPECT_EQ(age(Duration::max()), "106,751d");
  EXPECT_TRUE(age(-Duration::max()).starts_with("in "));
}

TEST(Wording, TimesAreUtc) {
  EXPECT_EQ(utc(1'764'322'200'000'000'000), "2025-11-28T09:30:00Z");
  EXPECT_EQ(utc(1'709'164'799'999'999'999), "2024-02-28T23:59:59Z");
  EXPECT_EQ(utc(0), "-");
  EXPECT_EQ(utc(-1), "-");
  EXPECT_EQ(utc(std::numeric_limits<int64_t>::max()), "2262-04-11T23:47:16Z");
  EXPECT_EQ(moment(1'764'322'200'000'000'000, from_wire_ns(1'764'322'203'000'000'000)),
            "2025-11-28T09:30:00Z (3s ago)");
  EXPECT_EQ(moment(1'764'322'320'000'000'000, from_wire_ns(1'764'322'200'000'000'000)), "2025-11-28T09:32:00Z (in 2m)");
}

TEST(Wording, SizesSecondsAndRates) {
  EXPECT_EQ(bytes_text(1023), "1,023 B");
  EXPECT_EQ(bytes_text(1024), "1.0 KiB");
  EXPECT_EQ(bytes_text(12'900'000), "12.3 MiB");
  EXPECT_EQ(seconds_text(0.021), "0.02s");
  EXPECT_EQ(seconds_text(95.4), "95s");
  EXPECT_EQ(seconds_text(std::numeric_limits<double>::quiet_NaN()), "-");
  EXPECT_EQ(rate_text(0), "0");
  EXPECT_EQ(rate_text(0.44), "0.4");
  EXPECT_EQ(rate_text(1203.2), "1,203");
  EXPECT_EQ(rate_text(1e300), "-");
  EXPECT_EQ(counted_of(1, "instance"), "1 instance");
  EXPECT_EQ(counted_of(0, "instance"), "0 instances");
}

TEST(Wording, NamesPlayNoTricks) {
  EXPECT_EQ(shown(""), "-");
  EXPECT_EQ(shown("\x1b[2J"), "\\u001b[2J");
  EXPECT_EQ(shown("a\nb\tc\x7f"), "a\\u000ab\\u0009c\\u007f");
  EXPECT_EQ(shown("host\xE2\x80\xAEgnp"), "host\\u202egnp");
  EXPECT_EQ(shown("\xC2\x9B"
                  "31m"),
            "\\u009b31m")
      << "the C1 form of an escape sequence";
  EXPECT_EQ(shown("\xFF"), "\xEF\xBF\xBD");
  EXPECT_EQ(shown("Größe-店"), "Größe-店");
  EXPECT_EQ(shown(std::string(1024, '\x1b')).size(), 6 * 1024U) << "the longest name is shown whole";
  EXPECT_EQ(escaped_json("{\"a\":\"\xE2\x80\xAE\x7f\"}"), R"({"a":"\u202e\u007f"})");
}

TEST(Wording, CountsColumnsNotBytes) {
  EXPECT_EQ(columns_of("abc"), 3U);
  EXPECT_EQ(columns_of("Größe"), 5U);
  EXPECT_EQ(columns_of("店"), 2U);
  EXPECT_EQ(columns_of("e\xCC\x81"), 1U) << "a combining accent";
  EXPECT_EQ(cut_to("abcdef", 6), "abcdef");
  EXPECT_EQ(cut_to("abcdef", 5), "abcd…");
  EXPECT_EQ(cut_to("店店店", 5), "店店…");
  EXPECT_EQ(cut_to("店店店", 4), "店…");
  EXPECT_EQ(cut_to("abc", 0), "");
  EXPECT_EQ(cut_to("\xE5", 1), "\xE5") << "a cut sequence counts as a byte";
}

}  // namespace
}  // namespace discovery::ctl
