// One in N requests as a line `event=access`; off by default.
//
// Thread: one object per reactor; sample() and log() on it alone, set_one_in() from anywhere. Cost when off: one
// relaxed load per request. Parked polls are logged when they are answered, with the time they were parked.
#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>

#include "base/time.h"
#include "observe/log.h"

namespace discovery::observe {

struct AccessRecord {
  std::string_view client{};  ///< its address
  std::string_view method{};
  std::string_view path{};
  int status = 200;  ///< of HTTP
  int code = 0;      ///< of the answer's envelope; as `status` where there is none
  uint64_t bytes = 0;
  Duration took{};
};

class AccessLog {
 public:
  /// 0: none; 1: every request. `logger` must outlive this.
  AccessLog(Logger& logger, uint32_t one_in) : logger_(logger), one_in_(one_in) {}

  void set_one_in(uint32_t n) { one_in_.store(n, std::memory_order_relaxed); }
  /// Ask once per request, and call log() when true: the first of every N.
  [[nodiscard]] bool sample() {
    const uint32_t n = one_in_.load(std::memory_order_relaxed);
    if (n == 0) return false;
    if (++since_ < n && !first_) return false;
    first_ = false;
    since_ = 0;
    return true;
  }
  void log(const AccessRecord& record) {
    logger_.log(LogLevel::kInfo, "access",
                {{"client", record.client},
                 {"method", record.method},
                 {"path", record.path},
                 {"status", record.status},
                 {"code", record.code},
                 {"bytes", record.bytes},
                 {"dur_ms", record.took}});
  }

 private:
  Logger& logger_;
  std::atomic<uint32_t> one_in_;
  uint32_t since_ = 0;
  bool first_ = true;
};

}  // namespace discovery::observe
