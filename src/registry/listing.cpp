#include "registry/listing.h"

#include <cstring>
#include <type_traits>

namespace discovery::registry {

static_assert(std::is_trivially_copyable_v<Instance> && alignof(Instance) <= alignof(uint64_t),
              "a block may be copied as bytes");

namespace {
constexpr size_t words_of(size_t bytes) { return (bytes + sizeof(uint64_t) - 1) / sizeof(uint64_t); }
}  // namespace

void Listing::reserve(size_t instances, size_t bytes) {
  blocks_ = std::make_unique_for_overwrite<uint64_t[]>(words_of(bytes) + instances);
  views_.reserve(instances);
}

void Listing::add(const Instance& instance, int64_t renew_ns) {
  uint64_t* const to = blocks_.get() + words_;
  const size_t bytes = instance.bytes();
  std::memcpy(static_cast<void*>(to), static_cast<const void*>(&instance), bytes);
  words_ += words_of(bytes);
  views_.push_back({key(), reinterpret_cast<const Instance*>(to), renew_ns});
}

}  // namespace discovery::registry
