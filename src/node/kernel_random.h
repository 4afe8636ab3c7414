// Randomness of the daemon: a generator seeded by the kernel, and secrets for hashing.
//
// Thread: none of its own. Errors: a kernel without randomness stops the process.
#pragma once

#include <sys/random.h>

#include "base/check.h"
#include "base/random.h"
#include "base/siphash.h"

namespace discovery::node {

template <class T>
T from_kernel() {
  T value{};
  DISCOVERY_CHECK(getrandom(&value, sizeof value, 0) == static_cast<ssize_t>(sizeof value),
                  "the kernel gives randomness");
  return value;
}

class KernelRandom final : public Random {
 public:
  KernelRandom() : generator_(from_kernel<uint64_t>()) {}
  uint64_t next() override { return generator_.next(); }

 private:
  SeededRandom generator_;
};

}  // namespace discovery::node
