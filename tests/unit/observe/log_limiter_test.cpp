#include "observe/log_limiter.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "base/random.h"
#include "observe/limited_logger.h"
#include "observe/memory_logger.h"

namespace discovery::observe {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr TimePoint kStart = from_wire_ns(1'800'000'000'000'000'000);

struct Trial {
  LogLimiter limiter;
  std::vector<LogLimiter::Ended> ended;

  explicit Trial(LogLimiter::Options options = {}) : limiter(options) {}
  bool admit(std::string_view event, std::string_view key, TimePoint now) {
    return limiter.admit({LogLevel::kWarn, event, key}, now, ended);
  }
  size_t admitted(int lines, std::string_view key, TimePoint now) {
    size_t n = 0;
    for (int i = 0; i < lines; ++i) n += admit("e", key, now) ? 1U : 0U;
    return n;
  }
};

TEST(LogLimiter, AdmitsTheBurstAndNoMore) {
  Trial t;
  EXPECT_EQ(t.admitted(5, "k", kStart), 5U);
  EXPECT_FALSE(t.admit("e", "k", kStart));
  EXPECT_EQ(t.admitted(100, "k", kStart + seconds(10) - Duration(1)), 0U);
  EXPECT_TRUE(t.ended.empty());
}

TEST(LogLimiter, TellsTheNumberWhenTheNextLineOpensAWindow) {
  Trial t;
  t.admitted(12, "k", kStart);
  EXPECT_TRUE(t.admit("e", "k", kStart + seconds(10)));
  ASSERT_EQ(t.ended.size(), 1U);
  EXPECT_EQ(t.ended[0].event, "e");
  EXPECT_EQ(t.ended[0].key, "k");
  EXPECT_EQ(t.ended[0].level, LogLevel::kWarn);
  EXPECT_EQ(t.ended[0].suppressed, 7U);
  EXPECT_EQ(t.admitted(10, "k", kStart + seconds(10)), 4U);  // one of five is used
}

TEST(LogLimiter, TellsTheNumberOnceWhenSwept) {
  Trial t;
  t.admitted(6, "k", kStart);
  t.limiter.sweep(kStart + seconds(10) - Duration(1), t.ended);
  EXPECT_TRUE(t.ended.empty());
  t.limiter.sweep(kStart + seconds(10), t.ended);
  ASSERT_EQ(t.ended.size(), 1U);
  EXPECT_EQ(t.ended[0].suppressed, 1U);
  t.limiter.sweep(kStart + seconds(60), t.ended);
  EXPECT_EQ(t.ended.size(), 1U);
  EXPECT_EQ(t.limiter.keys(), 0U);
}

TEST(LogLimiter, SaysNothingOfAWindowThatSuppressedNothing) {
  Trial t;
  t.admitted(5, "k", kStart);
  EXPECT_EQ(t.admitted(5, "k", kStart + seconds(10)), 5U);
  EXPECT_TRUE(t.ended.empty());
}

TEST(LogLimiter, KeepsEventsAndKeysApart) {
  Trial t({.burst = 1});
  EXPECT_TRUE(t.admit("e", "k", kStart));
  EXPECT_TRUE(t.admit("e", "l", kStart));
  EXPECT_TRUE(t.admit("f", "k", kStart));
  EXPECT_TRUE(t.admit("ek", "", kStart));
  EXPECT_TRUE(t.admit("e", std::string_view("k\0", 2), kStart));
  EXPECT_FALSE(t.admit("e", "k", kStart));
  EXPECT_EQ(t.limiter.keys(), 5U);
}

TEST(LogLimiter, KeysPastTheLimitShareAWindow) {
  Trial t({.burst = 2, .keys_max = 3});
  for (const char* key : {"a", "b", "c"}) EXPECT_EQ(t.admitted(1, key, kStart), 1U);
  EXPECT_EQ(t.limiter.keys(), 3U);
  EXPECT_TRUE(t.admit("e", "d", kStart + seconds(1)));
  EXPECT_TRUE(t.admit("e", "f", kStart + seconds(2)));
  EXPECT_FALSE(t.admit("e", "g", kStart + seconds(2)));
  EXPECT_TRUE(t.admit("e", "a", kStart + seconds(2)));  // those inside keep their own
  EXPECT_EQ(t.limiter.keys(), 3U);
  t.limiter.sweep(kStart + seconds(11), t.ended);
  ASSERT_EQ(t.ended.size(), 1U);
  EXPECT_EQ(t.ended[0].event, LogLimiter::kSharedEvent);
  EXPECT_EQ(t.ended[0].suppressed, 1U);
  EXPECT_EQ(t.limiter.keys(), 0U);
  EXPECT_EQ(t.admitted(3, "g", kStart + seconds(11)), 2U);
  EXPECT_EQ(t.limiter.keys(), 1U);
}

TEST(LogLimiter, TheSharedWindowOpensAgain) {
  Trial t({.burst = 1, .keys_max = 0});
  for (int i = 0; i < 3; ++i) {
    const TimePoint now = kStart + seconds(20 * i);
    EXPECT_TRUE(t.admit("e", "a", now));
    EXPECT_FALSE(t.admit("e", "b", now + seconds(9)));
  }
  EXPECT_EQ(t.ended.size(), 2U);
}

TEST(LogLimiter, HoldsAThousandAndTwentyFourKeysByDefault) {
  Trial t;
  for (int i = 0; i < 3000; ++i) t.admit("e", std::to_string(i), kStart);
  EXPECT_EQ(t.limiter.keys(), 1024U);
  t.limiter.sweep(kStart + seconds(10), t.ended);
  ASSERT_EQ(t.ended.size(), 1U);
  EXPECT_EQ(t.ended[0].suppressed, 3000U - 1024U - 5U);
}

TEST(LogLimiter, KeepsOnlyTheBeginningOfALongKey) {
  Trial t({.burst = 1});
  const std::string at(LogLimiter::kTextBytesMax, 'x');
  EXPECT_TRUE(t.admit("e", at, kStart));
  EXPECT_FALSE(t.admit("e", at + "y", kStart));
  EXPECT_TRUE(t.admit("e", at.substr(1), kStart));
  t.limiter.sweep(kStart + seconds(10), t.ended);
  EXPECT_EQ(t.ended.at(0).key, at);
}

TEST(LogLimiter, LosesCountOfNothing) {
  const uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  SeededRandom random(seed);
  Trial t({.burst = 3, .window = milliseconds(100), .keys_max = 8});
  TimePoint now = kStart;
  uint64_t sent = 0;
  uint64_t admitted = 0;
  for (; sent < 20'000; ++sent) {
    now += milliseconds(random.below(4));
    admitted += t.admit("e", std::to_string(random.below(20)), now) ? 1U : 0U;
    ASSERT_LE(t.limiter.keys(), 8U);
  }
  t.limiter.sweep(now + milliseconds(100), t.ended);
  uint64_t suppressed = 0;
  for (const auto& e : t.ended) suppressed += e.suppressed;
  EXPECT_EQ(admitted + suppressed, sent);
  EXPECT_GT(suppressed, 0U);
}

TEST(RateLimitedLogger, WritesTheLineAndThenHowManyMore) {
  MemoryLogger memory;
  RateLimitedLogger logger(memory);
  for (int i = 0; i < 8; ++i) {
    logger.log({LogLevel::kWarn, "accept_failed", "EMFILE"}, kStart, {{"error", "too many"}});
  }
  EXPECT_EQ(memory.count("accept_failed"), 5U);
  EXPECT_EQ(memory.events()[0].field("error"), "too many");
  logger.tick(kStart + seconds(9));
  EXPECT_EQ(memory.count("accept_failed"), 5U);
  logger.tick(kStart + seconds(10));
  ASSERT_EQ(memory.count("accept_failed"), 6U);
  EXPECT_EQ(memory.events()[5].fields, (std::vector<MemoryLogger::Field>{{"key", "EMFILE"}, {"suppressed", "3"}}));
  EXPECT_EQ(memory.events()[5].level, LogLevel::kWarn);
}

TEST(RateLimitedLogger, TellsBeforeTheNextLine) {
  MemoryLogger memory;
  RateLimitedLogger logger(memory, {.burst = 1});
  for (int i = 0; i < 3; ++i) logger.log({LogLevel::kError, "e", "k"}, kStart);
  logger.log({LogLevel::kError, "e", "k"}, kStart + seconds(15), {{"count", 4}});
  const auto events = memory.events();
  ASSERT_EQ(events.size(), 3U);
  EXPECT_EQ(events[1].field("suppressed"), "2");
  EXPECT_EQ(events[2].field("count"), "4");
}

TEST(RateLimitedLogger, DoesNotCountWhatTheLevelHides) {
  MemoryLogger memory(LogLevel::kError);
  RateLimitedLogger logger(memory, {.burst = 1});
  for (int i = 0; i < 5; ++i) logger.log({LogLevel::kWarn, "e", "k"}, kStart);
  memory.set_level(LogLevel::kDebug);
  logger.tick(kStart + seconds(60));
  EXPECT_TRUE(memory.events().empty());
}

TEST(RateLimitedLogger, TheEndOfAFloodIsFewLines) {
  MemoryLogger memory;
  RateLimitedLogger logger(memory, {.burst = 0});
  const size_t keys = RateLimitedLogger::kEndedLinesMax + 4;
  for (size_t i = 0; i < 2 * keys; ++i) logger.log({LogLevel::kWarn, "e", std::to_string(i % keys)}, kStart);
  logger.tick(kStart + seconds(10));
  EXPECT_EQ(memory.count("e"), RateLimitedLogger::kEndedLinesMax);
  ASSERT_EQ(memory.count("warnings_suppressed"), 1U);
  EXPECT_EQ(memory.events().back().fields, (std::vector<MemoryLogger::Field>{{"count", "4"}, {"suppressed", "8"}}));
}

TEST(RateLimitedLogger, OneLinePerWindowUpToTheLimit) {
  MemoryLogger memory;
  RateLimitedLogger logger(memory, {.burst = 0});
  for (size_t i = 0; i < RateLimitedLogger::kEndedLinesMax; ++i) {
    logger.log({LogLevel::kWarn, "e", std::to_string(i)}, kStart);
  }
  logger.tick(kStart + seconds(10));
  EXPECT_EQ(memory.count("e"), RateLimitedLogger::kEndedLinesMax);
  EXPECT_EQ(memory.count("warnings_suppressed"), 0U);
}

}  // namespace
}  // namespace discovery::observe
