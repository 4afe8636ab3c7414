// Bytes that do not move until clear(), for values that had to be decoded.
//
// Lifecycle: reused for many requests; clear() keeps at most kKeptBytes. Thread: none of its own.
// Limits: at most about twice what is asked for is held.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <memory>
#include <vector>

namespace discovery::codec {

class ByteArena {
 public:
  static constexpr size_t kKeptBytes = 64 * 1024;

  /// Room for `bytes`, valid until the next room() unless commit() makes it permanent.
  char* room(size_t bytes) {
    if (chunks_.empty() || chunks_.back().size - used_ < bytes) add_chunk(bytes);
    return chunks_.back().data.get() + used_;
  }
  /// Makes the first `bytes` of the last room() stay until clear().
  void commit(size_t bytes) { used_ += bytes; }

  /// A chain of chunks becomes one chunk, so that the same request again needs no allocation.
  void clear() {
    used_ = 0;
    if (chunks_.empty() || (chunks_.size() == 1 && chunks_.back().size <= kKeptBytes)) return;
    size_t total = 0;
    for (const Chunk& c : chunks_) total += c.size;
    chunks_.clear();
    if (total <= kKeptBytes) add_chunk(std::min(std::bit_ceil(total), kKeptBytes));
  }

 private:
  struct Chunk {
    std::unique_ptr<char[]> data;
    size_t size;
  };
  static constexpr size_t kChunkMin = 1024;
  static constexpr size_t kChunkGrowthMax = 1024 * 1024;  ///< chunks double up to here

  void add_chunk(size_t bytes) {
    size_t size = chunks_.empty() ? kChunkMin : std::min(2 * chunks_.back().size, kChunkGrowthMax);
    size = std::max(size, bytes);
    chunks_.push_back({std::make_unique_for_overwrite<char[]>(size), size});
    used_ = 0;
  }

  std::vector<Chunk> chunks_;
  size_t used_ = 0;  ///< of the last chunk
};

}  // namespace discovery::codec
