// Capabilities of the calling thread, and what /proc says about it.
//
// Lifecycle: drop_capabilities() before the process has other threads: these are per thread, and new threads inherit.
// Thread: the calling one. Errors: kUnavailable, the kernel refused. Source: capabilities(7), proc(5).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"

namespace discovery::sandbox {

/// Empties the bounding set, as far as this thread may, and all other sets. `keep_binding`: CAP_NET_BIND_SERVICE stays
/// permitted and effective, if it is, for listeners below port 1024 that are still to be bound.
[[nodiscard]] Result<void> drop_capabilities(bool keep_binding);

/// No program started from now on gains what this one lacks, whatever its file says.
[[nodiscard]] Result<void> forbid_new_privileges();

/// Of a thread, as the kernel shows it.
struct ThreadStatus {
  uint64_t effective = 0;
  uint64_t permitted = 0;
  uint64_t inheritable = 0;
  uint64_t bounding = 0;
  uint64_t ambient = 0;
  bool no_new_privs = false;
  int seccomp_mode = 0;  ///< 0 none, 2 filter
};

/// Of the text of /proc/PID/status; none when a line is missing that Linux 4.14 has.
[[nodiscard]] std::optional<ThreadStatus> parse_thread_status(std::string_view text);
/// Of the calling thread.
[[nodiscard]] std::optional<ThreadStatus> read_thread_status();

}  // namespace discovery::sandbox
