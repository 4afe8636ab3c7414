// Revisions without a quorum: the time, and who gave it.
//
//   revision = microseconds since 1970 << 6 | node number (5 bits) << 1 | 0
//
// Each is at least kStep above the one before, so a node never gives one twice and never falls, across restarts neither
// as long as its clock does not fall by more than a restart takes. The low bit absorbs the "+ 1" with which clients
// resume, so a start revision still tells who issued what it follows. Fits 63 bits until the year 6500.
// Source: etcd-api.md 6.2, R1. Thread: guarded by whoever owns it. Pure.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "base/time.h"

namespace discovery::keyspace {

using Revision = int64_t;

inline constexpr Revision kRevisionStep = 64;
inline constexpr unsigned kRevisionNodes = 32;

/// How far two revisions are apart that were given `d` after each other.
[[nodiscard]] constexpr Revision revisions_in(Duration d) {
  return std::chrono::duration_cast<std::chrono::microseconds>(d).count() * kRevisionStep;
}

/// Who gave it, or the one that a client adds 1 to.
[[nodiscard]] constexpr unsigned node_of_revision(Revision r) { return static_cast<unsigned>(r >> 1) % kRevisionNodes; }

class RevisionClock {
 public:
  /// Node ids that are equal modulo kRevisionNodes take each other's revisions for their own, which costs a client that
  /// changes between these two nodes what happened meanwhile (etcd.md, limits).
  RevisionClock(unsigned node_id, TimePoint now) : node_(node_id % kRevisionNodes), last_(at(now)), first_(last_) {}

  Revision next(TimePoint now) {
    last_ = std::max(at(now), last_ + kRevisionStep);
    return last_;
  }
  /// The largest given.
  [[nodiscard]] Revision last() const { return last_; }
  /// The smallest this process can have given.
  [[nodiscard]] Revision first() const { return first_; }
  [[nodiscard]] unsigned node() const { return node_; }

 private:
  [[nodiscard]] Revision at(TimePoint now) const {
    return (to_wire_ns(now) / 1000) * kRevisionStep + static_cast<Revision>(node_ << 1);
  }

  unsigned node_;
  Revision last_;
  Revision first_;
};

}  // namespace discovery::keyspace
