#include "simulation/violation.h"

namespace discovery::simulation {

std::string_view name_of(Wrong wrong) {
  constexpr std::array<std::string_view, kWrongs> kNames = {
      "live-eviction", "resurrection", "ghost",      "missing",    "stale",        "diverged",   "last-write",
      "version-fell",  "by-nobody",    "unreadable", "disk-lost",  "forgot-early", "T",          "missed",
      "repeated",      "too-often",    "queue",      "digest",     "held",         "ceiling",    "coverage",
      "not-ready",     "leak",         "explained",  "key-missed", "key-outlives", "lease-lost", "revision",
      "keys-diverged", "orphan",       "stale-read"};
  return kNames[static_cast<size_t>(wrong)];
}

}  // namespace discovery::simulation
