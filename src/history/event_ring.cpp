#include "history/event_ring.h"

#include <algorithm>
#include <iterator>

namespace discovery::history {

size_t EventRing::bytes_of(const Block& block) { return block.text.capacity() + block.entries.size() * sizeof(Place); }

uint64_t EventRing::push(std::string_view bytes, TimePoint at) {
  const bool fits = !blocks_.empty() && blocks_.back().text.size() + bytes.size() <= blocks_.back().text.capacity();
  if (!fits) {
    blocks_.emplace_back();
    blocks_.back().text.reserve(std::max(bytes.size(), kBlockBytes));
    bytes_ += bytes_of(blocks_.back());
  }
  Block& block = blocks_.back();
  block.entries.push_back(
      {next_, at, static_cast<uint32_t>(block.text.size()), static_cast<uint32_t>(bytes.size()), 1});
  block.text.append(bytes);
  bytes_ += sizeof(Place);
  while (blocks_.size() > 2 && bytes_ > bytes_max_) {
    bytes_ -= bytes_of(blocks_.front());
    blocks_.pop_front();
  }
  return next_++;
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
    f({place->number, place->count, place->last, std::string_view(block.text).substr(place->at, place->bytes)});
  }
  return block.entries.front().number;
}

}  // namespace discovery::history
