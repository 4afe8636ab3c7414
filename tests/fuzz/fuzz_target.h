// A parser under fuzz: a plain function, its name and its seeds. Known to both drivers, the seeded one (fuzz_test,
// runs everywhere) and libFuzzer's (fuzz_libfuzzer, clang).
//
// A new target: write `void fuzz_<name>(std::string_view input)` in a *_fuzz.cpp and define one RegisteredTarget beside
// it; nothing else. The function must not depend on earlier calls, and it states what must hold with FUZZ_CHECK.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace discovery::fuzz {

struct Target {
  std::string name;  ///< [a-z_]+; names the test, and the file a failing input is left in
  void (*run)(std::string_view) = nullptr;
  std::vector<std::string> seeds;   ///< well-formed inputs, from which mutations start
  std::vector<std::string> tokens;  ///< words of the grammar, inserted by the seeded driver
};

/// In the order of registration; complete once main() runs.
inline std::vector<Target>& all_targets() {
  static std::vector<Target> targets;
  return targets;
}

struct RegisteredTarget {
  explicit RegisteredTarget(Target target) { all_targets().push_back(std::move(target)); }
};

[[noreturn]] inline void check_failed(const char* file, int line, const char* what) {
  std::fprintf(stderr, "fuzz: does not hold at %s:%d: %s\n", file, line, what);
  std::abort();
}

}  // namespace discovery::fuzz

/// Stops the process, as a crash would, so that both drivers keep the input.
#define FUZZ_CHECK(condition) \
  ((condition) ? static_cast<void>(0) : ::discovery::fuzz::check_failed(__FILE__, __LINE__, #condition))
