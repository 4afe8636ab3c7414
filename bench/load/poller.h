// Which of many clients have something to read. Thread: one.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <chrono>
#include <cstdint>

#include "base/function_ref.h"
#include "load/client.h"

namespace discovery::load {

class Poller {
 public:
  Poller();
  ~Poller();
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  /// `index` names it in wait(); the client leaves by being closed.
  void add(const Client& client, uint64_t index);
  /// Calls f with the index of each client that can be read; waits for the first up to `longest`. Returns how many.
  size_t wait(std::chrono::nanoseconds longest, FunctionRef<void(uint64_t index)> f);

 private:
  int descriptor_;
  std::array<epoll_event, 256> events_{};
};

}  // namespace discovery::load
