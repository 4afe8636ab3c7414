// What happened lately, in order, for watches that begin in the past or have yet to be told.
//
// Events are numbered without a gap. The oldest give way when there are more than count or bytes allow, or they are
// older than the age. Thread: guarded by its owner (Keyspace). Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "keyspace/key_value.h"

namespace discovery::keyspace {

struct HistoryLimits {
  Duration age = std::chrono::minutes(10);  ///< deletions are known at least so long, if the other two allow (R2)
  size_t events = 65'536;
  size_t bytes = size_t{64} << 20;
};

class History {
 public:
  explicit History(const HistoryLimits& limits) : limits_(limits) {}

  void add(EventPtr event);
  void trim(TimePoint now);

  /// Number of the next event.
  [[nodiscard]] uint64_t next() const { return first_ + events_.size(); }
  /// Number of the oldest that is there; next() when there is none.
  [[nodiscard]] uint64_t first() const { return first_; }
  /// Precondition: first() <= number < next().
  [[nodiscard]] const EventPtr& at(uint64_t number) const { return events_[number - first_]; }
  /// The first event of at least that revision; next(): none.
  [[nodiscard]] uint64_t find(Revision revision) const;
  /// No event of at least that revision was forgotten.
  [[nodiscard]] bool covers(Revision revision) const { return revision > forgotten_; }
  /// The keys of the range whose latest event is a deletion that is remembered, with it, in order of the keys. Costs
  /// what it returns.
  [[nodiscard]] std::vector<EventPtr> gone_in(const KeyRange& range) const;
  [[nodiscard]] size_t bytes() const { return bytes_; }

 private:
  void drop_oldest();

  const HistoryLimits limits_;
  std::deque<EventPtr> events_;
  std::map<std::string_view, EventPtr> gone_;  ///< by keys that the events hold
  uint64_t first_ = 0;
  Revision forgotten_ = 0;  ///< of the latest event that gave way
  size_t bytes_ = 0;
};

}  // namespace discovery::keyspace
