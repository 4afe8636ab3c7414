// Which records were renewed at this node, and when, for as long as a peer may still have to be told of it in little.
//
// A tick holds the records renewed in (from, to] of our clock. A peer that acknowledged everything up to a moment
// within the log is told the union of the later ticks; one that fell behind the log is told by a walk over all records
// (Registry::read_records, home_ns). Thread: the cluster's. Limits: kTicksMax ticks, kRefsMax entries; the oldest go.
#pragma once

#include <deque>
#include <vector>

#include "base/time.h"
#include "registry/record.h"

namespace discovery::cluster {

class LeaseLog {
 public:
  static constexpr size_t kTicksMax = 64;
  static constexpr size_t kRefsMax = size_t{4} << 20;

  LeaseLog(TimePoint start, Duration tick) : tick_(tick), until_(start) {}

  /// What was renewed since until(); from now on until() is `now`. `lost`: some of it is not among `refs`.
  void append(const std::vector<registry::RecordRef>& refs, bool lost, TimePoint now);
  /// Everything renewed in (from, until()] goes into `out`; false when the log does not reach back so far.
  [[nodiscard]] bool collect(TimePoint from, std::vector<registry::RecordRef>& out) const;
  [[nodiscard]] TimePoint until() const { return until_; }

 private:
  struct Tick {
    TimePoint from;
    TimePoint to;
    std::vector<registry::RecordRef> refs;
  };
  const Duration tick_;
  std::deque<Tick> ticks_;  ///< without a hole between them
  size_t refs_ = 0;
  TimePoint until_;
};

}  // namespace discovery::cluster
