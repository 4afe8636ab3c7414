// Where the records of an application stand in its dense arrays, by the hash of their key.
//
// Open addressing, linear probing, four bytes an entry: below the number of a record, above what is left of the hash as
// a tag, so that a lookup leaves its own cache line only for the record it is looking for, but for one in thousands
// (a table of 2^k entries has tags of 32 - k bits). What a hash is, the owner knows: it hands in hash_of(number).
//
// Thread: its owner's. Limits: numbers below kMax. Memory: 4 bytes an entry, at most 3/4 of them taken.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace discovery::registry {

class TaggedIndex {
 public:
  static constexpr size_t kMax = size_t{1} << 31;
  static constexpr size_t kNone = SIZE_MAX;

  /// The first number entered under `hash` (or under one of the same tag, rarely) of which matches(number) is true.
  template <class Matches>
  [[nodiscard]] size_t find(uint32_t hash, Matches matches) const {
    if (entries_.empty()) return kNone;
    for (size_t at = hash & mask(); entries_[at] != kFree; at = (at + 1) & mask()) {
      const uint32_t entry = entries_[at];
      if (((entry ^ hash) & ~mask()) == 0 && matches(entry & mask())) return entry & mask();
    }
    return kNone;
  }

  /// Enters `number`, the count of those that are there: numbers are dense. Its own hash need not be known to hash_of.
  template <class HashOf>
  void append(uint32_t hash, uint32_t number, HashOf hash_of) {
    if ((size_t{number} + 1) * 4 > entries_.size() * 3) grow(number, hash_of);
    put(hash, number);
  }

  /// What stood at `from` stands at `to`, a number below it, from now on.
  void renumber(uint32_t hash, uint32_t from, uint32_t to) { entries_[place_of(hash, from)] = entry(hash, to); }

  /// Entries behind the gap that may not stand behind a free one move up: no tombstones.
  template <class HashOf>
  void erase(uint32_t hash, uint32_t number, HashOf hash_of) {
    size_t gap = place_of(hash, number);
    for (size_t next = (gap + 1) & mask(); entries_[next] != kFree; next = (next + 1) & mask()) {
      const size_t home = hash_of(entries_[next] & mask()) & mask();
      if (((next - home) & mask()) >= ((next - gap) & mask())) {
        entries_[gap] = entries_[next];
        gap = next;
      }
    }
    entries_[gap] = kFree;
  }

 private:
  /// No entry: its number would be the last of a full table.
  static constexpr uint32_t kFree = UINT32_MAX;

  [[nodiscard]] uint32_t mask() const { return static_cast<uint32_t>(entries_.size() - 1); }
  [[nodiscard]] uint32_t entry(uint32_t hash, uint32_t number) const { return (hash & ~mask()) | number; }
  void put(uint32_t hash, uint32_t number) {
    size_t at = hash & mask();
    while (entries_[at] != kFree) at = (at + 1) & mask();
    entries_[at] = entry(hash, number);
  }
  [[nodiscard]] size_t place_of(uint32_t hash, uint32_t number) const {
    size_t at = hash & mask();
    while (entries_[at] != entry(hash, number)) at = (at + 1) & mask();
    return at;
  }
  template <class HashOf>
  void grow(uint32_t count, HashOf hash_of) {
    entries_.assign(entries_.empty() ? 4 : entries_.size() * 2, kFree);
    for (uint32_t number = 0; number < count; ++number) put(hash_of(number), number);
  }

  std::vector<uint32_t> entries_;  ///< a power of two
};

}  // namespace discovery::registry
