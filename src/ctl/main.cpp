// discoveryctl: the words, the terminal, the clock and the environment of the process, handed to run().
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

#include "ctl/program.h"

namespace discovery::ctl {
namespace {

TimePoint wall_time() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return from_wire_ns(std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
}

/// A signal ends the process, not the pause.
bool pause_for(Duration duration) {
  const auto whole = std::chrono::floor<std::chrono::seconds>(duration);
  timespec left{whole.count(), (duration - whole).count()};
  while (nanosleep(&left, &left) != 0) {
  }
  return true;
}

int start(const std::vector<std::string>& words) {
  ProcessScreen screen;
  const char* const addresses = std::getenv("DISCOVERY_ADDR");  // NOLINT(concurrency-mt-unsafe): one thread so far
  const Surroundings surroundings{.screen = &screen,
                                  .addresses = addresses ? addresses : "",
                                  .version = DISCOVERY_VERSION,
                                  .make_asker = http_asker,
                                  .now = wall_time,
                                  .pause = pause_for};
  const Exit exit = run(words, surroundings);
  if (!screen.flush() && exit == Exit::kDone) return static_cast<int>(Exit::kRefused);
  return static_cast<int>(exit);
}

}  // namespace
}  // namespace discovery::ctl

int main(int argc, char** argv) {
  try {
    const std::vector<std::string> words(argv + (argc > 0 ? 1 : 0), argv + argc);
    return discovery::ctl::start(words);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "discoveryctl: %s\n", e.what());
    return static_cast<int>(discovery::ctl::Exit::kRefused);
  }
}
