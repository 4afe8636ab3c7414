// Which of our records another node means by its slots, as far as it told us (LeasePart::define). Another boot of it
// means others. Thread: the cluster's. Limits: the caller bounds the slots.
#pragma once

#include <cstdint>
#include <vector>

#include "registry/record.h"

namespace discovery::cluster {

class SlotTable {
 public:
  /// A message sent at `sent_ns` of the sender's clock may define slots. False: a later one was here before it, and
  /// what it says of slots may be outdated. Another boot's definitions are forgotten.
  bool advance(uint64_t boot, int64_t sent_ns) {
    if (boot != boot_) {
      boot_ = boot;
      refs_.clear();
    } else if (sent_ns <= sent_ns_) {
      return false;
    }
    sent_ns_ = sent_ns;
    return true;
  }
  void define(uint32_t slot, registry::RecordRef ref) {
    if (slot >= refs_.size()) refs_.resize(size_t{slot} + 1);
    refs_[slot] = ref;
  }
  /// Empty when it was never told, or no record of that key was here then.
  [[nodiscard]] registry::RecordRef at(uint32_t slot) const {
    return slot < refs_.size() ? refs_[slot] : registry::RecordRef{};
  }

 private:
  uint64_t boot_ = 0;
  int64_t sent_ns_ = 0;
  std::vector<registry::RecordRef> refs_;
};

}  // namespace discovery::cluster
