// What the sandbox is to leave open: values, made from the configuration by src/node/sandbox_plan.h.
//
// Lifecycle: made once, before the process has threads. Thread: a value. Paths are as the configuration has them; one
// that does not exist is left out, since nothing can be allowed about it. A rule holds for the folder or file itself,
// not for its name: what is replaced by a rename must be allowed by its folder. Source: security.md 3.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace discovery::sandbox {

/// What happens on a system call that is not allowed.
enum class Violation : uint8_t {
  kKill,   ///< the process ends by SIGSYS
  kErrno,  ///< the call fails with EPERM
};

struct Plan {
  bool enabled = true;
  Violation violation = Violation::kKill;
  std::vector<std::string> readable;    ///< folders and files, with all that is in them
  std::vector<std::string> writable;    ///< folders: read, write, make and remove files and sockets in them
  std::vector<std::string> appended;    ///< files that are written and never replaced: devices, named pipes
  std::vector<uint16_t> tcp_ports;      ///< that may be bound; 0: where the system is asked to choose one
  bool any_tcp_port = false;            ///< ports are not limited
  bool outer_abstract_sockets = false;  ///< abstract unix sockets of others are reached, such as the service manager's
};

/// What every program of ours needs of a Debian: shared libraries, name resolution, time zones, /proc, processors.
[[nodiscard]] std::vector<std::string> system_paths();

}  // namespace discovery::sandbox
