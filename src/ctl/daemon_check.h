// The daemon's own check of a configuration: discoveryd --check as a process.
//
// Thread: the caller's, which waits for the process. Errors: kRefused when there is no discoveryd, or it cannot be run.
// Limits: kOutputBytesMax of its output are kept.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "ctl/exit_code.h"

namespace discovery::ctl {

inline constexpr size_t kOutputBytesMax = size_t{256} * 1024;

/// Beside this tool, else in one of the folders of `path` (as PATH). "" when it is in none.
[[nodiscard]] std::string find_daemon(std::string_view tool_folder, std::string_view path);

struct Checked {
  int code = -1;  ///< of the process; -1: a signal ended it
  std::string output;
};
[[nodiscard]] Outcome<Checked> check_configuration(const std::string& daemon, const std::string& file);

}  // namespace discovery::ctl
