// The Logger of the daemon: lines are made by the caller and written by one background thread (spdlog, async).
//
// Lifecycle: open() starts the thread; the destructor writes what is queued, waits at most Options::close_wait for a
// reader that does not read, and ends the thread. Nobody may log any more by then.
// Thread: any. log() never waits for the disk, the terminal or the reader of a pipe: it takes the mutex of the queue
// for a moment. The background thread has all signals blocked.
// Limits: Options::queue_lines lines (each at most kLineBytesMax) wait; past that the *oldest* is dropped, counted by
// dropped() and told by one line `event=log_lines_dropped count=N` as soon as lines flow again.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "observe/log.h"
#include "observe/log_line.h"

namespace discovery::observe {

class SpdLogger final : public Logger {
 public:
  struct Options {
    LogFormat format = LogFormat::kText;
    LogLevel level = LogLevel::kInfo;
    std::string node{};           ///< the field `node` of every line; "" leaves it out
    std::string path{};           ///< appended to; "" writes to `fd`
    int fd = 2;                   ///< standard error; stays open when the logger ends
    uint64_t file_bytes_max = 0;  ///< past it the file is renamed to `path`.1 and begun anew; 0: it grows
    size_t queue_lines = 1024;
    Duration flush_wait = std::chrono::seconds(2);
    Duration close_wait = std::chrono::seconds(1);
  };

  /// Fails when the file cannot be opened or the thread not started. `clock` must outlive the logger.
  static Result<std::unique_ptr<SpdLogger>> open(Options options, const Clock& clock);
  ~SpdLogger() override;

  /// Lines still queued may go to either file. Does nothing when logging to a descriptor.
  Result<void> reopen() override;
  bool flush() override;
  [[nodiscard]] uint64_t dropped() const override;

 private:
  struct Impl;
  SpdLogger(LogLevel level, std::unique_ptr<Impl> impl);
  void write(LogLevel level, std::string_view event, Fields fields) override;

  std::unique_ptr<Impl> impl_;
};

}  // namespace discovery::observe
