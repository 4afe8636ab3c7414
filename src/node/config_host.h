// What the configuration must know of the machine: its name, processors, memory, descriptors and environment.
//
// Thread: functions that read the machine and keep nothing. Errors: what cannot be read is 0 or ""; read_config() has a
// default for that.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

namespace discovery::node {

using Environment = std::map<std::string, std::string, std::less<>>;

struct HostFacts {
  std::string hostname;
  uint64_t processors = 0;       ///< that this process may use: affinity and cgroup quota
  uint64_t memory_bytes = 0;     ///< physical, or the cgroup's limit when that is less
  uint64_t descriptors_max = 0;  ///< the soft limit of now
};

/// `root` stands before /proc and /sys, for tests.
[[nodiscard]] HostFacts read_host_facts(const std::string& root = "");

/// `entries` as environ: NAME=VALUE, ended by null. Of a name given twice the first counts, as with getenv().
[[nodiscard]] Environment read_environment(const char* const* entries);

}  // namespace discovery::node
