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

EventRing::Place* EventRing::find(uint64_t number) {
  if (number < first_number() || number >= next_) return nullptr;
  const auto block = std::partition_point(blocks_.begin(), blocks_.end(),
                                          [number](const Block& b) { return b.entries.back().number < number; });
  return &block->entries[number - block->entries.front().number];
}

bool EventRing::count_again(uint64_t number, TimePoint at) {
  Place* const place = find(number);
  if (!place) return false;
  ++place->count;
  place->last = std::max(place->last, at);
  return true;
}

void EventRing::set_count(uint64_t number, uint32_t count, TimePoint last) {
  Place* const place = find(number);
  if (!place) return;
  place->count = count;
  place->last = last;
}

EventRing::Entry EventRing::entry_of(const Block& block, const Place& place) {
  return {place.number, place.count, place.last, std::string_view(block.text.get() + place.at, place.bytes)};
}

uint64_t EventRing::read_block_below(uint64_t number, FunctionRef<void(const Entry&)> f) const {
  if (blocks_.empty() || number <= first_number()) return 0;
  const auto behind = std::partition_point(blocks_.begin(), blocks_.end(),
                                           [number](const Block& b) { return b.entries.front().number < number; });
  const Block& block = *std::prev(behind);
  for (auto place = block.entries.rbegin(); place != block.entries.rend(); ++place) {
    if (place->number < number) f(entry_of(block, *place));
  }
  return block.entries.front().number;
}

uint64_t EventRing::read_block_from(uint64_t number, FunctionRef<void(const Entry&)> f) const {
  if (number >= next_) return 0;
  const auto block = std::partition_point(blocks_.begin(), blocks_.end(),
                                          [number](const Block& b) { return b.entries.back().number < number; });
  if (block == blocks_.end()) return 0;
  for (const Place& place : block->entries) {
    if (place.number >= number) f(entry_of(*block, place));
  }
  return block->entries.back().number + 1;
}

}  // namespace discovery::history
