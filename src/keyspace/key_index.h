// The keys that are there, in order, and the history of their changes.
//
// A key is written (put by a client of a key-value protocol), or shown: made for an instance that came another way. A
// written key stands before the shown ones of its name, which are there again when it is gone.
// Thread: guarded by its owner (Keyspace). Pure. Cost: O(log n) a change; a range costs what it returns.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "keyspace/history.h"
#include "keyspace/key_value.h"

namespace discovery::keyspace {

class KeyIndex {
 public:
  KeyIndex(unsigned node_id, const HistoryLimits& limits, TimePoint now) : revisions_(node_id, now), history_(limits) {}

  struct Written {
    std::string value;
    LeaseId lease = 0;
  };
  /// Every one is an event, also of the same value.
  void write(std::string_view key, Written written, TimePoint now);
  /// False: no client had written it.
  bool erase(std::string_view key, TimePoint now);
  /// Of one that is not there: an event all the same, for who was told elsewhere that it was.
  void tell_gone(std::string_view key, TimePoint now);
  /// `source` tells instances apart that are shown under one key; the first by name counts. An event only where what
  /// clients see changes.
  void show(std::string_view key, std::string_view source, std::string_view value, TimePoint now);
  void unshow(std::string_view key, std::string_view source, TimePoint now);

  /// As clients see it; null: it is not there.
  [[nodiscard]] KeyValuePtr find(std::string_view key) const;
  /// As a client wrote it; null: none did.
  [[nodiscard]] KeyValuePtr written(std::string_view key) const;

  struct Range {
    std::vector<KeyValuePtr> kvs;
    size_t count = 0;  ///< of all keys in it
  };
  /// Ascending, at most `limit` (0: all).
  [[nodiscard]] Range range(const KeyRange& range, size_t limit) const;

  [[nodiscard]] const RevisionClock& revisions() const { return revisions_; }
  [[nodiscard]] History& history() { return history_; }
  [[nodiscard]] const History& history() const { return history_; }
  [[nodiscard]] size_t size() const { return keys_.size(); }
  /// Estimate of what keys and history hold.
  [[nodiscard]] size_t bytes() const { return bytes_ + history_.bytes(); }

 private:
  struct Entry {
    KeyValuePtr seen;                          ///< by clients; never null
    bool written = false;                      ///< `seen` was put by a client
    std::map<std::string, std::string> shown;  ///< by source
  };
  using Keys = std::map<std::string, Entry, std::less<>>;

  static size_t bytes_of(const Keys::value_type& entry);
  /// The entry of that key, a new one where there was none, while it is not counted in bytes_.
  Keys::iterator take(std::string_view key);
  void put(Entry& entry, std::string_view key, Written written, TimePoint now);
  void add_deletion(std::string_view key, KeyValuePtr before, TimePoint now);
  void remove(Keys::iterator entry, TimePoint now);
  /// What clients see of a key that nobody wrote (any more).
  void see_shown(Keys::iterator entry, TimePoint now);

  RevisionClock revisions_;
  History history_;
  Keys keys_;
  size_t bytes_ = 0;
};

}  // namespace discovery::keyspace
