#include "observe/fd_writer.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

namespace discovery::observe {
namespace {

/// How soon a write that waits sees that it shall give up.
constexpr std::chrono::milliseconds kGiveUpCheck{20};

Result<int> open_for_append(const std::string& path) {
  // O_NONBLOCK: the description is ours alone, and a FIFO that nobody reads must not hold the start.
  const int fd = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0640);
  if (fd >= 0) return fd;
  return invalid("cannot open the log file " + path + ": " + std::system_category().message(errno));
}

/// One piece without blocking where the kernel offers it: sockets (journald) take a flag, pipes are asked by poll().
ssize_t write_piece(int fd, std::string_view piece) {
  const ssize_t sent = ::send(fd, piece.data(), piece.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent >= 0 || errno != ENOTSOCK) return sent;
  return ::write(fd, piece.data(), piece.size());
}

int64_t steady_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

}  // namespace

Result<FdWriter> FdWriter::open_file(const std::string& path) {
  const Result<int> fd = open_for_append(path);
  if (!fd) return fd.error();
  return FdWriter(*fd, path);
}

FdWriter::FdWriter(FdWriter&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      path_(std::exchange(other.path_, {})),
      bytes_max_(other.bytes_max_),
      bytes_(other.bytes_.load()),
      cut_line_(other.cut_line_),
      give_up_ns_(other.give_up_ns_.load()) {}

FdWriter::~FdWriter() {
  if (fd_ >= 0 && !path_.empty()) ::close(fd_);
}

bool FdWriter::write(std::string_view line) {
  if (cut_line_ && !write_all("\n")) return false;
  cut_line_ = false;
  if (bytes_max_ > 0 && bytes_.load(std::memory_order_relaxed) >= bytes_max_) rotate();
  bytes_.fetch_add(line.size(), std::memory_order_relaxed);
  return write_all(line);
}

// Where renaming fails the file goes on to grow: losing lines would be worse.
void FdWriter::rotate() {
  bytes_.store(0, std::memory_order_relaxed);
  if (::rename(path_.c_str(), (path_ + ".1").c_str()) == 0) static_cast<void>(reopen());
}

void FdWriter::set_bytes_max(uint64_t bytes_max) {
  struct stat file {};
  if (path_.empty() || fstat(fd_, &file) != 0) return;
  bytes_max_ = bytes_max;
  bytes_.store(static_cast<uint64_t>(file.st_size), std::memory_order_relaxed);
}

bool FdWriter::write_all(std::string_view bytes) {
  const size_t whole = bytes.size();
  while (!bytes.empty()) {
    if (!wait_writable()) break;
    const ssize_t n = write_piece(fd_, bytes.substr(0, kPieceBytes));
    if (n >= 0) {
      bytes.remove_prefix(static_cast<size_t>(n));
    } else if (errno != EINTR && errno != EAGAIN) {
      break;
    }
  }
  if (bytes.empty()) return true;
  cut_line_ = cut_line_ || bytes.size() < whole;
  return false;
}

bool FdWriter::wait_writable() const {
  pollfd p{fd_, POLLOUT, 0};
  while (true) {
    // Past the deadline each line has one look left, so that a queue full of them does not add up.
    const bool last_look = steady_ns() >= give_up_ns_.load(std::memory_order_relaxed);
    const int ready = ::poll(&p, 1, last_look ? 0 : static_cast<int>(kGiveUpCheck.count()));
    if (ready > 0) return true;  // an error too: the write tells which
    if (last_look || (ready < 0 && errno != EINTR)) return false;
  }
}

Result<void> FdWriter::reopen() {
  if (path_.empty()) return {};
  const Result<int> fd = open_for_append(path_);
  if (!fd) return fd.error();
  // The number stays, the file behind it changes: a write() that runs meanwhile ends in the old or the new one.
  const int replaced = ::dup3(*fd, fd_, O_CLOEXEC);
  const int error = errno;
  struct stat file {};
  if (fstat(*fd, &file) == 0) bytes_.store(static_cast<uint64_t>(file.st_size), std::memory_order_relaxed);
  ::close(*fd);
  if (replaced >= 0) return {};
  return Error{ErrorCode::kInternal, "cannot replace the log file: " + std::system_category().message(error)};
}

void FdWriter::give_up_after(std::chrono::steady_clock::time_point deadline) {
  give_up_ns_.store(std::chrono::duration_cast<std::chrono::nanoseconds>(deadline.time_since_epoch()).count(),
                    std::memory_order_relaxed);
}

}  // namespace discovery::observe
