#include "grpc/message_reader.h"

#include <algorithm>

namespace discovery::grpc {

MessageReader::Step MessageReader::next(std::string_view& bytes, std::string_view& message, const MessageLimits& limits,
                                        PartialBudget& budget) {
  if (given_) {
    release(budget);
    prefix_bytes_ = 0;
    given_ = false;
  }
  if (prefix_bytes_ < kPrefixBytes) {
    if (!read_prefix(bytes)) return Step::kNeedMore;
    if (prefix_[0] != 0) return Step::kCompressed;
    if (announced_ > limits.message_bytes_max) return Step::kTooLarge;
  }
  if (gathered_.size() == 0 && bytes.size() >= announced_) {
    message = bytes.substr(0, announced_);
    bytes.remove_prefix(announced_);
  } else {
    if (!gather(bytes, limits, budget)) return Step::kNoRoom;
    if (gathered_.size() < announced_) return Step::kNeedMore;
    message = {gathered_.data(), gathered_.size()};
  }
  given_ = true;
  return Step::kMessage;
}

bool MessageReader::read_prefix(std::string_view& bytes) {
  const size_t n = std::min(bytes.size(), kPrefixBytes - prefix_bytes_);
  std::copy_n(bytes.begin(), n, prefix_.begin() + prefix_bytes_);
  bytes.remove_prefix(n);
  prefix_bytes_ = static_cast<uint8_t>(prefix_bytes_ + n);
  if (prefix_bytes_ < kPrefixBytes) return false;
  announced_ = 0;
  for (size_t i = 1; i < kPrefixBytes; ++i) announced_ = announced_ << 8 | static_cast<unsigned char>(prefix_[i]);
  return true;
}

bool MessageReader::gather(std::string_view& bytes, const MessageLimits& limits, PartialBudget& budget) {
  const size_t n = std::min(bytes.size(), announced_ - gathered_.size());
  if (n == 0) return true;
  const size_t capacity = gathered_.capacity_for(n, announced_);
  if (capacity > gathered_.capacity()) {
    if (!budget.take(capacity - gathered_.capacity(), limits.partial_bytes_max)) return false;
    gathered_.reallocate(capacity);
  }
  gathered_.append(bytes.substr(0, n));
  bytes.remove_prefix(n);
  return true;
}

void MessageReader::release(PartialBudget& budget) {
  if (gathered_.capacity() == 0) return;
  budget.give_back(gathered_.capacity());
  gathered_.truncate(0);
  gathered_.reallocate(0);
}

}  // namespace discovery::grpc
