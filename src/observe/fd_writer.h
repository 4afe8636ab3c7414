// Writes whole lines to a descriptor that may stop taking them, and can always be told to give up.
//
// Lifecycle: the descriptor is borrowed (standard error) or owned (a file). Thread: write() from one thread only, the
// background thread of the logger; reopen() and give_up_after() from any. Errors: a line that cannot be written is
// lost and counted; the next one is tried again, so a full disk that is cleaned goes on without a restart.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace discovery::observe {

class FdWriter {
 public:
  /// What one write() may take from a pipe that is ready, without blocking (PIPE_BUF of Linux).
  static constexpr size_t kPieceBytes = 4096;

  /// Opens for appending, mode 0640 (less the umask), made when it is not there.
  static Result<FdWriter> open_file(const std::string& path);
  /// Never closed by us. Its blocking mode is left alone: it is shared with whoever started us.
  static FdWriter borrow(int fd) { return FdWriter(fd, {}); }

  FdWriter(FdWriter&& other) noexcept;
  FdWriter& operator=(FdWriter&&) = delete;
  ~FdWriter();

  /// `line` ends with '\n'. Waits while the reader of a pipe is slow. False: lost.
  bool write(std::string_view line);
  /// Opens the path again and puts it in the place of the old file, in one step for a write() that runs. Does nothing
  /// for a borrowed descriptor.
  Result<void> reopen();
  /// A file that grows past this is renamed to `path`.1, in the place of the one before, and begun anew; 0: never.
  /// Before the first write().
  void set_bytes_max(uint64_t bytes_max);
  /// From now on write() waits no longer than until `deadline` (within 20 ms); after it, not at all.
  void give_up_after(std::chrono::steady_clock::time_point deadline);

 private:
  FdWriter(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}
  bool wait_writable() const;
  bool write_all(std::string_view bytes);
  void rotate();

  int fd_;
  std::string path_;  ///< "": borrowed
  uint64_t bytes_max_ = 0;
  std::atomic<uint64_t> bytes_{0};              ///< of the file, counted only with a bound
  bool cut_line_ = false;                       ///< the last line failed half-way
  std::atomic<int64_t> give_up_ns_{INT64_MAX};  ///< steady clock
};

}  // namespace discovery::observe
