// One attempt in a process of its own, with or without the sandbox.
//
// Lifecycle: a call; the child is gone at its end. Thread: of a process with one thread. Errors: kFailed.
#pragma once

#include <functional>
#include <string>

#include "sandbox/plan.h"
#include "sandbox/sandbox.h"

namespace discovery::sandbox {

/// What became of an attempt.
struct Outcome {
  enum class Kind : uint8_t {
    kDone,     ///< it could be done
    kRefused,  ///< `number` is what errno said
    kKilled,   ///< `number` is the signal
    kFailed,   ///< the attempt itself could not be made
  };
  Kind kind = Kind::kFailed;
  int number = 0;

  [[nodiscard]] bool refused() const { return kind == Kind::kRefused || kind == Kind::kKilled; }
  /// "refused: Permission denied", "refused: the process was ended by SIGSYS", "was possible", ...
  [[nodiscard]] std::string text() const;
};

/// 0 when it could be done, else errno. Runs in the child, which may start another program.
using Attempt = std::function<int()>;

[[nodiscard]] Outcome attempt_without(const Attempt& attempt);
[[nodiscard]] Outcome attempt_within(const Plan& plan, const Attempt& attempt);

/// What `write` makes, in a child within the sandbox, of how far that was closed; "" when it came to no end. At most
/// 64 KiB.
[[nodiscard]] std::string tell_within(const Plan& plan, const std::function<std::string(const State&)>& write);

}  // namespace discovery::sandbox
