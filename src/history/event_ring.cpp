#include "history/event_ring.h"

#include <algorithm>
#include <iterator>

namespace discovery::history {

size_t EventRing::bytes_of(const Block& block) { return block.capacity + block.entries.size() * sizeof(Place); }

char* EventRing::push(size_t bytes, TimePoint at) {
  if (blocks_.empty() || blocks_.back().used + bytes > blocks_.back().capacity) {
    Block& fresh = blocks_.emplace_back();
    fresh.capacity = std::max(bytes, kBlockBytes);
    fresh.text = std::make_unique_for_overwrite<char[]>(fresh.capacity);
    bytes_ += fresh.capacity;
  }
  Block& block = blocks_.back();
  block.entries.push_back({next_++, at, static_cast<uint32_t>(block.used), static_cast<uint32_t>(bytes), 1});
  char* const room = block.text.get() + block.used;
  block.used += bytes;
  bytes_ += sizeof(Place);
  while (blocks_.size() > 2 && bytes_ > bytes_max_) {
    bytes_ -= bytes_of(blocks_.front());
    blocks_.pop_front();
  }
  return room;
}

bool EventRing::count_again(uint64_t number, TimePoint at) {
  if (number < first_number() || number >= next_) return false;
  const auto block = std::partition_point(blocks_.begin(), blocks_.end(),
                                          [number](const Block& b) { return b.entries.back().number < number; });
  Place& place = block->entries[number - block->entries.front().number];
  ++place.count;
  place.last = std::max(place.last, at);
  return true;
}

uint64_t EventRing::read_block_below(uint64_t number, FunctionRef<void(const Entry&)> f) const {
  if (blocks_.empty() || number <= first_number()) return 0;
  const auto behind = std::partition_point(blocks_.begin(), blocks_.end(),
                                           [number](const Block& b) { return b.entries.front().number < number; });
  const Block& block = *std::prev(behind);
  for (auto place = block.entries.rbegin(); place != block.entries.rend(); ++place) {
    if (place->number >= number) continue;
    f({place->number, place->count, place->last, std::string_view(block.text.get() + place->at, place->bytes)});
  }
  return block.entries.front().number;
}

}  // namespace discovery::history
