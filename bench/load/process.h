// What another process has used: read from the kernel, so that the server under test measures nothing itself.
#pragma once

#include <sys/types.h>

#include <cstdint>

namespace discovery::load {

/// The server under test: one process, or none to measure (every figure is 0 then).
class ServerProcess {
 public:
  /// Throws when there is no such process. `pid` 0: none.
  explicit ServerProcess(pid_t pid);

  [[nodiscard]] bool known() const { return pid_ != 0; }
  /// User and system time of all its threads since it was started, to the nanosecond.
  [[nodiscard]] double cpu_seconds() const;
  [[nodiscard]] uint64_t resident_bytes() const;

 private:
  pid_t pid_;
  clockid_t clock_{};
};

}  // namespace discovery::load
