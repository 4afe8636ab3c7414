// What one application lists at one moment, copied out of its shard: it is rendered without the lock.
//
// Lifecycle: filled by Application::copy_listed() under the lock of the shard; then nobody else's. Thread: its owner's.
// Cost: one copy of each instance's block, about 20 ns; two allocations.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/shared_text.h"
#include "registry/instance.h"

namespace discovery::registry {

class Listing {
 public:
  Listing(AppKeyView key, int64_t latest_timestamp_ns, SharedBytes scheduler)
      : env_(key.env), appid_(key.appid), latest_ns_(latest_timestamp_ns), scheduler_(std::move(scheduler)) {}
  Listing(const Listing&) = delete;  // the views point into it
  Listing& operator=(const Listing&) = delete;

  /// To be called once, before any add(): how many there will be, and the sum of their Instance::bytes().
  void reserve(size_t instances, size_t bytes);
  void add(const Instance& instance, int64_t renew_ns);

  [[nodiscard]] AppKeyView key() const { return {env_, appid_}; }
  [[nodiscard]] int64_t latest_timestamp_ns() const { return latest_ns_; }
  /// Null: none.
  [[nodiscard]] const SharedBytes& scheduler() const { return scheduler_; }
  /// In the order in which they were added: by zone, then hostname.
  [[nodiscard]] const std::vector<InstanceView>& instances() const { return views_; }

 private:
  std::string env_;
  std::string appid_;
  int64_t latest_ns_;
  SharedBytes scheduler_;
  std::unique_ptr<uint64_t[]> blocks_;  ///< aligned as an Instance is
  size_t words_ = 0;                    ///< in use
  std::vector<InstanceView> views_;
};

}  // namespace discovery::registry
