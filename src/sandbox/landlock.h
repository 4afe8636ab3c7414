// Landlock: the files, TCP ports, signals and abstract sockets that this thread, and those it starts from now on,
// reach.
//
// Lifecycle: once, before the process has other threads: a domain holds for the calling thread and what comes from it,
// and programs it starts inherit it. Applied again (by such a program) it adds a layer that can only take away.
// Thread: the calling one. Limits: the kernel has 16 layers; past that what holds already is all there is, and
// confine_files() succeeds. Errors: kUnavailable, the kernel has no Landlock or a container keeps it away.
// Source: linux/landlock.h and Documentation/userspace-api/landlock.rst of Linux 6.15. The header of Debian 12 knows
// ABI 1 only, so numbers and structures stand in landlock.cpp.
#pragma once

#include "base/result.h"
#include "sandbox/plan.h"

namespace discovery::sandbox {

/// 0: there is none. 1: files; 2: moving between folders; 3: truncation; 4: TCP ports; 5: ioctl on devices; 6: signals
/// and abstract sockets. Higher ones are used as 6.
[[nodiscard]] int landlock_abi();

/// Precondition: no_new_privs is set. Returns the ABI. Programs that may be executed afterwards: the own one and the
/// loader it names; besides, the folder of the own one, if no other programs belong there (see execution_roots()).
[[nodiscard]] Result<int> confine_files(const Plan& plan);

/// What may be executed for a program at `program` whose loader is `loader`. Pure. The folder is in it, so that a
/// newer file in the place of the own one can be started, unless it is one of those all programs of a system stand in.
[[nodiscard]] std::vector<std::string> execution_roots(const std::string& program, const std::string& loader);

}  // namespace discovery::sandbox
