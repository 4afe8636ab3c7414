// The program that this process was started from, started again: to check the configuration, or to take over.
//
// Lifecycle: a Successor that is destroyed before it was let go is killed and waited for. Thread: any, one at a time.
// Errors: kUnavailable, it cannot be started; kInvalidArgument, it refused the configuration, with what it said.
// Source: decision 0039.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "net/descriptor.h"

namespace discovery::node {

/// Names the descriptor by which a program that was started so speaks with the process it takes over from.
inline constexpr const char* kHandoverVariable = "HANDOVER_FD_OF_DISCOVERYD";

struct Program {
  std::string path;                ///< looked up when it is started, so that it is what stands there then
  std::vector<std::string> words;  ///< after its name
};

/// The path is `name` as an absolute one, where it is one; else that of the running program.
[[nodiscard]] Program program_of(const char* name, std::vector<std::string> words);

/// Runs it with --check, for kCheckWithin at most.
inline constexpr Duration kCheckWithin = std::chrono::seconds(20);
[[nodiscard]] Result<void> check_program(const Program& program);

class Successor {
 public:
  /// `channel` is the end that it inherits.
  [[nodiscard]] static Result<std::unique_ptr<Successor>> start(const Program& program, net::Descriptor channel);
  ~Successor();
  Successor(const Successor&) = delete;
  Successor& operator=(const Successor&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }
  /// How it ended, for people; waits for that a moment.
  [[nodiscard]] std::string ending();
  /// It is no child that goes with this process any more.
  void let_go() { pid_ = -1; }

 private:
  explicit Successor(pid_t pid) : pid_(pid) {}
  pid_t pid_;
};

}  // namespace discovery::node
