// A program of ours as a child process: started, signalled, waited for, and gone in any case at the end.
//
// It is the leader of a process group of its own, gets /dev/null as standard input and files for its output, and dies
// with the test. Thread: the test's. Errors: std::runtime_error when it cannot be started.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "integration/deadline.h"
#include "integration/temp_dir.h"

namespace discovery::integration {

struct ChildOptions {
  std::vector<std::string> arguments;    ///< without the name of the program
  std::vector<std::string> environment;  ///< NAME=VALUE; beside these it gets PATH and the options of the sanitizers
  std::optional<unsigned> descriptors;   ///< RLIMIT_NOFILE, soft and hard
};

/// Where a program of ours is: in the folder DISCOVERY_TESTED names, else where this build has put it. So the same
/// tests run programs that were built in another way, with sanitizers for instance.
[[nodiscard]] std::string tested_program(const std::string& name);

/// How it ended.
struct Ending {
  int code = -1;   ///< exit code; -1 when a signal ended it
  int signal = 0;  ///< 0 when it exited
};

class Child {
 public:
  Child(const std::string& program, const ChildOptions& options);
  /// Kills the group. A test fails whose child died of a signal it was not sent, or in which a sanitizer found
  /// something; then the output is shown.
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] bool running();
  void signal(int number);
  /// Stops it. From here on it does nothing until SIGCONT; the signal alone takes effect a moment later.
  void freeze();
  /// None: it runs still.
  [[nodiscard]] std::optional<Ending> wait(const Deadline& deadline = Deadline());

  [[nodiscard]] std::string standard_output() const { return read_file(output_ / "stdout"); }
  [[nodiscard]] std::string standard_error() const { return read_file(output_ / "stderr"); }

 private:
  bool reap(const Deadline& deadline);
  void judge() const;

  TempDir output_;
  pid_t pid_ = -1;
  int pid_fd_ = -1;
  std::optional<Ending> ending_;
  std::vector<int> sent_;  ///< signals
};

/// Runs it to its end, which must come in time.
struct Finished {
  int code = -1;
  std::string output;
  std::string errors;
};
[[nodiscard]] Finished run_discoveryd(const ChildOptions& options);

}  // namespace discovery::integration
