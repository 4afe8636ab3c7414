// Up to when every renewal that any node accepted would be known here, so that silence proves death
// (replication.md 2.4).
//
// Of each other node p is kept cov[p], up to when all renewals p accepted are here, and gap[p], since when without a
// hole; both on our clock. The current stretch is [max(own boot, gap[p] of all, last change of membership),
// min cov[p]]. A lease that is older than the end of a stretch of at least `window` by at least `window` had no renewal
// anywhere in it. Of all stretches that ever were so long, the one that ends last proves most, so it alone is kept.
//
//   proven = the latest end of a stretch of at least `window`;   expire k iff L(k) <= proven - window  (and its age)
//
// A sender's clock is mapped to ours by the smallest (received - sent) since its boot: one-sided, too fresh.
// Thread: the cluster's. Pure.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/time.h"

namespace discovery::cluster {

struct LeaseWindow {
  Duration window = std::chrono::seconds(90);  ///< W: a lease's length
};

class Coverage {
 public:
  Coverage(LeaseWindow settings, TimePoint own_boot);

  /// What another node's clock reads, on ours.
  class Mapping {
   public:
    void sample(int64_t sent_ns, TimePoint received);
    [[nodiscard]] bool known() const { return known_; }
    /// Precondition: known().
    [[nodiscard]] TimePoint ours(int64_t theirs_ns) const;

   private:
    bool known_ = false;
    int64_t offset_ns_ = 0;
  };

  /// What this node itself accepted before `now` may be forgotten: the stretch begins anew.
  void begin_stretch_at(TimePoint now);
  /// A node from which renewals may come has appeared: nothing of it is covered yet.
  void add(const std::string& address);
  /// It is none any more: earlier renewals there may be unknown here, so the stretch begins anew (2.4).
  void remove(const std::string& address, TimePoint now);
  /// It is none any more, and all it ever accepted is here: the stretch goes on without it.
  void retire(const std::string& address);
  /// A message of that node's boot has come.
  void heard(const std::string& address, uint64_t boot, int64_t sent_ns, TimePoint now);
  /// All renewals it accepted in (from, to] of its clock are here. A hole before `from` begins a new stretch.
  /// Precondition: heard() with that boot.
  void covered(const std::string& address, int64_t from_ns, int64_t to_ns);
  /// A node of the original, or one that refuses connections: covered up to `until` (our clock). The first time after
  /// covered(), or a silence of more than `longest_gap` before, begins a new stretch: what it accepted since is
  /// unknown.
  void covered_until(const std::string& address, TimePoint until, Duration longest_gap);
  /// A refusal was contradicted: somebody heard it.
  void uncover(const std::string& address);

  /// Up to when all renewals of that boot are here, on its clock; 0: none.
  [[nodiscard]] int64_t held_until(std::string_view address, uint64_t boot) const;
  [[nodiscard]] const Mapping* mapping(std::string_view address) const;

  /// The latest end of a long enough stretch; the epoch while there was none. Call it often: a stretch that is
  /// not looked at is not seen.
  TimePoint proven(TimePoint now);
  /// The least of what the other nodes are covered up to, on our clock; max() without any, the epoch while one is not
  /// covered at all.
  [[nodiscard]] TimePoint least() const;
  /// Every other node is covered up to `at_least`.
  [[nodiscard]] bool all_covered(TimePoint at_least) const;

 private:
  struct Peer {
    uint64_t boot = 0;
    Mapping mapping;
    int64_t held_ns = 0;      ///< on its clock
    bool any = false;         ///< cov and gap mean something
    bool by_summary = false;  ///< covered() was the last to move cov
    TimePoint cov{};
    TimePoint gap{};
  };

  const LeaseWindow settings_;
  TimePoint stretch_from_;
  TimePoint proven_{};
  std::map<std::string, Peer, std::less<>> peers_;
};

}  // namespace discovery::cluster
