#include "observe/limited_logger.h"

#include <algorithm>

namespace discovery::observe {

void RateLimitedLogger::log(const LogLimiter::Line& line, TimePoint now, std::initializer_list<LogField> fields) {
  if (!logger_.enabled(line.level)) return;
  std::vector<LogLimiter::Ended> ended;
  bool admitted = false;
  {
    const MutexLock lock(mutex_);
    admitted = limiter_.admit(line, now, ended);
  }
  tell(ended);
  if (admitted) logger_.log(line.level, line.event, fields);
}

void RateLimitedLogger::tick(TimePoint now) {
  std::vector<LogLimiter::Ended> ended;
  {
    const MutexLock lock(mutex_);
    limiter_.sweep(now, ended);
  }
  tell(ended);
}

void RateLimitedLogger::tell(const std::vector<LogLimiter::Ended>& ended) {
  const size_t single = std::min(ended.size(), kEndedLinesMax);
  for (size_t i = 0; i < single; ++i) {
    const LogLimiter::Ended& e = ended[i];
    logger_.log(e.level, e.event, {{"key", e.key}, {"suppressed", e.suppressed}});
  }
  if (single == ended.size()) return;
  uint64_t lines = 0;
  for (size_t i = single; i < ended.size(); ++i) lines += ended[i].suppressed;
  logger_.log(LogLevel::kWarn, "warnings_suppressed", {{"count", ended.size() - single}, {"suppressed", lines}});
}

}  // namespace discovery::observe
