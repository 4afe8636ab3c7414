// Bytes kept across reads: a growing array that is given back as soon as it is empty, 16 bytes when idle.
//
// Unlike std::string it can be told an upper bound to grow to, and what it occupies is known exactly, so it can be
// charged to a budget. Limits: 4 GiB; the callers' are far lower. Thread: none of its own.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

#include "base/check.h"

namespace discovery::codec {

class ByteBuffer {
 public:
  static constexpr size_t kCapacityMax = UINT32_MAX;

  [[nodiscard]] char* data() { return data_.get(); }
  [[nodiscard]] size_t size() const { return size_; }
  [[nodiscard]] size_t capacity() const { return capacity_; }

  /// The capacity that room for `more` bytes takes: at most twice of what is kept then, and not above `expected` (the
  /// final size, 0 when unknown) unless it must.
  [[nodiscard]] size_t capacity_for(size_t more, size_t expected) const {
    const size_t needed = size_ + more;
    if (needed <= capacity_) return capacity_;
    const size_t generous = needed < kSmall ? kSmall : 2 * needed;
    return expected >= needed && expected < generous ? expected : generous;
  }
  /// Precondition: size() <= capacity <= kCapacityMax.
  void reallocate(size_t capacity) {
    DISCOVERY_CHECK(capacity >= size_ && capacity <= kCapacityMax, "the buffer keeps what it holds, below 4 GiB");
    if (capacity == 0) {
      data_.reset();
    } else {
      std::unique_ptr<char[]> grown(new char[capacity]);
      if (size_ > 0) std::memcpy(grown.get(), data_.get(), size_);
      data_ = std::move(grown);
    }
    capacity_ = static_cast<uint32_t>(capacity);
  }
  /// Precondition: there is room.
  void append(std::string_view bytes) {
    DISCOVERY_CHECK(bytes.size() <= capacity_ - size_, "room was made before");
    if (bytes.empty()) return;
    std::memcpy(data_.get() + size_, bytes.data(), bytes.size());
    size_ += static_cast<uint32_t>(bytes.size());
  }
  void erase_front(size_t n) {
    if (n == 0) return;
    std::memmove(data_.get(), data_.get() + n, size_ - n);
    size_ -= static_cast<uint32_t>(n);
  }
  /// Precondition: size <= size().
  void truncate(size_t size) { size_ = static_cast<uint32_t>(size); }

 private:
  static constexpr size_t kSmall = 256;
  std::unique_ptr<char[]> data_;
  uint32_t size_ = 0;
  uint32_t capacity_ = 0;
};

}  // namespace discovery::codec
