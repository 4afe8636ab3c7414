// What the judge may find (replication.md 2.1), counted by kind; the first of each kind with its story.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "simulation/sim_time.h"

namespace discovery::simulation {

enum class Wrong : uint8_t {
  kLiveEviction,  ///< I2: a live instance left the lists of a node
  kResurrection,  ///< I3: a cancelled registration is listed again by a node that applied the cancel
  kGhost,         ///< I1: at the end a node lists what is cancelled
  kMissing,       ///< I1: at the end a node does not list what is alive
  kStale,         ///< I1: at the end a node lists older content than the last write
  kDiverged,      ///< I1: at the end two nodes differ
  kLastWrite,     ///< a write lost against one that its node had heard of
  kVersionFell,   ///< a record was replaced by an older one
  kByNobody,      ///< a tombstone that no client's cancel made
  kUnreadable,    ///< I4: a registration that was answered is not there
  kDiskLost,      ///< I4: nor after a restart, although the disk had it
  kForgotEarly,   ///< a hidden record was forgotten before every copy of it had to be dead
  kTimestamp,     ///< I5: T did not rise with a change, or fell
  kMissed,        ///< I5: a poller was not told of a change in time
  kRepeated,      ///< I5: a poller was told the same list twice
  kTooOften,      ///< I5: a poller was answered more than ten times in a second
  kQueue,         ///< I6: a queue is longer than allowed
  kDigest,        ///< the digest is not that of the records
  kHeld,          ///< the dead stay listed although nothing holds them
  kCeiling,       ///< the dead stay listed past the ceiling
  kCoverage,      ///< long after the heal a node still does not know that it hears everybody
  kNotReady,      ///< long after the heal a node answers no reads
  kLeak,          ///< something of a stopped process was left over
  kExplained,     ///< a node explains an instance as listed that it does not list, or the reverse
  // Of keys (key_judge.h):
  kKeyMissed,     ///< K1: a watcher's state of a key is not that of its node
  kKeyOutlives,   ///< K2: a key is there although its lease is over for longer than the grace
  kLeaseLost,     ///< K3: a live lease was told over, or its key is not there
  kRevision,      ///< K4: revisions fell within a watch, or an answer's is below what it shows
  kKeysDiverged,  ///< K5: at the end two nodes differ in keys or leases
  kOrphan,        ///< K5: at the end an instance made from a key is there without it, or the reverse
  kStaleRead,     ///< K6: a node does not show what was answered as written everywhere, or was told already
};
inline constexpr size_t kWrongs = 31;
[[nodiscard]] std::string_view name_of(Wrong wrong);

struct Violation {
  Wrong wrong = Wrong::kLiveEviction;
  Ns at = 0;
  std::string story;
};

class Violations {
 public:
  static constexpr size_t kStoriesMax = 3;  ///< per kind

  void add(Wrong wrong, Ns at, std::string story) {
    if (counts_[static_cast<size_t>(wrong)]++ < kStoriesMax) stories_.push_back({wrong, at, std::move(story)});
  }
  [[nodiscard]] uint64_t count(Wrong wrong) const { return counts_[static_cast<size_t>(wrong)]; }
  [[nodiscard]] uint64_t total() const {
    uint64_t all = 0;
    for (const uint64_t n : counts_) all += n;
    return all;
  }
  [[nodiscard]] const std::array<uint64_t, kWrongs>& counts() const { return counts_; }
  [[nodiscard]] const std::vector<Violation>& stories() const { return stories_; }

 private:
  std::array<uint64_t, kWrongs> counts_{};
  std::vector<Violation> stories_;
};

}  // namespace discovery::simulation
