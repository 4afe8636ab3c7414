// Since when an application's polls come with a cursor that has to be held (cursor.h), by cursor.
//
// A client waits for several applications at once, and news of one ends its poll; it comes back with the same cursor
// for the others. What is held for them goes on from where it was, else busy applications could hold the news of quiet
// ones back for ever. A hold that took its whole time and was told is over: who comes back with that cursor afterwards,
// as a client does that moves to and fro, is held anew. Pure; the caller's lock. Limits: kMax cursors, the stalest
// makes room.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/time.h"

namespace discovery::registry {

class HeldCursors {
 public:
  static constexpr size_t kMax = 8;
  static constexpr Duration kForgotten = std::chrono::seconds(40);  ///< a poll's usual time, and a hold

  /// A poll with that cursor waits now; returns since when one does.
  TimePoint hold(int64_t cursor_ns, TimePoint now) {
    forget(now);
    auto it = std::ranges::find(entries_, cursor_ns, &Entry::cursor_ns);
    if (it == entries_.end()) {
      if (entries_.size() >= kMax) entries_.erase(std::ranges::min_element(entries_, {}, &Entry::last));
      it = entries_.insert(entries_.end(), {cursor_ns, now, now});
    }
    it->last = now;
    return it->since;
  }
  /// Drops those that nobody came with for long; true: none is left.
  bool forget(TimePoint now) {
    std::erase_if(entries_, [now](const Entry& e) { return now - e.last > kForgotten; });
    return entries_.empty();
  }
  /// Its hold took all its time, and the list was told.
  void told(int64_t cursor_ns) {
    std::erase_if(entries_, [cursor_ns](const Entry& e) { return e.cursor_ns == cursor_ns; });
  }

 private:
  struct Entry {
    int64_t cursor_ns = 0;
    TimePoint since;
    TimePoint last;
  };
  std::vector<Entry> entries_;
};

}  // namespace discovery::registry
