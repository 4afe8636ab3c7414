// Text that many answers share while it is sent, and beside it, once somebody wanted it, the same compressed.
//
// Lifecycle: made once, never changed; the compressed form is added at most once and stays. Thread: any.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace discovery {

/// Deflate blocks (RFC 1951) without the last-block bit, ending on a byte: they can stand between others.
struct Deflated {
  std::string blocks;
  uint32_t crc = 0;  ///< CRC-32 of the text, as gzip wants it (RFC 1952)
};

class SharedText {
 public:
  explicit SharedText(std::string text) : text_(std::move(text)) {}
  ~SharedText() { delete deflated_.load(std::memory_order_relaxed); }
  SharedText(const SharedText&) = delete;
  SharedText& operator=(const SharedText&) = delete;

  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] size_t size() const { return text_.size(); }

  /// What is sent of it. Precondition of `deflated`: that form was kept.
  [[nodiscard]] std::string_view bytes(bool deflated) const { return deflated ? this->deflated()->blocks : text_; }

  /// Null until it was kept.
  [[nodiscard]] const Deflated* deflated() const { return deflated_.load(std::memory_order_acquire); }
  /// The first one stays.
  void keep(std::unique_ptr<const Deflated> deflated) const {
    const Deflated* none = nullptr;
    if (deflated_.compare_exchange_strong(none, deflated.get(), std::memory_order_acq_rel)) {
      static_cast<void>(deflated.release());  // it is ours now
    }
  }
  /// True for one caller only: who is to see to it that it is compressed.
  [[nodiscard]] bool claim_deflating() const { return !claimed_.exchange(true, std::memory_order_relaxed); }

  /// An answer with it waits for its client, or no longer. True: the first one does, the last one did.
  [[nodiscard]] bool begin_waiting() const { return waiting_.fetch_add(1, std::memory_order_relaxed) == 0; }
  [[nodiscard]] bool end_waiting() const { return waiting_.fetch_sub(1, std::memory_order_relaxed) == 1; }

 private:
  const std::string text_;
  mutable std::atomic<const Deflated*> deflated_{nullptr};
  mutable std::atomic<bool> claimed_{false};
  mutable std::atomic<uint32_t> waiting_{0};
};

using SharedBytes = std::shared_ptr<const SharedText>;

}  // namespace discovery
