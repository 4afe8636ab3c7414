// Mutates seeds and feeds them to a target until the budget is used up: fuzzing that runs with any compiler.
//
// It begins with the target's seeds and with the committed corpus, tests/fuzz/corpus/<target>, which scripts/fuzz
// makes. The sequence of inputs depends on these and the seed only, so a failure repeats. When the process dies (a
// signal, a sanitizer's report, an input that takes too long) the input being run is written to
// `fuzz-last-<target>.bin` in the working folder; DISCOVERY_FUZZ_INPUT=<file> runs exactly that one again.
//
// Environment: DISCOVERY_FUZZ_SECONDS  budget per target, default 1
//              DISCOVERY_FUZZ_RUNS     budget in inputs instead
//              DISCOVERY_FUZZ_SEED     default 1; printed in any case
//              DISCOVERY_FUZZ_INPUT    a file to run once instead of fuzzing
// Thread: one run at a time in a process.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "fuzz/fuzz_target.h"

namespace discovery::fuzz {

/// Makes inputs out of a pool that starts as the seeds and takes in some of what it made, so that mutations pile up.
class Mutator {
 public:
  static constexpr size_t kInputBytesMax = 4 * 1024;
  static constexpr size_t kPoolMax = 512;  ///< beside the seeds

  Mutator(const Target& target, uint64_t seed);

  /// The next input; valid until the next call.
  const std::string& next();

 private:
  void mutate(std::string& input);
  void flip_bit(std::string& input);
  void set_byte(std::string& input);
  void insert_bytes(std::string& input);
  void erase_range(std::string& input);
  void repeat_range(std::string& input);
  void insert_token(std::string& input);
  void splice(std::string& input);
  void keep(const std::string& input);
  [[nodiscard]] size_t below(size_t bound) { return static_cast<size_t>(random_.below(bound)); }
  [[nodiscard]] size_t position(const std::string& input) { return below(input.size() + 1); }
  [[nodiscard]] const std::string& any_of_pool() { return pool_[below(pool_.size())]; }

  SeededRandom random_;
  std::vector<std::string> tokens_;
  std::vector<std::string> pool_;
  size_t seeds_;  ///< the first of the pool, never replaced
  std::string input_;
};

struct Budget {
  std::chrono::milliseconds time{1000};
  uint64_t runs = 0;  ///< when positive, counts instead of the time
  uint64_t seed = 1;
  std::string only_input;  ///< a file

  /// From the environment; stops the process on a value that is no number.
  static Budget from_environment();
};

/// The files of the target's folder in the corpus, in the order of their names; none when there is no such folder.
std::vector<std::string> committed_corpus(const std::string& target);

/// Returns how many inputs were run. Does not return when one fails.
uint64_t run_target(const Target& target, const Budget& budget);

}  // namespace discovery::fuzz
