// What protects a program by the way it was linked, read from its file: what scripts/check-hardening reads by readelf.
//
// Thread: pure function. Limits: 64-bit files of this machine's byte order. Errors: kInvalidArgument, the bytes are no
// such file, or their tables point outside of it. Source: elf(5), the System V ABI.
#pragma once

#include <string_view>

#include "base/result.h"

namespace discovery::sandbox {

struct Hardening {
  bool position_independent = false;
  bool relro = false;           ///< what the loader fills in is read-only afterwards
  bool bound_at_start = false;  ///< all of it, before main()
  bool stack_not_executable = false;
  bool no_writable_code = false;  ///< no segment is both
  bool stack_protector = false;
  bool fortified = false;  ///< calls of libraries that check lengths
};

/// `file`: all of it.
[[nodiscard]] Result<Hardening> read_hardening(std::string_view file);

}  // namespace discovery::sandbox
