// The watches of one reactor: which event concerns which.
//
//   Watch::begin -> told what was before at once, then each event once, in order, when its hold is over (flush())
//
// Watches of the same range stand together, so an event costs a comparison for each different range, and a look-up for
// all watches of single keys.
// Lifecycle: one per reactor; a watch leaves it when it is destroyed. Thread: its reactor's.
// Time: next() says when flush() has something to do; the key space's listener says when to ask anew.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/intrusive_list.h"
#include "keyspace/keyspace.h"

namespace discovery::keyspace {

class WatchHub;

struct WatchOptions {
  bool puts = true;
  bool deletes = true;
};

/// Written by the hub's reactor, read by anybody, also when the hub is gone.
struct WatchCounts {
  std::atomic<uint64_t> watches{0};
  std::atomic<uint64_t> told{0};  ///< events, one for each watch that was told
};

/// Whoever watches. Told within flush(), which must not be called from here; it may end this watch, or others.
class Watch : public ListNode<> {
 public:
  virtual ~Watch();
  virtual void told(const EventPtr& event) = 0;
  /// Events were forgotten before they were told: it must begin anew.
  virtual void lost() = 0;

 private:
  friend class WatchHub;
  struct Group;
  WatchHub* hub_ = nullptr;
  Group* group_ = nullptr;
  uint64_t from_ = 0;  ///< number of the first event it is told
  WatchOptions options_;
};

class WatchHub {
 public:
  explicit WatchHub(const Keyspace& keyspace);
  ~WatchHub();
  WatchHub(const WatchHub&) = delete;
  WatchHub& operator=(const WatchHub&) = delete;

  /// From now on `watch` is told what follows what is returned, which was filtered as it asks. Not entered where the
  /// begin is compacted.
  WatchBegin enter(Watch& watch, const KeyRange& range, Revision start, WatchOptions options, TimePoint now);
  void leave(Watch& watch);

  /// Tells what is due.
  void flush(TimePoint now);
  /// When flush() has something to do; none: nothing has happened.
  [[nodiscard]] std::optional<TimePoint> next() const;
  /// Every watch was told every event up to it that concerns it.
  [[nodiscard]] Revision told_until() const { return keyspace_.told_until(next_); }
  [[nodiscard]] size_t size() const { return counts_->watches.load(std::memory_order_relaxed); }
  [[nodiscard]] std::shared_ptr<const WatchCounts> counts() const { return counts_; }

 private:
  friend class Watch;
  void tell(Watch::Group& group, const EventPtr& event, uint64_t number);
  void drop(Watch::Group* group);

  const Keyspace& keyspace_;
  uint64_t next_ = 0;
  const std::shared_ptr<WatchCounts> counts_ = std::make_shared<WatchCounts>();
  std::map<KeyRange, std::unique_ptr<Watch::Group>> ranges_;
  std::unordered_map<std::string, std::unique_ptr<Watch::Group>> singles_;
  std::vector<EventPtr> due_;         ///< scratch
  std::vector<Watch::Group*> empty_;  ///< to be dropped when no event is being told
  bool telling_ = false;
};

}  // namespace discovery::keyspace
