// Entries of bytes in the order they came, within a bound of memory: the oldest give way, a block at a time.
//
// Lifecycle: no memory before the first entry. Thread: its owner's. Limits: `bytes_max`, rounded up to whole blocks, at
// least two; an entry of more than kBlockBytes has a block of its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string_view>
#include <vector>

#include "base/function_ref.h"
#include "base/time.h"

namespace discovery::history {

class EventRing {
 public:
  static constexpr size_t kBlockBytes = size_t{64} << 10;

  struct Entry {
    uint64_t number;  ///< 1 for the first ever
    uint32_t count;   ///< how many it stands for
    TimePoint last;   ///< when the last of them was
    std::string_view bytes;
  };

  explicit EventRing(size_t bytes_max) : bytes_max_(bytes_max) {}
  /// From the next push on.
  void set_bytes_max(size_t bytes_max) { bytes_max_ = bytes_max; }

  /// Room for one more entry, to be filled at once; last_number() is its number.
  [[nodiscard]] char* push(size_t bytes, TimePoint at);
  /// One more of that entry. False: it is there no more.
  bool count_again(uint64_t number, TimePoint at);

  /// Calls f, from newer to older, for the entries below `number` that stand in one block, so that a lock over it is
  /// short. Returns the number below which to go on; 0: there are none. Views are valid inside the call.
  uint64_t read_block_below(uint64_t number, FunctionRef<void(const Entry&)> f) const;
  /// The same from older to newer, for those from `number` on; returns the number to go on from, 0 when there are no
  /// more.
  uint64_t read_block_from(uint64_t number, FunctionRef<void(const Entry&)> f) const;
  /// Of that entry, which is there.
  void set_count(uint64_t number, uint32_t count, TimePoint last);
  [[nodiscard]] uint64_t last_number() const { return next_ - 1; }
  /// Of the oldest that is still there; last_number() + 1 of none.
  [[nodiscard]] uint64_t first_number() const {
    return blocks_.empty() ? next_ : blocks_.front().entries.front().number;
  }
  [[nodiscard]] size_t bytes() const { return bytes_; }

 private:
  struct Place {
    uint64_t number;
    TimePoint last;
    uint32_t at;  ///< in the text of its block
    uint32_t bytes;
    uint32_t count;
  };
  struct Block {
    std::unique_ptr<char[]> text;
    size_t capacity = 0;
    size_t used = 0;
    std::vector<Place> entries;  ///< never empty, but while it is made
  };
  static size_t bytes_of(const Block& block);
  static Entry entry_of(const Block& block, const Place& place);
  /// Null when it is not there (any more).
  Place* find(uint64_t number);

  size_t bytes_max_;
  std::deque<Block> blocks_;
  uint64_t next_ = 1;
  size_t bytes_ = 0;
};

}  // namespace discovery::history
