// Tries the sandbox: what `discoveryd --check-sandbox` prints.
//
// Nothing is taken from the configuration on trust. Each line comes from a child process that closes its sandbox as the
// daemon does and then tries something, or reads of the kernel what holds for it; what ought to be refused is tried
// without a sandbox too, so that a refusal for another reason is not taken for the sandbox's.
//
// Lifecycle: a call, on a process with one thread (children are forked). Time: some ten forks. Leaves nothing behind:
// the files it makes are removed. Errors: a line that does not hold.
#pragma once

#include <string>
#include <vector>

#include "sandbox/plan.h"

namespace discovery::sandbox {

struct CheckLine {
  std::string what;
  bool holds = false;
  std::string detail;
};

[[nodiscard]] std::vector<CheckLine> check_sandbox(const Plan& plan);

}  // namespace discovery::sandbox
