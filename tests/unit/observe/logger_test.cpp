#include <gtest/gtest.h>

#include <string>

#include "observe/access_log.h"
#include "observe/log.h"
#include "observe/memory_logger.h"

namespace discovery::observe {
namespace {

TEST(LogLevel, NamesReadBack) {
  for (const LogLevel level : {LogLevel::kDebug, LogLevel::kInfo, LogLevel::kWarn, LogLevel::kError}) {
    EXPECT_EQ(parse_level(level_name(level)), level);
  }
  EXPECT_EQ(parse_level("WARN"), LogLevel::kWarn);
  EXPECT_EQ(parse_level("Warning"), LogLevel::kWarn);
}

TEST(LogLevel, RefusesWhatIsNone) {
  for (const std::string_view name : {"", "inf", "infos", "trace", "0", "info ", "\xff"}) {
    EXPECT_EQ(parse_level(name), std::nullopt) << name;
  }
}

TEST(MemoryLogger, RemembersEventsWithTheirFields) {
  MemoryLogger logger;
  logger.log(LogLevel::kWarn, "peer_lost", {{"peer", "n2"}, {"count", 3}, {"ok", false}});
  ASSERT_EQ(logger.events().size(), 1U);
  const MemoryLogger::Event e = logger.events()[0];
  EXPECT_EQ(e.level, LogLevel::kWarn);
  EXPECT_EQ(e.name, "peer_lost");
  EXPECT_EQ(e.fields, (std::vector<MemoryLogger::Field>{{"peer", "n2"}, {"count", "3"}, {"ok", "false"}}));
  EXPECT_EQ(e.field("peer"), "n2");
  EXPECT_EQ(e.field("nothing"), "");
  EXPECT_EQ(logger.count("peer_lost"), 1U);
  logger.clear();
  EXPECT_EQ(logger.count("peer_lost"), 0U);
}

TEST(MemoryLogger, LogsFromItsLevelUp) {
  MemoryLogger logger(LogLevel::kWarn);
  EXPECT_FALSE(logger.enabled(LogLevel::kInfo));
  logger.log(LogLevel::kInfo, "quiet");
  logger.log(LogLevel::kWarn, "loud");
  logger.set_level(LogLevel::kDebug);
  EXPECT_EQ(logger.level(), LogLevel::kDebug);
  logger.log(LogLevel::kDebug, "detail");
  logger.set_level(LogLevel::kError);
  logger.log(LogLevel::kWarn, "too_low_now");
  ASSERT_EQ(logger.events().size(), 2U);
  EXPECT_EQ(logger.events()[0].name, "loud");
  EXPECT_EQ(logger.events()[1].name, "detail");
}

TEST(MemoryLogger, KeepsNoMoreThanItsLimit) {
  MemoryLogger logger;
  for (size_t i = 0; i < MemoryLogger::kEventsMax; ++i) logger.log(LogLevel::kInfo, "e");
  EXPECT_EQ(logger.dropped(), 0U);
  logger.log(LogLevel::kInfo, "e");
  EXPECT_EQ(logger.count("e"), MemoryLogger::kEventsMax);
  EXPECT_EQ(logger.dropped(), 1U);
}

size_t sampled(AccessLog& log, int requests) {
  size_t n = 0;
  for (int i = 0; i < requests; ++i) n += log.sample() ? 1U : 0U;
  return n;
}

TEST(AccessLog, TakesOneInN) {
  MemoryLogger logger;
  AccessLog off(logger, 0);
  EXPECT_EQ(sampled(off, 100), 0U);
  AccessLog all(logger, 1);
  EXPECT_EQ(sampled(all, 100), 100U);
  AccessLog some(logger, 10);
  EXPECT_TRUE(some.sample());  // the first, so that a trial shows something
  EXPECT_EQ(sampled(some, 9), 0U);
  EXPECT_TRUE(some.sample());
  EXPECT_EQ(sampled(some, 1000), 100U);
}

TEST(AccessLog, FollowsAChangeOfTheRate) {
  MemoryLogger logger;
  AccessLog log(logger, 1000);
  EXPECT_EQ(sampled(log, 500), 1U);
  log.set_one_in(10);
  EXPECT_EQ(sampled(log, 100), 10U);
  log.set_one_in(0);
  EXPECT_EQ(sampled(log, 100), 0U);
}

TEST(AccessLog, WritesOneLine) {
  MemoryLogger logger;
  AccessLog log(logger, 1);
  log.log({"10.0.0.1:5000", "POST", "/discovery/renew", 200, -404, 61, std::chrono::microseconds(1500)});
  ASSERT_EQ(logger.events().size(), 1U);
  EXPECT_EQ(logger.events()[0].name, "access");
  EXPECT_EQ(logger.events()[0].level, LogLevel::kInfo);
  EXPECT_EQ(logger.events()[0].fields, (std::vector<MemoryLogger::Field>{{"client", "10.0.0.1:5000"},
                                                                         {"method", "POST"},
                                                                         {"path", "/discovery/renew"},
                                                                         {"status", "200"},
                                                                         {"code", "-404"},
                                                                         {"bytes", "61"},
                                                                         {"dur_ms", "1.5"}}));
}

}  // namespace
}  // namespace discovery::observe
