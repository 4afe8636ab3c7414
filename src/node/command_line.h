// What the words after `discoveryd` mean.
//
// Thread: pure function. Errors: kInvalidArgument with a message for standard error; the process then ends with
// ExitCode::kBadConfiguration. Source: operations.md 1.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "node/config.h"

namespace discovery::node {

enum class ExitCode : int {
  kClean = 0,
  kFailure = 1,  ///< at run time
  kBadConfiguration = 2,
  kAddressInUse = 3,
  kDataDirectoryLocked = 4,
};

struct CommandLine {
  enum class Action {
    kRun,
    kCheck,         ///< read the configuration, say what is wrong, end with 0 or 2
    kCheckSandbox,  ///< close the sandbox in child processes and try it, end with 0 when all of it holds, else 1
    kPrintConfig,   ///< print_config(), end with 0 or 2
    kShowText,      ///< help, version or reference of the keys: write `text` to standard output, end with 0
  };
  Action action = Action::kRun;
  std::string conf_path;  ///< "" when not given: no file
  std::vector<FlagSetting> flags;
  std::string text;
};

/// `words` without the name of the program. `version` is what --version shows.
[[nodiscard]] Result<CommandLine> parse_command_line(std::span<const std::string> words, std::string_view version);

}  // namespace discovery::node
