#include "load/process.h"

#include <time.h>
#include <unistd.h>

#include <fstream>
#include <stdexcept>
#include <string>

namespace discovery::load {

ServerProcess::ServerProcess(pid_t pid) : pid_(pid) {
  if (pid != 0 && clock_getcpuclockid(pid, &clock_) != 0) {
    throw std::runtime_error("there is no process " + std::to_string(pid) + ", or its times may not be read");
  }
}

double ServerProcess::cpu_seconds() const {
  timespec t{};
  if (!known()) return 0;
  if (clock_gettime(clock_, &t) != 0) throw std::runtime_error("the server has ended");
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) / 1e9;
}

uint64_t ServerProcess::resident_bytes() const {
  if (!known()) return 0;
  std::ifstream file("/proc/" + std::to_string(pid_) + "/smaps_rollup");  // exact, unlike statm
  std::string word;
  while (file >> word) {
    uint64_t kib = 0;
    if (word == "Rss:" && file >> kib) return kib * 1024;
  }
  return 0;
}

}  // namespace discovery::load
