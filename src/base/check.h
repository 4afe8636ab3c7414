// DISCOVERY_CHECK(condition, "what must hold"): an invariant of our own. Stops the process with file, line and text.
//
// Never on anything that input from outside can make false: that is an Error (result.h).
#pragma once

#include <cstdio>
#include <cstdlib>

namespace discovery {

[[noreturn]] inline void check_failed(const char* file, int line, const char* what) {
  std::fprintf(stderr, "discoveryd: broken invariant at %s:%d: %s\n", file, line, what);
  std::abort();
}

}  // namespace discovery

#define DISCOVERY_CHECK(condition, what) \
  ((condition) ? static_cast<void>(0) : ::discovery::check_failed(__FILE__, __LINE__, what))
