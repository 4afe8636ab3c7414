#include "node/config_host.h"

#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <fstream>
#include <iterator>
#include <limits>
#include <string_view>

namespace discovery::node {
namespace {

constexpr size_t kFactBytesMax = 64 * 1024;
constexpr int kCgroupDepthMax = 64;

/// The beginning of a small file; "" when it cannot be read.
std::string read_fact(const std::string& path) {
  std::ifstream file(path);
  std::string text(kFactBytesMax, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(std::max<std::streamsize>(0, file.gcount())));
  return text;
}

/// The number at the beginning; 0 when there is none ("max").
uint64_t leading_number(std::string_view text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

/// What follows `label` on its line; "" when no line starts so.
std::string_view line_after(std::string_view text, std::string_view label) {
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    if (text.starts_with(label)) return text.substr(label.size(), end - label.size());
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return {};
}

/// 0 stands for "no limit".
uint64_t smaller_limit(uint64_t a, uint64_t b) { return a == 0 ? b : b == 0 ? a : std::min(a, b); }

/// Quota over period, rounded up: "150000 100000" is 2.
uint64_t quota_processors(std::string_view text) {
  const uint64_t quota = leading_number(text);
  const size_t blank = text.find(' ');
  const uint64_t period = blank == std::string_view::npos ? 0 : leading_number(text.substr(blank));
  return period == 0 ? 0 : quota / period + (quota % period != 0 ? 1 : 0);
}

/// The limits of the own cgroup and of all above it (version 2; version 1 for the memory only).
void apply_cgroups(const std::string& root, HostFacts& facts) {
  const std::string groups = read_fact(root + "/proc/self/cgroup");
  std::string path(line_after(groups, "0::"));
  for (int depth = 0; depth < kCgroupDepthMax; ++depth) {
    const std::string folder = root + "/sys/fs/cgroup" + (path == "/" ? "" : path);
    facts.memory_bytes = smaller_limit(facts.memory_bytes, leading_number(read_fact(folder + "/memory.max")));
    facts.processors = smaller_limit(facts.processors, quota_processors(read_fact(folder + "/cpu.max")));
    const size_t slash = path.rfind('/');
    if (path.empty() || slash == std::string::npos) break;
    path.resize(slash);
  }
  const std::string v1 = read_fact(root + "/sys/fs/cgroup/memory/memory.limit_in_bytes");
  facts.memory_bytes = smaller_limit(facts.memory_bytes, leading_number(v1));
}

uint64_t usable_processors() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) == 0) return static_cast<uint64_t>(CPU_COUNT(&set));
  const long online = sysconf(_SC_NPROCESSORS_ONLN);  // more processors than the set holds
  return online > 0 ? static_cast<uint64_t>(online) : 0;
}

}  // namespace

HostFacts read_host_facts(const std::string& root) {
  HostFacts facts;
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) == 0) facts.hostname = name.data();
  facts.processors = usable_processors();
  facts.memory_bytes = leading_number(line_after(read_fact(root + "/proc/meminfo"), "MemTotal:")) * 1024;
  apply_cgroups(root, facts);
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    facts.descriptors_max = limit.rlim_cur == RLIM_INFINITY ? std::numeric_limits<int32_t>::max() : limit.rlim_cur;
  }
  return facts;
}

Environment read_environment(const char* const* entries) {
  Environment environment;
  for (; entries != nullptr && *entries != nullptr; ++entries) {
    const char* equals = std::strchr(*entries, '=');
    if (equals != nullptr) environment.emplace(std::string(*entries, equals), equals + 1);
  }
  return environment;
}

}  // namespace discovery::node
