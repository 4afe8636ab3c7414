// The seccomp filter: the system calls this process may make from now on.
//
// Lifecycle: once, when all that takes more has been done; it holds for all threads of the process, those that are
// there and those to come, and for programs it starts. Applied again it can only take away. Thread: any. Cost: the
// kernel keeps a table of the calls that are allowed whatever their arguments, so read, send and epoll_wait pass
// without running the filter (Linux 5.11). Errors: kUnavailable, the kernel or a container has no seccomp, or this
// program was built with sanitizers, whose run-time makes other calls. Source: seccomp(2); the list: calls.h.
#pragma once

#include <cstddef>

#include "base/result.h"
#include "sandbox/plan.h"

namespace discovery::sandbox {

struct CallRules {
  Violation violation = Violation::kKill;
  bool may_execute = false;  ///< execve, where something else limits which program
};

/// How many calls are allowed, with any or with some arguments.
[[nodiscard]] Result<size_t> confine_calls(const CallRules& rules);

}  // namespace discovery::sandbox
