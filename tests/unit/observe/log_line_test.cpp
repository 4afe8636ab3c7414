#include "observe/log_line.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace discovery::observe {
namespace {

constexpr TimePoint kAt = from_wire_ns(1'795'179'926'123'456'789);

std::string line(LogFormat format, std::vector<LogField> fields, LogLevel level = LogLevel::kInfo,
                 std::string_view node = "n1") {
  std::string out;
  append_line(out, format, {kAt, level, node, "listening", fields});
  return out;
}
std::string text(std::vector<LogField> fields) { return line(LogFormat::kText, std::move(fields)); }
std::string json(std::vector<LogField> fields) { return line(LogFormat::kJson, std::move(fields)); }

constexpr std::string_view kHead = "2026-11-20T13:05:26.123456Z INFO  node=n1 event=listening";

std::string after_head(const std::string& whole) {
  EXPECT_TRUE(whole.starts_with(kHead)) << whole;
  EXPECT_TRUE(whole.ends_with('\n'));
  return whole.substr(kHead.size(), whole.size() - kHead.size() - 1);
}

TEST(LogLine, TextIsExact) {
  EXPECT_EQ(text({{"addr", "127.0.0.1:7171"}}), std::string(kHead) + " addr=127.0.0.1:7171\n");
  EXPECT_EQ(text({}), std::string(kHead) + "\n");
  EXPECT_EQ(line(LogFormat::kText, {}, LogLevel::kDebug, ""), "2026-11-20T13:05:26.123456Z DEBUG event=listening\n");
  EXPECT_EQ(line(LogFormat::kText, {}, LogLevel::kWarn, ""), "2026-11-20T13:05:26.123456Z WARN  event=listening\n");
  EXPECT_EQ(line(LogFormat::kText, {}, LogLevel::kError, ""), "2026-11-20T13:05:26.123456Z ERROR event=listening\n");
}

TEST(LogLine, JsonIsExact) {
  EXPECT_EQ(json({{"addr", "127.0.0.1:7171"}, {"count", 3}, {"ok", true}, {"dur_ms", 1.5}}),
            R"({"ts":"2026-11-20T13:05:26.123456Z","level":"info","node":"n1","event":"listening",)"
            R"("addr":"127.0.0.1:7171","count":3,"ok":true,"dur_ms":1.5})"
            "\n");
  EXPECT_EQ(line(LogFormat::kJson, {}, LogLevel::kWarn, ""),
            R"({"ts":"2026-11-20T13:05:26.123456Z","level":"warn","event":"listening"})"
            "\n");
}

TEST(LogLine, TimesAreUtcToTheMicrosecond) {
  EXPECT_EQ(format_time(from_wire_ns(0)), "1970-01-01T00:00:00.000000Z");
  EXPECT_EQ(format_time(from_wire_ns(1'709'251'199'999'999'999)), "2024-02-29T23:59:59.999999Z");
  EXPECT_EQ(format_time(from_wire_ns(-1)), "1969-12-31T23:59:59.999999Z");
}

TEST(LogLine, AValueIsOfItsType) {
  const std::string s = "text";
  EXPECT_EQ(after_head(text({{"a", s}, {"b", std::string_view("v")}, {"c", int64_t{-5}}, {"d", 7U}, {"e", false}})),
            " a=text b=v c=-5 d=7 e=false");
  EXPECT_EQ(after_head(text({{"a", std::numeric_limits<uint64_t>::max()}})), " a=9223372036854775807");
  EXPECT_EQ(after_head(text({{"dur_ms", std::chrono::microseconds(1250)}, {"x", 2.0F}})), " dur_ms=1.25 x=2");
  EXPECT_EQ(after_head(text({{"a", std::nan("")}})), " a=nan");
  EXPECT_TRUE(nlohmann::json::parse(json({{"a", HUGE_VAL}}))["a"].is_null());
}

TEST(LogLine, TextValuesThatAreNotBareAreQuoted) {
  EXPECT_EQ(after_head(text({{"a", ""}, {"b", "x y"}, {"c", "k=v"}, {"d", "q\"q"}, {"e", "b\\s"}, {"f", "é"}})),
            R"( a="" b="x y" c="k=v" d="q\"q" e="b\\s" f="é")");
}

TEST(LogLine, WhatAClientSendsStaysInItsValue) {
  const std::string_view evil = "a\r\n2026 ERROR event=forged \x1b[2J \u202e \xff";
  const std::string in_text = after_head(text({{"appid", evil}}));
  EXPECT_EQ(in_text, " appid=\"a\\u000d\\u000a2026 ERROR event=forged \\u001b[2J \\u202e \xef\xbf\xbd\"");
  const std::string in_json = json({{"appid", evil}});
  EXPECT_EQ(in_json.find('\n'), in_json.size() - 1);
  EXPECT_EQ(nlohmann::json::parse(in_json)["appid"], "a\r\n2026 ERROR event=forged \x1b[2J \u202e \xef\xbf\xbd");
}

TEST(LogLine, EveryFormReadsBackInOrder) {
  const std::string in_json = json({{"z", "\"\\"}, {"a", 1}, {"m", "n"}});
  const auto read = nlohmann::ordered_json::parse(in_json);
  std::vector<std::string> keys;
  for (const auto& [key, value] : read.items()) keys.push_back(key);
  EXPECT_EQ(keys, (std::vector<std::string>{"ts", "level", "node", "event", "z", "a", "m"}));
  EXPECT_EQ(read["z"], "\"\\");
}

TEST(LogLine, AValueHasABound) {
  const std::string at(kValueBytesMax, 'x');
  EXPECT_EQ(after_head(text({{"appid", at}})), " appid=" + at);
  EXPECT_EQ(after_head(text({{"appid", at + "x"}})), " appid=\"" + at + "…\"");
  EXPECT_EQ(nlohmann::json::parse(json({{"appid", at}}))["appid"], at);
  EXPECT_EQ(nlohmann::json::parse(json({{"appid", at + "x"}}))["appid"], at + "…");
}

TEST(LogLine, AnErrorMayBeLonger) {
  const std::string at(kErrorValueBytesMax, 'x');
  EXPECT_EQ(after_head(text({{"error", at}})), " error=\"" + at + "\"");
  EXPECT_EQ(after_head(text({{"error", at + "x"}})), " error=\"" + at + "…\"");
}

TEST(LogLine, ALineHasABound) {
  // A last field of every length around the limit, so that it is met exactly and passed.
  const std::string filler(kErrorValueBytesMax, 'x');
  for (const LogFormat format : {LogFormat::kText, LogFormat::kJson}) {
    size_t longest = 0;
    bool passed = false;
    for (size_t last = kErrorValueBytesMax - 300; last <= kErrorValueBytesMax; ++last) {
      std::vector<LogField> fields(7, LogField("error", filler));
      fields.emplace_back("error", std::string_view(filler).substr(0, last));
      const std::string out = line(format, fields);
      ASSERT_LE(out.size(), kLineBytesMax);
      longest = std::max(longest, out.size());
      passed = passed || out.find("truncated") != std::string::npos;
      ASSERT_TRUE(format == LogFormat::kText || nlohmann::json::accept(out)) << out;
    }
    EXPECT_TRUE(passed);
    EXPECT_GT(longest, kLineBytesMax - 18);
  }
}

TEST(LogLine, WhatHadNoRoomIsLeftOutAndSaidSo) {
  const std::vector<LogField> fields(40, LogField("error", std::string_view("\n\n\n\n\n\n\n\n\n\n")));
  const std::vector<LogField> many(1000, fields[0]);
  const std::string in_text = line(LogFormat::kText, many);
  EXPECT_TRUE(in_text.ends_with(" truncated=true\n"));
  const std::string in_json = line(LogFormat::kJson, many);
  EXPECT_EQ(nlohmann::json::parse(in_json)["truncated"], true);
}

TEST(LogLine, AppendsToWhatIsThere) {
  std::string out = "first\n";
  append_line(out, LogFormat::kText, {kAt, LogLevel::kInfo, "n1", "listening", {}});
  EXPECT_EQ(out, "first\n" + std::string(kHead) + "\n");
}

}  // namespace
}  // namespace discovery::observe
