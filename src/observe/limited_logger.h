// Warnings that may repeat, through a LogLimiter into a Logger.
//
// What was suppressed is one line of the same event, `event=accept_failed key=EMFILE suppressed=1234`, written when the
// window is over: by the next limited warning of any kind, or by tick(). Thread: any. Limit: at most kEndedLinesMax
// such lines at once; the others are one line `event=warnings_suppressed count=<windows> suppressed=<lines>`, so that
// the end of a flood does not overrun the log queue.
#pragma once

#include <initializer_list>
#include <string_view>
#include <vector>

#include "base/mutex.h"
#include "base/time.h"
#include "observe/log.h"
#include "observe/log_limiter.h"

namespace discovery::observe {

class RateLimitedLogger {
 public:
  static constexpr size_t kEndedLinesMax = 16;

  /// `logger` must outlive this.
  explicit RateLimitedLogger(Logger& logger, LogLimiter::Options options = {}) : logger_(logger), limiter_(options) {}

  /// Lines of one event and key are limited together. The key is no field of the line; give it in `fields` too.
  void log(const LogLimiter::Line& line, TimePoint now, std::initializer_list<LogField> fields = {}) EXCLUDES(mutex_);
  /// Call it every few seconds: tells of windows that are over.
  void tick(TimePoint now) EXCLUDES(mutex_);

 private:
  void tell(const std::vector<LogLimiter::Ended>& ended);

  Logger& logger_;
  Mutex mutex_;
  LogLimiter limiter_ GUARDED_BY(mutex_);
};

}  // namespace discovery::observe
